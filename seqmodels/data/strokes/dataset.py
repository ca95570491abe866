"""Drawings made with a pen, from your own files."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge

from seqmodels.core.dataset import Dataset
from seqmodels.core.errors import InputError, some
from seqmodels.core.examples import Examples
from seqmodels.core.registry import Found, Task, register_dataset
from seqmodels.core.sequences import Sequences
from seqmodels.data.parts import Seed, Share, held_out, suggested
from seqmodels.data.presets import DRAWING_PRESET, TOGETHER
from seqmodels.data.strokes.ink import FORMATS, Choice, Drawing, files, read, survey
from seqmodels.data.strokes.ink_labels import (
    WHO,
    check_group,
    check_kinds,
    choices,
    said,
    target_of,
)
from seqmodels.encoders.strokes import StrokeEncoder

_LISTED = 5000  # files, and drawings in them, that a first look takes in
_OPENED = 60  # files it reads


def look(path: Path, given: Mapping[str, Any]) -> Found | None:
    """Know drawings by the first bytes of a few files, and read some to see what they show."""
    path = _place(path)
    with files(path, _LISTED) as listed:
        kinds = survey(listed)
        if not kinds:
            return None
        kind = _kind(path, list(kinds), given.get("format"))
        unit = given.get("unit") if given.get("unit") in ("file", "group") else None
        choice = Choice(unit=unit, most=max(20, _LISTED // len(listed.names)), sample=_OPENED)
        drawings = list(read(listed, kind, choice)[0])
    target = target_of(path, drawings, kind, given.get("target"))
    return Found({"format": kind}, suggested([said(one, target) or "" for one in drawings]))


def inputs(path: Path, **arguments: Any) -> list[np.ndarray] | None:
    """Return the points [T, 3] of every drawing at a path, labelled or not; None: there is none.

    `limit`, `recognized` and `unlabelled` chose what to learn from, and leave nothing out here.
    """
    path = _place(path.expanduser())
    learned = arguments.get("format")
    with files(path) as listed:
        found = list(survey(listed))
        endings = {PurePosixPath(name or path.name).suffix.lower() for name in listed.names}
        if learned in found or (learned and endings & set(FORMATS[learned].suffixes)):
            found = [learned]  # one that is broken has its error
        if not found:
            return None
        kind = _kind(path, found, None)
        if learned and FORMATS[kind].form != FORMATS[learned].form:
            raise InputError(
                f"{str(path)!r} holds {FORMATS[kind].title}; the model learned from "
                f"{FORMATS[learned].title}, whose points are written otherwise. Give such a file."
            )
        choice = Choice(unit=arguments.get("unit"), encoding=arguments.get("encoding"))
        return [one.points for one in read(listed, kind, choice)[0]]


@register_dataset(
    "strokes",
    tasks={
        "multiclass": Task(None, "what a drawing shows"),
        "binary": Task(None, "which of two a drawing shows"),
        "regression": Task(None, "the number that a drawing shows"),
    },
    presets={"default": DRAWING_PRESET, "best": TOGETHER},
    look=look,
    inputs=inputs,
)
def strokes(
    path: str | Path | None = None,
    *,
    format: str | None = None,
    target: str | None = None,
    unit: Literal["file", "group"] | None = None,
    recognized: bool = False,
    unlabelled: Literal["refuse", "drop"] = "refuse",
    limit: Annotated[int, Ge(1)] | None = None,
    length: Annotated[int, Ge(1)] | None = None,
    elastic: Annotated[float, Ge(0)] = 0.02,
    test: Share = 0.2,
    seed: Seed = 0,
    group_by: str | None = None,
    encoding: str | None = None,
) -> Dataset:
    """Drawings made with a pen: a file, a folder or a zip of your own.

    Known by what is in the files: InkML (a folder of CROHME's or MathWriting's, say), the IAM
    on-line database's XML with its transcriptions, stroke-3 `.npz` as sketch-rnn publishes, Quick
    Draw's ndjson (simplified and raw), UJI pen characters (both versions), Omniglot's strokes.
    Nothing in a file is run, and nothing is unpacked to disk.

    The heads: multiclass names what a drawing shows, binary does with two kinds (or one of them
    against the rest, `positive=`), regression reads labels that are numbers.

    Parts are the publisher's where folders, archives or names tell them: train, valid, test.

    Args:
        path: A file, a folder with files of one format, or a zip of them.
        format: The format, where a folder has several. None: found out.
        target: What to predict: a label in the files ("label", "word", "character", "alphabet",
            "text", "folder"; any annotation of InkML by its type), or a group ("writer"). None:
            the usual one of the format.
        unit: Of InkML: "file", all its ink is one drawing; "group", each innermost trace group
            with a label is one, such as the symbols of a formula. None: the file, unless only
            its groups have labels.
        recognized: Of Quick Draw: leave out what the game did not recognise.
        unlabelled: What to do with drawings that do not have the target.
        limit: Drawings of each file (of each part of an .npz) to read, from its start; None: all.
        length: Points of a drawing to read, from its start; None: all.
        elastic: How far places are moved while a model learns, so that it reads other hands; see
            `StrokeEncoder`. 0: not at all.
        test: Share held out, where no parts are published.
        seed: Same seed, same parts.
        group_by: A group that the parts must not share: "writer", "drawer", "session", "form",
            "country". Published parts that share it are mixed and drawn anew.
        encoding: Of UJI's files; None: UTF-8, and ISO 8859-15 where they are not.

    Raises:
        InputError: A file is broken, labels are missing, or no head can learn the target; says
            which, and what there is instead.
    """
    if path is None:
        raise InputError(f"{WHO} needs path=: a file, a folder or a zip of drawings.")
    path = Path(path).expanduser()
    if not path.exists():
        raise InputError(f"There is no file or folder {str(path)!r}.")
    choice = Choice(unit=unit, recognized=recognized, encoding=encoding, most=limit)
    path = _place(path)
    with files(path) as listed:
        kind = _kind(path, list(survey(listed)), format)
        found, others = read(listed, kind, choice)
        drawings = list(found)
    chosen = target_of(path, drawings, kind, target)
    lost = [one for one in drawings if said(one, chosen) is None]
    if lost and unlabelled == "refuse":
        raise InputError(
            f"{WHO}: {len(lost):,} of {len(drawings):,} drawings have no {chosen!r}: "
            f"{some([one.where for one in lost], 3)}. Leave them out with unlabelled='drop', or "
            f"choose another target: {choices(drawings, chosen)}."
        )
    drawings = [one for one in drawings if said(one, chosen) is not None]
    check_kinds(drawings, chosen, kind)
    if group_by is not None:
        check_group(drawings, group_by)
    train, valid, rest, how = _parts(drawings, chosen, test, seed, group_by)
    values = [said(one, chosen) for one in drawings]
    return Dataset(
        train=train,
        valid=valid,
        test=rest,
        encoder=StrokeEncoder(form=FORMATS[kind].form, length=length, elastic=elastic),
        group_by=group_by,
        head=suggested(values),
        notes=(
            f"strokes from {FORMATS[kind].title}, target {chosen!r}, {len(set(values)):,} classes, "
            f"{len(drawings):,} drawings; {how}",
            *_asides(drawings, chosen, len(lost), others),
        ),
    )


def _place(path: Path) -> Path:
    """Return where drawings are: a folder without any may have a zip of them, as Omniglot's."""
    found = []
    for one in sorted(path.glob("*.zip"))[:20] if path.is_dir() else []:
        with contextlib.suppress(InputError), files(one) as listed:
            if survey(listed):
                found.append(one)
    if not found:
        return path
    with files(path, _LISTED) as listed:
        if survey(listed):
            return path
    if len(found) > 1:
        names = some([one.name for one in found])
        raise InputError(f"{str(path)!r} has several zips of drawings: {names}. Give one of them.")
    return found[0]


