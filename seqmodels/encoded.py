"""The parts of a dataset as the network sees them, and their fingerprint."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from seqmodels import batches
from seqmodels.data import Encoder
from seqmodels.examples import Examples
from seqmodels.heads.base import Head
from seqmodels.model import SequenceModel
from seqmodels.plan import Parts
from seqmodels.sequences import Sequences

CHUNK = 2**10  # steps that are worked on together
VARIED = 9  # parts what varies a batch from what else is drawn with a seed

Vary = Callable[[np.ndarray, np.ndarray, np.random.Generator], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, eq=False)
class Part:
    """Encoded inputs and encoded targets.

    Args:
        sequences: N of them.
        y: Their targets, [N, ...].
        vary: How training varies its batches, as `Encoder.vary`; None: it takes them as they are.
    """

    sequences: Sequences
    y: np.ndarray
    vary: Vary | None = None

    @classmethod
    def of(cls, encoder: Encoder, head: Head, examples: Examples, target: str) -> Self:
        """Return examples as a fitted encoder and a fitted head read them."""
        rows = encoder.encode(examples.inputs)
        return cls(rows, head.encode(examples.target(target)), encoder.vary)

    def batch(self, rows: np.ndarray, step: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
        """Return rows as training reads them in one step, whenever it is taken.

        Args:
            rows: Their numbers, [B].
            step: The run's seed, the epoch and the step of it, counted from 0.

        Returns:
            As `batches.padded`, varied.
        """
        x, lengths = batches.padded(self.sequences, rows)
        if self.vary is None:
            return x, lengths
        return self.vary(x, lengths, np.random.default_rng([*step, VARIED]))


def encoded(model: SequenceModel, parts: Parts) -> dict[str, Part]:
    """Return each part as the network sees it."""
    return {
        name: Part.of(model.encoder, model.head, part, parts.target)
        for name, part in (("train", parts.train), ("valid", parts.valid), ("test", parts.test))
    }


def fingerprint(encoded: Mapping[str, Part]) -> dict[str, str]:
    """Return a hash of each part: steps and targets, however they are held in memory."""
    found = {}
    for name, part in encoded.items():
        digest, rows = hashlib.sha256(), part.sequences
        whole = np.int32 if rows.values.dtype.kind in "iu" else np.float32
        for array, kind in (
            (rows.values, whole),
            (rows.starts, np.int64),
            (rows.lengths, np.int64),
            (part.y, part.y.dtype),
        ):
            for first in range(0, len(array), CHUNK):
                digest.update(np.ascontiguousarray(array[first : first + CHUNK], dtype=kind).data)
        found[name] = digest.hexdigest()
    return found
