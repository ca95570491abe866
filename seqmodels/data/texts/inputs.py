"""New texts for `predict`: the column that a run was trained on, or the texts of a folder."""

import csv
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

from seqmodels.core import storage
from seqmodels.core.errors import InputError, some
from seqmodels.data.cells import has_word
from seqmodels.data.tables import dialects
from seqmodels.data.tables.lines import lines
from seqmodels.data.tables.table import SAMPLE
from seqmodels.data.tables.tables import ENDINGS, Table, sniff
from seqmodels.data.texts import folders as text_folders
from seqmodels.data.texts.columns import text_columns
from seqmodels.data.texts.rows import text_of

_HEAD = 1 << 16  # bytes that tell quoted texts


def in_folder(path: Path, encoding: str) -> Any:
    """Return the texts in a folder, one a file, by the names of the files below it.

    Raises:
        InputError: There are none, or one cannot be read or has no word in it; names it.
    """
    found = sorted(file for file in path.rglob("*.txt") if file.is_file())
    if not found:  # as the posts of news groups, whose files have numbers for names
        folders = sorted(one for one in path.rglob("*") if one.is_dir())
        found = list(chain.from_iterable(map(text_folders.files, [path, *folders])))
    found = [file for file in found if not file.name.startswith(".")]
    if not found:
        raise InputError(f"The folder {str(path)!r} has no text files. Give one with *.txt in it.")
    texts = ((str(file), text_folders.read(file, encoding)) for file in found)
    return storage.texts(_with_words(path, "files", texts))


def in_table(
    path: Path,
    *,
    text: tuple[str, ...] | None,
    target: str | None,
    group_by: str | None,
    header: bool | None,
    delimiter: str | None,
    plain: bool,
    encoding: str,
) -> Any:
    """Return the texts in a table, in order, or None where a file is plain text or something else.

    Args:
        path: A file.
        text: The columns of the run; None: decided from the content, as in training.
        target: Of the run; not needed here.
        group_by: As `target`.
        header: Whether the run's table had names in its first line.
        delimiter: Of the run; where it does not part the new file, another is looked for.
        plain: Quotes are plain characters.
        encoding: Of the text.

    Raises:
        InputError: It is a table without these columns, or a row cannot be read; names it.
    """
    options: dict[str, Any] = {"quotes": "none" if plain else None, "encoding": encoding}
    named = header is not False and text is not None
    table = None
    marks = (delimiter, None) if named or delimiter is None else (delimiter,)
    for mark in dict.fromkeys(marks):
        table = sniff(path, delimiter=mark, header=False if named else header, **options)
        parted = table is not None and table.kind == "delimited"
        if table and parted and named and set(text or ()) <= set(_first(table)):
            table = sniff(path, delimiter=mark, header=True, **options)
        columns = table and _columns(table, text, target, group_by, named)
        if table and columns:
            return storage.texts(_with_words(path, f"{table.unit}s", _joined(table, columns)))
    if text is not None and len(text) == 1 and _is_text(path):
        alone = _alone(path, text[0] if named else None, encoding)
        if alone is not None:
            return storage.texts(_with_words(path, "lines", alone))
    if table is None or (table.kind == "delimited" and path.suffix.lower() not in ENDINGS):
        return None
    names = _first(table) if table.kind == "delimited" else table.columns
    raise InputError(
        f"{path.name} has no column {some(text or ())}, which holds the texts of this run; it has "
        f"{some([name[:40] for name in names], 10)}. Name the column so, or give plain text, one a "
        f"line, in a file NAME.txt."
    )


def in_lines(path: Path, encoding: str) -> Any:
    """Return the lines of a plain text that have a word in them.

    Raises:
        InputError: There are none, or the file cannot be read.
    """
    found = storage.texts(line.strip() for line in lines(path, encoding) if has_word(line))
    if not len(found):
        raise InputError(f"{str(path)!r} has no line with a word in it. Give one text a line.")
    return found


