"""What the formats of ink share: the drawing, the choices of the user, and the format itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from seqmodels.core.errors import InputError
from seqmodels.data.names import PARTS
from seqmodels.data.strokes.ink.files import Files

FARTHEST = 1e30  # a coordinate; no tablet reports more, and float32 holds it
MOST_POINTS = 2_000_000  # of one drawing
FOLDER = "folder"  # label: the folder of a file, where it is not the name of a part
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


Unit = Literal["file", "group"]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawing and what its file says about it.

    Args:
        points: [T, 3]: x, y in the file's own units, and 1 where the pen is lifted after the
            point, else 0. In stroke-3 files x and y are ways from the point before.
        where: The file and, where there are several drawings, which of them; for messages.
        labels: What the drawing shows, by the name of the label: a character, a text.
        groups: Who drew it, or where: names of entities.
        part: "train", "valid" or "test" where the publisher says so.
    """

    points: np.ndarray
    where: str
    labels: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    part: str | None = None

    def with_defaults(
        self,
        *,
        labels: Mapping[str, str] | None = None,
        groups: Mapping[str, str] | None = None,
        part: str | None = None,
    ) -> Drawing:
        """Return a copy with these labels, groups and part where the drawing has none."""
        return replace(
            self,
            labels={**(labels or {}), **self.labels},
            groups={**(groups or {}), **self.groups},
            part=self.part or part,
        )


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

    unit: Unit | None = None
    recognized: bool = False
    encoding: str | None = None
    most: int | None = None
    sample: int | None = None


@dataclass(frozen=True)
class Format:
    """A format of ink.

    Args:
        title: Name for people.
        targets: Labels to predict, the usual one first.
        known: Whether a file has the format; takes the files, its name and its first bytes.
        read: Takes files, the names of those in this format, and choices; yields the drawings.
        suffixes: File endings of this format alone, so that a broken file is an error.
        form: What x and y of a point are, as in `StrokeEncoder`.
    """

    title: str
    targets: tuple[str, ...]
    known: Callable[[Files, str, bytes], bool]
    read: Callable[[Files, list[str], Choice], Iterator[Drawing]]
    suffixes: tuple[str, ...] = ()
    form: Literal["points", "offsets"] = "points"


def part_of(folders: tuple[str, ...]) -> str | None:
    """Return the part that a folder's name tells, the innermost first: TrainINKML is "train"."""
    for folder in reversed(folders):
        for word in _WORDS.findall(folder):
            if word.lower() in PARTS:
                return PARTS[word.lower()]
    return None


def folder_label(folders: tuple[str, ...]) -> dict[str, str]:
    """Return the innermost folder as a label, unless it names a part."""
    return {FOLDER: folders[-1]} if folders and part_of(folders[-1:]) is None else {}


def joined(strokes: Iterable[Sequence[Any] | np.ndarray], where: str) -> np.ndarray:
    """Return strokes, [T, 2] each, as one array of points [T, 3]; empty ones leave no trace.

    Raises:
        InputError: There is no point, far too many, or one that is not a place.
    """
    kept = [np.asarray(stroke, dtype=np.float64).reshape(-1, 2) for stroke in strokes]
    kept = [stroke for stroke in kept if len(stroke)]
    lengths = [len(stroke) for stroke in kept]
    if not kept:
        raise InputError(f"{where} has no point drawn with the pen down. Leave it out.")
    if sum(lengths) > MOST_POINTS:
        raise InputError(f"{where} has {sum(lengths):,} points; at most {MOST_POINTS:,} are read.")
    places = np.concatenate(kept)
    if not (np.abs(places) <= FARTHEST).all():  # NaN too
        raise InputError(
            f"{where} has a point that is no place: NaN, infinite or beyond {FARTHEST:g}."
        )
    if np.abs(places).max() >= 2**24:  # float32 would round; where a drawing stands is no matter
        places -= places[0]
    points = np.zeros((len(places), 3), dtype=np.float32)
    points[:, :2] = places
    points[np.cumsum(lengths) - 1, 2] = 1
    return points
