"""Classes that are stretches of one number: a place and a spread instead of a logit each."""

from typing import Any

import numpy as np


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
