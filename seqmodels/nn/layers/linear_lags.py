"""Linear lags: a linear map of the last steps, beside the LSTM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from seqmodels.core.registry import register_layer
from seqmodels.nn.layers.base import Arrays, Layer, Place, Weight


@register_layer("linear_lags")
@dataclass(frozen=True, kw_only=True)
class LinearLags(Layer):
    """Maps the last steps of each row linearly to outputs (LTSF-Linear, Zeng et al. 2023).

    A row with fewer steps begins with zeros. The map starts from zero: an untrained network
    answers as without it.

    Args:
        lags: Steps.
        outputs: K.
    """

    place: ClassVar[Place] = "beside"
    lags: int = 12
    outputs: int = 1

    def weights(self, width: int) -> dict[str, Weight]:
        return {"kernel": Weight((self.lags * width, self.outputs))}

    def width(self, width: int) -> int:
        return self.outputs

    def forward(self, ops: Any, weights: Arrays, x: Any, lengths: Any) -> Any:
        return ops.matmul(self.recent(ops, x, lengths), weights["kernel"])

    def recent(self, ops: Any, x: Any, lengths: Any) -> Any:
        """Return the last real steps of each row side by side: [B, T, C] -> [B, lags * C]."""
        places = lengths[:, None] - self.lags + ops.arange(self.lags)  # [B, lags]
        steps = ops.take_steps(x, ops.maximum(places, 0))  # [B, lags, C]
        steps = ops.where((places >= 0)[:, :, None], steps, 0)
        return ops.reshape(steps, [ops.shape(x)[0], self.lags * int(x.shape[-1] or 1)])
