"""Several runs side by side, and which differences between them are beyond doubt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seqmodels.core.errors import InputError
from seqmodels.runs.comparison import shown, words
from seqmodels.runs.comparison.differences import draw
from seqmodels.runs.comparison.opened import Opened, open_all

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from seqmodels.runs.run import Run

LONG = 40  # characters of the settings that may name a row


@dataclass(frozen=True, kw_only=True)
class Row:
    """One training, or several that differ in nothing but the seed.

    Args:
        name: What it is called in tables.
        paths: The run directories, one a seed.
        seeds: Theirs.
        settings: Those that differ between the rows, by the names of `--set`.
        score: The headline score, the mean over the seeds, in the target's units.
        interval: Its 95 % limits; None: they cannot be told, as when all answers are right.
        each: The headline score of each seed.
        scores: All scores, the means over the seeds.
        seconds: That training and scoring took, the mean over the seeds; None: not recorded.
        weights: Numbers that the network learned.
        difference: To the reference row; positive is better. None: this is the reference.
        limits: The 95 % limits of the difference; those of all rows hold together. None: this
            is the reference, or they cannot be told.
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
        rows: One for each setting, in the order of their scores.
        headline: The score that is compared.
        higher_is_better: Whether a larger one is the better one.
        examples: In the test part.
        resampled: What was drawn for the intervals: "examples", "writers".
        resamples: How often.
        reference: The name of the row that the others are held against.
        chosen: The reference is the best row; it was not named.
        says: What was found, in one sentence.
        notes: What to keep in mind.
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
        """Return all of it as JSON types."""
        return shown.record(self)

    def table(self) -> pd.DataFrame:
        """Return one row for each setting: scores, limits, the difference to the reference."""
        return shown.table(self)

    def figure(self) -> Figure:
        """Draw scores and differences as dots with their intervals."""
        return shown.figure(self)

    def plot(self, path: str | Path) -> None:
        """Write the figure as PNG or SVG, by the suffix of `path`.

        Raises:
            InputError: It exists, has another suffix, or cannot be written.
        """
        shown.plot(self, Path(path))

    def page(self, path: str | Path) -> None:
        """Write a page with the tables and the figure; it needs no network.

        Raises:
            InputError: It exists, is no `.html`, or cannot be written.
        """
        shown.page(self, Path(path))

    def __repr__(self) -> str:
        return f"Comparison({self.says!r})"

    def _repr_html_(self) -> str:
        return shown.notebook(self)


def compare(runs: Sequence[str | Path | Run], *, to: str | Path | Run | None = None) -> Comparison:
    """Compare finished runs by their answers to the same test part.

    Runs that differ in nothing but the seed make one row. No network is loaded.

    Args:
        runs: Run directories or `Run`s, at least two.
        to: The run that the others are held against. None: the best of them.

    Raises:
        InputError: A run cannot be opened, or runs differ in their test part, their head or
            its classes; names every one.
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
            f"These {len(opened)} runs {alike}, so that there is nothing to compare. Add a run "
            f"with other settings."
        )
    head = opened[0].head
    sign = 1 if head.higher_is_better else -1
    draws = draw(groups)
    order = np.argsort(-sign * draws.scores, kind="stable").tolist()
    place = order[0]
    if named is not None:
        place = next(
            i for i, row in enumerate(groups)
            if named.resolve() in [run.path.resolve() for run in row]
        )  # fmt: skip
    offs = draws.half_widths(place, chosen=named is None)
    settings, limits = _settings(groups), draws.limits()
    names = _names(groups, settings)
    rows = []
    for i in order:
        difference = float(sign * (draws.scores[i] - draws.scores[place]))
        low, high = difference - float(offs[i]), difference + float(offs[i])
        verdict = "better" if low > 0 else "worse" if high < 0 else "undecided"
        is_reference, told = i == place, bool(np.isfinite(offs[i]))
        rows.append(
            Row(
                name=names[i],
                paths=tuple(run.path for run in groups[i]),
                seeds=tuple(run.seed for run in groups[i]),
                settings=settings[i],
                score=float(draws.scores[i]),
                interval=limits[i],
                each=tuple(run.saved.scores[head.headline] for run in groups[i]),
                scores=_mean([run.saved.scores for run in groups[i]]),
                seconds=_seconds(groups[i]),
                weights=groups[i][0].weights,
                difference=None if is_reference else difference,
                limits=(low, high) if told and not is_reference else None,
                verdict="reference" if is_reference else verdict,
            )
        )
    chosen = named is None
    return Comparison(
        rows=tuple(rows),
        headline=head.headline,
        higher_is_better=head.higher_is_better,
        examples=len(opened[0].targets),
        resampled=draws.units.says,
        resamples=len(draws.drawn),
        reference=names[place],
        chosen=chosen,
        says=words.says(rows, names[place], chosen, head.headline.replace("_", " ")),
        notes=(*notes, *words.notes(opened, rows, chosen)),
    )


def _path(run: Any) -> Path:
    return Path(getattr(run, "path", run))


def _grouped(opened: Sequence[Opened]) -> tuple[list[list[Opened]], list[str]]:
    """Return the runs of each row, in their order, and what was left out."""
    groups: list[list[Opened]] = []
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
            notes.append(f"{run.path} is {same.path} once more, seed and all; it counts once.")
        else:
            raise InputError(
                f"{str(same.path)!r} and {str(run.path)!r} were asked the same with the same seed "
                f"and found something else: their data or the machine differ. Leave one out."
            )
    return groups, notes


def _settings(groups: Sequence[Sequence[Opened]]) -> list[dict[str, Any]]:
    """Return of each row the settings that are not the same in all."""
    asked = [row[0].asked for row in groups]
    names = list(dict.fromkeys(name for one in asked for name in one))
    differ = [n for n in names if any(one.get(n) != asked[0].get(n) for one in asked)]
    return [{name: one.get(name) for name in differ} for one in asked]


def _names(groups: Sequence[Sequence[Opened]], settings: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a name for each row: its run's, or with several seeds what sets it apart."""
    short = [row[0].path.resolve().name for row in groups]
    unique = len(set(short)) == len(short)
    names = short if unique else [str(row[0].path) for row in groups]
    if all(len(row) == 1 for row in groups):
        return names
    said = [
        ", ".join(f"{k.rpartition('.')[2]} {shown.told(v)}" for k, v in one.items())
        for one in settings
    ]
    if max(map(len, said)) <= LONG:
        names = said
    many = [f" ({len(row)} seeds)" if len(row) > 1 else " (1 seed)" for row in groups]
    return [name + count for name, count in zip(names, many, strict=True)]


def _mean(scores: Sequence[Mapping[str, float]]) -> dict[str, float]:
    names = [name for name in scores[0] if all(name in one for one in scores)]
    return {name: float(np.mean([one[name] for one in scores])) for name in names}


def _seconds(row: Sequence[Opened]) -> float | None:
    known = [run.record["seconds"] for run in row if run.record["seconds"] is not None]
    return float(np.mean(known)) if known else None
