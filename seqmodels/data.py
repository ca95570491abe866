"""What crosses from the data side to the model side. NumPy only, no TensorFlow.

Shape letters, the same in every file: N examples, B batch, T steps, C channels of a step,
H features, K classes, D numbers of one answer, L steps of all examples laid end to end.
"""

from __future__ import annotations

import abc
import json
from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from seqmodels.errors import InputError, some
from seqmodels.sequences import Sequences
from seqmodels.storage import Stored

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Examples:
    """Raw inputs and raw targets, in the user's own units.

    Args:
        inputs: One per example: a text, an array of steps [T, C], whatever the encoder reads.
        targets: Target name to values, one per example: a list, an array [N] or [N, D], or a
            pandas Series or DataFrame whose names then name the answers.
        naive: For forecasts, target name to the answers that need no learning, by name, as
            in `{"value": {"last value": [...]}}`. Scored beside the model's.
        groups: Who or what an example comes from, by name, one value per example: a writer, a
            speaker, a patient, a series. What `split(apart=)` keeps on one side, and what is
            looked for in several parts before a training.
        times: The first and the last moment that an example reads or foretells, [N, 2], as
            numbers that rise with time. None: unknown.
        rows: The row of each example among those that were read, [N]. None: unknown.

    Raises:
        InputError: A target does not have one value per input.
    """

    inputs: Seq[Any]
    targets: Mapping[str, Any]
    naive: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    groups: Mapping[str, Any] = field(default_factory=dict)
    times: np.ndarray | None = None
    rows: np.ndarray | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.targets, Mapping):
            raise InputError(
                f"Examples need targets by name, as in {{'label': [...]}}, got "
                f"{type(self.targets).__name__}."
            )
        for name, values in self._columns():
            if len(values) != len(self.inputs):
                raise InputError(
                    f"Examples need one target per input, got {len(self.inputs)} inputs "
                    f"and {len(values)} values of {name!r}."
                )
        if self.times is not None and np.shape(self.times) != (len(self.inputs), 2):
            raise InputError(
                f"Examples need times of the shape [{len(self.inputs)}, 2], got "
                f"{np.shape(self.times)}."
            )

    def __len__(self) -> int:
        return len(self.inputs)

    def target(self, name: str) -> Any:
        """Return the values of one target.

        Raises:
            InputError: There is no such target; names those there are.
        """
        if name not in self.targets:
            raise InputError(f"No target {name!r}. The targets are {some(self.targets)}.")
        return self.targets[name]

    def take(self, indices: Any) -> Examples:
        """Return the examples at `indices` [M], in that order."""
        return Examples(
            _take(self.inputs, indices),
            {name: _take(values, indices) for name, values in self.targets.items()},
            {
                name: {rule: _take(values, indices) for rule, values in rules.items()}
                for name, rules in self.naive.items()
            },
            {name: _take(values, indices) for name, values in self.groups.items()},
            None if self.times is None else _take(self.times, indices),
            None if self.rows is None else _take(self.rows, indices),
        )

    def split(
        self, fraction: float, seed: int, by: str | None = None, apart: str | None = None
    ) -> tuple[Examples, Examples]:
        """Return two shuffled parts; the second holds about `fraction` of the examples.

        Args:
            fraction: Between 0 and 1.
            seed: Same seed, same parts.
            by: A target of classes whose shares both parts keep; each class stays in the
                first part with at least one example.
            apart: One of the groups: no writer, say, is in both parts. Takes the place of `by`.

        Raises:
            InputError: All examples are of one group.
        """
        if apart is not None:
            return self._split_apart(fraction, seed, apart)
        order = np.random.default_rng(seed).permutation(len(self))
        labels = codes_of(self.target(by))[order] if by else np.zeros(len(self), np.int8)
        later = np.zeros(len(self), bool)
        classes, sizes = np.unique(labels, return_counts=True)
        for label in classes:
            members = np.flatnonzero(labels == label)
            later[members[: min(round(fraction * len(members)), len(members) - 1)]] = True
        if not later.any():  # so few that the share of each class rounds to none
            later[np.argmax(labels == classes[np.argmax(sizes)])] = True
        return self.take(order[~later]), self.take(order[later])

    def _split_apart(self, fraction: float, seed: int, apart: str) -> tuple[Examples, Examples]:
        """Return two parts that share no group; groups are drawn until the second is full."""
        if apart not in self.groups:
            raise InputError(f"No group {apart!r} to keep apart. There are {some(self.groups)}.")
        names, group = np.unique(np.asarray(self.groups[apart]), return_inverse=True)
        if len(names) < 2:
            raise InputError(f"All examples have the same {apart!r}, so that no two parts differ.")
        sizes = np.bincount(group)
        order = np.random.default_rng(seed).permutation(len(names))
        before = np.cumsum(sizes[order]) - sizes[order]
        later = np.zeros(len(names), bool)
        later[order[before < fraction * len(self)]] = True
        if later.all():
            later[order[-1]] = False
        return self.take(np.flatnonzero(~later[group])), self.take(np.flatnonzero(later[group]))

    def _columns(self) -> Iterator[tuple[str, Any]]:
        yield from self.targets.items()
        yield from self.groups.items()
        for rules in self.naive.values():
            yield from rules.items()


