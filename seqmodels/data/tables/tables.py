"""Tables on disk, delimited text, JSON lines or Parquet, are recognised and read row by row."""

import contextlib
import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, takewhile
from pathlib import Path
from typing import Any, Literal

from seqmodels.core.errors import InputError, some
from seqmodels.data.tables import dialects
from seqmodels.data.tables.dialects import Quotes
from seqmodels.data.tables.lines import is_text, json_object, known_encoding, lines, sample

NAMED_SO = (".csv", ".tsv", ".tab", ".psv")  # what is called so is one, if a broken one
HEAD = 1 << 18  # bytes from which the delimiter, the header and the columns are decided
_QUOTED = 1 << 23  # bytes that are searched for quotes that nothing closes
_COLUMNS = 100_000
_ARRAY = re.compile(rb"\s*\[\s*\{")
_COMMENTS = tuple("#@%")  # what other kinds of files begin with
_NAMED = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table on disk whose form is known; nothing of it is kept in memory.

    Args:
        path: The file.
        kind: What it is.
        columns: Their names; without a header their numbers from "0".
        delimiter: Parts the fields of a line; "" where it is no delimited text.
        quotes: "double": a quoted field may hold delimiters, ends of lines, and quotes, doubled.
            "none": quotes are plain characters.
        header: The first line names the columns.
        encoding: Of the text.
    """

    path: Path
    kind: Literal["delimited", "json lines", "parquet"]
    columns: tuple[str, ...]
    delimiter: str = ""
    quotes: Quotes = "double"
    header: bool = False
    encoding: str = "utf-8"

    @property
    def unit(self) -> str:
        """What a row is called in messages, where rows are counted from 1."""
        return "row" if self.kind == "parquet" else "line"

    def rows(self, columns: Sequence[str] | None = None) -> Iterator[tuple[int, list[Any]]]:
        """Yield the number of each row's first line, counted from 1, and its values.

        Args:
            columns: Those to read, in this order; None: all.

        Raises:
            InputError: See `chunks`.
        """
        for numbers, values in self.chunks(columns):
            yield from zip(numbers, map(list, zip(*values, strict=True)), strict=True)

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
        places = {name: place for place, name in enumerate(self.columns)}
        absent = [name for name in names if name not in places]
        if absent:
            raise InputError(
                f"{self.path.name} has no column {some(absent)}. It has {some(self.columns, 20)}."
            )
        read = {"delimited": _delimited, "json lines": _json_lines, "parquet": _parquet}
        return read[self.kind](self, names, [places[name] for name in names])


def sniff(
    path: Path,
    *,
    delimiter: str | None = None,
    header: bool | None = None,
    quotes: Quotes | None = None,
    encoding: str | None = None,
) -> Table | None:
    """Return what table a file holds, by its content, or None where it holds none.

    Args:
        path: A file.
        delimiter: Parts the fields; "tab" is the tabulator. None: decided.
        header: Whether the first line names the columns. None: decided.
        quotes: See `Table`. None: decided.
        encoding: None: UTF-8, with or without a byte order mark.

    Raises:
        InputError: It is a table, but one that cannot be read: in UTF-16, not in the encoding,
            with a column twice or without rows. Or an argument is wrong.
    """
    encoding = known_encoding(encoding)
    delimiter = _NAMED.get(delimiter or "", delimiter)
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise InputError(f"A delimiter is one character, or 'tab', got {delimiter!r} (delimiter=).")
    if not path.is_file():
        return None
    try:
        with path.open("rb") as stream:
            head = stream.read(HEAD)
            if head.startswith(b"PAR1"):
                return _parquet_columns(path)
            if not is_text(path, head) or head.startswith(b"[["):
                return None
            if b'"' in head:
                head += stream.read(_QUOTED)
            cut = bool(stream.read(1))
    except OSError as error:
        raise InputError(f"Cannot read {str(path)!r}: {error.strerror}.") from None
    whole, wrong = sample(path, head, encoding, cut)
    if _ARRAY.match(head):
        raise InputError(
            f"{str(path)!r} is one JSON array. Give JSON lines, one object a line, as "
            f"`jq -c '.[]' FILE > NEW` writes them."
        )
    if whole and whole[0].lstrip().startswith("{"):
        table = _json_columns(path, whole[:1000], encoding)
    else:
        table = _delimited_columns(path, whole, cut, delimiter, header, quotes, encoding)
    if table is not None and wrong is not None:
        raise InputError(wrong)
    return table


def _delimited_columns(
    path: Path,
    whole: list[str],
    cut: bool,
    delimiter: str | None,
    header: bool | None,
    quotes: Quotes | None,
    encoding: str,
) -> Table | None:
    sizes = accumulate(len(line) + 1 for line in whole)
    few = list(takewhile(lambda one: one[1] < HEAD, zip(whole, sizes, strict=True)))
    first = [line for line, _ in few] or whole[:1]
    enough = 0.5 if path.suffix.lower() in NAMED_SO else 0.9
    found = dialects.dialect(first, delimiter, quotes, cut or len(first) < len(whole), enough)
    if found is None:
        return None
    style = quotes or dialects.plain([line for line in whole if line.strip()], found, cut)
    rows: list[list[str]] = []
    with contextlib.suppress(csv.Error):  # told with its line when the rows are read
        for chunk in dialects.records(first, found.delimiter, style):
            rows += [row for _, row in chunk]
    if not rows or (rows[0][0][:1] in _COMMENTS and len(rows[0]) != found.width):
        return None
    if header is None:
        header = len(rows) > 1 and dialects.has_header(rows)
    if len(rows) == 1 and header and not cut:
        raise InputError(f"{str(path)!r} has no rows below its header. Give a table with data.")
    names = [str(place) for place in range(len(rows[0]) if header else found.width)]
    if header:
        names = [name.strip().strip('"') or names[i] for i, name in enumerate(rows[0])]
    return Table(
        path=path,
        kind="delimited",
        columns=_once(path, names),
        delimiter=found.delimiter,
        quotes=style,
        header=header,
        encoding=encoding,
    )


def _json_columns(path: Path, first: list[str], encoding: str) -> Table | None:
    names: dict[str, None] = {}
    wrong: InputError | None = None
    for number, line in enumerate(first, start=1):
        if not line.strip():
            continue
        try:
            record = [name for name, _ in json_object(path, number, line, pairs=True)]
        except InputError as error:
            wrong = wrong or error
            continue
        names |= dict.fromkeys(_once(path, record))
    if not names:  # some other text that begins with a brace
        return None
    if wrong is not None:
        raise wrong
    return Table(path=path, kind="json lines", columns=tuple(names), encoding=encoding)


def _parquet_columns(path: Path) -> Table:
    with _parquet_file(path) as file:
        names = [str(name) for name in file.schema_arrow.names]
        if not file.metadata.num_rows or not names:
            raise InputError(f"{str(path)!r} has no rows. Give a table with data.")
    return Table(path=path, kind="parquet", columns=_once(path, names), header=True)


def _once(path: Path, names: list[str]) -> tuple[str, ...]:
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


def _delimited(
    table: Table, names: list[str], places: list[int]
) -> Iterator[tuple[list[int], list[list[Any]]]]:
    width, skip = len(table.columns), table.header
    try:
        for chunk in dialects.records(
            lines(table.path, table.encoding), table.delimiter, table.quotes
        ):
            if skip and chunk:
                chunk, skip = chunk[1:], False
            ragged = next((one for one in chunk if len(one[1]) != width), None)
            if ragged is not None:
                raise InputError(
                    f"{str(table.path)!r}, line {ragged[0]}: {len(ragged[1])} fields, where "
                    f"{width} are due (delimiter {table.delimiter!r}, quotes={table.quotes!r}). "
                    f"Mend the line, or say how fields are parted: delimiter=, quotes=."
                )
            if chunk:
                numbers = [number for number, _ in chunk]
                yield numbers, [[row[place] for _, row in chunk] for place in places]
    except csv.Error as error:
        why, number = error.args
        raise InputError(
            f"{str(table.path)!r}, line {number}: a quoted field does not end as it should "
            f"({why}). If quotes are plain characters here, say quotes='none'."
        ) from None


def _json_lines(
    table: Table, names: list[str], places: list[int]
) -> Iterator[tuple[list[int], list[list[Any]]]]:
    numbers: list[int] = []
    records: list[dict[str, Any]] = []
    for number, line in enumerate(lines(table.path, table.encoding), start=1):
        if line.strip():
            numbers.append(number)
            records.append(json_object(table.path, number, line))
        if len(records) == 1024:
            yield numbers, [[one.get(name) for one in records] for name in names]
            numbers, records = [], []
    if records:
        yield numbers, [[one.get(name) for one in records] for name in names]


def _parquet(
    table: Table, names: list[str], places: list[int]
) -> Iterator[tuple[list[int], list[list[Any]]]]:
    first = 1
    with _parquet_file(table.path) as file:
        for batch in file.iter_batches(batch_size=4096, columns=names):
            values = [batch.column(name).to_pylist() for name in names]
            yield list(range(first, first + batch.num_rows)), values
            first += batch.num_rows


@contextlib.contextmanager
def _parquet_file(path: Path) -> Iterator[Any]:
    """Open a Parquet file (https://parquet.apache.org/docs/file-format/)."""
    try:
        import pyarrow.parquet as parquet
    except ImportError:
        raise InputError(
            f"Reading {path.name} needs pyarrow: pip install pyarrow. Or give a CSV."
        ) from None
    try:
        with parquet.ParquetFile(path) as file:
            yield file
    except InputError:
        raise
    except (ValueError, OSError, LookupError, NotImplementedError) as error:  # pyarrow's, too
        raise InputError(
            f"{str(path)!r} is not a readable Parquet file: {str(error).splitlines()[0][:200]}"
        ) from None
