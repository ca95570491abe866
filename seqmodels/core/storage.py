"""Arrays and texts too large for memory, mapped from temporary files.

Large data go to files without a name in the folder of temporary files (TMPDIR). The system removes
them with their last reader, however the process ends. They are read as NumPy memory maps, whose
pages the system takes back when memory is short: what is bounded is anonymous memory.
"""

from __future__ import annotations

import abc
import itertools
import sys
import tempfile
import weakref
from array import array
from collections.abc import Iterable, Iterator
from collections.abc import Sequence as Seq
from pathlib import Path
from typing import Any, overload

import numpy as np

from seqmodels.core.errors import InputError

LARGE = 2**27  # bytes of a file, an array, or texts, from which they are mapped from a file
LABELS = 2**20  # different labels of a column at most
ROWS = 2**18  # of an array that are worked on together
_BLOCK = 1024  # texts that are encoded or decoded together


def large(path: Path) -> bool:
    """Return whether the contents of a file are to be mapped from temporary files."""
    return path.stat().st_size >= LARGE


def blocks(length: int, rows: int | None = None) -> Iterator[slice]:
    """Yield slices that part `length` rows into blocks, so that temporaries stay small."""
    rows = min(rows or ROWS, ROWS)
    for first in range(0, length, rows):
        yield slice(first, min(first + rows, length))


class Stored(abc.ABC):
    """A column that stands for a NumPy array or a list, and computes its values when read."""

    @abc.abstractmethod
    def __len__(self) -> int: ...

    @abc.abstractmethod
    def take(self, indices: Any) -> Any:
        """Return the values at `indices` [M], in that order."""


class Writer:
    """Writes an array piece by piece: in memory until it is `LARGE`, then to a file.

    Args:
        dtype: Of a number.
        row: Shape of a row: () or (C,).
        on_disk: Write to a file whatever the size.
    """

    def __init__(self, dtype: Any, row: tuple[int, ...] = (), *, on_disk: bool = False):
        self._dtype, self._row, self._on_disk = np.dtype(dtype), row, on_disk
        self._pieces: list[np.ndarray] = []
        self._file: Any = None
        self._length = self._bytes = 0

    def append(self, rows: Any) -> None:
        """Add rows, [M] or [M, C], which may be kept without a copy.

        Raises:
            InputError: The disk is full.
        """
        piece = np.asarray(rows, self._dtype, order="C").reshape(-1, *self._row)
        self._length += len(piece)
        self._bytes += piece.nbytes
        self._pieces.append(piece)
        if self._on_disk or self._bytes >= LARGE:
            self._on_disk = True
            self._flush()

    def done(self) -> np.ndarray:
        """Return the written rows as an array in memory, or as a `numpy.memmap`."""
        if self._file is not None and self._bytes:
            return np.memmap(self._file, self._dtype, "r", shape=(self._length, *self._row))
        if len(self._pieces) == 1:
            return self._pieces[0]
        return np.concatenate([np.empty((0, *self._row), self._dtype), *self._pieces])

    def _flush(self) -> None:
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(buffering=0, prefix="seqmodels-")  # noqa: SIM115
                weakref.finalize(self, self._file.close)  # the map has a handle of its own
            for piece in self._pieces:
                remaining = memoryview(piece.tobytes())
                while remaining:
                    remaining = remaining[self._file.write(remaining) :]
        except OSError as error:
            where = f", {tempfile.tempdir!r}," if tempfile.tempdir else ""
            raise InputError(
                f"Data too large for memory could not be written to the folder of temporary "
                f"files{where} ({error.strerror or error}). Make room there, about the size of the "
                f"data, or set TMPDIR to a folder on a disk that has it."
            ) from None
        self._pieces.clear()


