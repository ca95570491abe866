"""A disk that is full, or a device that fails, at each moment at which a run writes."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

from survival import ends, finished, run, train

from faults import Tried

FINISHED, NAMED, UNNAMED = 0, 3, 4
FAULTS = (errno.ENOSPC, errno.EIO, errno.EROFS)


def tries(folder: Path, count: int) -> Iterator[Tried]:
    """Let the first, the second, ... write fail until a run has no more of them."""
    run(train, "digits", folder / "whole", 1000)
    expected = ends(folder / "whole")
    for number in range(count):
        path, fault = folder / str(number), FAULTS[number % len(FAULTS)]
        code = run(_failing, path, number, fault)
        if code == FINISHED:
            return
        same = finished("digits", path) == expected
        says = "named, nothing half-written; --resume ended as a run without it, to the bit"
        good = code == NAMED and same
        yield Tried(os.strerror(fault), says if good else f"exit {code}, same {same}", good)


def _failing(path: Path, number: int, fault: int) -> None:
    """Train while write `number` fails; exit with what was said."""
    from seqmodels.core.errors import InputError

    left, sync = iter(range(10**6)), os.fsync

    def fails(handle: int) -> None:
        if next(left) == number:
            raise OSError(fault, os.strerror(fault))
        sync(handle)

    os.fsync = fails
    try:
        train("digits", path, 1000)
    except InputError as error:
        halves = [one for one in path.rglob("*") if one.name.endswith(".tmp")]
        named = os.strerror(fault) in str(error) and str(path) in str(error)
        os._exit(NAMED if named and not halves else UNNAMED)
