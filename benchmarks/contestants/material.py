"""What all contestants work on, as plain arrays."""

import numpy as np

from contestants import Job


def tutorial_batch(job: Job) -> tuple[np.ndarray, np.ndarray]:
    """Return ids [B, T] int32, every step of them real, and labels [B] float32, 0 or 1."""
    rng = np.random.default_rng(0)
    ids = rng.integers(1, job["words"], (job["batch"], job["length"]), dtype=np.int32)
    return ids, rng.integers(0, 2, job["batch"]).astype(np.float32)
