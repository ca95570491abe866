"""Classes that are stretches of one number: a place and a spread instead of a logit each."""

from typing import Any

import numpy as np

from seqmodels.heads.linear import ridge

BOUNDS = ((-3, 3), (None, None), (-4, 4))  # of the log of the stretch, the shift, the log-spread


def log_probabilities(outputs: Any, edges: np.ndarray, ops: Any) -> Any:
    """Return the log-probability of each stretch between edges, [B, K].

    The number behind the classes follows a logistic distribution whose place and log-spread
    are the two outputs (McCullagh 1980, "Regression models for ordinal data", with a spread
    of its own for each example).

    Args:
        outputs: [B, 2]; the log-spread is bent to stay between -4 and 4.
        edges: Where the classes meet, ascending, in the unit of the place, [K - 1].
        ops: `numpy` or `keras.ops`: training and answering use the same formula.
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
    """Return the place by a ridge regression, and one log-spread for all, [L, 2].

    The regression has each class stand for the middle of its stretch, and so draws places
    together; by how much they are stretched and moved, and the spread, are those with the least
    log loss on the validation part.

    Args:
        edges: Where the classes meet, ascending, in the unit of the place, [K - 1].
        x: Features [N, F].
        y: Positions of the classes, [N].
        x_valid: Features [M, F].
        y_valid: Positions of the classes, [M].
        x_test: Features [L, F] to answer for.
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
    """Return the middle of each stretch, [K]; the two without an end are as wide as the mean."""
    width = float(np.diff(edges).mean()) if len(edges) > 1 else 1.0
    ends = np.concatenate([[edges[0] - width], edges, [edges[-1] + width]])
    return (ends[1:] + ends[:-1]) / 2


def _below(first: Any, second: Any) -> Any:
    """Return the rows of two arrays, or of two sparse matrices, in one."""
    from scipy.sparse import issparse, vstack

    return vstack([first, second]).tocsr() if issparse(first) else np.vstack([first, second])
