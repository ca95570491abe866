"""The examples of all parts in one sequence, as the searches for leaks read them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from seqmodels.core.dataset import Dataset
from seqmodels.core.errors import InputError
from seqmodels.core.examples import Examples
from seqmodels.core.sequences import Sequences
from seqmodels.encoders import splitting

Level = Literal["FAIL", "WARN"]
HELD = 2000  # texts whose words are cached, some tens of megabytes
Place = tuple[str, int]  # name of a part, and a row in it, counted from 0
PAIRS = 5  # pairs that a finding shows
SHOWN = 40  # characters of an input that a finding shows
SIGNS = {"duplicates": "=", "contradictions": "=", "repeats": "=",
         "near-duplicates": "~", "shifted copies": "~"}  # fmt: skip
KINDS = 1000  # classes; a target with more distinct labels has no classes


@dataclass(frozen=True)
class Finding:
    """A leak, or a suspected leak.

    Args:
        kind: Kind of the finding, such as "duplicates".
        level: "FAIL" refuses the training; "WARN" is reported.
        message: The finding in a sentence, with its count.
        count: Number of examples concerned; 0 if the finding is not about single examples.
        pairs: Up to five pairs of rows as evidence, the training row first.
        inputs: The start of both inputs of each pair.
        rows: For each pair, the row numbers in the data before the split; None: unknown.
    """

    kind: str
    level: Level
    message: str
    count: int = 0
    pairs: tuple[tuple[Place, Place], ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()
    rows: tuple[tuple[int, int], ...] | None = None

    def shown(self, data: Dataset) -> Finding:
        """Return the finding with the inputs and row numbers of its pairs filled in."""
        inputs = tuple((_shown(data, one), _shown(data, two)) for one, two in self.pairs)
        known = {place[0]: getattr(data, place[0]).rows for pair in self.pairs for place in pair}
        if not known or any(rows is None for rows in known.values()):
            return dataclasses.replace(self, inputs=inputs)
        rows = tuple(
            (int(known[part][row]), int(known[other][twin]))
            for (part, row), (other, twin) in self.pairs
        )
        return dataclasses.replace(self, inputs=inputs, rows=rows)

    def traces(self) -> list[str]:
        """Return a line for each pair; "=" stands for equal rows, "~" for nearly equal rows."""
        sign, lines = SIGNS.get(self.kind, "and"), []
        for i, ((part, row), (other, twin)) in enumerate(self.pairs):
            line = f"{part} row {row} {sign} {other} row {twin}"
            if self.rows is not None:
                line += f" (rows {self.rows[i][0]} and {self.rows[i][1]} as read)"
            if self.inputs and any(self.inputs[i]):
                line += f": {self.inputs[i][0]!r} {sign} {self.inputs[i][1]!r}"
            lines.append(line)
        return lines


class Material:
    """Examples of all parts, numbered in the order train, valid, test.

    Args:
        data: The dataset with its parts as they will be used.
        target: Name of the target.

    Attributes:
        count: Number of examples of all parts, N.
        first_test: Number of the first test example. Training uses all examples before it.
        texts: The inputs if they are texts; otherwise None.
        rows: The steps of each part if inputs are not texts: raw numbers, or encoded steps.
        classes: Class number of each example, [N]; None if the target is numeric.
        numbers: The target, or the first of several numbers, [N]; None if the target is classes.
        names: The classes in the order of their numbers.
    """

    def __init__(self, data: Dataset, target: str | None):
        named = {"train": data.train, "valid": data.valid, "test": data.test}
        self.data = data
        self.parts: dict[str, Examples] = {k: v for k, v in named.items() if v is not None}
        sizes = [len(part) for part in self.parts.values()]
        self.edges = np.cumsum([0, *sizes])
        self.count, self.first_test = int(self.edges[-1]), int(self.edges[-2])
        self.tests = self.count - self.first_test
        self.texts: list[str] | None = None
        self._words: dict[int, list[str]] = {}
        self.rows: list[Sequences] = []
        if all(isinstance(part.inputs[0], str) for part in self.parts.values()):
            self.texts = [text for part in self.parts.values() for text in part.inputs]
        else:
            self.rows = _steps(data, self.parts)
        self.classes, self.numbers, self.names = _target(
            [] if target is None else [part.target(target) for part in self.parts.values()]
        )

    def place(self, number: int) -> Place:
        """Return the part of an example and its row in the part."""
        part = int(np.searchsorted(self.edges, number, side="right")) - 1
        return list(self.parts)[part], int(number - self.edges[part])

    def pairs(self, seen: Any, test: Any) -> tuple[tuple[Place, Place], ...]:
        """Return the places of the first few pairs of numbers."""
        return tuple(
            (self.place(one), self.place(two))
            for one, two in zip(list(seen)[:PAIRS], list(test)[:PAIRS], strict=True)
        )

    def row(self, number: int) -> np.ndarray:
        """Return the steps of one example, [T, C] or ids [T]."""
        part = int(np.searchsorted(self.edges, number, side="right")) - 1
        return self.rows[part][int(number - self.edges[part])]

    def words(self, number: int) -> list[str]:
        """Return the words of one example, if the inputs are texts."""
        found = self._words.get(number)
        if found is None:
            found = splitting.split((self.texts or [])[number])
            if len(self._words) < HELD:
                self._words[number] = found
        return found

    def lengths(self) -> np.ndarray:
        """Return the length of each example [N]: steps, or characters of a text."""
        if self.texts is not None:
            return np.fromiter(map(len, self.texts), np.int64, self.count)
        return np.concatenate([np.asarray(rows.lengths) for rows in self.rows])

    def steps(self, numbers: np.ndarray) -> Sequences:
        """Return a copy of some examples' steps laid end to end, float64 [L, C]; no NaN."""
        parts = np.searchsorted(self.edges, numbers, side="right") - 1
        taken, lengths = [], self.lengths()[numbers]
        for part in np.unique(parts):
            rows = self.rows[part]
            inside = numbers[parts == part] - self.edges[part]
            long = np.asarray(rows.lengths)[inside]
            offsets = np.repeat(np.cumsum(long) - long, long)
            index = np.arange(long.sum()) - offsets + np.repeat(rows.starts[inside], long)
            taken.append(np.asarray(rows.values[index], dtype=np.float64))
        values = np.concatenate(taken)
        values = values if values.ndim == 2 else values[:, None]
        np.nan_to_num(values, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
        return Sequences(values, np.cumsum(lengths) - lengths, lengths)

    def column(self, by_part: dict[str, Any]) -> np.ndarray:
        """Return arrays by part as one array, [N, ...]."""
        return np.concatenate([np.asarray(by_part[name]) for name in self.parts])

    def windows_share(self) -> bool:
        """Return whether all parts are windows of one array that overlap in it."""
        if self.texts is not None or len({_address(rows.values) for rows in self.rows}) > 1:
            return False
        first = self.rows[0]
        covered = int((first.starts + first.lengths).max()) - int(first.starts.min())
        return int(np.sum(first.lengths, dtype=np.int64)) > covered

    def sample(self, most: int, test: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return numbers of random training examples and random test examples, ascending."""
        rng = np.random.default_rng(0)
        seen = rng.permutation(self.first_test)[:most]
        tests = rng.permutation(self.tests)[: most if test is None else test]
        return np.sort(seen), np.sort(tests) + self.first_test


def _shown(data: Dataset, place: Place) -> str:
    """Return the start of an input in one line; empty if the encoder cannot show it."""
    part, row = place
    try:
        one = next(iter(getattr(data, part).take(np.array([row])).inputs))
        line = data.encoder.show(one)
    except Exception:  # an encoder of the user may fail before it is fitted
        return ""
    return line if len(line) <= SHOWN else line[: SHOWN - 1].rstrip() + "…"


def _steps(data: Dataset, parts: dict[str, Examples]) -> list[Sequences]:
    """Return the raw steps of each part, or encoded steps if the inputs are not numbers."""
    try:
        rows = [Sequences.of(part.inputs) for part in parts.values()]
        alike = len({one.values.shape[1:] for one in rows}) == 1
        if alike and rows[0].values.dtype.kind in "fiub":
            return rows
    except (InputError, TypeError, ValueError):
        pass
    encoder = data.encoder.fit(data.train.inputs)
    return [encoder.encode(part.inputs) for part in parts.values()]


def _target(
    targets: list[Any],
) -> tuple[np.ndarray | None, np.ndarray | None, list[str]]:
    """Return the target as class numbers or as numbers, [N], and the names of the classes.

    Both are None where there is no target, or an example has several, as many as it has steps.
    """
    try:
        values = [np.asarray(one) for one in targets]
    except ValueError:  # of unequal lengths
        return None, None, []
    if not values:
        return None, None, []
    whole = np.concatenate([one if one.ndim == 1 else one[:, 0] for one in values])
    many = values[0].ndim > 1
    if many or whole.dtype.kind == "f" or (whole.dtype.kind in "iu" and len(set(whole)) > 20):
        try:
            return None, whole.astype(np.float64), []
        except (TypeError, ValueError):
            return None, None, []
    names, codes = np.unique(whole.astype(str), return_inverse=True)
    if len(names) > KINDS:
        return None, None, []
    return codes, None, names.tolist()


def _address(values: Any) -> tuple[Any, ...]:
    """Return the identity of an array; views of the same numbers share it."""
    raw = getattr(values, "raw", values)
    if not hasattr(raw, "__array_interface__"):  # on disk
        return id(getattr(raw, "_file", raw)), getattr(raw, "_first", 0), raw.shape
    return raw.__array_interface__["data"][0], raw.shape, raw.strides
