"""Head for one of several classes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Le

from seqmodels.core.encoder import learned
from seqmodels.core.errors import InputError, some
from seqmodels.core.registry import register_head
from seqmodels.heads.base import Head, Prediction, WeightedScores
from seqmodels.heads.classes import (
    Label,
    class_scores,
    index,
    labels,
    occurrences,
    prior,
    ranked,
)
from seqmodels.heads.linear import logistic
from seqmodels.heads.ordered import linear_outputs, log_probabilities
from seqmodels.heads.regression import numbers
from seqmodels.plots import charts

if TYPE_CHECKING:
    import keras
    from matplotlib.figure import Figure

WHO = "Head 'multiclass'"


@register_head("multiclass")
@dataclass(frozen=True, kw_only=True)
class Multiclass(Head):
    """One of several classes, and the probability of each.

    The network has one output (logit) per class. With `bins` it has two outputs, the location
    and the spread of the number.

    Args:
        bins: Number of classes of equal share, 2 to 100, into which numbers are cut at quantiles
            of the training targets (fewer if many targets are equal). The loss uses the order
            of these classes. None: targets are labels.
        scale: Scale of the location, with `bins`: "value", the numbers themselves; "rank", for
            amounts of which a few are far larger than the rest.
        edges: Learned, with `bins`. Numbers between the classes, in the target's units; a
            number on an edge belongs to the class below.
        mean: Learned, with `bins`. In the target's units.
        std: Learned, with `bins`. In the target's units.
        classes: Learned. The labels, in order.
        counts: Learned. Number of training examples of each class.
    """

    bins: Annotated[int, Ge(2), Le(100)] | None = None
    scale: Literal["value", "rank"] = "value"
    edges: tuple[float, ...] | None = learned()
    mean: float | None = learned()
    std: float | None = learned()
    classes: tuple[Label, ...] | None = learned()
    counts: tuple[int, ...] | None = learned()

    def fit(self, targets: Sequence[Any]) -> Multiclass:
        fitted = self if self.bins is None else self._cut(numbers(targets, WHO), self.bins)
        values = fitted._labels(targets)
        classes, counts = ranked(values)
        if fitted.classes is not None:  # named by the edges, in their order
            tally = dict(zip(classes, counts, strict=True))
            classes, counts = fitted.classes, tuple(tally.get(c, 0) for c in fitted.classes)
        if len(classes) < 2:
            raise InputError(
                f"{WHO} needs examples of at least 2 classes, found only {some(classes)} in the "
                f"training part. There is nothing to tell apart."
            )
        if len(values) >= 50 and len(classes) > len(values) / 2:
            raise InputError(
                f"{WHO} found {len(classes)} classes in {len(values)} training examples, too few "
                f"of each to learn from. Use head 'regression' for numbers, or bins=4."
            )
        return replace(fitted, classes=classes, counts=counts)

    def encode(self, targets: Sequence[Any]) -> np.ndarray:
        return index(self._labels(targets), self.classes, WHO)  # [N]

    @property
    def units(self) -> int:
        return len(self.classes or ()) if self.edges is None else 2

    def loss(self) -> keras.Loss:
        import keras

        head = self

        class CrossEntropy(keras.losses.Loss):
            def call(self, y_true: Any, y_pred: Any) -> Any:
                logits = head._logits(y_pred, keras.ops)
                return keras.losses.sparse_categorical_crossentropy(
                    y_true, logits, from_logits=True
                )

        return CrossEntropy()

    def metrics(self) -> list[keras.Metric]:
        import keras

        def hits(y_true: Any, y_pred: Any) -> Any:
            return keras.metrics.sparse_categorical_accuracy(
                y_true, self._logits(y_pred, keras.ops)
            )

        return [keras.metrics.MeanMetricWrapper(hits, name="accuracy")]

    def decode(self, outputs: np.ndarray) -> Prediction:
        logits = self._logits(outputs.astype(np.float64), np)
        shifted = np.exp(logits - logits.max(axis=1, keepdims=True))  # no overflow
        scores = shifted / shifted.sum(axis=1, keepdims=True)  # [N, K]
        return Prediction(np.array(self.classes)[scores.argmax(axis=1)], scores, self.classes)

    def weighted_scores(self, targets: Sequence[Any], prediction: Prediction) -> WeightedScores:
        truth = self.encode(targets)
        picks = index(prediction.answers.tolist(), self.classes, WHO)
        k, top_3 = len(self.classes or ()), self._among_three(truth, prediction)
        of_classes = class_scores(truth, picks, prediction.scores, k, top_3=top_3)

        def scores(weights: np.ndarray) -> dict[str, np.ndarray]:
            found, f1 = of_classes(weights)
            last = {"top_3": found.pop("top_3")} if "top_3" in found else {}
            return found | {"macro_f1": np.nanmean(f1, axis=1)} | last

        return scores

    def linear(self, x: Any, y: np.ndarray, x_valid: Any, y_valid: np.ndarray, x_test: Any) -> Any:
        if self.edges is not None:
            return linear_outputs(self._cuts(), x, y, x_valid, y_valid, x_test)
        return logistic(x, y, x_valid, y_valid, x_test, self.units)

    def trivial(self, n: int) -> Prediction:
        return prior(self.classes or (), self.counts or (), n)

    def class_counts(self, y: np.ndarray) -> dict[Any, int]:
        return occurrences(y, self.classes or ())

    def naive(self, forecasts: Any) -> Prediction | None:
        if self.edges is None:
            return None
        return Prediction(np.array(self._labels(forecasts)), columns=self.classes)

    def scaled(self, kernel: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        if self.edges is None or self.scale != "value" or kernel.shape[1] != 1:
            return None
        place = np.array([[1, 0]]) / self._std  # [1, 2]; the spread is not of the forecast
        narrow = np.array([0, -2])  # so that the class of the forecast is the likeliest
        return kernel @ place, (bias - self._mean) @ place + narrow

    def figures(self, targets: Sequence[Any], prediction: Prediction) -> dict[str, Figure]:
        picks = index(prediction.answers.tolist(), self.classes, WHO)
        names = [str(name) for name in self.classes or ()]
        return {"confusion": charts.confusion(self.encode(targets), picks, names)}

    def _among_three(self, truth: np.ndarray, prediction: Prediction) -> np.ndarray | None:
        """Return whether the class is among the three likeliest, [N] 0 or 1.

        None: there are three classes or fewer, or no probabilities.
        """
        if prediction.scores is None or len(self.classes or ()) <= 3:
            return None
        best = np.argsort(-prediction.scores, axis=1, kind="stable")[:, :3]  # [N, 3]
        return (best == truth[:, None]).any(axis=1).astype(np.float64)

    @property
    def _mean(self) -> float:
        return 0.0 if self.mean is None else self.mean

    @property
    def _std(self) -> float:
        return 1.0 if self.std is None else self.std

    def _logits(self, outputs: Any, ops: Any) -> Any:
        """Return one logit per class, [B, K]."""
        return outputs if self.edges is None else log_probabilities(outputs, self._cuts(), ops)

    def _cuts(self) -> np.ndarray:
        """Return the edges on the network's scale, [K - 1]."""
        if self.scale == "value":
            return ((np.array(self.edges, dtype=np.float64) - self._mean) / self._std).astype(
                np.float32
            )
        counts = np.asarray(self.counts)
        below = np.cumsum(counts)[:-1] / counts.sum()
        return np.log(below / (1 - below)).astype(np.float32)  # of a logistic distribution

    def _cut(self, values: np.ndarray, bins: int) -> Multiclass:
        """Return a copy with the edges and the names of its classes."""
        if values.shape[1] != 1:
            raise InputError(
                f"{WHO} with bins= needs one number per example, got {values.shape[1]}. "
                f"Use head 'regression' for several."
            )
        inner = np.quantile(values[:, 0], np.arange(1, bins) / bins)
        edges = np.unique(inner[inner < values.max()])
        if not len(edges):
            raise InputError(
                f"{WHO} cannot cut targets into {bins} bins: nearly all are "
                f"{float(np.median(values)):g}. There is nothing to tell apart."
            )
        shown = [f"{edge:.4g}" for edge in edges]
        if len(set(shown)) < len(shown):
            shown = [repr(float(edge)) for edge in edges]
        between = [f"{low} to {high}" for low, high in itertools.pairwise(shown)]
        names = (f"up to {shown[0]}", *between, f"above {shown[-1]}")
        mean, std = float(values.mean()), float(values.std())
        return replace(self, edges=tuple(edges.tolist()), mean=mean, std=std, classes=names)

    def _labels(self, targets: Sequence[Any]) -> Sequence[Label]:
        if self.edges is None or self.classes is None:
            return labels(targets, WHO)
        places = np.searchsorted(self.edges, numbers(targets, WHO)[:, 0], side="left")
        return [self.classes[place] for place in places]
