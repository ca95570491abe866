"""Contribution of each step of an input to an output, by integrated gradients."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from seqmodels.model.sequence_model import SequenceModel

POINTS = 64  # of the integral before refinement
PANEL = 8  # points of one interval of the path
MISSED = 0.02  # gap from which intervals are refined
ROUNDS = 4  # of refinement, each of an interval into four
MOST = 48  # intervals that refinement adds, at most
LARGEST_GAP = 0.05  # gap up to which contributions are shown
BATCH = 2**14  # steps of one batch of gradients, padding included


@dataclass(frozen=True, eq=False)
class Explained:
    """Contributions of the steps of one input.

    Args:
        parts: Contribution of each step to the output, [T].
        output: Output for the input.
        baseline: Output for the reference input of the same length.
    """

    parts: np.ndarray
    output: float
    baseline: float

    @property
    def gap(self) -> float:
        """Error of the sum of contributions, relative to the larger of difference and total.

        The integral has a finite number of points, so that the gap is not exactly 0. It can be
        large if the output jumps along the path, as for some long inputs.
        """
        missed = abs(float(self.parts.sum()) - (self.output - self.baseline))
        return missed / max(abs(self.output - self.baseline), float(np.abs(self.parts).sum()), 1e-9)

    @property
    def whole(self) -> bool:
        """Whether the gap is small enough for the contributions to be shown."""
        return self.gap <= LARGEST_GAP


class Explainer:
    """Integrated gradients of a model's outputs along the path from a reference to an input.

    Sundararajan, Taly and Yan 2017, "Axiomatic attribution for deep networks", ICML. The path is a
    line in the space of word embeddings or of encoded numbers. The reference is a text of as many
    unknown words, or steps of zeros; for standardised numbers, zero is the mean of the training
    part. The contribution of a step is the sum over its features. All contributions add up to the
    difference of the outputs.

    The gradients are those of a network with the same weights that reads vectors and has no
    dropout, on the engine of the model.

    Args:
        model: Trained.
        points: Points of the integral before refinement, by Gauss-Legendre quadrature on intervals
            of the path. Intervals whose integral misses the rise of the output are refined, so
            that points gather where the output jumps.
    """

    def __init__(self, model: SequenceModel, *, points: int = POINTS):
        import tensorflow as tf

        from seqmodels.nn import keras_network

        weights = keras_network.weights_of(model.network)
        network = model.backbone.network(model.encoder.spec, model.head.units)
        self.table: np.ndarray | None = None
        if network.spec.vocabulary is not None:
            self.table = np.asarray(weights["embedding/embeddings"])  # [V, C]
        self.ngrams = network.ngrams
        self._table = {
            key: np.asarray(weights[f"ngrams/{key}"]) for key in ("table", "scale") if self.ngrams
        }
        network = network.explained()
        twin = keras_network.build(network, still=True)
        for name, weight in keras_network.weights_of(twin).items():
            weight.assign(weights[name])
        self.points = points
        like = [
            ((None, None, network.spec.channels), "float32"),
            ((None,), "int32"),
            ((None,), "float32"),
        ]

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
            unit: The output to explain, as weights of the network's outputs, [units].
        """
        x, start = self._vectors(steps)
        unit = np.asarray(unit, np.float32)
        edges = np.linspace(0, 1, max(1, self.points // PANEL) + 1)
        todo, left = np.stack([edges[:-1], edges[1:]], axis=1), MOST  # intervals [S, 2]
        kept, values = [], {}
        for round_ in range(ROUNDS + 1):
            parts = self._parts(x, start, unit, todo)  # [S, T]
            values |= self._values(x, start, unit, [p for p in np.unique(todo) if p not in values])
            rise = np.array([values[high] - values[low] for low, high in todo])
            missed = np.abs(parts.sum(axis=1) - rise)
            size = max(abs(values[1.0] - values[0.0]), 1e-9)
            worst = np.argsort(-missed, kind="stable")[: left // 4]
            worst = worst[missed[worst] > MISSED / len(edges) * size]
            if round_ == ROUNDS or not len(worst):
                kept.append(parts.sum(axis=0))
                break
            kept.append(np.delete(parts, worst, axis=0).sum(axis=0))
            left -= 4 * len(worst)
            finer = np.linspace(todo[worst, 0], todo[worst, 1], 5)  # [5, S]
            todo = np.stack([finer[:-1].ravel(), finer[1:].ravel()], axis=1)
        beside = self._beside(steps, unit)
        parts = np.sum(kept, axis=0) + beside.parts
        return Explained(parts, values[1.0] + beside.output, values[0.0] + beside.baseline)

    def _parts(
        self, x: np.ndarray, start: np.ndarray, unit: np.ndarray, panels: np.ndarray
    ) -> np.ndarray:
        """Return the integral of the gradients along intervals [S, 2], by step, [S, T]."""
        places, shares = np.polynomial.legendre.leggauss(PANEL)  # from -1 to 1
        wide = (panels[:, 1] - panels[:, 0]) / 2  # [S]
        at = (panels.mean(axis=1)[:, None] + wide[:, None] * places).ravel()  # [S * PANEL]
        weights, way = (wide[:, None] * shares).ravel(), x - start
        found = np.zeros((len(at), len(x)))
        for here, slopes, _ in self._along(x, start, unit, at):
            found[here] = (slopes * way).sum(axis=-1) * weights[here, None]
        return found.reshape(len(panels), PANEL, len(x)).sum(axis=1)

    def _values(
        self, x: np.ndarray, start: np.ndarray, unit: np.ndarray, at: list[float]
    ) -> dict[float, float]:
        """Return the output at positions of the path, by position."""
        found: dict[float, float] = {}
        for here, _, values in self._along(x, start, unit, np.array(at)):
            found |= dict(zip(at[here], values.tolist(), strict=True))
        return found

    def _along(
        self, x: np.ndarray, start: np.ndarray, unit: np.ndarray, at: np.ndarray
    ) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        """Yield gradients [B, T, C] and outputs [B] at positions of the path [P], in batches."""
        most = max(1, BATCH // len(x))
        for first in range(0, len(at), most):
            here = slice(first, first + most)
            batch = start + at[here, None, None].astype(np.float32) * (x - start)  # [B, T, C]
            slopes, values = self._slopes(batch, np.full(len(batch), len(x), np.int32), unit)
            yield here, np.asarray(slopes), np.asarray(values)

    def _beside(self, steps: np.ndarray, unit: np.ndarray) -> Explained:
        """Explain the n-gram branch; the words of an n-gram share its contribution."""
        parts, ids = np.zeros(len(steps)), np.asarray(steps, np.int64)
        if self.ngrams is None:
            return Explained(parts, 0.0, 0.0)
        there, nowhere = (
            self.ngrams.contributions(self._table, one) @ unit for one in (ids, np.zeros_like(ids))
        )  # [G]
        more = there - nowhere
        for n in range(1, self.ngrams.longest + 1):
            here, more = np.split(more, [max(0, len(ids) - n + 1)])
            for i in range(n if len(here) else 0):
                parts[i : i + len(here)] += here / n
        return Explained(parts, float(there.sum()), float(nowhere.sum()))

    def _vectors(self, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the vectors of an input and of its reference, [T, C] each."""
        if self.table is None:
            x = np.asarray(steps, np.float32)
            return x, np.zeros_like(x)
        ids = np.asarray(steps, np.int64)
        return self.table[ids], np.broadcast_to(self.table[0], (len(ids), self.table.shape[1]))
