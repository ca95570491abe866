"""Sequences in Weka's .arff: one a line, in as many columns as steps, or quoted by channels.

Written from https://waikato.github.io/weka-wiki/formats_and_processing/arff_stable/. In the
archive of several channels the first attribute is relational: a quoted text in which a
backslash and an n part the channels, see https://www.timeseriesclassification.com.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seqmodels.core.errors import InputError, some
from seqmodels.data.sequences.cases import Case, Cases, beside, ended, label, lines, numbers, sole
from seqmodels.data.sequences.ucr import FEWEST, stepped

ATTRIBUTES = 1_000_000  # at most
_ATTRIBUTE = re.compile(
    r"@attribute\s+('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|\S+)\s+(.*)", re.IGNORECASE
)
_NUMERIC = ("numeric", "real", "integer")


@dataclass(frozen=True)
class Header:
    """The target's name, its classes if it has any, and whether sequences are quoted."""

    target: str
    numeric: bool
    classes: list[str]
    relational: bool


def header(path: Path, encoding: str = "utf-8", bare: bool = False) -> Header | None:
    """Return the header, or None where the file is of another kind or no table of steps.

    Args:
        path: The file.
        encoding: Of the text.
        bare: Labels are not needed: the last attribute may be a step like those before it.

    Raises:
        InputError: It is one of sequences, but broken.
    """
    kinds: list[tuple[str, str]] = []
    depth, relational, started = 0, False, False
    try:
        for _, text in itertools.islice(lines(path, encoding, ("%",)), ATTRIBUTES):
            word = text.split(None, 1)[0].lower()
            if not started:
                if word != "@relation":
                    return None
                started = True
            elif word == "@data":
                return _header(kinds, relational, bare)
            elif word == "@end":
                depth = 0
            elif word == "@attribute" and (found := _ATTRIBUTE.match(text)):
                if found[2].strip().lower() == "relational":
                    depth, relational = 1, True
                elif not depth:
                    kinds.append((found[1].strip("'\""), found[2].strip()))
    except InputError:
        return None
    if relational:
        raise InputError(f"{str(path)!r} is an .arff file without @data.")
    return None


def labels(path: Path, encoding: str = "utf-8") -> set[str]:
    """Return the kinds of labels in a file; reads the end of each line only."""
    return {label(text.rpartition(",")[2]) for _, text in _data(path, encoding)}


def read(path: Path, encoding: str = "utf-8", bare: bool = False) -> Cases:
    """Return the sequences of an .arff file; bare, whatever their labels are, or without any.

    Raises:
        InputError: The file is broken; names the line.
    """
    head = header(path, encoding, bare)
    if head is None:
        raise InputError(f"{str(path)!r} is no .arff file of sequences.")
    places = ((f"{path.name}, line {n}", text) for n, text in _data(path, encoding))
    rows = [_case(head, text, where, bare) for where, text in places]
    return Cases(sole(rows, path), head.target, head.numeric)


def _header(kinds: list[tuple[str, str]], relational: bool, bare: bool) -> Header | None:
    stems = {(re.sub(r"\d+", "", name), kind.lower()) for name, kind in kinds}
    if bare and (not kinds or (len(stems) == 1 and not relational)):
        kinds = [*kinds, ("", "")]
    if not kinds:
        return None
    *steps, (target, kind) = kinds
    names = kind.startswith("{")
    if relational and steps:
        return None
    if not relational and (
        len(steps) < FEWEST
        or any(not one.lower().startswith(_NUMERIC) for _, one in steps)
        or len({re.sub(r"\d+", "", name) for name, _ in steps}) > 1
    ):
        return None  # a table of features, not of steps
    classes = [label(one) for one in kind.strip("{} ").split(",")] if names else []
    return Header(target, not names and kind.lower().startswith(_NUMERIC), classes, relational)


def _data(path: Path, encoding: str) -> Iterator[tuple[int, str]]:
    rows = itertools.dropwhile(
        lambda row: row[1].split(None, 1)[0].lower() != "@data", lines(path, encoding, ("%",))
    )
    return itertools.islice(rows, 1, None)


def _case(head: Header, text: str, where: str, bare: bool) -> Case:
    if head.relational:
        end = text.find(text[0], 1)
        if text[0] not in "'\"" or end < 0:
            raise InputError(f"{where}: the sequence is not between quotes.")
        inner, last = text[1:end], text[end + 1 :].lstrip(" ,")
        channels = [numbers(one.split(","), where) for one in inner.split("\\n")]
        values, uneven = beside(channels, where)
        values = ended(values)
    else:
        *cells, last = [*text.split(","), *([""] if not head.target else [])]
        values, uneven = stepped(numbers(cells, where), 1, where), None
    name = label(last)
    if bare:
        return Case(where, values, "", uneven=uneven)
    if not name or name == "?":
        raise InputError(f"{where}: no label. Leave the line out.")
    if head.numeric and not np.isfinite(numbers([name], f"{where}, target"))[0]:
        raise InputError(f"{where}: the target is {name!r}. Leave the line out.")
    if head.classes and name not in head.classes:
        raise InputError(
            f"{where}: label {name[:40]!r} is not among those of the header, {some(head.classes)}."
        )
    return Case(where, values, name, uneven=uneven)
