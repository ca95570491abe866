"""Folders with a file for each sequence: a table of labels beside, or a folder for each class."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from seqmodels.core.errors import InputError, some
from seqmodels.data.file_tables import file_column, file_index, file_place
from seqmodels.data.names import PARTS, SPLITS, names_of
from seqmodels.data.sequences import steps
from seqmodels.data.sequences.cases import ENOUGH, Case, Cases, Source, label
from seqmodels.data.sequences.labels import (
    classes,
    head_of,
    label_column,
    text_of,
    with_groups,
)
from seqmodels.data.tables import tables
from seqmodels.data.tables.tables import Table

TABLES = (".csv", ".tsv", ".txt")
NAMED = ("label", "meta", "reference", "target", "annotation", "index", "class")  # tables of labels
LOOKED = 10  # files that are looked into


def folder(path: Path, given: Mapping[str, Any]) -> Source | None:
    """Return the source where a folder has a file for each sequence, or None."""
    encoding = str(given.get("encoding") or "utf-8")
    few = list(itertools.islice(_files(path), 2 * LOOKED))
    looked = few[:: max(1, len(few) // LOOKED)]
    if len(few) < 2 or not any(steps.recognised(one, encoding) for one in looked):
        return None  # a tree of texts, say, which may be large
    files = list(itertools.islice(_files(path), ENOUGH + 1))
    if len(files) > ENOUGH:
        raise InputError(f"{str(path)!r} has more than {ENOUGH:,} tables, too many to read.")
    found = _label_table(path, files, given)
    if found is not None:
        return _labelled(path, files, *found, given)
    files = [one for one in files if one.parent != path]  # notes beside the folders
    relative = [one.relative_to(path).parts for one in files]
    depth = len(relative[0]) if relative else 0
    official = depth == 3 and {parts[0].lower() for parts in relative} <= set(PARTS)
    if any(len(parts) != depth for parts in relative) or not (depth == 2 or official):
        return None
    kinds = {parts[-2] for parts in relative}
    if len(kinds) < 2 or not steps.recognised(files[0], encoding):
        return None
    if given.get("target") not in (None, "label"):
        raise InputError(f"The target of {str(path)!r} is 'label', the name of each folder.")
    wanted = names_of(given.get("channels"))

    def read(_: Path) -> Cases:
        rows, names = [], None
        for file, parts in zip(files, relative, strict=True):
            names, case = _one(file, "/".join(parts), parts[-2], encoding, wanted, names)
            part = PARTS[parts[0].lower()] if official else None
            rows.append(replace(case, part=part))
        return Cases(rows, "label", False, names)

    return Source({"all": path}, read, lambda: classes(len(kinds)), {})


def _files(path: Path) -> Iterator[Path]:
    """Yield the tables below a folder, in order."""
    for base, folders, names in os.walk(path):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and Path(name).suffix.lower() in TABLES:
                yield Path(base, name)


def _label_table(
    path: Path, files: list[Path], given: Mapping[str, Any]
) -> tuple[Table, str] | None:
    """Return the table that names files of the folder, and the column in which it does."""
    index = file_index(_inner(path, files))
    chosen = given.get("labels")
    top = [one for one in files if one.parent == path]
    if chosen is not None:
        top = [path / str(chosen)]
        if not top[0].is_file():
            raise InputError(f"{str(path)!r} has no table of labels {str(chosen)!r} (labels=).")
    likely = [one for one in top if any(word in one.stem.lower() for word in NAMED)]
    found = []
    for one in likely or top[:3] + top[-3:] if chosen is None else top:
        table = tables.sniff(one)
        if table is None or len(table.columns) < 2:
            continue
        if (column := file_column(table, index)) is not None:
            found.append((table, column))
    if len(found) > 1:
        several = some(table.path.name for table, _ in found)
        raise InputError(f"{str(path)!r} has several tables of labels: {several}. Choose: labels=.")
    if chosen is not None and not found:
        raise InputError(f"{top[0].name} names no file of {str(path)!r} in any of its columns.")
    return found[0] if found else None


def _inner(path: Path, files: list[Path]) -> list[str]:
    return [file.relative_to(path).as_posix() for file in files]


def _labelled(
    path: Path, files: list[Path], table: Table, column: str, given: Mapping[str, Any]
) -> Source:
    rest = [name for name in table.columns if name != column]
    rows = table.head()
    target = given.get("target")
    extra = [one for one in rest if one.lower() not in SPLITS]
    if target is None and len(extra) == 1:
        target = extra[0]
    named = label_column(table.path.name, rest, target, rows, table)
    if named is None:
        raise InputError(f"{table.path.name} has no column of labels beside {column!r}.")
    encoding = str(given.get("encoding") or "utf-8")
    wanted = names_of(given.get("channels"))

    def read(_: Path) -> Cases:
        index, seen, cases, absent, names = file_index(_inner(path, files)), {}, [], [], None
        for line, row in table.rows([column, *rest]):
            cells = [text_of(one) for one in row]
            others = dict(zip(rest, cells[1:], strict=True))
            where = f"{table.path.name}, {table.unit} {line}"
            number = file_place(cells[0], index)
            if number is None:
                absent.append(f"{cells[0]!r} ({table.unit} {line})")
                continue
            file = files[number]
            if file in seen:
                raise InputError(f"{where}: {cells[0]!r} is named in {seen[file]} already.")
            seen[file] = f"{table.unit} {line}"
            name = label(others.pop(named))
            if not name:
                raise InputError(f"{where}: no label for {cells[0]!r}. Leave the row out.")
            inner = file.relative_to(path).as_posix()
            names, case = _one(file, inner, name, encoding, wanted, names)
            cases.append(with_groups(case, others))
        if absent:
            raise InputError(
                f"{table.path.name} names {len(absent):,} files that {str(path)!r} has not: "
                f"{', '.join(absent[:5])}. Leave these rows out, or add the files."
            )
        left = [one.name for one in files if one not in seen and one != table.path]
        notes = (f"{len(left)} files have no row in {table.path.name}: {some(left)}",)
        return Cases(cases, named, None, names, notes if left else ())

    return Source({"all": path}, read, lambda: head_of(table, named), {"target": named})


def _one(
    file: Path,
    inner: str,
    name: str,
    encoding: str,
    wanted: tuple[str, ...],
    before: tuple[str, ...] | None,
) -> tuple[tuple[str, ...] | None, Case]:
    """Return the channels and the sequence of one file, whose channels are those before it."""
    names, values = steps.read(file, inner, encoding, wanted)
    if before is not None and names is not None and names != before:
        if set(names) != set(before):
            raise InputError(
                f"{inner}: columns {some(names, 10)}, where the files before it have "
                f"{some(before, 10)}. Name those to read: --set dataset.channels=..."
            )
        values = values[:, [names.index(one) for one in before]]
        names = before
    return names, Case(inner, values, name)
