"""New sequences for `predict`: read as those that a run learned from, but without labels."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from seqmodels.core.errors import InputError
from seqmodels.data.names import names_of
from seqmodels.data.sequences import files, folders, steps
from seqmodels.data.sequences.cases import ENOUGH, Cases
from seqmodels.data.sequences.formats import FORMATS
from seqmodels.data.sequences.gaps import filled, gap


def inputs(path: Path, **arguments: Any) -> list[Any] | None:
    """Return the sequences at a path in order, or None where it holds none.

    Args:
        path: One file (another part beside it is not looked for), or a folder with a table for
            each sequence. Labels may be there, be `?`, or be left out; of rows without names
            their cell stays.
        arguments: Of the dataset, as a run recorded them.

    Returns:
        Steps [T, C] each; tables with the names of the channels where the files have them, so
        that the encoder takes those it learned from.

    Raises:
        InputError: The file is broken; or values are missing that the run did not fill in.
    """
    path = path.expanduser()
    found = _folder(path, arguments) if path.is_dir() else _file(path, arguments)
    if found is None:
        return None
    names = names_of(arguments.get("channels")) or found.channels
    missing = arguments.get("missing") or "refuse"
    lacking = [case for case in found.rows if np.isnan(case.values).any()]
    if lacking and missing in ("refuse", "drop"):
        raise InputError(
            f"{gap(lacking[0], found.channels)}. Values are missing in {len(lacking):,} of "
            f"{len(found.rows):,} sequences, and the run was trained with missing={missing!r}. "
            f"Fill them in or leave these sequences out; or train with missing='interpolate'."
        )
    _, values = filled([("all", case) for case in found.rows], missing, found.channels)
    if names is None or len(names) != values[0].shape[1]:
        return values  # of which the encoder counts the channels
    import pandas as pd

    return [pd.DataFrame(one, columns=list(names)) for one in values]


def _file(path: Path, arguments: Mapping[str, Any]) -> Cases | None:
    tried = (form.new(path, arguments) for form in FORMATS.values())
    return next((found for found in tried if found is not None), None)


def _folder(path: Path, arguments: Mapping[str, Any]) -> Cases | None:
    """Return the sequences of a folder with a table for each, by name, or None."""
    archives = [one for one in sorted(path.iterdir()) if one.suffix.lower() in (".ts", ".arff")]
    one = next(iter([*archives, *files._sets(path).values()]), None)
    if one is not None:
        raise InputError(f"{str(path)!r} holds files of many sequences. Give one: {str(one)!r}.")
    encoding = str(arguments.get("encoding") or "utf-8")
    every = list(itertools.islice(folders._files(path), ENOUGH + 1))
    if len(every) > ENOUGH:
        raise InputError(f"{str(path)!r} has more than {ENOUGH:,} tables. Give some of them.")
    labels = arguments.get("labels")
    given = {"labels": labels} if labels and (path / labels).is_file() else {}
    table = folders._label_table(path, every, given)
    every = [one for one in every if table is None or one != table[0].path]
    usual = Counter(one.suffix for one in every).most_common(1)

    def due(file: Path) -> bool:  # not a note, nor a table of other labels
        labels = any(word in file.stem.lower() for word in folders.NAMED)
        return steps.recognised(file, encoding) or (file.suffix == usual[0][0] and not labels)

    every = [one for one in every if due(one)]
    if not any(steps.recognised(one, encoding) for one in every):
        return None
    rows, names = [], None
    for file in every:
        inner = file.relative_to(path).as_posix()
        wanted = names_of(arguments.get("channels"))
        names, case = folders._one(file, inner, "", encoding, wanted, names)
        rows.append(case)
    return Cases(rows, "label", None, names)
