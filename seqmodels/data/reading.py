"""From a file, a folder or data in memory to a dataset, with no adapter to write."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from seqmodels.core.dataset import Dataset
from seqmodels.core.errors import InputError
from seqmodels.core.registry import DATASETS, Found, nearest

_HEAD = 1 << 16  # bytes that tell what a file is


def recognised(path: Path, given: Mapping[str, Any]) -> tuple[str, Found]:
    """Return the name of the dataset that reads a path, and what it makes of it.

    Args:
        path: A file or a folder.
        given: Arguments of the dataset that the user gave, as text or as values.

    Raises:
        InputError: There is nothing, nothing that a dataset knows, or several know it.
    """
    if not path.exists():
        raise InputError(f"There is no file or folder {str(path)!r}.")
    found, problems = {}, []
    for name in DATASETS:
        look = DATASETS.get(name).look
        if look is None:
            continue
        try:
            one = look(path, given)
        except InputError as error:
            problems += error.problems
            continue
        if one is not None:
            found[name] = one
    if len(found) == 1:
        return next(iter(found.items()))
    if found:
        choices = " or ".join(f"`seqmodels train {name} --data {path}`" for name in found)
        raise InputError(f"{str(path)!r} can be read in several ways. Choose one: {choices}.")
    unfit = _unfit(path)
    if unfit is not None and (not problems or "Excel" in unfit):
        raise InputError(unfit)
    if problems:
        raise InputError(list(dict.fromkeys(problems)))
    own = f" If it holds the data of {path.name!r}: `seqmodels train {path.name} --data {path}`."
    raise InputError(
        f"{str(path)!r} holds nothing that a dataset knows by its content."
        f"{own if path.name in DATASETS else ''} Known are tables with a column of texts, of times "
        f"or of lists of numbers (CSV, JSON lines, Parquet), a folder of texts or sounds for each "
        f"class, .ts, UCR and .arff files, and drawings: docs/formats/index.md. A dataset of your "
        f"own takes ten lines: `seqmodels new dataset NAME`."
    )


def is_path(dataset: Any) -> bool:
    """Return whether a text names a file or folder, and not a dataset."""
    if not isinstance(dataset, str) or dataset in DATASETS:
        return False
    return Path(dataset).expanduser().exists() or any(mark in dataset for mark in "/\\.")


def settled(
    path: Path, data: Any, head: Any, target: str | None, asked: dict[str, Any]
) -> tuple[str, str, Any]:
    """Return the dataset, the data and the head for a path; what was decided goes to `asked`.

    Args:
        path: A file or a folder.
        data: What the user gave as data beside it, which is refused.
        head: The head, if one was asked for.
        target: The column, if one was asked for.
        asked: Settings by dotted name; gets those that were decided and not asked for.

    Raises:
        InputError: As `recognised`.
    """
    if data is not None:
        raise InputError(f"{str(path)!r} is a path already. Leave --data (data=) out.")
    given = {
        key.removeprefix("dataset."): value
        for key, value in asked.items()
        if key.startswith("dataset.")
    }
    path = path.expanduser()
    name, found = recognised(path, given if target is None else {"target": target, **given})
    for key, value in found.arguments.items():
        asked.setdefault(f"dataset.{key}", value)
    return name, str(path), head or asked.pop("head", None) or found.head


def _unfit(path: Path) -> str | None:
    """Return why no dataset can read a path, and what to do, where its first bytes tell."""
    try:
        if path.is_dir():
            return _unfit_folder(path)
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError as error:
        return f"Cannot read {str(path)!r}: {error.strerror}."
    who = repr(str(path))
    if not head.strip():
        return f"{who} is empty. Give a file with data in it."
    old = head.startswith(b"\xd0\xcf\x11\xe0")
    if old or (head.startswith(b"PK\3\4") and b"xl/" in head):
        return f"{who} is an Excel workbook. Save the sheet as CSV (UTF-8), and give that."
    if head.startswith((b"PK\3\4", b"\x1f\x8b")):
        return f"{who} is a packed file. Unpack it, and give what was in it."
    if b"\0" in head:
        return (
            f"{who} is binary, of no kind that a dataset knows. Save the data as CSV, JSON lines "
            f"or Parquet; the page 'From a file to a model' (docs/formats/index.md) lists the "
            f"formats."
        )
    marks = any(mark in head for mark in (b",", b";", b"\t", b"|"))
    if marks and len(head) < _HEAD and len(head.strip().splitlines()) == 1:
        return f"{who} has one line only: no rows below its header. Give a table with data."
    return None


def _unfit_folder(path: Path) -> str | None:
    inside = list(islice(path.iterdir(), 2))
    if not inside:
        return f"The folder {str(path)!r} is empty. Give one with data in it."
    if (path / "run.json").is_file():
        return f"The folder {str(path)!r} is a run, not data. See it: `seqmodels report {path}`."
    if len(inside) == 1 and inside[0].is_dir():
        return (
            f"The folder {str(path)!r} holds one folder alone, {inside[0].name!r}. Give that, if "
            f"it holds the data; where folders are classes, two are needed."
        )
    return None


def read(data: Any, target: Any = None, **options: Any) -> Dataset:
    """Return the dataset in a file, a folder, or data in memory; `train` takes it as it is.

    Args:
        data: A path, whose format is recognised from its content. Or in memory: an array
            [N, T] or [N, T, C]; a list of arrays [T] or [T, C] of unequal length; a list of
            texts; a pandas Series or DataFrame; a Hugging Face `Dataset` or `DatasetDict`.
        target: With a path or a table the column to predict, else the values, one for each row.
        options: Arguments of the dataset that reads it, as `seqmodels list NAME` shows them:
            `test=0.2`, `seed=0`, `group_by="writer"`.

    Returns:
        A `Dataset`; its `says` tells what was decided.

    Raises:
        InputError: The data cannot be read, or leave several choices.
    """
    if not isinstance(data, str | Path):
        from seqmodels.data.memory import memory

        return memory.dataset(data, target, **options)
    from seqmodels.core.arguments import checked, signature

    known = {name for one in DATASETS for name in signature(DATASETS.get(one).make)} - {"path"}
    unknown = [name for name in options if name not in known]
    if unknown:
        raise InputError(f"Unknown argument {unknown[0]!r}. {nearest(unknown[0], sorted(known))}")
    path = Path(data).expanduser()
    given = {**options, **({} if target is None else {"target": target})}
    name, found = recognised(path, given)
    source = DATASETS.get(name)
    arguments = checked(source.make, {**found.arguments, **given}, f"dataset {name!r}")
    return source.make(path, **arguments)
