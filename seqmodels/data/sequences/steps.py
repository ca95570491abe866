"""A table of numbers whose rows are the steps of one sequence, and whose columns are channels."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from seqmodels.core.errors import InputError, some
from seqmodels.data.cells import begins_with_date
from seqmodels.data.names import PLAIN_TIMES, STEP_COUNTS, names_of
from seqmodels.data.sequences.cases import Case, Cases, cells_of, lines, mark_of, numbers

_TIMES = {"", "seconds", *PLAIN_TIMES, *STEP_COUNTS}


def recognised(path: Path, encoding: str = "utf-8") -> bool:
    """Return whether the first lines of a file are such a table."""
    try:
        rows = list(itertools.islice(lines(path, encoding), 20))
        header, mark, width = _header(rows[0][1])
        body = rows[1:] if header else rows
        cells = [_cells(text, mark) for _, text in body]
        used = _used(header, cells, width, (), path.name)
        values = [numbers([row[i] for i in used], "", blank=True) for row in cells]
    except (InputError, IndexError):
        return False
    return bool(values) and all(len(row) == width for row in cells)


def new(path: Path, arguments: Mapping[str, Any]) -> Cases | None:
    """Return the one sequence of a file, or None."""
    encoding = str(arguments.get("encoding") or "utf-8")
    if not recognised(path, encoding):
        return None
    wanted = names_of(arguments.get("channels"))
    names, values = read(path, path.name, encoding, wanted)
    return Cases([Case(path.name, values, "")], "label", None, names)


def read(
    path: Path, where: str, encoding: str = "utf-8", channels: tuple[str, ...] = ()
) -> tuple[tuple[str, ...] | None, np.ndarray]:
    """Return the names of the channels, or None, and the values [T, C], NaN where missing.

    Args:
        path: The file. A column of times is left out; its rows must follow each other.
        where: What to call it in messages.
        encoding: Of the text.
        channels: Columns to read; none: all.

    Raises:
        InputError: A row has other columns than the first, or a cell is no number.
    """
    rows = list(lines(path, encoding))
    if not rows:
        raise InputError(f"{where} is empty. Give a step a row.")
    header, mark, width = _header(rows[0][1])
    body = [(number, _cells(text, mark)) for number, text in (rows[1:] if header else rows)]
    if not body:
        raise InputError(f"{where} has no rows below its header.")
    for number, cells in body:
        if len(cells) != width:
            raise InputError(
                f"{where}, line {number}: {len(cells)} cells, where the first line has {width}."
            )
    used = _used(header, [cells for _, cells in body], width, channels, where)
    values = [
        numbers([cells[i] for i in used], f"{where}, line {number}", blank=True)
        for number, cells in body
    ]
    names = tuple(header[i] for i in used) if header else None
    return names, np.array(values)  # [T, C]


def _header(text: str) -> tuple[list[str] | None, str | None, int]:
    """Return the names of the columns if the first line has them, the mark, and the width."""
    mark = mark_of(text)
    cells = _cells(text, mark)
    named = any(not _is_value(cell) for cell in cells)
    dated = len(cells) > 1 and begins_with_date(cells[0]) and all(map(_is_value, cells[1:]))
    return (cells if named and not dated else None), mark, len(cells)


def _cells(text: str, mark: str | None) -> list[str]:
    return [cell.strip().strip('"') for cell in cells_of(text, mark)]


def _used(
    header: list[str] | None,
    rows: list[list[str]],
    width: int,
    channels: tuple[str, ...],
    where: str,
) -> list[int]:
    """Return the places of the columns to read."""
    if channels and header is not None:
        absent = [name for name in channels if name not in header]
        if absent:
            raise InputError(f"{where} has no column {some(absent)}. It has {some(header, 20)}.")
        return [header.index(name) for name in channels]
    if header is None:
        first = 1 if width > 1 and all(begins_with_date(row[0]) for row in rows) else 0
        return list(range(first, width))
    times = [i for i, name in enumerate(header) if name.lower() in _TIMES]
    if not times or width == 1:
        return list(range(width))
    moments = [row[times[0]] for row in rows]
    try:
        moments = [float(one) for one in moments]
    except ValueError:
        pass
    late = next((i for i, (a, b) in enumerate(itertools.pairwise(moments)) if a > b), None)  # type: ignore[operator]
    if late is not None:
        raise InputError(
            f"{where}, row {late + 2}: {header[times[0]]!r} falls from {moments[late]!r} to "
            f"{moments[late + 1]!r}. Sort the rows, or name the columns to read: channels=."
        )
    return [i for i in range(width) if i != times[0]]


def _is_value(cell: str) -> bool:
    try:
        numbers([cell], "", blank=True)
    except InputError:
        return False
    return True
