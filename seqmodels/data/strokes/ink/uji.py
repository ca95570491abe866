"""UJI pen characters: version 2's own text, and version 1's, which follows UNIPEN.

Llorens et al. 2008; https://archive.ics.uci.edu/dataset/177 and /160. Guyon et al. 1994 define
UNIPEN; of it what isolated characters need is read.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from seqmodels.core.errors import InputError
from seqmodels.data.strokes.ink.files import Files
from seqmodels.data.strokes.ink.record import (
    FOLDER,
    Choice,
    Drawing,
    Format,
    folder_label,
    joined,
    part_of,
)

CHARACTER = "character"
_WRITER = re.compile(r"(trn|tst)_(.+?)(?:-(\d+))?")
_PARTS = {"trn": "train", "tst": "test"}
_FILE_WRITER = re.compile(r"w\d+$", re.IGNORECASE)
_V2 = re.compile(rb"^\s*WORD\s+\S+\s+\S+", re.MULTILINE)
_V1 = re.compile(rb"^\.(SEGMENT|PEN_DOWN|VERSION|HIERARCHY|COORD|DATA_SOURCE)\b", re.MULTILINE)
_SEGMENT = re.compile(r"\S+\s*(?:[\d:,-]+)?\s*(?:\?|OK|BAD|LOOKS_LIKE)?\s*(?:\"(.*)\"|(\S+))?\s*$")
_MOST = 1_000_000  # points or strokes that a line may announce


def read_second(files: Files, names: list[str], choice: Choice) -> Iterator[Drawing]:
    """Yield the drawings of UJI's version 2."""
    for name in names:
        text = files.text(name, encoding=choice.encoding)
        yield from itertools.islice(second(text, files.where(name)), choice.most)


def read_first(files: Files, names: list[str], choice: Choice) -> Iterator[Drawing]:
    """Yield the drawings of UJI's version 1, a file a writer, or of other UNIPEN characters."""
    for name in names:
        text, folders = files.text(name, encoding=choice.encoding), files.folders(name)
        found = first(text, files.stem(name), files.where(name))
        for one in itertools.islice(found, choice.most):
            yield one.with_defaults(labels=folder_label(folders), part=part_of(folders))


def is_second(head: bytes) -> bool:
    """Whether the first bytes of a file are those of version 2."""
    return bool(_V2.search(head)) and (b"NUMSTROKES" in head)


def is_first(head: bytes) -> bool:
    """Whether the first bytes of a file are those of version 1, or of other UNIPEN."""
    return bool(_V1.search(head))


def second(text: str, where: str) -> Iterator[Drawing]:
    """Yield the drawings of version 2: WORD, NUMSTROKES and a line of POINTS for each stroke.

    `trn_UJI_W01-02` is the training part, writer UJI_W01, session 02.

    Raises:
        InputError: A line is not what is due, or a count is not kept; names it.
    """
    head: tuple[str, str, int] | None = None  # character, who, line
    strokes: list[list[tuple[float, float]]] = []
    due: int | None = None
    for number, line in enumerate(text.split("\n"), start=1):
        words = line.split()
        if not words or words[0].startswith("//"):
            continue
        here = f"{where}, line {number}"
        if words[0] == "WORD" and len(words) in (2, 3):
            if head is not None:
                yield _second(head, strokes, due, where)
            head, strokes, due = (words[1], words[2] if len(words) == 3 else "", number), [], None
        elif words[0] == "NUMSTROKES" and head is not None and len(words) == 2:
            due = _whole(words[1], here)
        elif words[0] == "POINTS" and due is not None and len(words) >= 3 and words[2] == "#":
            strokes.append(_pairs(words[3:], _whole(words[1], here), here))
        else:
            raise InputError(
                f"{here} is {line.strip()[:40]!r}; WORD, NUMSTROKES or POINTS is due there."
            )
    if head is None:
        raise InputError(f"{where} has no WORD, so no drawing.")
    yield _second(head, strokes, due, where)


