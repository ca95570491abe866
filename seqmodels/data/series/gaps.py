"""Distances between the steps of series on disk, and steps put in where there are none."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from seqmodels.core.storage import Writer
from seqmodels.data.series.steps import Irregular, Steps

CHUNK = 2**18  # rows that are worked on together
_MANY = 2**22  # distinct times that are sorted together
_SIZES = 2**16  # different distances that are counted
_ODD = 1e-6  # of the usual distance


@dataclass(frozen=True, kw_only=True)
class Gaps:
    """What there is to know about the distances between steps.

    Args:
        usual: The most frequent distance.
        times: The distinct times in order, [T]: the ticks themselves where there is one series.
        longest: Steps of the longest series.
        rows: Steps of all.
        again: Rows of the same series and time as the row before.
        first_again: The first such row.
        odd: Steps of another length than the usual one.
        first_odd: The first row that ends such a step.
        broken: Of the odd ones, those that are no multiple of the usual one.
        total: Steps that there would be without gaps.
        unknown: Steps that lack a value.
    """

    usual: float
    times: Any
    longest: int
    rows: int
    again: int = 0
    first_again: int = 0
    odd: int = 0
    first_odd: int = 0
    broken: int = 0
    total: int = 0
    unknown: int = 0

    def refused(self, name: str, how: Irregular) -> list[str]:
        """Return what a policy refuses about them."""
        if how == "ignore" or not self.odd:
            return []
        where = f"the first at row {self.first_odd:,} (counted from 0)"
        if how == "refuse":
            return [
                f"{name} has {self.odd:,} steps unlike the usual one, {where}. Set "
                f"irregular='fill' (gaps become missing values) or 'ignore' (rows are steps)."
            ]
        if self.broken:
            return [
                f"{name} cannot be filled: {self.broken:,} steps are no multiple of the usual one, "
                f"{where}. Set irregular='ignore', or bring the times to a regular grid."
            ]
        if self.total > 10 * self.rows + 1000:
            return [
                f"{name} cannot be filled: {self.rows:,} rows would become {self.total:,}. Set "
                f"irregular='ignore', or cut it."
            ]
        return []


def gaps_of(steps: Steps) -> Gaps:
    """Return what there is to know about distances; rows are sorted by series, then by time."""
    rows = len(steps.ticks)
    sizes: Counter[float] = Counter()
    series = np.zeros(len(steps.names or (0,)), np.int64)
    times: list[np.ndarray] = []
    again = first_again = unknown = 0
    for first in range(0, rows, CHUNK):
        end = min(first + CHUNK, rows)
        gaps, same = _distances(steps, first, end)
        zero = np.flatnonzero(same & (gaps == 0))
        if len(zero) and not again:
            first_again = first + int(zero[0])
        again += len(zero)
        if len(sizes) < _SIZES:
            found, counts = np.unique(gaps[same], return_counts=True)
            sizes.update(dict(zip(found.tolist(), counts.tolist(), strict=True)))
        series += np.bincount(steps.groups[first:end], minlength=len(series))
        unknown += int((~steps.known[first:end]).any(axis=1).sum())
        if steps.names is not None:
            times.append(np.unique(steps.ticks[first:end]))
            if sum(map(len, times)) > _MANY:
                times = [np.unique(np.concatenate(times))]
    usual = max(sorted(sizes), key=sizes.__getitem__, default=1.0)
    gaps = Gaps(
        usual=usual,
        times=steps.ticks if steps.names is None else np.unique(np.concatenate(times)),
        longest=int(series.max()),
        rows=rows,
        again=again,
        first_again=first_again,
        total=rows,
        unknown=unknown,
    )
    return gaps if again or len(sizes) < 2 else _odd(steps, gaps)


def filled(steps: Steps, gaps: Gaps, previous: bool, regular: bool) -> Steps:
    """Return steps of which every value is there, or every moment.

    Args:
        steps: What is there.
        gaps: Their distances.
        previous: Give a missing value the last one of its series that is known.
        regular: Put steps in where there are none, their values missing.
    """
    rows, channels = steps.values.shape
    values, known = Writer(steps.values.dtype, (channels,)), Writer(bool, (channels,))
    ticks, groups = Writer(np.float64), Writer(np.int32)
    last = np.full(channels, np.nan, steps.values.dtype)  # what was known before
    series = -1
    for first in range(0, rows, CHUNK):
        end = min(first + CHUNK, rows)
        piece = steps.values[first:end]
        times = np.ones(end - first, np.int64)  # how many steps a row becomes
        if regular:
            distance, same = _distances(steps, first + 1, min(end + 1, rows))
            longer = np.where(same, np.round(distance / gaps.usual), 1).astype(np.int64)
            times[: len(longer)] = longer
        source = np.repeat(np.arange(end - first), times)
        later = np.arange(len(source)) - np.repeat(np.cumsum(times) - times, times)
        here = steps.groups[first:end][source]
        there = np.isfinite(piece)[source] & (later == 0)[:, None]
        piece = np.where(there, piece[source], np.nan).astype(piece.dtype)
        known.append(there)
        if previous:
            piece = _carried(np.concatenate([last[None], piece]), np.append(series, here))[1:]
            last, series = piece[-1], here[-1]
        values.append(piece)
        ticks.append(steps.ticks[first:end][source] + later * gaps.usual)
        groups.append(here)
    return replace(
        steps, values=values.done(), known=known.done(), ticks=ticks.done(), groups=groups.done()
    )


def _odd(steps: Steps, gaps: Gaps) -> Gaps:
    odd = broken = first_odd = 0
    total = gaps.rows
    for first in range(0, gaps.rows, CHUNK):
        distance, same = _distances(steps, first, min(first + CHUNK, gaps.rows))
        ratio = np.where(same, distance / gaps.usual, 1.0)
        unlike = np.flatnonzero(np.abs(ratio - 1) > _ODD)
        if len(unlike) and not odd:
            first_odd = first + int(unlike[0])
        odd += len(unlike)
        broken += int((np.abs(ratio - np.round(ratio)) > _ODD).sum())
        total += int((np.round(ratio) - 1).sum())
    return replace(gaps, odd=odd, first_odd=first_odd, broken=broken, total=total)


def _distances(steps: Steps, first: int, end: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the time since the row before, and whether that is of the same series, [M].

    The first row of the table has none: it is of no series, at no distance.
    """
    before = max(first - 1, 0)
    ticks, groups = steps.ticks[before:end], steps.groups[before:end]
    gaps, same = np.diff(ticks), np.diff(groups) == 0
    if first == 0 and end:
        gaps, same = np.append(0.0, gaps), np.append(False, same)
    return gaps, same


def _carried(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return the values [M, C] with those missing filled by the last known of their group."""
    rows = np.arange(len(values))[:, None]
    before = np.maximum.accumulate(np.where(np.isfinite(values), rows, -1), axis=0)
    begins = np.flatnonzero(np.diff(groups, prepend=groups[:1] - 1))
    inside = before >= np.repeat(begins, np.diff(begins, append=len(groups)))[:, None]
    left = np.take_along_axis(values, np.maximum(before, 0), axis=0)
    return np.where(inside, left, np.nan).astype(values.dtype)
