"""Explanation of a loss that is not finite, from its batch."""

from __future__ import annotations

import numpy as np

from seqmodels.core.errors import InputError

EXTREME = 1e4  # standardised numbers beyond which the data are to blame for a loss like that


class NotFiniteError(InputError):
    """The loss or a gradient became infinite or NaN; the weights did not."""


def not_finite(
    value: float, place: str, x: np.ndarray, y: np.ndarray, rate: float
) -> NotFiniteError:
    """Return the error that names the step and the likely cause.

    Args:
        value: The loss.
        place: Which step it was, in words.
        x: The inputs of the batch, [B, T] or [B, T, C].
        y: Its encoded targets, [B, ...].
        rate: The learning rate.
    """
    what = f"The loss became {value}" if not np.isfinite(value) else "A gradient overflowed"
    return NotFiniteError(f"{what} at {place}; that step was not taken. {_cause(x, y, rate)}")


def _cause(x: np.ndarray, y: np.ndarray, rate: float) -> str:
    """Return the most likely cause of such a loss, with advice."""
    for name, values in (("input", x), ("target", y)):
        if not np.isfinite(values).all():
            return f"The {name}s of that step hold NaN or infinity: fix the data."
        largest = float(np.abs(values).max(initial=0))
        if values.dtype.kind == "f" and largest > EXTREME:
            return (
                f"One of the {name}s of that step is {largest:.3g} where most are about 1: "
                f"look for extreme values in the data."
            )
    return (
        f"The learning rate {rate:g} is likely too high: try a tenth of it "
        f"(training.learning_rate)."
    )
