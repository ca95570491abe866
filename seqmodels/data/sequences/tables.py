"""Tables with a sequence in each row: a column for each step, and one for the label."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from seqmodels.core.errors import InputError
from seqmodels.data.sequences import ucr
from seqmodels.data.sequences.cases import Case, Cases, Source, label
from seqmodels.data.sequences.labels import (
    head,
    label_column,
    named_channels,
    numbered,
    text_of,
    with_groups,
)
from seqmodels.data.tables import tables
from seqmodels.data.tables.tables import Table

SAMPLE = 1000  # rows
_STEP = re.compile(r"(.*?)[ _.\-\[(]*(\d+)[\])]?")


def find(paths: Mapping[str, Path], given: Mapping[str, Any]) -> Source | None:
    """Return the source where files are tables with a sequence in each row, or None."""
    path, encoding = next(iter(paths.values())), given.get("encoding")
    table = tables.sniff(path, encoding=encoding) if _broad(path) else None
    if table is None:
        return None
    rows = [row for _, row in itertools.islice(table.rows(), SAMPLE)]
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
        names = named_channels(given.get("channels")) or ("",)
        read = lambda one: _ends(one, place, encoding, len(names))  # noqa: E731
        kinds = lambda: [row.label for row in read(path).rows]  # noqa: E731
        return Source(paths, read, lambda: numbered(kinds()), {"target": place})
    named = label_column(path.name, rest, place, rows, table)
    if named is None:
        return None
    return Source(
        paths,
        lambda one: _wide(one, channels, named, rest, encoding),
        lambda: head([text_of(row[0]) for _, row in table.rows([named])]),
        {"target": named},
    )


def new(path: Path, arguments: Mapping[str, Any]) -> Cases | None:
    """Return the sequences of a table with one in each row, whatever its other columns hold."""
    target, encoding = arguments.get("target"), arguments.get("encoding")
    named = named_channels(arguments.get("channels"))
    with path.open("rb") as file:
        steps_in_json = file.read(1) == b"["
    table = None if steps_in_json else tables.sniff(path, encoding=encoding)
    if table is None:
        return None
    sample = [row for _, row in itertools.islice(table.rows(), SAMPLE)]
    channels = _step_columns(table, sample)
    bare = table.kind == "delimited" and not table.header
    if channels is None and bare and str(target).isdecimal():
        channels = _one_channel(table, sample)  # the run's rows had no names; these have no label
    if channels is None:
        return None
    columns = list(itertools.chain(*zip(*channels.values(), strict=True)))
    if len(columns) == len(table.columns) and target in ("first", "last"):
        rows = (
            (f"{path.name}, {table.unit} {line}", [text_of(one) for one in row])
            for line, row in table.rows()
        )
        return Cases(list(ucr.cases(rows, target, len(named or "1"), bare=True)), "label")  # type: ignore[arg-type]
    cases = []
    for line, row in table.rows(columns):
        where = f"{path.name}, {table.unit} {line}"
        values = ucr.numbers([text_of(one) for one in row], where, blank=True)
        cases.append(Case(where, ucr.stepped(values, len(channels), where), ""))
    return Cases(cases, "label", None, tuple(channels) if len(channels) > 1 else None)


def _one_channel(table: Table, rows: list[list[Any]]) -> dict[str, list[str]] | None:
    """Return all columns as the steps of one channel, or None where one holds no numbers."""
    try:
        for row in rows:
            ucr.numbers([text_of(one) for one in row], "", blank=True)
    except InputError:
        return None
    return {"": list(table.columns)}


def _broad(path: Path) -> bool:
    """Return whether a file may be a table of many columns; far quicker than to look for it."""
    with path.open("rb") as file:
        first = file.readline(2**20)
    marks = max(first.count(mark) for mark in (b",", b"\t", b";", b"|"))
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
        found = ucr.numbers([text_of(one) for one in values], "", blank=True)
    except InputError:
        return False
    return bool(np.isfinite(found).any())


def _wide(
    path: Path, channels: dict[str, list[str]], named: str, rest: list[str], encoding: Any
) -> Cases:
    table = tables.sniff(path, encoding=encoding)
    if table is None:
        raise InputError(f"{str(path)!r} is no table.")
    columns = list(itertools.chain(*zip(*channels.values(), strict=True)))
    extra = [one for one in rest if one != named]
    cases = []
    for line, row in table.rows([named, *extra, *columns]):
        where = f"{path.name}, {table.unit} {line}"
        cells = [text_of(one) for one in row]
        name, others = label(cells[0]), dict(zip(extra, cells[1:], strict=False))
        if not name:
            raise InputError(f"{where}: no label in column {named!r}. Leave the row out.")
        values = ucr.numbers(cells[1 + len(extra) :], where, blank=True)
        case = Case(where, ucr.stepped(values, len(channels), where), name)
        cases.append(with_groups(case, others))
    if not cases:
        raise InputError(f"{str(path)!r} holds no sequences.")
    names = tuple(channels) if len(channels) > 1 else None
    return Cases(cases, named if table.header else "label", None, names)


def _ends(path: Path, place: ucr.Place, encoding: Any, channels: int) -> Cases:
    table = tables.sniff(path, encoding=encoding)
    if table is None:
        raise InputError(f"{str(path)!r} is no table.")
    rows = (
        (f"{path.name}, {table.unit} {line}", [text_of(one) for one in row])
        for line, row in table.rows()
    )
    return ucr.of(list(ucr.cases(rows, place, channels)))


def _plain(row: list[Any]) -> np.ndarray:
    return ucr.numbers([text_of(one) for one in row], "", blank=True)
