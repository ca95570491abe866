"""A table of labels for recordings: which column names the files, and which is the target."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seqmodels.core.errors import InputError, some
from seqmodels.data.file_tables import file_column, file_index, file_place
from seqmodels.data.names import LABELS
from seqmodels.data.tables import tables

_ENDINGS = (".csv", ".tsv", ".jsonl", ".parquet")


def found(root: Path, names: Sequence[str]) -> Path | None:
    """Return the table in a folder, or in one directly below, that names most of the files.

    Raises:
        InputError: Several do.
    """
    places = sorted(p for p in (*root.glob("*"), *root.glob("*/*")) if p.suffix in _ENDINGS)
    index, fit = file_index(names), []
    for place in places[:100]:
        try:
            table = tables.sniff(place)
            if table is not None and file_column(table, index) is not None:
                fit.append(place)
        except InputError:
            continue  # some table that cannot be read need not be that of the labels
    if len(fit) > 1:
        shown = [str(one.relative_to(root)) for one in fit]
        raise InputError(
            f"Several tables in {str(root)!r} name the files: {some(shown)}. Choose one: "
            f"--set dataset.labels={shown[0]}."
        )
    return fit[0] if fit else None


def read(
    path: Path, names: Sequence[str], target: str | None, encoding: str | None = None
) -> tuple[str, list[int], dict[str, list[Any]]]:
    """Return the target, the places in `names` of files with a row, and each column's values.

    Raises:
        InputError: It is no table, no column names the files, the target is not clear, a label is
            missing, or a file has two rows with different labels; names the line.
    """
    table = tables.sniff(path, encoding=encoding)
    if table is None:
        raise InputError(f"{str(path)!r} is no table. Give a CSV with a column of file names.")
    index = file_index(names)
    column = file_column(table, index)
    if column is None:
        raise InputError(
            f"No column of {str(path)!r} names the files, such as {names[0]!r}. Its columns are "
            f"{some(table.columns, 10)}. Give paths from the folder, or file names."
        )
    target = _target(table, column, target)
    where, label = table.columns.index(column), table.columns.index(target)
    rows: dict[int, list[Any]] = {}
    problems: list[str] = []
    for line, values in table.rows():
        place = file_place(values[where], index)
        if place is None:
            continue
        if values[label] is None or not str(values[label]).strip():
            problems.append(f"{path}, {table.unit} {line} has no {target!r}. Fill it in.")
        elif place in rows and rows[place][label] != values[label]:
            problems.append(
                f"{path}, {table.unit} {line} says {values[label]!r} of {names[place]!r}, an "
                f"earlier one {rows[place][label]!r}. Leave one out."
            )
        rows[place] = values
    if problems:
        more = [f"And {len(problems) - 5} more of the kind."] if len(problems) > 5 else []
        raise InputError(problems[:5] + more)
    places = sorted(rows)
    columns = {
        name: [rows[place][i] for place in places]
        for i, name in enumerate(table.columns)
        if name != column
    }
    return target, places, {**columns, target: _numbers(columns[target])}


def _target(table: tables.Table, column: str, target: str | None) -> str:
    others = [name for name in table.columns if name != column]
    if target is not None:
        if target not in others:
            raise InputError(
                f"{str(table.path)!r} has no column {target!r} to predict. It has {some(others)}."
            )
        return target
    lower = {name.lower(): name for name in others}
    known = [lower[name] for name in LABELS if name in lower]
    if len(others) == 1 or known:
        return known[0] if known else others[0]
    raise InputError(
        f"Which column of {str(table.path)!r} is to be predicted? Choose one with --target: "
        f"{some(others, 20)}."
    )


def _numbers(values: list[Any]) -> list[Any]:
    """Return labels as text, or as numbers where all are and one is not whole."""
    try:
        numbers = [float(value) for value in values]
    except (TypeError, ValueError):
        return [str(value).strip() for value in values]
    if all(number.is_integer() for number in numbers):
        return [str(value).strip() for value in values]
    return numbers
