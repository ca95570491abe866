"""Labels, and the scores that heads of classes share."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from seqmodels.core.errors import InputError, some
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
    shares = np.asarray(counts) / sum(counts)  # [K]
    answers = np.repeat(np.array(classes)[[int(shares.argmax())]], n)
    return Prediction(answers, np.tile(shares, (n, 1)), classes)


def occurrences(picks: np.ndarray, classes: tuple[Label, ...]) -> dict[Label, int]:
    """Return how often each class occurs among positions of classes, [N]."""
    counts = np.bincount(picks.astype(np.intp), minlength=len(classes))
    return dict(zip(classes, counts.tolist(), strict=True))


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
        "balanced_accuracy": metrics.recall_score(truth, picks, labels=present, average="macro"),
    }
    if probabilities is not None:
        scores["log_loss"] = metrics.log_loss(truth, _safe(probabilities), labels=np.arange(k))
    return {name: float(score) for name, score in scores.items()}


Tally = tuple[np.ndarray, np.ndarray, np.ndarray]
Weighted = Callable[[np.ndarray], dict[str, float]]


def tallied(truth: np.ndarray, picks: np.ndarray, k: int) -> Callable[[np.ndarray], Tally]:
    """Return the weight of each class, [K]: answered rightly, occurring, answered."""
    right = np.flatnonzero(truth == picks)
    hits, truth, picks = truth[right].astype(np.intp), truth.astype(np.intp), picks.astype(np.intp)

    def tally(weights: np.ndarray) -> Tally:
        return (
            np.bincount(hits, weights[right], k),
            np.bincount(truth, weights, k),
            np.bincount(picks, weights, k),
        )

    return tally


def overall(tally: Tally) -> dict[str, float]:
    """Return accuracy, and the mean recall of the classes that occur."""
    right, occurs, _ = tally
    there = occurs > 0
    recall = right[there] / occurs[there]
    return {
        "accuracy": float(right.sum() / occurs.sum()),
        "balanced_accuracy": float(recall.mean()),
    }


def f1_of(tally: Tally) -> np.ndarray:
    """Return F1 of each class, [K]; NaN of one that neither occurs nor is answered."""
    right, occurs, answered = tally
    total = occurs + answered
    return np.divide(2 * right, total, out=np.full(len(total), np.nan), where=total > 0)


def mean_of(values: np.ndarray | None, name: str) -> Weighted:
    """Return the weighted mean of a number per example, [N], as the score `name`; None: none."""
    if values is None:
        return lambda weights: {}
    return lambda weights: {name: float(weights @ values / weights.sum())}


def surprise(truth: np.ndarray, probabilities: np.ndarray | None) -> np.ndarray | None:
    """Return -log of the probability of each true class, [N]; its mean is the log loss."""
    if probabilities is None:
        return None
    return -np.log(_safe(probabilities)[np.arange(len(truth)), truth])


def area(truth: np.ndarray, scores: np.ndarray) -> Weighted:
    """Return the area under the ROC curve, "roc_auc", of weighted examples.

    The share of pairs, one of each class, whose scores are in the right order; equal scores
    count half (Hanley and McNeil 1982, "The meaning and use of the area under a ROC curve").
    Not defined, and left out, where one of the classes does not occur.

    Args:
        truth: 1 for the second class, else 0, [N].
        scores: Higher for the second class, [N].
    """
    order = np.argsort(scores)
    second = truth[order]
    ranked_scores = scores[order]
    new = np.append([True], ranked_scores[1:] != ranked_scores[:-1])
    starts = np.flatnonzero(new)
    tied = len(starts) < len(order)

    def roc_auc(weights: np.ndarray) -> dict[str, float]:
        ordered = weights[order]
        ones = ordered * second
        zeros = ordered - ones
        if tied:
            ones, zeros = np.add.reduceat(ones, starts), np.add.reduceat(zeros, starts)
        below = np.cumsum(zeros)
        pairs = below[-1] * ones.sum()
        return {"roc_auc": float(ones @ (below - zeros / 2) / pairs)} if pairs > 0 else {}

    return roc_auc


def _safe(probabilities: np.ndarray) -> np.ndarray:
    """Return probabilities [N, K] none of which is zero."""
    safe = np.maximum(probabilities.astype(np.float64), 1e-7)
    return safe / safe.sum(axis=1, keepdims=True)
