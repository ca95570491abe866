"""Folders and zips of ink, read file by file with what stands beside the files."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from seqmodels.core.errors import InputError
from seqmodels.data.strokes.ink import iam, inkml, omniglot, quickdraw, safe_xml, sketch, uji
from seqmodels.data.strokes.ink.places import Files
from seqmodels.data.strokes.ink.places import files as listed
from seqmodels.data.strokes.ink.record import Drawing

FOLDER = "folder"
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_PARTS = {
    "train": "train",
    "training": "train",
    "valid": "valid",
    "validation": "valid",
    "val": "valid",
    "test": "test",
    "testing": "test",
}
_MOST_TABLE = 20_000_000  # bytes of a table of labels


@dataclass(frozen=True)
class Choice:
    """What the user decides about the reading.

    Args:
        unit: See `inkml.drawings`.
        recognized: See `quickdraw.drawings`.
        encoding: Of UJI's text; None: UTF-8, else ISO 8859-15.
        most: Drawings of each file to read, from its start; None: all.
        sample: Files to read, from all over the folder; None: all.
    """

    unit: inkml.Unit | None = None
    recognized: bool = False
    encoding: str | None = None
    most: int | None = None
    sample: int | None = None


def part_of(folders: tuple[str, ...]) -> str | None:
    """Return the part that a folder's name tells, the innermost first: TrainINKML is "train"."""
    for folder in reversed(folders):
        for word in _WORDS.findall(folder):
            if word.lower() in _PARTS:
                return _PARTS[word.lower()]
    return None


def inkml_files(files: Files, names: list[str], choice: Choice) -> Iterator[Drawing]:
    """Yield the drawings of `.inkml` files; labels may stand in a table `UI,label` beside them."""
    table: dict[str, str] | None = None
    for name in names:
        where, folders = files.where(name), files.folders(name)
        with files.open(name) as file:
            root = safe_xml.parse(file, where)
        if safe_xml.local(root) != "ink":
            raise InputError(f"{where} is XML, but its root is {safe_xml.local(root)!r}, not ink.")
        part = part_of(folders)
        labels = {FOLDER: folders[-1]} if folders and part_of(folders[-1:]) is None else {}
        for one in itertools.islice(inkml.drawings(root, where, choice.unit), choice.most):
            told = dict(labels)
            if inkml.LABEL not in one.labels and "UI" in one.labels:
                table = _table(files) if table is None else table
                key = one.labels["UI"]
                if key in table:
                    told[inkml.LABEL] = table[key]
            yield one.told(labels=told, part=part)


def _table(files: Files) -> dict[str, str]:
    """Return what tables beside the ink say, `UI,label` a line, as CROHME's symbols come."""
    table = {}
    for name in files.names:
        if PurePosixPath(name).suffix.lower() in (".txt", ".csv"):
            for line in files.text(name, _MOST_TABLE).splitlines():
                key, comma, label = line.partition(",")
                if comma and label.strip():
                    table.setdefault(key.strip().strip('"'), label.strip().strip('"'))
    return table


def iam_files(files: Files, names: list[str], choice: Choice) -> Iterator[Drawing]:
    """Yield lines where there are any, else whole sessions; texts and writers from beside them."""
    every = [(files, name) for name in files.names]
    if files.archive is None and files.root.name == "lineStrokes":
        with listed(files.root.parent) as above:
            every = [(above, name) for name in above.names]
    lines = [name for name in names if iam.line_of(files.stem(name)) is not None]
    needed = {iam.form_of(files.stem(name), files.folders(name)) for name in lines or names}
    texts: dict[str, list[str]] = {}
    writers: dict[str, str] = {}
    parts: dict[str, str] = {}
    sessions: list[tuple[Files, str]] = []
    for place, name in every:
        stem, suffix = place.stem(name), PurePosixPath(name).suffix.lower()
        if suffix == ".txt" and stem in iam.PARTS:
            parts.update(dict.fromkeys(place.text(name, _MOST_TABLE).split(), iam.PARTS[stem]))
        elif suffix == ".txt" and stem == "forms":
            writers.update(iam.writers_in(place.text(name, _MOST_TABLE)))
        elif suffix == ".txt" and stem in needed:
            texts[stem] = iam.lines_in(place.text(name, _MOST_TABLE))
        elif suffix == ".xml" and stem.startswith("strokes"):
            sessions.append((place, name))
    for place, name in sessions if lines else []:
        form = iam.form_of(place.stem(name), place.folders(name))
        writer = iam.writer_in(place.head(name, iam.HEAD)) if form in needed else None
        if form and writer:
            writers[form] = writer
    for name in lines or names:
        where, stem = files.where(name), files.stem(name)
        with files.open(name) as file:
            root = safe_xml.parse(file, where)
        one = iam.drawing(root, stem, files.folders(name), where)
        form, number = one.groups.get(iam.FORM, ""), iam.line_of(stem)
        text = texts.get(form, [])
        chosen = text if number is None else text[number - 1 : number]
        yield one.told(
            labels={iam.TEXT: " ".join(chosen)} if chosen else {},
            groups={iam.WRITER: writers[form]} if form in writers else {},
            part=parts.get(form),
        )


def sketch_files(files: Files, names: list[str], choice: Choice) -> Iterator[Drawing]:
    """Yield the drawings of `.npz` archives; the name of a file is the class of its drawings."""
    for name in names:
        stem = files.stem(name).removeprefix("sketchrnn_").removesuffix(".full")
        with files.open(name) as file:
            yield from sketch.drawings(
                file,
                stem,
                files.where(name),
                choice.most,
                glance=choice.sample is not None,
            )


def quickdraw_files(files: Files, names: list[str], choice: Choice) -> Iterator[Drawing]:
    """Yield the drawings of ndjson files; the name of a file stands in for words it leaves out."""
    for name in names:
        stem = files.stem(name).removeprefix("full_simplified_").removeprefix("full_raw_")
        with files.open(name) as file:
            found = quickdraw.drawings(file, files.where(name), choice.recognized)
            for one in itertools.islice(found, choice.most):
                yield one.told(labels={quickdraw.WORD: stem})


def second_files(files: Files, names: list[str], choice: Choice) -> Iterator[Drawing]:
    """Yield the drawings of UJI's version 2."""
    for name in names:
        text = files.text(name, encoding=choice.encoding)
        yield from itertools.islice(uji.second(text, files.where(name)), choice.most)


def first_files(files: Files, names: list[str], choice: Choice) -> Iterator[Drawing]:
    """Yield the drawings of UJI's version 1, a file a writer, or of other UNIPEN characters."""
    for name in names:
        text, folders = files.text(name, encoding=choice.encoding), files.folders(name)
        found = uji.first(text, files.stem(name), files.where(name))
        labels = {FOLDER: folders[-1]} if folders and part_of(folders[-1:]) is None else {}
        for one in itertools.islice(found, choice.most):
            yield one.told(labels=labels, part=part_of(folders))


def omniglot_files(files: Files, names: list[str], choice: Choice) -> Iterator[Drawing]:
    """Yield Omniglot's drawings, a file each."""
    for name in names:
        yield omniglot.drawing(files.text(name, 4_000_000), name, files.where(name))
