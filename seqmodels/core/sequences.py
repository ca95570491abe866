"""Many sequences as one flat array: views, never copies. NumPy only.

Shape letters: N sequences, B batch, T steps, C channels, L steps laid end to end.
"""

from __future__ import annotations

from collections.abc import Sequence as Seq
from dataclasses import dataclass
from typing import Any, Literal, overload

import numpy as np
from numpy.lib.stride_tricks import as_strided

from seqmodels.core.errors import InputError, some


@dataclass(frozen=True, eq=False)
class Sequences(Seq[np.ndarray]):
    """Many sequences as one flat array and two index vectors; a sequence is a view.

    Windows of one series overlap in `values` without copies; texts of unequal length lie end to
    end. `values` may also be mapped from a file, or a `Scaled`.

    The index vectors are stored compactly: four bytes per number where they fit, and equal
    lengths as a view of one number.

    Args:
        values: Token ids [L], or numbers [L, C].
        starts: Where each sequence begins, [N].
        lengths: Steps of each sequence, at least 1, [N].

    Raises:
        InputError: A sequence has no steps.
    """

    values: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray

    def __post_init__(self) -> None:
        object.__setattr__(self, "starts", _small(self.starts))
        object.__setattr__(self, "lengths", _same(_small(self.lengths)))
        if self.lengths.min(initial=1) < 1:
            empty = np.flatnonzero(self.lengths < 1)
            raise InputError(
                f"Every sequence needs at least one step; row {some(empty.tolist())} "
                f"(counted from 0) has none. Leave such rows out."
            )

    @classmethod
    def of(cls, rows: Seq[Any]) -> Sequences:
        """Lay rows end to end: arrays or lists [T, C] (or [T], for one channel) of numbers.

        Raises:
            InputError: A row is empty, contains text, or has other channels than the first.
        """
        if isinstance(rows, Sequences):
            return rows
        arrays = [_steps(row, i) for i, row in enumerate(rows)]
        if not arrays:
            raise InputError("No sequences were given. Give at least one.")
        channels = arrays[0].shape[1]
        odd = [i for i, array in enumerate(arrays) if array.shape[1] != channels]
        if odd:
            raise InputError(
                f"Every step needs the {channels} channels of row 0; row {some(odd)} has "
                f"{arrays[odd[0]].shape[1]}."
            )
        lengths = np.array([len(array) for array in arrays])
        return cls(np.concatenate(arrays), np.cumsum(lengths) - lengths, lengths)

    @classmethod
    def laid(cls, rows: Seq[Any]) -> Sequences:
        """Lay rows of labels or numbers end to end, whatever their type: values [L].

        Raises:
            InputError: A row is a single value, or is empty.
        """
        if isinstance(rows, Sequences):
            return rows
        odd = [i for i, row in enumerate(rows) if not np.ndim(row)]
        if odd:
            raise InputError(
                f"Each example needs a list of values, one for each step; row {some(odd)} is "
                f"{rows[odd[0]]!r:.60}."
            )
        lengths = np.array([len(row) for row in rows], dtype=np.int64)
        values = np.array([value for row in rows for value in row])
        return cls(values, np.cumsum(lengths) - lengths, lengths)

    def __len__(self) -> int:
        return len(self.starts)

    @overload
    def __getitem__(self, index: int) -> np.ndarray: ...
    @overload
    def __getitem__(self, index: slice) -> Sequences: ...
    def __getitem__(self, index: int | slice) -> np.ndarray | Sequences:
        if isinstance(index, slice):
            return self.take(np.arange(len(self))[index])
        start = self.starts[index]
        return self.values[start : start + self.lengths[index]]

    def take(self, indices: Any) -> Sequences:
        """Return the sequences at `indices` [M], in that order; `values` are shared."""
        indices = np.asarray(indices)
        if indices.dtype.kind != "i":
            indices = indices.astype(np.int64)
        return Sequences(self.values, self.starts[indices], self.lengths[indices])

    def cut(self, length: int | None, keep: Literal["start", "end"]) -> Sequences:
        """Keep at most `length` steps of each sequence, from its start or its end."""
        if length is None:
            return self
        lengths = np.minimum(self.lengths, length)
        starts = self.starts if keep == "start" else self.starts + self.lengths - lengths
        return Sequences(self.values, starts, lengths)

    def shifted(self) -> Sequences:
        """Return each sequence without its first step; `values` are shared.

        Raises:
            InputError: A sequence has a single step.
        """
        short = np.flatnonzero(self.lengths < 2)
        if len(short):
            raise InputError(
                f"Each sequence needs at least 2 steps to predict the next from; row "
                f"{some(short.tolist())} (counted from 0) has 1. Leave such rows out."
            )
        return Sequences(self.values, self.starts + 1, self.lengths - 1)

    def with_values(self, values: np.ndarray) -> Sequences:
        """Return the same rows of other values, [L, ...]."""
        return Sequences(values, self.starts, self.lengths)

    def packed(self) -> np.ndarray:
        """Return the steps of all rows in their order, end to end: [S, ...], S their number."""
        lengths = self.lengths.astype(np.int64)
        first = np.cumsum(lengths) - lengths
        within = np.arange(int(lengths.sum())) - np.repeat(first, lengths)
        return np.asarray(self.values[np.repeat(self.starts.astype(np.int64), lengths) + within])

    def spans(self, rows: np.ndarray, steps: int) -> np.ndarray:
        """Return the first `steps` steps of each of `rows`, a copy [B, steps] or [B, steps, C].

        Steps past a row's end hold arbitrary values.
        """
        first = self.starts[rows]
        return _spans(self.values, first, self.lengths[rows], steps)

    def covered(self) -> np.ndarray:
        """Return for each step of `values` whether a sequence contains it, [L] bool."""
        edges = np.zeros(len(self.values) + 1, dtype=np.int32)
        np.add.at(edges, self.starts, 1)
        np.add.at(edges, self.starts + self.lengths, -1)
        return np.cumsum(edges[:-1], out=edges[:-1]) > 0


