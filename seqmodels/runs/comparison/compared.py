"""Comparison of several runs, and which of their differences are settled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seqmodels.core.errors import InputError
from seqmodels.runs.comparison import render, sentences
from seqmodels.runs.comparison.differences import Draws, draw
from seqmodels.runs.comparison.finished import FinishedRun, open_all

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from seqmodels.runs.run import Run

LONG = 40  # characters of the settings that may name a row


@dataclass(frozen=True, kw_only=True)
class Row:
    """One run, or several that differ only in the seed.

    Args:
        name: Name of the row in tables.
        paths: The run directories, one for each seed.
        seeds: The seeds.
        settings: Settings that differ between the rows, by the names of `--set`.
        score: The headline score, the mean over the seeds, in the target's units.
        interval: 95 % interval of the score; None: unknown, as when all answers are right.
        each: The headline score of each seed.
        scores: All scores, the means over the seeds.
        seconds: Time of training and scoring, the mean over the seeds; None: not recorded.
        weights: Number of weights of the network.
        difference: Difference to the reference row; positive is better. None: this is the
            reference.
        limits: Simultaneous 95 % interval of the difference: with 95 % probability the intervals
            of all rows hold. None: this is the reference, or the interval is unknown.
        verdict: "better" or "worse" than the reference where the limits exclude 0,
            "undecided" where they do not, "reference".
    """

    name: str
    paths: tuple[Path, ...]
    seeds: tuple[int, ...]
    settings: Mapping[str, Any]
    score: float
    interval: tuple[float, float] | None
    each: tuple[float, ...]
    scores: Mapping[str, float]
    seconds: float | None
    weights: int
    difference: float | None
    limits: tuple[float, float] | None
    verdict: str


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Runs on the same test part, the best first.

    Args:
        rows: One for each combination of settings, in the order of their scores.
        headline: Name of the score that is compared.
        higher_is_better: Whether a higher score is better.
        examples: Number of test examples.
        resampled: Unit of the bootstrap for the intervals: "examples", "writers".
        resamples: Number of bootstrap resamples.
        reference: Name of the row with which the others are compared.
        chosen: Whether the reference is the best row because no run was named.
        says: The result in one sentence.
        notes: Warnings for the reader.
    """

    rows: tuple[Row, ...]
    headline: str
    higher_is_better: bool
    examples: int
    resampled: str
    resamples: int
    reference: str
    chosen: bool
    says: str
    notes: tuple[str, ...]

    def record(self) -> dict[str, Any]:
        """Return the comparison as JSON types."""
        return render.record(self)

    def table(self) -> pd.DataFrame:
        """Return one row for each setting: scores, limits, the difference to the reference."""
        return render.table(self)

    def figure(self) -> Figure:
        """Draw scores and differences as dots with their intervals."""
        return render.figure(self)

    def plot(self, path: str | Path) -> None:
        """Write the figure as PNG or SVG, by the suffix of `path`.

        Raises:
            InputError: It exists, has another suffix, or cannot be written.
        """
        render.plot(self, Path(path))

    def page(self, path: str | Path) -> None:
        """Write a page with the tables and the figure; it needs no network.

        Raises:
            InputError: It exists, is no `.html`, or cannot be written.
        """
        render.page(self, Path(path))

    def __repr__(self) -> str:
        return f"Comparison({self.says!r})"

    def _repr_html_(self) -> str:
        return render.notebook(self)


def compare(runs: Sequence[str | Path | Run], *, to: str | Path | Run | None = None) -> Comparison:
    """Compare finished runs by their answers to the same test part.

    Runs that differ only in the seed make one row. No network is loaded.

    Args:
        runs: Run directories or `Run`s, at least two.
        to: The run with which the others are compared. None: the best of them.

    Raises:
        InputError: A run cannot be opened, or runs differ in their test part, their head or
            its classes; lists every problem.
    """
    paths = [_path(run) for run in runs]
    named = None if to is None else _path(to)
    if named is not None and named.resolve() not in [path.resolve() for path in paths]:
        paths.append(named)
    opened = open_all(paths)
    groups, notes = _grouped(opened)
    if len(groups) < 2:
        alike = (
            "differ in nothing but the seed"
            if len({run.seed for run in opened}) > 1
            else "do not differ in what was asked for"
        )
        raise InputError(
            f"These {len(opened)} runs {alike}: nothing to compare. Add a run with other settings."
        )
    reference = None
    if named is not None:
        reference = next(
            i for i, row in enumerate(groups)
            if named.resolve() in [run.path.resolve() for run in row]
        )  # fmt: skip
    draws = draw(groups)
    rows, place = _rows(groups, draws, reference)
    head, chosen = opened[0].head, named is None
    return Comparison(
        rows=tuple(rows),
        headline=head.headline,
        higher_is_better=head.higher_is_better,
        examples=len(opened[0].targets),
        resampled=draws.units.name,
        resamples=len(draws.drawn),
        reference=place,
        chosen=chosen,
        says=sentences.summary(rows, place, chosen, head.headline.replace("_", " ")),
        notes=(*notes, *sentences.notes(opened, rows, chosen)),
    )


