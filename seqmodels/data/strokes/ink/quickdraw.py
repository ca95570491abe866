"""Quick, Draw!: one drawing a line, as JSON (https://github.com/googlecreativelab/quickdraw-dataset)."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import IO, Any

import numpy as np

from seqmodels.core.errors import InputError
from seqmodels.data.strokes.ink.files import Files
from seqmodels.data.strokes.ink.record import Choice, Drawing, Format, joined
from seqmodels.data.tables.lines import decoded, json_object, raw_lines

WORD = "word"
_DRAWING = re.compile(r'"drawing"\s*:\s*\[')
_LIKE = '{"word": "cat", "drawing": [[[x], [y]]]}'


def read(files: Files, names: list[str], choice: Choice) -> Iterator[Drawing]:
    """Yield the drawings of ndjson files; the name of a file stands in for words it leaves out."""
    for name in names:
        stem = files.stem(name).removeprefix("full_simplified_").removeprefix("full_raw_")
        with files.open(name) as file:
            found = drawings(file, files.where(name), choice.recognized)
            for one in itertools.islice(found, choice.most):
                yield one.with_defaults(labels={WORD: stem})


def is_line(head: bytes) -> bool:
    """Whether the first bytes of a file begin a drawing in this format."""
    start = head.decode("utf-8-sig", errors="replace").lstrip()
    return start.startswith("{") and bool(_DRAWING.search(start))


def drawings(file: IO[bytes], where: str, recognized: bool) -> Iterator[Drawing]:
    """Yield the drawings of one file, simplified (x, y) or raw (x, y, milliseconds).

    Args:
        file: Its lines.
        where: Its name, for messages.
        recognized: Leave out what the game did not recognise.

    Raises:
        InputError: A line is not a drawing; names it.
    """
    for number, raw in raw_lines(file, where):
        if not raw.strip():
            continue
        here = f"{where}, line {number}"
        record = json_object(where, number, decoded(where, number, raw, "utf-8"), like=_LIKE)
        if not isinstance(record.get("drawing"), list):
            raise InputError(f'{here} needs a "drawing", as in {_LIKE}.')
        if recognized and record.get("recognized") is False:
            continue
        labels = {WORD: str(record[WORD])} if record.get(WORD) not in (None, "") else {}
        country = record.get("countrycode")
        groups = {"country": str(country)} if country else {}
        yield Drawing(joined(_strokes(record["drawing"], here), here), here, labels, groups)


def _strokes(drawing: list[Any], where: str) -> list[np.ndarray]:
    """Return strokes [T, 2] of numbers."""
    strokes = []
    for number, stroke in enumerate(drawing, start=1):
        if not isinstance(stroke, list) or not 2 <= len(stroke) <= 3:
            raise InputError(f"{where}: stroke {number} is not [[x ...], [y ...]] (and times).")
        x, y = stroke[:2]
        if not (isinstance(x, list) and isinstance(y, list) and len(x) == len(y)):
            raise InputError(f"{where}: stroke {number} needs as many x as y.")
        try:
            points = np.array((x, y))  # [2, T]
        except (ValueError, OverflowError):  # lists of unequal length inside
            points = np.empty(0, dtype=object)
        if x and (points.ndim != 2 or points.dtype.kind not in "if"):
            raise InputError(f"{where}: stroke {number} has a place that is no number.")
        strokes.append(points.T)
    return strokes


FORMAT = Format(
    "Quick, Draw!", (WORD,), lambda files, name, head: is_line(head), read, (".ndjson",)
)
