"""From a dataset and a configuration to encoded parts, a fitted encoder and a fitted head."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqmodels.core.dataset import Dataset
from seqmodels.core.encoder import Encoder
from seqmodels.core.errors import InputError, some
from seqmodels.core.examples import Examples
from seqmodels.core.registry import DATASETS, HEADS
from seqmodels.core.sequences import Sequences
from seqmodels.heads.base import Head, Prediction
from seqmodels.training.config import RunConfig
from seqmodels.training.heuristics import sized
from seqmodels.training.part import Part

PARTS = ("train", "valid", "test")


@dataclass(frozen=True, eq=False, kw_only=True)
class Split:
    """The examples that a run uses, not encoded.

    Args:
        data: The dataset that they are taken from.
        target: The target that the head reads.
        train: What is learned from.
        valid: What decides when to stop.
        test: What is scored.
        unlabelled: Inputs without a target; None: there are none.
    """

    data: Dataset
    target: str
    train: Examples
    valid: Examples
    test: Examples
    unlabelled: Seq[Any] | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Prepared:
    """All that a training needs.

    Args:
        config: The configuration; the data have decided what was free in it.
        target: The target that the head reads.
        encoder: Fitted on the training part.
        head: Fitted on the training part.
        parts: Encoded examples, by the name of their part.
        examples: The same examples as they came.
        group: The group that no two parts share; None: there is none.
        unlabelled: How many inputs without a target the dataset brought.
        notes: What was decided about the data and the sizes, in sentences.
    """

    config: RunConfig
    target: str
    encoder: Encoder
    head: Head
    parts: Mapping[str, Part]
    examples: Mapping[str, Examples]
    group: str | None
    unlabelled: int = 0
    notes: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many examples each part has."""
        return {name: len(part.y) for name, part in self.parts.items()}

    def keep(self, parts: Iterable[str], examples: Iterable[str]) -> Prepared:
        """Return it with these parts and examples alone, so that others take no memory."""
        return dataclasses.replace(
            self,
            parts={name: self.parts[name] for name in parts},
            examples={name: self.examples[name] for name in examples},
        )

    def configured(self, config: RunConfig) -> Prepared:
        """Return the same data with a configuration of other sizes, filled in from the data."""
        counts = self.counts
        config, _ = sized(
            config, self.encoder.spec, counts["train"], counts["valid"], self.unlabelled
        )
        config.backbone.check(self.encoder.spec)
        return dataclasses.replace(self, config=config)


def prepare(dataset: Dataset, config: RunConfig, names: Seq[str] = PARTS) -> Prepared:
    """Split a dataset, fit head and encoder on its training part, and encode its parts.

    Args:
        dataset: The data.
        config: What is asked of the run.
        names: The parts that are needed, "train" and "valid" among them.

    Raises:
        InputError: The data hold no such target, an input or a target cannot be read, or the
            network does not suit them.
    """
    examples = split(dataset, config)
    head = fitted_head(examples, config)
    counts = len(examples.train), len(examples.valid)
    more = 0 if examples.unlabelled is None else len(examples.unlabelled)
    with naming_rows(dataset):
        encoder = dataset.encoder.fit(examples.train.inputs)
        config, why = sized(config, encoder.spec, *counts, more)
        config.backbone.check(encoder.spec)
        config.backbone.now(encoder, head)
        parts = encoded(encoder, head, examples, names)
    notes = [*dataset.notes, *([f"Training: {'; '.join(why)}."] if why else [])]
    kept = parts["train"].unlabelled
    if out := more - (0 if kept is None else len(kept)):
        notes.append(f"{out:,} inputs without a target are in another part too: left out.")
    return Prepared(
        config=config,
        target=examples.target,
        encoder=encoder,
        head=head,
        parts=parts,
        examples={name: getattr(examples, name) for name in names},
        group=dataset.group_by,
        unlabelled=more,
        notes=tuple(notes),
    )


def split(dataset: Dataset, config: RunConfig) -> Split:
    """Return the examples of each part: a validation part is drawn where there is none.

    Raises:
        InputError: The data hold no such target, or several and none was chosen.
    """
    target = target_of(dataset, config)
    train, valid = dataset.train, dataset.valid
    if valid is None:
        by = _strata(train, target)
        train, valid = train.split(config.training.valid, config.seed, by, dataset.group_by)
    parts = [_sample(part, i, config) for i, part in enumerate((train, valid, dataset.test))]
    more = dataset.unlabelled
    if more is not None:
        more = _sample(Examples(more, {}), len(parts), config).inputs
    return Split(data=dataset, target=target, train=parts[0], valid=parts[1], test=parts[2],
                 unlabelled=more)  # fmt: skip


