"""Targets of drawings among their labels and groups, and errors where a target is missing."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from seqmodels.core.errors import InputError, some
from seqmodels.data.strokes.ink import FORMATS, Drawing

WHO = "Dataset 'strokes'"


def said(drawing: Drawing, name: str) -> str | None:
    """Return a label or a group of a drawing; None: it has none of that name."""
    return drawing.labels.get(name, drawing.groups.get(name))


def target_of(path: Path, drawings: list[Drawing], kind: str, given: str | None) -> str:
    """Return the name of the target: the given one, or the usual one that drawings have."""
    if not drawings:
        raise InputError(f"{WHO} found no drawing to learn from in {path}.")
    usual = FORMATS[kind].targets if given is None else (given,)
    for name in usual:
        if any(said(one, name) is not None for one in drawings):
            return name
    there = choices(drawings, None)
    if given is not None:
        raise InputError(f"{WHO} has no target {given!r}. There is {there}.")
    raise InputError(
        f"{WHO}: no drawing says what it shows ({' or '.join(map(repr, usual))}), as in "
        f"{drawings[0].where}. Choose target= from {there}."
    )


def check_kinds(drawings: list[Drawing], target: str, kind: str) -> None:
    """Refuse a target with one kind, and free text: hardly a kind comes twice."""
    values = [said(one, target) for one in drawings]
    kinds = len(set(values))
    if kinds < 2:
        raise InputError(
            f"{WHO}: all {len(drawings):,} drawings have the same {target!r}, {values[0]!r}. There "
            f"is nothing to tell apart; other targets: {choices(drawings, target)}."
        )
    if kinds > max(2, len(drawings) / 2):
        symbols = " unit='group' reads labelled symbols one by one." if kind == "inkml" else ""
        raise InputError(
            f"{WHO}: {target!r} has {kinds:,} different texts in {len(drawings):,} drawings, such "
            f"as {some(dict.fromkeys(values), 2)}. No head writes texts yet; binary, multiclass "
            f"and regression need kinds that come again. Choose target= from "
            f"{choices(drawings, target)}.{symbols}"
        )


def check_group(drawings: list[Drawing], group: str) -> None:
    """Raise InputError where a drawing does not say its group."""
    lost = [one.where for one in drawings if group not in one.groups]
    if lost:
        names = Counter(name for one in drawings for name in one.groups)
        there = [name for name, count in names.items() if count == len(drawings)]
        raise InputError(
            f"{WHO}: {len(lost):,} of {len(drawings):,} drawings do not say their {group!r} "
            f"(group_by=): {some(lost, 3)}. All say {some(there) or 'nothing of the kind'}."
        )


def choices(drawings: list[Drawing], but: str | None) -> str:
    """Return, for a message, the labels and groups that could be learned, with their kinds."""
    counts: dict[str, set[str]] = {}
    for one in drawings:
        for name, value in (*one.labels.items(), *one.groups.items()):
            counts.setdefault(name, set()).add(value)
    fit = {
        name: len(values)
        for name, values in counts.items()
        if name != but and 2 <= len(values) <= max(2, len(drawings) / 2)
    }
    return ", ".join(f"{name!r} ({kinds:,} kinds)" for name, kinds in fit.items()) or "nothing else"
