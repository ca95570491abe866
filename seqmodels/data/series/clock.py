"""The times of a table that is read some rows at a time, as `_calendar` reads those of a whole."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from seqmodels.core.errors import InputError, some
from seqmodels.core.storage import Writer
from seqmodels.data.series.calendar import UNITS, Unit, _from_units, _spelled

CHUNK = 2**18  # rows that are worked on together
DAY = 86400.0  # seconds
_MANY = 2**16  # different distances between days, beyond which they follow no calendar


class Again(Exception):  # noqa: N818
    """The times are not what the first of them seemed to be: read them again, knowing this."""

    def __init__(self, *, days_first: bool = False, steps: bool = False):
        super().__init__()
        self.days_first, self.steps = days_first, steps


class Clock:
    """Takes the times row by row, and in the end knows what they count.

    Args:
        name: Of the table, for messages.
        time: Its columns of times.
        known: What an earlier reading found out.
    """

    def __init__(self, name: str, time: Sequence[str], known: Again | None = None):
        self._name, self._time = name, list(time)
        self._steps = bool(known and known.steps)  # whole numbers that count themselves
        self._days_first = bool(known and known.days_first)
        self._dates = False
        self._first: Any = None  # the table's first cell, whose form is that of all
        self._ticks = Writer(np.float64)
        self._last: tuple[Any, float, float] | None = None  # series, seconds and month before
        self._hours: set[float] = set()
        self._days: set[int] = set()
        self._month_ends = self._weekdays = True
        self._gaps: Counter[float] = Counter()  # in seconds, of days
        self._months: Counter[float] = Counter()

    def append(self, frame: Any, groups: np.ndarray | None, first: int) -> None:
        """Take the times of some more rows.

        Args:
            frame: The rows, a pandas DataFrame.
            groups: Which series each belongs to; None: there is only one.
            first: Where these rows begin in the table.

        Raises:
            Again: They are to be read again from the start, in another way.
            InputError: A time cannot be read, or is before that of the row before.
        """
        moments = self._moments(frame, first)
        if self._steps:
            ticks = moments
        else:
            ticks = moments.to_numpy().astype("datetime64[us]").astype(np.int64) / 1e6
        numbers = np.zeros(len(ticks), np.int32) if groups is None else groups
        months = None
        if not self._steps and len(self._hours) < 2:
            months = (moments.dt.year * 12 + moments.dt.month).to_numpy(dtype=np.float64)
            self._look(moments, ticks)
        self._compare(ticks, numbers, months, first)
        self._ticks.append(ticks)

    def done(self) -> tuple[Any, Unit]:
        """Return the times as evenly counting numbers [L], and what they count."""
        seconds, unit = self._ticks.done(), self._unit()
        if unit in ("steps", "seconds"):
            return seconds, unit
        counted = Writer(np.float64)
        for first in range(0, len(seconds), CHUNK):
            days = (seconds[first : first + CHUNK] * 1e6).astype(np.int64)
            days = days.astype("datetime64[us]").astype("datetime64[D]")
            if unit == "months":
                counted.append(days.astype("datetime64[M]").astype(np.int64) + 1970 * 12 + 1)
            else:
                counted.append(np.busday_count("1970-01-01", days))
        return counted.done(), unit

    def _moments(self, frame: Any, first: int) -> Any:
        """Return numbers [M], or a pandas Series of dates."""
        import pandas as pd

        cells = frame[self._time[0]] if len(self._time) == 1 else None
        if cells is not None and pd.api.types.is_numeric_dtype(cells):
            counts = cells.to_numpy(dtype=np.float64, na_value=np.nan)
            self._refuse(~np.isfinite(counts), frame, first)
            dates = bool(((counts >= 18000101) & (counts <= 22001231)).all())
            if not first and not self._steps:
                self._steps = not dates
            if self._steps:
                return counts
            if not dates:
                raise Again(steps=True)
            cells = cells.astype(int).astype(str)  # 20130131 is a date
        elif self._steps:
            numbers: Any = pd.to_numeric(cells, errors="coerce")
            self._refuse(numbers.isna(), frame, first)
        units = cells is None and {column.lower() for column in self._time} <= set(UNITS)
        if units:
            moments = _from_units(frame, self._time)
            self._refuse(moments.isna(), frame, first)
            return moments
        if cells is None:
            cells = frame[self._time].astype("string").agg(" ".join, axis=1)
        moments = self._parsed(cells, self._days_first)
        failed = not self._days_first and moments.isna().any()
        if failed and not self._parsed(cells, True).isna().any():
            raise Again(days_first=True)
        self._refuse(moments.isna(), frame, first)
        return moments

    def _parsed(self, cells: Any, days_first: bool) -> Any:
        import pandas as pd

        if not pd.api.types.is_datetime64_any_dtype(cells):
            cells = cells.astype("string").str.strip()
            if self._first is None:
                self._first = cells.iloc[:1]
            cells = _spelled(pd.concat([self._first, cells]))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a guess about the format; what fails is told later
            moments = pd.to_datetime(cells, errors="coerce", utc=True, dayfirst=days_first)
        extra = 0 if self._first is None else 1
        return moments.iloc[extra:].reset_index(drop=True).dt.tz_localize(None)

    def _refuse(self, bad: Any, frame: Any, first: int) -> None:
        lost = np.flatnonzero(bad)
        if len(lost):
            cells = frame[self._time].iloc[lost[0]].tolist()
            raise InputError(
                f"Column {some(self._time)} of {self._name} needs times, got "
                f"{cells[0] if len(cells) == 1 else cells!r} in row {first + lost[0]:,} (counted "
                f"from 0). Write times alike, as in 2013-01-31 or 2013-01-31 18:00."
            )

    def _look(self, moments: Any, ticks: np.ndarray) -> None:
        """Note what days these are, as long as all have the same clock time."""
        self._hours |= set(np.unique(ticks % DAY)[:2].tolist())
        if len(self._days) < 2:
            self._days |= set(moments.dt.day.unique()[:2].tolist())
        if self._month_ends:
            self._month_ends = bool((moments.dt.days_in_month == moments.dt.day).all())
        if self._weekdays:
            self._weekdays = not (moments.dt.day_of_week >= 5).any()

    def _compare(
        self, ticks: np.ndarray, groups: np.ndarray, months: np.ndarray | None, first: int
    ) -> None:
        """Refuse times that go back, and count the distances between days."""
        if self._last is not None:
            groups = np.concatenate([[self._last[0]], groups])
            ticks = np.concatenate([[self._last[1]], ticks])
            months = None if months is None else np.concatenate([[self._last[2]], months])
        extra = 0 if self._last is None else 1
        same, gaps = np.diff(groups) == 0, np.diff(ticks)
        back = np.flatnonzero(same & (gaps < 0))
        if len(back):
            raise InputError(
                f"{self._name} is too large to be sorted here, and needs the rows of each series "
                f"in the order of their times; row {first + back[0] + 1 - extra:,} (counted from "
                f"0) is before the one above it. Sort it by time, or give group= the columns that "
                f"tell the series apart."
            )
        if months is not None and len(self._gaps) < _MANY and len(self._months) < _MANY:
            for counter, distances in ((self._gaps, gaps), (self._months, np.diff(months))):
                sizes, counts = np.unique(distances[same], return_counts=True)
                counter.update(dict(zip(sizes.tolist(), counts.tolist(), strict=True)))
        self._last = groups[-1], ticks[-1], 0.0 if months is None else months[-1]

    def _unit(self) -> Unit:
        """Return what the times count; the rules of `_calendar`."""
        if self._steps:
            return "steps"
        if len(self._hours) > 1:
            return "seconds"
        if len(self._days) == 1 or self._month_ends:
            return "months"
        gaps = Counter({size: count for size, count in self._gaps.items() if size > 0})
        if len(gaps) < 2:
            return "seconds"
        even = max(self._months.values()) >= 0.8 * self._months.total()
        if even and min(self._months) > 0 and _median(gaps) >= 27 * DAY:
            return "months"
        usual = max(sorted(gaps), key=gaps.__getitem__)
        return "weekdays" if usual == DAY and self._weekdays and gaps[3 * DAY] else "seconds"


def _median(counts: Counter[float]) -> float:
    sizes = np.array(sorted(counts))
    ends = np.cumsum([counts[size] for size in sizes.tolist()])
    middle = [(ends[-1] - 1) // 2, ends[-1] // 2]
    return float(sizes[np.searchsorted(ends, middle, side="right")].mean())
