"""Texts, and labels, of a table that is read row by row."""

from __future__ import annotations

import itertools
import sys
from array import array
from collections.abc import Iterable, Iterator
from collections.abc import Sequence as Seq
from typing import Any, overload

import numpy as np

from seqmodels.core import storage
from seqmodels.core.errors import InputError
from seqmodels.core.storage.arrays import Flat, Stored, Writer
from seqmodels.core.storage.files import BLOCK, runs

LABELS = 2**20  # different labels of a column at most


class Texts(Stored, Seq[str]):
    """Texts on disk, read when they are asked for. Made by `texts` or a `TextWriter`.

    Args:
        letters: All of them in UTF-8, end to end, [L] bytes.
        edges: Where each begins in `letters`, and where the last ends.
        rows: Which of them, in which order; None: all, in theirs.
    """

    def __init__(self, letters: Flat, edges: Any, rows: np.ndarray | None = None):
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
        place = int(index) + (len(self) if index < 0 else 0)
        if not 0 <= place < len(self):
            raise IndexError(f"Text {index} of {len(self)} texts.")
        return self._read(np.array([place]))[0]

    def __iter__(self) -> Iterator[str]:
        for first in range(0, len(self), 1024):
            places = np.arange(first, min(first + 1024, len(self)))
            begin, end = self._ends(places)
            full = np.flatnonzero(np.diff(np.cumsum(end - begin) // BLOCK)) + 1
            for together in np.split(places, full):
                yield from self._read(together)

    def take(self, indices: Any) -> Texts:
        """Return the texts at `indices` [M], in that order, as a view."""
        indices = np.asarray(indices)
        indices = np.flatnonzero(indices) if indices.dtype == bool else indices
        rows = indices if self._rows is None else self._rows[indices]
        small = np.int32 if len(self._edges) < 2**31 else np.int64
        return Texts(self._letters, self._edges, rows.astype(small, copy=False))

    def _ends(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rows = places if self._rows is None else self._rows[places]
        return self._edges[rows], self._edges[rows + 1]

    def _read(self, places: np.ndarray) -> list[str]:
        begin, end = self._ends(places)
        found = [""] * len(places)
        order = np.argsort(begin, kind="stable")
        for one in runs(begin[order], end[order]):
            near = order[one]
            base = int(begin[near[0]])
            letters: bytes = self._letters[base : int(end[near].max())].tobytes()
            for i in near:
                text = letters[begin[i] - base : end[i] - base]
                found[i] = text.decode("utf-8", "surrogatepass")
        return found


class TextWriter:
    """Writes texts one after another: in memory until they are `LARGE`, then on disk.

    Args:
        on_disk: Whatever their size, as where the file that they come from is large.
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
        while more := list(itertools.islice(remaining, 1024)):
            self._texts += more
            self._bytes += sum(map(sys.getsizeof, more))
            if self._letters is None and self._bytes >= storage.LARGE:
                self._letters = Writer(np.uint8, on_disk=True)
            if self._letters is not None:
                self._write()

    def done(self) -> Seq[str]:
        """Return what was written: a list, or `Texts`, which stand for one."""
        if self._letters is None:
            return self._texts
        self._edges.append([self._end])
        return Texts(self._letters.done(), self._edges.done())

    def _write(self) -> None:
        for first in range(0, len(self._texts), 1024):
            some = self._texts[first : first + 1024]
            coded = [text.encode("utf-8", "surrogatepass") for text in some]
            ends = self._end + np.cumsum([len(one) for one in coded])
            letters: Any = b"".join(coded)
            self._letters.append(np.frombuffer(letters, np.uint8))  # type: ignore[union-attr]
            self._edges.append(np.concatenate([[self._end], ends[:-1]]))
            self._end = int(ends[-1])
        self._texts = []


def texts(items: Iterable[str]) -> Seq[str]:
    """Return texts as a list, or as `Texts` on disk where they are large.

    Raises:
        InputError: The disk is full.
    """
    writer = TextWriter()
    writer.extend(items)
    return writer.done()


class LabelWriter:
    """Writes a column of labels in a few bytes a row, however long their names.

    Args:
        name: The column's, for messages and for who reads it.
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
