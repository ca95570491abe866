"""Audit of a dataset for leaks between training and test, with the verdict PASS, WARN or FAIL."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from seqmodels.audit import order, shortcuts, values
from seqmodels.audit.copies import copies
from seqmodels.audit.material import Finding, Material
from seqmodels.audit.near_steps import CHANNELS, PLACES, near_steps
from seqmodels.audit.near_texts import near_texts
from seqmodels.core.dataset import Dataset
from seqmodels.core.errors import InputError
from seqmodels.core.sequences import Sequences

MEMORY = 1e8  # characters of texts in memory at once
TINY = 30  # test examples: with fewer, the 95 % interval of a share is wider than ±0.18


@dataclass(frozen=True)
class _Effort:
    """Limits of the audit's work; smaller data are compared completely.

    Args:
        numbers: Numbers of steps in comparisons of shapes and shifts.
        products: Multiplications in comparisons of shapes.
        characters: Total length of texts in comparisons by shingles; longer data are not compared.
        examples: Examples of each part in the search for shortcuts.
        copies: Examples in exact comparisons.
    """

    numbers: int
    products: float
    characters: float
    examples: int
    copies: int


WHOLE = _Effort(16_000_000, 4e10, float("inf"), 5000, 2_000_000)
QUICK = _Effort(1_000_000, 2e9, 2e6, 1000, 100_000)  # within a second, IMDB's 65 MB included


@dataclass(frozen=True)
class Audit:
    """Result of an audit.

    Args:
        findings: Leaks and suspected leaks, the most serious first.
        limits: A sentence for each comparison that was sampled or left out.
    """

    findings: tuple[Finding, ...]
    limits: tuple[str, ...] = ()

    @property
    def verdict(self) -> Literal["PASS", "WARN", "FAIL"]:
        """Most serious level of the findings; PASS without findings."""
        levels = {finding.level for finding in self.findings}
        return "FAIL" if "FAIL" in levels else "WARN" if levels else "PASS"

    def record(self) -> dict[str, Any]:
        """Return verdict, limits and findings as JSON types.

        Each finding has the fields of `Finding`, with "says" for the message, and "traces", its
        pairs as text.
        """
        findings = [
            {
                "kind": one.kind,
                "level": one.level,
                "says": one.message,
                "count": one.count,
                "pairs": [[list(place) for place in pair] for pair in one.pairs],
                "inputs": [list(pair) for pair in one.inputs],
                "rows": None if one.rows is None else [list(pair) for pair in one.rows],
                "traces": one.traces(),
            }
            for one in self.findings
        ]
        return {"verdict": self.verdict, "findings": findings, "limits": list(self.limits)}

    def lines(self) -> list[str]:
        """Return a line for each finding, with its first pair of rows."""
        lines = []
        for one in self.findings:
            line = f"{one.level} {one.kind}: {one.message}"
            if one.pairs:
                line += f" First pair, rows counted from 0 in each part: {one.traces()[0]}."
            lines.append(line)
        return lines

    def refuse(self) -> None:
        """Raise InputError if the verdict is FAIL; the message says how to train anyway."""
        if self.verdict != "FAIL":
            return
        fails = [line for line in self.lines() if line.startswith("FAIL")]
        raise InputError(
            [
                *fails,
                "Test scores would measure leakage. Fix the data, or give the reason why this is "
                'no leak: --allow-leak "REASON" (allow_leak=). The report then states the reason.',
            ]
        )


def audit(
    data: Dataset,
    target: str | None = None,
    *,
    quick: bool = False,
    encoded: Mapping[str, Sequences] | None = None,
) -> Audit:
    """Search for leaks between the test part and training (train and valid together).

    Kinds of findings; the modules of `seqmodels.audit` give the reasons for the thresholds:

    - `duplicates`, `near-duplicates`, `shifted copies`: FAIL from 25 % of the test part on; for
      texts that resemble each other as much within the test part, from 50 %.
    - `contradictions`: equal inputs with different classes. WARN.
    - `repeats`: 30 % of training rows repeat another row, or 10 % are equal. WARN.
    - `groups`: a writer, a speaker, ... in both parts. WARN; FAIL for the grouping column of the
      split.
    - `overlap`: windows across the split. FAIL if training contains the last moment of 1 %.
    - `future`: training comes after test examples of the same series. FAIL from 50 %.
    - `length`: the number of words or steps avoids 50 % of the errors: WARN; 95 %: FAIL.
    - `giveaway`: one number of one step avoids 90 % of the errors: WARN; 98 %, with few distinct
      values: FAIL. A group each of whose values has a single class: WARN.
    - `target among inputs`: a channel that is the numeric target. FAIL.
    - `row numbers`: the target counts the rows. WARN.
    - `word`: one word avoids 90 % of the errors. WARN.
    - `missing mark`: a number far from all others comes back, such as -999. WARN.
    - `single words`: most texts are one word that occurs once. WARN.
    - `small test`: fewer than 30 examples. WARN.

    Args:
        data: The dataset with its parts as they will be used, their groups and times included.
        target: The target that is predicted. None: the first, if there is one.
        quick: Sample large data, as before every training; `limits` then names the samples.
        encoded: The encoded inputs of each part, if available. The audit reads them in place of
            inputs that are neither texts nor numbers, such as sound files.

    Raises:
        InputError: There is no such target, or the inputs cannot be read.
    """
    target = target or next(iter(data.train.targets), None)
    if target is not None:
        data.train.target(target)
    effort, limits = QUICK if quick else WHOLE, []
    given = data
    if encoded is not None and not _readable(data.train.inputs[0]):
        parts: dict[str, Any] = {
            name: dataclasses.replace(getattr(data, name), inputs=rows)
            for name, rows in encoded.items()
        }
        data = dataclasses.replace(data, **parts)
    most = min(effort.copies, _held(data))
    data, given = _within(data, most, limits), _within(given, most, [])
    material = Material(data, target)
    found = [*order.groups(material), *order.moments(material)]
    windows = material.windows_share()
    same, copied = copies(material) if not windows else ([], np.zeros(material.tests, bool))
    few = effort.examples
    found += [] if windows else shortcuts.counts(material)
    found += [*same, *shortcuts.length(material, few)]
    if material.texts is not None:
        if sum(map(len, material.texts)) <= effort.characters:
            found += near_texts(material, copied)
        else:
            limits.append("Texts were not compared by shingles: `seqmodels inspect` does.")
        sample = material.sample(few)
        found += [*shortcuts.words(material, *sample), *values.single_words(material, *sample)]
    else:
        found += values.missing_marks(material)
        found += shortcuts.steps(material, *_few(material, few, effort.numbers))
        if not windows:
            seen, tests = _compared(material, effort)
            if len(seen) < material.first_test or len(tests) < material.tests:
                limits.append(
                    f"Shapes and shifts were compared of {len(tests):,} of {material.tests:,} "
                    f"test sequences with {len(seen):,} of {material.first_test:,} others."
                )
            found += near_steps(material, copied, seen, tests)
    if len(data.test) < TINY:
        count, half = len(data.test), 0.98 / np.sqrt(len(data.test))
        message = (
            f"The test part has {count} example{'s' * (count > 1)}: the 95 % interval of a "
            f"share measured on it is ±{100 * half:.0f} %. Hold more examples out (test=), or add "
            f"data."
        )
        found.append(Finding("small test", "WARN", message, len(data.test)))
    found.sort(key=lambda one: one.level)  # FAIL before WARN
    return Audit(tuple(one.shown(given) for one in found), tuple(limits))


def _within(data: Dataset, most: int, limits: list[str]) -> Dataset:
    """Return the dataset with at most `most` random examples of all parts together."""
    named = {"train": data.train, "valid": data.valid, "test": data.test}
    total = sum(len(part) for part in named.values() if part is not None)
    if total <= most:
        return data
    rng, cut = np.random.default_rng(0), {}
    for name, part in named.items():
        if part is not None:
            count = max(2, len(part) * most // total)
            cut[name] = part.take(np.sort(rng.permutation(len(part))[:count]))
    limits.append(
        f"The audit read {most:,} of {total:,} examples, drawn at random; row numbers are those "
        f"of the sample."
    )
    return dataclasses.replace(data, **cut)


def _readable(example: Any) -> bool:
    """Return whether an input is a text or numbers."""
    if isinstance(example, str):
        return True
    try:
        return np.asarray(example).dtype.kind in "fiub"
    except (TypeError, ValueError):
        return False


def _held(data: Dataset) -> int:
    """Return the number of examples whose texts fit the memory limit."""
    inputs = data.train.inputs
    if not isinstance(inputs[0], str):
        return WHOLE.copies
    places = np.linspace(0, len(inputs) - 1, min(len(inputs), 200)).astype(int)
    return max(1000, int(MEMORY / (1 + np.mean([len(inputs[int(i)]) for i in places]))))


def _few(material: Material, examples: int, numbers: int) -> tuple[np.ndarray, np.ndarray]:
    """Return at most `examples` random examples of each side, fewer if they are long."""
    return material.sample(max(20, min(examples, numbers // (2 * _size(material)))))


def _compared(material: Material, effort: _Effort) -> tuple[np.ndarray, np.ndarray]:
    """Return the random training and test examples that the effort allows to compare."""
    held = max(20, effort.numbers // _size(material))
    channels = material.rows[0].values[:1].reshape(1, -1).shape[1]
    width = PLACES * min(CHANNELS, channels)
    seen = min(material.first_test, max(10, held * 4 // 5))
    tests = min(material.tests, max(10, held // 5), max(10, int(effort.products / width / seen)))
    return material.sample(seen, tests)


def _size(material: Material) -> int:
    """Return the numbers of one example, on average, rounded up."""
    channels = material.rows[0].values[:1].reshape(1, -1).shape[1]
    return int(np.ceil(material.lengths().mean())) * channels
