"""Duplicate times, steps of unequal length and missing values of sorted steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from seqmodels.core.errors import InputError, some
from seqmodels.core.storage import Writer, blocks
from seqmodels.data.series.steps import Policies, Steps

_DISTINCT = 2**22  # times that are sorted together
_SIZES = 2**16  # different distances that are counted
_ODD = 1e-6  # of the usual distance


def cleaned(steps: Steps, name: str, columns: Sequence[str], policies: Policies) -> Steps:
    """Return steps whose duplicates and gaps are dealt with as the policies say.

    Args:
        steps: As `read_steps` returns them.
        name: Of the table, for messages.
        columns: Names of the values.
        policies: What to do.

    Raises:
        InputError: A policy refuses what the table has. All that is found is reported together.
    """
    steps, problems = _without_duplicates(steps, name, policies)
    steps = replace(steps, usual=_usual(steps))
    rows = len(steps)
    steps, more = _regular(steps, name, policies)
    problems += more
    inserted = len(steps) - rows
    unknown = 0
    lost = np.zeros(len(columns), np.int64)
    first = np.zeros(len(columns), np.int64)
    for part in blocks(len(steps)):
        missing = ~np.isfinite(steps.values[part])
        unknown += int(missing.any(axis=1).sum())
        found = missing.sum(axis=0)
        first = np.where((lost == 0) & (found > 0), part.start + missing.argmax(axis=0), first)
        lost += found
    if policies.missing == "refuse":
        problems += [
            f"Column {column!r} of {name} lacks {count} of {len(steps)} values, the first at "
            f"{steps.label(row)}. Set missing='previous' (the last known value), 'interpolate' or "
            f"'drop' (leave out the windows that touch one)."
            for column, count, row in zip(columns, lost.tolist(), first.tolist(), strict=True)
            if count
        ]
    if problems:
        raise InputError(problems)
    if unknown and policies.missing in ("previous", "interpolate"):
        steps = _filled(steps, policies.missing == "interpolate")
    return replace(steps, unknown=unknown, inserted=inserted, times=_distinct(steps))


def first_rows(groups: np.ndarray) -> np.ndarray:
    """Return for each row the first row of its stretch of equal numbers, [L]."""
    begins = np.flatnonzero(np.diff(groups, prepend=groups[:1] - 1))
    return np.repeat(begins, np.diff(begins, append=len(groups)))


def _without_duplicates(steps: Steps, name: str, policies: Policies) -> tuple[Steps, list[str]]:
    """Return steps of which no two are of one time, and what is refused about them."""
    again = [first + np.flatnonzero(same & (gaps == 0)) for first, gaps, same in steps.distances()]
    rows, how = np.concatenate(again), policies.duplicates  # as the row before
    if not len(rows):
        return steps, []
    keep = np.ones(len(steps), bool)
    keep[rows - 1 if how == "last" else rows] = False
    problems = []
    if how == "refuse":
        problems = [
            f"{name} has {len(rows)} rows with duplicate times, such as "
            f"{some((steps.label(row) for row in rows[:3].tolist()), 3)}"
            f"{f' and {len(rows) - 3} more' if len(rows) > 3 else ''}. Set duplicates='first', "
            f"'last' or 'mean', or group= the columns that tell the series apart."
        ]
    begins = np.flatnonzero(keep)
    if how != "mean":
        return steps.take(begins), problems
    means, edges = Writer(steps.values.dtype, steps.values.shape[1:]), np.append(begins, len(steps))
    for part in blocks(len(begins)):
        piece = steps.values[edges[part.start] : edges[part.stop]]
        known, local = np.isfinite(piece), begins[part] - edges[part.start]
        counts = np.add.reduceat(known, local, axis=0, dtype=np.int64)
        sums = np.add.reduceat(np.where(known, piece, 0), local, axis=0)
        means.append(np.where(counts > 0, sums / np.maximum(counts, 1), np.nan))
    return replace(steps.take(begins), values=means.done()), []


def _usual(steps: Steps) -> float:
    """Return the most frequent distance between two steps of a series."""
    sizes: Counter[float] = Counter()
    for _, gaps, same in steps.distances():
        if len(sizes) < _SIZES:
            found, counts = np.unique(gaps[same], return_counts=True)
            sizes.update(dict(zip(found.tolist(), counts.tolist(), strict=True)))
    return max(sorted(sizes), key=sizes.__getitem__, default=1.0)


def _distinct(steps: Steps) -> np.ndarray:
    """Return the distinct times of all series, in order."""
    if steps.names is None:
        return steps.ticks
    times = np.zeros(0)
    waiting: list[np.ndarray] = []
    for rows in blocks(len(steps)):
        waiting.append(np.unique(steps.ticks[rows]))
        if sum(map(len, waiting)) > _DISTINCT:
            times, waiting = np.unique(np.concatenate([times, *waiting])), []
    return np.unique(np.concatenate([times, *waiting]))


def _regular(steps: Steps, name: str, policies: Policies) -> tuple[Steps, list[str]]:
    """Return steps of equal length, and what is refused about them."""
    how, odd = policies.irregular, []
    total, broken, longest = len(steps), False, (0.0, 0)
    if how == "ignore":
        return steps, []
    for first, gaps, same in steps.distances():
        ratio = np.where(same, gaps / steps.usual, 1.0)
        odd.append(first + np.flatnonzero(np.abs(ratio - 1) > _ODD))
        broken |= bool((np.abs(ratio - np.round(ratio)) > _ODD).any())
        total += int((np.round(ratio) - 1).sum())
        longest = max(longest, (float(ratio.max()), first + int(np.argmax(ratio))))
    rows = np.concatenate(odd)
    if not len(rows):
        return steps, []
    where = ", ".join(repr(steps.label(row)) for row in rows[:3].tolist())
    where += f" and {len(rows) - 3} more" if len(rows) > 3 else ""
    if how == "refuse":
        return steps, [
            f"{name} has {len(rows)} steps unlike the usual one, those that end at {where}. Set "
            f"irregular='fill' (gaps become missing values) or 'ignore' (rows are steps)."
        ]
    if broken:
        return steps, [
            f"{name} cannot be filled: {len(rows)} steps are no multiple of the usual one, those "
            f"that end at {where}. Set irregular='ignore', or bring the times to a regular grid."
        ]
    if total > 10 * len(steps) + 1000:
        return steps, [
            f"{name} cannot be filled: {len(steps)} rows would become {total}, the longest gap "
            f"ends at {steps.label(longest[1])}. Set irregular='ignore', or cut it."
        ]
    return _with_steps_inserted(steps), []


def _with_steps_inserted(steps: Steps) -> Steps:
    """Return steps at each multiple of the usual distance, the new ones without values."""
    values, ticks = Writer(steps.values.dtype, steps.values.shape[1:]), Writer(np.float64)
    groups, moments = Writer(np.int32), Writer(np.int64)
    moment = steps.moments.view(np.int64)
    for first, gaps, same in steps.distances():
        new = np.where(same, np.round(gaps / steps.usual), 1).astype(np.int64) - 1
        end = first + len(gaps)
        before = np.repeat(np.arange(first - 1, end - 1), new + 1)  # the row before each step
        later = 1 + np.arange(len(before)) - np.repeat(np.cumsum(new + 1) - new - 1, new + 1)
        own = later == np.repeat(new + 1, new + 1)
        source = np.where(own, before + 1, before)
        piece = steps.values[source]
        piece[~own] = np.nan
        values.append(piece)
        ticks.append(np.where(own, steps.ticks[source], steps.ticks[source] + later * steps.usual))
        groups.append(steps.groups[source])
        moments.append(moment[source])
    return replace(
        steps,
        values=values.done(),
        ticks=ticks.done(),
        groups=groups.done(),
        moments=moments.done().view(steps.moments.dtype),
    )


def _filled(steps: Steps, interpolate: bool) -> Steps:
    """Return the steps with gaps filled inside each series; NaN where nothing is known before.

    The last known value fills a gap, or a line between the known values on both its sides.
    """
    begins = np.searchsorted(steps.groups, np.arange(len(steps.names or (0,)) + 1))  # of the series
    channels = steps.values.shape[1]
    after = _known_after(steps) if interpolate else []
    row, value = np.full(channels, -1), np.full(channels, np.nan, steps.values.dtype)
    values, known = Writer(steps.values.dtype, (channels,)), Writer(bool, (channels,))
    for place, part in enumerate(blocks(len(steps))):
        piece, rows = steps.values[part], np.arange(part.start, part.stop)[:, None]
        there = np.isfinite(piece)
        series = steps.groups[part]
        before, left = _nearest(piece, there, rows, row, value)
        row, value = before[-1], left[-1]
        inside = before >= begins[series][:, None]
        filled = left
        if interpolate:
            backwards = _nearest(piece[::-1], there[::-1], rows[::-1], *after[place])
            next_, right = (one[::-1] for one in backwards)
            inside &= (next_ >= 0) & (next_ < begins[series + 1][:, None])
            share = (rows - before) / np.maximum(next_ - before, 1)
            filled = left + share * (right - left)
        values.append(np.where(inside, filled, np.nan))
        known.append(there)
    return replace(steps, values=values.done(), known=known.done())


def _known_after(steps: Steps) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return of each block of rows the next rows after it that are known, [C], and their values."""
    channels = steps.values.shape[1]
    nearest = np.full(channels, -1), np.full(channels, np.nan, steps.values.dtype)
    found = []
    for part in reversed(list(blocks(len(steps)))):
        found.append(nearest)
        piece, rows = steps.values[part][::-1], np.arange(part.start, part.stop)[::-1, None]
        places, values = _nearest(piece, np.isfinite(piece), rows, *nearest)
        nearest = places[-1], values[-1]
    return found[::-1]


def _nearest(
    values: np.ndarray, there: np.ndarray, rows: np.ndarray, row: np.ndarray, value: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the last row up to each that is known, [M, C], -1 for none, and its value.

    Args:
        values: [M, C].
        there: Which are known, [M, C].
        rows: Their numbers, [M, 1].
        row: The last one that is known before these, [C].
        value: Its value, [C].
    """
    local = np.maximum.accumulate(np.where(there, np.arange(len(values))[:, None], -1), axis=0)
    found = np.take_along_axis(values, np.maximum(local, 0), axis=0)
    places = np.where(local >= 0, rows[np.maximum(local, 0), 0], row)
    return places, np.where(local >= 0, found, value)
