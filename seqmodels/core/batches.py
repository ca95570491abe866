"""Batches of sequences of similar length, padded on the right to the longest of the batch."""

import numpy as np

from seqmodels.core.sequences import Sequences

POOL = 50  # batches that are sorted by length together


def shuffled(lengths: np.ndarray, batch_size: int, seed: int, epoch: int) -> list[np.ndarray]:
    """Return the rows of each batch of one epoch; seed and epoch determine them.

    Rows are shuffled, then sorted by length within pools of some 50 batches, so that a batch
    needs little padding. The batches are then shuffled, so that no order of lengths remains.

    Args:
        lengths: Steps of each row, [N].
        batch_size: Rows of a batch; the last may have fewer.
        seed: The run's seed.
        epoch: Counted from 0.
    """
    rng = np.random.default_rng([seed, epoch])
    order = _rows(len(lengths))
    rng.shuffle(order)
    if lengths.min() < lengths.max():
        for first in range(0, len(order), POOL * batch_size):
            pool = order[first : first + POOL * batch_size]
            pool[:] = pool[np.argsort(lengths[pool], kind="stable")]
    batches = _cut(order, batch_size)
    return [batches[i] for i in rng.permutation(len(batches))]


def by_length(lengths: np.ndarray, steps: int) -> list[np.ndarray]:
    """Return the rows of each batch, the shortest rows first, for prediction.

    Args:
        lengths: Steps of each row, [N].
        steps: Most steps of a batch, padding included: a batch holds many short rows or few
            long ones. A row with more steps is a batch by itself.
    """
    order = _rows(len(lengths))
    if lengths.min() < lengths.max():
        order[:] = np.argsort(lengths, kind="stable")
    batches, first = [], 0
    while first < len(order):
        most = max(1, steps // int(lengths[order[first]]))
        rows = order[first : first + most]
        padded_steps = np.arange(1, len(rows) + 1) * lengths[rows]  # if a batch ended there
        count = max(1, int(np.searchsorted(padded_steps, steps, side="right")))
        batches.append(rows[:count])
        first += count
    return batches


def padded(sequences: Sequences, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return `rows` as one padded array, and the true length of each row.

    Returns:
        The steps [B, T] int32 or [B, T, C] float32, T the longest of these rows and zeros
        past a row's end; and the lengths [B] int32.
    """
    lengths = sequences.lengths[rows].astype(np.int32)
    steps = int(lengths.max())
    x = sequences.spans(rows, steps)  # [B, T] or [B, T, C]
    x = x.astype(np.int32 if np.issubdtype(x.dtype, np.integer) else np.float32, copy=False)
    if lengths.min() < steps:
        x[np.arange(steps, dtype=np.int32) >= lengths[:, None]] = 0
    return x, lengths


def _rows(count: int) -> np.ndarray:
    """Return the numbers of all rows [N], in four bytes each if they fit."""
    return np.arange(count, dtype=np.promote_types(np.int32, np.min_scalar_type(-count)))


def _cut(order: np.ndarray, batch_size: int) -> list[np.ndarray]:
    return [order[first : first + batch_size] for first in range(0, len(order), batch_size)]
