"""How the fields of a delimited text are parted, decided from its first lines."""

import contextlib
import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from seqmodels.data.tables.table import Quotes

DELIMITERS = ("\t", ";", "|", ",")  # the rarest in prose first
FIELD = 1 << 21  # characters of a quoted field at most
_TRIES = 20  # records whose quotes go wrong, before the quotes are given up
_INNER = re.compile(r'[^"]"[^"]')
_ANNOUNCED = re.compile(r'\s*"?sep=(.)"?\s*', re.IGNORECASE)
_NAME = re.compile(r"[^\W\d][\w .()%/#&?:+-]{0,59}")


@dataclass(frozen=True)
class Dialect:
    """How a line is parted: the mark between fields, whether quotes are special, and the width."""

    delimiter: str
    quotes: Quotes
    width: int


def announced(line: str) -> str | None:
    """Return the delimiter that a first line such as "sep=;" announces, as Excel writes it."""
    found = _ANNOUNCED.fullmatch(line)
    return found[1] if found else None


def without_announcement(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines, a blank one in place of a first one that announces the delimiter."""
    for number, line in enumerate(lines):
        yield "" if number == 0 and announced(line) else line


def dialect(
    lines: Sequence[str],
    delimiter: str | None,
    quotes: Quotes | None,
    cut: bool,
    enough: float = 0.9,
) -> Dialect | None:
    """Return the dialect of the first lines of a file, or None where they are no table.

    Args:
        lines: Without their ends.
        delimiter: Given by the user; None: decided here.
        quotes: As `delimiter`.
        cut: The file goes on, so that the last record may be in pieces.
        enough: Share of the records that must have the same number of fields.
    """
    lines = [line for line in lines if line.strip()]
    found: list[tuple[float, float, Dialect]] = []
    for mark in DELIMITERS if delimiter is None else (delimiter,):
        beside = sum(f'{mark}"' in line or f'"{mark}' in line for line in lines) / max(
            len(lines), 1
        )
        for style in ("double", "none") if quotes is None else (quotes,):
            widths = _widths(lines, mark, style, cut)
            if style == "double" and quotes is None and set(widths) == {1}:
                break  # whatever marks there are stand inside of quotes
            share, width = _regular(widths)
            if width > 1 and (share >= enough or delimiter is not None):
                found.append((share, beside, Dialect(mark, style, width)))
    if not found:
        return None
    best = max(found, key=lambda one: one[:2])[2]  # of equals the one beside quotes, or the first
    return best if quotes else Dialect(best.delimiter, plain(lines, best, cut), best.width)


def plain(lines: Sequence[str], found: Dialect, cut: bool) -> Quotes:
    """Return whether quotes are plain characters, however well the other reading may go.

    They are where every line has all its fields as it stands, and either a quote opens that
    nothing closes, or there are quotes that a writer of quoted fields would have doubled.
    """
    mark, width = found.delimiter, found.width
    if not any(line.startswith('"') or f'{mark}"' in line for line in lines):
        return found.quotes
    whole = all(line.count(mark) == width - 1 for line in lines)
    widths = _widths(lines, mark, "double", cut)
    if not whole:
        return found.quotes
    if set(widths) != {width}:
        return "none"
    loose = any(
        _INNER.search(field) and not field.startswith('"')
        for line in lines
        if '"' in line
        for field in line.split(mark)
    )
    return "none" if loose else "double"


def has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the first of some rows names the columns of the others.

    Names are short, begin with a letter, differ from each other, and are not among the values
    of their own column.
    """
    first, rest = rows[0], rows[1:]
    named = [name.strip() for name in first if name.strip()]
    if not named or len(set(named)) < len(named) / 2:
        return False
    if not all(_NAME.fullmatch(name) and len(name.split()) <= 6 for name in named):
        return False
    columns = zip(*rest, strict=False)
    return not any(name in column for name, column in zip(first, columns, strict=False) if name)


def records(
    lines: Iterable[str], delimiter: str, quotes: Quotes
) -> Iterator[list[tuple[int, list[str]]]]:
    """Yield chunks of records, each with the number of its first line, counted from 1.

    Blank lines are left out. Quoted fields are those of RFC 4180
    (https://www.rfc-editor.org/rfc/rfc4180), blanks before a quote allowed.

    Raises:
        csv.Error: A quoted field is not closed, or goes on after its closing quote; its second
            argument is the number of the line.
    """
    if quotes == "none":
        chunk = []
        for number, line in enumerate(lines, start=1):
            if line.strip():
                chunk.append((number, line.split(delimiter)))
            if len(chunk) == 1024:
                yield chunk
                chunk = []
        yield chunk
        return
    ended = (line.replace("\r", " ") + "\n" if "\r" in line else line + "\n" for line in lines)
    reader = csv.reader(ended, delimiter=delimiter, strict=True, skipinitialspace=True)
    last, more = 0, True
    while more:
        chunk, more = [], False
        try:
            with _long_fields():
                for row in reader:
                    if row:
                        chunk.append((last + 1, row))
                    last = reader.line_num
                    if len(chunk) == 1024:
                        more = True
                        break
        except csv.Error as error:
            yield chunk
            raise csv.Error(str(error), last + 1) from None
        yield chunk


def _widths(lines: Sequence[str], delimiter: str, quotes: Quotes, cut: bool) -> list[int]:
    """Return the number of fields of each record, zero for one whose quotes go wrong."""
    if quotes == "none":
        return [line.count(delimiter) + 1 for line in lines]
    widths: list[int] = []
    start = 0
    for _ in range(_TRIES):
        try:
            for chunk in records(lines[start:], delimiter, quotes):
                widths += [len(row) for _, row in chunk]
            return widths
        except csv.Error as error:  # go on with the line after the one where it began
            why, number = error.args
            if cut and "end of data" in why:
                return widths
            widths.append(0)
            start += number
    return widths + [0] * (len(lines) - start)


def _regular(widths: list[int]) -> tuple[float, int]:
    """Return the share of the records that have the most frequent width, and that width."""
    if not widths:
        return 0.0, 0
    width, count = Counter(widths).most_common(1)[0]
    return count / len(widths), width


@contextlib.contextmanager
def _long_fields() -> Iterator[None]:
    """Let the csv module read fields longer than its own limit, which is one for all readers."""
    before = csv.field_size_limit(FIELD)
    try:
        yield
    finally:
        csv.field_size_limit(before)
