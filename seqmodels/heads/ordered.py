"""Ordered classes, cut from one number: two outputs, location and spread, for all classes."""

from typing import Any

import numpy as np

from seqmodels.heads.linear import ridge

BOUNDS = ((-3, 3), (None, None), (-4, 4))  # of the log of the stretch, the shift, the log-spread


def log_probabilities(outputs: Any, edges: np.ndarray, ops: Any) -> Any:
    """Return the log-probability of each class, [B, K].

    The number behind the classes follows a logistic distribution; the two outputs are its
    location and log-spread (McCullagh 1980, "Regression models for ordinal data", with a
    separate spread for each example).

    Args:
        outputs: [B, 2]; the log-spread is squashed to between -4 and 4.
        edges: Numbers between the classes, ascending, in the unit of the location, [K - 1].
        ops: `numpy` or `keras.ops`: training and prediction use the same formula.
    """
    place, spread = outputs[:, :1], ops.exp(4 * ops.tanh(outputs[:, 1:] / 4))
    z = (edges - place) / spread  # [B, K - 1]
    below = -ops.logaddexp(-z, 0 * z)  # log of the share below each edge
    above = -ops.logaddexp(z, 0 * z)
    # log(s(b) - s(a)) = log s(b) + log s(-a) + log(1 - exp(a - b)) for the logistic s and a < b
    gap = ops.log(-ops.expm1(z[:, :-1] - z[:, 1:]))
    inner = below[:, 1:] + above[:, :-1] + gap
    return ops.concatenate([below[:, :1], inner, above[:, -1:]], axis=1)


def linear_outputs(
    edges: np.ndarray, x: Any, y: np.ndarray, x_valid: Any, y_valid: np.ndarray, x_test: Any
) -> np.ndarray:
    """Return locations by ridge regression, and one log-spread for all examples, [L, 2].

    The regression represents each class by its middle, which shrinks the locations. A stretch,
    a shift and the spread are then fitted to the lowest log loss on the validation part.

    Args:
        edges: Numbers between the classes, ascending, in the unit of the location, [K - 1].
        x: Features [N, F].
        y: Positions of the classes, [N].
        x_valid: Features [M, F].
        y_valid: Positions of the classes, [M].
        x_test: Features [L, F] to predict for.
    """
    from scipy.optimize import minimize

    stands_for = middles(edges)[:, None]  # [K, 1]
    both = _below(x_valid, x_test)
    places = ridge(x, stands_for[y], x_valid, stands_for[y_valid], both)
    known, asked = places[: len(y_valid)], places[len(y_valid) :]

    def outputs(place: np.ndarray, bent: np.ndarray) -> np.ndarray:
        stretched, shift, spread = bent
        return np.hstack([np.exp(stretched) * place + shift, np.full_like(place, spread)])

    def loss(bent: np.ndarray) -> float:
        found = log_probabilities(outputs(known, bent), edges, np)
        return -float(found[np.arange(len(y_valid)), y_valid].mean())

    return outputs(asked, minimize(loss, np.zeros(3), bounds=BOUNDS).x)


def middles(edges: np.ndarray) -> np.ndarray:
    """Return the middle of each class, [K]; the two open classes get the mean width."""
    width = float(np.diff(edges).mean()) if len(edges) > 1 else 1.0
    ends = np.concatenate([[edges[0] - width], edges, [edges[-1] + width]])
    return (ends[1:] + ends[:-1]) / 2


def _below(first: Any, second: Any) -> Any:
    """Stack two arrays, or two sparse matrices, row by row."""
    from scipy.sparse import issparse, vstack

    return vstack([first, second]).tocsr() if issparse(first) else np.vstack([first, second])
