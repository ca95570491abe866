"""A Hugging Face `Dataset` or `DatasetDict`, read by its features; its library is not imported.

What its features are: https://huggingface.co/docs/datasets/about_dataset_features
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from seqmodels.core.errors import InputError, some
from seqmodels.core.registry import nearest
from seqmodels.data.names import MAIN_LABELS, PARTS

OPTIONS = ("text", "columns")


def is_hub(data: Any) -> bool:
    """Return whether data are one of the classes of the library `datasets`."""
    names = {one.__name__ for one in type(data).__mro__ if one.__module__.startswith("datasets.")}
    if names & {"IterableDataset", "IterableDatasetDict"}:
        raise InputError(
            "A streamed Hugging Face dataset has no length. Load it without streaming=True, or "
            "give a list of some rows."
        )
    return bool(names & {"Dataset", "DatasetDict"})


def columns(data: Any, target: Any, options: Mapping[str, Any]) -> tuple[Any, Any, dict[str, Any]]:
    """Return the inputs and targets to learn from, and the options that say where the rest is.

    The parts "train", "validation" and "test" of a `DatasetDict` stay what they are; others are
    left out. Numbers of a `ClassLabel` become its names.

    Args:
        data: A `Dataset` or a `DatasetDict`.
        target: A column; None: the only one of class labels, or called "label" or so. Of a
            `Dataset` also the values.
        options: `text` or `columns` names the column to read; `group_by` one of the groups.

    Raises:
        InputError: Several columns could be meant, there is no part to learn from, or a row has
            no label.
    """
    if not isinstance(data, Mapping):
        return _part(data, target, options, "", True)
    found = {}
    for part in ("train", "valid", "test"):
        names = [name for name, of in PARTS.items() if of == part and name in data]
        found[part] = data[names[0]] if names else None
    if found["train"] is None:
        raise InputError(f"The DatasetDict needs a part 'train', it has {some(data)}.")
    if target is not None and not isinstance(target, str):
        raise InputError("With a DatasetDict the target is a column: read(data, 'label').")
    inputs, values, more = _part(found["train"], target, options, " of the train part", True)
    for part in ("valid", "test"):
        if found[part] is not None:
            where = f" of the {part} part"
            more[part] = _part(found[part], target, options, where, False)[:2]
    return inputs, values, more


def _part(
    part: Any, target: Any, options: Mapping[str, Any], where: str, grouped: bool
) -> tuple[Any, Any, dict[str, Any]]:
    """Return the inputs, the targets and the options that changed, of one `Dataset`."""
    part = part.with_format(None)  # as lists, whatever it was asked to look like
    names, features = list(part.column_names), part.features
    if target is None or isinstance(target, str):
        target = _target(names, features, target)
        values: Any = _labels(features[target], list(part[target]), target, where)
    else:
        values = target
    by, more = options.get("group_by"), {}
    if isinstance(by, str) and grouped and not isinstance(options.get("groups"), Mapping):
        _refuse_absent(by, names, "group_by")
        more = {"groups": {by: np.asarray(list(part[by]))}}
    rest = [name for name in names if name not in (target if isinstance(target, str) else "", by)]
    column = _input(rest, names, features, options)
    if isinstance(column, str):
        return list(part[column]), values, more
    return np.array([list(part[one]) for one in column], dtype=np.float64).T, values, more


def _target(names: list[str], features: Any, target: str | None) -> str:
    if target is not None:
        _refuse_absent(target, names, "target")
        return target
    labels = [name for name in names if type(features[name]).__name__ == "ClassLabel"]
    labels = labels or [name for name in MAIN_LABELS if name in names]
    if len(labels) != 1:
        raise InputError(
            f"Which column is to be predicted? read(data, 'COLUMN'): {some(labels or names, 20)}."
        )
    return labels[0]


def _labels(feature: Any, values: list[Any], name: str, where: str) -> Any:
    """Return values, those of class labels by name."""
    if type(feature).__name__ == "ClassLabel":
        bad = [
            i for i, one in enumerate(values) if one is None or not 0 <= one < len(feature.names)
        ]
        if bad:
            raise InputError(
                f"Column {name!r}{where} has no label in row {some(bad)} (counted from 0; "
                f"{values[bad[0]]!r} is none). Leave such rows out: data.filter(lambda row: "
                f"row[{name!r}] >= 0), or the part."
            )
        values = [feature.names[one] for one in values]
    return _Named(values, name)


class _Named(list):  # type: ignore[type-arg]
    """Values and the name of their column, which pandas would keep too."""

    def __init__(self, values: list[Any], name: str):
        super().__init__(values)
        self.name = name


def _input(
    rest: list[str], names: list[str], features: Any, options: Mapping[str, Any]
) -> str | list[str]:
    """Return the column to read, or the columns that are the steps."""
    for key in OPTIONS:
        asked = options.get(key)
        if asked is not None:
            for one in [asked] if isinstance(asked, str) else asked:
                _refuse_absent(one, names, key)
            return asked if isinstance(asked, str) else list(asked)
    kinds = {name: _kind(features[name]) for name in rest}
    for kind in ("nested", "text"):
        found = [name for name in rest if kinds[name] == kind]
        if len(found) > 1 and "text" in found:
            return "text"
        if len(found) > 1:
            raise InputError(
                f"Several columns could be read: {some(found, 12)}. Choose: text={found[0]!r}."
            )
        if found:
            return found[0]
    numbers = [name for name in rest if kinds[name] == "number"]
    if len(numbers) < 2:
        raise InputError(f"No column of texts or sequences is among {some(names, 20)}.")
    return numbers


def _kind(feature: Any) -> str:
    """Return whether a feature is of texts, numbers, sequences of numbers, or something else."""
    kind = type(feature).__name__
    if kind == "Value":
        if "string" in feature.dtype:
            return "text"
        return "number" if any(one in feature.dtype for one in ("int", "float")) else "else"
    if kind in ("Sequence", "List", "LargeList", "list") or kind.startswith("Array"):
        inner = feature[0] if isinstance(feature, list) else getattr(feature, "feature", None)
        numbers = kind.startswith("Array") or _kind(inner) in ("number", "nested")
        return "nested" if numbers else "else"
    return "else"


def _refuse_absent(name: str, names: list[str], argument: str) -> None:
    if name not in names:
        raise InputError(f"There is no column {name!r} ({argument}=). {nearest(name, names)}")
