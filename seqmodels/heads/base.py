"""What a head is: everything that depends on what is predicted, and nothing else."""

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
    """Answers in the user's own units, and how sure the model is.

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
        """Return the answers from `first` to before `last`, as views."""
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


def _rounded(value: Any) -> Any:
    """Return a number to the seven digits that float32 holds."""
    return float(f"{value:.7g}") if isinstance(value, float) else value


class Head(abc.ABC):
    """Turns targets into numbers and the network's outputs into answers. Saved with the model.

    A frozen dataclass of JSON types, like an encoder: what is learned defaults to `learned()`,
    which is None, and `fit` returns a copy with it filled in. The network puts out plain
    numbers (logits); `decode` is the only place that applies an activation. Keras is imported
    where it is used, so that a head answers questions about targets without it.

    Attributes:
        headline: The score that says how good an answer is, in one number.
        higher_is_better: Whether a larger headline score is the better one.
        baseline: What `trivial` answers, for tables: "majority class".
        passes: How often `linear` goes over its features, at most: with their number it says
            how many examples there is time for.
    """

    headline: ClassVar[str] = "accuracy"
    higher_is_better: ClassVar[bool] = True
    baseline: ClassVar[str] = "majority class"
    passes: ClassVar[int] = 50

    @property
    def log(self) -> bool:
        """Whether logs of the targets are foretold, and not the targets themselves."""
        return False

    @abc.abstractmethod
    def fit(self, targets: Sequence[Any]) -> Self:
        """Return a copy that has learned from the training targets.

        Raises:
            InputError: The head cannot read these targets; says which head can.
        """

    @abc.abstractmethod
    def encode(self, targets: Sequence[Any]) -> np.ndarray:
        """Return what the loss compares with the outputs, [N, ...]."""

    @property
    @abc.abstractmethod
    def units(self) -> int:
        """Numbers that the network puts out per example."""

    @abc.abstractmethod
    def loss(self) -> keras.Loss:
        """Return a fresh loss on (encoded targets, outputs [B, units])."""

    def metrics(self) -> list[keras.Metric]:
        """Return fresh metrics on (encoded targets, outputs) to watch while training."""
        return []

    @abc.abstractmethod
    def decode(self, outputs: np.ndarray) -> Prediction:
        """Turn outputs [N, units] into answers."""

    @abc.abstractmethod
    def score(self, targets: Sequence[Any], prediction: Prediction) -> dict[str, float]:
        """Compare answers with targets, in the user's own units."""

    def weighted(
        self, targets: Sequence[Any], prediction: Prediction
    ) -> Callable[[np.ndarray], dict[str, float]]:
        """Return the scores as a function of how often each example counts, [N].

        With weights of one it is `score`, and with whole numbers `score` of the rows so often
        repeated: what is undefined there is undefined here. Intervals draw a thousand weights
        of the same examples, so a head prepares what it can once. This one repeats the rows,
        for heads that do not say it quicker.

        Args:
            targets: In the user's own units.
            prediction: One answer per target.

        Returns:
            A function of weights [N] from 0 up; those of this method are whole numbers.
        """
        given: Any = getattr(targets, "iloc", np.asarray(targets))

        def scores(weights: np.ndarray) -> dict[str, float]:
            rows = np.repeat(np.arange(len(prediction)), np.asarray(weights, dtype=np.int64))
            return self.score(given[rows], prediction.take(rows))

        return scores

    def linear(self, x: Any, y: np.ndarray, x_valid: Any, y_valid: np.ndarray, x_test: Any) -> Any:
        """Return the outputs of a linear model of scikit-learn, for `decode`; None: it has none.

        How much is learned from how little: the answers of a trained network are held against
        these, of simpler features. How much the model is regularised is chosen on `x_valid`.

        Args:
            x: Features of the training part, [N, F], an array or a sparse matrix of scipy.
            y: What `encode` says of its targets, [N, ...].
            x_valid: Features of the validation part, [M, F].
            y_valid: Its encoded targets, [M, ...].
            x_test: Features to answer for, [L, F].

        Returns:
            Outputs [L, units].
        """
        return None

    @abc.abstractmethod
    def trivial(self, n: int) -> Prediction:
        """Return the `n` answers of one who has seen the training targets and no input."""

    def counted(self, y: np.ndarray) -> dict[Any, int]:
        """Return how often each class occurs among encoded targets; empty for numbers."""
        return {}

    def naive(self, forecasts: Any) -> Prediction | None:
        """Restate forecasts in the target's units as answers; None if this head cannot."""
        return None

    def scaled(self, kernel: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        """Restate a linear forecast [C, D], [D] as one of the network's outputs; None if none."""
        return None

    def relative(self, scores: dict[str, float], reference: dict[str, float]) -> dict[str, float]:
        """Return scores that compare with those of a naive forecast of the training part."""
        return {}

    def figures(self, targets: Sequence[Any], prediction: Prediction) -> dict[str, Figure]:
        """Return figures by name, for the report of a run."""
        return {}