def one_column(path: Path) -> bool:
    """Return whether a file holds quoted texts, one a record, and nothing beside them."""
    if not path.is_file() or not _is_text(path):
        return False
    with path.open("rb") as stream:
        first = stream.read(_HEAD).decode("utf-8", "replace").splitlines()
    few = first[:-1] if path.stat().st_size > _HEAD else first
    if not any(line.startswith('"') and "," in line for line in few):
        return False
    try:
        return all(
            len(row) == 1 for part in dialects.records(few, ",", "double") for _, row in part
        )
    except csv.Error:
        return False


def _columns(
    table: Table,
    text: tuple[str, ...] | None,
    target: str | None,
    group_by: str | None,
    named: bool,
) -> tuple[str, ...]:
    """Return the columns that hold the texts; none where they are not to be found."""
    if table.kind == "delimited" and not table.header:
        if text is not None and not named:
            places = {int(one) for one in (*text, target, group_by) if one and one.isdecimal()}
            if max(places) < len(table.columns) and _even(table):
                return text
        if table.path.suffix.lower() not in ENDINGS:
            return ()  # lines that happen to have the same marks
    elif text is not None:
        return text if set(text) <= set(table.columns) else ()
    taken = () if text is not None else (target, group_by)
    sample = _sample(table)
    return text_columns(table, {name: sample[name] for name in sample if name not in taken})


def _sample(table: Table) -> dict[str, list[Any]]:
    rows = table.head()
    return dict(zip(table.columns, map(list, zip(*rows, strict=True)), strict=True)) if rows else {}


def _even(table: Table) -> bool:
    """Return whether the first records have the fields that are due, as prose seldom has."""
    if table.path.suffix.lower() in ENDINGS:
        return True  # if not, the line is told when it is read
    return all(len(row) == len(table.columns) for row in _records(table))


def _first(table: Table) -> list[str]:
    return [name.strip().strip('"') for name in next(_records(table), [])]


def _records(table: Table) -> Iterator[list[str]]:
    """Yield the first records of delimited text, whatever their width."""
    few = islice(lines(table.path, table.encoding), SAMPLE)
    try:
        for chunk in dialects.records(few, table.delimiter, table.quotes):
            yield from (row for _, row in chunk)
    except csv.Error:  # a record that was cut, or one that is told when the rows are read
        return


def _is_text(path: Path) -> bool:
    with path.open("rb") as stream:
        return b"\0" not in stream.read(4096)


def _alone(path: Path, name: str | None, encoding: str) -> Iterator[tuple[str, str]] | None:
    """Return the rows of a table of one column, or None where a file is none.

    It is one where the first line is the name of the column, or where each field is quoted.
    """
    first = next(lines(path, encoding), "").strip()
    headed = name is not None and first.strip('"') == name
    records = dialects.records(lines(path, encoding), ",", "double")
    try:
        rows = [(str(number), row) for chunk in records for number, row in chunk]
        whole = all(len(row) == 1 for _, row in rows)
    except csv.Error:
        rows, whole = [], False
    quoted = all(line.lstrip().startswith('"') for line in islice(lines(path, encoding), 1))
    if whole and (headed or (quoted and path.suffix.lower() in ENDINGS)):
        return ((number, row[0]) for number, row in rows[headed:])
    if not headed:
        return None
    numbered = enumerate(lines(path, encoding), start=1)  # marks in texts that nobody quoted
    return ((str(number), line) for number, line in islice(numbered, 1, None) if line.strip())


def _joined(table: Table, columns: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for number, values in table.rows(columns):
        try:
            yield str(number), " ".join(map(text_of, values))
        except TypeError as error:
            raise InputError(
                f"{str(table.path)!r}, {table.unit} {number}: the text is {error}. Leave the row "
                f"out, or make it a text."
            ) from None


def _with_words(path: Path, unit: str, found: Iterator[tuple[str, str]]) -> Iterator[str]:
    """Yield texts, each of which has an answer: refuse those without a word, all at once."""
    without: list[str] = []
    for where, text in found:
        if not has_word(text):
            without.append(where)
        yield text
    if without:
        raise InputError(
            f"{str(path)!r} has texts without a word ({unit} {', '.join(without[:5])}"
            f"{' and more' if len(without) > 5 else ''}). Leave them out."
        )