@dataclass(frozen=True, kw_only=True)
class Spec:
    """One encoded step: a token id below `vocabulary`, or `channels` numbers."""

    vocabulary: int | None = None
    channels: int | None = None

    def __post_init__(self) -> None:
        if (self.vocabulary is None) == (self.channels is None):
            raise InputError(f"Spec needs either vocabulary or channels, got {self}.")


class Encoder(abc.ABC):
    """Turns raw inputs into sequences of steps. Saved with the model.

    Subclasses are frozen dataclasses of JSON types. Fields that are learned default to
    `learned()`, which is None; `fit` returns a copy in which they are filled in.
    """

    @abc.abstractmethod
    def fit(self, inputs: Seq[Any]) -> Self:
        """Return a copy that has learned from the training inputs."""

    @abc.abstractmethod
    def encode(self, inputs: Seq[Any]) -> Sequences:
        """Return one sequence per input, seen or unseen: ids [L], or numbers [L, C] float32.

        Ids may be of any type of whole numbers; batches make them int32.

        Raises:
            InputError: An input is empty or not readable; names the row.
        """

    @property
    @abc.abstractmethod
    def spec(self) -> Spec:
        """What one encoded step looks like."""

    def last_value(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Return how a forecast of "as it is now" follows from the last encoded step.

        Returns:
            A kernel [C, D] and a bias [D] such that `step @ kernel + bias` are the last known
            values, in the targets' units; None where there is no such thing.
        """
        return None

    def read(self, text: str) -> list[Any]:
        """Return the inputs in a text, as `seqmodels predict` gets them: one JSON value a line.

        Raises:
            InputError: A line is not one; names it.
        """
        inputs = []
        for number, line in enumerate(text.splitlines(), start=1):
            if not line.strip():
                continue
            try:
                inputs.append(json.loads(line))
            except json.JSONDecodeError as error:
                raise InputError(
                    f"Line {number} is not JSON ({error.msg}): {line[:60]!r}. "
                    f"Give one sequence a line, as in [[0.1, 0.2], [0.3, 0.4]]."
                ) from None
        return inputs

    def open(self, path: Path) -> list[Any] | None:
        """Return the inputs in a file or folder that is no text; None: a text, for `read`.

        Raises:
            InputError: It cannot be read.
        """
        return None

    def show(self, example: Any) -> str:
        """Return one input as a short line of text, for tables and reports."""
        return f"{len(example)} steps"

    def draw(
        self, example: Any, parts: np.ndarray | None = None, after: Mapping[str, Any] | None = None
    ) -> list[tuple[str, float | None]] | Figure | None:
        """Return one input as a picture for a page; None: `show` says enough.

        Args:
            example: One raw input.
            parts: What each step that is read contributed to the answer, [T]; None: unknown.
            after: Of a forecast, the numbers [D] that follow, by what they are: "truth", "answer".

        Returns:
            A Matplotlib figure; or a text as pieces, each with its contribution divided by the
            largest, from -1 to 1, or None for what is not read.
        """
        return None


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Examples in their parts, and the encoder that reads them. Not saved with the model.

    Leave `valid` out and a share of `train`, drawn at random, takes its place. Give your own
    where examples are not exchangeable, as windows of one series are not; or name the group, such
    as the writer, that must not be on both sides.

    Args:
        train: What is learned from.
        test: What is scored, once.
        encoder: Reads the inputs; not fitted.
        valid: What decides when to stop.
        apart: The one of the groups that the parts do not share.
        head: The registered name of the head that suits the (first) target, for who asks for none.
        says: What was decided when the data were read, a line each, for people.

    Raises:
        InputError: A part is empty, or the parts do not have the same targets.
    """

    train: Examples
    test: Examples
    encoder: Encoder
    valid: Examples | None = None
    apart: str | None = None
    head: str | None = None
    says: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.encoder, Encoder):
            raise InputError(
                f"A Dataset needs an encoder, as in encoder=TextEncoder(), got {self.encoder!r}."
            )
        for name, part in (("train", self.train), ("valid", self.valid), ("test", self.test)):
            if part is None:
                continue
            if len(part) == 0:
                raise InputError(f"The {name} part has no examples. Every part needs some.")
            if set(part.targets) != set(self.train.targets):
                raise InputError(
                    f"The {name} part has targets {some(part.targets)}, "
                    f"the train part {some(self.train.targets)}. Give both the same."
                )


def learned() -> Any:
    """Return the default of an encoder's or head's field that `fit` fills in: None until then.

    It marks the field as nothing that a user sets.
    """
    return field(default=None, metadata={"learned": True})


def codes_of(values: Any) -> np.ndarray:
    """Return values that are the same where the given ones are, [N]: of categories a number."""
    categories = getattr(values, "cat", None)
    return np.asarray(values) if categories is None else categories.codes.to_numpy()


def _take(values: Any, indices: Any) -> Any:
    """Return the values at `indices`, in the container they came in."""
    if isinstance(values, Sequences | Stored):
        return values.take(indices)
    if hasattr(values, "iloc"):
        return values.iloc[indices]
    if isinstance(values, np.ndarray):
        return values[np.asarray(indices, dtype=np.int64)]
    return [values[i] for i in indices]
