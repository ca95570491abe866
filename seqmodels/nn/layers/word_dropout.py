"""Word dropout: in training, some words are read as unknown ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from seqmodels.core.registry import register_layer
from seqmodels.nn.layers.base import Arrays, Draw, Layer


@register_layer("word_dropout")
@dataclass(frozen=True, kw_only=True)
class WordDropout(Layer):
    """Replaces random ids by 0, the unknown word, in training (Iyyer et al. 2015).

    Args:
        rate: Share of the ids.
    """

    ids: ClassVar[bool] = True
    random: ClassVar[bool] = True
    rate: float = 0.3

    def forward(self, ops: Any, weights: Arrays, x: Any, lengths: Any) -> Any:
        return x

    def train(
        self, ops: Any, weights: Arrays, x: Any, lengths: Any, draw: Draw, learns: bool
    ) -> tuple[Any, dict[str, Any]]:
        kept = draw.uniform(ops.shape(x)) >= self.rate
        return ops.where(kept, x, 0), {}
