"""The last step's own channels, handed past the LSTM to the outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from seqmodels.core.registry import register_layer
from seqmodels.nn.layers.base import Arrays, Layer, Place, Weight, dense, last_step


@register_layer("skip")
@dataclass(frozen=True, kw_only=True)
class Skip(Layer):
    """Appends the last real step to the features, so that a forecast starts from the last value.

    The autoregressive part of LSTNet (Lai et al. 2018).
    """

    place: ClassVar[Place] = "joined"

    def forward(self, ops: Any, weights: Arrays, x: Any, lengths: Any) -> Any:
        return last_step(ops, x, lengths)


@register_layer("level")
@dataclass(frozen=True, kw_only=True)
class Level(Layer):
    """Adds the last value of each forecast channel, in the head's units. It is never trained.

    Args:
        outputs: K.
    """

    place: ClassVar[Place] = "beside"
    outputs: int = 1

    def weights(self, width: int) -> dict[str, Weight]:
        kernel = Weight((width, self.outputs), trainable=False)
        return {"kernel": kernel, "bias": Weight((self.outputs,), trainable=False)}

    def width(self, width: int) -> int:
        return self.outputs

    def forward(self, ops: Any, weights: Arrays, x: Any, lengths: Any) -> Any:
        return dense(ops, weights, last_step(ops, x, lengths))