class Scaled:
    """Numbers (raw - mean) / std that are computed when they are read, as float32 [L, C].

    It replaces an array, so that windows of a series are scaled without a second series in
    memory. It is read like a NumPy array: by index, slice or `np.asarray`.

    Args:
        raw: Numbers of any type, [L, C], in memory or mapped from a file. Shared, not copied.
        mean: One number per channel, [C].
        std: Like `mean`, above 0.
    """

    dtype = np.dtype(np.float32)
    ndim = 2

    def __init__(self, raw: Any, mean: np.ndarray, std: np.ndarray):
        self.raw, self.mean, self.std = raw, mean, std
        self.shape = raw.shape

    def __len__(self) -> int:
        return len(self.raw)

    def __getitem__(self, index: Any) -> np.ndarray:
        if isinstance(index, tuple):  # a channel too, and the scale is one number per channel
            return np.asarray(self)[index]
        return self.scale(self.raw[index])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self.scale(np.asarray(self.raw)).astype(dtype or self.dtype, copy=False)

    def scale(self, raw: np.ndarray) -> np.ndarray:
        """Return raw steps [..., C] scaled; numbers too large for float32 become infinite."""
        steps = raw.shape[-2] if raw.ndim > 2 else 1
        wide = raw.reshape(*raw.shape[:-2], -1) if steps > 1 else raw  # long rows: twice as quick
        with np.errstate(over="ignore", invalid="ignore"):
            numbers = wide.astype(np.float64)
            numbers -= np.tile(self.mean, steps)
            numbers /= np.tile(self.std, steps)
            return numbers.astype(np.float32).reshape(raw.shape)


def _small(numbers: np.ndarray) -> np.ndarray:
    """Return whole numbers in four bytes each if they fit; positions in `values` mostly do."""
    numbers = np.asarray(numbers)
    wide = numbers.dtype.kind in "iu" and numbers.dtype.itemsize > 4
    if not wide or numbers.max(initial=0) > np.iinfo(np.int32).max:
        return numbers
    return numbers.astype(np.int32)


def _same(lengths: np.ndarray) -> np.ndarray:
    """Return equal lengths as a view of one number, other lengths unchanged."""
    if len(lengths) < 2 or lengths.strides == (0,) or lengths.min() < lengths.max():
        return lengths
    return np.broadcast_to(lengths[:1].copy(), lengths.shape)


def _spans(values: Any, first: np.ndarray, lengths: np.ndarray, steps: int) -> np.ndarray:
    """Return `steps` of `values` from each of `first` [B]; only `lengths` [B] are defined."""
    if isinstance(values, Scaled):
        return values.scale(_spans(values.raw, first, lengths, steps))
    if int(first.max()) + steps > len(values):  # the end is near; only those rows would pass it
        last = first + lengths - 1
        return values[np.minimum(first[:, None] + np.arange(steps), last[:, None])]
    windows = len(values) - steps + 1, steps, *values.shape[1:]
    return as_strided(values, windows, (values.strides[0], *values.strides), writeable=False)[first]


def unmasked(values: Any) -> Any:
    """Return a masked array without its mask: NaN where numbers are masked, None where others are.

    Anything else is returned as it is.
    """
    if not isinstance(values, np.ma.MaskedArray):
        return values
    if not np.ma.getmaskarray(values).any():
        return values.data
    if values.dtype.kind not in "biuf":
        found = values.data.astype(object)
        found[np.ma.getmaskarray(values)] = None
        return found
    kind = values.dtype if values.dtype.kind == "f" else np.dtype(np.float64)
    return np.ma.filled(values.astype(kind), np.nan)


def _steps(row: Any, number: int) -> np.ndarray:
    """Return one row as numbers [T, C]; T may be 0."""
    row = unmasked(row)
    try:
        nested = isinstance(row, np.ndarray) and row.dtype.hasobject  # of arrays, as of pyarrow
        array = np.asarray(list(row) if nested else row, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(
            f"Row {number} is not a sequence of numbers: {str(row)[:60]!r}. "
            f"Give a list of steps, each a number or a list of numbers."
        ) from None
    if array.size == 0 and array.ndim < 2:
        array = array.reshape(0, 1)
    if array.ndim == 1:
        array = array[:, None]  # [T, 1]
    if array.ndim != 2:
        raise InputError(f"Row {number} needs the shape [T, C] or [T], got {array.shape}.")
    return array
