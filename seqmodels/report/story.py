"""What a run says, in words and rows: the same for the page, the terminal and JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seqmodels.core.numbers import interval, number
from seqmodels.evaluation.scores import Evaluation
from seqmodels.report.answers import Answers, Row


@dataclass(frozen=True, kw_only=True)
class Story:
    """What there is to tell of a run, as JSON types.

    Args:
        title: Dataset and head.
        says: The headline in words.
        verdict: "better", "worse" or "not clearly better" than the baseline
            that is hardest to beat; or nothing.
        doubts: What may make a fool of the reader, in sentences.
        headline: The score that matters.
        names: Of all scores.
        scores: A row for the model and one for each baseline: "name", "scores" by name with
            "value", "low" and "high", "headline" as one of them, and "lift" or None.
        resampled: What the intervals were drawn from; empty: there are none.
        narrow: A warning where the intervals by class, by length and of calibration are too
            narrow, as they take examples for independent; or nothing.
        history: One row an epoch.
        taken: The epoch whose weights were kept; None: unknown.
        measure: What `by_length` measures.
        by_class: See `Answers.by_class`.
        by_length: See `Answers.by_length`.
        calibration: See `Answers.calibration`.
        miscalibrated: The expected calibration error.
        probability: What the probability of the calibration is of.
        spread: Of numbers, name to mean and standard deviation of truth minus answer.
    """

    title: str
    says: str
    verdict: str
    doubts: list[str]
    headline: str
    names: list[str]
    scores: list[Row]
    resampled: str
    narrow: str
    history: list[dict[str, Any]]
    taken: int | None
    measure: str
    by_class: list[Row]
    by_length: list[Row]
    calibration: list[Row]
    miscalibrated: float
    probability: str
    spread: dict[str, tuple[float, float]]

    @classmethod
    def of(
        cls,
        record: Mapping[str, Any],
        history: Sequence[Mapping[str, Any]],
        found: Evaluation,
        headline: str,
        higher: bool,
        answers: Answers | None,
    ) -> Story:
        """Return the story of a run.

        Args:
            record: What `run.json` holds.
            history: One row an epoch.
            found: Scores and intervals.
            headline: The score that matters.
            higher: Whether more of it is better.
            answers: Answers beside the truth; None: nothing is told of single ones.
        """
        rows = _rows(found, headline)
        others = [row for row in rows[1:] if row["headline"]["value"] is not None]
        sign = 1 if higher else -1
        best = max(others, key=lambda row: sign * row["headline"]["value"], default=None)
        calibration, error, of = answers.calibration() if answers else ([], 0.0, "")
        spread = {}
        if answers is not None and answers.sure is None:
            off = answers.truth - answers.picks  # [N, D]
            pairs = zip(off.mean(axis=0).tolist(), off.std(axis=0).tolist(), strict=True)
            spread = dict(zip(answers.names, pairs, strict=False))
        return cls(
            title=f"{record['dataset']} · {record['head']['name']}",
            says=sentence(rows[0], best, headline, record["examples"]["test"]),
            verdict=_verdict(rows[0], _hardest(others, best), sign),
            doubts=list(record.get("doubts") or []),
            headline=headline,
            names=list(found.scores),
            scores=rows,
            resampled=found.resampled,
            narrow=_narrow(found.resampled),
            history=[dict(row) for row in history],
            taken=_taken(record, history),
            measure=answers.measure if answers else "",
            by_class=answers.by_class() if answers else [],
            by_length=answers.by_length() if answers else [],
            calibration=calibration,
            miscalibrated=error,
            probability=of,
            spread=spread,
        )


def sentence(model: Row, best: Row | None, headline: str, n: int) -> str:
    """Return the headline in words."""
    name = headline.replace("_", " ")
    name = name if name.isupper() or len(name) < 5 else name[0].upper() + name[1:]
    says = f"{name.upper() if len(name) < 5 else name} {_with(model['headline'])} on "
    says += f"{n:,} test examples."
    if best is not None:
        says += f" The best baseline, {best['name']}, has {_with(best['headline'])}."
        lift = best["lift"]
        if lift is not None:
            value, low, high = lift["difference"], lift["low"], lift["high"]
            where = "ahead"
            if value < 0:
                where, value, low, high = "behind", -value, -high, -low
            says += f" The model is {where} by {number(value)} ({interval(low, high)})."
    return says


def _with(one: Row) -> str:
    if one["low"] is None:
        return number(one["value"])
    return f"{number(one['value'])} (95 % interval {interval(one['low'], one['high'])})"


def _narrow(resampled: str) -> str:
    if resampled in ("", "examples"):
        return ""
    return (
        "These intervals take examples for independent, which those of one unit are not (see "
        f"above: {resampled}). They are too narrow."
    )


def _hardest(others: Sequence[Row], best: Row | None) -> Row | None:
    """Return the baseline that the model is least surely better than."""
    known = [row for row in others if row["lift"]]
    return min(known, key=lambda row: row["lift"]["low"], default=best)


def _verdict(model: Row, best: Row | None, sign: int) -> str:
    if best is None:
        return ""
    lift = best["lift"]
    ahead = sign * (model["headline"]["value"] - best["headline"]["value"])
    low, high = (lift["low"], lift["high"]) if lift else (ahead, ahead)
    if low > 0:
        return f"better than {best['name']}"
    return f"worse than {best['name']}" if high < 0 else f"not clearly better than {best['name']}"


def _rows(found: Evaluation, headline: str) -> list[Row]:
    """Return the scores of the model and of each baseline, with what is known of intervals."""
    intervals: Mapping[str, Any] = getattr(found, "intervals", None) or {}
    rows = []
    for name, scores in {"model": found.scores, **found.baselines}.items():
        each = {}
        for score in found.scores:
            low, high = intervals.get(name, {}).get(score) or (None, None)
            each[score] = {"value": scores.get(score), "low": low, "high": high}
        lift = found.gains.get(name)
        told = lift and {
            "difference": lift.difference, "low": lift.low, "high": lift.high, "says": lift.says,
        }  # fmt: skip
        rows.append({"name": name, "scores": each, "headline": each[headline], "lift": told})
    return rows


def _taken(record: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> int | None:
    """Return the epoch whose weights the model has: the best where training may stop early."""
    if not history or "valid_loss" not in history[0] or not record["training"].get("patience"):
        return int(history[-1]["epoch"]) if history else None
    return int(min(history, key=lambda row: row["valid_loss"])["epoch"])
