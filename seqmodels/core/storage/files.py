"""A temporary file that is appended to and read by offset."""

from __future__ import annotations

import itertools
import os
import tempfile
import threading
import weakref
from collections.abc import Iterator

import numpy as np

from seqmodels.core.errors import InputError

BLOCK = 2**22  # bytes that are read together at most
GAP = 2**12  # bytes between two pieces up to which both are read at once


class File:
    """A file without a name that is appended to, read by offset, and gone with its last user."""

    def __init__(self) -> None:
        try:
            self._file = tempfile.TemporaryFile(buffering=0, prefix="seqmodels-")  # noqa: SIM115
        except OSError as error:
            raise _full(error) from None
        self._size = 0
        self._lock = threading.Lock()
        weakref.finalize(self, self._file.close)

    def append(self, rows: np.ndarray) -> None:
        """Add the bytes of an array.

        Raises:
            InputError: The disk is full.
        """
        remaining = memoryview(rows.tobytes())
        with self._lock:
            self._file.seek(self._size)
            while remaining:
                try:
                    done = self._file.write(remaining)
                except OSError as error:
                    raise _full(error) from None
                self._size += done
                remaining = remaining[done:]

    def read_into(self, room: bytearray, offset: int) -> None:
        """Fill `room` with the bytes from `offset` on."""
        remaining = memoryview(room)
        while remaining:
            if hasattr(os, "preadv"):
                done = os.preadv(self._file.fileno(), [remaining], offset)
            else:  # the place in the file is shared: one reader at a time
                with self._lock:
                    self._file.seek(offset)
                    done = self._file.readinto(remaining)  # type: ignore[attr-defined]
            if not done:
                raise IndexError(f"Byte {offset} of {self._size} in a temporary file.")
            offset += done
            remaining = remaining[done:]


def runs(begin: np.ndarray, end: np.ndarray) -> Iterator[slice]:
    """Yield which pieces, in the order of the disk, to read together: near ones, up to `BLOCK`."""
    if not len(begin):
        return
    far = begin[1:] - end[:-1] > GAP
    full = np.diff(begin // BLOCK) != 0
    edges = [0, *(np.flatnonzero(far | full) + 1).tolist(), len(begin)]
    yield from itertools.starmap(slice, itertools.pairwise(edges))


def _full(error: OSError) -> InputError:
    where = f", {tempfile.tempdir!r}," if tempfile.tempdir else ""
    return InputError(
        f"Data too large for memory could not be written to the folder of temporary files{where} "
        f"({error.strerror or error}). Make room there, about the size of the data, or set TMPDIR "
        f"to a folder on a disk that has it."
    )
