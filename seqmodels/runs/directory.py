"""The directory of a run while it is made: taken by one run, and held by one process."""

from __future__ import annotations

import contextlib
import csv
import ctypes
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from seqmodels.core.errors import InputError
from seqmodels.core.files import alone, writing
from seqmodels.core.registry import HEADS
from seqmodels.training.config import RunConfig

CHECKPOINTS = "checkpoints"


def claim(config: RunConfig, out: str | Path | None) -> Path:
    """Make a run directory that nobody else has."""
    if out is not None:
        try:
            Path(out).mkdir(parents=True)
        except FileExistsError:
            refuse_existing(Path(out))
        except OSError as error:
            raise InputError(f"Cannot make {str(out)!r}: {error.strerror}.") from error
        return Path(out)
    return numbered(Path("runs"), config)


def numbered(folder: Path, config: RunConfig) -> Path:
    """Make the directory DATASET-HEAD-1 in a folder, or that of the next free number."""
    name = f"{config.dataset.replace(' ', '-')}-{HEADS.name_of(config.head)}"
    for number in range(1, 100_000):
        path = folder / f"{name}-{number}"
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise InputError(f"Cannot make {str(path)!r}: {error.strerror}.") from error
        return path
    raise InputError(f"{str(folder)!r} has 100,000 directories of this name. Remove some.")


def refuse_existing(out: Path) -> None:
    """Raise InputError when a run directory cannot be made because something is there."""
    if out.exists():
        raise InputError(f"Run directory {str(out)!r} exists. Choose another, or remove it.")


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other processes off an unfinished run; the system ends it when this one dies."""
    lock = path / CHECKPOINTS / "lock"

    def busy() -> None:
        who = lock.read_bytes()[:20].decode("ascii", "replace")
        raise InputError(
            f"Process {who} is at work on the run {str(path)!r}. Wait for it, or stop it."
        )

    try:
        lock.parent.mkdir(exist_ok=True)
        holding = contextlib.ExitStack()
        holding.enter_context(alone(lock, busy))
    except OSError as error:
        raise InputError(
            f"The run {str(path)!r} cannot be written to: {error.strerror or error}."
        ) from error
    with holding:
        yield


def write_table(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows of the same names as CSV; they need not be in memory together."""
    remaining = iter(rows)
    head = next(remaining)
    with writing(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(head)
        writer.writerow(head.values())
        writer.writerows(tuple(map(row.__getitem__, head)) for row in remaining)


def give_back() -> None:
    """Hand freed memory back to the system; the C library of Linux keeps tens of megabytes."""
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError):  # another C library than GNU's
            ctypes.CDLL(None).malloc_trim(0)
