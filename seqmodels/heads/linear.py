"""Linear baselines from scikit-learn on given features."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

STRENGTHS = (0.1, 1.0, 10.0)  # of the fit to the data against the size of the weights, in order
ROUNDS = 50  # steps of the solver, at most: near enough to the optimum for a baseline


def logistic(
    x: Any, y: np.ndarray, x_valid: Any, y_valid: np.ndarray, x_test: Any, k: int
) -> np.ndarray:
    """Return one logit per class of a (multinomial) logistic regression, [L, K].

    Args:
        x: Features [N, F], dense or sparse; dense ones are standardised by the training part.
        y: Positions of the classes, [N].
        x_valid: Features [M, F]; the strength with the lowest log loss on them is chosen.
        y_valid: Positions of the classes, [M].
        x_test: Features [L, F] to predict for.
        k: Number of classes; a class that `y` lacks gets a small probability.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    x, x_valid, x_test = _standardised(x, x_valid, x_test)
    model = LogisticRegression(max_iter=ROUNDS, tol=1e-5, warm_start=True)
    if len(np.unique(y)) < 2:
        return _spread_out(np.zeros((x_test.shape[0], 1)), np.unique(y), k)
    found = []
    for strength in STRENGTHS:
        model.set_params(C=strength)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # by intent: see ROUNDS
            model.fit(x, y)
        loss = _log_loss(_logits(model, x_valid, k), y_valid)
        found.append((loss, _logits(model, x_test, k)))
    return min(found, key=lambda one: one[0])[1]


def ridge(
    x: Any, y: np.ndarray, x_valid: Any, y_valid: np.ndarray, x_test: Any, *, power: int = 2
) -> np.ndarray:
    """Return the answers of a ridge regression, [L, D].

    Args:
        x: Features [N, F], dense or sparse; dense ones are standardised by the training part.
        y: Numbers [N, D].
        x_valid: Features [M, F]; the strength with the lowest error on them is chosen.
        y_valid: Numbers [M, D].
        x_test: Features [L, F] to predict for.
        power: Error that the choice minimises: 2 squared, 1 absolute.
    """
    from sklearn.linear_model import Ridge

    x, x_valid, x_test = _standardised(x, x_valid, x_test)
    found = []
    for strength in STRENGTHS:
        model = Ridge(alpha=1 / strength)
        model.fit(x, y.astype(np.float64))
        error = float((np.abs(_rows(model, x_valid) - y_valid) ** power).mean())
        found.append((error, _rows(model, x_test)))
    return min(found, key=lambda one: one[0])[1]


def _logits(model: Any, x: Any, k: int) -> np.ndarray:
    found = model.decision_function(x)
    if found.ndim == 1:  # of two classes: that of the second against the first
        found = np.stack([-found / 2, found / 2], axis=1)
    return _spread_out(found, model.classes_, k)


def _spread_out(logits: np.ndarray, classes: np.ndarray, k: int) -> np.ndarray:
    """Return logits of all K classes; classes absent from training lie far below the others."""
    found = np.full((len(logits), k), -20.0) + logits.min(axis=1, keepdims=True)
    found[:, classes.astype(np.int64)] = logits
    return found


def _log_loss(logits: np.ndarray, y: np.ndarray) -> float:
    own = logits[np.arange(len(y)), y.astype(np.int64)]
    return float((np.logaddexp.reduce(logits, axis=1) - own).mean())


def _rows(model: Any, x: Any) -> np.ndarray:
    found = model.predict(x)
    return found[:, None] if found.ndim == 1 else found


def _standardised(x: Any, *others: Any) -> tuple[Any, ...]:
    """Return dense features standardised by the training part, and sparse features unchanged."""
    if _sparse(x):
        return x, *others
    x = np.asarray(x, dtype=np.float64)
    mean, std = x.mean(axis=0), x.std(axis=0)
    std[std < 1e-12 * np.maximum(np.abs(mean), 1)] = 1  # a feature that is always the same
    return tuple((np.asarray(one, dtype=np.float64) - mean) / std for one in (x, *others))


def _sparse(x: Any) -> bool:
    from scipy.sparse import issparse

    return bool(issparse(x))
