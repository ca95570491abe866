"""The formats of ink: how each is known by its content, and how a tree of its files is read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from seqmodels.core.errors import InputError, some
from seqmodels.data.strokes.ink import iam, inkml, omniglot, quickdraw, sketch, uji
from seqmodels.data.strokes.ink.files import Files
from seqmodels.data.strokes.ink.record import Choice, Drawing, Format

_HEAD = 16_384  # bytes that tell what a file is
_LIKE = 3  # files of one suffix and one top folder that are looked at
_LOOKED = 300


FORMATS: dict[str, Format] = {  # in the order in which they are tried; a new format is one line
    "inkml": inkml.FORMAT,
    "iam": iam.FORMAT,
    "stroke3": sketch.FORMAT,
    "quickdraw": quickdraw.FORMAT,
    "omniglot": omniglot.FORMAT,
    "uji2": uji.SECOND,
    "uji": uji.FIRST,
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
    return next((kind for kind, form in FORMATS.items() if form.known(files, name, head)), None)


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
