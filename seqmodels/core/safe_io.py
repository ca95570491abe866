"""Reads untrusted files: plain files of bounded size, and JSON of bounded depth."""

import contextlib
import json
import math
import os
import re
import stat
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import Any

import numpy as np

from seqmodels.core.errors import InputError

DEEPEST = 32  # lists and objects inside each other; ours have five
MAX_JSON = 64 * 2**20  # bytes; a vocabulary of a million words fits
_FLAGS = sum(getattr(os, f"O_{name}", 0) for name in ("NOFOLLOW", "NONBLOCK", "CLOEXEC", "BINARY"))
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)


@contextlib.contextmanager
def plain(path: Path, most: int) -> Iterator[BufferedReader]:
    """Open a file for reading, and check at the end that it did not change meanwhile.

    Args:
        path: A plain file. Links are not followed; pipes and devices are not waited for.
        most: Largest allowed size in bytes.

    Raises:
        InputError: The file is not plain, too large, or was written while it was read.
        FileNotFoundError: There is no such file; or another `OSError`.
    """
    _refuse_others(path, os.lstat(path).st_mode)  # before it is opened: some must not even be
    handle = os.open(path, os.O_RDONLY | _FLAGS)
    with os.fdopen(handle, "rb") as file:
        before = os.fstat(handle)
        _refuse_others(path, before.st_mode)
        if before.st_size > most:
            raise InputError(f"{path} has {before.st_size:,} bytes, at most {most:,} are read.")
        yield file
        after = os.fstat(handle)
        if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
            raise InputError(f"{path} was written while it was read. Try again.")


def _refuse_others(path: Path, mode: int) -> None:
    if stat.S_ISLNK(mode):
        raise InputError(f"{path} is a link. Put the file itself in its place.")
    if not stat.S_ISREG(mode):
        raise InputError(f"{path} is not a plain file. Put one in its place.")


def read_bytes(path: Path, most: int = MAX_JSON) -> bytes:
    """Return the bytes of a file; raises as `plain`."""
    with plain(path, most) as file:
        return file.read(os.fstat(file.fileno()).st_size)  # at once, and no more memory than that


def parsed(data: bytes, path: Path) -> Any:
    """Return the value of a JSON text.

    Args:
        data: UTF-8.
        path: Source of the text, for messages.

    Raises:
        InputError: The text is not JSON, is nested too deep, has a name twice in one object, or
            holds a number that is not finite.
    """
    try:
        if _depth(data) > DEEPEST:
            raise ValueError(f"it is nested more than {DEEPEST} deep")
        return json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_once,
            parse_constant=_finite,
            parse_float=_finite,
        )
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is damaged: {str(error)[:200]}.") from None


def _depth(data: bytes) -> int:
    """Return the depth of nested brackets, without parsing the text."""
    marks = np.frombuffer(_STRING.sub(b"", data), np.uint8)
    opens = (marks == ord("[")) | (marks == ord("{"))
    closes = (marks == ord("]")) | (marks == ord("}"))
    steps = opens.astype(np.int32) - closes
    return int(np.cumsum(steps).max(initial=0))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("it has a name twice in one object")
    return value


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"it holds the number {text[:20]}, which is not finite")
    return value
