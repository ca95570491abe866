"""The head interface: everything that depends on what is predicted."""

from __future__ import annotations

import abc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

if TYPE_CHECKING:
    import keras
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Prediction:
    """Answers in the user's own units, with probabilities for classes.

    Args:
        answers: Labels [N], or numbers [N] or [N, D].
        scores: Probabilities [N, K] in the order of `columns`; None for numbers.
        columns: The K classes, or the names of the D numbers; None for one number.
    """

    answers: np.ndarray
    scores: np.ndarray | None = None
    columns: tuple[Any, ...] | None = None

    def __len__(self) -> int:
        return len(self.answers)

    def __repr__(self) -> str:
        scores = "" if self.scores is None else f", scores={np.round(self.scores, 3).tolist()}"
        return f"Prediction(answers={self.answers.tolist()}{scores})"

    def part(self, first: int, last: int) -> Prediction:
        """Return the answers from `first` up to, not including, `last`, as views."""
        scores = None if self.scores is None else self.scores[first:last]
        return Prediction(self.answers[first:last], scores, self.columns)

    def take(self, indices: np.ndarray) -> Prediction:
        """Return the answers at `indices` [M], in that order."""
        scores = None if self.scores is None else self.scores[indices]
        return Prediction(self.answers[indices], scores, self.columns)

    def rows(self) -> list[dict[str, Any]]:
        """Return one flat dictionary of JSON types per answer, for CSV and JSON lines."""
        if self.answers.ndim == 2:
            names = [str(name) for name in self.columns or range(self.answers.shape[1])]
            return [
                dict(zip(names, map(_rounded, row), strict=True)) for row in self.answers.tolist()
            ]
        rows = [{"answer": _rounded(answer)} for answer in self.answers.tolist()]
        if self.scores is not None and self.columns is not None:
            for row, scores in zip(rows, self.scores.tolist(), strict=True):
                row |= {
                    f"p({name})": round(score, 6)
                    for name, score in zip(self.columns, scores, strict=True)
                }
        return rows


WeightedScores = Callable[[np.ndarray], dict[str, np.ndarray]]


def _rounded(value: Any) -> Any:
    """Return a number to the seven digits that float32 holds."""
    return float(f"{value:.7g}") if isinstance(value, float) else value


