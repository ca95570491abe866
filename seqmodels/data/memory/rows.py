"""Arrays, lists and columns in memory become texts, or sequences of numbers."""

from typing import Any

import numpy as np

from seqmodels.core.errors import InputError, some
from seqmodels.core.sequences import Sequences, unmasked


def rows_of(data: Any, channels: str, where: str = "") -> Sequences | list[str]:
    """Return a list of texts, or the sequences [T, C] in an array or a list of arrays.

    Args:
        data: An array [N, T] or [N, T, C]; a list of texts or of arrays; a pandas Series of them.
        channels: "last", [T, C] in each row, or "first", [C, T].
        where: Which part it is, for messages: " of the test part".

    Raises:
        InputError: It is something else, or a row is empty, missing or has a number missing.
    """
    data = unmasked(data)
    if isinstance(data, Sequences):
        return data
    if isinstance(data, str | bytes):
        raise InputError(f"The data{where} need a list of texts, got one: {str(data)[:60]!r}.")
    if not hasattr(data, "__len__") or isinstance(data, dict | set):
        raise InputError(
            f"The data{where} need to be an array, a list, a pandas Series or DataFrame, or a "
            f"Hugging Face Dataset, got {type(data).__name__}. Turn them into a list."
        )
    if len(data) == 0:
        raise InputError(f"The data{where} have no rows. Give at least two.")
    if not isinstance(data, list | tuple) and hasattr(data, "__array__"):
        array = np.asarray(data)
        if array.dtype.kind not in "OUST":
            return _block(array, channels, where)
        data = array.tolist() if array.dtype.kind in "US" else list(array)
    rows = list(data)
    if all(isinstance(row, str) for row in rows):
        return _texts(rows, where)
    if any(isinstance(row, str) for row in rows):
        wrong = [i for i, row in enumerate(rows) if not isinstance(row, str)]
        raise InputError(
            f"Row {some(wrong)} (counted from 0) of the texts{where} is none: "
            f"{some(rows[i] for i in wrong)}. Leave such rows out, or turn them into text."
        )
    if not any(np.ndim(row) if _even(row) else 1 for row in rows):
        raise InputError(
            f"The data{where} are a flat list of {len(rows)} values, such as {rows[0]!r}: one "
            f"sequence. Give many, as an array [N, T] or a list of arrays. To forecast one long "
            f"series, give a pandas Series whose index is the time."
        )
    return _sequences(rows, channels, where)


def _texts(rows: list[str], where: str) -> list[str]:
    empty = [i for i, row in enumerate(rows) if not row.strip()]
    if empty:
        raise InputError(
            f"Row {some(empty)} (counted from 0) of the texts{where} is empty. Leave it out."
        )
    return rows


def _block(array: np.ndarray, channels: str, where: str) -> Sequences:
    """Return the sequences of an array of numbers, which is shared where its order allows."""
    orders = "[N, T, C]" if channels == "last" else "[N, C, T]"
    if array.dtype.kind not in "biuf":
        raise InputError(f"The data{where} need numbers, got an array of {array.dtype}.")
    if array.ndim not in (2, 3):
        raise InputError(
            f"The data{where} need the shape [N, T] or {orders}, got {array.shape}: N sequences of "
            f"T steps, each of C channels."
        )
    if 0 in array.shape:
        raise InputError(f"The sequences{where} need at least one step, got {array.shape}.")
    if array.ndim == 2:
        array = array[:, :, None]
    elif channels == "first":
        array = array.swapaxes(1, 2)
    count, steps, wide = array.shape
    flat = np.ascontiguousarray(array).reshape(count * steps, wide)
    if flat.dtype.kind == "b":
        flat = flat.astype(np.int8)
    rows = Sequences(flat, np.arange(count) * steps, np.full(count, steps))
    _refuse_gaps(rows, where)
    return rows


def _sequences(rows: list[Any], channels: str, where: str) -> Sequences:
    steps = []
    for number, row in enumerate(rows):
        if row is None or np.ndim(row) == 0:
            raise InputError(
                f"Row {number} (counted from 0) of the sequences{where} is missing: {row!r}. "
                f"Leave it out."
            )
        turned = channels == "first" and np.ndim(row) == 2
        steps.append(np.asarray(unmasked(row)).T if turned else row)
    try:
        found = Sequences.of(steps)
    except InputError as error:
        told = [f"In the data{where}: {one}" if where else one for one in error.problems]
        raise InputError(told) from None
    _refuse_gaps(found, where)
    return found


def _refuse_gaps(rows: Sequences, where: str) -> None:
    """Refuse a number that is missing or infinite, by its row, step and channel."""
    if rows.values.dtype.kind != "f":
        return
    bad = ~np.isfinite(rows.values)
    if bad.any():
        place, channel = np.argwhere(bad)[0]
        row = int(np.searchsorted(rows.starts, place, side="right")) - 1
        raise InputError(
            f"Row {row} of the sequences{where} has {rows.values[place, channel]} in step "
            f"{place - rows.starts[row]}, channel {channel} (all counted from 0); {bad.sum():,} "
            f"numbers are missing or infinite. Fill them in; sequences of unequal length are a "
            f"list of arrays, not padded ones."
        )


def _even(row: Any) -> bool:
    """Return whether NumPy can tell the shape of a row."""
    try:
        np.ndim(row)
    except ValueError:
        return False
    return True
