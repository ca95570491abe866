"""The rows of a table of texts become examples, on disk where they are large."""

from array import array
from typing import Any

import numpy as np

from seqmodels.core import storage
from seqmodels.core.errors import InputError, some
from seqmodels.core.examples import Examples
from seqmodels.data.cells import MISSING_LABELS, has_word
from seqmodels.data.tables.tables import Table
from seqmodels.data.texts.columns import Columns, as_text, labels_in

NO_TEXT, NO_TARGET = "no text", "no target"


def read_rows(
    table: Table, columns: Columns, group_by: str | None, missing: str, several: str
) -> tuple[Examples, list[str]]:
    """Return all rows of a table, on disk where they are large, and what was decided."""
    large = storage.large(table.path)
    texts = storage.TextWriter(on_disk=large)
    labels = _Column(columns.target, "number" if columns.kind != "label" else "label", large)
    groups = _Column(group_by or "", "label", large)
    names = [*columns.text, columns.target, *([group_by] if group_by else [])]
    left_out: dict[str, list[int]] = {}
    rows = 0
    for lines, values in table.chunks(names):
        rows += len(lines)
        kept = []
        for row, line in enumerate(lines):
            try:
                text = " ".join(text_of(column[row]) for column in values[: len(columns.text)])
            except TypeError as error:
                raise InputError(
                    f"{str(table.path)!r}, {table.unit} {line}: the text is {error}. Leave the "
                    f"row out, or make it a text."
                ) from None
            label = as_text(values[len(columns.text)][row])
            why = _fault(text, label, columns, several)
            if why is not None:
                left_out.setdefault(why, []).append(line)
                continue
            if columns.several:
                label = next(iter(labels_in(label)), label)
            try:
                labels.append(columns.value(label))
            except ValueError:
                raise InputError(
                    f"{str(table.path)!r}, {table.unit} {line}: target {columns.target!r} is "
                    f"{label[:60]!r}, where the others are numbers. Mend the line."
                ) from None
            if group_by:
                groups.append(as_text(values[-1][row]))
            kept.append(text)
        texts.extend(kept)
    refused = [why for why in left_out if why in (NO_TEXT, NO_TARGET)] if missing != "drop" else []
    if refused:
        raise InputError([
            f"{table.path.name} has rows with {why}: {_lines(table, left_out[why])}. Mend them, or "
            f"leave them out: --set dataset.missing=drop (missing='drop')."
            for why in refused
        ])  # fmt: skip
    examples = Examples(
        texts.done(),
        {columns.target: labels.done(columns.kind)},
        groups={group_by: groups.done("label")} if group_by else {},
    )
    kinds = "numbers" if columns.head == "regression" else f"{_count(examples, columns)} classes"
    column = " + ".join(map(repr, columns.text))
    says = [f"text column {column}, target {columns.target!r}, {kinds}, {rows:,} rows"]
    says += [f"left out, with {why}: {_lines(table, found)}" for why, found in left_out.items()]
    return examples, says


def text_of(value: Any) -> str:
    """Return a cell as a text that can be written as UTF-8."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} {str(value)[:40]}")
    if value.isascii():
        return value
    return value.encode("utf-8", "replace").decode()  # JSON may hold halves of characters


def _fault(text: str, label: str, columns: Columns, several: str) -> str | None:
    """Return why a row cannot be read, to follow on "with", or None where it can."""
    if not text or text.isspace():
        return NO_TEXT
    if label.casefold() in MISSING_LABELS:
        return NO_TARGET
    if not has_word(text):
        return "no word in the text"
    if columns.several and several == "drop" and labels_in(label):
        return "several labels"
    return None


def _lines(table: Table, lines: list[int]) -> str:
    """Return where rows are, as "line 3" or "7,102 rows, lines 8, 12, 16, 20, 21 and more"."""
    if len(lines) == 1:
        return f"{table.unit} {lines[0]}"
    count = f"{len(lines):,} rows, " if len(lines) > 5 else ""
    return f"{count}{table.unit}s {some(lines)}"


def _count(examples: Examples, columns: Columns) -> int:
    values = examples.targets[columns.target]
    return len(values.cat.categories) if hasattr(values, "cat") else len(set(values))


class _Column:
    """Collects the values of one column, in a few bytes each where there are many."""

    def __init__(self, name: str, kind: str, large: bool):
        self._labels = storage.LabelWriter(name) if large and kind == "label" else None
        self._values: Any = array("d") if large and kind != "label" else []

    def append(self, value: Any) -> None:
        if self._labels is not None:
            self._labels.extend([value])
        else:
            self._values.append(value)

    def done(self, kind: str) -> Any:
        if self._labels is not None:
            return self._labels.done()
        if isinstance(self._values, array):
            numbers = np.array(self._values)
            return numbers.astype(np.int64) if kind == "whole" else numbers
        return self._values
