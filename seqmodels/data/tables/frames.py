"""Tables on disk as pandas DataFrames: the first rows, the whole, or some rows at a time."""

from __future__ import annotations

import contextlib
import csv
import itertools
import warnings
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from seqmodels.core.errors import InputError, some
from seqmodels.data.cells import DATE, MISSING_MARKS
from seqmodels.data.tables import dialects, tables
from seqmodels.data.tables.lines import lines
from seqmodels.data.tables.numbers import (
    decimal_of,
    has_thousands,
    numbers_in,
    refuse_ambiguous,
    typed,
)
from seqmodels.data.tables.table import SAMPLE

PIECE = 2**24  # bytes of a file that are parsed together
_COLUMNS = 2000
_WIDE = 10  # delimiters that make a line a table's, whatever stands above it


class FrameTable:
    """A table on disk and how pandas is to read it.

    Args:
        path: The file.
        sample: Its first rows, a pandas DataFrame.
        options: Of `pandas.read_csv` for delimited text: `sep`, `encoding`, `decimal`.
        ambiguous: Column name to a number that may be read in two ways; see `decimal_of`.
        table: The table, where it is not delimited text.
    """

    def __init__(
        self,
        path: Path,
        sample: Any,
        options: Mapping[str, Any] | None = None,
        ambiguous: Mapping[str, str] | None = None,
        table: tables.Table | None = None,
    ):
        self.path, self.sample, self._table = path, sample, table
        self.options, self.ambiguous = options or {}, ambiguous or {}

    @property
    def columns(self) -> Any:
        return self.sample.columns

    def whole(self) -> Any:
        """Return the table as one DataFrame.

        Raises:
            InputError: It is not a readable table.
        """
        import pandas as pd

        with _readable(self.path):
            if self._table is not None:
                return next(self._table.frames())
            options = _csv_options(self.options)
            return numbers_in(_named(pd.read_csv(self.path, **options)), options)

    def pieces(self, texts: Sequence[str]) -> Iterator[Any]:
        """Yield some rows at a time as a DataFrame, the columns `texts` as texts; see `whole`."""
        import pandas as pd

        with self.path.open("rb") as file:
            start = file.read(2**16)
        rows = max(256, PIECE * max(1, start.count(b"\n")) // len(start))
        options = _csv_options(self.options)
        with _readable(self.path):
            if self._table is not None:
                pieces: Any = self._table.frames(rows)
            else:
                written = pd.read_csv(self.path, **options, nrows=0).columns
                kinds = {name: object for name in written if str(name).strip() in texts}
                pieces = pd.read_csv(self.path, **options, dtype=kinds, chunksize=rows)
            for piece in pieces:
                piece = _named(piece)
                piece = piece if self._table else numbers_in(piece, self.options, texts)
                yield piece.reset_index(drop=True)


def _named(frame: Any) -> Any:
    """Return a DataFrame whose columns have texts for names, without spaces around them."""
    return frame.rename(columns=lambda name: str(name).strip())


def with_usual_types(frame: Any) -> Any:
    """Return a DataFrame with dates and numbers in place of Python's `date` and `Decimal`."""
    import pandas as pd

    found = {}
    for name in frame.columns if frame.columns.is_unique else ():
        cells = frame[name]
        if not pd.api.types.is_object_dtype(cells) or not cells.notna().any():
            continue
        first = cells.dropna().iloc[0]
        if isinstance(first, date):
            found[name] = pd.to_datetime(cells, errors="coerce")
        elif isinstance(first, Decimal):
            found[name] = pd.to_numeric(cells, errors="coerce")
        if name in found and (found[name].isna() & cells.notna()).any():
            del found[name]  # refused where they are read, by their cells
    if frame.index.dtype == "O" and len(frame) and isinstance(frame.index[0], date):
        frame = frame.set_axis(pd.to_datetime(frame.index))
    return frame.assign(**found) if found else frame


def is_dated(index: Any) -> bool:
    """Return whether the index of a pandas object holds times, as such or as texts."""
    if index.dtype.kind == "M" or "period" in str(index.dtype):
        return True
    known = index.dropna()
    return bool(len(known)) and all(
        isinstance(one, date) or (isinstance(one, str) and DATE.fullmatch(one.strip()))
        for one in known
    )


def frame_table(path: Path, given: Mapping[str, Any]) -> FrameTable | None:
    """Return the table that a file holds, or None where it holds none.

    Args:
        path: A file.
        given: By the user: `encoding`, `delimiter`, `quotes`, `decimal`.

    Returns:
        None also where JSON lines hold lists or objects.

    Raises:
        InputError: It is a table, but one that cannot be read.
    """
    import pandas as pd

    how: dict[str, Any] = {key: given.get(key) for key in ("encoding", "delimiter", "quotes")}
    table = tables.sniff(path, **how)
    if table is None:
        return _below_preamble(path, how["encoding"])
    delimited = table.kind == "delimited"
    if not delimited and len(table.columns) > _COLUMNS:
        return None  # one object with a thousand names is a dictionary, no table
    if delimited and not table.header:
        how["delimiter"] = table.delimiter
        try:  # dates for names, as in a table of a series a row
            table = tables.sniff(path, **how, header=True)
        except InputError:
            return None
        if table is None:
            return _below_preamble(path, how["encoding"])
    try:
        rows = table.head()
    except InputError:
        below = _below_preamble(path, how["encoding"])
        if below is None:
            raise
        return below
    names = [f"Unnamed: {i}" if n == str(i) else n for i, n in enumerate(table.columns)]
    frame = pd.DataFrame(rows, columns=pd.Index(names), dtype=object)
    if delimited:
        return _delimited(table, frame, how["encoding"], given.get("decimal"))
    if table.kind == "json lines" and any(
        isinstance(one, list | dict) for row in rows for one in row
    ):
        return None  # a drawing, a document
    return FrameTable(path, frame.infer_objects(), table=table)


def read_frame(path: Path) -> Any:
    """Return a DataFrame of a file that `frame_table` does not recognise, such as one column.

    Raises:
        InputError: The file is empty or no table.
    """
    import pandas as pd

    with _readable(path):
        options = _csv_options({})
        frame = pd.read_csv(path, **options)
        if len(frame.columns) == 1:
            mark = max(dialects.DELIMITERS[:3], key=str(frame.columns[0]).count)
            if mark in str(frame.columns[0]):
                frame = pd.read_csv(path, sep=mark, **options)
        return _named(frame)


def frame_in(text: str, columns: Sequence[str]) -> Any:
    """Return the table in a text as a DataFrame, the given columns as numbers, others as texts.

    Args:
        text: A line of column names, then a line a row.
        columns: Those that are read.

    Raises:
        InputError: A column is missing, a cell of it is no number, or a quote is not closed.
    """
    import pandas as pd

    given = [line.removesuffix("\r") for line in text.split("\n")]
    found = dialects.dialect(given, None, None, cut=False, enough=0.5)
    mark, quotes = (found.delimiter, found.quotes) if found else (",", "double")
    try:
        header, *rows = [row for chunk in dialects.records(given, mark, quotes) for _, row in chunk]
    except csv.Error as error:
        raise InputError(f"Line {error.args[1]} of the table: {error.args[0]}.") from None
    header = [name.strip() for name in header]
    absent = [name for name in columns if name not in header]
    if absent:
        raise InputError(
            f"The model reads columns {some(columns, 20)}; the table lacks {some(absent)}. Its "
            f"first line names {some(header)}. Give a CSV with these columns, or one JSON list a "
            f"line."
        )
    cells = zip(header, itertools.zip_longest(*rows, fillvalue=""), strict=False)
    frame = pd.DataFrame(dict(cells), columns=pd.Index(dict.fromkeys(header)), dtype=object)
    decimal, ambiguous = decimal_of(frame[list(columns)]) if mark != "," else (None, {})
    refuse_ambiguous("the table", ambiguous, columns)
    for name in columns:
        numbers: Any = pd.to_numeric(typed(frame[name], decimal), errors="coerce")
        bad = numbers.index[numbers.isna()]
        if len(bad):
            raise InputError(
                f"Row {bad[0]} of the table (counted from 0) needs a number in column {name!r}, "
                f"got {frame[name][bad[0]]!r}. Fill it in, or leave the row out."
            )
        frame[name] = numbers
    return frame


def _delimited(table: Any, frame: Any, encoding: str | None, decimal: Any) -> FrameTable:
    """Return a table of delimited text whose numbers are known."""
    import pandas as pd

    options: dict[str, Any] = {"sep": table.delimiter, "encoding": encoding or "utf-8-sig"}
    ambiguous: Mapping[str, str] = {}
    if dialects.announced(next(lines(table.path, table.encoding), "")):
        options["skiprows"] = 1
    if table.quotes == "none":
        options["quoting"] = 3
    if decimal is None and table.delimiter != ",":
        decimal, ambiguous = decimal_of(frame)
    if decimal == ",":
        options["decimal"] = ","
    elif any(has_thousands(frame[column]) for column in frame.columns):
        options["thousands"] = ","
    cells = {c: typed(frame[c], decimal, options.get("thousands")) for c in frame.columns}
    return FrameTable(table.path, pd.DataFrame(cells), options, ambiguous)


def _below_preamble(path: Path, encoding: str | None) -> FrameTable | None:
    """Return the table that begins some lines below the first, as the World Bank's do."""
    import pandas as pd

    with path.open("rb") as stream:
        above = stream.read(1 << 18).split(b"\n")[:40]
    for mark in reversed(dialects.DELIMITERS):
        widths = [line.count(mark.encode()) for line in above]
        most = max(widths)
        first = widths.index(most)
        if not 0 < first < 20 or most < _WIDE or widths[first : first + 4] != [most] * 4:
            continue
        options: dict[str, Any] = {"sep": mark, "encoding": encoding or "utf-8-sig",
                                   "skiprows": first, "skip_blank_lines": False}  # fmt: skip
        try:
            return FrameTable(path, _named(pd.read_csv(path, nrows=SAMPLE, **options)), options)
        except ValueError:
            return None
    return None


def _csv_options(given: Mapping[str, Any]) -> dict[str, Any]:
    options: dict[str, Any] = {"encoding": "utf-8-sig", "index_col": False, "low_memory": False}
    return {**options, "na_values": [*MISSING_MARKS], **given}


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn the errors of pandas and pyarrow into one that names the file."""
    import pandas as pd

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # rows longer than the header
            yield
    except InputError:
        raise
    except pd.errors.EmptyDataError:
        raise InputError(f"{str(path)!r} is empty. Give a table with a header and rows.") from None
    except ImportError:
        raise InputError(
            f"Reading {path.name} needs pyarrow: pip install pyarrow. Or give a CSV."
        ) from None
    except (ValueError, EOFError, OSError, pd.errors.ParserWarning) as error:  # pyarrow's, too
        raise InputError(
            f"{str(path)!r} is not a readable table: {str(error).splitlines()[0][:200]} "
            f"Give a CSV file in UTF-8 whose first line names the columns, or a Parquet file."
        ) from None
