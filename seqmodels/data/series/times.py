"""Times in a table, in their many spellings, become dates or numbers."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from seqmodels.core.errors import some
from seqmodels.core.storage import Writer, blocks
from seqmodels.data.cells import SLASHED_DATE
from seqmodels.data.series.dated_numbers import DATES, spelled

UNITS = ("year", "month", "day", "hour", "minute", "second")
OF_YEARS = ("quarter", "week")  # columns that with a year make a time, as units do
_DOTTED_CLOCK = r"^(\d{1,2}(?::\d\d)?)\.(\d\d)"
_FORMS = {  # texts that pandas does not read: as a pattern, and what they become
    r"^(\d{4})[ -]?M(\d{2})$": r"\1-\2",
    r"^(\d{4})[ :-]?[Qq]([1-4])$": "quarter",
    r"^[Qq]([1-4])[ /-]?(\d{4})$": "quarter",
    r"^(\d{4})-?[Ww](\d{2})$": "week",
    r"^([A-Za-z]{3,9})[ '/.-]+(\d{2})$": "month of a short year",
    r"^(\d{4})[ -]([A-Za-z]{3,9})\.?$": r"\2 \1",
    r"^(\d{1,2})/(\d{4})$": r"\2-\1",
}
_ZONE = r"(:\d\d(?:\.\d+)?) ?[+-]\d\d:?\d\d$"


def moments_of(cells: Any) -> Any:
    """Return a pandas Series of dates, without a zone; NaT where a cell is none.

    Dates such as 3/4/2013 are read month first; day first where only that fits all, or gives fewer
    different steps. Quarters (2013Q2), ISO weeks (2013-W05) and months (2013M01, Jan-13) become
    their first day.
    """
    readings = _readings(cells)
    month, *day = (_microseconds(one).view("datetime64[us]") for one in readings)
    if not day:
        return readings[0]
    lost = bool(np.isnat(month).any()), bool(np.isnat(day[0]).any())
    if lost[0] == lost[1]:
        return readings[int(_different_steps(day[0]) < _different_steps(month))]
    return readings[int(lost[0])]


class TimeReader:
    """Reads the times of a table some rows at a time.

    Args:
        name: Of the table, for messages.
        columns: That hold the times: one, or several that make one.
    """

    def __init__(self, name: str, columns: Sequence[str]):
        self._name, self._columns = name, list(columns)
        self._numeric: bool | None = None  # a single column of numbers
        self._dates = tuple(DATES)  # forms of dates that all numbers so far have
        self._first: Any = None  # the table's first cell, whose form is that of all
        self._readings: list[Writer] = []  # month first, and day first where dates may be either
        self._unread: list[tuple[int, int, Any]] = []  # of each: how many, the first row, its cell

    def append(self, frame: Any, first: int) -> None:
        """Read the times of some rows.

        Args:
            frame: A pandas DataFrame.
            first: The number of its first row in the table.
        """
        import pandas as pd

        cells = frame[self._columns[0]] if len(self._columns) == 1 else None
        if self._numeric is None:
            self._numeric = cells is not None and pd.api.types.is_numeric_dtype(cells)
        if self._numeric:
            parsed: Any = pd.to_numeric(cells, errors="coerce")
            numbers = parsed.to_numpy(dtype=np.float64, na_value=np.nan)
            self._dates = tuple(form for form in self._dates if DATES[form](numbers))
            self._keep([numbers], [~np.isfinite(numbers)], frame, first)
            return
        names = {column.lower() for column in self._columns}
        if cells is None and "year" in names and names <= {*UNITS, *OF_YEARS}:
            readings = [_from_units(frame, self._columns)]
        else:
            readings = self._read(_joined(frame, self._columns) if cells is None else cells)
        lost = [moments.isna().to_numpy() for moments in readings]
        self._keep([_microseconds(moments) for moments in readings], lost, frame, first)

    def done(self) -> tuple[np.ndarray, list[str]]:
        """Return the times [L], datetime64[us] or numbers, and which cells could not be read."""
        found = [writer.done() for writer in self._readings]
        if self._numeric:
            if not self._dates or not len(found[0]):
                return found[0], self._problems(0)
            return self._from_digits(found[0], self._dates[0])
        found = [moments.view("datetime64[us]") for moments in found]
        chosen = 0
        if len(found) == 2:
            month, day = (count > 0 for count, _, _ in self._unread)
            chosen = int(month > day)
            if month == day:
                chosen = int(_different_steps(found[1]) < _different_steps(found[0]))
        return found[chosen], self._problems(chosen)

    def _keep(self, readings: list[Any], lost: list[Any], frame: Any, first: int) -> None:
        if not self._readings:
            self._readings = [Writer(one.dtype) for one in readings]
            self._unread = [(0, 0, None)] * len(readings)
        for place, writer in enumerate(self._readings):
            of = min(place, len(readings) - 1)
            writer.append(readings[of])
            self._note(place, lost[of], frame, first)

    def _read(self, cells: Any) -> list[Any]:
        """Return dates, month first and day first, in the form of the table's first cell."""
        import pandas as pd

        if pd.api.types.is_datetime64_any_dtype(cells) or isinstance(cells.dtype, pd.PeriodDtype):
            return _readings(cells)
        cells = cells.astype("string")
        if self._first is None:
            self._first = cells.dropna().iloc[:1]
        readings = _readings(pd.concat([self._first, cells]))
        return [one.iloc[len(self._first) :] for one in readings]

    def _from_digits(self, numbers: np.ndarray, form: str) -> tuple[np.ndarray, list[str]]:
        import pandas as pd

        moments = Writer(np.int64)
        for rows in blocks(len(numbers)):
            texts = pd.Series(spelled(numbers[rows], form))
            dates = moments_of(texts)
            self._note(0, dates.isna().to_numpy(), {self._columns[0]: texts}, rows.start)
            moments.append(_microseconds(dates))
        return moments.done().view("datetime64[us]"), self._problems(0)

    def _note(self, reading: int, lost: np.ndarray, frame: Any, first: int) -> None:
        rows = np.flatnonzero(lost)
        if len(rows):
            count, row, cell = self._unread[reading]
            if not count:
                cells = [frame[column].iloc[rows[0]] for column in self._columns]
                row, cell = first + int(rows[0]), cells[0] if len(cells) == 1 else cells
            self._unread[reading] = count + len(rows), row, cell

    def _problems(self, reading: int) -> list[str]:
        count, row, cell = self._unread[reading]
        return [
            f"Column {some(self._columns)} of {self._name} needs times, got {cell!r} in row {row} "
            f"(counted from 0), {count} such in all. Write times alike, as in 2013-01-31 or "
            f"2013-01-31 18:00."
        ] * (count > 0)


