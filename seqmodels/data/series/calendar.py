"""Times in a table become numbers that count evenly: months, weekdays and years are steps too."""

import warnings
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np

from seqmodels.core.errors import InputError, some

Unit = Literal["months", "weekdays", "seconds", "steps"]
Words = Callable[[], np.ndarray]

UNITS = ("year", "month", "day", "hour", "minute", "second")
_DAY = 86400.0  # seconds
_EITHER = r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}"
_DOTTED = r"^(\d{1,2}(?::\d\d)?)\.(\d\d)"
_FORMS = {  # texts that pandas does not read: as a pattern, and what they become
    r"^(\d{4})[ -]?M(\d{2})$": r"\1-\2",
    r"^(\d{4})[ :-]?[Qq]([1-4])$": "quarter",
    r"^[Qq]([1-4])[ /-]?(\d{4})$": "quarter",
    r"^(\d{4})-?[Ww](\d{2})$": "week",
}


def times_of(
    frame: Any, name: str, time: Sequence[str], groups: np.ndarray
) -> tuple[np.ndarray, Unit, Words]:
    """Return the times as evenly counting numbers [L], their unit, and what tells them in words.

    Whole numbers such as 1994 count themselves, in "steps"; eight digits such as 20130131 are a
    date. Dates count months where each series has at most one of each month, and weekdays where
    they are days without a weekend; else seconds.

    Args:
        frame: A pandas DataFrame.
        name: What to call it in messages.
        time: Its columns of times.
        groups: Which series a row belongs to, [L].

    Raises:
        InputError: A time cannot be read; names the row.
    """
    import pandas as pd

    whole = frame[time[0]] if len(time) == 1 else None
    if whole is not None and pd.api.types.is_numeric_dtype(whole):
        lost = np.flatnonzero(~np.isfinite(whole.to_numpy(dtype=np.float64, na_value=np.nan)))
        if len(lost):
            raise _no_time(name, time, lost, None)
        if not whole.between(18000101, 22001231).all():
            numbers = whole.to_numpy(dtype=np.float64)
            if "year" in time[0].lower() and (numbers % 1 == 0).all():
                return numbers * 12, "months", lambda: whole.astype(str).to_numpy(object)
            return numbers, "steps", lambda: whole.astype(str).to_numpy(object)
        whole = whole.astype(int).astype(str)  # 20130131 is a date
    moments = _from_units(frame, time) if whole is None and _are_units(time) else None
    if moments is None:
        if whole is None:
            whole = _joined(frame, time)
        moments = moments_of(whole)
    lost = np.flatnonzero(moments.isna())
    if len(lost):
        cells = frame[list(time)].iloc[lost[0]].tolist()
        raise _no_time(name, time, lost, cells[0] if len(cells) == 1 else cells)

    def words() -> np.ndarray:
        return moments.astype(str).to_numpy(dtype=object)

    ticks, unit = _counted(moments, groups)
    return ticks, unit, words


def moments_of(cells: Any) -> Any:
    """Return a pandas Series of dates, without a zone; NaT where a cell is none.

    Dates such as 3/4/2013 are taken month first, or day first where only that fits all, or makes
    fewer kinds of steps. Quarters
    (2013Q2), ISO weeks (2013-W05) and 2013M01 are read too, as their first day.
    """
    import pandas as pd

    if isinstance(cells.dtype, pd.PeriodDtype):
        return cells.dt.to_timestamp()
    if not pd.api.types.is_datetime64_any_dtype(cells):
        cells = _spelled(cells.astype("string").str.strip())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a guess about the format; what fails is told later
        moments = pd.to_datetime(cells, errors="coerce", utc=True)
        if cells.dtype == "string" and cells.str.match(_EITHER).any():
            days_first = pd.to_datetime(cells, errors="coerce", utc=True, dayfirst=True)
            lost = moments.isna().any(), days_first.isna().any()
            even = _kinds(days_first) < _kinds(moments)
            if lost[0] > lost[1] or (lost[0] == lost[1] and even):
                moments = days_first
    return moments.dt.tz_localize(None)


def step_words(gap: float, unit: Unit) -> str:
    """Return what one step is, in words: "month", "hour", "15 minutes"."""
    if unit == "seconds":
        sizes = (("week", 7 * _DAY), ("day", _DAY), ("hour", 3600), ("minute", 60), ("second", 1))
        word, size = next((one for one in sizes if gap % one[1] == 0), sizes[-1])
        gap /= size
    elif unit == "months":
        word, size = next(one for one in (("year", 12), ("quarter", 3), ("month", 1))
                          if gap % one[1] == 0)  # fmt: skip
        gap /= size
    else:
        word = "weekday" if unit == "weekdays" else "step"
        gap = 1 if unit == "steps" else gap
    return word if gap == 1 else f"{gap:g} {word}s"


