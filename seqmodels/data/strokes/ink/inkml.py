"""InkML: ink as XML, by the W3C's recommendation of 2011 (https://www.w3.org/TR/InkML/)."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import PurePosixPath

import numpy as np

from seqmodels.core.errors import InputError
from seqmodels.data.strokes.ink.files import MOST_TABLE, Files
from seqmodels.data.strokes.ink.record import (
    FOLDER,
    MOST_POINTS,
    Choice,
    Drawing,
    Format,
    Unit,
    folder_label,
    joined,
    part_of,
)
from seqmodels.data.strokes.ink.safe_xml import local, parse, root_name, text
from seqmodels.data.strokes.ink.traces import Channels, places

LABEL = "label"  # whichever of these a file has, the first first
_TRUTHS = ("truth", "label", "transcription", "text", "class", "character", "word", "symbol")
WRITER = "writer"
_WRITERS = ("writer", "writerid", "writer_id", "author", "subject")
_DEEPEST = 50  # references from views to views
_ID = "{http://www.w3.org/XML/1998/namespace}id"


def read(files: Files, names: list[str], choice: Choice) -> Iterator[Drawing]:
    """Yield the drawings of `.inkml` files; labels may stand in a table `UI,label` beside them."""
    table: dict[str, str] | None = None
    for name in names:
        where, folders = files.where(name), files.folders(name)
        with files.open(name) as file:
            root = parse(file, where)
        if local(root) != "ink":
            raise InputError(f"{where} is XML, but its root is {local(root)!r}, not ink.")
        part = part_of(folders)
        labels = folder_label(folders)
        for one in itertools.islice(drawings(root, where, choice.unit), choice.most):
            defaults = dict(labels)
            if LABEL not in one.labels and "UI" in one.labels:
                table = _table(files) if table is None else table
                key = one.labels["UI"]
                if key in table:
                    defaults[LABEL] = table[key]
            yield one.with_defaults(labels=defaults, part=part)


def _table(files: Files) -> dict[str, str]:
    """Return what tables beside the ink say, `UI,label` a line, as CROHME's symbols come."""
    table = {}
    for name in files.names:
        if PurePosixPath(name).suffix.lower() in (".txt", ".csv"):
            for line in files.text(name, MOST_TABLE).splitlines():
                key, comma, label = line.partition(",")
                if comma and label.strip():
                    table.setdefault(key.strip().strip('"'), label.strip().strip('"'))
    return table


def drawings(root: ET.Element, where: str, unit: Unit | None) -> Iterator[Drawing]:
    """Yield the drawings of one document.

    Args:
        root: Its `ink` element.
        where: Its name, for messages.
        unit: "file": all its ink is one drawing; "group": each innermost trace group (or view)
            with a label is one; where none has a label, each innermost trace group. None: "file",
            unless only groups have labels.

    Raises:
        InputError: A trace or a reference is broken, or there is no ink.
    """
    ink = _Ink(root, where)
    labels, groups = _annotated(root)
    labelled = _innermost(root) if unit != "file" else []
    if unit == "group" and not labelled:  # new ones, nobody has said yet what they show
        labelled = _leaves(root)
    rest = {name: value for name, value in labels.items() if name.lower() not in _TRUTHS}
    if unit is None and LABEL in labels:
        labelled = []
    if not labelled:
        labels = rest if unit == "group" else labels  # what it says of all is not of a group
        # What the groups only view is drawn once; a document may also have nothing but views.
        strokes = ink.strokes(root, views=False) or ink.strokes(root)
        yield Drawing(joined(strokes, where), where, labels, groups)
        return
    for number, group in enumerate(labelled, start=1):
        here = f"{where}, trace group {group.get(_ID) or group.get('id') or number}"
        own, by = _annotated(group)
        yield Drawing(joined(ink.strokes(group), here), here, {**rest, **own}, {**groups, **by})


def _annotated(element: ET.Element) -> tuple[dict[str, str], dict[str, str]]:
    """Return the labels and the groups in the annotations of an element."""
    labels: dict[str, str] = {}
    for child in element:
        kind = local(child)
        if kind not in ("annotation", "annotationXML"):
            continue
        name = child.get("type") or (child.get("encoding") if kind == "annotationXML" else None)
        value = text(child)
        if kind == "annotationXML" and (name in labels or any(local(e) == "math" for e in child)):
            continue  # MathML says the same as the text beside it, in other words
        if value:
            labels.setdefault(name or LABEL, value)
    writers = [labels.pop(name) for name in list(labels) if name.lower() in _WRITERS]
    groups = {WRITER: writers[0]} if writers else {}
    lower = {name.lower(): name for name in reversed(labels)}
    first = next((lower[name] for name in _TRUTHS if name in lower), None)
    if first is not None:
        labels = {LABEL: labels.pop(first), **labels}
    return labels, groups


def _innermost(root: ET.Element) -> list[ET.Element]:
    """Return the trace groups and views with a label that hold no other with one."""
    found: list[ET.Element] = []

    def look(element: ET.Element) -> bool:
        inside = [look(child) for child in element]
        if any(inside):
            return True
        if local(element) in ("traceGroup", "traceView") and LABEL in _annotated(element)[0]:
            found.append(element)
            return True
        return False

    look(root)
    return found


