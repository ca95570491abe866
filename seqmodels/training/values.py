"""From dotted settings to the values they describe: arguments, head, backbone, training."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from seqmodels.core.arguments import checked, missing, signature, text_of, type_name
from seqmodels.core.dataset import Dataset
from seqmodels.core.errors import InputError, some
from seqmodels.core.registry import DATASETS, HEADS, RegistryError, Source, nearest
from seqmodels.core.renamed import Names, names_of
from seqmodels.heads.base import Head
from seqmodels.nn.backbone import Backbone
from seqmodels.training.config import Training
from seqmodels.training.heuristics import FREE


def settable(dataset: str) -> list[dict[str, str]]:
    """Return what `--set` reaches: rows of name, type, and default as the user would write it.

    Args:
        dataset: A registered name; its default preset is part of the defaults.

    Raises:
        RegistryError: There is no such dataset.
    """
    source = DATASETS.get(dataset)
    preset = source.presets.get("default", {})
    heads: list[Any] = [HEADS.get(name) for name in source.tasks or HEADS]
    groups = [("dataset", source.make), *(("head", head) for head in heads)]
    rows = {}
    for group, part in [*groups, ("backbone", Backbone), ("training", Training)]:
        allowed = given_fields(part) if group == "head" else list(signature(part))
        for name in allowed:
            default = inspect.signature(part).parameters[name].default
            full = f"{group}.{name}"
            value = preset.get(full, "from the data" if full in FREE else default)
            whose = f" ({HEADS.name_of_class(part)})" if group == "head" else ""
            rows[f"{group}.{name}{whose}"] = {
                "setting": f"{group}.{name}{whose}",
                "needs": type_name(signature(part)[name]),
                "default": "(needed)" if value is inspect.Parameter.empty else text_of(value),
            }
    return list(rows.values())


def grouped(settings: Mapping[str, Any], problems: list[str]) -> dict[str, dict[str, Any]]:
    """Group dotted settings by their first word."""
    groups: dict[str, dict[str, Any]] = {
        "dataset": {}, "head": {}, "backbone": {}, "training": {},
    }  # fmt: skip
    for key, value in settings.items():
        group, dot, name = key.partition(".")
        if dot and group in groups:
            groups[group][name] = value
        elif key not in ("head", "target"):
            problems.append(
                f"Unknown setting {key!r}. A setting starts with its group, as in "
                f"{', '.join(f'{one}.{name or key}' for one in groups)}."
            )
    return groups


def arguments_of(
    dataset: str | Dataset, source: Source, given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the arguments of a dataset's function, checked against its signature."""
    if isinstance(dataset, Dataset):
        if given:
            raise InputError(
                f"A dataset in memory takes no arguments, got {some(given)}. Leave them out."
            )
        return {}
    values = checked(source.make, given, f"dataset {dataset!r}")
    lacking = missing(source.make, values)
    if lacking:
        raise InputError(
            f"Dataset {dataset!r} needs {some(lacking)}. "
            f"Give it: --set dataset.{lacking[0]}=VALUE, or choose a preset."
        )
    return values


def head_of(head: str | Head, given: Mapping[str, Any]) -> Head:
    """Return a head by its name and its settings; a head given as a value as it is."""
    if isinstance(head, Head):
        if given:
            raise InputError(f"A head given as a value takes no settings, got {some(given)}.")
        return head
    try:
        part: Any = HEADS.get(head)
    except RegistryError as error:
        raise InputError(str(error)) from None
    learned = sorted(set(given) & (set(signature(part)) - set(given_fields(part))))
    if learned:
        raise InputError(f"Head {head!r} learns {some(learned)} from the data. Leave it out.")
    other = [name for name in given if name not in signature(part)]
    problems = []
    for name in other:
        owners = [one for one in HEADS if name in given_fields(HEADS.get(one))]
        whose = (
            f"It belongs to head {some(owners)}." if owners else nearest(name, given_fields(part))
        )
        problems.append(f"Unknown argument {name!r} of head {head!r}. {whose}")
    try:
        own = {name: value for name, value in given.items() if name not in other}
        values = checked(part, own, f"head {head!r}")
    except InputError as error:
        raise InputError(problems + error.problems) from None
    if problems:
        raise InputError(problems)
    lacking = missing(part, values)
    if lacking:
        raise InputError(f"Head {head!r} needs {some(lacking)}: --set head.{lacking[0]}=VALUE.")
    return part(**values)


def given_fields(part: Any) -> list[str]:
    """Return the fields of a head that a user sets: those that its `fit` does not fill in."""
    return [one.name for one in dataclasses.fields(part) if not one.metadata.get("learned")]


def fields_of(kind: Any, given: Mapping[str, Any], who: str) -> Any:
    """Return a dataclass with these fields, each checked against its type."""
    return kind(**checked(kind, given, who))


def old_names(make: Callable[..., Any] | None = None) -> Names:
    """Return the old names of settings, those of a dataset's function among them."""
    parts = {"dataset": make, "backbone": Backbone, "training": Training}
    found: dict[str, Any] = {}
    for group, part in parts.items():
        found |= names_of(part, f"{group}.")
    return found
