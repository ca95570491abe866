"""Tables with whole sequences in their cells: lists of numbers, in JSON lines or Parquet."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seqmodels.core.errors import InputError, some
from seqmodels.data.names import names_of
from seqmodels.data.sequences.cases import Case, Cases, Source, beside, sole
from seqmodels.data.sequences.labels import (
    head_of,
    label_column,
    labelled,
    table_at,
    text_of,
)
from seqmodels.data.tables import tables
from seqmodels.data.tables.tables import Table


def find(paths: Mapping[str, Path], given: Mapping[str, Any]) -> Source | None:
    """Return the source where files are tables with columns of lists of numbers, or None.

    A cell holds the steps of one sequence: a list of numbers, or of lists of as many numbers each.
    Several columns of lists of numbers are its channels.

    Raises:
        InputError: The columns leave several choices.
    """
    path, encoding = next(iter(paths.values())), given.get("encoding")
    table = _nested(path, encoding)
    if table is None:
        return None
    rows = table.head()
    asked = names_of(given.get("channels"))
    columns = _columns(table, rows, asked)
    if not columns:
        return None
    plain = [
        name
        for name, cells in zip(table.columns, zip(*rows, strict=True), strict=True)
        if name not in columns and not any(isinstance(cell, list | dict) for cell in cells)
    ]
    if not plain:
        raise InputError(
            f"{path.name} has sequences in {some(columns)}, and no column of labels. Add one."
        )
    named = label_column(path.name, plain, given.get("target"), rows, table)
    if named is None:
        raise InputError(
            f"{path.name} has sequences in {some(columns)}, and in {plain[0]!r} something else in "
            f"most rows. If that is what is to be predicted: --target {plain[0]}."
        )
    extra = [name for name in plain if name != named]
    names = columns if len(columns) > 1 else None

    def read(one: Path) -> Cases:
        rows = labelled(_read(table_at(one, encoding), columns, [named, *extra]), named, extra)
        return Cases(sole(rows, one), named, None, names, named=asked == columns)

    arguments = {"target": named, "channels": columns}
    return Source(paths, read, lambda: head_of(table, named), arguments)


def new(path: Path, arguments: Mapping[str, Any]) -> Cases | None:
    """Return the sequences of a table as `find` reads it, without labels; None: it is no such."""
    table = _nested(path, arguments.get("encoding"))
    if table is None:
        return None
    rows = table.head()
    columns = _columns(table, rows, names_of(arguments.get("channels")))
    if not columns:
        return None
    cases = [case for case, _ in _read(table, columns, [])]
    names = columns if len(columns) > 1 else None
    return Cases(sole(cases, path), "label", None, names)


def _nested(path: Path, encoding: str | None) -> Table | None:
    """Return the table in a file of a kind whose cells may be lists."""
    with path.open("rb") as file:
        first = file.read(4).removeprefix(b"\xef\xbb\xbf")
    table = tables.sniff(path, encoding=encoding) if first[:1] in (b"{", b"P") else None
    return None if table is None or table.kind == "delimited" else table


def _columns(
    table: Table, rows: Sequence[Sequence[Any]], asked: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the columns most of whose cells are sequences: those asked for, or all.

    Raises:
        InputError: They are no channels of one sequence, or what was asked for is not there.
    """
    who, found = table.path.name, {}
    cells = dict(zip(table.columns, zip(*rows, strict=True), strict=True))
    for name in cells:
        depths = Counter(_depth(cell) for cell in cells[name] if cell is not None)
        depth, count = depths.most_common(1)[0] if depths else (0, 0)
        if depth and 2 * count > depths.total():
            found[name] = depth
    if asked and set(asked) <= set(found):
        found = {name: found[name] for name in asked}
    elif asked and found and (len(found) > 1 or set(asked) & set(cells)):
        absent = [name for name in asked if name not in found]
        raise InputError(f"{who} has no lists in {some(absent)} (channels=), but in {some(found)}.")
    if len(found) < 2:
        return tuple(found)
    choose = f"Choose: --set dataset.channels={next(iter(found))}."
    if max(found.values()) > 1:
        raise InputError(f"{who} has several columns of sequences: {some(found)}. {choose}")
    together = zip(*(cells[name] for name in found), strict=True)
    lengths = ({len(cell) for cell in row if isinstance(cell, list)} for row in together)
    if all(len(each) > 1 for each in lengths):
        raise InputError(
            f"{who} has lists in {some(found)} that are in no row as long as each other, and so no "
            f"channels of one sequence. {choose}"
        )
    return tuple(found)


def _depth(cell: Any) -> int:
    """Return 1 for a list of numbers, 2 for a list of such lists, else 0."""
    if not isinstance(cell, list):
        return 0
    known = [one for one in cell if one is not None]
    if known and all(isinstance(one, list) for one in known):
        return 2 if all(_depth(one) == 1 for one in known) else 0
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in known)
    return 1 if numbers else 0


def _read(
    table: Table, columns: Sequence[str], more: Sequence[str]
) -> Iterator[tuple[Case, list[str]]]:
    """Yield each sequence, without its label, and as text what `more` columns hold."""
    for line, row in table.rows([*columns, *more]):
        where = f"{table.path.name}, {table.unit} {line}"
        cells = zip(columns, row, strict=False)
        channels = [_steps(cell, f"{where}, column {name!r}") for name, cell in cells]
        values, uneven = channels[0], None
        if len(channels) > 1:
            wide = [name for name, one in zip(columns, channels, strict=True) if one.shape[1] > 1]
            if wide:
                raise InputError(
                    f"{where}, column {wide[0]!r}: lists in a list, where one of {len(columns)} "
                    f"channels is due. Give a list of numbers."
                )
            values, uneven = beside([one[:, 0] for one in channels], where)
        yield Case(where, values, "", uneven), [text_of(one) for one in row[len(columns) :]]


def _steps(cell: Any, where: str) -> np.ndarray:
    """Return a list as steps [T, C]; NaN for a value that is not there, or is infinite."""
    try:
        values = np.array(cell, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        values = np.zeros(())
    if values.ndim not in (1, 2):
        raise InputError(
            f"{where}: {_odd(cell)}. Give a list of numbers, or of lists of as many numbers each; "
            f"null where one is missing."
        )
    if not values.size:
        raise InputError(f"{where}: the sequence is empty. Leave the row out.")
    values[~np.isfinite(values)] = np.nan
    return values.reshape(len(values), -1)


def _odd(cell: Any) -> str:
    """Return what is wrong with a cell, at its first step that is not like the first."""
    if not isinstance(cell, list):
        return f"{str(cell)[:40]!r} is no list"
    width = len(cell[0]) if isinstance(cell[0], list) else None
    for step, one in enumerate(cell, start=1):
        alike = _depth(one) == 1 and len(one) == width if width else not isinstance(one, list)
        if not alike or (width is None and _depth([one]) != 1):
            return f"step {step} is {json.dumps(one)[:40]}"
    return "a number is too large"
