"""Share of the training part that an encoder's limit of length cuts off."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqmodels.core.encoder import Encoder
from seqmodels.core.errors import InputError
from seqmodels.core.examples import Examples
from seqmodels.core.sequences import Sequences

SAMPLE = 500  # sequences that are encoded again without the limit


@dataclass(frozen=True)
class Cut:
    """Share of the training part that a limit of length cuts off.

    Args:
        limit: Largest number of steps that are read of a sequence.
        sequences: Share of sequences that are longer.
        steps: Share of all steps that are cut off.
        sampled: Whether the shares are estimates.
    """

    limit: int
    sequences: float
    steps: float
    sampled: bool = False


def cut(encoder: Encoder, train: Examples, encoded: Sequences) -> Cut | None:
    """Return the share of the training part that the encoder's `length` cuts off.

    Args:
        encoder: Fitted.
        train: The training part.
        encoded: The encoded training part. Sequences of full length, or `SAMPLE` of them, are
            encoded again without the limit.

    Returns:
        None for an encoder without a limit.
    """
    limit: Any = getattr(encoder, "length", None)
    if not isinstance(limit, int) or not dataclasses.is_dataclass(encoder):
        return None
    full = np.flatnonzero(encoded.lengths >= limit)
    looked = full
    if len(full) > SAMPLE:
        looked = np.sort(np.random.default_rng(0).permutation(full)[:SAMPLE])
    over = 0.0
    longer = 0.0
    if len(looked):
        whole: Any = dataclasses.replace(encoder, length=None)  # type: ignore[type-var]
        try:
            lengths = whole.encode(train.take(looked).inputs).lengths.astype(np.int64)
        except InputError:
            return None
        longer = float((lengths > limit).mean()) * len(full)
        over = float(np.maximum(lengths - limit, 0).mean()) * len(full)
    total = float(encoded.lengths.sum(dtype=np.int64)) + over
    return Cut(limit, longer / len(encoded), over / total, len(looked) < len(full))