def _rows(
    groups: Sequence[Sequence[FinishedRun]], draws: Draws, reference: int | None
) -> tuple[list[Row], str]:
    """Return the rows, the best first, and the name of the reference; None: the best row."""
    head = groups[0][0].head
    sign = 1 if head.higher_is_better else -1
    order = np.argsort(-sign * draws.scores, kind="stable").tolist()
    place = order[0] if reference is None else reference
    widths = draws.half_widths(place, chosen=reference is None)
    settings, intervals = _settings(groups), draws.limits()
    names, rows = _names(groups, settings), []
    for i in order:
        group, is_reference, known = groups[i], i == place, bool(np.isfinite(widths[i]))
        difference = float(sign * (draws.scores[i] - draws.scores[place]))
        low, high = difference - float(widths[i]), difference + float(widths[i])
        verdict = "better" if low > 0 else "worse" if high < 0 else "undecided"
        rows.append(
            Row(
                name=names[i],
                paths=tuple(run.path for run in group),
                seeds=tuple(run.seed for run in group),
                settings=settings[i],
                score=float(draws.scores[i]),
                interval=intervals[i],
                each=tuple(run.saved.scores[head.headline] for run in group),
                scores=_mean([run.saved.scores for run in group]),
                seconds=_seconds(group),
                weights=group[0].weights,
                difference=None if is_reference else difference,
                limits=(low, high) if known and not is_reference else None,
                verdict="reference" if is_reference else verdict,
            )
        )
    return rows, names[place]


def _path(run: Any) -> Path:
    return Path(getattr(run, "path", run))


def _grouped(opened: Sequence[FinishedRun]) -> tuple[list[list[FinishedRun]], list[str]]:
    """Return the runs of each row, in their order, and notes on runs that were left out."""
    groups: list[list[FinishedRun]] = []
    notes = []
    for run in opened:
        row = next((row for row in groups if row[0].asked == run.asked), None)
        same = next((one for one in row or [] if one.seed == run.seed), None)
        if row is None:
            groups.append([run])
        elif same is None:
            row.append(run)
        elif (
            same.saved.scores == run.saved.scores
            and same.record["fingerprint"] == run.record["fingerprint"]
        ):
            notes.append(f"{run.path} repeats {same.path} with the same seed; it counts once.")
        else:
            raise InputError(
                f"{str(same.path)!r} and {str(run.path)!r} have the same settings and the same "
                f"seed but different scores: their data or the machine differ. Leave one out."
            )
    return groups, notes


def _settings(groups: Sequence[Sequence[FinishedRun]]) -> list[dict[str, Any]]:
    """Return for each row the settings that differ between the rows."""
    asked = [row[0].asked for row in groups]
    names = list(dict.fromkeys(name for one in asked for name in one))
    differ = [n for n in names if any(one.get(n) != asked[0].get(n) for one in asked)]
    return [{name: one.get(name) for name in differ} for one in asked]


def _names(
    groups: Sequence[Sequence[FinishedRun]], settings: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Return a name for each row: that of its run, or with several seeds its settings."""
    short = [row[0].path.resolve().name for row in groups]
    unique = len(set(short)) == len(short)
    names = short if unique else [str(row[0].path) for row in groups]
    if all(len(row) == 1 for row in groups):
        return names
    said = [
        ", ".join(f"{k.rpartition('.')[2]} {render.setting_text(v)}" for k, v in one.items())
        for one in settings
    ]
    if max(map(len, said)) <= LONG:
        names = said
    many = [f" ({len(row)} seeds)" if len(row) > 1 else " (1 seed)" for row in groups]
    return [name + count for name, count in zip(names, many, strict=True)]


def _mean(scores: Sequence[Mapping[str, float]]) -> dict[str, float]:
    names = [name for name in scores[0] if all(name in one for one in scores)]
    return {name: float(np.mean([one[name] for one in scores])) for name in names}


def _seconds(row: Sequence[FinishedRun]) -> float | None:
    known = [run.record["seconds"] for run in row if run.record["seconds"] is not None]
    return float(np.mean(known)) if known else None
