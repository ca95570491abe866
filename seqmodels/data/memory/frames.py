"""A pandas DataFrame, read by its columns: series with times, texts, or a sequence a row."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from seqmodels.core.dataset import Dataset
from seqmodels.core.errors import InputError, some
from seqmodels.core.registry import nearest
from seqmodels.data.tables.frames import is_dated as is_dated_index
from seqmodels.data.tables.frames import with_usual_types

OPTIONS = ("text", "columns")  # of a table: which column holds texts, which the steps


def is_frame(data: Any) -> bool:
    """Return whether data are a pandas DataFrame, told without importing pandas."""
    return hasattr(data, "columns") and hasattr(data, "iloc")


def is_dated(data: Any) -> bool:
    """Return whether data are a pandas Series of numbers whose index is the time."""
    if not hasattr(data, "iloc") or is_frame(data):
        return False
    return is_dated_index(data.index) and getattr(data.dtype, "kind", "O") in "iuf"


def read(frame: Any, target: Any, options: Mapping[str, Any]) -> Any:
    """Return a `Dataset` of series, or inputs, targets, and the options that changed.

    Args:
        frame: A pandas DataFrame.
        target: A column, several, or the values.
        options: `text` names the column of texts, `columns` those of the steps, in order;
            `group_by` a column, or values; the rest is left alone.

    Raises:
        InputError: There is no such column, or several could be read.
    """
    from seqmodels.data.series.columns import columns_of, has_sentences

    frame = with_usual_types(frame.rename(columns=str))
    if not len(frame):
        raise InputError("The table has no rows. Give at least two.")
    twice = frame.columns[frame.columns.duplicated()].unique()
    if len(twice):
        raise InputError(f"The table has column {some(twice)} more than once. Rename one.")
    names = list(frame.columns)
    aims = _aims(target, names)
    told = any(options.get(key) is not None for key in OPTIONS)
    series = [key for key in ("time", "group", "layout", "window", "horizon") if key in options]
    if not told and (aims or target is None):
        table = frame.reset_index(names="date") if is_dated_index(frame.index) else frame
        asked: dict[str, Any] = {key: _tuple(options.get(key)) for key in ("time", "group")}
        asked |= {"target": aims, "layout": options.get("layout")}
        label = bool(aims) and not _numbers(frame[aims[0]])
        plain = not (label or has_sentences(frame, aims))
        if series or (plain and columns_of(table.head(1000), "the table", **asked) is not None):
            return forecast(frame, {**options, **({"target": aims} if aims else {})})
    if not aims and target is None:
        raise InputError(
            f"A table without times needs its target: read(table, 'COLUMN'), one of {some(names)}."
        )
    more: dict[str, Any] = {}
    by = options.get("group_by")
    if isinstance(by, str) and not isinstance(options.get("groups"), Mapping):
        _refuse_absent((by,), names, "group_by")
        more = {"groups": {by: frame[by].to_numpy()}}
    rest = [name for name in names if name not in aims and name not in more.get("groups", {})]
    values = target if not aims else frame[aims[0]] if len(aims) == 1 else frame[list(aims)]
    return _inputs(frame, rest, options), values, more


def forecast(frame: Any, options: Mapping[str, Any]) -> Dataset:
    """Return the dataset "series" of a table with times; gaps are filled unless it is said how."""
    from seqmodels.core.arguments import checked
    from seqmodels.data.series.dataset import GAPS, series

    given = checked(series, {**GAPS, **options}, "dataset 'series'")
    return series(frame, **given)


def _inputs(frame: Any, rest: list[str], options: Mapping[str, Any]) -> Any:
    """Return the column of texts or arrays, or the numbers [N, T] of several columns."""
    text, columns = options.get("text"), _tuple(options.get("columns"))
    if text is not None:
        _refuse_absent((text,), list(frame.columns), "text")
        return frame[text]
    if columns:
        _refuse_absent(columns, list(frame.columns), "columns")
        return _steps(frame, columns)
    if not rest:
        raise InputError("The table has no column beside its target: nothing to read.")
    nested = [name for name in rest if _is_nested(frame[name])]
    texts = [name for name in rest if _is_text(frame[name])]
    if len(nested) > 1:
        return _channels(frame, nested)
    found = nested or texts
    if len(found) > 1 and not nested:  # a text to read has more words than a name
        words = {name: frame[name].dropna().str.count(r"\S+").mean() for name in texts}
        best = max(texts, key=lambda name: words[name])
        found = [best] if all(words[best] > 3 * words[n] for n in texts if n != best) else texts
    if len(found) == 1:
        return frame[found[0]]
    if found:
        raise InputError(
            f"The table has several columns that could be read: {some(found, 12)}. Choose: "
            f"text={found[0]!r}, or give read(table[{found[0]!r}], table[TARGET])."
        )
    if all(_numbers(frame[name]) for name in rest):
        return _steps(frame, rest)
    odd = [name for name in rest if not _numbers(frame[name])]
    raise InputError(
        f"The table's columns {some(odd)} are neither texts nor numbers. Choose columns= the steps "
        f"of a sequence, text= a column of texts, or time= the times of a series."
    )


def _channels(frame: Any, names: Sequence[str]) -> list[np.ndarray]:
    """Return columns of lists of numbers side by side, as sequences [T, C]."""
    found = []
    for row, cells in enumerate(frame[list(names)].itertuples(index=False, name=None)):
        shapes = {np.shape(cell) for cell in cells}
        if len(shapes) > 1 or len(next(iter(shapes))) != 1:
            raise InputError(
                f"Row {row} (counted from 0) of the table has in {some(names)} no lists of as many "
                f"numbers, the channels of one sequence. Choose columns= those that are."
            )
        found.append(np.column_stack(cells))
    return found


def _steps(frame: Any, columns: Any) -> Any:
    """Return the columns as sequences [N, T], or as channels where their cells are lists."""
    if all(_is_nested(frame[name]) for name in columns):
        return frame[columns[0]] if len(columns) == 1 else _channels(frame, columns)
    words = [name for name in columns if not _numbers(frame[name])]
    if words:
        raise InputError(f"Column {some(words)} of the table holds no numbers: no step.")
    return frame[list(columns)].to_numpy(dtype=np.float64, na_value=np.nan)


def _aims(target: Any, names: list[str]) -> tuple[str, ...]:
    """Return the columns that a target names; none where it is the values, or not given."""
    if isinstance(target, str):
        _refuse_absent((target,), names, "target")
        return (target,)
    several = isinstance(target, list | tuple) and bool(target)
    several = several and all(isinstance(one, str) for one in target)
    return tuple(target) if several and set(target) <= set(names) else ()


def _refuse_absent(wanted: tuple[str, ...], names: list[str], argument: str) -> None:
    absent = [one for one in wanted if one not in names]
    if absent:
        raise InputError(
            f"The table has no column {absent[0]!r} ({argument}=). {nearest(absent[0], names)}"
        )


def _tuple(names: Any) -> tuple[str, ...]:
    return () if names is None else (names,) if isinstance(names, str) else tuple(names)


def _numbers(cells: Any) -> bool:
    import pandas as pd

    return pd.api.types.is_numeric_dtype(cells)


def _first(cells: Any) -> Any:
    there = cells.dropna()
    return there.iloc[0] if len(there) else None


def _is_text(cells: Any) -> bool:
    return isinstance(_first(cells), str)


def _is_nested(cells: Any) -> bool:
    return isinstance(_first(cells), list | tuple | np.ndarray)
