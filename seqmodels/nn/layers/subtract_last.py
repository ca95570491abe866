"""Subtract last: each step as its difference to the last real one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from seqmodels.core.registry import register_layer
from seqmodels.nn.layers.base import Arrays, Layer


@register_layer("subtract_last")
@dataclass(frozen=True, kw_only=True)
class SubtractLast(Layer):
    """Each step's difference to the last real step of its row (NLinear, Zeng et al. 2023)."""

    def forward(self, ops: Any, weights: Arrays, x: Any, lengths: Any) -> Any:
        return x - ops.take_steps(x, lengths[:, None] - 1)
