"""`keras.ops`, and the functions that layers use beside it."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


def __getattr__(name: str) -> Any:
    return getattr(keras.ops, name)


def lookup(table: Any, ids: Any) -> Any:
    """Return the rows of a table [V, C] for ids of any shape; its gradient is of these rows."""
    return tf.gather(table, ids)


def take_steps(x: Any, places: Any) -> Any:
    """Return the steps of each row [B, T, C] at its own places [B, ...]."""
    return tf.gather(x, places, axis=1, batch_dims=1)


def add_n(parts: Any) -> Any:
    """Return the sum of arrays of one shape."""
    return tf.add_n(parts)
