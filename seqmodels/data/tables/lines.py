"""The lines of a text file, decoded one by one, with bounds on what is read."""

import codecs
import contextlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any

from seqmodels.core.errors import InputError

LONGEST = 1 << 24  # bytes of a line
LIKE = '{"text": "...", "label": "..."}'
_OLD_ENDS = re.compile(rb"\A[\t -~]+\r[\t -~]+\r")
_KEPT = frozenset(b"\t\n\r\f\x1a\x1b")  # control bytes that a text may hold


def known_encoding(encoding: str | None) -> str:
    """Return the name of an encoding; None is UTF-8, with or without a byte order mark.

    Raises:
        InputError: There is no such encoding, or it is one whose lines cannot be told apart
            before they are decoded.
    """
    if encoding is None:
        return "utf-8"
    try:
        name = codecs.lookup(encoding).name
        plain = b"a,1\n".decode(name) == "a,1\n"
    except (LookupError, UnicodeError, ValueError):
        plain, name = False, ""
    if not plain:
        raise InputError(
            f"Encoding {encoding!r} (encoding=) is none that is read here. Give 'utf-8', "
            f"'latin-1', 'cp1252' or another whose first half is ASCII, or save the file as UTF-8."
        )
    return "utf-8" if name == "utf-8-sig" else name


def is_text(path: Path, head: bytes) -> bool:
    """Return whether the first bytes of a file look like text.

    Raises:
        InputError: They are text in UTF-16, or with the line ends of the old Mac.
    """
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and b"\0" in head[:64]:
        raise InputError(
            f"{str(path)!r} is in UTF-16. Save it as UTF-8, as with "
            f"`iconv -f UTF-16 -t UTF-8 FILE > NEW`, and give that."
        )
    if b"\n" not in head and _OLD_ENDS.search(head):
        raise InputError(
            f"{str(path)!r} ends its lines with a carriage return alone. Save it with the line "
            f"ends of today, as with `tr '\\r' '\\n' < FILE > NEW`."
        )
    odd = sum(count for byte, count in Counter(head).items() if byte < 32 and byte not in _KEPT)
    return bool(head.strip()) and odd <= len(head) / 100


def sample(path: Path, head: bytes, encoding: str, cut: bool) -> tuple[list[str], str | None]:
    """Return the whole lines in the first bytes of a file, and what is wrong with one of them.

    Args:
        path: For the message.
        head: The first bytes.
        encoding: A line that is not in it is taken as Latin-1.
        cut: The file goes on.
    """
    raw = head.removeprefix(codecs.BOM_UTF8).split(b"\n")
    raw = raw[:-1] if cut and len(raw) > 1 else raw
    lines, wrong = [], None
    for number, line in enumerate(raw, start=1):
        try:
            lines.append(decoded(repr(str(path)), number, line, encoding))
        except InputError as error:
            wrong = wrong or str(error)
            lines.append(line.decode("latin-1").removesuffix("\r"))
    return lines, wrong


@contextlib.contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file; an error of the system names it."""
    try:
        with path.open("rb") as stream:
            yield stream
    except OSError as error:
        raise InputError(f"Cannot read {str(path)!r}: {error.strerror}.") from None


def lines(path: Path, encoding: str) -> Iterator[str]:
    """Yield the lines of a file without their ends.

    Raises:
        InputError: A line is not in the encoding, longer than 16 MB, or holds a NUL; names it.
    """
    name = repr(str(path))
    with opened(path) as stream:
        for number, line in raw_lines(stream, name):
            yield decoded(name, number, line, encoding)


def raw_lines(stream: IO[bytes], name: str) -> Iterator[tuple[int, bytes]]:
    """Yield the number of each line, from 1, and its bytes without a byte order mark and its end.

    Raises:
        InputError: A line is longer than 16 MB; says so after the `name` of the file.
    """
    for number, line in enumerate(iter(partial(stream.readline, LONGEST), b""), start=1):
        if len(line) == LONGEST:
            raise InputError(
                f"{name}, line {number}: longer than {LONGEST:,} bytes. Give a file with one row "
                f"a line."
            )
        line = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
        yield number, line.removesuffix(b"\n")


def json_object(name: str, number: int, line: str, pairs: bool = False, like: str = LIKE) -> Any:
    """Return the JSON object in a line as a dictionary, or as pairs of names and values.

    Args:
        name: Of the file, for the message.
        number: Of the line.
        line: Its text.
        pairs: See above.
        like: An example of a line, for the message.

    Raises:
        InputError: The line holds something else; names it.
    """
    try:
        value = json.loads(line, object_pairs_hook=list if pairs else None)
        fault = None if line.lstrip().startswith("{") else f"it is {line.strip()[:40]!r}"
    except json.JSONDecodeError as error:
        value, fault = None, f"{error.msg}, at character {error.colno}"
    except RecursionError:
        value, fault = None, "it is nested too deep"
    except ValueError as error:  # a number of thousands of digits
        value, fault = None, str(error).partition(";")[0]
    if fault is not None:
        raise InputError(
            f"{name}, line {number}: needs one JSON object a line, as in {like}; {fault}."
        )
    return value


def decoded(name: str, number: int, line: bytes, encoding: str) -> str:
    """Return a line as text, without a carriage return at its end.

    Raises:
        InputError: It holds a NUL, or is not in the encoding; says so after the `name` of the file.
    """
    if b"\0" in line:
        raise InputError(
            f"{name}, line {number}: holds a NUL byte, so that it is damaged or no text. "
            f"Save it again as UTF-8."
        )
    try:
        return line.decode(encoding).removesuffix("\r")
    except UnicodeDecodeError as error:
        hint = "encoding='latin-1'" if encoding == "utf-8" else "encoding="
        raise InputError(
            f"{name}, line {number}: not in {encoding.upper()} (byte "
            f"{line[error.start]:#04x} at {error.start}). Name the encoding, as in {hint} "
            f"(--set dataset.encoding=...), or save the file as UTF-8."
        ) from None
