"""Strong simple models that people would pick instead, run beside ours on the same parts.

Each takes the raw inputs of the training part, its classes or numbers, and the inputs of the test
part, and returns an answer for each of these. What they have to choose, they choose by
cross-validation on the training part, or it is their authors' setting.
"""

import math
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from fixed import svm_of_points, svm_of_sound

Rival = Callable[[Sequence[Any], Any, Sequence[Any]], Any]
WARP = 0.1  # of the longer one: how far dynamic time warping may go from the diagonal
PAIRS = 2**22  # of steps, held against each other at once
FEATURES = 10_000  # of MiniRocket
LENGTH = 9  # of its kernels
STRENGTHS = np.logspace(-1, 6, 15)  # of the ridge
BLOCKS = 5  # in the order of time, each foretold from those before it


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
    alike = [[i for i, one in enumerate(known) if len(one) == n] for n in {len(k) for k in known}]
    room = [max(1, PAIRS // len(known[rows[0]]) ** 2) for rows in alike]
    pieces = [rows[at : at + n] for rows, n in zip(alike, room, strict=True)
              for at in range(0, len(rows), n)]  # fmt: skip
    stacked = [np.stack([known[i] for i in rows]) for rows in pieces]
    order = np.concatenate(pieces)
    return [
        y[order[np.argmin(np.concatenate([_warped(one, others) for others in stacked]))]]
        for one in asked
    ]


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


def ridge(train: Sequence[Any], y: Any, test: Sequence[Any]) -> np.ndarray:
    """Ridge regression on all that a window reads, side by side."""
    x, x_test = (np.stack([_steps(one).ravel() for one in part]) for part in (train, test))
    mean, std = x.mean(axis=0), x.std(axis=0)
    std[std < 1e-12] = 1
    return _ridge((x - mean) / std, np.asarray(y, np.float64), (x_test - mean) / std)


def nlinear(train: Sequence[Any], y: Any, test: Sequence[Any]) -> np.ndarray:
    """A linear function of what a channel read, less its last value, the same for all channels.

    NLinear (Zeng et al. 2023) by ridge regression. `y` is [N, C * H], channel by channel.
    """
    x, x_test = (np.stack([_steps(one).T for one in part]) for part in (train, test))  # [N, C, T]
    now, now_test = x[:, :, -1:], x_test[:, :, -1:]
    y = np.asarray(y, np.float64).reshape(*x.shape[:2], -1)  # [N, C, H]
    scale = x.std(axis=(0, 2))[:, None]  # [C, 1]
    told = _ridge(_rows((x - now) / scale), _rows((y - now) / scale),
                  _rows((x_test - now_test) / scale))  # fmt: skip
    told = told.reshape(len(x_test), x.shape[1], -1) * scale + now_test
    return told.reshape(len(x_test), -1)


def _rows(x: np.ndarray) -> np.ndarray:
    """Return [N, C, T] as [N * C, T]."""
    return x.reshape(-1, x.shape[-1])


def _ridge(x: np.ndarray, y: np.ndarray, x_test: np.ndarray) -> np.ndarray:
    """Return answers [L, D] of a ridge regression from x [N, F] to y [N, D], rows in time.

    Its strength is the one with the least squared error where each block of rows is foretold from
    those before it. Only products of blocks are needed for that, each worked out once.
    """
    y = y.reshape(len(x), -1)
    center = y.mean(axis=0)
    blocks = zip(np.array_split(x, BLOCKS), np.array_split(y - center, BLOCKS), strict=True)
    products = [(a.T @ a, a.T @ b, np.square(b).sum()) for a, b in blocks]
    errors = np.zeros(len(STRENGTHS))
    gram, cross = (np.zeros_like(one) for one in products[0][:2])
    for i, (own, own_cross, power) in enumerate(products):
        if i:
            values, vectors = np.linalg.eigh(gram)
            turned = vectors.T @ cross
            for j, strength in enumerate(STRENGTHS):
                w = vectors @ (turned / (np.maximum(values, 0) + strength)[:, None])  # [F, D]
                errors[j] += power - 2 * (w * own_cross).sum() + (w * (own @ w)).sum()
        gram, cross = gram + own, cross + own_cross
    best = STRENGTHS[int(np.argmin(errors))]
    return x_test @ np.linalg.solve(gram + best * np.eye(len(gram)), cross) + center


def _steps(one: Any) -> np.ndarray:
    values = np.asarray(one, np.float64)
    return values[:, None] if values.ndim == 1 else values


def _stretched(one: Any, length: int) -> np.ndarray:
    """Return a sequence as [C, length]."""
    values = _steps(one)
    old, new = np.linspace(0, 1, len(values)), np.linspace(0, 1, length)
    return np.stack([np.interp(new, old, channel) for channel in values.T]).astype(np.float32)


def _warped(one: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the distances of a sequence [n, C] from others [N, m, C], a diagonal at a time."""
    n, m = len(one), others.shape[1]
    band = max(abs(n - m), math.ceil(WARP * max(n, m)))
    costs = np.square(one[:, None] - others[:, None]).sum(axis=-1)  # [N, n, m]
    costs[:, np.abs(np.arange(n)[:, None] - np.arange(m)) > band] = np.inf
    nowhere = np.full((len(others), n + 1), np.inf)  # place i + 1 of a diagonal is row i
    before, last = nowhere, nowhere.copy()  # the two last diagonals
    last[:, 1] = costs[:, 0, 0]
    for k in range(1, n + m - 1):
        rows = np.arange(max(0, k - m + 1), min(n, k + 1))
        best = np.minimum(np.minimum(last[:, rows], last[:, rows + 1]), before[:, rows])
        before, last = last, nowhere.copy()
        last[:, rows + 1] = costs[:, rows, k - rows] + best
    return last[:, n]


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
    "ridge regression": ridge,
    "NLinear, ridge": nlinear,
    "TF-IDF of pairs, logistic": tfidf,
    "NB-SVM of pairs": nbsvm,
    "DTW, nearest neighbour": dtw,
    "MiniRocket": minirocket,
    "SVM of 16 points": svm_of_points,
    "SVM of MFCC": svm_of_sound,
}
