"""From names and settings to the configuration of a run: every mistake is found at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from numbers import Integral
from pathlib import Path
from typing import Any

from seqmodels.core.arguments import checked, signature
from seqmodels.core.dataset import Dataset
from seqmodels.core.errors import InputError, some
from seqmodels.core.registry import DATASETS, HEADS, Source, nearest
from seqmodels.core.renamed import current, names_of
from seqmodels.data.reading import is_path, settled
from seqmodels.heads.base import Head
from seqmodels.nn.backbone import Backbone, unsuitable
from seqmodels.training.config import RunConfig, Training
from seqmodels.training.heuristics import FREE
from seqmodels.training.values import arguments_of, fields_of, grouped, head_of, old_names


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
) -> RunConfig:
    """Return the configuration of a run: the user's settings over the preset's over the defaults.

    Arguments are those of `seqmodels.train`.

    Raises:
        InputError: Every mistake that can be found without reading data, each with its fix.
    """
    problems = [*_out_of_range(preset, backbone, settings, seed, limit)]
    if problems:
        raise InputError(problems)
    asked = dict(settings or {})
    problems += _given_twice(asked, head=head, target=target, data=data, backbone=backbone)
    head, target = head or asked.pop("head", None), target or asked.pop("target", None)
    if isinstance(dataset, Dataset):
        head = head or dataset.head
    elif isinstance(dataset, Path) or is_path(dataset):
        dataset, data, head = settled(Path(dataset), data, head, target, asked)
    source = _source(dataset)
    known = _preset(preset, source, _name(dataset), problems)
    head = head or known.get("head") or next(iter(source.tasks), None)
    if head is None:
        raise InputError(
            f"Dataset {_name(dataset)!r} does not say what to predict. "
            f"Name a head: {', '.join(HEADS)}."
        )
    if target is not None and _is_column(target, source):
        asked, target = {**asked, "dataset.target": target}, None
    known, target, says = _task(source, head, target, known, asked)
    asked = current(asked, old_names(source.make))
    if data is not None:
        asked |= _path(data, dataset, source, problems)
    known = _suited(known, head)
    groups = grouped({**known, **asked}, problems)
    arguments = _attempt(lambda: arguments_of(dataset, source, groups["dataset"]), problems)
    made_head = _attempt(lambda: head_of(head, groups["head"]), problems)
    sizes = backbone or _attempt(
        lambda: fields_of(Backbone, groups["backbone"], "the backbone"), problems
    )
    training = _attempt(lambda: fields_of(Training, groups["training"], "training"), problems)
    if problems:
        raise InputError(problems)
    return RunConfig(
        dataset=_name(dataset),
        arguments=arguments,
        make=lambda: source.make(**arguments),
        target=target,
        says=says,
        head=made_head,
        backbone=sizes,
        training=training,
        seed=seed,
        limit=limit,
        preset=preset,
        free=_free({**known, **asked}, backbone),
    )


def merged(settings: Mapping[str, Any] | None, short: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with those that have an argument of their own, such as `epochs=`.

    Args:
        settings: By dotted name.
        short: By dotted name, too; None: not given.

    Raises:
        InputError: One is given in both ways.
    """
    given = {name: value for name, value in short.items() if value is not None}
    twice = [name for name in given if name in (settings or {})]
    if twice:
        raise InputError(
            f"{some(twice)} is given twice: as a setting (--set, settings=) and as an option of "
            f"its own. Leave one of them out."
        )
    return {**(settings or {}), **given}


def _out_of_range(
    preset: Any, backbone: Any, settings: Any, seed: Any, limit: Any
) -> Iterator[str]:
    """Yield the errors in arguments that are not settings."""
    if settings is not None and not isinstance(settings, Mapping):
        yield f"settings= needs values by dotted name, got {settings!r}."
    if preset is not None and not isinstance(preset, str):
        yield f"preset= needs the name of a preset, got {preset!r}."
    if limit is not None and (not isinstance(limit, Integral) or limit < 2):
        yield f"limit (--limit) needs at least 2 examples, got {limit!r}."
    if not isinstance(seed, Integral) or seed < 0:
        yield f"A seed is a whole number from 0, got {seed!r}."
    if backbone is not None and not isinstance(backbone, Backbone):
        yield (
            f"backbone= needs a seqmodels.Backbone, got {backbone!r}. Single sizes are settings: "
            f"settings={{'backbone.units': 32}}."
        )


def _given_twice(
    asked: Mapping[str, Any], *, head: Any, target: Any, data: Any, backbone: Any
) -> Iterator[str]:
    """Yield an error for each setting that an argument gives as well."""
    pairs = {"head": head, "target": target, "dataset.path": data}
    for name, value in pairs.items():
        if value is not None and name in asked:
            option = "data" if name == "dataset.path" else name
            yield (
                f"The setting {name!r} is {asked[name]!r}, and --{option} ({option}=) is given "
                f"too. Leave one of them out."
            )
    sizes = [name for name in asked if name.startswith("backbone.")]
    if backbone is not None and sizes:
        yield (
            f"backbone= takes the place of all sizes, and {some(sizes)} is set too. Leave one of "
            f"them out."
        )