def _kind(path: Path, kinds: list[str], given: str | None) -> str:
    if given is not None:
        if given not in FORMATS:
            raise InputError(f"{WHO} needs format {some(FORMATS, 9)}, got {given!r}.")
        return given
    if not kinds:
        raise InputError(
            f"{str(path)!r} holds no drawings that are known: "
            f"{', '.join(form.title for form in FORMATS.values())}. If they are there, name "
            f"theirs: format={some(FORMATS, 9)}."
        )
    if len(kinds) > 1:
        raise InputError(
            f"{str(path)!r} holds drawings in several formats: {some(sorted(kinds), 9)}. Choose "
            f"one with format=, or give a folder with one of them."
        )
    return kinds[0]


def _parts(
    drawings: list[Drawing], target: str, test: float, seed: int, group_by: str | None
) -> tuple[Examples, Examples | None, Examples, str]:
    """Return train, valid and test, and in words where they are from."""
    names = [name for name in drawings[0].groups if name != target or name == group_by]
    names = [name for name in names if all(name in one.groups for one in drawings)]
    examples = Examples(
        Sequences.of([one.points for one in drawings]),
        {target: [said(one, target) for one in drawings]},
        groups={name: [one.groups[name] for one in drawings] for name in names},
    )
    rows: dict[str | None, list[int]] = {}
    for row, one in enumerate(drawings):
        rows.setdefault(one.part, []).append(row)
    published = "train" in rows and "test" in rows
    mixed = ""
    if published and group_by is not None:
        parts = [rows[part] for part in ("train", "valid", "test") if part in rows]
        inside = [{drawings[row].groups[group_by] for row in part} for part in parts]
        if any(a & b for a, b in itertools.combinations(inside, 2)):
            published, mixed = False, f"the published parts share a {group_by}, so all mixed; "
    if not published:
        train, rest, how = held_out(examples, test=test, seed=seed, group_by=group_by)
        return train, None, rest, mixed + how
    valid = examples.take(np.array(rows["valid"])) if "valid" in rows else None
    sizes = " / ".join(
        f"{len(rows[part]):,}" for part in ("train", "valid", "test") if part in rows
    )
    left = f"; {len(rows[None]):,} of no part left out" if None in rows else ""
    how = f"published parts train{' / valid' if valid else ''} / test of {sizes}{left}"
    train, rest = (examples.take(np.array(rows[part])) for part in ("train", "test"))
    return train, valid, rest, how


def _asides(drawings: list[Drawing], target: str, lost: int, others: int) -> list[str]:
    lengths = [len(one.points) for one in drawings]
    says = [
        f"{min(lengths):,} to {max(lengths):,} points a drawing, {int(np.median(lengths)):,} in "
        f"the middle"
    ]
    for name in dict.fromkeys(name for one in drawings for name in one.groups):
        values = {one.groups[name] for one in drawings if name in one.groups}
        if name != target:
            says.append(f"group {name!r}: {len(values):,} (group_by keeps one on one side)")
    if lost:
        says.append(f"{lost:,} drawings without {target!r} left out")
    if others:
        says.append(f"{others:,} files beside them are no drawings and were passed over")
    return says
