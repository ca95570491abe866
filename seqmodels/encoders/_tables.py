"""Reads a table of new steps from text, and checks that its rows are in order of time."""

import csv
import io
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from seqmodels.core.errors import InputError, some

WHO = "Encoder 'series'"


def steps_in(text: str, columns: Sequence[str], time: Sequence[str]) -> np.ndarray:
    """Return the steps of a table, [T, C].

    Args:
        text: A line of column names, then one row per step.
        columns: The C columns to read.
        time: The columns of times. If the table has them, rows must be in order of time.

    Raises:
        InputError: A column is missing, a cell is not a number, or times do not rise.
    """
    header, *rows = _cells(text, columns)
    absent = [name for name in columns if name not in header]
    if absent:
        raise InputError(
            f"{WHO} reads columns {some(columns, 20)}; the table lacks {some(absent)}. Its first "
            f"line names {some(header)}. Give a CSV with these columns, or one JSON list a line."
        )
    if time and set(time) <= set(header):
        places = [header.index(name) for name in time]
        refuse_disorder([[_at(row, place) for place in places] for row in rows])
    places = [header.index(name) for name in columns]
    steps = [[_number(row, i, header, n) for i in places] for n, row in enumerate(rows)]
    return np.array(steps, dtype=np.float64).reshape(len(steps), len(places))


def refuse_disorder(cells: Sequence[Sequence[str]]) -> None:
    """Refuse rows that are not in order of time; the forecast continues from the last row.

    Args:
        cells: Cells of each row in the columns of times: numbers, or parts of a date.
    """
    import pandas as pd

    try:
        times: Any = [[float(cell) for cell in row] for row in cells]
    except ValueError:
        words = pd.Series([" ".join(row) for row in cells], dtype="string")
        times = pd.to_datetime(words, errors="coerce")
        lost = np.flatnonzero(times.isna())
        if len(lost):
            raise InputError(
                f"{WHO} needs times in one notation, such as 2013-01-31 or 2013-01-31 18:00; "
                f"row {lost[0]} (counted from 0) has {words[lost[0]]!r}."
            ) from None
        times = list(times)
    for number, (one, two) in enumerate(itertools.pairwise(times), start=1):
        if not one < two:
            raise InputError(
                f"{WHO} needs rows that follow each other in time; row {number} (counted from 0) "
                f"has {' '.join(cells[number])!r} after {' '.join(cells[number - 1])!r}. Sort the "
                f"table, with each time once; give several series as one table each."
            )


def _cells(text: str, columns: Sequence[str]) -> list[list[str]]:
    """Return the rows of a table whose cells are separated by commas, semicolons or tabs."""
    first = text.lstrip().partition("\n")[0]
    mark = max(",;\t", key=lambda one: len(set(columns) & set(_parted(first, one))))
    return [row for row in csv.reader(io.StringIO(text), delimiter=mark) if row]


def _parted(line: str, mark: str) -> list[str]:
    return next(csv.reader([line], delimiter=mark), [])


def _at(row: Sequence[str], place: int) -> str:
    return row[place] if place < len(row) else ""


def _number(row: Sequence[str], place: int, header: Sequence[str], number: int) -> float:
    try:
        return float(row[place])
    except (ValueError, IndexError):
        raise InputError(
            f"Row {number} of the table (counted from 0) needs a number in column "
            f"{header[place]!r}, got {_at(row, place)!r}. Fill it in, or leave the row out."
        ) from None
