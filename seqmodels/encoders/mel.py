"""Pitch as people hear it, and the window under which a frame of sound is read."""

from typing import Any

import numpy as np


def mel(hertz: Any) -> np.ndarray:
    """Return frequencies on the mel scale of HTK (O'Shaughnessy 1987)."""
    return 2595 * np.log10(1 + np.asarray(hertz) / 700)


def hertz(mel: Any) -> np.ndarray:
    """Return places on that scale as frequencies."""
    return 700 * (10 ** (np.asarray(mel) / 2595) - 1)


def hann(width: int) -> np.ndarray:
    """Return a Hann window [width], periodic, its sum being 1."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(width) / width)
    return window / window.sum()
