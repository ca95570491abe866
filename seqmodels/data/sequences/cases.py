"""What files of whole sequences have in common: lines, numbers, labels, and cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seqmodels.core.errors import InputError
from seqmodels.data.cells import MISSING_NUMBERS
from seqmodels.data.tables.lines import decoded, known_encoding, opened, raw_lines

ENOUGH = 100_000  # entries of a folder that are looked at, at most
SPARSE = 32  # places for each value, at most, where channels are of unequal length


@dataclass(frozen=True)
class Case:
    """One sequence as a file holds it.

    Args:
        where: File and line, for messages.
        values: [T, C]; NaN where a value is missing.
        label: As written, but for whole numbers, which have no point: "1.0" is "1".
        uneven: Lengths of the channels where they differ; the shorter ones end in NaN.
        groups: Whom or what it comes from, by name.
        part: "train" or "test" where the file says so.
    """

    where: str
    values: np.ndarray
    label: str
    uneven: tuple[int, ...] | None = None
    groups: tuple[tuple[str, str], ...] = ()
    part: str | None = None


@dataclass(frozen=True)
class Cases:
    """The sequences of one file or folder.

    Args:
        rows: At least one; all of the same channels.
        target: What their labels are called.
        numeric: The labels are numbers to predict, not classes. None: decided by the values.
        channels: Names of the channels, where the file has them.
        notes: What people should know, a sentence each.
        named: What `channels` of the dataset names are columns that hold them.
    """

    rows: list[Case]
    target: str
    numeric: bool | None = None
    channels: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()
    named: bool = False


@dataclass(frozen=True)
class Source:
    """Files that hold sequences, and how to read them.

    Args:
        paths: By part: "train" and "test", or "all".
        read: Returns what a file holds, in the file's own order.
        head: Returns the name of the head that suits the labels; quick.
        arguments: What was decided, by name of an argument of the dataset.
    """

    paths: Mapping[str, Path]
    read: Callable[[Path], Cases]
    head: Callable[[], str]
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Format:
    """A file format of sequences.

    Args:
        find: Takes the files of each part, and arguments of the dataset that the user gave;
            returns the labelled source, or None where the files are of another format.
        new: Takes a file, and arguments of the dataset as a run recorded them; returns the
            sequences without their labels, or None.
        known: Whether a file has the format; two that have, NAME_TRAIN and NAME_TEST, are a set in
            a folder. None: this format has no such sets.
    """

    find: Callable[[Mapping[str, Path], Mapping[str, Any]], Source | None]
    new: Callable[[Path, Mapping[str, Any]], Cases | None]
    known: Callable[[Path], bool] | None = None


def lines(
    path: Path, encoding: str = "utf-8", comments: tuple[str, ...] = ("#", "%")
) -> Iterator[tuple[int, str]]:
    """Yield the number (from 1) and the text of each line that is not empty or a comment.

    Comments may be in any encoding: those of published archives are in several.

    Raises:
        InputError: The file cannot be read, is not text, or a line is longer than 16 MB.
    """
    encoding = known_encoding(encoding)
    starts = tuple(one.encode() for one in comments)
    with opened(path) as file:
        for number, line in raw_lines(file, path.name):
            line = line.strip()
            if line and not line.startswith(starts):
                text = decoded(path.name, number, line, encoding).strip()  # blanks beyond ASCII
                if text:
                    yield number, text


def mark_of(text: str) -> str | None:
    """Return what parts the numbers in a line; None: blanks."""
    return next((mark for mark in "\t;," if mark in text), None)


def cells_of(text: str, mark: str | None) -> list[str]:
    """Return the cells of a line. Beside semicolons a comma may be decimal, as in 0,5;1,25."""
    if mark == ";" and "." not in text:
        text = text.replace(",", ".")
    return text.split(mark)


def numbers(cells: Sequence[str], where: str, *, blank: bool = False) -> np.ndarray:
    """Return cells as numbers [T]; NaN for a value that is not there, or is infinite.

    Args:
        cells: As text; "?" and "NaN" are missing values.
        where: File and line, for messages.
        blank: Empty cells are missing values, too.

    Raises:
        InputError: A cell is something else.
    """
    try:
        values = np.array([float(cell) for cell in cells])
        if not any("_" in cell for cell in cells):  # which Python takes for part of a number
            values[np.isinf(values)] = np.nan
            return values
    except ValueError:
        pass
    found = np.full(len(cells), np.nan)
    for i, cell in enumerate(cells):
        plain = cell.strip()
        if plain.lower() in MISSING_NUMBERS and (plain or blank):
            continue
        try:
            found[i] = float(plain.replace("_", "?"))
        except ValueError:
            shown = repr(plain[:40]) if plain else "an empty cell"
            raise InputError(
                f"{where}: value {i + 1:,} is {shown}. Give a number, or ? where it is missing."
            ) from None
    found[np.isinf(found)] = np.nan
    return found


def label(text: str) -> str:
    """Return a label as it is written, but whole numbers without a point: "1.0" is "1"."""
    plain = text.strip().strip("'\"").strip()
    if any(mark in plain for mark in ".eE") and not plain.lstrip("+-").isalpha():
        try:
            number = float(plain)
        except ValueError:
            return plain
        if number.is_integer() and abs(number) < 2**53:
            return str(int(number))
    return plain


def beside(channels: Sequence[np.ndarray], where: str) -> tuple[np.ndarray, tuple[int, ...] | None]:
    """Return channels side by side, [T, C], and their lengths where they are not the same.

    Shorter ones end in NaN.

    Raises:
        InputError: They differ so much that nearly all of it would be NaN.
    """
    lengths = tuple(len(one) for one in channels)
    if len(set(lengths)) == 1:
        return np.column_stack(channels), None
    refuse_sparse(max(lengths), lengths, where)
    values = np.full((max(lengths), len(channels)), np.nan)  # [T, C]
    for i, one in enumerate(channels):
        values[: len(one), i] = one
    return values, lengths


def refuse_sparse(steps: int, lengths: Sequence[int], where: str) -> None:
    """Refuse channels that have far fewer values than steps, and would take memory for nothing.

    Raises:
        InputError: They do.
    """
    if steps * len(lengths) > max(SPARSE * sum(lengths), 2**20):
        raise InputError(
            f"{where}: {len(lengths):,} channels of {min(lengths):,} to {max(lengths):,} values "
            f"are no sequence of {steps:,} steps. The line is broken, or its times do not match."
        )


def ended(values: np.ndarray) -> np.ndarray:
    """Return steps [T, C] up to the last that has a value: archives fill short rows up."""
    known = np.flatnonzero(~np.isnan(values).all(axis=1))
    return values[: known[-1] + 1] if len(known) else values


def sole(rows: list[Case], path: Path) -> list[Case]:
    """Return the rows of a file, which must be some, and of the same channels.

    Raises:
        InputError: There are none, or a row has other channels than the first.
    """
    if not rows:
        raise InputError(f"{str(path)!r} holds no sequences.")
    channels = rows[0].values.shape[1]
    for row in rows:
        if row.values.shape[1] != channels:
            raise InputError(
                f"{row.where}: {row.values.shape[1]} channels, where {rows[0].where} has "
                f"{channels}. Every sequence needs the same; the file may be cut off here."
            )
    return rows
