"""Omniglot's strokes: a text a drawing, ALPHABET/characterNN/IIII_DD.txt, DD its drawer.

Lake, Salakhutdinov, Tenenbaum 2015; https://github.com/brendenlake/omniglot.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from seqmodels.core.errors import InputError
from seqmodels.data.strokes.ink.files import Files
from seqmodels.data.strokes.ink.record import Choice, Drawing, Format, joined

CHARACTER, ALPHABET = "character", "alphabet"
_NAME = re.compile(r"\d+_(\d+)")


def read(files: Files, names: list[str], choice: Choice) -> Iterator[Drawing]:
    """Yield Omniglot's drawings, a file each."""
    for name in names:
        yield drawing(files.text(name, 4_000_000), name, files.where(name))


def is_start(head: bytes) -> bool:
    """Whether the first bytes of a file are those of a drawing in this format."""
    return head.lstrip()[:5] == b"START" and head.lstrip()[5:6] in (b"\n", b"\r", b"")


def drawing(text: str, name: str, where: str) -> Drawing:
    """Return the drawing in one file: lines of x,y,milliseconds, and BREAK where the pen lifts.

    Args:
        text: What the file holds.
        name: Its path; the last two folders are the alphabet and the character.
        where: Its name, for messages.

    Raises:
        InputError: A line is neither; names it.
    """
    strokes: list[list[tuple[float, float]]] = [[]]
    for number, line in enumerate(text.splitlines(), start=1):
        word = line.strip()
        if not word or (word == "START" and number == 1):
            continue
        if word == "BREAK":
            strokes.append([])
            continue
        values = word.split(",")
        try:
            strokes[-1].append((float(values[0]), float(values[1])))
        except (ValueError, IndexError):
            raise InputError(
                f"{where}, line {number} is {word[:40]!r}; x,y,time or BREAK is due."
            ) from None
    path = PurePosixPath(name)
    folders = path.parts[:-1]
    labels, groups = {}, {}
    if folders:
        labels[CHARACTER] = "/".join(folders[-2:])
    if len(folders) > 1:
        labels[ALPHABET] = folders[-2]
    drawer = _NAME.fullmatch(path.stem)
    if drawer:  # people drew one alphabet each, so that drawer 7 of two alphabets is two people
        groups["drawer"] = "/".join((*folders[-2:-1], drawer[1]))
    return Drawing(joined(strokes, where), where, labels, groups)


FORMAT = Format(
    "Omniglot strokes",
    (CHARACTER, ALPHABET),
    lambda files, name, head: is_start(head),
    read,
)