def _leaves(root: ET.Element) -> list[ET.Element]:
    """Return the trace groups that hold no other."""
    groups = [one for one in root.iter() if local(one) == "traceGroup"]
    return [one for one in groups if not any(local(child) == "traceGroup" for child in one)]


class _Ink:
    """The traces of one document, and what they are written in."""

    def __init__(self, root: ET.Element, where: str):
        self._root, self._where = root, where
        self._ids = {key: e for e in root.iter() for key in (e.get(_ID), e.get("id")) if key}
        self._channels: dict[ET.Element, Channels] = {}  # of each trace
        self._read: dict[ET.Element, np.ndarray] = {}
        self._points = 0
        self._assign(root, Channels())

    def strokes(self, element: ET.Element, *, views: bool = True) -> list[np.ndarray]:
        """Return the strokes [T, 2] in an element, in order; a continued one is one.

        Args:
            element: The ink, a group or a view.
            views: Whether views of traces count, or only the traces themselves.
        """
        found: list[np.ndarray] = []
        owner: dict[str, int] = {}
        for trace, part in self._traces(element, views, 0):
            if trace.get("type", "penDown").lower() == "penup":
                continue
            points = self._trace(trace)[part]
            self._points += len(points)
            if self._points > MOST_POINTS:
                raise InputError(f"{self._where} refers to more than {MOST_POINTS:,} points.")
            prior = trace.get("priorRef", "").lstrip("#")
            index = len(found)
            if trace.get("continuation") in ("middle", "end") and found:
                index = owner.get(prior, index - 1)
                found[index] = np.concatenate([found[index], points])
            else:
                found.append(points)
            for key in (trace.get(_ID), trace.get("id")):
                if key:
                    owner[key] = index
        return found

    def _traces(
        self, element: ET.Element, views: bool, depth: int
    ) -> Iterator[tuple[ET.Element, slice]]:
        """Yield the traces in an element, and which of their points."""
        if depth > _DEEPEST:
            raise InputError(f"{self._where} has trace views that refer to each other in a circle.")
        kind = local(element)
        if kind == "trace":
            yield element, slice(None)
        elif kind in ("ink", "traceGroup"):
            for child in element:
                if local(child) in ("trace", "traceGroup") or (
                    views and local(child) == "traceView"
                ):
                    yield from self._traces(child, views, depth + 1)
        elif kind == "traceView":
            reference = element.get("traceDataRef")
            if reference is None:
                for child in element:
                    yield from self._traces(child, views, depth + 1)
                return
            target = self._at(reference)
            first, last = self._span(element.get("from")), self._span(element.get("to"))
            part = slice(first and first - 1, last)
            if local(target) == "trace":
                yield target, part
            else:
                inside = [e for e in target if local(e) in ("trace", "traceGroup", "traceView")]
                whole = first is None and last is None
                for child in [target] if whole else inside[part]:
                    yield from self._traces(child, views, depth + 1)

    def _span(self, value: str | None) -> int | None:
        if value is None:
            return None
        if not value.strip().isdecimal() or int(value) < 1:
            raise InputError(
                f"{self._where} has a trace view from or to {value!r}; whole numbers are read."
            )
        return int(value)

    def _at(self, reference: str) -> ET.Element:
        found = self._ids.get(reference.rpartition("#")[2])
        if found is None:
            raise InputError(f"{self._where} refers to {reference!r}, which it does not have.")
        return found

    def _trace(self, trace: ET.Element) -> np.ndarray:
        if trace not in self._read:
            name = trace.get(_ID) or trace.get("id")
            here = f"{self._where}, trace {name}" if name else f"{self._where}, a trace"
            channels = self._channels.get(trace, Channels())
            self._read[trace] = places("".join(trace.itertext()), channels, here)
        return self._read[trace]

    def _assign(self, element: ET.Element, channels: Channels) -> Channels:
        """Find the channels of each trace: those of its context, else the last ones named."""
        for child in element:
            kind, inner = local(child), channels
            if child.get("contextRef"):
                inner = self._context(self._at(child.get("contextRef", "")), 0) or channels
            if kind == "trace":
                self._channels[child] = inner
            elif kind == "traceGroup" or (kind == "definitions" and element is self._root):
                self._assign(child, inner)
            elif kind in ("context", "traceFormat") and local(element) == "ink":
                channels = self._context(child, 0) or channels
        return channels

    def _context(self, element: ET.Element, depth: int) -> Channels | None:
        """Return the channels that a context, an ink source or a trace format names."""
        if depth > _DEEPEST:
            raise InputError(f"{self._where} has contexts that refer to each other in a circle.")
        if local(element) == "traceFormat":
            return Channels.of(element, self._where)
        for child in element:
            if local(child) == "traceFormat":
                return Channels.of(child, self._where)
        for key in ("traceFormatRef", "inkSourceRef", "contextRef"):
            reference = element.get(key)
            if reference and reference.lstrip("#") in self._ids:
                found = self._context(self._at(reference), depth + 1)
                if found is not None:
                    return found
        for child in element:
            if local(child) == "inkSource":
                return self._context(child, depth + 1)
        return None


FORMAT = Format(
    "InkML",
    (LABEL, FOLDER),
    lambda files, name, head: root_name(head) == "ink",
    read,
    (".inkml",),
)
