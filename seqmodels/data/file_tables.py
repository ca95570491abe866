"""Tables that name files, as tables of labels beside recordings or sequences do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from seqmodels.data.tables import tables

_LOOKED = 200  # rows that are looked at to find the column of files


def file_index(names: Sequence[str]) -> Mapping[str, int | None]:
    """Return the place of each file by its path, its name, and its name without the ending.

    None where several files have the name.
    """
    index: dict[str, int | None] = {}
    for place, name in enumerate(names):
        path = PurePosixPath(name)
        for key in {path.name, path.stem, str(path.with_suffix(""))}:
            index[key] = None if key in index else place
    return {**index, **{name: place for place, name in enumerate(names)}}


def file_place(cell: Any, index: Mapping[str, int | None]) -> int | None:
    """Return the file that a cell names; None: no file, or several."""
    text = str(cell).strip().replace("\\", "/").removeprefix("./")
    found = index.get(text)
    return index.get(PurePosixPath(text).name) if found is None else found


def file_column(table: tables.Table, index: Mapping[str, int | None]) -> str | None:
    """Return the column of which most of the first cells name files, or None."""
    first = table.head(_LOOKED)
    named = [  # different files: a column of folds or classes names few, whatever they are called
        len({file_place(values[i], index) for values in first} - {None})
        for i in range(len(table.columns))
    ]
    best = max(range(len(named)), key=named.__getitem__, default=0)
    return table.columns[best] if named and 2 * named[best] > len(first) else None
