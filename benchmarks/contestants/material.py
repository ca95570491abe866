"""What all contestants work on, as plain arrays; made once by `ours.py` where it needs reading."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from contestants import Job


class Steps(NamedTuple):
    """N rows of steps that lie in one array: row i is `values[starts[i]:][:lengths[i]]`.

    Attributes:
        values: Ids [L] int32, or numbers [L, C] float32.
        starts: [N].
        lengths: [N].
        y: Targets [N]: 0 or 1, a class counted from 0, or a number.
    """

    values: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray
    y: np.ndarray

    @classmethod
    def load(cls, path: str) -> Self:
        with np.load(path) as file:
            return cls(*(file[name] for name in cls._fields))

    def save(self, path: str | Path) -> None:
        np.savez(path, **self._asdict())  # type: ignore[arg-type]

    def take(self, rows: np.ndarray) -> Self:
        """Return these rows; all share `values`."""
        return self._replace(starts=self.starts[rows], lengths=self.lengths[rows], y=self.y[rows])

    def padded(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return rows [B, T] or [B, T, C], zeros past their ends, and their lengths [B]."""
        lengths = self.lengths[rows]
        steps = np.arange(lengths.max())
        real = steps < lengths[:, None]  # [B, T]
        x = self.values[np.where(real, self.starts[rows][:, None] + steps, 0)]
        x[~real] = 0
        return x, lengths

    def views(self) -> Iterator[np.ndarray]:
        for start, length in zip(self.starts, self.lengths, strict=True):
            yield self.values[start : start + length]


def tutorial_batch(job: Job) -> tuple[np.ndarray, np.ndarray]:
    """Return ids [B, T] int32, every step of them real, and labels [B] float32, 0 or 1."""
    rng = np.random.default_rng(0)
    ids = rng.integers(1, job["words"], (job["batch"], job["length"]), dtype=np.int32)
    return ids, rng.integers(0, 2, job["batch"]).astype(np.float32)


class Reviews(NamedTuple):
    """Film reviews as a trained tutorial model reads them, its weights, and its answers.

    Attributes:
        steps: Ids of each review, at most 300.
        probabilities: The model's answers, [N].
        weights: Embedding [V, E], kernel [E, 4H], recurrent kernel [H, 4H], bias [4H], the
            output's kernel [H, 1] and bias [1], with Keras's order of gates.
    """

    steps: Steps
    probabilities: np.ndarray
    weights: list[np.ndarray]

    @classmethod
    def load(cls, folder: str) -> Self:
        with np.load(Path(folder) / "answers.npz") as file:
            probabilities, *weights = (file[name] for name in file.files)
        return cls(Steps.load(f"{folder}/reviews.npz"), probabilities, weights)

    def save(self, folder: Path) -> None:
        self.steps.save(folder / "reviews.npz")
        np.savez(folder / "answers.npz", self.probabilities, *self.weights)

    def batches(self, size: int) -> list[np.ndarray]:
        """Return the rows of each batch, short reviews first, so that batches pad little."""
        order = np.argsort(self.steps.lengths, kind="stable")
        return np.split(order, range(size, len(order), size))

    def short(self, length: int) -> np.ndarray:
        """Return the start of the first review that is long enough, [1, T]."""
        row = int(np.flatnonzero(self.steps.lengths >= length)[0])
        start = self.steps.starts[row]
        return self.steps.values[None, start : start + length]

    def difference(self, probabilities: np.ndarray, rows: Any = slice(None)) -> float | None:
        """Return how far another's answers for these rows are from the model's at most."""
        apart = np.abs(probabilities - self.probabilities[rows])
        return float(apart.max()) if len(apart) else None
