"""Labels, and the scores that heads of classes share."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from seqmodels.errors import InputError, some
from seqmodels.heads.base import Prediction

Label = str | bool | int | float
UNDEFINED: Any = 0  # the score of a class that is never answered; typed as text in the stubs


def labels(targets: Sequence[Any], who: str) -> list[Label]:
    """Return targets as Python strings, booleans and whole numbers.

    Raises:
        InputError: A label is missing, there are several per example, or they are numbers
            that no class can name.
    """
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
    unknown = sorted({str(value) for value in values if value not in where})
    if unknown:
        raise InputError(
            f"{who} knows the classes seen in training, {some(classes)}; found {some(unknown)} "
            f"outside the training part. Add training examples of it, or leave it out."
        )
    return np.array([where[value] for value in values], dtype=np.int32)


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
