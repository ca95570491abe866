"""A finished run as a comparison reads it: settings and predictions, no network."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seqmodels.core.errors import InputError, some
from seqmodels.core.registry import HEADS
from seqmodels.evaluation.intervals import Units
from seqmodels.heads.base import Head, Prediction
from seqmodels.runs.predictions import answers_in, head_of, predictions_of, units_in
from seqmodels.runs.records import Scores, read, record_of

MANY = 20  # different target numbers in the same order identify a test part


@dataclass(frozen=True, eq=False)
class FinishedRun:
    """A finished run without its network.

    Args:
        path: The run directory.
        record: Content of `run.json`.
        saved: Content of `scores.json`.
        head: The fitted head.
        shown: Test inputs as text, N.
        targets: [N] or [N, D].
        prediction: Answers, N.
        units: Units of the bootstrap.
        weights: Number of weights of the network.
    """

    path: Path
    record: Mapping[str, Any]
    saved: Scores
    head: Head
    shown: Sequence[str]
    targets: Any
    prediction: Prediction
    units: Units
    weights: int

    @property
    def seed(self) -> int:
        return self.record["seed"]

    @property
    def asked(self) -> dict[str, Any]:
        """Settings by the names of `--set`, engine and version; without the seed."""
        record, found = self.record, {}
        for group, values in (
            ("dataset", record["arguments"]),
            ("head", {k: v for k, v in record["head"].items() if k not in ("name", "module")}),
            ("backbone", record["backbone"]),
            ("training", record["training"]),
        ):
            found |= {f"{group}.{name}": _plain(value) for name, value in values.items()}
        first = {name: record[name] for name in ("dataset", "target", "limit")}
        return first | found | {"engine": record["engine"], "version": _version(record)}


def open_all(paths: Sequence[Path]) -> list[FinishedRun]:
    """Open finished runs that answer the same question about the same test part.

    Args:
        paths: The run directories.

    Raises:
        InputError: A run cannot be opened, or its scores do not compare with those of the
            others; lists every problem.
    """
    twice = [str(path) for i, path in enumerate(paths) if path.resolve() in _before(paths, i)]
    problems = [f"The run {name!r} is named twice." for name in dict.fromkeys(twice)]
    if len(paths) < 2:
        problems.append(f"compare needs at least two runs, got {len(paths)}.")
    opened = []
    for path in paths:
        try:
            opened.append(_open(path))
        except InputError as error:
            problems += error.problems
    if not problems:
        first, *others = opened
        problems = [why for other in others if (why := _incompatible(first, other))]
    if problems:
        raise InputError(problems)
    return opened


def _open(path: Path) -> FinishedRun:
    record = record_of(path)
    if record["status"] != "complete":
        raise InputError(
            f"The training of {str(path)!r} did not finish. Leave it out, or continue with: "
            f"seqmodels train --resume {path}"
        )
    head = head_of(path)
    saved = read(path / "scores.json", Scores)
    if head.headline not in saved.scores:
        raise InputError(f"{path / 'scores.json'} is damaged: it has no {head.headline!r}.")
    frame = predictions_of(path, head, record["examples"].get("test", 0))
    targets, prediction = answers_in(frame, head)
    weights = _weights(path / "model" / "weights.npz")
    shown, units = list(frame["input"]), units_in(frame, saved.resampled)
    return FinishedRun(path, record, saved, head, shown, targets, prediction, units, weights)


def _incompatible(a: FinishedRun, b: FinishedRun) -> str | None:
    """Return why the scores of two runs do not compare; None: they do."""
    pair = f"{str(a.path)!r} and {str(b.path)!r} do not compare"
    heads = [HEADS.name_of(one.head) for one in (a, b)]
    if heads[0] != heads[1]:
        return f"{pair}: one answers with head {heads[0]!r}, the other with {heads[1]!r}."
    columns = [[str(name) for name in one.prediction.columns or ()] for one in (a, b)]
    if columns[0] != columns[1]:
        kind = "classes" if a.prediction.scores is not None else "numbers"
        extra = [
            [name for name in own if name not in other] for own, other in (columns, columns[::-1])
        ]
        only = [
            f"only {str(one.path)!r} has {some(names)}"
            for one, names in zip((a, b), extra, strict=True) if names
        ]  # fmt: skip
        which = ", ".join(only) or "the same in another order"
        return f"{pair}: they answer with other {kind}; {which}."
    hint = "Train both on the same data; with --limit, each seed draws other examples."
    if len(a.targets) != len(b.targets):
        counts = f"{len(a.targets):,} and {len(b.targets):,}"
        return f"{pair}: their test parts have {counts} examples. {hint}"
    wrong = np.flatnonzero((a.targets != b.targets).reshape(len(a.targets), -1).any(axis=1))
    if len(wrong):
        i = wrong[0]
        shown = f"{_text(a.targets[i])} and {_text(b.targets[i])}"
        return (
            f"{pair}: {len(wrong):,} of {len(a.targets):,} test targets differ, the first in row "
            f"{i} (counted from 0): {shown}. {hint}"
        )
    if _identifies(a.targets):  # a longer window of the same series is shown otherwise
        return None
    for i, (one, other) in enumerate(zip(a.shown, b.shown, strict=True)):
        if one != other:
            return (
                f"{pair}: their test inputs differ, the first in row {i} (counted from 0): "
                f"{one[:60]!r} and {other[:60]!r}. {hint}"
            )
    return None


def _identifies(targets: np.ndarray) -> bool:
    """Return whether the targets are numbers, different enough to identify a test part."""
    return targets.dtype.kind == "f" and len(np.unique(targets, axis=0)) >= MANY


def _before(paths: Sequence[Path], i: int) -> list[Path]:
    return [path.resolve() for path in paths[:i]]


def _text(target: Any) -> str:
    return repr(target.tolist()) if isinstance(target, np.ndarray | np.generic) else repr(target)


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _version(record: Mapping[str, Any]) -> str | None:
    return record["versions"].get("seqmodels")


def _weights(path: Path) -> int:
    """Return the number of weights in a file, from the headers of its arrays."""
    total = 0
    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if not name.endswith(".npy"):
                    continue  # the name of the model
                with archive.open(name) as file:
                    version = np.lib.format.read_magic(file)
                    if version != (1, 0):
                        raise ValueError(f"array format {version}")
                    shape, _, _ = np.lib.format.read_array_header_1_0(file)
                    total += int(np.prod(shape, dtype=np.int64))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.") from None
    except (ValueError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise InputError(f"{path} is not a file of weights: {error}.") from None
    return total
