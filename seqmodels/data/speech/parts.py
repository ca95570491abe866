"""The train and test parts of recordings: by a field, by lists or folders of the data, or drawn."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqmodels.core.errors import InputError, some
from seqmodels.core.examples import Examples
from seqmodels.data.names import PARTS
from seqmodels.data.parts import held_out
from seqmodels.data.speech import recordings
from seqmodels.data.speech.recordings import Files

LISTS = {"testing_list.txt": "test", "validation_list.txt": "valid"}  # of Speech Commands
LIST_BYTES = 2**26


@dataclass(frozen=True)
class Labelled:
    """Recordings and what is known of each.

    Args:
        files: Those with a label, N.
        target: The field that is predicted.
        fields: Field name to N values.
        says: Where the labels come from.
        arguments: Of the dataset, which lead here again.
    """

    files: Files
    target: str
    fields: Mapping[str, Sequence[Any]]
    says: str
    arguments: Mapping[str, Any]


def divide(
    found: Labelled,
    every: Examples,
    test: float,
    where: str | None,
    seed: int,
    group_by: str | None,
) -> tuple[dict[str, Examples], str]:
    """Return the parts, and in words how they were chosen.

    Args:
        found: What is known of each recording, N.
        every: The examples, N.
        test: Share of the test part, where it is drawn.
        where: The test part by a field; None: by the files, or drawn.
        seed: Of what is drawn.
        group_by: One of the groups of `every`, of which no value is in two parts.

    Raises:
        InputError: A part is empty, or a group is in both.
    """
    if where is None:
        assigned, how = (None, "") if group_by else _published(found.files)
        if assigned is None:
            train, rest, how = held_out(every, test=test, seed=seed, group_by=group_by)
            return {"train": train, "test": rest}, how
    else:
        assigned, how = _where(where, found.fields), where
    parts = {
        part: every.take(places)
        for part in ("train", "valid", "test")
        if len(places := np.flatnonzero(assigned == part))
    }
    missing = [part for part in ("train", "test") if part not in parts]
    if missing:
        raise InputError(f"No recording is in the {missing[0]} part, by {how}. Choose another.")
    if group_by:
        _refuse_crossing(group_by, parts, where)
    counts = ", ".join(f"{len(part):,} {name}" for name, part in parts.items())
    return parts, f"{counts}, by {how}"


def _refuse_crossing(group_by: str, parts: Mapping[str, Examples], where: str | None) -> None:
    if group_by not in parts["train"].groups:
        raise InputError(
            f"No group {group_by!r} to keep on one side (group_by=). There are "
            f"{some(parts['train'].groups)}."
        )
    both = set(parts["train"].groups[group_by]) & set(parts["test"].groups[group_by])
    if both:
        raise InputError(
            f"With test_where={where!r} both parts have {group_by} {some(sorted(both))}. Give "
            f"test_where or group_by, not both."
        )


def _where(where: str, fields: Mapping[str, Sequence[Any]]) -> np.ndarray:
    """Return the part of each recording, [N], by a text such as `index in 0-4,9`."""
    match = re.fullmatch(r"\s*(\w+)\s+in\s+(.+?)\s*", where)
    if match is None:
        raise InputError(
            f"test_where is written 'index in 0-4' or 'speaker in theo,lucas', got {where!r}."
        )
    name, listed = match[1], [one.strip() for one in match[2].split(",")]
    if name not in fields:
        raise InputError(f"test_where={where!r}: no field {name!r}. There are {some(fields)}.")
    ranges = [
        tuple(map(int, one.split("-"))) for one in listed if re.fullmatch(r"\d{1,18}-\d{1,18}", one)
    ]

    def held(value: str) -> bool:
        number = int(value) if value.isdecimal() and len(value) < 19 else -1
        return value in listed or any(first <= number <= last for first, last in ranges)

    return np.array(["test" if held(str(value)) else "train" for value in fields[name]])


def _published(files: Files) -> tuple[np.ndarray | None, str]:
    """Return the part of each recording by lists or folders that the data bring, and by which."""
    lists = {files.root / name: part for name, part in LISTS.items()}
    there = {path: part for path, part in lists.items() if path.is_file()}
    if "test" in there.values():
        parts: dict[str, str] = {}
        for path, part in there.items():
            with path.open("rb") as file:
                text = file.read(LIST_BYTES).decode("utf-8", "replace")
            parts |= dict.fromkeys(
                (line.strip().replace("\\", "/") for line in text.splitlines()), part
            )
        assigned = [parts.get(name, "train") for name in files.names]
        return np.array(assigned), " and ".join(path.name for path in there)
    level = recordings.split_level(files)
    if level is None:
        return None, ""
    assigned = [PARTS[name.lower().split("/")[level]] for name in files.names]
    return np.array(assigned), "folders"
