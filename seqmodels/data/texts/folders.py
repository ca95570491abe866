"""A folder of class folders of text files, with or without parts of its own."""

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from seqmodels.core import storage
from seqmodels.core.errors import InputError, some
from seqmodels.core.examples import Examples
from seqmodels.core.sound import ENDINGS
from seqmodels.data.cells import has_word
from seqmodels.data.tables.lines import is_text

LONGEST = 1 << 24  # bytes of a text
_PART = re.compile(r"(?:.*[-_. ])?(?:(train)(?:ing)?|(test)(?:ing)?|(val|valid|validation|dev))")
_OTHERS = frozenset(  # texts that are records of something else; and sounds, whatever they hold
    (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".xml", ".inkml", ".ts", ".arff", ".conllu")
) | frozenset(ENDINGS)
_UNLABELLED = ("unsup", "unlabeled", "unlabelled")
_LETTERS = 0.4  # of what is no blank in a text; strokes and tables have fewer


@dataclass(frozen=True)
class Tree:
    """Where the texts of each class are.

    Args:
        parts: "train", "test" and "valid", as far as there are folders for them, or "" alone;
            each with the folder of each class.
        left_out: Folders that are no class, below the one that was given.
    """

    parts: Mapping[str, Mapping[str, Path]]
    left_out: tuple[str, ...] = ()


def tree(path: Path) -> Tree | None:
    """Return what a folder holds, or None where it is no folder of class folders of texts.

    As in 20 newsgroups, `CLASS/FILE` or `NAME-train/CLASS/FILE` beside `NAME-test/CLASS/FILE`;
    or as in the Large Movie Review Dataset, `train/CLASS/FILE` beside `test/CLASS/FILE`.

    Raises:
        InputError: The folder cannot be read.
    """
    try:
        return _tree(path) if path.is_dir() else None
    except OSError as error:
        raise InputError(f"Cannot read {error.filename}: {error.strerror}.") from None


def read_tree(path: Path, encoding: str, missing: str) -> tuple[dict[str, Examples], list[str]]:
    """Return the parts by name, "train" alone where the folder brings none, and what was decided.

    Args:
        path: A folder.
        encoding: Of the files.
        missing: "refuse" or "drop" empty files.

    Raises:
        InputError: It holds no class folders of texts, a file cannot be read or is empty, or a
            class of the test part is not in the training part.
    """
    of = tree(path)
    if of is None:
        raise InputError(
            f"{str(path)!r} holds no texts by class: it needs a folder of text files for each "
            f"class, or `train` and `test` with such folders in each."
        )
    known = set(of.parts.get("train", of.parts.get("", {})))
    for part, classes in of.parts.items():
        unknown = sorted(set(classes) - known)
        if unknown:
            raise InputError(
                f"The part {part!r} of {str(path)!r} has classes that the training part has not: "
                f"{some(unknown)}. Add training texts, or leave these folders out."
            )
    left_out: dict[str, list[str]] = {}
    found: dict[str, Examples] = {}
    for part, classes in sorted(of.parts.items(), key=lambda one: one[0] == "test"):
        labels: list[str] = []
        inputs = storage.texts(_texts(path, classes, encoding, labels, left_out))
        found[part or "train"] = Examples(inputs, {"class": labels})
    if "empty" in left_out and missing != "drop":
        raise InputError(
            f"Empty files in {str(path)!r}: {some(left_out['empty'])}. Remove them, or leave them "
            f"out: --set dataset.missing=drop (missing='drop')."
        )
    rows = sum(map(len, found.values()))
    says = [f"a folder of texts for each class, {len(known)} classes, {rows:,} texts"]
    if len(found) > 1:
        sizes = ", ".join(f"{len(one):,} {part}" for part, one in found.items())
        says[0] += f"; parts are those of the folders: {sizes}"
    if of.left_out:
        says.append(f"left out, as no class: {', '.join(map(repr, of.left_out[:5]))}")
    says += [f"left out, {why}: {some(names)}" for why, names in left_out.items()]
    return found, says


