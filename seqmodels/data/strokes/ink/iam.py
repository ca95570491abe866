"""The IAM on-line database: strokes from a whiteboard as XML, and their texts beside them.

Liwicki & Bunke 2005; https://fki.tic.heia-fr.ch/databases/iam-on-line-handwriting-database. A
line is `lineStrokes/a01/a01-000/a01-000u-01.xml`; its text the first line of the second half of
`ascii/a01/a01-000/a01-000u.txt`; its writer stands in `original/a01/a01-000/strokesu.xml`, and
the parts in `trainset.txt`, `testset_v.txt` (and `_t`) and `testset_f.txt`.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import PurePosixPath

from seqmodels.core.errors import InputError
from seqmodels.data.strokes.ink.files import MOST_TABLE, Files
from seqmodels.data.strokes.ink.files import files as listed
from seqmodels.data.strokes.ink.record import Choice, Drawing, Format, joined
from seqmodels.data.strokes.ink.safe_xml import local, parse, root_name

TEXT, WRITER, FORM = "text", "writer", "form"
ROOT = "WhiteboardCaptureSession"
_LINE = re.compile(r"([a-z]\d{2}-\d{3}[a-z]?)-(\d+)")
HEAD = 65_536  # bytes before the strokes of a session
_WRITER = re.compile(rb"""\bwriter[-_]?id\s*=\s*["']([^"']+)["']""", re.IGNORECASE)
_SESSION = re.compile(r"strokes([a-z]?)")
PARTS = {"trainset": "train", "testset_v": "valid", "testset_t": "valid", "testset_f": "test"}
_WRITERS = ("writerid", "writer_id", "writer-id", "writer")
_FORMS = ("formid", "form_id", "form-id", "id", "name")


def read(files: Files, names: list[str], choice: Choice) -> Iterator[Drawing]:
    """Yield lines where there are any, else whole sessions; texts and writers from beside them."""
    every = [(files, name) for name in files.names]
    if files.archive is None and files.root.name == "lineStrokes":
        with listed(files.root.parent) as above:
            every = [(above, name) for name in above.names]
    lines = [name for name in names if line_of(files.stem(name)) is not None]
    needed = {form_of(files.stem(name), files.folders(name)) for name in lines or names}
    texts: dict[str, list[str]] = {}
    writers: dict[str, str] = {}
    parts: dict[str, str] = {}
    sessions: list[tuple[Files, str]] = []
    for place, name in every:
        stem, suffix = place.stem(name), PurePosixPath(name).suffix.lower()
        if suffix == ".txt" and stem in PARTS:
            parts.update(dict.fromkeys(place.text(name, MOST_TABLE).split(), PARTS[stem]))
        elif suffix == ".txt" and stem == "forms":
            writers.update(writers_in(place.text(name, MOST_TABLE)))
        elif suffix == ".txt" and stem in needed:
            texts[stem] = lines_in(place.text(name, MOST_TABLE))
        elif suffix == ".xml" and stem.startswith("strokes"):
            sessions.append((place, name))
    for place, name in sessions if lines else []:
        form = form_of(place.stem(name), place.folders(name))
        writer = writer_in(place.head(name, HEAD)) if form in needed else None
        if form and writer:
            writers[form] = writer
    for name in lines or names:
        where, stem = files.where(name), files.stem(name)
        with files.open(name) as file:
            root = parse(file, where)
        one = drawing(root, stem, files.folders(name), where)
        form, number = one.groups.get(FORM, ""), line_of(stem)
        text = texts.get(form, [])
        chosen = text if number is None else text[number - 1 : number]
        yield one.with_defaults(
            labels={TEXT: " ".join(chosen)} if chosen else {},
            groups={WRITER: writers[form]} if form in writers else {},
            part=parts.get(form),
        )


def drawing(root: ET.Element, stem: str, folders: tuple[str, ...], where: str) -> Drawing:
    """Return the drawing in one document, with the texts and the writer that stand in it.

    Args:
        root: Its `WhiteboardCaptureSession`.
        stem: The name of the file, `a01-000u-01` for a line, `strokesu` for a session.
        folders: Those it is in; the last one is the form's, `a01-000`.
        where: Its name, for messages.

    Raises:
        InputError: A point is no point, or there is none.
    """
    strokes: list[list[tuple[float, float]]] = []
    for stroke in root.iter():
        if local(stroke) != "Stroke":
            continue
        strokes.append([])
        for point in stroke:
            if local(point) != "Point":
                continue
            try:
                strokes[-1].append((float(point.get("x", "")), float(point.get("y", ""))))
            except ValueError:
                raise InputError(
                    f"{where}: point {len(strokes[-1]) + 1} of stroke {len(strokes)} is x="
                    f"{point.get('x')!r}, y={point.get('y')!r}; two numbers are due."
                ) from None
    labels, groups = _described(root)
    form = form_of(stem, folders)
    if form:
        groups[FORM] = form
    return Drawing(joined(strokes, where), where, labels, groups)


def form_of(stem: str, folders: tuple[str, ...]) -> str | None:
    """Return the form that a file belongs to, such as a01-000u; None: its name does not say."""
    line = _LINE.fullmatch(stem)
    if line:
        return line[1]
    session = _SESSION.fullmatch(stem)
    return folders[-1] + session[1] if session and folders else None


def line_of(stem: str) -> int | None:
    """Return which line of its form a file is, from 1."""
    line = _LINE.fullmatch(stem)
    return int(line[2]) if line else None


def writer_in(head: bytes) -> str | None:
    """Return the writer that the first bytes of a session name; the strokes are not needed."""
    found = _WRITER.search(head.partition(b"<StrokeSet")[0])
    return found and found[1].decode("latin-1").strip()


def lines_in(text: str) -> list[str]:
    """Return the lines of a transcription: those after "CSR:", else all of them."""
    _, mark, corrected = text.partition("CSR:")
    return [line.strip() for line in (corrected if mark else text).splitlines() if line.strip()]


def writers_in(text: str) -> dict[str, str]:
    """Return form to writer from a table such as `forms.txt`: both first words of a line."""
    rows = (line.split() for line in text.splitlines() if not line.startswith("#"))
    return {row[0]: row[1] for row in rows if len(row) > 1}


def _described(root: ET.Element) -> tuple[dict[str, str], dict[str, str]]:
    labels: dict[str, str] = {}
    groups: dict[str, str] = {}
    lines = []
    for element in root.iter():
        kind = local(element)
        attributes = {name.lower(): value for name, value in element.attrib.items()}
        if kind in ("General", "Form", "Setting", "Writer"):
            who = next((attributes[name] for name in _WRITERS if attributes.get(name)), None)
            if who is None and kind == "Writer":
                who = attributes.get("id") or attributes.get("name") or (element.text or "").strip()
            if who:
                groups.setdefault(WRITER, who)
            form = next((attributes[name] for name in _FORMS if attributes.get(name)), None)
            if kind == "Form" and form:
                groups.setdefault(FORM, form)
        elif kind == "Text" and (element.text or "").strip():
            labels.setdefault(TEXT, " ".join((element.text or "").split()))
        elif kind == "TextLine":
            lines.append(attributes.get("text") or " ".join("".join(element.itertext()).split()))
    if any(lines) and TEXT not in labels:
        labels[TEXT] = " ".join(line for line in lines if line)
    return labels, groups


FORMAT = Format(
    "IAM on-line XML", (TEXT, WRITER), lambda files, name, head: root_name(head) == ROOT, read
)