def _readings(cells: Any) -> list[Any]:
    """Return dates read month first, and day first where that may differ; NaT where unreadable.

    Dates of a zone are read in universal time, and as its clocks show them: days are regular by
    the clock, and hours by universal time.
    """
    import pandas as pd

    if isinstance(cells.dtype, pd.PeriodDtype):
        cells = cells.dt.to_timestamp()
    if isinstance(cells.dtype, pd.DatetimeTZDtype):
        return [cells.dt.tz_convert(None), cells.dt.tz_localize(None)]
    if not pd.api.types.is_datetime64_any_dtype(cells):
        cells = _spelled(cells.astype("string").str.strip())
    either = cells.dtype == "string" and cells.str.match(SLASHED_DATE).any()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas on a guessed format; a failure is refused later
        found = [
            pd.to_datetime(cells, errors="coerce", utc=True, dayfirst=day).dt.tz_localize(None)
            for day in ((False, True) if either else (False,))
        ]
        if cells.dtype == "string" and not either and cells.str.contains(_ZONE).any():
            clock = cells.str.replace(_ZONE, r"\1", regex=True)
            found.append(pd.to_datetime(clock, errors="coerce", utc=True).dt.tz_localize(None))
        return found


def _microseconds(moments: Any) -> np.ndarray:
    """Return a pandas Series of dates as whole numbers, [L]."""
    return moments.to_numpy().astype("datetime64[us]").view(np.int64)


def _different_steps(moments: np.ndarray) -> int:
    """Return how many different steps there are from row to row; months are all alike."""
    import pandas as pd

    moments = moments[~np.isnat(moments)]
    dates = moments.astype("datetime64[D]")
    if len(np.unique(dates - dates.astype("datetime64[M]"))) == 1 and (dates == moments).all():
        return 1
    return len(np.unique(np.diff(pd.unique(moments))))


def _joined(frame: Any, time: Sequence[str]) -> Any:
    """Return the texts of several columns as one, clock times as in 18:00:00.

    Whole numbers beside a date are hours; those from 1 to 24 count the hours that have ended.
    """
    import pandas as pd

    columns = [frame[column] for column in time]
    for i, column in enumerate(columns[1:], start=1):
        if pd.api.types.is_numeric_dtype(column) and (column % 1 == 0).all():
            hours = column - 1 if (column == 24).any() else column
            columns[i] = hours.astype(int).astype(str) + ":00"
    whole, *parts = (column.astype("string").str.strip() for column in columns)
    for part in parts:
        clock = part.str.replace(_DOTTED_CLOCK, r"\1:\2", regex=True)
        whole = whole + " " + clock.str.replace(_DOTTED_CLOCK, r"\1:\2", regex=True)
    return whole


def _from_units(frame: Any, time: Sequence[str]) -> Any:
    import pandas as pd

    parts = frame[list(time)].rename(columns=str.lower)
    if "week" in parts:
        weeks = parts["year"].astype(str) + "-" + parts["week"].astype(str).str.lstrip("Ww") + "-1"
        return pd.to_datetime(weeks, format="%G-%V-%u", errors="coerce")
    if "quarter" in parts:
        quarters = parts.pop("quarter").astype(str).str.lstrip("Qq")
        numbers: Any = pd.to_numeric(quarters, errors="coerce")
        parts["month"] = 3 * numbers - 2
    if "month" in parts and not pd.api.types.is_numeric_dtype(parts["month"]):
        names = parts["month"].astype(str).str.strip().str[:3].str.title()
        parts["month"] = pd.to_datetime(names, format="%b", errors="coerce").dt.month
    for unit in {"month", "day"} - set(parts):
        parts[unit] = 1
    return pd.to_datetime(parts, errors="coerce", utc=True).dt.tz_localize(None)


def _of_short_years(parts: Any) -> Any:
    """Return the months in texts such as Jan-01, a column for the name and one for the year.

    Years from 69 on are of the last century, as POSIX has them. Where the name stays and the
    number changes from row to row, the numbers are days, and the year is missing: NaT.
    """
    import pandas as pd

    name, short = parts[0].str[:3].str.title(), parts[1]
    inside = (name == name.shift()) & (short != short.shift())
    if inside.sum() > len(parts) / 2:
        return pd.Series(pd.NaT, index=parts.index)
    return pd.to_datetime(name + " " + short, format="%b %y", errors="coerce")


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
        if into == "month of a short year":
            return _of_short_years(cells.str.extract(form))
        return cells.str.replace(form, into, regex=True)
    return cells
