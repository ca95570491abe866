"""Numbers at fixed distances from each of many places in a series, read when asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from seqmodels.core.storage import Stored, blocks


class Lagged(Stored):
    """What N examples foretell, [N] or [N, D], where it would be larger than the series.

    Example i has, for each channel c and then each shift s, `values[starts[i] + s, c]`. Reads as
    a pandas Series or DataFrame would: it has a `name`, or `columns`.

    Args:
        values: The series, [L, C] or [L], in memory or mapped from a file.
        starts: A row for each example, [N]. Shared, not copied.
        shifts: Rows from there.
        channels: Of `values` [L, C]; None for [L].
        names: What the numbers are called, channel by channel; one alone makes it [N].
    """

    def __init__(
        self,
        values: np.ndarray,
        starts: np.ndarray,
        shifts: Sequence[int],
        channels: Sequence[int] | None,
        names: Sequence[str],
    ):
        self._values, self._starts = values, starts
        self._shifts, self._channels, self._names = list(shifts), channels, tuple(names)
        self.dtype = values.dtype
        self.shape = (len(starts), len(names)) if len(names) > 1 else (len(starts),)
        self.ndim = len(self.shape)
        if len(names) > 1:
            self.columns = self._names
        else:
            self.name = names[0]

    def __len__(self) -> int:
        return len(self._starts)

    def take(self, indices: Any) -> Lagged:
        """Return those of the examples at `indices` [M], in that order."""
        starts = self._starts[np.asarray(indices)]
        return Lagged(self._values, starts, self._shifts, self._channels, self._names)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, tuple):
            return self[index[0]][..., *index[1:]]
        if isinstance(index, int | np.integer):
            return self._read(self._starts[index][None])[0]
        return self._read(self._starts[index])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self._read(self._starts).astype(dtype or self.dtype, copy=False)

    def _read(self, starts: np.ndarray) -> np.ndarray:
        found = np.empty((len(starts), *self.shape[1:]), self.dtype)
        for part in blocks(len(starts), 2**16):
            some = starts[part].astype(np.int64)
            steps = [self._values[some + shift] for shift in self._shifts]  # H times [M, C]
            if self._channels is None:
                numbers = np.stack(steps, axis=-1)  # [M, H]
            else:
                numbers = np.stack([step[:, list(self._channels)] for step in steps], axis=-1)
            found[part] = numbers.reshape(-1, *self.shape[1:])
        return found
