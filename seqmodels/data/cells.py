"""What cells of tables look like: marks of missing values, forms of dates, texts with words."""

import re

# In lower case. A label may be called "none", "?" or "-"; a number may not.
MISSING_LABELS = frozenset(("", "nan", "null", "na", "n/a"))
MISSING_MARKS = ("?", "-")  # beside those that pandas knows
MISSING_NUMBERS = frozenset(
    ("", "na", "n/a", "nan", "null", "none", "#n/a", "<na>", *MISSING_MARKS)
)

_ISO = r"\d{4}[-/.]\d{1,2}(?:[-/.]\d{1,2})?"
_SLASHED = r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}"
_PERIOD = r"\d{4}[ :-]?[QqWwM]\d{1,2}|[Qq]\d[ /-]?\d{4}"
_NAME = r"(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_MONTHS = rf"{_NAME}[ '/.-]+\d{{2,4}}|\d{{4}}[ -]{_NAME}|\d{{1,2}}/\d{{4}}"  # without a day
_MONTH = r"[A-Za-z]{3,9}\.?[ -](?:\d{1,2},? )?\d{2,4}"
DATE = re.compile(  # a cell of a table of series
    rf"(?:{_ISO}|{_SLASHED})(?:[ T].*)?|\d{{8}}|{_PERIOD}|{_MONTHS}"
    rf"|(?:\w{{3,9}},? )?(?:\d{{1,2}}[ -])?{_MONTH}(?: .*)?"
)
DATE_NAME = re.compile(  # the name of a column
    rf"X?{_ISO}(?:[ T][\d:.]+)?|{_SLASHED}|{_PERIOD}|{_MONTH}"
    r"|\d{1,2}[ -][A-Za-z]{3}[ -]\d{2,4}"
)
DATE_OR_CLOCK = re.compile(  # a cell beside texts
    rf"{_ISO}(?:[T ].*)?|{_SLASHED}(?:[T ,].*)?|{_MONTHS}"
    r"|(?:[A-Z][a-z]{2},? )+\d{1,2}[ ,].*\d{4}.*|\d{1,2}:\d{2}(?::\d{2}.*)?"
)
SLASHED_DATE = _SLASHED  # month or day first
DOTTED_DATE = r"\d{1,2}\.\d{1,2}\.\d{2,4}(?:[ T].*)?"
CLOCK = re.compile(r"\d{1,2}[:.]\d{2}(?:[:.]\d{2}(?:\.\d+)?)?(?: ?[AaPp][Mm])?")

_BEGINS_WITH_DATE = re.compile(r"\d{4}[-/].{3}")
_WORD = re.compile(r"[^\W_]")


def begins_with_date(text: str) -> bool:
    """Return whether a text begins with a date, the year first."""
    return _BEGINS_WITH_DATE.match(text) is not None


def has_word(text: str) -> bool:
    """Return whether a text has a letter or a digit."""
    return _WORD.search(text) is not None


def percent(share: float) -> str:
    """Return a share as a whole number of percent."""
    return f"{share:.0%}".replace("%", " %")
