"""The .ts format of sktime and aeon: one sequence a line, with a class or a number at its end.

Written from https://www.sktime.net/en/stable/api_reference/file_specifications/ts.html and
https://www.aeon-toolkit.org/en/stable/api_reference/data_format.html.
"""

from __future__ import annotations

import itertools
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from seqmodels.core.errors import InputError, some
from seqmodels.data.sequences.cases import (
    Case,
    Cases,
    beside,
    ended,
    label,
    lines,
    numbers,
    refuse_sparse,
    sole,
)

KEYS = {
    "problemname", "timestamps", "missing", "univariate", "dimension", "dimensions",
    "equallength", "serieslength", "classlabel", "targetlabel",
}  # fmt: skip
HEADER = 1000  # lines before @data, without comments, at most
PROSE = 10_000  # characters of a line of description


@dataclass(frozen=True)
class Header:
    """What the lines before @data say: the first word in small letters, and the rest."""

    values: dict[str, str]

    def says(self, key: str) -> bool:
        """Return whether a key is there and true."""
        return self.values.get(key, "").lower().startswith("true")

    @property
    def classes(self) -> list[str]:
        """The labels that are named, which may be none."""
        return [label(one) for one in self.values.get("classlabel", "").split()[1:]]

    @property
    def numeric(self) -> bool:
        """Whether the labels are numbers to predict."""
        return self.says("targetlabel")

    @property
    def labelled(self) -> bool:
        """Whether lines end in labels."""
        return self.says("classlabel") or self.says("targetlabel")

    @property
    def target(self) -> str:
        """What the labels are called; the format has no name for them."""
        return "value" if self.numeric else "label"


def header(path: Path, encoding: str = "utf-8", bare: bool = False) -> Header | None:
    """Return the header of a .ts file, or None where the file is of another kind.

    Args:
        path: The file.
        encoding: Of the text.
        bare: Labels are not needed.

    Raises:
        InputError: It is a .ts file without @data, or without labels that are needed.
    """
    values: dict[str, str] = {}
    try:
        for _, text in itertools.islice(lines(path, encoding), HEADER):
            if not text.startswith("@"):
                if values or len(text) > PROSE:
                    break
                continue  # a description without its #
            key, value = _entry(text)
            if key == "data":
                known = Header(values) if KEYS & set(values) else None
                return known if known is None or bare else _labelled(known, path)
            if not values and key not in KEYS:
                return None
            values[key] = value
    except InputError:
        if not KEYS & set(values):  # not text, and nothing of this format before it
            return None
        raise
    if not KEYS & set(values):
        return None
    raise InputError(f"{str(path)!r} is a .ts file without a line @data before its sequences.")


def labels(path: Path, encoding: str = "utf-8") -> set[str]:
    """Return the kinds of labels in a file; reads the end of each line only."""
    return {label(text.rpartition(":")[2]) for _, text in _data(path, encoding)}


def read(path: Path, encoding: str = "utf-8", bare: bool = False) -> Cases:
    """Return the sequences of a .ts file.

    Channels with timestamps are laid side by side by their times; a moment that a channel
    lacks is a missing value. Steps are not resampled. Bare, labels are not read: a line ends in
    one, known or not, only if the header says that there are labels.

    Raises:
        InputError: The file is broken; names the line.
    """
    head = header(path, encoding, bare)
    if head is None:
        raise InputError(f"{str(path)!r} is no .ts file: its first line should be @problemName.")
    places = ((f"{path.name}, line {n}", text) for n, text in _data(path, encoding))
    rows = [_case(head, text, where, bare) for where, text in places]
    rows = sole(rows, path)
    if head.says("equallength") and not head.says("timestamps"):
        _refuse_other_lengths(rows)
    rows = [replace(row, values=ended(row.values)) for row in rows]
    return Cases(rows, head.target, head.numeric, notes=_notes(head, rows, path))


def _entry(text: str) -> tuple[str, str]:
    key, _, value = text[1:].replace("\t", " ").partition(" ")
    return key.lower(), value.strip()


def _is_data(text: str) -> bool:
    return text.startswith("@") and _entry(text)[0] == "data"


def _data(path: Path, encoding: str) -> Iterator[tuple[int, str]]:
    rows = itertools.dropwhile(lambda row: not _is_data(row[1]), lines(path, encoding))
    return itertools.islice(rows, 1, None)


def _labelled(head: Header, path: Path) -> Header:
    if not head.labelled:
        raise InputError(
            f"{str(path)!r} has no labels to learn from: its header says neither "
            f"@classLabel true nor @targetLabel true."
        )
    return head


