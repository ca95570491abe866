"""A summary of your own: attention pooling. `python examples/attention_pooling.py`, offline.

seqmodels train digits --import attention_pooling --set backbone.summary=attention
"""

from dataclasses import dataclass
from typing import ClassVar

import typer

import seqmodels as sm


@sm.register_layer("attention")
@dataclass(frozen=True, kw_only=True)
class Attention(sm.Layer):
    """A mean of the LSTM's steps, weighted by a softmax of learned scores.

    Yang et al. 2016, "Hierarchical attention networks for document classification".

    Args:
        units: Width of the hidden layer of the scores.
    """

    place: ClassVar = "summary"
    units: int = 16

    def weights(self, width):
        return {
            "kernel": sm.Weight((width, self.units), "glorot_uniform"),
            "bias": sm.Weight((self.units,)),
            "context": sm.Weight((self.units, 1), "glorot_uniform", draw=1),
        }

    def forward(self, ops, weights, x, lengths):
        inside = ops.arange(ops.shape(x)[1])[None, :] < lengths[:, None]  # [B, T]
        x = ops.where(inside[:, :, None], x, 0.0)  # padding may be NaN
        hidden = ops.tanh(ops.matmul(x, weights["kernel"]) + weights["bias"])  # [B, T, units]
        scores = ops.matmul(hidden, weights["context"])[:, :, 0]  # [B, T]
        shares = ops.softmax(ops.where(inside, scores, -1e9), axis=-1)
        return ops.sum(x * shares[:, :, None], axis=1)  # [B, H]


def main(epochs: int = 10, n: int = 4000) -> None:
    settings = {"backbone.summary": "attention", "dataset.n": n}
    run = sm.train("temporal_order", head="multiclass", epochs=epochs, settings=settings)
    print(run, run.baselines)


if __name__ == "__main__":
    typer.run(main)
