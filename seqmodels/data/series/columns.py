"""What the columns of a table of series are: which hold times, which are foretold."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from seqmodels.core.errors import InputError, some
from seqmodels.core.registry import nearest
from seqmodels.data.cells import CLOCK, DATE
from seqmodels.data.names import COUNTS, MAIN_LABELS, TIMES
from seqmodels.data.series.times import OF_YEARS, UNITS, moments_of
from seqmodels.data.series.wide import Wide, dated

Layout = Literal["long", "columns", "rows"]

_IDS = {"id", "no", "nr", "index", "row", "rowid", "instant", "unnamed: 0", "", "unnamed:_0"}
_HOURS = {"hour", "hours", "hr", "h", "hour_of_day", "hour ending", "hour_ending", "he"}
_PART = re.compile(  # of a year, in a column beside it
    r"(?i:q[1-4]|w\d{1,2}|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?)"
)
_LABELS = {*MAIN_LABELS, "category"}


@dataclass(frozen=True, kw_only=True)
class Columns:
    """How a table is read.

    Args:
        layout: "long": a row is a step of one series. "columns": each column is a series.
            "rows": each row is one.
        time: The columns of times; none where each row is a series.
        target: The columns that are foretold.
        numbers: The columns of numbers that could be.
        wide: With layout "rows", which columns are its steps.
    """

    layout: Layout
    time: tuple[str, ...]
    target: tuple[str, ...]
    numbers: tuple[str, ...]
    wide: Wide | None = None


def columns_of(
    frame: Any,
    name: str,
    *,
    time: tuple[str, ...] = (),
    target: tuple[str, ...] = (),
    group: tuple[str, ...] = (),
    layout: Layout | None = None,
) -> Columns | None:
    """Return what a table's columns are, or None where it is no table of series.

    Args:
        frame: A pandas DataFrame, or some first rows of it.
        name: What to call it in messages.
        time: As the user gave it, if so; as the others.
        target: The columns to foretell.
        group: The columns that tell the series apart.
        layout: See `Columns`.

    Raises:
        InputError: It is one, but leaves several choices.
    """
    names = [str(column) for column in frame.columns]
    if layout == "rows" or (layout is None and not time and not target):
        wide = dated(frame, sure=layout == "rows")
        if wide is not None and (layout == "rows" or not _LABELS & {n.lower() for n in names}):
            return Columns(layout="rows", time=(), target=(), numbers=(), wide=wide)
        if layout == "rows":
            raise InputError(
                f"{name} has no run of columns that are dates or numbered steps, as layout='rows' "
                f"(a row is a series) needs. It has {some(names, 12)}."
            )
    found = time or _times(frame, name, group)
    if not found:
        return None
    numbers = [
        column
        for column in names
        if column not in found and column not in group and _nearly(frame[column])
    ]
    offered = [c for c in numbers if not _counts_rows(frame[c]) and c.lower() not in UNITS]
    offered = offered or numbers
    if not offered or (not group and not time and has_sentences(frame, found)):
        return None
    if DATE.fullmatch(found[0]) or found[0].replace(".", "").isdigit():
        raise InputError(
            f"{name} has no line of column names: its first names {some(names)}. Add one, such as "
            f"'date,value'."
        )
    if layout == "columns":
        wanted = target or tuple(offered)
        return Columns(layout="columns", time=found, target=wanted, numbers=tuple(offered))
    if not target and len(offered) > 1:
        raise InputError(
            f"{name} is a table of series with the times in {some(found)}, and several columns "
            f"could be foretold: {some(offered, 20)}. Choose: target= (--target {offered[0]}). If "
            f"each is a series of its own, say layout='columns' (--set dataset.layout=columns)."
        )
    absent = [column for column in target if column not in names]
    if absent:
        raise InputError(
            f"{name} has no column {absent[0]!r} (target=). {nearest(absent[0], names)}"
        )
    words = [column for column in target if not _nearly(frame[column], 0.5)]
    if words:
        raise InputError(
            f"Column {words[0]!r} of {name} (target=) holds no numbers; a series foretells "
            f"numbers: {some(offered, 20)}."
        )
    return Columns(
        layout="long", time=found, target=target or (offered[0],), numbers=tuple(offered)
    )


def _times(frame: Any, name: str, group: Sequence[str]) -> tuple[str, ...]:
    """Return the columns of times, none where there are none.

    Raises:
        InputError: Several columns could be.
    """
    import pandas as pd

    lower = {str(column).lower(): str(column) for column in frame.columns}
    dates = []
    for column in frame.columns:
        cells = frame[column]
        typed = cells.dtype.kind == "M" or isinstance(cells.dtype, pd.PeriodDtype)
        if typed or (not is_number(cells) and _are(cells, DATE) and not _lost(cells)):
            dates.append(column)
    for column in () if dates else frame.columns:
        cells = frame[column].dropna()
        eight = is_whole(cells) and cells.between(18000101, 22001231).all()
        if eight and str(column).lower() in TIMES and not _lost(cells.astype("int64").astype(str)):
            dates.append(column)
    dates = [column for column in dates if column not in group]
    if len(dates) > 1:
        best = [lower[one] for one in TIMES if one in lower and lower[one] in dates]
        varied = [one for one in dates if frame[one].nunique() > 1]
        if not best and len(varied) != 1:
            raise InputError(
                f"{name} has several columns of dates: {some(dates)}. Choose the one of the steps: "
                f"time= (--set dataset.time={dates[0]})."
            )
        dates = best[:1] or varied
    if dates:
        return (dates[0], *_clock(frame, dates[0], group))
    units = [lower[unit] for unit in UNITS if unit in lower and is_whole(frame[lower[unit]])]
    if units and units[0].lower() == "year":
        part = next((lower[one] for one in OF_YEARS if one in lower and len(units) == 1), None)
        part = part or (lower.get("month") if len(units) == 1 else None)
        if part is not None and part not in group and _is_part(frame[part]):
            return (units[0], part)
        if len(units) > 1:
            return tuple(units)
    for column in frame.columns:
        named = str(column).lower() in (*TIMES, *COUNTS)
        if named and column not in group and _rises(frame, column, group):
            return (column,)
    return ()


def _clock(frame: Any, date: str, group: Sequence[str]) -> tuple[str, ...]:
    """Return the column of clock times beside that of dates, if there is one."""
    if _are(frame[date], re.compile(r".*\d[ T]\d{1,2}:.*")):
        return ()
    for column in frame.columns:
        hours = str(column).lower() in _HOURS and column not in group and is_whole(frame[column])
        if hours and frame[date].duplicated().any() and frame[column].between(0, 24).all():
            return (column,)
        words = column != date and column not in group and not is_number(frame[column])
        if words and _are(frame[column], CLOCK):
            return (column,)
    return ()


def _is_part(cells: Any) -> bool:
    """Return whether a column holds quarters, weeks, or names of months."""
    return is_whole(cells) or _are(cells, _PART)


def _rises(frame: Any, column: Any, group: Sequence[str]) -> bool:
    """Return whether whole numbers rise from row to row, in each series where there are several."""
    cells = frame[column]
    if not is_number(cells) or cells.isna().any():
        return False
    steps = np.diff(cells.to_numpy(dtype=np.float64))
    if (steps > 0).all():
        return len(cells) > 1
    if str(column).lower() == "year" and not cells.between(1000, 2200).all():
        return False
    words = [c for c in frame.columns if not is_number(frame[c])]
    keys = list(group) or words
    return bool(keys) and is_whole(cells) and not frame.duplicated([*keys, column]).any()


def has_sentences(frame: Any, time: Sequence[str]) -> bool:
    """Return whether a column holds texts to read, not names."""
    for column in frame.columns:
        if column in time or is_number(frame[column]):
            continue
        cells = frame[column].dropna().astype(str)
        if len(cells) and cells.nunique() > len(cells) / 2:
            words = cells.str.count(r"\S+").mean()
            if words >= 3 and words * 2 > cells.str.count(r"\d+").mean() * 3:
                return True
    return False


def is_number(cells: Any) -> bool:
    """Return whether a column holds numbers."""
    import pandas as pd

    if isinstance(cells.dtype, pd.CategoricalDtype) or pd.api.types.is_bool_dtype(cells):
        return False
    return pd.api.types.is_numeric_dtype(cells) and bool(cells.notna().any())


def _nearly(cells: Any, share: float = 0.9) -> bool:
    """Return whether the cells are numbers but for a few, which are named when they are read."""
    import pandas as pd

    if is_number(cells):
        return True
    there = cells.dropna()
    if not len(there) or not isinstance(there.iloc[0], str | int | float):
        return False
    numbers: Any = pd.to_numeric(there.astype(str), errors="coerce")
    return bool(numbers.notna().mean() >= share) and not pd.api.types.is_bool_dtype(cells)


def is_whole(cells: Any) -> bool:
    """Return whether a column holds whole numbers only."""
    if not is_number(cells):
        return False
    there = cells.dropna()
    return bool(len(there)) and bool((there % 1 == 0).all())


def _counts_rows(cells: Any) -> bool:
    """Return whether a column is but the number of the row."""
    if str(cells.name).lower() not in _IDS or not is_whole(cells) or len(cells) < 2:
        return str(cells.name).lower().startswith("unnamed: 0")
    return bool((np.diff(cells.to_numpy(dtype=np.float64)) == 1).all())


def _are(cells: Any, form: re.Pattern[str]) -> bool:
    """Return whether texts have a form, but for a few, which are named when they are read."""
    there = cells.dropna()
    if not len(there) or not isinstance(there.iloc[0], str):
        return False
    return bool(there.astype("string").str.strip().str.fullmatch(form.pattern).mean() >= 0.8)


def _lost(cells: Any) -> bool:
    """Return whether most of the texts are no dates after all."""
    return bool(moments_of(cells.dropna().drop_duplicates().iloc[:200]).isna().mean() > 0.5)
