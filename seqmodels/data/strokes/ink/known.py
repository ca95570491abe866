"""The formats of ink: how each is known by its content, and how a tree of its files is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from seqmodels.core.errors import InputError, some
from seqmodels.data.strokes.ink import iam, inkml, omniglot, quickdraw, safe_xml, sketch, trees, uji
from seqmodels.data.strokes.ink.places import Files
from seqmodels.data.strokes.ink.record import Drawing
from seqmodels.data.strokes.ink.trees import Choice

_HEAD = 16_384  # bytes that tell what a file is
_LIKE = 3  # files of one suffix and one top folder that are looked at
_LOOKED = 300


@dataclass(frozen=True)
class Format:
    """One format.

    Args:
        title: As people call it.
        targets: Labels to predict, the usual one first.
        read: Takes files, their names in this format, and choices; yields the drawings.
        suffixes: Endings that no other kind of file has, so that a broken one is an error.
        form: What x and y of a point are, as in `StrokeEncoder`.
    """

    title: str
    targets: tuple[str, ...]
    read: Callable[[Files, list[str], Choice], Iterator[Drawing]]
    suffixes: tuple[str, ...] = ()
    form: Literal["points", "offsets"] = "points"


FORMATS = {
    "inkml": Format("InkML", (inkml.LABEL, trees.FOLDER), trees.inkml_files, (".inkml",)),
    "iam": Format("IAM on-line XML", (iam.TEXT, iam.WRITER), trees.iam_files),
    "stroke3": Format("stroke-3", (sketch.LABEL,), trees.sketch_files, (".npz",), "offsets"),
    "quickdraw": Format("Quick, Draw!", (quickdraw.WORD,), trees.quickdraw_files, (".ndjson",)),
    "uji2": Format("UJI pen characters 2", (uji.CHARACTER,), trees.second_files),
    "uji": Format("UJI pen characters (UNIPEN)", (uji.CHARACTER, trees.FOLDER), trees.first_files),
    "omniglot": Format(
        "Omniglot strokes", (omniglot.CHARACTER, omniglot.ALPHABET), trees.omniglot_files
    ),
}


def survey(files: Files) -> dict[str, set[str]]:
    """Return the formats among some files, found by content, and the suffixes of their files.

    Of each suffix in each top folder a few files are looked at.
    """
    seen: dict[tuple[str, str], int] = {}
    found: dict[str, set[str]] = {}
    for name in files.names:
        path = PurePosixPath(name or files.root.name)
        key = (path.parts[0] if name and len(path.parts) > 1 else "", path.suffix.lower())
        seen[key] = seen.get(key, 0) + 1
        if seen[key] > _LIKE or len(seen) > _LOOKED:
            continue
        kind = kind_of(files, name)
        if kind is not None:
            found.setdefault(kind, set()).add(path.suffix.lower())
    return found


def kind_of(files: Files, name: str) -> str | None:
    """Return the format of one file, known by its first bytes; None: none of these."""
    head = files.head(name, _HEAD)
    if head.startswith(b"PK\x03\x04"):
        with files.open(name) as file:
            return "stroke3" if sketch.is_sketch(file) else None
    root = safe_xml.root_name(head)
    if root is not None:
        return {"ink": "inkml", iam.ROOT: "iam"}.get(root)
    for kind, known in (
        ("quickdraw", quickdraw.is_line),
        ("omniglot", omniglot.is_start),
        ("uji2", uji.is_second),
        ("uji", uji.is_first),
    ):
        if known(head):
            return kind
    return None


def read(files: Files, kind: str, choice: Choice) -> tuple[Iterator[Drawing], int]:
    """Return the drawings in all files of one format, and how many files were passed over.

    Raises:
        InputError: None of the files is of the format; or, while they are read, one is broken.
    """
    form = FORMATS[kind]
    suffixes = survey(files).get(kind, set())
    if not suffixes and files.names == [""]:
        return form.read(files, [""], choice), 0
    names, others = [], 0
    every = files.names
    if choice.sample is not None:
        fit = suffixes.union(form.suffixes)
        every = [name for name in every if PurePosixPath(name).suffix.lower() in fit] or every
        every = every[:: max(1, len(every) // choice.sample)]
    for name in every:
        suffix = PurePosixPath(name or files.root.name).suffix.lower()
        if suffix in form.suffixes or (suffix in suffixes and kind_of(files, name) == kind):
            names.append(name)
        elif suffix in suffixes:
            others += 1
    if not names:
        have = some(dict.fromkeys(PurePosixPath(name).suffix for name in files.names))
        raise InputError(f"{files.root} has no {form.title} file, only files ending in {have}.")
    return form.read(files, names, choice), others
