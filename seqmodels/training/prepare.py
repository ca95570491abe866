"""From a dataset and a configuration to encoded parts, a fitted encoder and a fitted head."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass

import numpy as np

from seqmodels.core.dataset import Dataset
from seqmodels.core.encoder import Encoder
from seqmodels.core.errors import InputError
from seqmodels.core.examples import Examples
from seqmodels.core.sequences import Sequences
from seqmodels.heads.base import Head
from seqmodels.training.config import RunConfig
from seqmodels.training.heuristics import sized
from seqmodels.training.part import Part
from seqmodels.training.split import Split, split

PARTS = ("train", "valid", "test")


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
        """Number of examples in each part."""
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
        config.backbone.check(self.encoder.spec, self.head.reads)
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
        head = knowing(head, encoder)
        config, why = sized(config, encoder.spec, *counts, more)
        config.backbone.check(encoder.spec, head.reads)
        config.backbone.now(encoder, head)
    with naming_rows(dataset, lambda part: aligned(config, encoder, head, part, examples.target)):
        parts = encoded(encoder, head, examples, names)
        check_lengths(config, encoder, head, parts)
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


def fitted_head(examples: Split, config: RunConfig) -> Head:
    """Return the head fitted on the training part, before anything costs time.

    A head that predicts the next step has no targets; `knowing` fits it.

    Raises:
        InputError: Head and target do not suit, or a limit leaves classes unknown.
    """
    if config.head.reads == "next":
        return config.head
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


def knowing(head: Head, encoder: Encoder) -> Head:
    """Return the head, fitted on the form of the steps if it predicts the next of them."""
    return head.fit(encoder.spec) if head.reads == "next" else head


def check_lengths(
    config: RunConfig, encoder: Encoder, head: Head, parts: Mapping[str, Part]
) -> None:
    """Refuse targets whose number does not suit the steps that the network puts out.

    Raises:
        InputError: Names the part and the rows.
    """
    problems = []
    for name, part in parts.items():
        try:
            _check_lengths(config, encoder, head, part)
        except InputError as error:
            problems += [f"In the {name} part: {problem}" for problem in error.problems]
    if problems:
        raise InputError(problems)


def _check_lengths(config: RunConfig, encoder: Encoder, head: Head, part: Part) -> None:
    if isinstance(part.y, Sequences) and head.reads != "next":
        network = config.backbone.network(encoder.spec, head.units, head.reads)
        head.check_lengths(part.y, network.steps(part.sequences.lengths))


def aligned(
    config: RunConfig, encoder: Encoder, head: Head, examples: Examples, target: str
) -> None:
    """Refuse examples whose targets do not suit the steps that the network puts out.

    Raises:
        InputError: Names the rows.
    """
    _check_lengths(config, encoder, head, Part.of(encoder, head, examples, target))


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
    """Return the `rows` that differ from all others in some step; None if no row is left."""
    seen = {_hash(row) for other in others for row in other}
    kept = [i for i, row in enumerate(rows) if _hash(row) not in seen]
    return rows.take(kept) if kept else None


@contextlib.contextmanager
def naming_rows(data: Dataset, check: Callable[[Examples], None] | None = None) -> Iterator[None]:
    """Name an example that cannot be used by its row in the dataset, not in the split.

    Args:
        data: The dataset, whose parts are read again after an error.
        check: What else is to be checked of a part.
    """
    try:
        yield
    except InputError:
        given = {"train": data.train, "valid": data.valid, "test": data.test}
        parts = {name: part for name, part in given.items() if part is not None}
        if data.unlabelled is not None:
            parts["unlabelled"] = Examples(data.unlabelled, {})
        for name, part in parts.items():
            try:
                data.encoder.fit(part.inputs).encode(part.inputs)
                if check is not None and name in given:
                    check(part)
            except InputError as error:
                told = [f"In the {name} part: {problem}" for problem in error.problems]
                raise InputError(told) from None
        raise


def _hash(row: np.ndarray) -> bytes:
    return hashlib.blake2b(np.ascontiguousarray(row).data, digest_size=16).digest()
