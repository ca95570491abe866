"""From what a user asks for, by name, to the plan of a run: every mistake found at once."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from seqmodels.core.arguments import checked, missing, signature, type_name
from seqmodels.core.dataset import Dataset
from seqmodels.core.errors import InputError, some
from seqmodels.core.registry import DATASETS, HEADS, RegistryError, Source, nearest
from seqmodels.data.reading import is_path, settled
from seqmodels.heads.base import Head
from seqmodels.nn.backbone import Backbone
from seqmodels.training.plan import Plan, Training

FREE = (  # settings that the data may decide
    "backbone.units",
    "backbone.vectors",
    "training.learning_rate",
    "training.batch_size",
    "training.epochs",
    "training.patience",
)


def resolve(
    dataset: str | Path | Dataset,
    *,
    head: str | Head | None = None,
    target: str | None = None,
    preset: str | None = None,
    data: Any = None,
    backbone: Backbone | None = None,
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    limit: int | None = None,
) -> Plan:
    """Return the plan of a run: the user's settings over the preset's over the defaults.

    Arguments are those of `seqmodels.train`.

    Raises:
        InputError: Every mistake that can be found without reading data, each with its fix.
    """
    asked = dict(settings or {})
    if isinstance(dataset, Dataset):
        head = head or dataset.head
    elif isinstance(dataset, Path) or is_path(dataset):
        dataset, data, head = settled(Path(dataset), data, head, target, asked)
    source, problems = _source(dataset), []
    known = {**source.presets.get("default", {})}
    for name in () if preset is None else preset.split(","):
        if name in source.presets:
            known |= source.presets[name]
        else:
            offer = nearest(name, list(source.presets)) if source.presets else "It has none."
            problems.append(f"Unknown preset {name!r} of dataset {dataset!r}. {offer}")
    named = head or asked.pop("head", None) or known.get("head") or next(iter(source.tasks), None)
    if target is not None and _is_column(target, source):
        asked, target = {**asked, "dataset.target": target}, None
    if named is None:
        raise InputError(
            f"Dataset {_name(dataset)!r} does not say what to predict. "
            f"Name a head: {', '.join(HEADS)}."
        )
    if known.get("head", named) != named:  # a preset's head settings suit its own head only
        known = {key: value for key, value in known.items() if not key.startswith("head.")}
    task = source.tasks.get(named) if isinstance(named, str) else None
    target = target or asked.pop("target", None) or known.get("target") or (task and task.target)
    if task and target == task.target:
        known = {**{f"head.{key}": value for key, value in task.head.items()}, **known}
    restated = task is not None and any(f"head.{key}" in asked for key in task.head)
    if data is not None and "path" not in signature(source.make):
        problems.append(f"Dataset {_name(dataset)!r} reads no file: leave --data (data=) out.")
    elif data is not None:
        asked.setdefault("dataset.path", str(data) if isinstance(data, Path) else data)
    groups = _groups({**known, **asked}, problems)

    def attempt(read: Callable[[], Any]) -> Any:
        try:
            return read()
        except InputError as error:
            problems.extend(error.problems)

    arguments = attempt(lambda: _arguments(dataset, source, groups["dataset"]))
    made_head = attempt(lambda: _head(named, groups["head"]))
    sizes = backbone or attempt(lambda: _fields(Backbone, groups["backbone"], "the backbone"))
    training = attempt(lambda: _fields(Training, groups["training"], "training"))
    if limit is not None and limit < 2:
        problems.append(f"limit (--limit) needs at least 2 examples, got {limit!r}.")
    if backbone is not None and not isinstance(backbone, Backbone):
        problems.append(
            f"backbone= needs a seqmodels.Backbone, got {backbone!r}. Single sizes are settings: "
            f"settings={{'backbone.units': 32}}."
        )
    if seed < 0:
        problems.append(f"A seed is a whole number from 0, got {seed!r}.")
    if problems:
        raise InputError(problems)
    return Plan(
        dataset=_name(dataset),
        arguments=arguments,
        make=lambda: source.make(**arguments),
        target=target,
        says=task.says if task and target == task.target and not restated else "",
        head=made_head,
        backbone=sizes,
        training=training,
        seed=seed,
        limit=limit,
        preset=preset,
        free=tuple(
            name
            for name in FREE
            if name not in known and name not in asked
            if backbone is None or not name.startswith("backbone.")
        ),
    )


def restored(record: Mapping[str, Any], dataset: Dataset | None = None) -> Plan:
    """Return the plan that `Plan.record` wrote.

    Args:
        record: From `run.json`.
        dataset: Needed when the run's dataset was given in memory.

    Raises:
        InputError: A part is not registered here, or the dataset is needed and not given.
    """
    name, arguments = record["dataset"], dict(record["arguments"])
    if dataset is None and name not in DATASETS:
        raise InputError(
            f"The dataset {name!r} of this run is not registered here. Import its module first "
            f"(--import MODULE); one that was in memory is given from Python (dataset=)."
        )
    source = _source(dataset or name)
    if dataset is None:
        arguments = checked(source.make, arguments, f"dataset {name!r}")
    return Plan(
        dataset=name,
        arguments=arguments,
        make=lambda: dataset or source.make(**arguments),
        target=record["target"],
        says=record["says"],
        head=HEADS.restore(record["head"]),
        backbone=_fields(Backbone, record["backbone"], "the backbone"),
        training=_fields(Training, record["training"], "training"),
        seed=record["seed"],
        limit=record["limit"],
        preset=record["preset"],
        free=tuple(record.get("free", ())),
    )


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
        allowed = _given(part) if group == "head" else list(signature(part))
        for name in allowed:
            default = inspect.signature(part).parameters[name].default
            full = f"{group}.{name}"
            value = preset.get(full, "from the data" if full in FREE else default)
            whose = f" ({HEADS.name_of_class(part)})" if group == "head" else ""
            rows[f"{group}.{name}{whose}"] = {
                "setting": f"{group}.{name}{whose}",
                "needs": type_name(signature(part)[name]),
                "default": "(needed)" if value is inspect.Parameter.empty else str(value),
            }
    return list(rows.values())


def _source(dataset: str | Dataset) -> Source:
    if isinstance(dataset, Dataset):
        return Source(lambda: dataset, {}, {})
    if not isinstance(dataset, str):
        raise InputError(
            f"A dataset is a registered name, a path or a Dataset, got {type(dataset).__name__}. "
            f"What is in memory becomes one by `seqmodels.read(data, target)`."
        )
    return DATASETS.get(dataset)


def _is_column(target: str, source: Source) -> bool:
    """Return whether a target names a column of the data, which the dataset's function reads."""
    offered = {task.target for task in source.tasks.values()}
    return target not in offered and "target" in signature(source.make)


