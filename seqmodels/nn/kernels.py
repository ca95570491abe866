"""Random convolution kernels over steps of numbers, as they are drawn. NumPy only."""

from __future__ import annotations

import numpy as np

# Saved models rely on all of these.
VIEWS = 3  # of each channel: see `shapes.Views`
TAPS = 9  # of a kernel
DILATIONS = (1, 2, 4, 8, 16, 32)  # steps between the taps: from small shapes to large ones


def drawn(channels: int, count: int, views: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return kernels [D, 9 C, n], a column each, and their biases [D, n], for D dilations."""
    shape, rng = kept(channels, 1, count)["bias"], np.random.default_rng(seed)
    taps = np.zeros((*shape, TAPS, channels), np.float32)
    width = channels // views
    for place in np.ndindex(*shape):
        some = int(2 ** rng.uniform(0, np.log2(min(width, TAPS) + 1)))  # of the channels
        read = rng.choice(width, some, replace=False) + width * (place[1] % views)
        kernel = rng.normal(size=(TAPS, some))
        taps[place][:, read] = 2 * (kernel - kernel.mean(axis=0)) / (TAPS * some) ** 0.5
    bias = rng.choice([-1, 1], shape) * 10 ** rng.uniform(-2, 0.5, shape)
    columns = taps.reshape(*shape, TAPS * channels).swapaxes(1, 2)
    return columns, bias.astype(np.float32)


def kept(channels: int, outputs: int, count: int) -> dict[str, tuple[int, ...]]:
    """Return the shapes of what `shapes.Kernels` keeps, by name."""
    sets = len(DILATIONS)
    each = -(-count // sets)
    features = (2 * sets * each,)
    return {
        "taps": (sets, TAPS * channels, each),
        "bias": (sets, each),
        "rows": (),
        "mean": features,
        "spread": features,
        "told": (*features, outputs),
    }