class Head(abc.ABC):
    """Turns targets into numbers and the network's outputs into answers. Saved with the model.

    A frozen dataclass of JSON types, like an encoder: learned fields default to `learned()`,
    which is None, and `fit` returns a copy with these fields filled in. The network's outputs
    are logits or plain numbers; only `decode` applies an activation. Methods import Keras when
    they need it, so that targets can be checked without it.

    Attributes:
        headline: Name of the headline score.
        higher_is_better: Whether a larger headline score is better.
        baseline: Name of the constant baseline, for tables: "majority class".
        passes: Most passes of `linear` over its features; limits the number of examples that a
            simple model is fitted on.
    """

    headline: ClassVar[str] = "accuracy"
    higher_is_better: ClassVar[bool] = True
    baseline: ClassVar[str] = "majority class"
    passes: ClassVar[int] = 50

    @property
    def log(self) -> bool:
        """Whether the network predicts logs of the targets."""
        return False

    @abc.abstractmethod
    def fit(self, targets: Sequence[Any]) -> Self:
        """Return a copy that has learned from the training targets.

        Raises:
            InputError: The head cannot read these targets; the message names a head that can.
        """

    @abc.abstractmethod
    def encode(self, targets: Sequence[Any]) -> np.ndarray:
        """Return what the loss compares with the outputs, [N, ...]."""

    @property
    @abc.abstractmethod
    def units(self) -> int:
        """Number of network outputs per example."""

    @abc.abstractmethod
    def loss(self) -> keras.Loss:
        """Return a fresh loss on (encoded targets, outputs [B, units])."""

    def metrics(self) -> list[keras.Metric]:
        """Return fresh metrics on (encoded targets, outputs) to watch while training."""
        return []

    @abc.abstractmethod
    def decode(self, outputs: np.ndarray) -> Prediction:
        """Turn outputs [N, units] into answers."""

    def score(self, targets: Sequence[Any], prediction: Prediction) -> dict[str, float]:
        """Return the scores of answers against targets, in the user's own units.

        A head defines either this method or `weighted_scores`, which is faster for intervals.
        The default gives each example the weight 1 and leaves undefined scores out.
        """
        return _of_one(self.weighted_scores(targets, prediction), np.ones(len(prediction)))

    def weighted_scores(self, targets: Sequence[Any], prediction: Prediction) -> WeightedScores:
        """Return the scores as a function of the weights of the examples, for many draws at once.

        Bootstrap intervals need the scores of a thousand resamples; in each of them an example
        counts as often as it was drawn. With weights of 1 the scores equal those of `score`. The
        default repeats rows and calls `score`: slow, and only for integer weights.

        Args:
            targets: In the user's own units.
            prediction: One answer per target.

        Returns:
            A function of weights [R, N] from 0 up, N examples in each of R draws. It returns
            each score by name, [R]; an undefined score is NaN.
        """
        kind = type(self)
        if kind.score is Head.score and kind.weighted_scores is Head.weighted_scores:
            raise NotImplementedError(f"Head {kind.__name__} needs score or weighted_scores.")
        given: Any = getattr(targets, "iloc", np.asarray(targets))

        def scores(weights: np.ndarray) -> dict[str, np.ndarray]:
            counts = np.asarray(weights, dtype=np.int64)
            drawn = [np.repeat(np.arange(len(prediction)), row) for row in counts]
            return _stacked([self.score(given[rows], prediction.take(rows)) for rows in drawn])

        return scores

    def weighted(
        self, targets: Sequence[Any], prediction: Prediction
    ) -> Callable[[np.ndarray], dict[str, float]]:
        """Return `weighted_scores` of a single draw: a function of weights [N].

        Undefined scores are left out. Kept for heads that define this method instead of
        `weighted_scores`.
        """
        scores, _ = scorer(self, targets, prediction)
        return lambda weights: _of_one(scores, weights)

    def linear(self, x: Any, y: np.ndarray, x_valid: Any, y_valid: np.ndarray, x_test: Any) -> Any:
        """Return the outputs of a scikit-learn linear model, for `decode`. None: no such model.

        The model is a baseline on simple features. Its regularisation is chosen on `x_valid`.

        Args:
            x: Features of the training part, [N, F], an array or a SciPy sparse matrix.
            y: Encoded targets of the training part, [N, ...].
            x_valid: Features of the validation part, [M, F].
            y_valid: Encoded targets of the validation part, [M, ...].
            x_test: Features to predict for, [L, F].

        Returns:
            Outputs [L, units].
        """
        return None

    @abc.abstractmethod
    def trivial(self, n: int) -> Prediction:
        """Return the constant baseline's predictions for `n` examples."""

    def class_counts(self, y: np.ndarray) -> dict[Any, int]:
        """Return how often each class occurs among encoded targets; empty for numbers."""
        return {} if type(self).counted is Head.counted else self.counted(y)

    def counted(self, y: np.ndarray) -> dict[Any, int]:
        """Return `class_counts`. Kept for heads that define this former name."""
        return self.class_counts(y)

    def naive(self, forecasts: Any) -> Prediction | None:
        """Return forecasts in the target's units as answers. None: not possible for this head."""
        return None

    def scaled(self, kernel: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        """Return a linear forecast, [C, D] and [D], in the units of the network's outputs.

        None: not possible for this head.
        """
        return None

    def relative(self, scores: dict[str, float], reference: dict[str, float]) -> dict[str, float]:
        """Return scores relative to those of a naive forecast on the training part."""
        return {}

    def figures(self, targets: Sequence[Any], prediction: Prediction) -> dict[str, Figure]:
        """Return figures by name, for the report of a run."""
        return {}


def scorer(
    head: Head, targets: Sequence[Any], prediction: Prediction
) -> tuple[WeightedScores, bool]:
    """Return the weighted scores of a head, and whether they are faster than repeating rows.

    Uses the method among `weighted_scores`, `weighted` and `score` that the most derived class
    defines: a subclass that changes only `score` gets intervals of that score.
    """
    for kind in type(head).__mro__:
        own = vars(kind)
        if "weighted_scores" in own and own["weighted_scores"] is not Head.weighted_scores:
            return head.weighted_scores(targets, prediction), True
        if "weighted" in own and own["weighted"] is not Head.weighted:
            return _each_draw(head.weighted(targets, prediction)), True
        if {"weighted_scores", "weighted", "score"} & set(own):
            break
    return Head.weighted_scores(head, targets, prediction), False


def _each_draw(single: Callable[[np.ndarray], dict[str, float]]) -> WeightedScores:
    """Return scores of many draws, [R, N], from a function of one, [N]."""
    return lambda weights: _stacked([single(row) for row in weights])


def _stacked(rows: Sequence[dict[str, float]]) -> dict[str, np.ndarray]:
    """Return the scores of R draws as arrays [R]; NaN for scores that a draw lacks."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: np.array([row.get(name, np.nan) for row in rows]) for name in names}


def _of_one(scores: WeightedScores, weights: np.ndarray) -> dict[str, float]:
    """Return the defined scores of a single draw with weights [N]."""
    found = scores(np.asarray(weights)[None])
    return {name: float(one[0]) for name, one in found.items() if not np.isnan(one[0])}
