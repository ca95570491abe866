"""Tables with a sequence in each row: a column for each step, and one for the label."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seqmodels.core.errors import InputError
from seqmodels.data.names import names_of
from seqmodels.data.sequences import ucr
from seqmodels.data.sequences.cases import Case, Cases, Source, numbers, sole
from seqmodels.data.sequences.labels import (
    head_of,
    label_column,
    labelled,
    numbered,
    table_at,
    text_of,
)
from seqmodels.data.tables import tables
from seqmodels.data.tables.dialects import DELIMITERS
from seqmodels.data.tables.tables import Table

_STEP = re.compile(r"(.*?)[ _.\-\[(]*(\d+)[\])]?")


def find(paths: Mapping[str, Path], given: Mapping[str, Any]) -> Source | None:
    """Return the source where files are tables with a sequence in each row, or None."""
    path, encoding = next(iter(paths.values())), given.get("encoding")
    table = tables.sniff(path, encoding=encoding) if _broad(path) else None
    if table is None:
        return None
    rows = table.head()
    channels = _step_columns(table, rows)
    if channels is None:
        return None
    used = set(itertools.chain(*channels.values()))
    rest = [name for name in table.columns if name not in used]
    if len(rest) > 1 and rest[0] == table.columns[0] and _is_index(table, rows):
        rest = rest[1:]
    place = given.get("target")
    if not rest:
        place = place or ucr.placed([_plain(row) for row in rows])[0]
        if place not in ("first", "last"):
            raise InputError(
                f"{path.name} has a column for each step and none for a label. Is it the first "
                f"or the last of them? Say --target first, or --target last."
            )
        names = names_of(given.get("channels")) or ("",)
        read = lambda one: _ends(one, place, encoding, len(names))  # noqa: E731
        kinds = lambda: [row.label for row in read(path).rows]  # noqa: E731
        return Source(paths, read, lambda: numbered(kinds()), {"target": place})
    named = label_column(path.name, rest, place, rows, table)
    if named is None:
        return None
    extra = [one for one in rest if one != named]
    target, names = named if table.header else "label", _names(channels)

    def read_wide(one: Path) -> Cases:
        rows = labelled(_read(table_at(one, encoding), channels, [named, *extra]), named, extra)
        return Cases(sole(rows, one), target, None, names)

    return Source(paths, read_wide, lambda: head_of(table, named), {"target": named})


def new(path: Path, arguments: Mapping[str, Any]) -> Cases | None:
    """Return the sequences of a table with one in each row, whatever its other columns hold."""
    target, encoding = arguments.get("target"), arguments.get("encoding")
    named = names_of(arguments.get("channels"))
    with path.open("rb") as file:
        steps_in_json = file.read(1) == b"["
    table = None if steps_in_json else tables.sniff(path, encoding=encoding)
    if table is None:
        return None
    sample = table.head()
    channels = _step_columns(table, sample)
    bare = table.kind == "delimited" and not table.header
    if channels is None and bare and str(target).isdecimal():
        channels = _one_channel(table, sample)  # the run's rows had no names; these have no label
    if channels is None:
        return None
    if sum(map(len, channels.values())) == len(table.columns) and target in ("first", "last"):
        cases = ucr.cases(_texts(table), target, len(named or "1"), bare=True)  # type: ignore[arg-type]
        return Cases(list(cases), "label")
    return Cases([case for case, _ in _read(table, channels, [])], "label", None, _names(channels))


def _one_channel(table: Table, rows: list[list[Any]]) -> dict[str, list[str]] | None:
    """Return all columns as the steps of one channel, or None where one holds no numbers."""
    try:
        for row in rows:
            numbers([text_of(one) for one in row], "", blank=True)
    except InputError:
        return None
    return {"": list(table.columns)}


def _broad(path: Path) -> bool:
    """Return whether a file may be a table of many columns; far quicker than to look for it."""
    with path.open("rb") as file:
        first = file.readline(2**20)
    marks = max(first.count(mark.encode()) for mark in DELIMITERS)
    objects = first.startswith(b"{") and first.endswith(b"\n")
    return marks >= ucr.FEWEST or objects or first.startswith(b"PAR1")


def _step_columns(table: Table, rows: list[list[Any]]) -> dict[str, list[str]] | None:
    """Return the columns of each channel's steps, in order; None: it is no table of steps."""
    if not rows:
        return None
    numeric = {
        name
        for name, values in zip(table.columns, zip(*rows, strict=True), strict=True)
        if _numeric(values)
    }
    if not table.header and table.kind == "delimited":
        named = [name for name in table.columns if name in numeric]
        inner = table.columns[1:] == tuple(named) or table.columns[:-1] == tuple(named)
        return {"": named} if inner and len(named) >= ucr.FEWEST else None
    groups: dict[str, dict[int, str]] = {}
    for name in table.columns:
        found = _STEP.fullmatch(name)
        if found and name in numeric:
            groups.setdefault(found[1], {})[int(found[2])] = name
    channels = {key: group for key, group in groups.items() if len(group) >= ucr.FEWEST}
    if any(all(1500 <= year < 2200 for year in group) for group in channels.values()):
        return None  # years: each row is a series to go on with, not one that has a label
    if not channels or len({tuple(sorted(group)) for group in channels.values()}) > 1:
        return None
    if sum(map(len, channels.values())) < len(table.columns) / 2:
        return None
    return {key: [group[i] for i in sorted(group)] for key, group in channels.items()}


def _is_index(table: Table, rows: list[list[Any]]) -> bool:
    """Return whether the first column numbers the rows and has no name, as pandas writes it."""
    unnamed = table.header and table.columns[0] in ("0", "Unnamed: 0", "__index_level_0__")
    return unnamed and [text_of(row[0]) for row in rows] == list(map(str, range(len(rows))))


def _numeric(values: Any) -> bool:
    try:
        found = numbers([text_of(one) for one in values], "", blank=True)
    except InputError:
        return False
    return bool(np.isfinite(found).any())


def _read(
    table: Table, channels: Mapping[str, list[str]], more: Sequence[str]
) -> Iterator[tuple[Case, list[str]]]:
    """Yield each sequence, without its label, and as text what `more` columns hold."""
    columns = itertools.chain(*zip(*channels.values(), strict=True))
    for where, cells in _texts(table, [*more, *columns]):
        values = numbers(cells[len(more) :], where, blank=True)
        steps = ucr.stepped(values, len(channels), where)
        yield Case(where, steps, ""), cells[: len(more)]


def _texts(table: Table, columns: Sequence[str] | None = None) -> Iterator[tuple[str, list[str]]]:
    """Yield where each row is, and its cells as texts."""
    for line, row in table.rows(columns):
        yield f"{table.path.name}, {table.unit} {line}", [text_of(one) for one in row]


def _names(channels: Mapping[str, Any]) -> tuple[str, ...] | None:
    return tuple(channels) if len(channels) > 1 else None


def _ends(path: Path, place: ucr.Place, encoding: Any, channels: int) -> Cases:
    return ucr.of(list(ucr.cases(_texts(table_at(path, encoding)), place, channels)))


def _plain(row: list[Any]) -> np.ndarray:
    return numbers([text_of(one) for one in row], "", blank=True)
