"""Forms of X in `fit` and `predict`: a table, arrays of channels, lists, texts."""

from __future__ import annotations

from collections.abc import Sequence as Seq
from typing import Any, Literal

import numpy as np
from sklearn.utils import check_array

from seqmodels.core.errors import InputError
from seqmodels.core.sequences import Sequences, unmasked

Kind = Literal["texts", "sequences", "table"]


def parsed(X: Any, channels: str, who: str) -> tuple[Any, Kind]:  # noqa: N803
    """Return X in the form that an encoder reads, and its kind; tables stay unchanged.

    Args:
        X: What a user gave.
        channels: Where the channels of arrays are: "first", [C, T], or "last", [T, C].
        who: The estimator, for messages.

    Raises:
        InputError: There is nothing in it, or an array has too many dimensions.
        ValueError: Numbers are missing, infinite or none; from scikit-learn.
    """
    if isinstance(X, Sequences):
        return X, "sequences"
    if isinstance(X, str):
        raise InputError(f"{who} needs a list of texts, got one text: {X[:60]!r}.")
    column = _column(X)
    if column is None:
        if getattr(X, "ndim", 2) < 3:
            return X, "table"
        return _block(X, channels, who), "sequences"
    if len(column) == 0:
        raise InputError(f"{who} needs at least 1 sample, got an empty X: 0 sample(s).")
    if any(isinstance(one, str) for one in column):
        return column, "texts"  # the encoder says which row is none
    return Sequences.of([_steps_first(row, channels) for row in column]), "sequences"


def flat(array: np.ndarray) -> Sequences:
    """Return N sequences of equal length, [N, T, C], as `Sequences`."""
    n, steps, channels = array.shape
    return Sequences(array.reshape(n * steps, channels), np.arange(n) * steps, np.full(n, steps))


def _column(X: Any) -> list[Any] | None:  # noqa: N803
    """Return the rows of X where each is one thing (a text, an array); None: X is an array."""
    if isinstance(X, Seq):  # a list, a column of a Hugging Face dataset
        return None if _is_table(X) else list(X)
    if not isinstance(X, np.ndarray) and not hasattr(X, "iloc"):  # pandas has it
        return None
    flat = X.ndim == 1
    if not flat and (X.ndim > 2 or X.shape[1] != 1):
        return None
    column: Any = X if flat else X[:, 0] if isinstance(X, np.ndarray) else X.iloc[:, 0]
    if getattr(column.dtype, "kind", "O") not in "OUT":
        return None
    found = list(column)
    return found if flat or any(isinstance(one, str) for one in found) else None


def _is_table(rows: Any) -> bool:
    """Return whether plain lists are the rows of a table: as long as each other, and flat."""
    if not rows or not all(isinstance(row, list | tuple) for row in rows):
        return False
    return len({len(row) for row in rows}) == 1 and not any(map(np.ndim, rows[0]))


def _block(X: Any, channels: str, who: str) -> Sequences:  # noqa: N803
    how: dict[str, Any] = {"dtype": [np.float64, np.float32], "input_name": "X"}
    array = check_array(X, allow_nd=True, estimator=who, **how)
    if array.ndim > 3:
        shape = "[N, C, T]" if channels == "first" else "[N, T, C]"
        raise InputError(f"{who} needs X of the shape [N, T] or {shape}, got {array.shape}.")
    array = np.moveaxis(array, 1, 2) if channels == "first" else array  # [N, T, C]
    if 0 in array.shape:
        raise InputError(f"{who} needs at least one step and one channel, got {X.shape}.")
    return flat(np.ascontiguousarray(array))


def _steps_first(row: Any, channels: str) -> Any:
    """Return one sequence of a list as [T] or [T, C]."""
    try:
        steps = np.asarray(unmasked(row))
    except ValueError:  # ragged; `Sequences` says which row it is
        return row
    return steps.T if steps.ndim == 2 and channels == "first" else steps
