"""Which files of whole sequences a path holds, in which parts, and how to read them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqmodels.core.errors import InputError, some
from seqmodels.data.sequences import folders
from seqmodels.data.sequences.cases import ENOUGH, Source
from seqmodels.data.sequences.formats import FORMATS

PART = re.compile(r"(.*?)[ _.-]?(train|training|test|testing)", re.IGNORECASE)
ENDINGS = {".tra": "train", ".tes": "test"}  # as UCI has them
FORMS = (".ts", ".tsv", ".txt", ".csv", ".arff", ".jsonl", ".parquet", "")  # the best first


def find(path: Path, given: Mapping[str, Any]) -> Source | None:
    """Return the source at a path, or None where it holds no sequences.

    Args:
        path: A file or a folder.
        given: Arguments of the dataset that the user gave.

    Raises:
        InputError: The path holds sequences, but is broken or leaves several choices.
    """
    if path.is_dir():
        return _pair(path, given) or folders.folder(path, given)
    return _found(parts_of(path), given)


def parts_of(path: Path) -> dict[str, Path]:
    """Return the files of each part, where the name of the file says that it is one of two."""
    base, part, ending = split_name(path)
    if part is None:
        return {"all": path}
    return _grouped(_entries(path.parent)).get((base, _form(ending)), {"all": path})


def _grouped(entries: list[Path]) -> dict[tuple[str, str], dict[str, Path]]:
    """Return the two files of each pair, by the name that they share and the ending."""
    found: dict[tuple[str, str], dict[str, Path]] = {}
    for path in entries:
        base, part, ending = split_name(path)
        if part is not None and path.is_file():
            found.setdefault((base, _form(ending)), {})[part] = path
    return {
        key: {part: paths[part] for part in ("train", "test")}
        for key, paths in found.items()
        if len(paths) == 2
    }


def _form(ending: str) -> str:
    return ".tra" if ending in ENDINGS else ending


def split_name(path: Path) -> tuple[str, str | None, str]:
    """Return a file's name without its part and its ending, the part if any, and the ending."""
    ending = path.suffix.lower()
    if ending in ENDINGS:
        return path.stem, ENDINGS[ending], ending
    found = PART.fullmatch(path.name)
    if found is not None:
        ending = ""
    else:
        found = PART.fullmatch(path.stem)
    if found is None:
        return path.stem, None, ending
    return found[1], "train" if found[2].lower().startswith("train") else "test", ending


def _pair(folder: Path, given: Mapping[str, Any]) -> Source | None:
    """Return the one set of files in a folder."""
    sets = _sets(folder)
    if not sets:
        inner = [one for one in _entries(folder)[:1000] if one.is_dir()]
        below = [one for one in inner if _sets(one)]
        if not below or len(below) < len(inner) / 2:
            return None
        if len(below) > 1:
            raise InputError(
                f"{str(folder)!r} holds several sets: {some(one.name for one in below)}. Choose "
                f"one, as in {str(below[0])!r}."
            )
        return _pair(below[0], given)
    if len(sets) > 1:
        raise InputError(
            f"{str(folder)!r} holds several sets: {some(sets)}. Choose one by a file of it, as "
            f"in {str(next(iter(sets.values())))!r}."
        )
    paths = parts_of(next(iter(sets.values())))
    if "all" in paths:
        return None
    return _found(paths, given, sets=True)


def _sets(folder: Path) -> dict[str, Path]:
    """Return the training file of each set in a folder, in the form that says most."""
    pairs = _grouped(_entries(folder))
    found: dict[str, Path] = {}
    for base, form in sorted(pairs, key=lambda key: _rank(key[1])):
        path = pairs[base, form]["train"]
        if base not in found and _is_set(path):
            found[base] = path
    names = {re.sub(r"Dimension\d+$", "", base) for base in found}
    if len(names) == 1 and names <= set(found):  # a set, beside its channels one by one
        return {base: path for base, path in found.items() if base in names}
    return found


def _is_set(path: Path) -> bool:
    return any(form.known is not None and form.known(path) for form in FORMATS.values())


def _rank(ending: str) -> int:
    return FORMS.index(ending) if ending in FORMS else len(FORMS)


def _entries(folder: Path) -> list[Path]:
    entries = []
    for entry in folder.iterdir():
        if not entry.name.startswith("."):
            entries.append(entry)
        if len(entries) > ENOUGH:
            return []
    return sorted(entries)


def _found(
    paths: Mapping[str, Path], given: Mapping[str, Any], sets: bool = False
) -> Source | None:
    """Return the source in the first format that the files have; `sets`: one that has sets."""
    tried = (form.find(paths, given) for form in FORMATS.values() if form.known or not sets)
    return next((source for source in tried if source is not None), None)