def files(folder: Path) -> list[Path]:
    """Return the files of a class, by name."""
    return [
        entry
        for entry in sorted(folder.iterdir())
        if not entry.name.startswith(".") and entry.suffix not in _OTHERS and entry.is_file()
    ]


def read(file: Path, encoding: str) -> str:
    """Return one text.

    Raises:
        InputError: It is not in the encoding, has a NUL, or is longer than 16 MB; names it.
    """
    try:
        with file.open("rb") as stream:
            data = stream.read(LONGEST + 1).removeprefix(codecs.BOM_UTF8)
    except OSError as error:
        raise InputError(f"Cannot read {str(file)!r}: {error.strerror}.") from None
    if len(data) > LONGEST:
        raise InputError(f"{str(file)!r} is longer than {LONGEST:,} bytes. Leave it out.")
    if b"\0" in data:
        is_text(file, data[:64])  # says so where it is UTF-16
        raise InputError(f"{str(file)!r} holds a NUL byte, so that it is no text. Leave it out.")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        hint = "encoding='latin-1'" if encoding == "utf-8" else "encoding="
        raise InputError(
            f"{str(file)!r}, line {line}: not in {encoding.upper()}. Name the encoding, as in "
            f"{hint} (--set dataset.encoding=...), or save the files as UTF-8."
        ) from None


def _texts(
    path: Path,
    classes: Mapping[str, Path],
    encoding: str,
    labels: list[str],
    left_out: dict[str, list[str]],
) -> Iterator[str]:
    """Yield the texts of a part, and write down the class of each."""
    for label, folder in classes.items():
        for file in files(folder):
            text = read(file, encoding)
            if not has_word(text):
                why = "without a word" if text.strip() else "empty"
                left_out.setdefault(why, []).append(str(file.relative_to(path)))
                continue
            labels.append(label)
            yield text


def _tree(path: Path) -> Tree | None:
    inner = _folders(path)
    named = {}
    for folder in inner:
        match = _PART.fullmatch(folder.name.lower())
        if match:
            named["train" if match[1] else "test" if match[2] else "valid"] = folder
    if "train" in named and (len(named) > 1 or len(inner) == 1):
        parts = {part: _classes(folder) for part, folder in named.items()}
    else:
        parts = {"": _classes(path)}
    if all(parts.values()):
        kept = {
            part: {name: folder for name, folder in classes.items() if folder is not None}
            for part, classes in parts.items()
        }
        known = set(chain.from_iterable(kept.values()))
        unlabelled = known & set(_UNLABELLED) if len(known) > 2 else set()
        left_out = [
            str(folder.relative_to(path))
            for part, classes in parts.items()
            for folder in _folders(named.get(part, path))
            if folder.name in unlabelled or classes[folder.name] is None
        ]
        for classes in kept.values():
            for name in unlabelled:
                classes.pop(name, None)
        if all(kept.values()) and len(known - unlabelled) > 1:
            return Tree(kept, tuple(left_out))
    return _tree(inner[0]) if len(inner) == 1 and "train" not in named else None


def _classes(path: Path) -> dict[str, Path | None]:
    """Return the folder of each class, None where it is empty; nothing where one holds others."""
    found: dict[str, Path | None] = {}
    for folder in _folders(path):
        some = sorted(islice((one for one in folder.iterdir() if one.name[0] != "."), 64))
        if not all(map(_is_prose, (some[0], some[len(some) // 2], some[-1]) if some else ())):
            return {}
        found[folder.name] = folder if some else None
    return found if any(found.values()) else {}


def _folders(path: Path) -> list[Path]:
    return [one for one in sorted(path.iterdir()) if one.is_dir() and not one.name.startswith(".")]


def _is_prose(file: Path) -> bool:
    """Return whether a file may be a text; an empty one may."""
    if file.suffix.lower() in _OTHERS or not file.is_file():
        return False
    with file.open("rb") as stream:
        head = stream.read(4096)
    if not head.strip():
        return True
    letters = "".join(head.decode("utf-8", "replace").split())
    return is_text(file, head) and sum(map(str.isalpha, letters)) >= _LETTERS * len(letters)
