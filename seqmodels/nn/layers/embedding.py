"""The embedding: a vector for each token."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from seqmodels.core.registry import register_layer
from seqmodels.nn.layers.base import Arrays, Layer, Weight

if TYPE_CHECKING:
    from seqmodels.core.sequences import Sequences


@register_layer("embedding")
@dataclass(frozen=True, kw_only=True)
class Embedding(Layer):
    """Looks up a vector for each id: [B, T] -> [B, T, C].

    With a `window`, the vectors start from how words are used in the inputs with and without a
    target: see `word_vectors`.

    Args:
        vocabulary: V; ids are below it.
        units: C, the width of a vector.
        window: Steps on either side within which two words count as standing together. 0: the
            vectors start at random.
    """

    ids: ClassVar[bool] = True
    vocabulary: int = 20
    units: int = 64
    window: int = 0

    def weights(self, width: int) -> dict[str, Weight]:
        return {"embeddings": Weight((self.vocabulary, self.units), "uniform")}

    def width(self, width: int) -> int:
        return self.units

    def forward(self, ops: Any, weights: Arrays, x: Any, lengths: Any) -> Any:
        return ops.lookup(weights["embeddings"], x)

    def adapt(
        self,
        weights: Mapping[str, np.ndarray],
        sequences: Sequences,
        pulls: np.ndarray,
        unlabelled: Sequences | None,
        seed: int,
    ) -> dict[str, np.ndarray]:
        from seqmodels.nn.word_vectors import neighbours, reduced

        if not self.window:
            return {}
        inputs = [sequences] if unlabelled is None else [sequences, unlabelled]
        counts = neighbours(inputs, self.vocabulary, self.window)
        return {"embeddings": reduced(counts, self.units, seed)} if counts.nnz else {}
