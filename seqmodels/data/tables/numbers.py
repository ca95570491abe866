"""How the numbers of a table are written, decided from its first rows: its dots and commas.

Beside a decimal comma, dots separate thousands, as in 1.033,15; a dot before three digits alone, as
in 1.056, may be either.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from seqmodels.core.errors import InputError
from seqmodels.data.cells import DOTTED_DATE, MISSING_NUMBERS

Decimal = Literal[".", ","]

_SIGN = r"[-+]?"
_COMMA = rf"{_SIGN}(\d{{1,3}}(\.\d{{3}})+|\d+)?,\d+"  # 1.033,15 and 3,5
_PARTED = rf"{_SIGN}\d{{1,3}}(\.\d{{3}})+"  # 1.056 and 1.033.000
_THOUSANDS = rf"{_SIGN}[1-9]\d{{0,2}}(\.\d{{3}})+"
_PARTED_BY_COMMAS = r"-?\d{1,3}(,\d{3})+(\.\d+)?"  # 1,056.5
_PLAIN = rf"{_SIGN}\d+(\.\d+)?"


def decimal_of(frame: Any) -> tuple[Decimal | None, dict[str, str]]:
    """Return what stands before the decimals, and a cell of each column that leaves it open.

    Decided are numbers such as 3,5 and 1.033.000 (a comma), 0.123 and 1.5 (a dot), and, beside
    dates such as 31.12.2022, numbers whose dots all stand before three digits (a comma).

    Args:
        frame: Some first rows of a table without commas between its fields, as texts.

    Returns:
        None where it is not decided, and then column name to such a cell.
    """
    open_, dates = {}, False
    found: set[Decimal] = set()
    for column in frame.columns:
        cells = frame[column].astype("string").str.strip()
        cells = cells[~is_missing(cells)].dropna()
        comma = cells.str.fullmatch(_COMMA)
        parted = cells.str.fullmatch(_THOUSANDS)
        if not len(cells):
            continue
        dates = dates or bool(cells.str.fullmatch(DOTTED_DATE).mean() >= 0.8)
        if (comma | cells.str.fullmatch(_PLAIN) | parted).mean() < 0.9:
            continue  # no numbers, but for a few that are named when they are read
        whole = cells.str.fullmatch(r"[-+]?\d{1,3}")
        if comma.any() or (parted & (cells.str.count(r"\.") > 1)).any():
            found.add(",")
        elif cells.str.contains(".", regex=False).any():
            if not (parted | whole).all():
                found.add(".")
            else:
                open_[str(column)] = (cells[parted].iloc[0], bool(whole.any()))
    if "," in found or (dates and "." not in found):
        return ",", {}
    doubt = {column: cell for column, (cell, mixed) in open_.items() if mixed}
    return (".", {}) if "." in found or not doubt else (None, doubt)


def is_missing(cells: Any) -> Any:
    """Return whether each of some texts, a pandas Series, marks a missing number."""
    return cells.str.lower().isin(MISSING_NUMBERS)


def has_thousands(cells: Any) -> bool:
    """Return whether a column holds only numbers such as 1,056, beside plain ones."""
    cells = cells.astype(str).str.strip()
    cells = cells[~is_missing(cells)]
    like = cells.str.fullmatch(_PARTED_BY_COMMAS)
    return bool(like.any() and (like | cells.str.fullmatch(_PLAIN)).all())


def refuse_ambiguous(name: str, ambiguous: Mapping[str, str], used: Any) -> None:
    """Refuse a table in which the dots of a column in use may be decimal or separate thousands.

    Raises:
        InputError: Says what to give.
    """
    for column, cell in ambiguous.items():
        if column in used:
            raise InputError(
                f"Column {column!r} of {name} has dots before three digits only, as in {cell!r}, "
                f"beside numbers without: they part thousands, or decimals. Say decimal=',' "
                f"(--set dataset.decimal=,) where {cell!r} is {cell.replace('.', '')}, or "
                f"decimal='.' where it is {float(cell):g}."
            )


def typed(cells: Any, decimal: Decimal | None, thousands: str | None = None) -> Any:
    """Return texts of a column as numbers, those that are; numbers alone where all are.

    Args:
        cells: A pandas Series.
        decimal: What stands before decimals. ",": dots part thousands, or the text is no number.
        thousands: ",": commas part thousands.
    """
    import pandas as pd

    cells = cells.astype("string").str.strip()
    cells = cells.mask(is_missing(cells))
    plain = cells
    if decimal == ",":
        good = cells.str.fullmatch(rf"{_COMMA}|{_PARTED}|{_SIGN}\d+([eE]{_SIGN}\d+)?")
        plain = cells.str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
        plain = plain.where(good.fillna(False))
    elif thousands:
        parted = cells.str.fullmatch(_PARTED_BY_COMMAS).fillna(False)
        plain = cells.where(~parted, cells.str.replace(",", "", regex=False))
    numbers: Any = pd.to_numeric(plain, errors="coerce")
    if numbers.isna().equals(cells.isna()):
        return numbers.astype("float64") if cells.notna().any() else numbers
    texts = cells.astype(object).where(cells.notna(), None)
    if decimal == "," and numbers.notna().any():
        anyhow: Any = pd.to_numeric(cells, errors="coerce")
        wrong = anyhow.notna() & numbers.isna()
        texts = texts.where(~wrong, texts + " (a decimal comma is due)")  # else read as a number
        return texts.where(numbers.isna(), numbers.astype(object))
    return texts


def numbers_in(frame: Any, options: Mapping[str, Any], texts: Sequence[str] = ()) -> Any:
    """Return a table whose numbers that pandas left as texts, as 1.033,15, are numbers.

    Args:
        frame: As pandas read it.
        options: Of `pandas.read_csv`.
        texts: Columns that stay texts.
    """
    if options.get("decimal") != ",":
        return frame
    left = [
        place
        for place, kind in enumerate(frame.dtypes)
        if frame.columns[place] not in texts
        and kind.kind not in "biufcM"
        and frame.iloc[:, place].astype("string").str.contains(r"^\s*[-+]?[\d.]*,?\d+\s*$").any()
    ]
    for place in left:
        frame.isetitem(place, typed(frame.iloc[:, place], ","))
    return frame
