"""Locks on files, which the system lets go of when a process ends, however it ends."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import IO, Self

from seqmodels.core.files import alone

LOOK = 0.005  # seconds between looks at a lock that another process holds


class FileLock:
    """A lock that one holder has at a time, among threads and processes.

    The file stays when the lock is let go: a file that is removed while another process waits
    for it would be two locks of one name.

    Args:
        path: The file; made if it is not there.
    """

    def __init__(self, path: Path):
        self.path = path
        self._held = contextlib.ExitStack()

    def take(self, *, wait: bool = True) -> bool:
        """Take the lock; return whether it was to be had, which is sure with `wait`."""
        try:
            self._held.enter_context(alone(self.path, _wait if wait else _give_up))
        except _TakenError:
            return False
        return True

    def give_back(self) -> None:
        """Let go of the lock; nothing happens where it is not held."""
        self._held.close()

    def __enter__(self) -> Self:
        self.take()
        return self

    def __exit__(self, *rest: object) -> None:
        self.give_back()


class JournalLock:
    """What Optuna's journal asks for before it appends: alone, and after a whole line.

    A process that is killed, or a disk that is full, in the middle of a line leaves a cut one;
    the next line would be appended to it, and the journal could not be read any more. So the
    cut line is taken off first: what it said was not yet true for anybody.

    Args:
        journal: The file.
    """

    def __init__(self, journal: Path):
        self.journal = journal
        self._lock = FileLock(journal.with_suffix(".lock"))

    def acquire(self) -> bool:
        """Take the lock, and mend the journal."""
        self._lock.take()
        with self.journal.open("rb+") as file:
            size = file.seek(0, os.SEEK_END)
            whole = _whole(file, size)
            if whole < size:
                file.truncate(whole)
                os.fsync(file.fileno())
        return True

    def release(self) -> None:
        """Let go of the lock."""
        self._lock.give_back()


class _TakenError(Exception):
    """Another holds the lock."""


def _wait() -> None:
    time.sleep(LOOK)


def _give_up() -> None:
    raise _TakenError


def _whole(file: IO[bytes], size: int) -> int:
    """Return the bytes of an open file up to the end of its last whole line."""
    if size == 0:
        return 0
    file.seek(size - 1)
    if file.read(1) == b"\n":
        return size
    file.seek(0)
    return file.read().rfind(b"\n") + 1
