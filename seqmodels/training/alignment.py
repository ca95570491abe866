"""Alignment of targets with outputs in loss and metrics, by the outputs that the head reads.

Shape letters: N examples, B rows of a batch, T steps, K outputs, S real steps of a batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from seqmodels.core import batches
from seqmodels.core.errors import InputError
from seqmodels.core.reads import Padded, Reads
from seqmodels.core.sequences import Sequences
from seqmodels.nn.ensemble import each

Arrays = tuple[Any, ...]
ROWS = 64  # of padded sequences whose loss is computed together


@dataclass(frozen=True)
class Alignment:
    """The form of targets and outputs for one kind of head.

    Both are tuples of arrays, so that traced functions take them as they are:

    - "summary": targets ([B, ...],), outputs ([B, K],).
    - "steps", "next": the real steps of all rows end to end, ([S, ...],) and ([S, K],).
    - "whole": padded rows and their lengths, ([B, M, ...], [B]) and ([B, T, K], [B]).

    The first array of the targets has one entry for each row, or step, that the loss averages
    over: its length is the weight of the batch.

    Args:
        reads: What the head reads.
        units: Outputs for each row or step.
    """

    reads: Reads
    units: int

    @property
    def together(self) -> bool:
        """Whether arrays of several batches can be laid end to end."""
        return self.reads != "whole"

    def targets(self, y: Any, rows: np.ndarray, x: np.ndarray, lengths: np.ndarray) -> Arrays:
        """Return the targets of a batch.

        Args:
            y: Encoded targets of all examples, an array [N, ...] or `Sequences`.
            rows: The examples of the batch, [B].
            x: Their steps as training reads them, [B, T, ...].
            lengths: Of `x`, [B].

        Raises:
            InputError: Augmentation changed the number of steps, of which each has a target.
        """
        if not isinstance(y, Sequences):
            return (y[rows],)
        if self.reads == "whole":
            return batches.padded(y, rows)
        if self.reads == "next":  # augmented steps are foretold as they are read
            return (x[:, 1:][np.arange(1, x.shape[1]) < lengths[:, None]],)
        if (y.lengths[rows] != lengths).any():
            raise InputError(
                "The encoder's augmentation (vary) changes the number of steps, and this head has "
                "one target for each step. Turn the augmentation off."
            )
        return (y.take(rows).packed().astype(_kind(y), copy=False),)

    def specs(self, y: Any) -> list[tf.TensorSpec]:
        """Return the types of `targets`, of any sizes."""
        if not isinstance(y, Sequences):
            return [tf.TensorSpec([None, *y.shape[1:]], y.dtype)]
        rest, kind = y.values.shape[1:], _kind(y)
        if self.reads == "whole":
            return [tf.TensorSpec([None, None, *rest], kind), tf.TensorSpec([None], "int32")]
        return [tf.TensorSpec([None, *rest], kind)]

    def measured(self, y: Any) -> list[tf.TensorSpec]:
        """Return the types of targets and outputs one after the other, as `joined` takes them."""
        if self.reads == "whole":
            more = [tf.TensorSpec([None, None, self.units]), tf.TensorSpec([None], "int32")]
        else:
            more = [tf.TensorSpec([None, self.units])]
        return [*self.specs(y), *more]

    def meet(
        self, targets: tuple[tf.Tensor, ...], found: Any, lengths: tf.Tensor
    ) -> tuple[Any, Any, tuple[tf.Tensor, ...]]:
        """Return targets and outputs as the loss gets them, and the outputs to be measured.

        Args:
            targets: Of a batch.
            found: What the network returned in training.
            lengths: Steps of each row of the batch.
        """
        if self.reads == "summary":
            y, mean = each(targets[0], found)
            return y, found, (mean,)
        outputs, counts = found
        if self.reads == "whole":
            return Padded(*targets), Padded(outputs, counts), (outputs, counts)
        if self.reads == "next":
            counts = lengths - 1
        real: Any = tf.sequence_mask(counts, tf.shape(outputs)[1])
        packed: Any = tf.boolean_mask(outputs, real)
        return targets[0], packed, (packed,)

    def joined(self, arrays: Arrays) -> tuple[Any, Any]:
        """Return targets and outputs as loss and metrics get them, from arrays side by side."""
        if self.reads == "whole":
            return Padded(*arrays[:2]), Padded(*arrays[2:])
        return arrays[0], arrays[1]

    def chunks(self, y: Any, outputs: Any, most: int) -> Iterator[Arrays]:
        """Yield targets and outputs of a whole part side by side, `most` entries at a time."""
        if isinstance(y, Sequences) and isinstance(outputs, Sequences):
            if self.reads == "whole":
                for first in range(0, len(y), ROWS):
                    rows = np.arange(first, min(first + ROWS, len(y)))
                    yield *batches.padded(y, rows), *batches.padded(outputs, rows)
                return
            y = y.packed().astype(_kind(y), copy=False)
            outputs = scored(self.reads, outputs).packed()
        for first in range(0, len(outputs), most):
            rows = slice(first, first + most)
            yield np.asarray(y[rows]), np.asarray(outputs[rows])


def scored(reads: Reads, outputs: Any) -> Any:
    """Return the outputs that have a target: the last step of a sequence has no next one."""
    if reads == "next":
        return Sequences(outputs.values, outputs.starts, outputs.lengths - 1)
    return outputs


def weight(arrays: Arrays) -> int:
    """Return how many rows, or steps, the loss of these arrays averages over."""
    return len(arrays[0])


def _kind(y: Sequences) -> Any:
    """Return the type of encoded targets in a batch, that of `batches.padded`."""
    return np.int32 if y.values.dtype.kind in "iu" else np.float32
