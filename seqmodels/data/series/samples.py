"""The first rows of a table on disk, as numbers where they are, and how the rest is to be read."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqmodels.core.errors import InputError
from seqmodels.data.series.numerals import MISSING, decimal_of, typed

SAMPLE = 1000  # rows from which the columns are known
_NAMES = 2000
_WIDE = 10  # delimiters that make a line a table's, whatever stands above it


def sample_of(path: Path, given: Mapping[str, Any]) -> tuple[Any, dict[str, Any]] | None:
    """Return the first rows of a table on disk, and how pandas is to read it; None: no table.

    Args:
        path: A file.
        given: What the user said: `encoding`, `delimiter`, `quotes`, `decimal`.

    Returns:
        The rows, whose `attrs["doubt"]` is of `decimal_of`, and the options; None also where
        JSON lines hold lists or objects.

    Raises:
        InputError: It is a table, but one that cannot be read.
    """
    import pandas as pd

    from seqmodels.data.tables import tables

    how: dict[str, Any] = {key: given.get(key) for key in ("encoding", "delimiter", "quotes")}
    encoding = how["encoding"]
    table = tables.sniff(path, **how)
    delimited = table is not None and table.kind == "delimited"
    if table is not None and not delimited and len(table.columns) > _NAMES:
        return None  # one object with a thousand names is a dictionary, no table
    if table is not None and delimited and not table.header:
        how["delimiter"] = table.delimiter
        try:  # dates for names, as in a table of a series a row
            table = tables.sniff(path, **how, header=True)
        except InputError:
            return None
    try:
        rows = (
            [row for (_, row), _ in zip(table.rows(), range(SAMPLE), strict=False)] if table else []
        )
    except InputError:
        below = _below_preamble(path, encoding)
        if below is None:
            raise
        return below
    if table is None:
        return _below_preamble(path, encoding)
    names = [f"Unnamed: {i}" if n == str(i) else n for i, n in enumerate(table.columns)]
    frame = pd.DataFrame(rows, columns=pd.Index(names), dtype=object)
    options: dict[str, Any] = {}
    if delimited:
        options = {"sep": table.delimiter, "encoding": encoding or "utf-8-sig"}
        if table.quotes == "none":
            options["quoting"] = 3
        decimal, doubt = given.get("decimal"), {}
        if decimal is None and table.delimiter != ",":
            decimal, doubt = decimal_of(frame)
        if decimal == ",":
            options["decimal"] = ","
        elif _match(frame, r"-?\d{1,3}(,\d{3})+(\.\d+)?"):
            options["thousands"] = ","
        cells = {c: typed(frame[c], decimal, options.get("thousands")) for c in frame.columns}
        frame = pd.DataFrame(cells)
        frame.attrs["doubt"] = doubt
    else:
        nested = any(isinstance(cell, list | dict) for row in rows for cell in row)
        if table.kind == "json lines" and nested:
            return None  # a drawing, a document
        frame = frame.infer_objects()
    return frame, options


def _below_preamble(path: Path, encoding: str | None) -> tuple[Any, dict[str, Any]] | None:
    """Return the table that begins some lines below the first, as the World Bank's do."""
    import pandas as pd

    with path.open("rb") as stream:
        lines = stream.read(1 << 18).split(b"\n")[:40]
    for mark in (b",", b";", b"\t"):
        widths = [line.count(mark) for line in lines]
        most = max(widths)
        first = widths.index(most)
        if not 0 < first < 20 or most < _WIDE or widths[first : first + 4] != [most] * 4:
            continue
        options: dict[str, Any] = {"sep": mark.decode(), "encoding": encoding or "utf-8-sig"}
        options["skiprows"] = first
        try:
            frame = pd.read_csv(path, nrows=SAMPLE, skip_blank_lines=False, **options)
        except ValueError:
            return None
        return frame, {**options, "skip_blank_lines": False}
    return None


def _match(frame: Any, form: str) -> bool:
    """Return whether some column holds only texts of a form, beside plain numbers."""
    for column in frame.columns:
        cells = frame[column].astype(str).str.strip()
        cells = cells[~cells.isin(MISSING)]
        like = cells.str.fullmatch(form)
        if like.any() and (like | cells.str.fullmatch(r"-?\d+(\.\d+)?")).all():
            return True
    return False
