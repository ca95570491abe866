"""Tables on disk are recognised by their content. A format of tables is a file of this package."""

from pathlib import Path

from seqmodels.core.errors import InputError
from seqmodels.data.tables import delimited, json_lines, parquet
from seqmodels.data.tables.delimited import ENDINGS, HEAD
from seqmodels.data.tables.lines import is_text, known_encoding, opened
from seqmodels.data.tables.table import Quotes, Start, Table, TableFormat

__all__ = ["ENDINGS", "FORMATS", "Table", "TableFormat", "sniff"]

# In the order in which they are tried. Almost any text is delimited: that is the last.
FORMATS: list[TableFormat] = [parquet.FORMAT, json_lines.FORMAT, delimited.FORMAT]
_QUOTED = 1 << 23  # bytes that are searched for quotes that nothing closes
_DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}


def sniff(
    path: Path,
    *,
    delimiter: str | None = None,
    header: bool | None = None,
    quotes: Quotes | None = None,
    encoding: str | None = None,
) -> Table | None:
    """Return what table a file holds, by its content, or None where it holds none.

    Args:
        path: A file.
        delimiter: Parts the fields; "tab" is the tabulator. None: decided.
        header: Whether the first line names the columns. None: decided.
        quotes: See `Table`. None: decided.
        encoding: None: UTF-8, with or without a byte order mark.

    Raises:
        InputError: It is a table, but one that cannot be read: in UTF-16, not in the encoding,
            with a column twice or without rows. Or an argument is wrong.
    """
    encoding = known_encoding(encoding)
    delimiter = _DELIMITERS.get(delimiter or "", delimiter)
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise InputError(f"A delimiter is one character, or 'tab', got {delimiter!r} (delimiter=).")
    if not path.is_file():
        return None
    with opened(path) as stream:
        head = stream.read(HEAD)
        text = not head.startswith(b"PAR1") and is_text(path, head)
        if text and b'"' in head:
            head += stream.read(_QUOTED)
        cut = bool(stream.read(1))
    start = Start(path=path, head=head, cut=cut, encoding=encoding, delimiter=delimiter,
                  header=header, quotes=quotes)  # fmt: skip
    for one in FORMATS:
        if one.text and (not text or head.startswith(b"[[")):
            continue
        table = one.recognise(start)
        if table is not None:
            if one.text and start.sampled[1] is not None:
                raise InputError(start.sampled[1])
            return table
    return None