def _second(
    head: tuple[str, str, int],
    strokes: list[list[tuple[float, float]]],
    due: int | None,
    where: str,
) -> Drawing:
    character, who, line = head
    here = f"{where}, line {line} ({character!r})"
    if due != len(strokes):
        raise InputError(f"{here} announces {due} strokes and has {len(strokes)}. Fetch it again.")
    known = _WRITER.fullmatch(who)
    groups = {"writer": known[2]} if known else {"writer": who} if who else {}
    labels = {CHARACTER: character}
    if known and known[3]:
        groups["session"] = f"{known[2]}-{known[3]}"
    return Drawing(joined(strokes, here), here, labels, groups, known and _PARTS[known[1]])


def _pairs(words: list[str], count: int, where: str) -> list[tuple[float, float]]:
    if len(words) != 2 * count:
        raise InputError(
            f"{where} announces {count} points and has {len(words)} numbers, not twice."
        )
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        raise InputError(f"{where} has a coordinate that is no number.") from None
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def _whole(word: str, where: str) -> int:
    if not word.isascii() or not word.isdecimal() or len(word) > 7 or int(word) > _MOST:
        raise InputError(f"{where} announces {word[:20]!r}; a whole number up to {_MOST:,} is due.")
    return int(word)


def first(text: str, stem: str, where: str) -> Iterator[Drawing]:
    """Yield the drawings of version 1: after each .SEGMENT its strokes from .PEN_DOWN to .PEN_UP.

    Args:
        text: What the file holds.
        stem: Its name; `UJIpenchars-w03` was written by w03.
        where: Its name, for messages.

    Raises:
        InputError: A point is no point, or there is no segment; names the line.
    """
    writer = _FILE_WRITER.search(stem)
    groups = {"writer": writer[0].lower()} if writer else {}
    columns = (0, 1)
    strokes: list[list[tuple[float, float]]] = []
    label: str | None = None
    started, down, found = 0, False, False
    for number, line in enumerate(text.split("\n"), start=1):
        word, _, rest = line.strip().partition(" ")
        here = f"{where}, line {number}"
        if word == ".SEGMENT":
            if started and strokes:
                found = True
                yield _first(strokes, label, groups, f"{where}, line {started}")
            named = _SEGMENT.match(rest)
            label = (named[1] or named[2]) if named else None
            strokes, started, down = [], number, False
        elif word == ".COORD":
            names = rest.split()
            if "X" not in names or "Y" not in names:
                raise InputError(f"{here} names the coordinates {rest[:40]!r}; X and Y are needed.")
            columns = (names.index("X"), names.index("Y"))
        elif word in (".PEN_DOWN", ".PEN_UP"):
            down = word == ".PEN_DOWN"
            if down:
                strokes.append([])
        elif word and word[0] != "." and down:
            values = line.split()
            try:
                strokes[-1].append((float(values[columns[0]]), float(values[columns[1]])))
            except (ValueError, IndexError):
                raise InputError(f"{here} is {line.strip()[:40]!r}; a point x y is due.") from None
    if started and strokes:
        found = True
        yield _first(strokes, label, groups, f"{where}, line {started}")
    if not found:
        raise InputError(f"{where} has no .SEGMENT followed by strokes, so no drawing.")


def _first(
    strokes: list[list[tuple[float, float]]], label: str | None, groups: dict[str, str], where: str
) -> Drawing:
    labels = {CHARACTER: label} if label else {}
    return Drawing(joined(strokes, where), where, labels, groups)


SECOND = Format(
    "UJI pen characters 2",
    (CHARACTER,),
    lambda files, name, head: is_second(head),
    read_second,
)
FIRST = Format(
    "UJI pen characters (UNIPEN)",
    (CHARACTER, FOLDER),
    lambda files, name, head: is_first(head),
    read_first,
)
