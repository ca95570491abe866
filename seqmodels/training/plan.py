"""What one run is to do, before any data is read. No TensorFlow, so that it is quick."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Gt, Le, Lt

from seqmodels.core.dataset import Dataset
from seqmodels.core.errors import InputError, some
from seqmodels.core.examples import Examples
from seqmodels.core.registry import DATASETS, HEADS
from seqmodels.heads.base import Head, Prediction
from seqmodels.nn.backbone import Backbone


@dataclass(frozen=True, kw_only=True)
class Training:
    """How the network is fitted.

    Args:
        epochs: Passes over the training part, at most.
        batch_size: Examples per step.
        learning_rate: Of Adam (Kingma and Ba 2015).
        decay: Share of the learning rate that is given up, in a straight line, by the last step
            of the last epoch. 0: the rate stays; 1: it falls to nothing.
        patience: Epochs without a lower validation loss before training stops and the best
            epoch's weights are taken. 0: never stop early, and keep the last weights.
        valid: Share of the training part held out for validation, drawn at random; unused
            where the dataset brings its own.
        clip: Largest norm of all gradients together; larger ones are scaled down (Pascanu et
            al. 2013). None: no limit.
        average: Epochs over which the weights are averaged for validation and for what is
            kept; see `averaging.Average`. 0: not at all.
        sure: Inputs without a target, which a dataset may bring, are learned from as well where
            a first training gives a class at least this probability: see `teaching.taught`.
            Only for classes. None: they are not.
    """

    epochs: Annotated[int, Ge(1)] = 20
    batch_size: Annotated[int, Ge(1)] = 64
    learning_rate: Annotated[float, Gt(0)] = 1e-3
    decay: Annotated[float, Ge(0), Le(1)] = 0.0
    patience: Annotated[int, Ge(0)] = 4
    valid: Annotated[float, Gt(0), Lt(1)] = 0.1
    clip: Annotated[float, Gt(0)] | None = 1.0
    average: Annotated[float, Ge(0)] = 0.0
    sure: Annotated[float, Gt(0), Le(1)] | None = None


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
        free: Settings that nobody has set, by dotted name: see `sizing.sized`.
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
    free: tuple[str, ...] = ()

    def made(self) -> Dataset:
        """Return the dataset as it comes; reads the data.

        Raises:
            InputError: The data cannot be read.
        """
        return _made(self.dataset, self.make)

    def parts(self) -> Parts:
        """Return the examples of each part, and the target; reads the data.

        Raises:
            InputError: The data cannot be read, or hold no such target.
        """
        data = self.made()
        target = self.target or next(iter(data.train.targets))
        data.train.target(target)
        suits = data.head is not None and type(self.head) is HEADS.get(data.head)
        if self.target is None and len(data.train.targets) > 1 and not suits:
            raise InputError(
                f"Dataset {self.dataset!r} has the targets {some(data.train.targets)}. "
                f"Choose one: --target NAME, or train(..., target=NAME)."
            )
        self.head.fit(data.train.target(target))  # refuse before anything costs time
        train, valid = data.train, data.valid
        if valid is None:
            by = self._strata(train, target)
            train, valid = train.split(self.training.valid, self.seed, by, data.apart)
        parts = [self._sample(part, i) for i, part in enumerate((train, valid, data.test))]
        self._refuse_few(parts, target)
        more = data.unlabelled
        if more is not None:
            more = self._sample(Examples(more, {}), len(parts)).inputs
        return Parts(target=target, data=data, train=parts[0], valid=parts[1], test=parts[2],
                     unlabelled=more)  # fmt: skip

    def record(self) -> dict[str, Any]:
        """Return the plan as JSON types; `settings.restored` reads it."""
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
            "free": list(self.free),
        }

    def _sample(self, part: Examples, number: int) -> Examples:
        if self.limit is None or self.limit >= len(part):
            return part
        rng = np.random.default_rng([self.seed, number])
        return part.take(np.sort(rng.permutation(len(part))[: self.limit]))

    def _refuse_few(self, parts: Seq[Examples], target: str) -> None:
        """Refuse classes that a limit leaves unknown, before anything costs time."""
        if self.limit is None:
            return
        try:
            head = self.head.fit(parts[0].target(target))
            for part in parts[1:]:
                head.encode(part.target(target))
        except InputError as error:
            hint = f"Only {self.limit} examples of each part are used (limit=, --limit)."
            raise InputError([f"{problem} {hint}" for problem in error.problems]) from None

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
    unlabelled: Seq[Any] | None = None

    @contextlib.contextmanager
    def as_given(self) -> Iterator[None]:
        """Tell of an input that cannot be read by its row in the dataset, not in the split."""
        try:
            yield
        except InputError:
            given = {"train": self.data.train, "valid": self.data.valid, "test": self.data.test}
            inputs = {name: part.inputs for name, part in given.items() if part is not None}
            if self.data.unlabelled is not None:
                inputs["unlabelled"] = self.data.unlabelled
            for name, part in inputs.items():
                try:
                    self.data.encoder.fit(part).encode(part)
                except InputError as error:
                    told = [f"In the {name} part: {problem}" for problem in error.problems]
                    raise InputError(told) from None
            raise


def check(plan: Plan) -> tuple[str, ...]:
    """Find what can be found without training: files, target, head and sizes together.

    Uses the dataset's quick stand-in where it has one, else reads the data.

    Returns:
        What was decided about the data, a sentence each; none of a stand-in.

    Raises:
        InputError: With every mistake found.
    """
    source = DATASETS.get(plan.dataset).probe if plan.dataset in DATASETS else None
    make = (lambda: source(**plan.arguments)) if source else plan.make
    parts = dataclasses.replace(plan, make=make).parts()
    problems = []
    for look in (_check_head, _check_encoder):
        try:
            look(plan, parts)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return () if source else parts.data.says


def _check_head(plan: Plan, parts: Parts) -> None:
    """Let the head answer as one who has seen no input: a head of the user's may be half done."""
    head, targets = plan.head.fit(parts.train.target(parts.target)), parts.train
    trivial = head.trivial(len(targets))
    if not isinstance(trivial, Prediction):
        raise InputError(
            f"{type(head).__name__}.trivial needs to return a Prediction, got "
            f"{type(trivial).__name__}."
        )
    scores = head.score(targets.target(parts.target), trivial)
    if head.headline not in scores:
        raise InputError(
            f"{type(head).__name__}.score needs to compute the headline {head.headline!r}, got "
            f"{some(scores)}. Set `headline` to one of these."
        )


def _check_encoder(plan: Plan, parts: Parts) -> None:
    with parts.as_given():
        encoder = parts.data.encoder.fit(parts.train.inputs)
        plan.backbone.check(encoder.spec)
        plan.backbone.now(encoder, plan.head.fit(parts.train.target(parts.target)))


def _made(name: str, make: Callable[[], Dataset]) -> Dataset:
    try:
        data = make()
    except InputError:
        raise
    except (OSError, ValueError, LookupError) as error:
        why = f"{type(error).__name__}: {error}"
        raise InputError(f"Dataset {name!r} could not be made. {why}") from error
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
