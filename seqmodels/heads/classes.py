"""Labels and scores shared by the classification heads."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from seqmodels.core.errors import InputError, some
from seqmodels.heads.base import Prediction

Label = str | bool | int | float
DENSE = 4_000_000  # numbers of an array of classes, 32 MB


class Coded(Sequence[Label]):
    """Labels stored as integer codes; reads like a list of labels.

    Args:
        names: The distinct labels; each occurs at least once.
        codes: Position of each example's label in `names`, [N].
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

    For a categorical pandas Series each category is checked once.

    Raises:
        InputError: A label is missing, examples have several labels, or labels are numbers with
            fractions.
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
    """Return the distinct labels in order (numerals by value), and the count of each."""
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
        InputError: A label does not occur in training, or the head is not fitted.
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
    """Return the count of each class, given positions of classes [N]."""
    counts = np.bincount(picks.astype(np.intp), minlength=len(classes))
    return dict(zip(classes, counts.tolist(), strict=True))


def class_scores(
    truth: np.ndarray,
    picks: np.ndarray,
    probabilities: np.ndarray | None,
    k: int,
    **means: np.ndarray | None,
) -> Callable[[np.ndarray], tuple[dict[str, np.ndarray], np.ndarray]]:
    """Return the scores of classes as a function of the weights of the examples, [R, N].

    Args:
        truth: Positions of the true classes, [N].
        picks: Positions of the answers, [N].
        probabilities: [N, K]; None: unknown, and log loss is left out.
        k: Number of classes.
        means: Further scores by name: numbers of each example, [N], that are averaged; None:
            left out.

    Returns:
        A function that returns accuracy, balanced accuracy, log loss and the further means by
        name, [R]; and F1 of each class, [R, K], NaN for a class in neither truth nor answers.
    """
    columns = {"log_loss": surprise(truth, probabilities), **means}
    known = {name: one for name, one in columns.items() if one is not None}
    values = np.stack([np.ones(len(truth)), *known.values()], axis=1)  # [N, 1 + M]
    table = _membership(truth, picks, k)  # [N, 3 K]

    def scores(weights: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
        total, *sums = (weights @ values).T  # [R] each
        right, occurs, answered = np.split(np.asarray(weights @ table), 3, axis=1)  # [R, K] each
        recall = np.divide(right, occurs, out=np.zeros_like(right), where=occurs > 0)
        found = {
            "accuracy": right.sum(axis=1) / total,
            "balanced_accuracy": recall.sum(axis=1) / (occurs > 0).sum(axis=1),
        }
        found |= {name: one / total for name, one in zip(known, sums, strict=True)}
        both = occurs + answered
        f1 = np.divide(2 * right, both, out=np.full_like(both, np.nan), where=both > 0)
        return found, f1

    return scores


def _membership(truth: np.ndarray, picks: np.ndarray, k: int) -> Any:
    """Return indicators of each example's correctly answered, true and answered class, [N, 3 K].

    An array of 0 and 1, or a SciPy sparse matrix if an array would take much memory.
    """
    from scipy import sparse

    n = len(truth)
    right = np.flatnonzero(truth == picks)
    rows = np.concatenate([right, np.arange(n), np.arange(n)])
    columns = np.concatenate([truth[right], truth + k, picks + 2 * k])
    if n * 3 * k > DENSE:
        return sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(n, 3 * k))
    table = np.zeros((n, 3 * k))
    table[rows, columns] = 1
    return table


def surprise(truth: np.ndarray, probabilities: np.ndarray | None) -> np.ndarray | None:
    """Return -log of the probability of each true class, [N]; its mean is the log loss."""
    if probabilities is None:
        return None
    return -np.log(_safe(probabilities)[np.arange(len(truth)), truth])


def roc_auc(truth: np.ndarray, scores: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Return the area under the ROC curve as a function of the weights of the examples, [R, N].

    It is the share of pairs, one example of each class, whose scores are in the right order;
    equal scores count half (Hanley and McNeil 1982, "The meaning and use of the area under a ROC
    curve"). NaN if one of the classes does not occur.

    Args:
        truth: 1 for the second class, else 0, [N].
        scores: Higher for the second class, [N].
    """
    order = np.argsort(scores)
    first, second = order[truth[order] == 0], order[truth[order] == 1]
    below = np.searchsorted(scores[first], scores[second], side="left")
    up_to = np.searchsorted(scores[first], scores[second], side="right")
    tied = bool((below < up_to).any())

    def area(weights: np.ndarray) -> np.ndarray:
        if not len(first) or not len(second):
            return np.full(len(weights), np.nan)
        ones = weights.take(second, axis=1)
        before = np.zeros((len(weights), len(first) + 1))
        np.cumsum(weights.take(first, axis=1), axis=1, out=before[:, 1:])  # in order of the score
        lower = before.take(below, axis=1)
        if tied:
            lower += before.take(up_to, axis=1)
            lower /= 2
        pairs = before[:, -1] * ones.sum(axis=1)
        ordered = np.einsum("rn,rn->r", ones, lower)
        return np.divide(ordered, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)

    return area


def _safe(probabilities: np.ndarray) -> np.ndarray:
    """Return probabilities [N, K], clipped above zero and normalised."""
    safe = np.maximum(probabilities.astype(np.float64), 1e-7)
    return safe / safe.sum(axis=1, keepdims=True)
