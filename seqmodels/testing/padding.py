"""The check that padding changes no answer of a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from seqmodels.core import batches
from seqmodels.model.sequence_model import SequenceModel


def assert_padding_invariant(
    model: SequenceModel, inputs: Sequence[Any], tolerance: float = 1e-5
) -> None:
    """Check that padding never changes an answer of a model.

    The outputs for each input must be equal alone, in one mixed batch, in the same batch padded
    to twice and four times its length with zeros and with noise, and in another order.

    Args:
        model: Trained or not.
        inputs: At least two, of unequal lengths if the encoder allows them.
        tolerance: Largest allowed difference of a network output.

    Raises:
        AssertionError: An output differs; the message names the case.
    """
    from seqmodels.nn import tracing

    network = tracing.traced(model.network)
    rows = model.encoder.encode(inputs)
    everyone = np.arange(len(rows))
    x, lengths = batches.padded(rows, everyone)

    def outputs(x: np.ndarray, lengths: np.ndarray) -> list[np.ndarray]:
        """Return the outputs of each row, [K] or [T', K]."""
        found = network(x, lengths)
        if isinstance(found, list | tuple):
            values, counts = map(np.asarray, found)
            return [row[:count] for row, count in zip(values, counts, strict=True)]
        return [*np.asarray(found)]

    together = outputs(x, lengths)

    def same(found: list[np.ndarray], where: str) -> None:
        for row, right in zip(found, together, strict=True):
            np.testing.assert_allclose(row, right, rtol=0, atol=tolerance, err_msg=where)

    same([outputs(*batches.padded(rows, everyone[[i]]))[0] for i in everyone], "alone")
    rng = np.random.default_rng(0)
    for times in (2, 4):
        wide = np.zeros((len(x), times * x.shape[1], *x.shape[2:]), x.dtype)
        wide[:, : x.shape[1]] = x
        same(outputs(wide, lengths), f"padded to {times} times the length")
        padding = np.arange(wide.shape[1]) >= lengths[:, None]  # [B, T]
        wide[padding] = rng.integers(0, 2, wide[padding].shape)
        same(outputs(wide, lengths), f"noise in the padding, {times} times the length")
    order = rng.permutation(len(x))
    turned = outputs(x[order], lengths[order])
    same([turned[i] for i in np.argsort(order)], "in another order")
