"""From a file, a folder or data in memory to a dataset, with no adapter to write."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqmodels.data import Dataset
from seqmodels.errors import InputError
from seqmodels.registry import DATASETS, Found


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
    if problems:
        raise InputError(list(dict.fromkeys(problems)))
    raise InputError(
        f"{str(path)!r} holds nothing that a dataset knows by its content. The page 'Your own "
        f"data' lists the formats; a dataset of your own takes ten lines: "
        f"`seqmodels new dataset NAME`."
    )


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
        from seqmodels.datasets import memory

        return memory.dataset(data, target, **options)
    from seqmodels.arguments import checked

    path = Path(data).expanduser()
    given = {**options, **({} if target is None else {"target": target})}
    name, found = recognised(path, given)
    source = DATASETS.get(name)
    arguments = checked(source.make, {**found.arguments, **given}, f"dataset {name!r}")
    return source.make(path, **arguments)
