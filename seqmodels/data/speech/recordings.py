"""What the names of a folder's recordings say of them: fields of a pattern, and which to choose."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from seqmodels.core.errors import InputError, some
from seqmodels.core.sound import ENDINGS
from seqmodels.data.names import PARTS

MOST = 2_000_000  # files of a folder
NOISE = "_background_noise_"  # of Speech Commands: minutes of noise, of no class
INDEX = ("index", "number", "take", "repetition", "n", "i")  # fields that are nobody's name
_FIELD = re.compile(r"\{(\w+)(?::([1-9]\d?))?\}|(\*)")
_BETWEEN = re.compile(r"[_\-. +]+")
_ENTITY = re.compile(
    r"(actor|speaker|spk|subject|person|participant|user|session|fold|part|set|sub|p|s|id)"
    r"[_\-]?\d+|\d{2,}",
    re.IGNORECASE,
)  # what people and shares are called, not classes
_FEW, _KINDS = 20, 1000  # numbers of more kinds count; labels have at most so many kinds


@dataclass(frozen=True)
class Files:
    """The recordings below a folder.

    Args:
        root: The folder.
        names: Their paths from there, with "/" between the parts, sorted.
        others: How many files are no recordings.
        noise: How many were left out as background noise.
    """

    root: Path
    names: tuple[str, ...]
    others: int = 0
    noise: int = 0


def sounds(root: Path) -> Files:
    """Return the sound files below a folder, by their endings; hidden ones are left out.

    Raises:
        InputError: There are too many files.
    """
    names, others, noise = [], 0, 0
    for folder, below, files in os.walk(root):
        below[:] = [one for one in below if not one.startswith(".") and one != "__MACOSX"]
        inside = Path(folder).relative_to(root)
        for file in files:
            if file.startswith("."):
                continue
            if not file.lower().endswith(ENDINGS):
                others += 1
            elif NOISE in inside.parts:
                noise += 1
            else:
                names.append((inside / file).as_posix())
        if len(names) + others > MOST:
            raise InputError(f"{str(root)!r} holds more than {MOST:,} files. Give a folder of it.")
    return Files(root, tuple(sorted(names)), others, noise)


def fields(files: Files, pattern: str) -> dict[str, list[str]]:
    """Return what a pattern finds in the names, by field.

    A pattern such as `{label}_{speaker}_{index}.wav` is held against the end of each path, as
    many parts between "/" as it has; the ending may be left out. `{name:2}` is two characters,
    `*` anything. No field holds the characters beside it, but for `{label}`, which may.

    Raises:
        InputError: The pattern is none, or some names do not fit it: tells which.
    """
    depth = pattern.count("/") + 1
    expression, names = _expression(pattern)
    found: dict[str, list[str]] = {name: [] for name in names}
    unfit = []
    for name in files.names:
        match = expression.fullmatch("/".join(_stem(name).split("/")[-depth:]))
        if match is None:
            unfit.append(name)
            continue
        for field in names:
            found[field].append(match[field])
    if unfit:
        raise InputError(
            f"{len(unfit):,} of {len(files.names):,} recordings in {str(files.root)!r} do not fit "
            f"pattern={pattern!r}: {some(unfit)}. Change the pattern, or move them away."
        )
    return found


def proposed(files: Files, split: int | None = None) -> str:
    """Return the pattern that the folders and names suggest.

    Args:
        files: The recordings.
        split: The level of folders that are parts (see `split_level`), and say nothing else.

    Raises:
        InputError: Nothing says what the recordings are, or several things may; gives choices.
    """
    paths = [PurePosixPath(_stem(name)) for name in files.names]
    depths = {len(path.parts) for path in paths}
    if len(depths) > 1:
        shown = some(sorted(files.names, key=lambda name: name.count("/"))[:: len(paths) - 1 or 1])
        raise InputError(
            f"The recordings in {str(files.root)!r} lie at different depths: {shown}. Give one "
            f"of the folders, or a pattern: --set 'dataset.pattern={{label}}/*'."
        )
    folders = [list(level) for level in zip(*(path.parts[:-1] for path in paths), strict=True)]
    levels = [i for i, one in enumerate(folders) if len(set(one)) > 1 and i != split]
    stems = [path.name for path in paths]
    parts, between = _split(stems)
    choices = [i for i, part in enumerate(parts) if _may_be_label(part)]
    if len(levels) == 1:
        level = folders[levels[0]]
        doubled = [i for i in choices if parts[i] == level]
        entity = all(_ENTITY.fullmatch(one) for one in set(level))
        if (
            not (doubled or entity)
            and levels[0] == len(folders) - 1
            and _may_be_label(level, False)
        ):
            hashes = all(re.fullmatch(r"[^_]+_nohash_\d+", stem) for stem in stems)
            return "{label}/{speaker}_nohash_{index}" if hashes else "{label}/*"
        choices = [i for i in choices if i not in doubled]
    if not levels and len(choices) == 1:
        return _pattern(parts, between, choices[0])
    return _refuse(files, folders, levels, parts, between, choices)


def split_level(files: Files) -> int | None:
    """Return the level of folders, from 0, that are called train and test; None: there is none."""
    folders = [name.lower().split("/")[:-1] for name in files.names]
    for level in range(min(map(len, folders))):
        kinds = {one[level] for one in folders}
        if len(kinds) > 1:
            parts = {PARTS.get(kind) for kind in kinds}
            return level if None not in parts and {"train", "test"} <= parts else None
    return None


def _refuse(
    files: Files,
    folders: list[list[str]],
    levels: list[int],
    parts: list[list[str]],
    between: list[str],
    choices: list[int],
) -> str:
    """Raise what says which patterns there are to choose from."""
    offers = []
    for level in levels:
        shape = ["{label}" if i == level else "*" for i in range(levels[0], len(folders))]
        offers.append(("/".join([*shape, "*"]), folders[level]))
    offers += [(_pattern(parts, between, i), parts[i]) for i in choices]
    who = f"{str(files.root)!r}: {len(files.names):,} recordings such as {files.names[0]!r}"
    if not offers:
        raise InputError(
            f"{who}, and neither folders nor names say what they are. Give a table with a column "
            f"of file names, --set dataset.labels=labels.csv, or a pattern, "
            f"--set 'dataset.pattern={{label}}_{{speaker}}_{{index}}'."
        )
    shown = [
        f"--set 'dataset.pattern={pattern}' ({len(set(values)):,} labels: "
        f"{some(sorted(set(values)), 3)})"
        for pattern, values in offers
    ]
    raise InputError(
        f"{who}. Several parts of the path may be the label. Choose one, and name the others as "
        f"you like: {'; or '.join(shown)}."
    )


def _expression(pattern: str) -> tuple[re.Pattern[str], list[str]]:
    """Return a pattern as a regular expression that looks at each character once, and fields."""
    bare = _stem(pattern)
    marks = list(_FIELD.finditer(bare))
    names = [mark[1] for mark in marks if mark[1]]
    twice = [name for name, count in Counter(names).items() if count > 1]
    left = _FIELD.sub("", bare)
    if not names or twice or "{" in left or "}" in left or not all(n.isidentifier() for n in names):
        raise InputError(
            f"A pattern needs fields in braces, each once, as in "
            f"'{{label}}_{{speaker}}_{{index}}', got {pattern!r}."
        )
    open_one = "label" if "label" in names else None
    text, place = "", 0
    for i, mark in enumerate(marks):
        text += re.escape(bare[place : mark.start()])
        place = mark.end()
        after = bare[place : marks[i + 1].start() if i + 1 < len(marks) else len(bare)]
        start = marks[i - 1].end() if i else 0
        beside = re.escape("".join({*bare[start : mark.start()][-1:], *after[:1]} - {"/"}))
        inner = "[^/]" if mark[1] == open_one or mark[3] else f"[^/{beside}]"
        many = f"{{{mark[2]}}}" if mark[2] else "*" if mark[3] else "+"
        text += f"(?P<{mark[1]}>{inner}{many})" if mark[1] else inner + many
    return re.compile(text + re.escape(bare[place:])), names


def _split(stems: Sequence[str]) -> tuple[list[list[str]], list[str]]:
    """Return the parts of the names, [parts][N], and what is between; none if they differ."""
    between = _BETWEEN.findall(stems[0])
    parts = [_BETWEEN.split(stem) for stem in stems]
    if not between or any(_BETWEEN.findall(stem) != between for stem in stems):
        return [], []
    return [list(part) for part in zip(*parts, strict=True)], between


def _may_be_label(values: Sequence[str], numbers: bool = True) -> bool:
    """Return whether values repeat as labels do; numbers of many kinds only count."""
    kinds = set(values)
    counts = numbers and len(kinds) > _FEW and all(kind.isdecimal() for kind in kinds)
    return 2 <= len(kinds) <= min(_KINDS, len(values) // 2) and "" not in kinds and not counts


def _pattern(parts: list[list[str]], between: list[str], label: int) -> str:
    """Return the pattern that has one part of the names as the label."""
    names, speakers = [], 0
    for i, part in enumerate(parts):
        if i == label:
            names.append("{label}")
        elif len(set(part)) == 1:
            names.append(part[0])
        elif all(one.isdecimal() for one in part) and len(set(part)) > _FEW:
            names.append("{index}" if "{index}" not in names else f"{{part{i + 1}}}")
        elif not speakers and not any(one.isdecimal() for one in part):
            speakers += 1
            names.append("{speaker}")
        else:
            names.append(f"{{part{i + 1}}}")
    return "".join(name + mark for name, mark in zip(names, [*between, ""], strict=True))


def _stem(name: str) -> str:
    ending = next((one for one in ENDINGS if name.lower().endswith(one)), "")
    return name[: len(name) - len(ending)]
