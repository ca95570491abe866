"""Plans with other settings, and the settings of a plan."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from seqmodels.core.dataset import Dataset
from seqmodels.core.registry import DATASETS
from seqmodels.core.renamed import current
from seqmodels.training.config import RunConfig
from seqmodels.training.values import old_names


def varied(plan: RunConfig, settings: Mapping[str, Any]) -> RunConfig:
    """Return a plan with other settings, and without the test part.

    The dataset returns its test part together with the others. A training example takes its
    place before any code reads it.
    """
    own: dict[str, dict[str, Any]] = {"dataset": {}, "backbone": {}, "training": {}}
    for name, value in current(settings, old_names(), warn=False).items():
        group, _, argument = name.partition(".")
        own[group][argument] = value
    arguments = {**plan.arguments, **own["dataset"]}
    make = plan.make
    if own["dataset"]:
        make = lambda: DATASETS.get(plan.dataset).make(**arguments)  # noqa: E731

    def without_test() -> Dataset:
        data = dataclasses.replace(plan, make=make).made()
        return dataclasses.replace(data, test=data.train.take(np.arange(1)))

    return dataclasses.replace(
        plan,
        arguments=arguments,
        make=without_test,
        backbone=dataclasses.replace(plan.backbone, **own["backbone"]),
        training=dataclasses.replace(plan.training, **own["training"]),
        free=tuple(name for name in plan.free if name not in settings),
    )


def as_it_is(plan: RunConfig, names: Iterable[str]) -> dict[str, Any]:
    """Return the settings of these names that a plan has, defaults of its dataset included."""
    defaults = {}
    if plan.dataset in DATASETS:
        every = inspect.signature(DATASETS.get(plan.dataset).make).parameters
        defaults = {name: parameter.default for name, parameter in every.items()}
    groups = {
        "dataset": {**defaults, **plan.arguments},
        "backbone": dataclasses.asdict(plan.backbone),
        "training": dataclasses.asdict(plan.training),
    }
    parted = {name: name.split(".", 1) for name in names}
    return {
        name: groups[group][argument]
        for name, (group, argument) in parted.items()
        if argument in groups[group]
    }
