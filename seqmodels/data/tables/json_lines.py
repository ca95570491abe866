"""JSON lines: an object a line (https://jsonlines.org)."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seqmodels.core.errors import InputError
from seqmodels.data.tables.lines import json_object, lines
from seqmodels.data.tables.table import Chunks, Start, Table, TableFormat, named_once

_ARRAY = re.compile(rb"\s*\[\s*\{")


def recognise(start: Start) -> Table | None:
    """Return the table in lines of JSON objects, if a file holds one.

    Raises:
        InputError: It is one JSON array, or a line is no object.
    """
    path, whole = start.path, start.sampled[0]
    if _ARRAY.match(start.head):
        raise InputError(
            f"{str(path)!r} is one JSON array. Give JSON lines, one object a line, as "
            f"`jq -c '.[]' FILE > NEW` writes them."
        )
    if not whole or not whole[0].lstrip().startswith("{"):
        return None
    names: dict[str, None] = {}
    wrong: InputError | None = None
    for number, line in enumerate(whole[:1000], start=1):
        if not line.strip():
            continue
        try:
            record = [name for name, _ in json_object(repr(str(path)), number, line, pairs=True)]
        except InputError as error:
            wrong = wrong or error
            continue
        names |= dict.fromkeys(named_once(path, record))
    if not names:  # some other text that begins with a brace
        return None
    if wrong is not None:
        raise wrong
    return Table(path=path, format=FORMAT, columns=tuple(names), encoding=start.encoding)


def chunks(table: Table, names: list[str]) -> Chunks:
    """Yield the rows, the values as JSON types, None where an object lacks the name."""
    numbers: list[int] = []
    records: list[dict[str, Any]] = []
    for number, line in enumerate(lines(table.path, table.encoding), start=1):
        if line.strip():
            numbers.append(number)
            records.append(json_object(repr(str(table.path)), number, line))
        if len(records) == 1024:
            yield numbers, [[one.get(name) for one in records] for name in names]
            numbers, records = [], []
    if records:
        yield numbers, [[one.get(name) for one in records] for name in names]


def frames(path: Path, rows: int | None) -> Iterator[Any]:
    """Yield the table as DataFrames; pandas turns dates into moments."""
    import pandas as pd

    if rows is None:
        yield pd.read_json(path, lines=True)
    else:
        yield from pd.read_json(path, lines=True, chunksize=rows)


FORMAT = TableFormat(name="json lines", recognise=recognise, chunks=chunks, frames=frames)