def _name(dataset: str | Dataset) -> str:
    return dataset if isinstance(dataset, str) else "in memory"


def _groups(settings: Mapping[str, Any], problems: list[str]) -> dict[str, dict[str, Any]]:
    """Sort dotted settings by what they belong to."""
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


def _arguments(dataset: str | Dataset, source: Source, given: Mapping[str, Any]) -> dict[str, Any]:
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


def _head(head: str | Head, given: Mapping[str, Any]) -> Head:
    if isinstance(head, Head):
        if given:
            raise InputError(f"A head given as a value takes no settings, got {some(given)}.")
        return head
    try:
        part: Any = HEADS.get(head)
    except RegistryError as error:
        raise InputError(str(error)) from None
    learned = sorted(set(given) & (set(signature(part)) - set(_given(part))))
    if learned:
        raise InputError(f"Head {head!r} learns {some(learned)} from the data. Leave it out.")
    other = [name for name in given if name not in signature(part)]
    problems = []
    for name in other:
        owners = [one for one in HEADS if name in _given(HEADS.get(one))]
        whose = f"It belongs to head {some(owners)}." if owners else nearest(name, _given(part))
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


def _given(part: Any) -> list[str]:
    """Return the fields of a head that a user sets: those that its `fit` does not fill in."""
    return [one.name for one in dataclasses.fields(part) if not one.metadata.get("learned")]


def _fields(kind: Any, given: Mapping[str, Any], who: str) -> Any:
    return kind(**checked(kind, given, who))