def _preset(
    preset: str | None, source: Source, dataset: str, problems: list[str]
) -> dict[str, Any]:
    """Return the settings of a dataset's presets, each over the one before it."""
    names = old_names(source.make)
    known = current(source.presets.get("default", {}), names)
    for name in () if preset is None else preset.split(","):
        if name in source.presets:
            known |= current(source.presets[name], names)
        else:
            offer = nearest(name, list(source.presets)) if source.presets else "It has none."
            problems.append(f"Unknown preset {name!r} of dataset {dataset!r}. {offer}")
    return known


def _task(
    source: Source,
    head: str | Head,
    target: str | None,
    known: Mapping[str, Any],
    asked: Mapping[str, Any],
) -> tuple[dict[str, Any], str | None, str]:
    """Return the settings of preset and task, the target, and the task's description."""
    kept = dict(known)
    if kept.get("head", head) != head:  # a preset's head settings suit its own head only
        kept = {key: value for key, value in kept.items() if not key.startswith("head.")}
    task = source.tasks.get(head) if isinstance(head, str) else None
    target = target or kept.get("target") or (task and task.target)
    if task is None or target != task.target:
        return kept, target, ""
    restated = any(f"head.{key}" in asked for key in task.head)
    kept = {**{f"head.{key}": value for key, value in task.head.items()}, **kept}
    return kept, target, "" if restated else task.description


def _suited(known: Mapping[str, Any], head: str | Head) -> dict[str, Any]:
    """Return a preset's settings without the sizes that the head's kind cannot have."""
    kind = HEADS.get(head) if isinstance(head, str) and head in HEADS else head
    reads: Any = getattr(kind, "reads", "summary")
    out = {f"backbone.{name}" for name in unsuitable(reads)}
    if reads != "summary":
        out.add("backbone.summary")
    return {name: value for name, value in known.items() if name not in out}


def _path(data: Any, dataset: str | Dataset, source: Source, problems: list[str]) -> dict[str, Any]:
    """Return the setting that says where the data are."""
    if "path" not in signature(source.make):
        problems.append(f"Dataset {_name(dataset)!r} reads no file: leave --data (data=) out.")
        return {}
    return {"dataset.path": str(data) if isinstance(data, Path) else data}


def _attempt(read: Callable[[], Any], problems: list[str]) -> Any:
    """Return the result of `read`; on an `InputError`, collect its problems and return None."""
    try:
        return read()
    except InputError as error:
        problems.extend(error.problems)


def _free(settings: Mapping[str, Any], backbone: Backbone | None) -> tuple[str, ...]:
    """Return the names of the settings that the data decide."""
    return tuple(
        name
        for name in FREE
        if name not in settings
        if backbone is None or not name.startswith("backbone.")
    )


def by_current_names(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record of `RunConfig.record` with the current names of settings."""
    free = dict.fromkeys(record.get("free", ()))
    return {
        **record,
        "backbone": current(record["backbone"], names_of(Backbone), warn=False),
        "training": current(record["training"], names_of(Training), warn=False),
        "free": list(current(free, old_names(), warn=False)),
    }


def restored(record: Mapping[str, Any], dataset: Dataset | None = None) -> RunConfig:
    """Return the configuration that `RunConfig.record` wrote.

    Args:
        record: From `run.json`.
        dataset: Needed when the run's dataset was given in memory.

    Raises:
        InputError: A part is not registered here, or the dataset is needed and not given.
    """
    record = by_current_names(record)
    name, arguments = record["dataset"], dict(record["arguments"])
    if dataset is None and name not in DATASETS:
        raise InputError(
            f"The dataset {name!r} of this run is not registered here. Import its module first "
            f"(--import MODULE); one that was in memory is given from Python (dataset=)."
        )
    source = _source(dataset or name)
    if dataset is None:
        arguments = checked(source.make, arguments, f"dataset {name!r}")
    return RunConfig(
        dataset=name,
        arguments=arguments,
        make=lambda: dataset or source.make(**arguments),
        target=record["target"],
        says=record["says"],
        head=HEADS.restore(record["head"]),
        backbone=fields_of(Backbone, record["backbone"], "the backbone"),
        training=fields_of(Training, record["training"], "training"),
        seed=record["seed"],
        limit=record["limit"],
        preset=record["preset"],
        free=tuple(record.get("free", ())),
    )


def _source(dataset: str | Dataset) -> Source:
    if isinstance(dataset, Dataset):
        return _of_family(dataset)
    if not isinstance(dataset, str):
        raise InputError(
            f"A dataset is a registered name, a path or a Dataset, got {type(dataset).__name__}. "
            f"What is in memory becomes one by `seqmodels.read(data, target)`."
        )
    return DATASETS.get(dataset)


def _of_family(dataset: Dataset) -> Source:
    """Return a dataset in memory as one that is registered: with the presets of its family."""
    if dataset.family is None or dataset.family not in DATASETS:
        return Source(lambda: dataset, {}, {})
    family, names = DATASETS.get(dataset.family), {None, *dataset.train.targets}
    tasks = {head: task for head, task in family.tasks.items() if task.target in names}
    return Source(lambda: dataset, tasks, family.presets)


def _is_column(target: str, source: Source) -> bool:
    """Return whether a target names a column of the data, which the dataset's function reads."""
    offered = {task.target for task in source.tasks.values()}
    return target not in offered and "target" in signature(source.make)


def _name(dataset: str | Dataset) -> str:
    return dataset if isinstance(dataset, str) else "in memory"
