"""Rows of a table become steps in order: parsed, sorted, their gaps dealt with as told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from seqmodels.core.errors import InputError, some
from seqmodels.data.series.calendar import Unit, times_of

if TYPE_CHECKING:
    from seqmodels.data.series.gaps import Gaps

Missing = Literal["refuse", "previous", "interpolate", "drop"]
Duplicates = Literal["refuse", "first", "last", "mean"]
Irregular = Literal["refuse", "fill", "ignore"]


@dataclass(frozen=True, kw_only=True)
class Steps:
    """Rows sorted by group, then by time.

    Args:
        values: One column per name, NaN where unknown, [L, C]; float32 where the table's
            columns are and nothing is computed of them, so that they cost what the table does.
        known: Where `values` are the table's own and not filled in, [L, C] bool.
        ticks: The time as a number, [L].
        unit: What `ticks` count.
        names: What each series is called, [G]; None: there is only one.
        groups: Which series a row belongs to, from 0, [L].
        rows: Which row of the table each is, [L].
        words: Returns the time and the group of each row of the table in its own words, for
            messages: as texts they would outweigh the numbers.
        gaps: Of steps on disk, what was found out about their distances.
    """

    values: np.ndarray
    known: np.ndarray
    ticks: np.ndarray
    groups: np.ndarray
    rows: np.ndarray
    words: Callable[[], np.ndarray]
    unit: Unit = "steps"
    names: tuple[str, ...] | None = None
    gaps: Gaps | None = None

    @property
    def labels(self) -> np.ndarray:
        """The time and the group in the table's own words, [L]."""
        return self.words()[self.rows]

    @property
    def times(self) -> Any:
        """The distinct times of all series, in order."""
        return np.unique(self.ticks) if self.gaps is None else self.gaps.times

    @property
    def longest(self) -> int:
        """How many steps the longest series has."""
        return int(np.bincount(self.groups).max()) if self.gaps is None else self.gaps.longest

    @property
    def unknown(self) -> int:
        """How many steps lack a value."""
        if self.gaps is not None:
            return self.gaps.unknown
        return int((~self.known).any(axis=1).sum())


def steps_of(
    frame: Any,
    name: str,
    *,
    time: Sequence[str],
    columns: Sequence[str],
    group: Sequence[str],
    missing: Missing,
    duplicates: Duplicates,
    irregular: Irregular,
) -> Steps:
    """Return the rows as steps; those of a `LargeTable` lie on disk.

    Raises:
        InputError: A time or a number cannot be read, or a policy is "refuse" and the table
            has what it refuses. All that is found is told at once.
    """
    from seqmodels.data.series import large

    if isinstance(frame, large.LargeTable):
        return large.large_steps(
            frame, name, time=time, columns=columns, group=group, missing=missing,
            duplicates=duplicates, irregular=irregular,
        )  # fmt: skip
    computed = missing == "interpolate" or duplicates == "mean"
    values, problems = numbers_of(frame, name, columns, np.float64 if computed else np.float32)
    groups, names = np.zeros(len(frame), dtype=np.int32), None
    if group:
        groups = frame.groupby(list(group), dropna=False).ngroup().to_numpy(dtype=np.int32)
        names = _names(frame, groups, group)
    try:
        ticks, unit, words = times_of(frame, name, time, groups)
    except InputError as error:
        raise InputError(problems + error.problems) from None
    if problems:
        raise InputError(problems)
    order = np.lexsort((ticks, groups))  # stable: rows of one time keep the table's order
    steps = Steps(
        values=values,
        known=np.isfinite(values),
        ticks=ticks,
        groups=groups,
        rows=np.arange(len(frame), dtype=np.int32),
        words=lambda: _labels(frame, words(), group),
        unit=unit,
        names=names,
    )
    if (order[1:] < order[:-1]).any():  # most tables are in order, and need no copy
        steps = _rows(steps, order)
    steps, found = _merged(steps, name, duplicates)
    steps, more = _regular(steps, name, irregular)
    unknown = ~steps.known
    if missing == "refuse" and unknown.any():
        more = more + [
            f"Column {column!r} of {name} lacks {gaps.sum()} of {len(gaps)} values, the first at "
            f"{steps.labels[np.argmax(gaps)]}. Set missing='previous' (the last known value), "
            f"'interpolate' or 'drop' (leave out the windows that touch one)."
            for column, gaps in zip(columns, unknown.T, strict=True)
            if gaps.any()
        ]
    if found + more:
        raise InputError(found + more)
    if missing in ("previous", "interpolate"):
        steps = replace(steps, values=_filled(steps, missing))
    return steps


def numbers_of(
    frame: Any,
    name: str,
    columns: Sequence[str],
    least: type[np.floating],
    first: int | None = None,
) -> tuple[np.ndarray, list[str]]:
    """Return the columns as numbers [L, C], NaN where missing, and what is not a number.

    They are of the type `least`, or float64 where a column's numbers do not fit into that.

    Args:
        frame: A pandas DataFrame.
        name: What to call it in messages.
        columns: Which of its columns.
        least: A type of numbers.
        first: Where these rows begin in the table; None: they are the table.
    """
    import pandas as pd

    types = [frame[column].dtype for column in columns]
    fits = all(isinstance(one, np.dtype) and np.can_cast(one, least) for one in types)
    values = np.full((len(frame), len(columns)), np.nan, least if fits else np.float64)
    problems = []
    for i, column in enumerate(columns):
        cells = frame[column]
        numbers: Any = pd.to_numeric(cells, errors="coerce")
        dated = pd.api.types.is_datetime64_any_dtype(cells)
        bad = np.flatnonzero(cells.notna() & (numbers.isna() | dated))
        if len(bad):
            problems.append(
                f"Column {column!r} of {name} needs numbers, got {cells.iloc[bad[0]]!r} in row "
                f"{(first or 0) + bad[0]} (counted from 0)"
                f"{f', {len(bad)} such in all' if first is None else ''}. Leave these empty where "
                f"the value is missing, or choose another column."
            )
            continue
        values[:, i] = numbers.to_numpy(dtype=np.float64, na_value=np.nan)
    values[~np.isfinite(values)] = np.nan
    return values, problems


