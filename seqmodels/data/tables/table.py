"""A table on disk whose format is known, and what a format has to bring."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from seqmodels.core.errors import InputError, some
from seqmodels.data.tables.lines import sample

Quotes = Literal["double", "none"]
Chunks = Iterator[tuple[list[int], list[list[Any]]]]  # line numbers [M], and the values by column
SAMPLE = 1000  # rows from which columns are known
_COLUMNS = 100_000


@dataclass(frozen=True, kw_only=True)
class Start:
    """The start of a file, and what the user said about it; None: to be decided.

    Args:
        path: The file.
        head: Its first bytes.
        cut: The file goes on.
        encoding: Of the text.
        delimiter: Separates the fields of a line.
        header: Whether the first line names the columns.
        quotes: See `Table`.
    """

    path: Path
    head: bytes
    cut: bool
    encoding: str
    delimiter: str | None = None
    header: bool | None = None
    quotes: Quotes | None = None

    @cached_property
    def sampled(self) -> tuple[list[str], str | None]:
        """The whole lines in the first bytes, and what is wrong with one of them."""
        return sample(self.path, self.head, self.encoding, self.cut)


@dataclass(frozen=True, kw_only=True)
class TableFormat:
    """A format of tables. `tables.FORMATS` lists those that are known.

    Args:
        name: Such as "parquet".
        recognise: Takes the start of a file, and returns its `Table`, or None where it is of
            another format. Raises `InputError` where it is of this format but broken.
        chunks: Takes a table and names of columns, and yields some thousand rows at a time: their
            numbers, and the values of each column.
        text: The format is a text: `recognise` gets no binary files.
        unit: What a row is called in messages, where rows are counted from 1.
        frames: Takes a path and a number of rows, and yields DataFrames of about so many; None:
            all rows. Without it they are made of `chunks`.
    """

    name: str
    recognise: Callable[[Start], Table | None]
    chunks: Callable[[Table, list[str]], Chunks]
    text: bool = True
    unit: str = "line"
    frames: Callable[[Path, int | None], Iterator[Any]] | None = None


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table on disk whose form is known; nothing of it is kept in memory.

    Args:
        path: The file.
        format: Reads its rows.
        columns: Their names; without a header their numbers from "0".
        delimiter: Parts the fields of a line; "" where it is no delimited text.
        quotes: "double": a quoted field may hold delimiters, ends of lines, and quotes, doubled.
            "none": quotes are plain characters.
        header: The first line names the columns.
        encoding: Of the text.
    """

    path: Path
    format: TableFormat
    columns: tuple[str, ...]
    delimiter: str = ""
    quotes: Quotes = "double"
    header: bool = False
    encoding: str = "utf-8"

    @property
    def kind(self) -> str:
        """The name of the format: "delimited", "json lines", "parquet", or that of a plug-in."""
        return self.format.name

    @property
    def unit(self) -> str:
        """What a row is called in messages, where rows are counted from 1."""
        return self.format.unit

    def rows(self, columns: Sequence[str] | None = None) -> Iterator[tuple[int, list[Any]]]:
        """Yield the number of each row's first line, counted from 1, and its values.

        Args:
            columns: Those to read, in this order; None: all.

        Raises:
            InputError: See `chunks`.
        """
        for numbers, values in self.chunks(columns):
            yield from zip(numbers, map(list, zip(*values, strict=True)), strict=True)

    def head(self, rows: int = SAMPLE) -> list[list[Any]]:
        """Return the values of the first rows, from which columns are known."""
        return [row for _, row in islice(self.rows(), rows)]

    def chunks(
        self, columns: Sequence[str] | None = None
    ) -> Iterator[tuple[list[int], list[list[Any]]]]:
        """Yield some thousand rows at a time: their line numbers [M], and each column's values.

        Values of delimited text are texts as they stand; those of the other kinds have their
        own types, with None where there is nothing.

        Args:
            columns: Those to read, in this order; None: all.

        Raises:
            InputError: There is no such column, or a line cannot be read; names it.
        """
        names = list(self.columns if columns is None else columns)
        known = set(self.columns)  # there may be 100,000
        absent = [name for name in names if name not in known]
        if absent:
            raise InputError(
                f"{self.path.name} has no column {some(absent)}. It has {some(self.columns, 20)}."
            )
        return self.format.chunks(self, names)

    def frames(self, rows: int | None = None) -> Iterator[Any]:
        """Yield the table as pandas DataFrames of about `rows` rows; None: as one.

        Raises:
            InputError: A line cannot be read; names it.
        """
        import pandas as pd

        if self.format.frames is not None:
            yield from self.format.frames(self.path, rows)
            return
        pieces = [
            pd.DataFrame(dict(zip(self.columns, values, strict=True)), dtype=object)
            for _, values in self.chunks()
        ]
        yield pd.concat(pieces, ignore_index=True).infer_objects()


def named_once(path: Path, names: list[str]) -> tuple[str, ...]:
    """Return the names of columns, once it is sure that each is there once."""
    if len(names) > _COLUMNS:
        raise InputError(f"{str(path)!r} has {len(names):,} columns; {_COLUMNS:,} are the most.")
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise InputError(
            f"Column {some(twice)} is in {str(path)!r} more than once. Rename one, or say "
            f"header=false if the first line names no columns."
        )
    return tuple(names)
