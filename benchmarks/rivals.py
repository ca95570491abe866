"""Strong simple models that people would pick instead, run beside ours on the same parts.

Each takes the raw inputs of the training part, its classes, and the inputs of the test part, and
returns a class for each of these. What they have to choose, they choose by cross-validation on
the training part, or it is their authors' setting.
"""

import math
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import numpy as np

Rival = Callable[[Sequence[Any], Sequence[Any], Sequence[Any]], Sequence[Any]]
WARP = 0.1  # of the longer one: how far dynamic time warping may go from the diagonal
FEATURES = 10_000  # of MiniRocket
LENGTH = 9  # of its kernels


def tfidf(train: Sequence[str], y: Sequence[Any], test: Sequence[str]) -> Sequence[Any]:
    """Words and pairs of words, weighted by how rare they are, and logistic regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
        LogisticRegression(max_iter=1000),
    )
    grid = {"logisticregression__C": [1, 10, 100]}
    return GridSearchCV(model, grid, cv=3).fit(list(train), y).predict(list(test))


def nbsvm(train: Sequence[str], y: Sequence[Any], test: Sequence[str]) -> Sequence[Any]:
    """Words and pairs of words, there or not, times naive Bayes's log-count ratio of each.

    The NB-SVM of Wang and Manning 2012, with the logistic loss and no interpolation, as Mesnil et
    al. 2014 run it. Two classes.
    """
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression

    words = CountVectorizer(ngram_range=(1, 2), binary=True, min_df=2, token_pattern=r"[\w']+")
    x: Any = words.fit_transform(list(train))
    classes = sorted(set(y), key=str)
    yes = np.array([one == classes[1] for one in y])

    def answers(rows: np.ndarray, asked: Any, c: float) -> Any:
        counts = [1 + np.asarray(x[rows & kind].sum(axis=0)).ravel() for kind in (yes, ~yes)]
        ratio = np.log(counts[0] / counts[0].sum() * counts[1].sum() / counts[1])
        model = LogisticRegression(C=c, solver="liblinear", dual=True)
        model.fit(x[rows].multiply(ratio).tocsr(), yes[rows])
        return model.predict(asked.multiply(ratio).tocsr())

    fold = np.random.default_rng(0).permutation(len(yes)) % 3
    tries = {c: [(answers(fold != k, x[fold == k], c) == yes[fold == k]).mean() for k in range(3)]
             for c in (0.01, 0.1, 1)}  # fmt: skip
    best = max(tries, key=lambda c: np.mean(tries[c]))
    return [classes[int(one)] for one in answers(fold >= 0, words.transform(list(test)), best)]


def dtw(train: Sequence[Any], y: Sequence[Any], test: Sequence[Any]) -> Sequence[Any]:
    """The class of the nearest training sequence by dynamic time warping (Sakoe and Chiba 1978).

    All channels are warped alike. Sequences are standardised as the archive's are: not at all.
    """
    known, asked = ([_steps(one) for one in part] for part in (train, test))
    return [y[int(np.argmin([_warped(one, other) for other in known]))] for one in asked]


def minirocket(train: Sequence[Any], y: Sequence[Any], test: Sequence[Any]) -> Sequence[Any]:
    """MiniRocket (Dempster, Schmidt and Webb 2021) and a ridge classifier.

    Several channels: each kernel reads the sum of a few that are drawn at random. Sequences of
    unequal length are brought to the longest by interpolation.
    """
    from sklearn.linear_model import RidgeClassifierCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    length = max(LENGTH, *(len(one) for one in train))
    x, x_test = (np.stack([_stretched(one, length) for one in part]) for part in (train, test))
    kernels = _kernels(x, np.random.default_rng(0))
    model = make_pipeline(StandardScaler(), RidgeClassifierCV(np.logspace(-3, 3, 10)))
    return model.fit(_shares(x, kernels), y).predict(_shares(x_test, kernels))


def _steps(one: Any) -> np.ndarray:
    values = np.asarray(one, np.float64)
    return values[:, None] if values.ndim == 1 else values


def _stretched(one: Any, length: int) -> np.ndarray:
    """Return a sequence as [C, length]."""
    values = _steps(one)
    old, new = np.linspace(0, 1, len(values)), np.linspace(0, 1, length)
    return np.stack([np.interp(new, old, channel) for channel in values.T]).astype(np.float32)


def _warped(one: np.ndarray, other: np.ndarray) -> float:
    """Return the distance of two sequences [T, C], by diagonals so that NumPy does the work."""
    n, m = len(one), len(other)
    band = max(abs(n - m), math.ceil(WARP * max(n, m)))
    costs = np.square(one[:, None] - other[None]).sum(axis=-1)  # [n, m]
    costs[np.abs(np.arange(n)[:, None] - np.arange(m)) > band] = np.inf
    before, last = np.full(n + 1, np.inf), np.full(n + 1, np.inf)  # of the two last diagonals
    last[0] = 0.0  # place i + 1 of a diagonal is row i; the corner comes before everything
    corner = True
    for k in range(n + m - 1):
        rows = np.arange(max(0, k - m + 1), min(n, k + 1))
        now = np.full(n + 1, np.inf)
        best = np.minimum(np.minimum(last[rows], last[rows + 1]), before[rows])
        if corner:
            best, corner = np.zeros(1), False
        now[rows + 1] = costs[rows, k - rows] + best
        before, last = last, now
        if k == 0:
            before = np.full(n + 1, np.inf)
    return float(last[n])


def _kernels(x: np.ndarray, rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """Return dilation, places of the twos, channels and biases of every kernel."""
    n, channels, length = x.shape
    places = list(combinations(range(LENGTH), 3))  # 84 kernels of six -1 and three 2
    each = max(1, FEATURES // len(places))
    most = math.log2((length - 1) / (LENGTH - 1)) if length > LENGTH else 0
    drawn = np.floor(2 ** np.linspace(0, most, min(each, 32))).astype(int)
    dilations, shares = np.unique(drawn, return_counts=True)
    counts = np.maximum(1, each * shares // shares.sum())
    golden, number, found = (math.sqrt(5) + 1) / 2, 0, []
    for dilation, count in zip(dilations.tolist(), counts.tolist(), strict=True):
        for twos in places:
            wide = int(2 ** rng.uniform(0, math.log2(min(channels, LENGTH) + 1)))
            read = rng.choice(channels, max(1, min(wide, channels)), replace=False)
            sample = _convolved(x[rng.integers(n)][None], dilation, twos, read)[0]
            quantiles = [(golden * (number + i + 1)) % 1 for i in range(count)]
            found.append((dilation, twos, read, np.quantile(sample, quantiles)))
            number += count
    return found


def _convolved(x: np.ndarray, dilation: int, twos: Sequence[int], read: np.ndarray) -> np.ndarray:
    """Return the sum over channels of a kernel's products with x [N, C, T], padded, [N, T]."""
    signal, half = x[:, read].sum(axis=1), dilation * (LENGTH // 2)
    padded = np.pad(signal, [(0, 0), (half, half)])
    length = signal.shape[1]
    total = np.zeros_like(signal)
    for i in range(LENGTH):
        weight = 2.0 if i in twos else -1.0
        total += weight * padded[:, i * dilation : i * dilation + length]
    return total


def _shares(x: np.ndarray, kernels: Sequence[tuple[Any, ...]]) -> np.ndarray:
    """Return the share of positive values of each kernel and bias, [N, features]."""
    found = []
    for number, (dilation, twos, read, biases) in enumerate(kernels):
        values = _convolved(x, dilation, twos, read)
        if number % 2:  # every second kernel looks only at places that need no padding
            half = dilation * (LENGTH // 2)
            inner = values[:, half : values.shape[1] - half]
            values = inner if inner.shape[1] else values
        found += [(values > bias).mean(axis=1) for bias in biases]
    return np.stack(found, axis=1)


RIVALS: dict[str, Rival] = {
    "TF-IDF of pairs, logistic": tfidf,
    "NB-SVM of pairs": nbsvm,
    "DTW, nearest neighbour": dtw,
    "MiniRocket": minirocket,
}
