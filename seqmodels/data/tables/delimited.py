"""Delimited text: CSV, TSV and the like."""

import contextlib
import csv
from itertools import accumulate, takewhile

from seqmodels.core.errors import InputError
from seqmodels.data.tables import dialects
from seqmodels.data.tables.lines import lines
from seqmodels.data.tables.table import Chunks, Start, Table, TableFormat, named_once

ENDINGS = (".csv", ".tsv", ".tab", ".psv")  # a file with such a name is a table, if a broken one
HEAD = 1 << 18  # bytes from which the delimiter, the header and the columns are decided
_COMMENTS = tuple("#@%")  # first characters of other kinds of files


def recognise(start: Start) -> Table | None:
    """Return the table of delimited text that a file holds, if it holds one."""
    path, cut, header = start.path, start.cut, start.header
    whole, _ = start.sampled
    delimiter = start.delimiter or (dialects.announced(whole[0]) if whole else None)
    whole = list(dialects.without_announcement(whole))
    sizes = accumulate(len(line) + 1 for line in whole)
    few = list(takewhile(lambda one: one[1] < HEAD, zip(whole, sizes, strict=True)))
    first = [line for line, _ in few] or whole[:1]
    enough = 0.5 if path.suffix.lower() in ENDINGS else 0.9
    found = dialects.dialect(first, delimiter, start.quotes, cut or len(first) < len(whole), enough)
    if found is None:
        return None
    style = start.quotes or dialects.plain([line for line in whole if line.strip()], found, cut)
    rows: list[list[str]] = []
    with contextlib.suppress(csv.Error):  # reported with its line when the rows are read
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
        format=FORMAT,
        columns=named_once(path, names),
        delimiter=found.delimiter,
        quotes=style,
        header=header,
        encoding=start.encoding,
    )


def chunks(table: Table, names: list[str]) -> Chunks:
    """Yield the rows, every value a text."""
    index = {name: place for place, name in enumerate(table.columns)}
    places = [index[name] for name in names]
    width, skip = len(table.columns), table.header
    try:
        for chunk in dialects.records(
            dialects.without_announcement(lines(table.path, table.encoding)),
            table.delimiter, table.quotes,
        ):  # fmt: skip
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


FORMAT = TableFormat(name="delimited", recognise=recognise, chunks=chunks)
