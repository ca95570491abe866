"""Labels, and the scores that heads of classes share."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from seqmodels.errors import InputError, some
from seqmodels.heads.base import Prediction

Label = str | bool | int | float
UNDEFINED: Any = 0  # the score of a class that is never answered; typed as text in the stubs


class Coded(Sequence[Label]):
    """Labels of many examples in the bytes of their codes; reads as a list of them.

    Args:
        names: The distinct labels, each of which occurs.
        codes: For each example, which of `names` it has, [N].
    """

    def __init__(self, names: Sequence[Label], codes: np.ndarray):
        self.names, self.codes = tuple(names), codes

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return Coded(self.names, self.codes[place])
        return self.names[self.codes[place]]


def labels(targets: Sequence[Any], who: str) -> Sequence[Label]:
    """Return targets as Python strings, booleans and whole numbers.

    Those of a pandas Series of categories are looked at once for each category.

    Raises:
        InputError: A label is missing, there are several per example, or they are numbers
            that no class can name.
    """
    categories: Any = getattr(targets, "cat", None)
    if categories is not None and len(targets) and not (categories.codes < 0).any():
        used, codes = np.unique(categories.codes.to_numpy(), return_inverse=True)
        names: Any = np.asarray(categories.categories)[used]
        if "" not in names.tolist():
            return Coded(labels(names, who), codes.astype(categories.codes.dtype))
    array = np.asarray(targets)
    if array.ndim != 1:
        raise InputError(
            f"{who} needs one label per example, got the shape {array.shape}. "
            f"Use head 'regression' for several numbers, or name one target."
        )
    values = array.tolist()
    lost = [i for i, v in enumerate(values) if v is None or v != v or v in ("nan", "")]
    if lost:
        raise InputError(
            f"{who} needs a label for every example; row {some(lost)} (counted from 0) has "
            f"none. Leave such rows out."
        )
    if array.dtype.kind == "f":
        broken = [v for v in values if v != int(v)] if np.isfinite(array).all() else values
        if broken:
            raise InputError(
                f"{who} needs class labels, got numbers such as {some(broken, 3)}. "
                f"Use head 'regression', or head 'multiclass' with bins=4 for quartiles."
            )
        return [int(v) for v in values]
    return values


def ranked(values: Sequence[Label]) -> tuple[tuple[Label, ...], tuple[int, ...]]:
    """Return the distinct labels in order (numerals by value), and how often each occurs."""
    if isinstance(values, Coded):
        counts = dict(zip(values.names, np.bincount(values.codes).tolist(), strict=True))
    else:
        counts = Counter(values)
    try:
        classes = sorted(counts, key=lambda label: (float(label), str(label)))
    except ValueError:
        classes = sorted(counts, key=str)
    return tuple(classes), tuple(counts[label] for label in classes)


def index(values: Sequence[Label], classes: tuple[Label, ...] | None, who: str) -> np.ndarray:
    """Return the position of each label among `classes`, [N] int32.

    Raises:
        InputError: A label was not seen in training, or the head has seen none yet.
    """
    if classes is None:
        raise InputError(f"{who} has no classes yet; call fit first.")
    where = {label: i for i, label in enumerate(classes)}
    distinct = values.names if isinstance(values, Coded) else values
    unknown = sorted({str(value) for value in distinct if value not in where})
    if unknown:
        raise InputError(
            f"{who} knows the classes seen in training, {some(classes)}; found {some(unknown)} "
            f"outside the training part. Add training examples of it, or leave it out."
        )
    places = np.array([where[value] for value in distinct], dtype=np.int32)
    return places[values.codes] if isinstance(values, Coded) else places


def prior(classes: tuple[Label, ...], counts: tuple[int, ...], n: int) -> Prediction:
    """Return the most frequent class `n` times, with the classes' shares as probabilities."""
    shares = np.asarray(counts, dtype=np.float64) / sum(counts)  # [K]
    answers = np.repeat(np.array(classes)[[int(shares.argmax())]], n)
    return Prediction(answers, np.tile(shares, (n, 1)), classes)


def class_scores(
    truth: np.ndarray, picks: np.ndarray, probabilities: np.ndarray | None, k: int
) -> dict[str, float]:
    """Return the scores of classes that scikit-learn computes.

    Args:
        truth: Positions of the true classes, [N].
        picks: Positions of the answers, [N].
        probabilities: [N, K], or None for answers without any; log loss is then left out.
        k: Number of classes.
    """
    from sklearn import metrics

    present = np.unique(truth)
    scores = {
        "accuracy": metrics.accuracy_score(truth, picks),
        "balanced_accuracy": metrics.recall_score(
            truth, picks, labels=present, average="macro", zero_division=UNDEFINED
        ),
    }
    if probabilities is not None:
        safe = np.clip(probabilities.astype(np.float64), 1e-7, 1)
        safe /= safe.sum(axis=1, keepdims=True)
        scores["log_loss"] = metrics.log_loss(truth, safe, labels=np.arange(k))
    return {name: float(score) for name, score in scores.items()}