def _case(head: Header, text: str, where: str, bare: bool) -> Case:
    fields, last = _fields(head, text if not bare or head.labelled else f"{text}:")
    if not fields:
        raise InputError(f"{where}: no colon between values and label. The line may be cut off.")
    name = "" if bare else _label(head, last, where)
    stamped = fields[0].lstrip().startswith("(")
    if head.says("timestamps") and not stamped:
        raise InputError(f"{where}: no timestamps, where the header says @timeStamps true.")
    if stamped:
        return Case(where, _aligned([_stamped(one, where) for one in fields], where), name)
    channels = []
    for i, one in enumerate(fields):
        if not one.strip():
            raise InputError(f"{where}: channel {i + 1} is empty. Give its values, or ? for each.")
        place = f"{where}, channel {i + 1}" if len(fields) > 1 else where
        channels.append(numbers(one.split(","), place))
    values, uneven = beside(channels, where)
    return Case(where, values, name, uneven=uneven)


def _fields(head: Header, text: str) -> tuple[list[str], str]:
    """Return the channels and the label; times of day have colons too, and so may labels."""
    odd = [one for one in head.classes if ":" in one and text.endswith(f":{one}")]
    if odd:
        values, last = text[: -len(odd[0]) - 1], odd[0]
    else:
        values, _, last = text.rpartition(":")
    if not values.lstrip().startswith("("):
        return (values.split(":") if values else []), last
    return re.split(r"(?<=\))\s*:\s*", values), last


def _label(head: Header, text: str, where: str) -> str:
    name = label(text)
    if not name or name == "?":
        raise InputError(f"{where}: no label after the last colon. Leave the line out.")
    if head.numeric:
        if not np.isfinite(numbers([name], f"{where}, target"))[0]:
            raise InputError(f"{where}: the target is {name!r}. Leave the line out.")
        return name
    known = head.classes
    if not known or name in known or set(name.split()) <= set(known):
        return name
    same = [one for one in known if one.lower() == name.lower()]
    if not same:
        raise InputError(
            f"{where}: label {name[:40]!r} is not among those of the header, "
            f"{some(known)}. The line may be cut off; or name the label after @classLabel true."
        )
    return same[0]


def _stamped(text: str, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the times [T], dates in seconds, and the values [T] of a channel."""
    plain = text.strip()
    if not (plain.startswith("(") and plain.endswith(")")):
        raise InputError(f"{where}: {plain[:40]!r} is not (time,value),(time,value),...")
    pairs = [one.rpartition(",") for one in re.split(r"\)\s*,\s*\(", plain[1:-1])]
    values = numbers([value for *_, value in pairs], where)
    stamps = [stamp.strip() for stamp, *_ in pairs]
    try:
        times = np.array([float(stamp) for stamp in stamps])
    except ValueError:
        times = _dates(stamps, where)
    if not np.isfinite(times).all() or (np.diff(times) <= 0).any():
        late = int(np.argmax(np.diff(times) <= 0)) + 1 if len(times) > 1 else 0
        raise InputError(
            f"{where}: times need to rise; {stamps[late]!r} (step {late + 1}) does not follow "
            f"{stamps[max(late - 1, 0)]!r}."
        )
    return times, values


def _dates(stamps: list[str], where: str) -> np.ndarray:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a time zone, which NumPy would leave out
            dates = np.array(stamps, dtype="datetime64[us]")
    except (ValueError, Warning):
        raise InputError(
            f"{where}: times such as {stamps[0][:40]!r} are no numbers, and not dates like "
            f"2004-08-10 18:00:00."
        ) from None
    if np.isnat(dates).any():
        raise InputError(f"{where}: step {int(np.argmax(np.isnat(dates))) + 1} has no time.")
    return dates.astype(np.int64) / 1e6  # [T] seconds


def _aligned(channels: list[tuple[np.ndarray, np.ndarray]], where: str) -> np.ndarray:
    """Return the values [T, C] at every moment of any channel."""
    moments = channels[0][0]
    if any(not np.array_equal(times, moments) for times, _ in channels):
        moments = np.unique(np.concatenate([times for times, _ in channels]))
        refuse_sparse(len(moments), [len(times) for times, _ in channels], where)
    values = np.full((len(moments), len(channels)), np.nan)
    for i, (times, known) in enumerate(channels):
        values[np.searchsorted(moments, times), i] = known
    return values


def _refuse_other_lengths(rows: list[Case]) -> None:
    for row in rows:
        if len(row.values) != len(rows[0].values) and row.uneven is None:
            raise InputError(
                f"{row.where}: {len(row.values):,} steps, where {rows[0].where} has "
                f"{len(rows[0].values):,} and the header says @equalLength true. The line may be "
                f"cut off; where lengths do differ, write @equalLength false."
            )


def _notes(head: Header, rows: list[Case], path: Path) -> tuple[str, ...]:
    """Return where header and sequences differ; the sequences are believed."""
    steps, channels = rows[0].values.shape
    found = {"dimension": channels, "dimensions": channels}
    if head.says("equallength"):
        found["serieslength"] = steps
    return tuple(
        f"{path.name} says @{key} {head.values[key]}, its sequences have {count}"
        for key, count in found.items()
        if head.values.get(key, str(count)) != str(count)
    )
