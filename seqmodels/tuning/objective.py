"""One trial: the data as its settings want them, a network, a training; validation alone."""

from __future__ import annotations

import dataclasses
import gc
import hashlib
import inspect
import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from seqmodels import training
from seqmodels.data import Dataset, Encoder
from seqmodels.errors import InputError
from seqmodels.heads.base import Head
from seqmodels.model import SequenceModel
from seqmodels.plan import Plan
from seqmodels.registry import DATASETS
from seqmodels.training import Part, Row

MEMORY = 2**30  # bytes of encoded data that are kept for later trials, the newest aside


class Pruned(Exception):  # noqa: N818
    """Other trials were better after as many epochs."""


class TimeUp(Exception):  # noqa: N818
    """The time for all trials is over."""


@dataclass(frozen=True)
class Outcome:
    """What a trial found.

    Args:
        value: The validation loss that is to be low: that of the weights that a run would keep,
            which are those of the best epoch, or of the last one where `patience` is 0.
        epoch: The epoch of these weights, from 1.
        epochs: Epochs that were trained.
        score: The head's headline score on the validation part.
        part: A hash of the validation targets: values compare where it is the same.
    """

    value: float
    epoch: int
    epochs: int
    score: float
    part: str


class Objective:
    """Trains with the settings of a trial and says how good they are on the validation part.

    The data are read once for all trials whose settings of the dataset are the same, and kept
    encoded as far as `memory` allows.

    Args:
        plan: What is done where a trial does not say otherwise.
        memory: Bytes of encoded data kept beside those in use.
    """

    def __init__(self, plan: Plan, *, memory: int = MEMORY):
        self.plan, self.memory = plan, memory
        self._read: dict[str, _Encoded] = {}  # the last used comes last

    def __call__(self, settings: Mapping[str, Any], watch: training.Watch) -> Outcome:
        """Train once.

        Args:
            settings: Values by dotted name.
            watch: Is told of each epoch; what it raises ends the training.

        Raises:
            InputError: These settings do not work: the data cannot be read with them, or the
                loss is not finite.
        """
        plan = varied(self.plan, settings)
        data = self._encoded(plan, settings)
        keras.utils.clear_session()
        gc.collect()
        model = SequenceModel(data.encoder, plan.backbone, data.head, seed=plan.seed)
        history = training.fit(
            model.network, data.head, data.train, data.valid, plan.training,
            seed=plan.seed, folder=None, watch=watch,
        )  # fmt: skip
        losses = [row["valid_loss"] for row in history]
        kept = int(np.argmin(losses)) if plan.training.patience else len(losses) - 1
        if not np.isfinite(losses[kept]):
            raise InputError(f"The validation loss became {losses[kept]}.")
        answers = model.answer(data.valid.sequences)
        score = data.head.score(data.targets, answers)[data.head.headline]
        digest = hashlib.sha256(np.ascontiguousarray(data.valid.y).data).hexdigest()
        return Outcome(losses[kept], kept + 1, len(losses), float(score), digest[:12])

    def _encoded(self, plan: Plan, settings: Mapping[str, Any]) -> _Encoded:
        """Return the data of a plan, read now or before."""
        own = {name: value for name, value in settings.items() if name.startswith("dataset.")}
        key = json.dumps(own, sort_keys=True, default=str)
        found = self._read.pop(key, None)
        if found is None:
            self._make_room()
            found = _encoded(plan)
        self._read[key] = found
        return found

    def _make_room(self) -> None:
        """Let go of the data that were not used for longest, until the rest fits."""
        while sum(one.bytes for one in self._read.values()) > self.memory:
            del self._read[next(iter(self._read))]
        gc.collect()


class Watching:
    """Tells a trial's epochs to who decides on them, and stops it when the time is over.

    Args:
        report: Is told the epoch and the validation loss; returns whether to give the trial up.
        until: The moment of `time.monotonic` when to stop; None: never.
        show: Is told each row of the history.
    """

    def __init__(
        self,
        report: Callable[[int, float], bool],
        until: float | None = None,
        show: Callable[[Row], None] = lambda row: None,
    ):
        self.report, self.until, self.show = report, until, show
        self.epochs = 0

    def say(self, text: str) -> None:
        """Keep quiet: a trial leaves one line."""

    def step(self, epoch: int, done: int, steps: int, measures: Callable[[], Row]) -> None:
        """Stop when the time is over."""
        if self.until is not None and time.monotonic() > self.until:
            raise TimeUp

    def epoch(self, row: Row) -> None:
        """Report the epoch, and stop when it is not worth going on."""
        self.epochs = int(row["epoch"])
        self.show(row)
        if self.report(self.epochs, row["valid_loss"]):
            raise Pruned


def varied(plan: Plan, settings: Mapping[str, Any]) -> Plan:
    """Return a plan with other settings, and without the test part.

    The dataset hands its test part over together with the others, but it is let go of before
    anybody looks at it: a training example stands in its place.
    """
    own: dict[str, dict[str, Any]] = {"dataset": {}, "backbone": {}, "training": {}}
    for name, value in settings.items():
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
    )


def as_it_is(plan: Plan, names: Iterable[str]) -> dict[str, Any]:
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


@dataclass(frozen=True, eq=False)
class _Encoded:
    """The training and the validation part as the network sees them."""

    encoder: Encoder
    head: Head
    train: Part
    valid: Part
    targets: Any

    @property
    def bytes(self) -> int:
        parts = (self.train, self.valid)
        rows = [one for p in parts for one in (p.sequences.values, p.sequences.starts, p.y)]
        return sum(int(getattr(array, "nbytes", 0)) for array in rows)  # 0: they lie on disk


def _encoded(plan: Plan) -> _Encoded:
    """Read and encode the data of a plan; fit on the training part."""
    parts = plan.parts()
    head = plan.head.fit(parts.train.target(parts.target))
    with parts.as_given():
        encoder = parts.data.encoder.fit(parts.train.inputs)
        found = [
            Part(encoder.encode(part.inputs), head.encode(part.target(parts.target)))
            for part in (parts.train, parts.valid)
        ]
    return _Encoded(encoder, head, *found, targets=parts.valid.target(parts.target))