class Texts(Stored, Seq[str]):
    """Texts mapped from a file, decoded when read. Made by `texts` or a `TextWriter`.

    Args:
        letters: All of them in UTF-8, end to end, [L] bytes.
        edges: Where each begins in `letters`, and where the last ends.
        rows: Which of them, in which order; None: all, in theirs.
    """

    def __init__(self, letters: np.ndarray, edges: np.ndarray, rows: np.ndarray | None = None):
        self._letters, self._edges, self._rows = letters, edges, rows

    def __len__(self) -> int:
        return len(self._edges) - 1 if self._rows is None else len(self._rows)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Texts: ...
    def __getitem__(self, index: int | slice) -> str | Texts:
        if isinstance(index, slice):
            return self.take(np.arange(*index.indices(len(self))))
        place = range(len(self))[index]  # IndexError beyond the ends
        return self._read(place if self._rows is None else int(self._rows[place]))

    def __iter__(self) -> Iterator[str]:
        rows = range(len(self)) if self._rows is None else self._rows
        return map(self._read, rows)

    def take(self, indices: Any) -> Texts:
        """Return the texts at `indices` [M], in that order, as a view."""
        indices = np.asarray(indices)
        indices = np.flatnonzero(indices) if indices.dtype == bool else indices
        rows = indices if self._rows is None else self._rows[indices]
        small = np.int32 if len(self._edges) < 2**31 else np.int64
        return Texts(self._letters, self._edges, rows.astype(small, copy=False))

    def _read(self, row: int) -> str:
        letters: Any = self._letters[self._edges[row] : self._edges[row + 1]]
        return letters.tobytes().decode("utf-8", "surrogatepass")


class TextWriter:
    """Writes texts one after another: in memory until they are `LARGE`, then to a file.

    Args:
        on_disk: Write to a file whatever their size, as where they come from a large file.
    """

    def __init__(self, *, on_disk: bool = False):
        self._texts: list[str] = []
        self._bytes = 0  # of the texts in memory
        self._letters = Writer(np.uint8, on_disk=True) if on_disk else None
        self._edges = Writer(np.int64)
        self._end = 0

    def extend(self, texts: Iterable[str]) -> None:
        """Add texts.

        Raises:
            InputError: The disk is full.
        """
        remaining = iter(texts)
        while more := list(itertools.islice(remaining, _BLOCK)):
            self._texts += more
            self._bytes += sum(map(sys.getsizeof, more))
            if self._letters is None and self._bytes >= LARGE:
                self._letters = Writer(np.uint8, on_disk=True)
            if self._letters is not None:
                self._flush(self._letters)

    def done(self) -> Seq[str]:
        """Return the written texts as a list, or as `Texts`, which behave like a list."""
        if self._letters is None:
            return self._texts
        self._edges.append([self._end])
        return Texts(self._letters.done(), self._edges.done())

    def _flush(self, letters: Writer) -> None:
        for first in range(0, len(self._texts), _BLOCK):
            texts = self._texts[first : first + _BLOCK]
            encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
            ends = self._end + np.cumsum([len(one) for one in encoded])
            letters.append(np.frombuffer(b"".join(encoded), np.uint8))
            self._edges.append(np.concatenate([[self._end], ends[:-1]]))
            self._end = int(ends[-1])
        self._texts = []


def texts(items: Iterable[str]) -> Seq[str]:
    """Return texts as a list, or as `Texts` where they are large.

    Raises:
        InputError: The disk is full.
    """
    writer = TextWriter()
    writer.extend(items)
    return writer.done()


class LabelWriter:
    """Writes a column of labels in a few bytes a row, however long their names.

    Args:
        name: The column's, for messages and for the resulting pandas Series.
    """

    def __init__(self, name: str):
        self._name = name
        self._codes = array("i")
        self._known: dict[str, int] = {}

    def extend(self, labels: Iterable[str]) -> None:
        """Add labels.

        Raises:
            InputError: More than a million of them differ.
        """
        known = self._known
        self._codes.extend([known.setdefault(label, len(known)) for label in labels])
        if len(known) > LABELS:
            raise InputError(
                f"Column {self._name!r} has more than {LABELS:,} different labels, too many for "
                f"classes. Choose another target, or one of numbers."
            )

    def done(self) -> Any:
        """Return a pandas Series of categories, which reads as one of labels."""
        import pandas as pd

        codes = pd.Categorical.from_codes(np.array(self._codes), list(self._known))
        return pd.Series(codes, name=self._name, copy=False)
