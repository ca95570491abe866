"""Raw inputs with their targets, and how to split them. NumPy only, no TensorFlow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from seqmodels.core.errors import InputError, some
from seqmodels.core.renamed import renamed
from seqmodels.core.sequences import Sequences
from seqmodels.core.storage import Stored


@dataclass(frozen=True)
class Examples:
    """Raw inputs and raw targets, in the user's own units.

    Args:
        inputs: One per example, in a form that the encoder reads: a text, an array of steps
            [T, C].
        targets: Values of each target by name, one per example: a list, an array [N] or [N, D],
            or a pandas Series or DataFrame whose names then name the answers.
        naive: Forecasts that need no learning, for each target by name, as in
            `{"value": {"last value": [...]}}`. They are scored as baselines.
        groups: Grouping columns by name, one value per example: the writer, the speaker, the
            patient, the series. `split(group_by=)` keeps each group in one part, and the audit
            looks for groups that appear in several parts.
        times: First and last moment that an example reads or predicts, [N, 2], as numbers that
            rise with time; or [N, 3], with the first predicted moment between them. None:
            unknown.
        rows: Number of each example's row in the data that were read, [N]. None: unknown.

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
        count = len(self.inputs)
        if self.times is not None and np.shape(self.times) not in ((count, 2), (count, 3)):
            raise InputError(
                f"Examples need times of the shape [{count}, 2] or [{count}, 3], got "
                f"{np.shape(self.times)}."
            )

    def __len__(self) -> int:
        return len(self.inputs)

    def target(self, name: str) -> Any:
        """Return the values of one target.

        Raises:
            InputError: There is no such target; the message lists the existing ones.
        """
        if name not in self.targets:
            raise InputError(f"No target {name!r}. The targets are {some(self.targets)}.")
        return self.targets[name]

    def take(self, indices: Any) -> Examples:
        """Return the examples at `indices` [M], in that order."""
        return Examples(
            take(self.inputs, indices),
            {name: take(values, indices) for name, values in self.targets.items()},
            {
                name: {rule: take(values, indices) for rule, values in rules.items()}
                for name, rules in self.naive.items()
            },
            {name: take(values, indices) for name, values in self.groups.items()},
            None if self.times is None else take(self.times, indices),
            None if self.rows is None else take(self.rows, indices),
        )

    @renamed({"apart": "group_by"})
    def split(
        self, fraction: float, seed: int, by: str | None = None, group_by: str | None = None
    ) -> tuple[Examples, Examples]:
        """Return two shuffled parts; the second holds about `fraction` of the examples.

        Args:
            fraction: Between 0 and 1.
            seed: The same seed gives the same parts.
            by: Target to stratify by: both parts keep the shares of its classes, and each class
                keeps at least one example in the first part.
            group_by: Grouping column: no group appears in both parts. Overrides `by`.

        Raises:
            InputError: All examples are of one group.
        """
        if group_by is not None:
            return self._split_apart(fraction, seed, group_by)
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

    def _split_apart(self, fraction: float, seed: int, group_by: str) -> tuple[Examples, Examples]:
        """Return two parts that share no group; groups are drawn until the second is full."""
        if group_by not in self.groups:
            raise InputError(f"No group {group_by!r}. The groups are {some(self.groups)}.")
        names, group = np.unique(np.asarray(self.groups[group_by]), return_inverse=True)
        if len(names) < 2:
            raise InputError(f"All examples have the same {group_by!r}; a split needs two or more.")
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


def codes_of(values: Any) -> np.ndarray:
    """Return the values [N], or the integer codes of a categorical column."""
    categories = getattr(values, "cat", None)
    return np.asarray(values) if categories is None else categories.codes.to_numpy()


def take(values: Any, indices: Any) -> Any:
    """Return the values at `indices` [M], in the same kind of container."""
    if isinstance(values, Sequences | Stored):
        return values.take(indices)
    if hasattr(values, "iloc"):
        return values.iloc[indices]
    if isinstance(values, np.ndarray):
        return values[np.asarray(indices, dtype=np.int64)]
    return [values[i] for i in indices]
