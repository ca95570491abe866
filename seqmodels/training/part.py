"""Encoded part of a dataset: the inputs and targets that the network reads."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from seqmodels.core import batches
from seqmodels.core.encoder import Encoder
from seqmodels.core.errors import InputError
from seqmodels.core.examples import Examples
from seqmodels.core.sequences import Sequences
from seqmodels.heads.base import Head

CHUNK = 2**10  # steps that are worked on together
VARIED = 9  # parts what varies a batch from what else is drawn with a seed

Vary = Callable[[np.ndarray, np.ndarray, np.random.Generator], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, eq=False)
class Part:
    """Encoded inputs and encoded targets.

    Args:
        sequences: N of them.
        y: Their targets, [N, ...]; `Sequences` where a head has several for each example.
        vary: How training augments its batches, as `Encoder.vary`; None: not at all.
        unlabelled: Of a training part, more encoded inputs, without targets.
    """

    sequences: Sequences
    y: Any
    vary: Vary | None = None
    unlabelled: Sequences | None = None

    @classmethod
    def of(cls, encoder: Encoder, head: Head, examples: Examples, target: str) -> Self:
        """Return examples as a fitted encoder and a fitted head read them."""
        rows = encoder.encode(examples.inputs)
        _check_form(encoder, rows)
        if head.reads == "next":
            return cls(rows, rows.shifted(), encoder.vary)
        return cls(rows, head.encode(examples.target(target)), encoder.vary)

    def truth(self, head: Head, examples: Examples, target: str) -> Any:
        """Return the targets that answers are scored against, in the user's own units."""
        return self.y if head.reads == "next" else examples.target(target)

    def batch(self, rows: np.ndarray, step: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
        """Return rows as training reads them in one step, whenever it is taken.

        Args:
            rows: Their numbers, [B].
            step: The run's seed, the epoch and the step of it, counted from 0.

        Returns:
            x [B, T, ...] and lengths [B] as `batches.padded` gives them, augmented.
        """
        x, lengths = batches.padded(self.sequences, rows)
        if self.vary is not None:
            x, lengths = self.vary(x, lengths, np.random.default_rng([*step, VARIED]))
        return x, lengths


def _check_form(encoder: Encoder, rows: Sequences) -> None:
    """Refuse steps of another form than the encoder's `spec` states: it may be the user's own."""
    spec, values = encoder.spec, rows.values
    ids = values.ndim == 1 and values.dtype.kind in "iu"
    if ids if spec.vocabulary is None else not ids:
        stated = f"{spec.vocabulary} ids" if spec.vocabulary else f"{spec.channels} numbers a step"
        raise InputError(
            f"Encoder {type(encoder).__name__} states {stated} in its spec, and encode returned "
            f"values of type {values.dtype} and shape {values.shape}. Ids are whole numbers [L], "
            f"numbers are [L, C]."
        )


def fingerprint(parts: Mapping[str, Part]) -> dict[str, str]:
    """Return a hash of each part: steps and targets, however they are held in memory."""
    found = {}
    for name, part in parts.items():
        digest = hashlib.sha256()
        _of_rows(digest, part.sequences)
        if isinstance(part.y, Sequences):
            _of_rows(digest, part.y)
        else:
            _update(digest, part.y, part.y.dtype)
        if part.unlabelled is not None:
            _of_rows(digest, part.unlabelled)
        found[name] = digest.hexdigest()
    return found


def _of_rows(digest: Any, rows: Sequences) -> None:
    _update(digest, rows.values, np.int32 if rows.values.dtype.kind in "iu" else np.float32)
    _update(digest, rows.starts, np.int64)
    _update(digest, rows.lengths, np.int64)


def _update(digest: Any, array: Any, kind: Any) -> None:
    for first in range(0, len(array), CHUNK):
        digest.update(np.ascontiguousarray(array[first : first + CHUNK], dtype=kind).data)
