"""Which column of a table is the text, which is the target, and what the target's values are."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from seqmodels.core.errors import InputError, some
from seqmodels.core.registry import nearest
from seqmodels.data.cells import DATE_OR_CLOCK, MISSING_LABELS
from seqmodels.data.names import MAIN_LABELS
from seqmodels.data.parts import suggested
from seqmodels.data.tables.tables import Table

Kind = Literal["label", "whole", "number"]
SEARCHED = 1 << 26  # bytes of a file in which the target's values are looked for
_CLASSES = 10_000
_KINDS = 200_000  # different values of a column that are counted
_WIDEST = 1000  # columns of a table that is searched for a text
_ID = re.compile(r"(?i:(?:.*[_. -])?(?:id|uuid|guid|idx|index|key)|unnamed.*|row|no\.?)|.+Id")
_NUMBER = re.compile(r"[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Columns:
    """What was decided about a table.

    Args:
        text: The columns whose values, joined by a blank, are the input.
        target: The column to predict.
        kind: "label": text; "whole" and "number": numbers.
        head: The registered name of the head that suits it.
        classes: How many different values were found.
        several: An example of a value that is several labels; "" where there is none.
    """

    text: tuple[str, ...]
    target: str
    kind: Kind
    head: str
    classes: int
    several: str = ""

    def value(self, written: str) -> Any:
        """Return a value of the target as its type.

        Raises:
            ValueError: It is no number, where the others are.
        """
        if self.kind == "label":
            return written
        if not _NUMBER.fullmatch(written):
            raise ValueError(written)
        return int(written) if self.kind == "whole" else float(written)


def decide_columns(
    table: Table, *, text: Sequence[str] | None, target: str | None, group_by: str | None
) -> Columns | None:
    """Return what the columns of a table are, or None where none of them holds texts.

    Args:
        table: Any.
        text: Given by the user.
        target: Given by the user.
        group_by: Given by the user; it is neither text nor target.

    Raises:
        InputError: A column that was given is not there, or several may be meant: names them.
    """
    if text is None and len(table.columns) > _WIDEST:
        return None
    values = list(zip(*table.head(), strict=True))
    sample = dict(zip(table.columns, values, strict=True)) if values else {}
    given = [*(text or ()), *filter(None, (target, group_by))]
    taken = set(filter(None, (target, group_by)))
    if text is None:
        text = text_columns(table, {name: sample[name] for name in sample if name not in taken})
        if not text and target in sample and _prose(sample[target]):
            others = [name for name in sample if name != target]
            raise InputError(
                f"{table.path.name} has no column of texts beside {target!r}, which is to be "
                f"predicted (target=). Choose another target: {some(others)}."
            )
        if not text:
            return None
    absent = [
        f"{table.path.name} has no column {name!r}. {nearest(name, list(table.columns))}"
        for name in dict.fromkeys(given)
        if name not in table.columns
    ]
    if absent:
        raise InputError(absent)
    if target in text:
        raise InputError(f"Column {target!r} cannot be the text and the target.")
    if target is not None:
        return _target(table, tuple(text), target, _counted(table, sample, [target])[target])
    nested = {name for name, cells in sample.items() if any(map(_is_nested, cells))}
    others = [name for name in table.columns if name not in {*text, *taken, *nested}]
    counts = _counted(table, sample, others)
    return _chosen(table, tuple(text), counts)


def text_columns(table: Table, sample: Mapping[str, Sequence[Any]]) -> tuple[str, ...]:
    """Return the column that holds the texts; nothing where none does."""
    likely = {name: _prose(values) for name, values in sample.items()}
    likely = {name: weight for name, weight in likely.items() if weight}
    timed = any(_is_date(values) for values in sample.values())
    if timed:  # with a time a table of names and numbers is a series
        likely = {name: weight for name, weight in likely.items() if weight >= 20}
    named = [name for name in likely if name.casefold() == "text"]
    if len(named) == 1 or len(likely) == 1:
        return tuple(named or likely)
    ranked = sorted(likely, key=lambda name: -likely[name])
    if ranked and likely[ranked[0]] < 2 * likely[ranked[1]]:
        close = [name for name in likely if likely[ranked[0]] < 2 * likely[name]]
        raise InputError(
            f"{table.path.name} has several columns of text: {some(close)}. Choose one, as in "
            f"text={close[0]!r} (--set dataset.text={close[0]}), or join some: "
            f"--set dataset.text={','.join(close[:2])}."
        )
    return tuple(ranked[:1])


def as_text(value: Any) -> str:
    """Return a value of a target as text; several labels are joined by commas."""
    if isinstance(value, str):
        return value.strip()
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ",".join(map(as_text, value))
    return str(value)


def labels_in(value: str) -> list[str]:
    """Return the labels that a value may be made of, as "4,27" is; nothing where it is one."""
    found = re.split(r"[,;|]", value)
    return [label.strip() for label in found] if len(found) > 1 else []


def _prose(values: Sequence[Any]) -> float:
    """Return how much text is in a column: characters of its different values; 0 for none."""
    texts = [value for value in values if isinstance(value, str) and value.strip()]
    if not texts or any(not isinstance(value, str | None) for value in values):
        return 0.0
    different = set(texts)
    share = len(different) / len(texts)
    letters = sum(len(text) for text in texts) / len(texts)
    words = sum(len(text.split()) for text in texts) / len(texts)
    unspaced = letters >= 10 and sum(not text.isascii() for text in texts) > len(texts) / 2
    few = list(different)[:100]
    if (words < 2 and not unspaced) or (share < 0.3 and len(texts) > 20) or _is_date(few):
        return 0.0
    if sum(sum(map(str.isalpha, text)) for text in few) < 0.1 * sum(  # numbers in a cell
        len("".join(text.split())) for text in few
    ):
        return 0.0
    return letters * share


def _is_date(values: Sequence[Any]) -> bool:
    """Return whether values are moments."""
    known = [value for value in values if value is not None and value != ""]
    if known and all(hasattr(value, "year") for value in known):
        return True
    texts = bool(known) and all(isinstance(value, str) for value in known)
    return texts and all(map(DATE_OR_CLOCK.fullmatch, known))


def _is_nested(value: Any) -> bool:
    """Return whether a value of JSON is an object, or a list of more than labels."""
    inner = value if isinstance(value, list | tuple) else ()
    return isinstance(value, dict) or any(isinstance(one, dict | list) for one in inner)


def _counted(
    table: Table, sample: Mapping[str, Sequence[Any]], names: list[str]
) -> dict[str, Counter[str]]:
    """Return how often each value is in each column, in the part of the file that is searched."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in names}
    size = sum(len(str(value)) + 1 for column in sample.values() for value in column)
    rows = len(next(iter(sample.values()), ()))
    most = SEARCHED * rows // max(size, 1) if table.path.stat().st_size > SEARCHED else None
    if not names:
        return counts
    done = 0
    for numbers, columns in table.chunks(names):
        for name, values in zip(names, columns, strict=True):
            if len(counts[name]) <= _KINDS:
                counts[name].update(map(as_text, values))
        done += len(numbers)
        if most is not None and done >= most:
            break
    return counts


