"""Checkpoints: the state of a training, whole and as it was written, or not there at all."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from seqmodels.core.files import writing

KEPT = 2  # so that a damaged newest one costs no more than what lies between two
PART = "unfinished"  # has all its bytes, but not yet its name

Arrays = Mapping[str, np.ndarray]


class Checkpoints:
    """Newest states of a training, each in a file that is named by its position and its hash.

    A name is EPOCH-STEP-SHA256.npz: epochs that are finished, steps of the next one, and the
    first 16 digits of the hash of the file's bytes. A file gets it when its bytes are on the
    disk, so that a kill or a power cut leaves what was there before.

    Args:
        folder: Of this run alone; must exist.
    """

    def __init__(self, folder: Path):
        self.folder = folder

    def save(self, epoch: int, step: int, arrays: Arrays) -> None:
        """Write a state, and remove all but the newest few.

        Raises:
            OSError: It cannot be written; older ones are untouched.
        """
        part = self.folder / PART
        with writing(part, "wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
        part.replace(self.folder / f"{epoch:06d}-{step:09d}-{_hash(part)}.npz")
        for old in self._files()[KEPT:]:
            old.unlink()

    def newest(self, say: Callable[[str], None]) -> dict[str, np.ndarray] | None:
        """Return the newest undamaged state; None without such a state.

        Args:
            say: Told of each that is damaged, and of which epoch the state is.
        """
        for path in self._files():
            try:
                if _hash(path) == path.stem.rpartition("-")[2]:
                    with np.load(path, allow_pickle=False) as file:
                        arrays = {name: file[name] for name in file.files}
                    epoch, step = map(int, path.stem.split("-")[:2])
                    within = f", after {step:,} step{'s' * (step > 1)} of it" if step else ""
                    say(f"Continuing in epoch {epoch + 1}{within}.")
                    return arrays
                why = "its bytes are not those that were written"
            except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
                why = str(error)
            say(f"The checkpoint {path} is damaged ({why}); it is passed over.")
        return None

    def _files(self) -> list[Path]:
        """Return the files of states, the newest first."""
        return sorted(self.folder.glob("[0-9]*-*-*.npz"), reverse=True)


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]
