"""Arrays of numbers that are written piece by piece, and read where they are asked for."""

from __future__ import annotations

import abc
from collections.abc import Iterator
from typing import Any

import numpy as np

from seqmodels.core import storage
from seqmodels.core.storage.files import BLOCK, File, runs


class Stored(abc.ABC):
    """What stands for a NumPy array or a list whose values are not in memory."""

    @abc.abstractmethod
    def __len__(self) -> int: ...

    @abc.abstractmethod
    def take(self, indices: Any) -> Any:
        """Return the values at `indices` [M], in that order."""


class Flat(Stored):
    """An array on disk, [L] or [L, C], that is read where it is asked for.

    It stands where a NumPy array does: `shape`, `dtype`, `len`, an index (a number, a slice, an
    array of numbers or of booleans, or a tuple led by one of these), `np.asarray`. Whatever is
    indexed is read into memory; `part` and `first_columns` are views that read nothing.

    Args:
        file: Where its bytes are.
        dtype: Of a number.
        row: Shape of a row in the file, () or (C,).
        first: The row of the file that is row 0.
        length: Rows.
        width: The leading columns that are shown; None: all.
    """

    def __init__(
        self,
        file: File,
        dtype: np.dtype,
        row: tuple[int, ...],
        first: int,
        length: int,
        width: int | None = None,
    ):
        self.dtype = dtype
        self.shape = (length, *(row if width is None else (width,)))
        self._file, self._row, self._first, self._width = file, row, first, width
        self._bytes = dtype.itemsize * int(np.prod(row, dtype=np.int64))  # of a row

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64))

    def __len__(self) -> int:
        return self.shape[0]

    def part(self, first: int, end: int) -> Flat:
        """Return the rows from `first` to before `end`, as a view."""
        first, end, _ = slice(first, end).indices(len(self))
        return Flat(
            self._file, self.dtype, self._row, self._first + first, max(end - first, 0), self._width
        )

    def first_columns(self, count: int) -> Flat:
        """Return the first `count` columns of [L, C], as a view."""
        return Flat(self._file, self.dtype, self._row, self._first, len(self), count)

    def take(self, indices: Any) -> np.ndarray:
        """Return the rows at `indices`, in memory."""
        return self[np.asarray(indices)]

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, tuple):
            rows = self[index[0]]
            single = isinstance(index[0], int | np.integer)
            return rows[index[1:] if single else (slice(None), *index[1:])]
        if isinstance(index, int | np.integer):
            place = int(index) + (len(self) if index < 0 else 0)
            if not 0 <= place < len(self):
                raise IndexError(f"Row {index} of {len(self)} rows.")
            return self._read(place, place + 1)[0]
        if isinstance(index, slice):
            first, end, step = index.indices(len(self))
            if step > 0:
                return self._read(first, max(first, end))[::step]
            return self[np.arange(first, end, step)]
        index = np.asarray(index)
        return self._gathered(np.flatnonzero(index) if index.dtype == bool else index)

    def __iter__(self) -> Iterator[Any]:
        step = max(1, BLOCK // max(self._bytes, 1))
        for first in range(0, len(self), step):
            yield from self[first : first + step]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self[:].astype(dtype or self.dtype, copy=False)

    def spans(self, first: np.ndarray, lengths: np.ndarray, steps: int) -> np.ndarray:
        """Return `lengths` [B] rows from each of `first` [B] on, zeros beyond: [B, steps, ...]."""
        found = np.zeros((len(first), steps, *self.shape[1:]), self.dtype)
        for i in np.argsort(first):  # in the order of the disk
            length = min(int(lengths[i]), steps)
            found[i, :length] = self._read(int(first[i]), int(first[i]) + length)
        return found

    def _read(self, first: int, end: int) -> np.ndarray:
        """Return the rows from `first` to before `end`, which are there."""
        room = bytearray((end - first) * self._bytes)
        self._file.read_into(room, (self._first + first) * self._bytes)
        rows = np.frombuffer(room, self.dtype).reshape(-1, *self._row)
        return rows if self._width is None else rows[:, : self._width]

    def _gathered(self, index: np.ndarray) -> np.ndarray:
        """Return the rows at an array of places; neighbours are read together."""
        if index.size and not -len(self) <= index.min() <= index.max() < len(self):
            raise IndexError(f"Rows {index.min()} to {index.max()} of {len(self)} rows.")
        places, back = np.unique(np.where(index < 0, index + len(self), index), return_inverse=True)
        rows = np.empty((len(places), *self.shape[1:]), self.dtype)
        begin = places.astype(np.int64) * self._bytes
        for one in runs(begin, begin + self._bytes):
            near = places[one]
            rows[one] = self._read(int(near[0]), int(near[-1]) + 1)[near - near[0]]
        return rows[back.reshape(index.shape)]


class Writer:
    """Writes an array piece by piece: in memory until it is `LARGE`, then on disk.

    Args:
        dtype: Of a number.
        row: Shape of a row: () or (C,).
        on_disk: Whatever its size.
    """

    def __init__(self, dtype: Any, row: tuple[int, ...] = (), *, on_disk: bool = False):
        self._dtype, self._row = np.dtype(dtype), row
        self._pieces: list[np.ndarray] = []
        self._file = File() if on_disk else None
        self._length = self._bytes = 0

    def append(self, rows: Any) -> None:
        """Add rows, [M] or [M, C].

        Raises:
            InputError: The disk is full.
        """
        piece = np.array(rows, self._dtype, order="C").reshape(-1, *self._row)  # a copy: it stays
        self._length += len(piece)
        self._bytes += piece.nbytes
        self._pieces.append(piece)
        if self._file is None and self._bytes >= storage.LARGE:
            self._file = File()
        if self._file is not None:
            for waiting in self._pieces:
                self._file.append(waiting)
            self._pieces.clear()

    def done(self) -> Any:
        """Return what was written: a NumPy array, or a `Flat`, which stands for one."""
        if self._file is not None:
            return Flat(self._file, self._dtype, self._row, 0, self._length)
        empty = np.empty((0, *self._row), self._dtype)
        return np.concatenate(self._pieces) if self._pieces else empty
