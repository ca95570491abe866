"""Rows of numbers with a label at one end: the UCR archive's files, and those like them.

Of the archive's tab-separated files the first number is the class, and rows that are shorter
than others end in NaN: https://www.cs.ucr.edu/~eamonn/time_series_data_2018/. Its older files are
parted by commas or blanks. Others, such as those of UCI, have the class last.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from seqmodels.core.errors import InputError
from seqmodels.data.names import names_of
from seqmodels.data.sequences.cases import (
    Case,
    Cases,
    Source,
    cells_of,
    ended,
    label,
    lines,
    mark_of,
    numbers,
    sole,
)
from seqmodels.data.sequences.labels import fractions, numbered

Place = Literal["first", "last"]
SAMPLE = 1000  # rows from which the place of the label is decided
FEWEST = 5  # numbers in a row


@dataclass(frozen=True)
class Layout:
    """How rows are written.

    Args:
        mark: What parts the numbers; None: blanks.
        place: Where the label is; None: either end could hold it, or neither.
        either: Both ends could hold the label.
    """

    mark: str | None
    place: Place | None
    either: bool = False


def find(paths: Mapping[str, Path], given: Mapping[str, Any]) -> Source | None:
    """Return the source where the files are rows of numbers; see `cases.Format`."""
    path, encoding = next(iter(paths.values())), str(given.get("encoding") or "utf-8")
    found = layout(path, encoding)
    if found is None:
        return None
    place = given.get("target") or found.place
    if place not in ("first", "last"):
        if given.get("target") is not None or found.either:
            raise InputError(
                f"{path.name} holds rows of numbers without names, and the label could be the "
                f"first or the last of each. Say which: --target first, or --target last."
            )
        return None
    channels = names_of(given.get("channels"))
    return Source(
        paths,
        lambda one: read(one, found, place, encoding, len(channels or "1")),
        lambda: numbered(kinds(path, found, place, encoding)),
        {"target": place},
    )


def new(path: Path, arguments: Mapping[str, Any]) -> Cases | None:
    """Return the sequences of a file of rows, whose cell of the label may hold anything."""
    encoding, place = str(arguments.get("encoding") or "utf-8"), arguments.get("target")
    known = place in ("first", "last")
    found = layout(path, encoding, fewest=1 if known else 2) if known or not place else None
    if found is None or not (place := place or found.place):
        return None
    channels = names_of(arguments.get("channels"))
    return read(path, found, place, encoding, len(channels or "1"), bare=True)


def layout(path: Path, encoding: str = "utf-8", fewest: int = 2) -> Layout | None:
    """Return how the rows of a file, `fewest` or more, are written; None: it is of another kind."""
    rows, mark, unknown = [], None, True
    try:
        for _, text in itertools.islice(lines(path, encoding), SAMPLE):
            if unknown:
                mark, unknown = mark_of(text), False
            row = numbers(_parted(text, mark), path.name)
            if len(row) < FEWEST:
                return None
            rows.append(row)
    except InputError:
        if len(rows) < fewest:
            return None
    if len(rows) < fewest:
        return None
    place, either = placed(rows)
    return Layout(mark, place, either)


def placed(rows: list[np.ndarray]) -> tuple[Place | None, bool]:
    """Return at which end of some rows the labels are, and whether it could be either.

    Labels are whole, and few of them are found often.
    """
    first, last = (np.array([row[end] for row in rows]) for end in (0, -1))
    whole = [bool(np.isfinite(one).all() and (one == one.round()).all()) for one in (first, last)]
    kinds = [len(np.unique(one)) for one in (first, last)]
    few = [whole[i] and kinds[i] <= max(len(rows) / 2, 2) for i in (0, 1)]
    if all(few) and max(kinds) >= 4 * min(kinds):
        few = [kinds[0] < kinds[1], kinds[1] < kinds[0]]
    if all(few):
        return None, True
    if any(few):
        return ("first" if few[0] else "last"), False
    # a class for almost every row; the values tell, for they have a point
    inner = all((row[1:-1] == row[1:-1].round()).all() for row in rows)
    if whole[0] != whole[1] and not inner and len(np.unique(np.diff(first))) > 1:
        return ("first" if whole[0] else "last"), False
    return None, False


def read(
    path: Path,
    found: Layout,
    place: Place,
    encoding: str = "utf-8",
    channels: int = 1,
    bare: bool = False,
) -> Cases:
    """Return the sequences of a file of rows.

    Args:
        path: The file.
        found: What `layout` returned.
        place: Where the label is.
        encoding: Of the text.
        channels: Numbers that make one step; those of a step stand side by side.
        bare: Labels have their place in each row, but may be anything, and are not read.

    Raises:
        InputError: A row is broken; names the line.
    """
    rows = (
        (f"{path.name}, line {number}", _parted(text, found.mark))
        for number, text in lines(path, encoding)
    )
    return of(sole(list(cases(rows, place, channels, bare)), path))


def of(rows: list[Case]) -> Cases:
    """Return rows as cases: whole labels are classes, however many they are."""
    return Cases(rows, "label", fractions([row.label for row in rows]))


def cases(
    rows: Iterable[tuple[str, list[str]]], place: Place, channels: int = 1, bare: bool = False
) -> Iterable[Case]:
    """Yield the sequences of some rows of cells, each with the words for where it is.

    Raises:
        InputError: A row is broken.
    """
    width = None
    for where, cells in rows:
        width = width or len(cells)
        if len(cells) != width:
            raise InputError(
                f"{where}: {len(cells):,} numbers, where the first row has {width:,}. Fill rows "
                f"up with NaN at their end; the line may be cut off."
            )
        name, cells = (cells[0], cells[1:]) if place == "first" else (cells[-1], cells[:-1])
        if bare:
            name = "0"
        elif not np.isfinite(numbers([name], f"{where}, label", blank=True))[0]:
            raise InputError(f"{where}: no label. Leave the row out.")
        yield Case(where, stepped(numbers(cells, where, blank=True), channels, where), label(name))


def stepped(values: np.ndarray, channels: int, where: str) -> np.ndarray:
    """Return the values of a row as steps [T, C], without the missing ones at its end.

    Raises:
        InputError: They do not make whole steps, or all are missing.
    """
    if len(values) % channels:
        raise InputError(
            f"{where}: {len(values):,} numbers make no whole steps of {channels} channels."
        )
    steps = values.reshape(-1, channels)  # [T, C]
    if np.isnan(steps).all():
        raise InputError(f"{where}: no value. Leave the row out.")
    return ended(steps)


def kinds(path: Path, found: Layout, place: Place, encoding: str = "utf-8") -> list[str]:
    """Return the labels of a file, and nothing else of it.

    Raises:
        InputError: A label is not a number; names the line.
    """
    end, labels = 0 if place == "first" else -1, []
    for number, text in lines(path, encoding):
        cell = _parted(text, found.mark)[end]
        numbers([cell], f"{path.name}, line {number}, label", blank=True)
        labels.append(label(cell))
    return labels


def _parted(text: str, mark: str | None) -> list[str]:
    cells = cells_of(text, mark)
    return cells[:-1] if mark == "," and len(cells) > 1 and not cells[-1].strip() else cells