def target_of(dataset: Dataset, config: RunConfig) -> str:
    """Return the name of the target that the head reads.

    Raises:
        InputError: There is no such target, or there are several and none was chosen.
    """
    targets = dataset.train.targets
    if not targets:
        raise InputError(
            f"Dataset {config.dataset!r} has no target to predict. Give its examples one: "
            f"Examples(inputs, {{'label': values}})."
        )
    if config.target is not None:
        dataset.train.target(config.target)
        return config.target
    suits = dataset.head is not None and type(config.head) is HEADS.get(dataset.head)
    if len(targets) > 1 and not suits:
        raise InputError(
            f"Dataset {config.dataset!r} has the targets {some(targets)}. "
            f"Choose one: --target NAME, or train(..., target=NAME)."
        )
    return next(iter(targets))


def fitted_head(examples: Split, config: RunConfig) -> Head:
    """Return the head fitted on the training part, before anything costs time.

    Raises:
        InputError: Head and target do not suit, or a limit leaves classes unknown.
    """
    try:
        head = config.head.fit(examples.train.target(examples.target))
        if config.limit is not None:
            for part in (examples.valid, examples.test):
                head.encode(part.target(examples.target))
    except InputError as error:
        if config.limit is None:
            raise
        config.head.fit(examples.data.train.target(examples.target))  # as wrong of all examples?
        hint = f"Only {config.limit} examples of each part are used (limit=, --limit)."
        raise InputError([f"{problem} {hint}" for problem in error.problems]) from None
    return head


def encoded(
    encoder: Encoder, head: Head, examples: Split, names: Seq[str] = PARTS
) -> dict[str, Part]:
    """Return each part of those `names`, "train" among them, as the network sees it.

    Inputs without a target that occur in one of the parts, step for step, are left out.
    """
    target = examples.target
    found = {name: Part.of(encoder, head, getattr(examples, name), target) for name in names}
    if examples.unlabelled is not None:
        more = encoder.encode(examples.unlabelled)
        more = without(more, [part.sequences for part in found.values()])
        found["train"] = dataclasses.replace(found["train"], unlabelled=more)
    return found


def without(rows: Sequences, others: Iterable[Sequences]) -> Sequences | None:
    """Return those of `rows` that equal, step for step, none of the others; None: none is left."""
    seen = {_hash(row) for other in others for row in other}
    kept = [i for i, row in enumerate(rows) if _hash(row) not in seen]
    return rows.take(kept) if kept else None


@contextlib.contextmanager
def naming_rows(data: Dataset) -> Iterator[None]:
    """Name an input that cannot be read by its row in the dataset, not in the split."""
    try:
        yield
    except InputError:
        given = {"train": data.train, "valid": data.valid, "test": data.test}
        inputs = {name: part.inputs for name, part in given.items() if part is not None}
        if data.unlabelled is not None:
            inputs["unlabelled"] = data.unlabelled
        for name, part in inputs.items():
            try:
                data.encoder.fit(part).encode(part)
            except InputError as error:
                told = [f"In the {name} part: {problem}" for problem in error.problems]
                raise InputError(told) from None
        raise


def check(config: RunConfig) -> tuple[str, ...]:
    """Find what can be found without training: files, target, head and sizes together.

    Uses the dataset's quick stand-in where it has one, else reads the data.

    Returns:
        What was decided about the data, in sentences; none of a stand-in.

    Raises:
        InputError: With every mistake found.
    """
    source = DATASETS.get(config.dataset).probe if config.dataset in DATASETS else None
    make = (lambda: source(**config.arguments)) if source else config.make
    config = dataclasses.replace(config, make=make)
    examples = split(config.made(), config)
    head = fitted_head(examples, config)
    problems = []
    for look in (_check_head, _check_encoder):
        try:
            look(config, examples, head)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return () if source else examples.data.notes


def _check_head(config: RunConfig, examples: Split, head: Head) -> None:
    """Refuse a head whose baseline or scores are unfinished: it may be the user's own."""
    targets = examples.train
    trivial = head.trivial(len(targets))
    if not isinstance(trivial, Prediction):
        raise InputError(
            f"{type(head).__name__}.trivial needs to return a Prediction, got "
            f"{type(trivial).__name__}."
        )
    scores = head.score(targets.target(examples.target), trivial)
    if head.headline not in scores:
        raise InputError(
            f"{type(head).__name__}.score needs to compute the headline {head.headline!r}, got "
            f"{some(scores)}. Set `headline` to one of these."
        )


def _check_encoder(config: RunConfig, examples: Split, head: Head) -> None:
    with naming_rows(examples.data):
        encoder = examples.data.encoder.fit(examples.train.inputs)
        config.backbone.check(encoder.spec)
        config.backbone.now(encoder, head)


def _sample(part: Examples, number: int, config: RunConfig) -> Examples:
    if config.limit is None or config.limit >= len(part):
        return part
    rng = np.random.default_rng([config.seed, number])
    return part.take(np.sort(rng.permutation(len(part))[: config.limit]))


def _strata(train: Examples, target: str) -> str | None:
    """Return the target when it has classes whose shares both parts should keep."""
    values = np.asarray(train.target(target))
    few = values.ndim == 1 and values.dtype.kind != "f" and len(np.unique(values)) <= 1000
    return target if few else None


def _hash(row: np.ndarray) -> bytes:
    return hashlib.blake2b(np.ascontiguousarray(row).data, digest_size=16).digest()
