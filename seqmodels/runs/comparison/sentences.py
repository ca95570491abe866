"""The result of a comparison in a sentence, and warnings for its reader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seqmodels.core.numbers import number
from seqmodels.runs.comparison.finished import FinishedRun

if TYPE_CHECKING:
    from seqmodels.runs.comparison.compared import Row


def summary(rows: Sequence[Row], reference: str, chosen: bool, headline: str) -> str:
    """Return the result in one sentence."""
    by = {kind: [row.name for row in rows if row.verdict == kind] for kind in
          ("better", "worse", "undecided")}  # fmt: skip
    if chosen:
        if not by["undecided"]:
            others = "the other" if len(rows) == 2 else "every other"
            return f"{reference} has a better {headline} than {others} on this test part."
        return (
            f"{reference} has the best {headline}, but {_some(by['undecided'])} may be as good "
            f"or better."
        )
    found = [
        f"{_some(by[kind])} {'is' if len(by[kind]) == 1 else 'are'} {kind} than {reference}"
        for kind in ("better", "worse")
        if by[kind]
    ]
    if not found:
        return f"By {headline} no difference to {reference} is settled."
    rest = "; the others are undecided" if by["undecided"] else ""
    return f"By {headline} {' and '.join(found)} on this test part{rest}."


def notes(opened: Sequence[FinishedRun], rows: Sequence[Row], chosen: bool) -> list[str]:
    """Return warnings for the reader."""
    found = []
    single = [row.name for row in rows if len(row.seeds) == 1]
    pooled = [row for row in rows if len(row.seeds) > 1]
    if pooled:
        found.append(
            "Rows of several seeds show their mean; intervals allow for other seeds and other "
            "test examples."
        )
        few = [row.name for row in pooled if len(row.seeds) < 3]
        if few:
            found.append(f"Two seeds say little about their spread ({_some(few)}): train more.")
    if single:
        who = "Each row is" if not pooled else f"{_some(single)}:"
        found.append(
            f"{who} one training: how much another seed would change it is unknown, and "
            f"differences are between these trainings. Train with other seeds to compare the "
            f"settings."
        )
    if chosen and len(rows) > 2:
        found.append(
            f"The best of {len(rows)} was chosen on the test part, so its score is optimistic. "
            f"Choose by validation scores, and score on the test part once."
        )
    for row in rows:
        best = _beaten_by(opened[0], row.score)
        if best:
            found.append(f"{row.name} is no better than {best}.")
    allowed = [run.path for run in opened if run.record.get("allow_leak")]
    found += [f"{path} was trained although the audit said FAIL." for path in allowed]
    return found


def _beaten_by(run: FinishedRun, score: float) -> str | None:
    """Return the best baseline, if it is at least as good as a score; else None."""
    name, sign = run.head.headline, 1 if run.head.higher_is_better else -1
    known = {rule: sign * one[name] for rule, one in run.saved.baselines.items() if name in one}
    if not known or sign * score > max(known.values()):
        return None
    best = max(known, key=lambda rule: known[rule])
    return f"the baseline {best!r} ({number(abs(known[best]))})"


def _some(names: Sequence[str]) -> str:
    if len(names) > 3:
        return f"{names[0]} and {len(names) - 1} others"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
