"""Labels of sequences in a table: their column, the part of a row, and the head that suits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from seqmodels.core.errors import InputError, some
from seqmodels.data.names import LABELS, PARTS, SPLITS
from seqmodels.data.parts import suggested
from seqmodels.data.sequences.cases import Case, label
from seqmodels.data.tables import tables
from seqmodels.data.tables.tables import Table


def classes(kinds: int) -> str:
    """Return the head for a number of classes."""
    return "binary" if kinds == 2 else "multiclass"


def numbered(labels: list[str]) -> str:
    """Return the head for labels that are numbers at one end of a row."""
    return "regression" if fractions(labels) else classes(len(set(labels)))


def fractions(labels: list[str]) -> bool:
    """Return whether some of the labels, which are numbers, are not whole."""
    return any(not float(one).is_integer() for one in labels)


def head(labels: list[str]) -> str:
    """Return the head that suits labels as they are written."""
    return suggested(values_of(labels, None))


def values_of(labels: list[str], numeric: bool | None) -> Any:
    """Return labels as numbers for regression, else as text.

    Args:
        labels: As they are written.
        numeric: Whether they are numbers to predict. None: they are where one has a fraction, or
            more than 20 whole ones are found.
    """
    if numeric is not False:
        try:
            numbers = np.array([float(one) for one in labels])
        except ValueError:
            numbers = np.array([np.nan])
        if numeric or (np.isfinite(numbers).all() and suggested(numbers) == "regression"):
            return numbers
    return labels


def label_column(
    name: str, rest: list[str], target: Any, rows: list[list[Any]], table: Table
) -> str | None:
    """Return the column of labels; None: there is none, and the table is of another kind."""
    if target is not None:
        if target not in rest:
            raise InputError(f"{name} has no column {target!r} of labels. There are {some(rest)}.")
        return str(target)
    known = [one for one in rest if one.strip().lower() in (*LABELS, "y")]
    if len(known) == 1 or len(rest) == 1:
        column = (known or rest)[0]
        kinds = {text_of(row[table.columns.index(column)]) for row in rows}
        return column if known or len(kinds) <= max(len(rows) / 2, 2) else None
    others = [one for one in rest if one.lower() not in PARTS and one.lower() not in ("id", "")]
    raise InputError(
        f"Which column of {name} has the labels of its sequences: {some(others, 20)}? "
        f"Say it: --target {others[0] if others else 'COLUMN'}."
    )


def table_at(path: Path, encoding: Any) -> Table:
    """Return the table in a file.

    Raises:
        InputError: There is none.
    """
    table = tables.sniff(path, encoding=encoding)
    if table is None:
        raise InputError(f"{str(path)!r} is no table.")
    return table


def head_of(table: Table, column: str) -> str:
    """Return the head that suits a column of labels."""
    return head([text_of(row[0]) for _, row in table.rows([column])])


def labelled(
    read: Iterable[tuple[Case, list[str]]], column: str, extra: Sequence[str]
) -> list[Case]:
    """Return the sequences of a table's rows with their labels, groups and parts.

    Args:
        read: Each sequence, and what its row has in the columns of the label and `extra`.
        column: That of the label.
        extra: The other columns beside the sequence.

    Raises:
        InputError: A row has no label.
    """
    cases = []
    for case, (text, *others) in read:
        name = label(text)
        if not name:
            raise InputError(f"{case.where}: no label in column {column!r}. Leave the row out.")
        known = dict(zip(extra, others, strict=True))
        cases.append(with_groups(replace(case, label=name), known))
    return cases


def with_groups(case: Case, others: dict[str, str]) -> Case:
    """Return a sequence with what the other columns of its row say: groups, and its part."""
    return replace(case, groups=tuple(others.items()), part=part_of(others))


def part_of(others: dict[str, str]) -> str | None:
    """Return the part that a row says it belongs to, in a column of a name for it."""
    for name in SPLITS:
        found = next((value for key, value in others.items() if key.lower() == name), "")
        if found.lower() in PARTS:
            return PARTS[found.lower()]
    return None


def text_of(value: Any) -> str:
    """Return a cell as stripped text; empty for None."""
    return "" if value is None else str(value).strip()
