"""Many sequences as one flat array: views, never copies. NumPy only."""

from __future__ import annotations

from collections.abc import Sequence as Seq
from dataclasses import dataclass
from typing import Any, Literal, overload

import numpy as np

from seqmodels.errors import InputError, some


@dataclass(frozen=True, eq=False)
class Sequences(Seq[np.ndarray]):
    """Many sequences as one flat array and two index vectors; a sequence is a view.

    Windows of one series overlap in `values` at no cost, texts of unequal length lie end to
    end, and `values` may be memory-mapped.

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
        empty = np.flatnonzero(self.lengths < 1)
        if len(empty):
            raise InputError(
                f"Every sequence needs at least one step; row {some(empty.tolist())} "
                f"(counted from 0) has none. Leave such rows out."
            )

    @classmethod
    def of(cls, rows: Seq[Any]) -> Sequences:
        """Lay rows end to end: arrays or lists [T, C] (or [T], for one channel) of numbers.

        Raises:
            InputError: A row is empty, has text in it, or other channels than the first.
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
        indices = np.asarray(indices, dtype=np.int64)
        return Sequences(self.values, self.starts[indices], self.lengths[indices])

    def cut(self, length: int | None, keep: Literal["start", "end"]) -> Sequences:
        """Keep at most `length` steps of each sequence, from its start or its end."""
        if length is None:
            return self
        lengths = np.minimum(self.lengths, length)
        starts = self.starts if keep == "start" else self.starts + self.lengths - lengths
        return Sequences(self.values, starts, lengths)

    def covered(self) -> np.ndarray:
        """Return which of `values` some sequence reads, [L] bool."""
        edges = np.zeros(len(self.values) + 1, dtype=np.int64)
        np.add.at(edges, self.starts, 1)
        np.add.at(edges, self.starts + self.lengths, -1)
        return np.cumsum(edges[:-1]) > 0


def _steps(row: Any, number: int) -> np.ndarray:
    """Return one row as numbers [T, C]; T may be 0."""
    try:
        array = np.asarray(row, dtype=np.float64)
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
