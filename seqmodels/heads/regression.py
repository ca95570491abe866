"""Head for one number or several."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from seqmodels.core.encoder import learned
from seqmodels.core.errors import InputError, some
from seqmodels.core.registry import register_head
from seqmodels.core.storage import Stored
from seqmodels.heads.base import Head, Prediction, WeightedScores
from seqmodels.heads.linear import ridge
from seqmodels.plots import charts

if TYPE_CHECKING:
    import keras
    from matplotlib.figure import Figure

WHO = "Head 'regression'"
PIECE = 2**20  # numbers that are worked on together
FAR = 80.0  # a log that no answer goes beyond
MANY = 100  # numbers of an answer, from which they have no error each


@register_head("regression")
@dataclass(frozen=True, kw_only=True)
class Regression(Head):
    """One number or several, predicted in their own units.

    Targets are standardised inside the head.

    Args:
        answer: Which value of the possible outcomes is predicted: the "mean" (minimises squared
            errors) or the "median" (minimises absolute errors: outliers weigh less).
        scaling: Scale of the errors. "standard": the target's units. "log":
            sign(x) * log(1 + |x|), which is close to relative errors, for amounts of which a few
            are far larger than the rest; "mean" is then the mean of the logs.
        mean: Learned. Mean of each number, in the target's units ("log": of the logs).
        std: Learned. Like `mean`.
        usual: Learned, with "log" only: means in the target's units.
        names: Learned. Names of the numbers, taken from the targets; None for one number
            without a name.
    """

    headline: ClassVar[str] = "mae"
    higher_is_better: ClassVar[bool] = False
    baseline: ClassVar[str] = "mean"
    passes: ClassVar[int] = 1

    answer: Literal["mean", "median"] = "mean"
    scaling: Literal["standard", "log"] = "standard"
    mean: tuple[float, ...] | None = learned()
    std: tuple[float, ...] | None = learned()
    names: tuple[str, ...] | None = learned()
    usual: tuple[float, ...] | None = learned()

    def fit(self, targets: Sequence[Any]) -> Regression:
        total: Any = sum(self._shaped(values).sum(axis=0) for values in pieces(targets, WHO))  # [D]
        mean = total / len(targets)
        squares = (
            np.square(self._shaped(values) - mean).sum(axis=0) for values in pieces(targets, WHO)
        )
        std: Any = np.sqrt(sum(squares) / len(targets))
        flat = np.flatnonzero(std == 0)
        if len(flat):
            raise InputError(
                f"{WHO} needs targets that differ; every training target is "
                f"{float(mean[flat[0]]):g}. There is nothing to learn."
            )
        names: Any = getattr(targets, "columns", None)
        if names is None and len(mean) > 1:
            names = range(1, len(mean) + 1)
        column: Any = getattr(targets, "name", None)  # of a pandas Series
        if names is None and column is not None:
            names = [column]
        named = None if names is None else tuple(str(name) for name in names)
        usual = None
        if self.log:
            raw: Any = sum(values.sum(axis=0) for values in pieces(targets, WHO))
            usual = tuple((raw / len(targets)).tolist())
        learned = {"mean": tuple(mean.tolist()), "std": tuple(std.tolist()), "usual": usual}
        return replace(self, names=named, **learned)

    def encode(self, targets: Sequence[Any]) -> np.ndarray:
        mean, std = self._learned()
        found = np.empty((len(targets), len(mean)), dtype=np.float32)  # [N, D]
        first = 0
        for values in pieces(targets, WHO):
            if values.shape[1] != len(mean):
                raise InputError(
                    f"{WHO} learned {len(mean)} numbers per example, got {values.shape[1]}."
                )
            values = self._shaped(values)
            values -= mean
            values /= std
            found[first : first + len(values)] = values
            first += len(values)
        return found

    @property
    def units(self) -> int:
        return len(self.mean or ())

    def loss(self) -> keras.Loss:
        import keras

        squared = self.answer == "mean"
        return keras.losses.MeanSquaredError() if squared else keras.losses.MeanAbsoluteError()

    def metrics(self) -> list[keras.Metric]:
        import keras

        return [keras.metrics.MeanAbsoluteError("mae_in_std")]  # of standardised targets

    def decode(self, outputs: np.ndarray) -> Prediction:
        mean, std = self._learned()
        values = outputs.astype(np.float64) * std + mean
        if self.log:
            values = np.sign(values) * np.expm1(np.minimum(np.abs(values), FAR))
        return self._prediction(values)

    def weighted_scores(self, targets: Sequence[Any], prediction: Prediction) -> WeightedScores:
        """Return errors in the target's units, each the mean over the D numbers.

        "r2" is the share of the targets' variance that the answers explain; for constant
        targets it is 1 for exact answers and 0 otherwise. With fewer than a hundred numbers,
        each has its own error, by name. Large targets are read in pieces.
        """
        mean: Any = sum(truth.sum(axis=0) for truth in pieces(targets, WHO)) / len(targets)  # [D]
        parts = self._parts(targets, prediction, mean)
        whole = list(parts()) if np.size(prediction.answers) <= PIECE else None

        def scores(weights: np.ndarray) -> dict[str, np.ndarray]:
            sums: Any = 0
            for rows, values in whole or parts():
                part = weights[:, rows] @ values  # [R, 4 D]
                sums = sums + part.reshape(len(weights), 4, -1)
            errors, squares, total, power = np.moveaxis(sums, 1, 0)  # [R, D] each
            count = weights.sum(axis=1, keepdims=True)  # [R, 1]
            each = errors / count
            found = {"mae": each.mean(axis=1), "rmse": np.sqrt(squares / count).mean(axis=1)}
            spread = power - np.square(total) / count
            exact = np.where(squares > 0, 0.0, 1.0)  # of targets that are all the same
            differ = spread > 1e-12 * power  # else rounding
            share = np.divide(squares, spread, out=1 - exact, where=differ)
            if (count > 1).any():
                found["r2"] = np.where(count[:, 0] > 1, (1 - share).mean(axis=1), np.nan)
            return found | {f"mae {n}": one for n, one in zip(self._each(), each.T, strict=False)}

        return scores

    def _parts(
        self, targets: Sequence[Any], prediction: Prediction, mean: np.ndarray
    ) -> Callable[[], Iterator[tuple[slice, np.ndarray]]]:
        """Return a function that yields rows and the terms of their weighted sums, [M, 4 D].

        The terms are the absolute error, the squared error, the target minus `mean` (which keeps
        the sum of squares precise), and its square.
        """
        answers = np.asarray(prediction.answers)

        def parts() -> Iterator[tuple[slice, np.ndarray]]:
            first = 0
            for truth in pieces(targets, WHO):
                rows = slice(first, first + len(truth))
                error = answers[rows].reshape(truth.shape) - truth
                off = truth - mean
                yield rows, np.hstack([np.abs(error), np.square(error), off, np.square(off)])
                first = rows.stop

        return parts

    def linear(self, x: Any, y: np.ndarray, x_valid: Any, y_valid: np.ndarray, x_test: Any) -> Any:
        power = 2 if self.answer == "mean" else 1
        return ridge(x, y, x_valid, y_valid, x_test, power=power)

    def trivial(self, n: int) -> Prediction:
        return self._prediction(np.tile(np.asarray(self.usual or self.mean), (n, 1)))

    def naive(self, forecasts: Any) -> Prediction | None:
        return self._prediction(numbers(forecasts, WHO))

    def scaled(self, kernel: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        mean, std = self._learned()
        return kernel / std, (bias - mean) / std

    def relative(self, scores: dict[str, float], reference: dict[str, float]) -> dict[str, float]:
        """Return the mean absolute scaled error.

        The error divided by that of the naive forecast, at the same horizon, on the training
        part; below 1 is better than naive (Hyndman and Koehler 2006, "Another look at measures
        of forecast accuracy", International Journal of Forecasting 22(4)).
        """
        return {"mase": scores["mae"] / reference["mae"]} if reference["mae"] else {}

    def figures(self, targets: Sequence[Any], prediction: Prediction) -> dict[str, Figure]:
        truth = numbers(targets, WHO)
        answers = prediction.answers.reshape(truth.shape)
        names = list(self.names or ["answer"])
        return {
            "predicted against actual": charts.against(truth, answers, names),
            "in order": charts.in_order(truth, answers, names),
        }

    @property
    def log(self) -> bool:
        return self.scaling == "log"

    def _shaped(self, values: np.ndarray) -> np.ndarray:
        return np.sign(values) * np.log1p(np.abs(values)) if self.log else values

    def _each(self) -> tuple[str, ...]:
        """Return the names of the numbers whose errors are reported separately."""
        return self.names if self.names and 1 < len(self.names) < MANY else ()

    def _learned(self) -> tuple[np.ndarray, np.ndarray]:
        if self.mean is None or self.std is None:
            raise InputError(f"{WHO} has no mean yet; call fit first.")
        return np.asarray(self.mean), np.asarray(self.std)

    def _prediction(self, values: np.ndarray) -> Prediction:
        """Return a prediction with answers [N] for one number, [N, D] for several."""
        return Prediction(values[:, 0] if values.shape[1] == 1 else values, columns=self.names)


def pieces(targets: Sequence[Any], who: str) -> Iterator[np.ndarray]:
    """Yield `numbers` of targets in pieces [M, D], since there may be many millions."""
    given: Any = getattr(targets, "iloc", targets)
    shape = np.shape(targets) if hasattr(targets, "shape") else (len(targets),)
    size = max(1, PIECE // max(1, *shape[1:])) if len(shape) > 1 else PIECE
    if len(targets) <= size:
        yield numbers(targets, who)
        return
    for first in range(0, len(targets), size):
        yield numbers(given[first : first + size], who, first)


def numbers(targets: Sequence[Any], who: str, first: int = 0) -> np.ndarray:
    """Return a copy of targets as numbers [N, D]; numerals in text are read as numbers.

    Args:
        targets: Targets to convert.
        who: Head that needs them, for messages.
        first: Row number of the first target.

    Raises:
        InputError: A target is not a finite number; the message names the rows.
    """
    array = np.asarray(targets)
    try:
        values = array.astype(np.float64, copy=not isinstance(targets, Stored))
    except (TypeError, ValueError):
        wrong = [v for v in array.ravel().tolist() if not _is_number(v)]
        raise InputError(
            f"{who} needs numbers, got {some(dict.fromkeys(wrong))}. "
            f"Use head 'multiclass' for labels, or 'binary' where there are two."
        ) from None
    values = values[:, None] if values.ndim == 1 else values
    if values.ndim != 2:
        raise InputError(f"{who} needs targets of the shape [N] or [N, D], got {values.shape}.")
    lost = np.flatnonzero(~np.isfinite(values).all(axis=1))
    if len(lost):
        raise InputError(
            f"{who} needs finite numbers; the target of row {some((lost + first).tolist())} "
            f"(counted from 0) is missing or infinite. Leave such rows out."
        )
    return values


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True
