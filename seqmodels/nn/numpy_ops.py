"""The functions of `keras.ops` that layers use, for NumPy arrays.

What NumPy has under the same name, such as `where` or `concatenate`, is NumPy's own.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np


def __getattr__(name: str) -> Any:
    return getattr(np, name)


def cast(x: Any, dtype: str) -> np.ndarray:
    """Return `x` in another type."""
    return np.asarray(x, dtype)


def convert_to_tensor(x: Any, dtype: str | None = None) -> np.ndarray:
    """Return `x` as an array."""
    return np.asarray(x, dtype)


def zeros(shape: Any, dtype: str = "float32") -> np.ndarray:
    """Return zeros."""
    return np.zeros(shape, dtype)


def ones(shape: Any, dtype: str = "float32") -> np.ndarray:
    """Return ones."""
    return np.ones(shape, dtype)


def lookup(table: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Return the rows of a table [V, C] for ids of any shape."""
    return table[ids]


def take_steps(x: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return the steps of each row [B, T, C] at its own places [B, ...]."""
    rows = np.arange(len(x)).reshape(-1, *[1] * (places.ndim - 1))
    return x[rows, places]


def add_n(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Return the sum of arrays of one shape."""
    return functools.reduce(np.add, parts)


def stop_gradient(x: np.ndarray) -> np.ndarray:
    """Return `x`: there are no gradients here."""
    return x


def relu(x: np.ndarray) -> np.ndarray:
    """Return what is positive in `x`, else 0."""
    return np.maximum(x, 0)


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-x)), which never overflows."""
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)


def softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    """Return shares along an axis that add up to 1."""
    shifted = np.exp(x - x.max(axis=axis, keepdims=True))
    return shifted / shifted.sum(axis=axis, keepdims=True)


def one_hot(x: np.ndarray, num_classes: int, dtype: str = "float32") -> np.ndarray:
    """Return 1 at each id of `x` along a new last axis, else 0."""
    return np.asarray(np.asarray(x)[..., None] == np.arange(num_classes), dtype)
