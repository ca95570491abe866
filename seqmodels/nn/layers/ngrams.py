"""N-grams: a linear model of words and n-grams, beside the LSTM."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from seqmodels.core import batches
from seqmodels.core.registry import register_layer
from seqmodels.nn import numpy_ops
from seqmodels.nn.layers.base import Arrays, Draw, Layer, Place, Weight, real

if TYPE_CHECKING:
    from seqmodels.core.sequences import Sequences

# Saved models rely on these.
FIRST, SECOND, RING = 1_000_003, 7_919, 2**31 - 1  # primes that mix the ids of an n-gram
LOUD = 100.0  # how much a weight counts: most are read, and so moved, seldom
SILENT = 10  # examples that lean to no side, added to those that have an n-gram
ROWS = 512  # sequences that are counted together


@register_layer("ngrams")
@dataclass(frozen=True, kw_only=True)
class Ngrams(Layer):
    """Sums the contributions of words and n-grams, regardless of their order: [B, T] -> [B, K].

    A linear model beside the LSTM (Cheng et al. 2016, "Wide and deep learning"), of words and of
    n-grams, which share a table by a hash of their ids, as in fastText (Joulin et al. 2017). The
    contributions of a row are added up and divided by the square root of their number.

    Each contribution has a scale, which `adapt` reads off the training examples that have the
    n-gram: the further their targets lean to one side, the larger. This is what the log-count
    ratios of the naive Bayes SVM do (Wang and Manning 2012), for targets of any kind. The scale is
    squared, for a step of Adam moves all weights alike, where one along the gradient would move
    those of large scale further. The weights themselves start from zero: an untrained network
    answers as it would without them.

    Args:
        vocabulary: Ids are below it.
        outputs: K.
        longest: Words of the longest n-gram.
        buckets: Rows of the table that n-grams share.
        dropout: Share of words and n-grams that are left out in training.
    """

    place: ClassVar[Place] = "beside"
    ids: ClassVar[bool] = True
    random: ClassVar[bool] = True
    vocabulary: int = 20
    outputs: int = 1
    longest: int = 2
    buckets: int = 100
    dropout: float = 0.0

    def weights(self, width: int) -> dict[str, Weight]:
        shape = (self.vocabulary + self.buckets, self.outputs)
        return {"table": Weight(shape), "scale": Weight(shape, "ones", trainable=False)}

    def width(self, width: int) -> int:
        return self.outputs

    def forward(self, ops: Any, weights: Arrays, x: Any, lengths: Any) -> Any:
        kept = self.real(ops, x, lengths)
        return self._sum(ops, weights, x, kept, ops.sum(kept, axis=1, keepdims=True))

    def train(
        self, ops: Any, weights: Arrays, x: Any, lengths: Any, draw: Draw, learns: bool
    ) -> tuple[Any, dict[str, Any]]:
        kept = self.real(ops, x, lengths)
        count = ops.sum(kept, axis=1, keepdims=True)
        if self.dropout:
            drawn = draw.uniform(ops.shape(kept))
            kept = kept * ops.cast(drawn >= self.dropout, "float32") / (1 - self.dropout)
        return self._sum(ops, weights, x, kept, count), {}

    def _sum(self, ops: Any, weights: Arrays, x: Any, kept: Any, count: Any) -> Any:
        places = self.places(ops, x)  # [B, G]
        parts = ops.lookup(weights["table"], places) * ops.lookup(weights["scale"], places)
        return ops.sum(parts * kept[:, :, None], axis=1) * LOUD / ops.sqrt(count)

    def contributions(self, weights: Mapping[str, np.ndarray], ids: np.ndarray) -> np.ndarray:
        """Return the contribution of each word and n-gram of a row [T] to the outputs, [G, K]."""
        places = self.places(numpy_ops, ids[None])[0]
        return weights["table"][places] * weights["scale"][places] * LOUD / np.sqrt(len(places))

    def adapt(
        self,
        weights: Mapping[str, np.ndarray],
        sequences: Sequences,
        pulls: np.ndarray,
        unlabelled: Sequences | None,
        seed: int,
    ) -> dict[str, np.ndarray]:
        total = np.zeros(weights["scale"].shape)
        count = np.zeros(len(total))
        for first in range(0, len(sequences), ROWS):
            rows = np.arange(first, min(first + ROWS, len(sequences)))
            x, lengths = batches.padded(sequences, rows)
            inside = self.real(numpy_ops, x, lengths) > 0
            each, place = np.nonzero(inside)[0], self.places(numpy_ops, x)[inside]
            once = np.unique(each * len(total) + place)  # however often a row has it
            each, place = rows[once // len(total)], once % len(total)
            count += np.bincount(place, minlength=len(total))
            for k, pull in enumerate(pulls[each].T):
                total[:, k] += np.bincount(place, pull, minlength=len(total))
        return {"scale": np.square(total / (count + SILENT)[:, None])}

    def places(self, ops: Any, x: Any) -> Any:
        """Return the rows of the table for the words of x, its pairs, and so on, [B, G].

        Padding is read as the unknown word; `real` says which places count.
        """
        ids = ops.cast(x, "int64")
        found, mixed = [ids], ids
        for n in range(1, self.longest):
            mixed = (mixed[:, :-1] * FIRST + ids[:, n:] * SECOND) % RING
            found.append(mixed % self.buckets + self.vocabulary)
        return ops.concatenate(found, axis=1)

    def real(self, ops: Any, x: Any, lengths: Any) -> Any:
        """Return 1 for the words and n-grams of x that end before its padding, else 0, [B, G]."""
        words = ops.cast(real(ops, lengths, ops.shape(x)[1]), "float32")  # [B, T]
        return ops.concatenate([words[:, n:] for n in range(self.longest)], axis=1)
