"""What times count: months, weekdays and years are even steps, as seconds are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from seqmodels.core.storage import Writer, blocks

Unit = Literal["months", "weekdays", "seconds", "steps"]

DAY = 86400.0  # seconds


def evenly_counted(
    times: np.ndarray, groups: np.ndarray, columns: Sequence[str]
) -> tuple[np.ndarray, Unit]:
    """Return times as numbers that count evenly where they can, [L], and what they count.

    Whole numbers such as 1994 count themselves, in "steps". Dates count months where each series
    has at most one of each month, and weekdays where they are days without a weekend; else seconds.

    Args:
        times: Sorted in each series, [L]: datetime64[us], or numbers.
        groups: The series of each time, [L], sorted.
        columns: Of the times.
    """
    if times.dtype.kind != "M":
        years = "year" in columns[0].lower() and all(
            (times[rows] % 1 == 0).all() for rows in blocks(len(times))
        )
        return (times * 12, "months") if years else (times, "steps")
    unit = _unit(times, groups)
    ticks = Writer(np.float64)
    for rows in blocks(len(times)):
        if unit == "months":
            ticks.append(times[rows].astype("datetime64[M]").astype(np.int64) + 1970 * 12 + 1)
        elif unit == "weekdays":
            ticks.append(np.busday_count("1970-01-01", times[rows].astype("datetime64[D]")))
        else:
            ticks.append(times[rows].astype("datetime64[us]").astype(np.int64) / 1e6)
    return ticks.done(), unit


def in_words(times: np.ndarray, days: bool) -> list[str]:
    """Return times as texts.

    Args:
        times: datetime64[us], or numbers.
        days: The table has dates without clock times.
    """
    if times.dtype.kind != "M":
        return [str(int(one)) if one % 1 == 0 else str(one) for one in times.tolist()]
    return [
        str(one).replace("T", " ") for one in times.astype(f"datetime64[{'D' if days else 's'}]")
    ]


def without_clock(times: np.ndarray) -> bool:
    """Return whether all times are at midnight."""
    return times.dtype.kind == "M" and all(
        (times[rows] == times[rows].astype("datetime64[D]")).all() for rows in blocks(len(times))
    )


def step_words(gap: float, unit: Unit) -> str:
    """Return what one step is, in words: "month", "hour", "15 minutes"."""
    if unit == "seconds":
        sizes = (("week", 7 * DAY), ("day", DAY), ("hour", 3600), ("minute", 60), ("second", 1))
    elif unit == "months":
        sizes = (("year", 12), ("quarter", 3), ("month", 1))
    else:
        sizes = (("weekday" if unit == "weekdays" else "step", 1),)
        gap = 1 if unit == "steps" else gap
    word, size = next((one for one in sizes if gap % one[1] == 0), sizes[-1])
    gap /= size
    return word if gap == 1 else f"{gap:g} {word}s"


def _unit(times: np.ndarray, groups: np.ndarray) -> Unit:
    """Return what sorted dates count."""
    day = np.timedelta64(1, "D")
    clocks, days_of_month, month_ends, weekends = set(), set(), True, False
    for rows in blocks(len(times)):
        dates = times[rows].astype("datetime64[D]")
        clocks |= set(np.unique(times[rows] - dates)[:2].tolist())
        if len(clocks) > 1:
            return "seconds"
        months = dates.astype("datetime64[M]")
        days_of_month |= set(np.unique(dates - months).tolist())
        month_ends &= bool(((dates + day).astype("datetime64[M]") != months).all())
        weekends |= bool(((dates.astype(np.int64) + 3) % 7 >= 5).any())  # 1970-01-01: a Thursday
    if len(days_of_month) == 1 or month_ends:
        return "months"
    dates = times.astype("datetime64[D]")
    same = np.diff(groups) == 0
    gaps = np.diff(dates).astype(np.int64)[same]  # days
    gaps = gaps[gaps > 0]
    if not len(gaps) or (gaps == gaps[0]).all():
        return "seconds"
    between = np.diff(dates.astype("datetime64[M]").astype(np.int64))[same]
    if between.min() > 0:  # such as the last trading day of each month
        counts = np.unique(between, return_counts=True)[1]
        if counts.max() >= 0.8 * len(between) and np.median(gaps) >= 27:
            return "months"
    sizes, counts = np.unique(gaps, return_counts=True)
    return (
        "weekdays" if sizes[np.argmax(counts)] == 1 and not weekends and 3 in sizes else "seconds"
    )