def first_rows(groups: np.ndarray) -> np.ndarray:
    """Return for each row the first row of its stretch of equal numbers, [L]."""
    begins = np.flatnonzero(np.diff(groups, prepend=groups[:1] - 1))
    return np.repeat(begins, np.diff(begins, append=len(groups)))


def _names(frame: Any, groups: np.ndarray, group: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the series, by number: "Agency_22/SKU_01"."""
    first = np.unique(groups, return_index=True)[1]
    keys = frame[list(group)].iloc[first].astype(str).to_numpy(object)
    names = ["/".join(key) for key in keys]
    if len(set(names)) < len(names):  # such as "a/b" of "c", and "a" of "b/c"
        names = [f"{name} ({number})" for number, name in enumerate(names)]
    return tuple(names)


def _labels(frame: Any, words: np.ndarray, group: Sequence[str]) -> np.ndarray:
    for i, column in enumerate(group):
        words = words + ("/" if i else " of ") + frame[column].astype(str).to_numpy(object)
    return words


def _merged(steps: Steps, name: str, how: Duplicates) -> tuple[Steps, list[str]]:
    """Return steps of which no two are of one time, and what is refused about them."""
    again = (np.diff(steps.ticks) == 0) & (np.diff(steps.groups) == 0)  # [L - 1]
    if not again.any():
        return steps, []
    if how == "refuse":
        problem = (
            f"{name} has {again.sum()} rows whose time was there before, such as "
            f"{some(steps.labels[1:][again], 3)}. Set duplicates='first', 'last' or 'mean', or "
            f"group= the columns that tell the series apart."
        )
        keep = np.append(True, ~again)
        return _rows(steps, keep), [problem]
    if how in ("first", "last"):
        return _rows(
            steps, np.append(True, ~again) if how == "first" else np.append(~again, True)
        ), []
    begins = np.flatnonzero(np.append(True, ~again))
    counts = np.add.reduceat(steps.known, begins, axis=0, dtype=np.int64)
    sums = np.add.reduceat(np.where(steps.known, steps.values, 0), begins, axis=0)
    means = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return replace(_rows(steps, begins), values=means, known=counts > 0), []


def _rows(steps: Steps, rows: np.ndarray) -> Steps:
    arrays = {k: array[rows] for k, array in vars(steps).items() if isinstance(array, np.ndarray)}
    return replace(steps, **arrays)


def _regular(steps: Steps, name: str, how: Irregular) -> tuple[Steps, list[str]]:
    """Return steps of equal length, and what is refused about them."""
    same = np.diff(steps.groups) == 0  # [L - 1]
    gaps = np.diff(steps.ticks)
    if how == "ignore" or not same.any():
        return steps, []
    sizes, counts = np.unique(gaps[same], return_counts=True)
    usual = sizes[np.argmax(counts)]
    ratio = np.where(same, gaps / usual, 1.0)
    odd = np.abs(ratio - 1) > 1e-6
    if not odd.any():
        return steps, []
    where = some((str(label) for label in steps.labels[1:][odd]), 3)
    if how == "refuse":
        return steps, [
            f"{name} has {odd.sum()} steps unlike the usual one, those that end at {where}. Set "
            f"irregular='fill' (gaps become missing values) or 'ignore' (rows are steps)."
        ]
    if (np.abs(ratio - np.round(ratio)) > 1e-6).any():
        return steps, [
            f"{name} cannot be filled: {odd.sum()} steps are no multiple of the usual one, those "
            f"that end at {where}. Set irregular='ignore', or bring the times to a regular grid."
        ]
    place = np.concatenate([[0], np.cumsum(np.round(ratio))]).astype(np.int64)
    total = int(place[-1]) + 1
    if total > 10 * len(place) + 1000:
        return steps, [
            f"{name} cannot be filled: {len(place)} rows would become {total}, the longest gap "
            f"ends at {steps.labels[1:][np.argmax(ratio)]}. Set irregular='ignore', or cut it."
        ]
    source = np.searchsorted(place, np.arange(total), side="right") - 1  # the row before
    later = np.arange(total) - place[source]
    filled = _rows(steps, source)
    known = filled.known & (later == 0)[:, None]
    return replace(
        filled,
        values=np.where(known, filled.values, np.nan),
        known=known,
        ticks=filled.ticks + later * usual,
    ), []


def _filled(steps: Steps, how: Missing) -> np.ndarray:
    """Return the values with gaps filled inside each group, [L, C]; NaN where none can be.

    "interpolate" draws a line between the known values on both sides of a gap.
    """
    rows = np.arange(len(steps.values))[:, None]
    before = np.maximum.accumulate(np.where(steps.known, rows, -1), axis=0)
    inside = before >= first_rows(steps.groups)[:, None]
    left = np.take_along_axis(steps.values, np.maximum(before, 0), axis=0)
    if how == "previous":
        return np.where(inside, left, np.nan)
    end = len(rows)
    after = np.minimum.accumulate(np.where(steps.known, rows, end)[::-1], axis=0)[::-1]
    last = end - 1 - first_rows(steps.groups[::-1])[::-1]
    inside &= after <= last[:, None]
    right = np.take_along_axis(steps.values, np.minimum(after, end - 1), axis=0)
    share = (rows - before) / np.maximum(after - before, 1)
    return np.where(inside, left + share * (right - left), np.nan)