def _chosen(table: Table, text: tuple[str, ...], counts: dict[str, Counter[str]]) -> Columns:
    """Return the one column that can be predicted."""
    likely, refused = {}, {}
    for name, count in counts.items():
        why = _no_target(name, count)
        if why is not None:
            refused[name] = why
            continue
        try:
            likely[name] = _target(table, text, name, count)
        except InputError as error:
            refused[name] = str(error)
    named = [name for name in likely if name.casefold() in MAIN_LABELS]
    if len(named) == 1 or len(likely) == 1:
        return likely[(named or list(likely))[0]]
    if not likely:
        why = "; ".join(f"{name!r}: {reason}" for name, reason in list(refused.items())[:8])
        raise InputError(
            f"{table.path.name} has texts in column {some(text)}, but no column to predict"
            f"{f' ({why})' if why else ''}. Name it if there is one: target= (--target)."
        )
    choices = [f"{name!r} ({_described(found)})" for name, found in likely.items()]
    shown = ", ".join(choices[:20])
    raise InputError(
        f"{table.path.name} has several columns that can be predicted from column {some(text)}: "
        f"{shown}. Choose one: target= (--target {next(iter(likely))})."
    )


def _no_target(name: str, counts: Counter[str]) -> str | None:
    """Return why nobody would predict a column, or None where somebody may."""
    known = {value: n for value, n in counts.items() if value.casefold() not in MISSING_LABELS}
    total, present = sum(counts.values()), sum(known.values())
    if 2 * present < total:
        return "mostly empty"
    if len(known) < 2:
        return "always the same"
    if _ID.fullmatch(name):
        return "an id by its name"
    if _is_date(list(known)[:1000]):
        return "dates"
    if len(known) == present and all(map(_NUMBER.fullmatch, known)):
        numbers = [float(value) for value in known]
        steps = {later > earlier for earlier, later in pairwise(numbers)}
        whole = all(number.is_integer() for number in numbers)
        if whole and present > 2 and (len(steps) == 1 or max(numbers) >= 1e9):
            return "ids"
    return None


def _target(table: Table, text: tuple[str, ...], name: str, counts: Counter[str]) -> Columns:
    """Return what a target's values are.

    Raises:
        InputError: They are neither numbers nor classes.
    """
    known = [value for value in counts if value.casefold() not in MISSING_LABELS]
    present = sum(counts[value] for value in known)
    who = f"{table.path.name}: target {name!r}"
    if len(known) < 2:
        raise InputError(f"{who} needs different values, found {some(known) or 'none'}.")
    words = [value for value in known if not _NUMBER.fullmatch(value)]
    if not words:
        whole = all("." not in value and "e" not in value.lower() for value in known)
        kind: Kind = "whole" if whole else "number"
        numbers = [int(value) if whole else float(value) for value in known]
        return Columns(
            text=text, target=name, kind=kind, head=suggested(numbers), classes=len(known)
        )
    several = _several(known)
    if not several and len(known) > 20 and sum(counts[one] for one in words) < present / 10:
        raise InputError(
            f"{who} has numbers, but also {some(words)}. Mend these, or leave their rows out."
        )
    if not several and (len(known) > _CLASSES or (len(known) > 20 and 2 * len(known) > present)):
        raise InputError(
            f"{who} has {len(known):,} different values in {present:,} rows, such as "
            f"{some(known, 3)}: too many for classes."
        )
    singles = [value for value in known if not labels_in(value)] if several else known
    head = suggested(singles) if len(singles) > 1 else "multiclass"
    return Columns(
        text=text, target=name, kind="label", head=head, classes=len(singles), several=several
    )


def _several(known: list[str]) -> str:
    """Return a value that is made of other values of the column, as "4,27"; "" for none."""
    singles = {value for value in known if not labels_in(value)}
    made = (value for value in known if (labels := labels_in(value)) and singles.issuperset(labels))
    return next(made, "")


def _described(found: Columns) -> str:
    if found.head == "regression":
        return "numbers"
    return f"{found.classes} classes" + (", several a row" if found.several else "")
