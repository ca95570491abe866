"""What each step of an input contributed to an answer, by integrated gradients."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from seqmodels.data import Spec

if TYPE_CHECKING:
    from seqmodels.model import SequenceModel

POINTS = 64  # of the integral, at first
MISSED = 0.02  # a gap from which on it is worked out again, with four times the points
BATCH = 2**14  # steps that are differentiated together, padding included


@dataclass(frozen=True, eq=False)
class Explained:
    """What the steps of one input contributed.

    Args:
        parts: What each step added to the output, [T].
        output: The output for the input.
        baseline: The output for the baseline: as many steps that say nothing.
    """

    parts: np.ndarray
    output: float
    baseline: float

    @property
    def gap(self) -> float:
        """What the parts miss of the difference of the outputs, as a share of the largest sum.

        The integral is over a finite number of points, so that it is not quite 0.
        """
        missed = abs(float(self.parts.sum()) - (self.output - self.baseline))
        return missed / max(abs(self.output - self.baseline), float(np.abs(self.parts).sum()), 1e-9)


class Explainer:
    """Integrated gradients of a model's outputs along the way from a baseline to an input.

    Sundararajan, Taly and Yan 2017, "Axiomatic attribution for deep networks", ICML. The way
    leads through the embeddings of words, or through the encoded numbers. It starts from a text
    of as many unknown words, or from steps of zeros, which for standardised numbers is the mean of
    the training part. What a step contributed is the sum over its features, and the steps
    together make up the difference of the outputs.

    It differentiates a network of the same weights that reads vectors and has no dropout, on
    the engine that the model runs on.

    Args:
        model: Trained.
        points: Of the integral, by the rule of Gauss and Legendre.
    """

    def __init__(self, model: SequenceModel, *, points: int = POINTS):
        import tensorflow as tf

        spec, sizes = model.encoder.spec, dataclasses.replace(model.backbone, dropout=0)
        weights = {weight.path: weight for weight in model.network.weights}
        self.table: np.ndarray | None = None
        if spec.vocabulary is not None:
            self.table = np.asarray(weights["embedding/embeddings"])  # [V, C]
            spec = Spec(channels=self.table.shape[1])
            sizes = dataclasses.replace(sizes, embed=None)
        twin = sizes.build(spec, model.head.units)
        for weight in twin.weights:
            weight.assign(weights[weight.path])
        self.points = points
        like = [((None, None, spec.channels), "float32"), ((None,), "int32"), ((None,), "float32")]

        def slopes(x: tf.Tensor, lengths: tf.Tensor, unit: tf.Tensor) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(x)
                outputs: Any = twin({"x": x, "lengths": lengths}, training=True)
                value = tf.linalg.matvec(outputs, unit)  # [B]
            return tape.gradient(value, x), value

        signature = [tf.TensorSpec(shape, kind) for shape, kind in like]
        self._slopes = tf.function(slopes, input_signature=signature, autograph=False)

    def explain(self, steps: np.ndarray, unit: np.ndarray) -> Explained:
        """Explain one encoded input.

        Args:
            steps: Ids [T] or numbers [T, C].
            unit: Which output is explained, as weights of the network's outputs, [units].
        """
        x, start = self._vectors(steps)
        unit = np.asarray(unit, np.float32)
        _, values = self._slopes(np.stack([start, x]), np.full(2, len(x), np.int32), unit)
        baseline, output = np.asarray(values).tolist()
        found = Explained(self._parts(x, start, unit, self.points), output, baseline)
        if found.gap > MISSED:
            found = Explained(self._parts(x, start, unit, 4 * self.points), output, baseline)
        return found

    def _parts(self, x: np.ndarray, start: np.ndarray, unit: np.ndarray, points: int) -> np.ndarray:
        """Return the integral of the slopes along the way, times the way, by step [T]."""
        places, shares = np.polynomial.legendre.leggauss(points)  # from -1 to 1
        places, way, total = (places.astype(np.float32) + 1) / 2, x - start, np.zeros(x.shape)
        most = max(1, BATCH // len(x))
        for first in range(0, points, most):
            here = slice(first, first + most)
            at = start + places[here, None, None] * way  # [B, T, C]
            slopes, _ = self._slopes(at, np.full(len(at), len(x), np.int32), unit)
            total += np.tensordot(shares[here] / 2, np.asarray(slopes), 1)
        return (total * way).sum(axis=1)

    def _vectors(self, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the vectors of an input and of its baseline, [T, C] each."""
        if self.table is None:
            x = np.asarray(steps, np.float32)
            return x, np.zeros_like(x)
        ids = np.asarray(steps, np.int64)
        return self.table[ids], np.broadcast_to(self.table[0], (len(ids), self.table.shape[1]))
