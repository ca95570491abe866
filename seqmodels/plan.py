"""What was asked of one run, resolved and checked. No TensorFlow, so that it is quick."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Gt, Lt

from seqmodels.arguments import checked, missing, signature
from seqmodels.backbone import Backbone
from seqmodels.data import Dataset, Examples
from seqmodels.errors import InputError, some
from seqmodels.heads.base import Head
from seqmodels.registry import DATASETS, HEADS, RegistryError, Source, Task, nearest

LEARNED = "Learned."


@dataclass(frozen=True, kw_only=True)
class Training:
    """How the network is fitted.

    Args:
        epochs: Passes over the training part, at most.
        batch_size: Examples per step.
        learning_rate: Of Adam (Kingma and Ba 2015).
        patience: Epochs without a lower validation loss before training stops and the best
            epoch's weights are taken. 0: never stop early, and keep the last weights.
        valid: Share of the training part held out for validation, drawn at random; unused
            where the dataset brings its own.
        clip: Largest norm of all gradients together; larger ones are scaled down (Pascanu et
            al. 2013). None: no limit.
    """

    epochs: Annotated[int, Ge(1)] = 20
    batch_size: Annotated[int, Ge(1)] = 64
    learning_rate: Annotated[float, Gt(0)] = 1e-3
    patience: Annotated[int, Ge(0)] = 4
    valid: Annotated[float, Gt(0), Lt(1)] = 0.1
    clip: Annotated[float, Gt(0)] | None = 1.0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One run, before any data is read.

    Args:
        dataset: Its registered name, or "in memory".
        arguments: Of the dataset's function.
        make: Returns the dataset.
        target: The target the head reads; None: the only one.
        says: What is predicted, in words; may be empty.
        head: Not fitted.
        backbone: Sizes of the network.
        training: How it is fitted.
        seed: Of everything that is random.
        limit: Examples of each part to use, drawn at random; None: all.
        preset: The preset it started from, if one was asked for.
    """

    dataset: str
    arguments: Mapping[str, Any]
    make: Callable[[], Dataset]
    target: str | None
    says: str
    head: Head
    backbone: Backbone
    training: Training
    seed: int = 0
    limit: int | None = None
    preset: str | None = None

    def parts(self) -> Parts:
        """Return the examples of each part, and the target; reads the data.

        Raises:
            InputError: The data cannot be read, or hold no such target.
        """
        data = _made(self.dataset, self.make)
        target = self.target or next(iter(data.train.targets))
        data.train.target(target)
        if self.target is None and len(data.train.targets) > 1:
            raise InputError(
                f"Dataset {self.dataset!r} has the targets {some(data.train.targets)}. "
                f"Choose one: --target NAME, or train(..., target=NAME)."
            )
        self.head.fit(data.train.target(target))  # refuse before anything costs time
        train, valid = data.train, data.valid
        if valid is None:
            train, valid = train.split(self.training.valid, self.seed, self._strata(train, target))
        parts = [self._sample(part, i) for i, part in enumerate((train, valid, data.test))]
        return Parts(target=target, data=data, train=parts[0], valid=parts[1], test=parts[2])

    def record(self) -> dict[str, Any]:
        """Return the plan as JSON types; `restored` reads it."""
        return {
            "dataset": self.dataset,
            "arguments": {key: _plain(value) for key, value in self.arguments.items()},
            "target": self.target,
            "says": self.says,
            "head": HEADS.dump(self.head),
            "backbone": dataclasses.asdict(self.backbone),
            "training": dataclasses.asdict(self.training),
            "seed": self.seed,
            "limit": self.limit,
            "preset": self.preset,
        }

    def _sample(self, part: Examples, number: int) -> Examples:
        if self.limit is None or self.limit >= len(part):
            return part
        rng = np.random.default_rng([self.seed, number])
        return part.take(np.sort(rng.permutation(len(part))[: self.limit]))

    def _strata(self, train: Examples, target: str) -> str | None:
        """Return the target when it has classes whose shares both parts should keep."""
        values = np.asarray(train.target(target))
        few = values.ndim == 1 and values.dtype.kind != "f" and len(np.unique(values)) <= 1000
        return target if few else None


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The data of one run: the dataset as it came, and the examples of each part."""

    target: str
    data: Dataset
    train: Examples
    valid: Examples
    test: Examples


def resolve(
    dataset: str | Dataset,
    *,
    head: str | Head | None = None,
    target: str | None = None,
    preset: str | None = None,
    data: str | Path | None = None,
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
    source, problems = _source(dataset), []
    asked = dict(settings or {})
    known = {**source.presets.get("default", {})}
    if preset is not None:
        if preset in source.presets:
            known |= source.presets[preset]
        else:
            offer = nearest(preset, list(source.presets)) if source.presets else "It has none."
            problems.append(f"Unknown preset {preset!r} of dataset {dataset!r}. {offer}")
    named = head or asked.pop("head", None) or known.get("head") or next(iter(source.tasks), None)
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
    if data is not None:
        asked.setdefault("dataset.path", str(data))
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
        problems.append(f"A limit needs at least 2 examples, got {limit!r}.")
    if seed < 0:
        problems.append(f"A seed is a whole number from 0, got {seed!r}.")
    if problems:
        raise InputError(problems)
    return Plan(
        dataset=_name(dataset),
        arguments=arguments,
        make=lambda: source.make(**arguments),
        target=target,
        says=task.says if task and target == task.target else "",
        head=made_head,
        backbone=sizes,
        training=training,
        seed=seed,
        limit=limit,
        preset=preset,
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
            f"(--import MODULE), or give it: resume(path, dataset=...)."
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
    )


def check(plan: Plan) -> None:
    """Find what can be found without training: files, target, head and sizes together.

    Uses the dataset's quick stand-in where it has one, else reads the data.

    Raises:
        InputError: With every mistake found.
    """
    source = DATASETS.get(plan.dataset).probe if plan.dataset in DATASETS else None
    make = (lambda: source(**plan.arguments)) if source else plan.make
    parts = dataclasses.replace(plan, make=make).parts()
    plan.backbone.check(parts.data.encoder.fit(parts.train.inputs).spec)


def settable(dataset: str, head: str) -> dict[str, dict[str, Any]]:
    """Return what `--set` reaches, by group: argument name to type hint."""
    part: Any = HEADS.get(head)
    return {
        "dataset": signature(DATASETS.get(dataset).make),
        "head": {key: hint for key, hint in signature(part).items() if key in _given(part)},
        "backbone": signature(Backbone),
        "training": signature(Training),
    }


def _source(dataset: str | Dataset) -> Source:
    if isinstance(dataset, Dataset):
        return Source(lambda: dataset, {}, {})
    if not isinstance(dataset, str):
        raise InputError(
            f"A dataset is a registered name or a Dataset, got {type(dataset).__name__}."
        )
    return DATASETS.get(dataset)


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
                f"Unknown setting {key!r}. Settings are written GROUP.NAME with the groups "
                f"{', '.join(groups)}: backbone.units=32."
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
    values = checked(part, given, f"head {head!r}")
    lacking = missing(part, values)
    if lacking:
        raise InputError(f"Head {head!r} needs {some(lacking)}: --set head.{lacking[0]}=VALUE.")
    return part(**values)


def _given(part: Any) -> list[str]:
    """Return the fields of a head that a user sets: those before the learned ones."""
    text = part.__doc__ or ""
    return [name for name in signature(part) if f"{name}: {LEARNED}" not in text]


def _fields(kind: Any, given: Mapping[str, Any], who: str) -> Any:
    return kind(**checked(kind, given, who))


def _made(name: str, make: Callable[[], Dataset]) -> Dataset:
    try:
        data = make()
    except InputError:
        raise
    except (OSError, ValueError) as error:
        raise InputError(f"Dataset {name!r} could not be made: {error}") from error
    if not isinstance(data, Dataset):
        raise InputError(
            f"Dataset {name!r} needs to return a seqmodels.Dataset, got {type(data).__name__}."
        )
    return data


def _plain(value: Any) -> Any:
    """Return an argument as a JSON type; data given in memory by its size."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, Path) else f"<{type(value).__name__}, {len(value)} rows>"


__all__ = ["Parts", "Plan", "Task", "Training", "check", "resolve", "restored", "settable"]