def _joined(frame: Any, time: Sequence[str]) -> Any:
    """Return the texts of several columns as one, clock times as in 18:00:00."""
    parts = [frame[column].astype("string").str.strip() for column in time]
    clocks = [part.str.replace(_DOTTED, r"\1:\2", regex=True) for part in parts[1:]]
    whole = parts[0]
    for part in clocks:
        whole = whole + " " + part.str.replace(_DOTTED, r"\1:\2", regex=True)
    return whole


def _kinds(moments: Any) -> int:
    """Return how many kinds of steps there are from row to row; months are all alike."""
    if moments.dt.day.nunique() == 1 and (moments == moments.dt.normalize()).all():
        return 1
    return moments.drop_duplicates().diff().nunique()


def _are_units(time: Sequence[str]) -> bool:
    return len(time) > 1 and {column.lower() for column in time} <= set(UNITS)


def _from_units(frame: Any, time: Sequence[str]) -> Any:
    import pandas as pd

    parts = frame[list(time)].rename(columns=str.lower)
    for unit in {"month", "day"} - set(parts):
        parts[unit] = 1
    return pd.to_datetime(parts, errors="coerce", utc=True).dt.tz_localize(None)


def _spelled(cells: Any) -> Any:
    """Return texts of dates as pandas reads them."""
    import pandas as pd

    first = cells.dropna().iloc[:1]
    for form, into in _FORMS.items():
        if not first.str.match(form).all() or not len(first):
            continue
        if into == "week":
            weeks = cells.str.replace(form, r"\1-\2-1", regex=True)
            return pd.to_datetime(weeks, format="%G-%V-%u", errors="coerce")
        if into == "quarter":
            year, quarter = (r"\1", r"\2") if form.startswith(r"^(\d{4})") else (r"\2", r"\1")
            years = cells.str.replace(form, year, regex=True)
            quarters: Any = pd.to_numeric(
                cells.str.replace(form, quarter, regex=True), errors="coerce"
            )
            months = (quarters * 3 - 2).astype("Int64").astype("string")
            return years + "-" + months.str.zfill(2) + "-01"
        return cells.str.replace(form, into, regex=True)
    return cells


def _counted(moments: Any, groups: np.ndarray) -> tuple[np.ndarray, Unit]:
    """Return dates as numbers that count evenly where they can, [L], and what they count."""
    seconds = moments.to_numpy().astype("datetime64[us]").astype(np.int64) / 1e6
    months = (moments.dt.year * 12 + moments.dt.month).to_numpy(dtype=np.float64)
    hours = moments - moments.dt.normalize()
    if hours.nunique() > 1:
        return seconds, "seconds"
    left = moments.dt.days_in_month - moments.dt.day
    if moments.dt.day.nunique() == 1 or (left == 0).all():
        return months, "months"
    order = np.lexsort((seconds, groups))
    same = np.diff(groups[order]) == 0
    gaps = np.diff(seconds[order])[same]
    gaps = gaps[gaps > 0]
    if not len(gaps) or (gaps == gaps[0]).all():
        return seconds, "seconds"
    between = np.diff(months[order])[same]
    if between.min() > 0:  # such as the last trading day of each month
        sizes, counts = np.unique(between, return_counts=True)
        if counts.max() >= 0.8 * len(between) and np.median(gaps) >= 27 * _DAY:
            return months, "months"
    sizes, counts = np.unique(gaps, return_counts=True)
    days = moments.to_numpy().astype("datetime64[D]")
    weekend = (days.astype(np.int64) + 3) % 7 >= 5  # 1970-01-01 was a Thursday
    if sizes[np.argmax(counts)] == _DAY and not weekend.any() and (gaps == 3 * _DAY).any():
        return np.busday_count("1970-01-01", days).astype(np.float64), "weekdays"
    return seconds, "seconds"


def _no_time(name: str, time: Sequence[str], lost: np.ndarray, cell: Any) -> InputError:
    return InputError(
        f"Column {some(time)} of {name} needs times, got {cell!r} in row {lost[0]} (counted from "
        f"0), {len(lost)} such in all. Write times alike, as in 2013-01-31 or 2013-01-31 18:00."
    )
