"""Data augmentation of batches: distorted drawings, stretched and masked recordings.

Steps are [B, T, C], lengths [B]; results have zeros past a row's end.
"""

from __future__ import annotations

import math

import numpy as np

WAVES, RIPPLES = 3, 5.0  # of a field: how many, and the spread of their radians a side


def real(lengths: np.ndarray, steps: int) -> np.ndarray:
    """Return whether each step is real and not padding, [B, steps, 1]."""
    return (np.arange(steps) < lengths[:, None])[:, :, None]


def field(points: np.ndarray, spread: float, rng: np.random.Generator) -> np.ndarray:
    """Return the shifts of points [B, T, 2] by a smooth random field: near points move alike."""
    rows = len(points)
    turns = RIPPLES * rng.normal(size=(rows, 2, WAVES))
    begins = rng.uniform(0, 2 * np.pi, size=(rows, 1, WAVES))
    sizes = spread * math.sqrt(2 / WAVES) * rng.normal(size=(rows, WAVES, 2))
    turns, begins, sizes = (part.astype(points.dtype) for part in (turns, begins, sizes))
    return np.sin(points @ turns + begins) @ sizes


def boxed(points: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return positions and offsets as shares of the larger side of each row's bounding box."""
    inside = real(lengths, points.shape[1])
    least = np.where(inside, points, np.inf).min(axis=1, keepdims=True)  # [B, 1, 2]
    extent = np.where(inside, points, -np.inf).max(axis=1, keepdims=True) - least
    side = extent.max(axis=2, keepdims=True)
    side[side == 0] = 1
    place = (points - (least + extent / 2)) / side
    return place, np.diff(place, axis=1, prepend=place[:, :1])


def stretched(
    x: np.ndarray, lengths: np.ndarray, factors: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return each row stretched by its factor [B]; new steps are interpolated."""
    new = np.maximum(1, np.round(lengths * factors)).astype(lengths.dtype)
    steps = np.minimum(np.arange(new.max()), new[:, None] - 1)  # [B, T]
    place = steps * ((lengths - 1) / np.maximum(new - 1, 1))[:, None]
    before = place.astype(int)
    after = np.minimum(before + 1, lengths[:, None] - 1)
    share = (place - before).astype(x.dtype)[:, :, None]
    rows = np.arange(len(x))[:, None]
    mixed = x[rows, before] * (1 - share) + x[rows, after] * share
    return np.where(real(new, mixed.shape[1]), mixed, 0), new


def hide(x: np.ndarray, lengths: np.ndarray, share: float, rng: np.random.Generator) -> None:
    """Set one block of steps and one of channels to 0 in each row, up to a share of each."""
    for axis, sizes in ((1, lengths), (2, np.full(len(x), x.shape[2]))):
        width = np.floor(rng.uniform(0, 1, len(x)) * (np.floor(share * sizes) + 1))
        first = np.floor(rng.uniform(0, 1, len(x)) * (sizes - width + 1))
        places = np.arange(x.shape[axis])
        hidden = (places >= first[:, None]) & (places < (first + width)[:, None])
        x *= ~np.expand_dims(hidden, 3 - axis)
