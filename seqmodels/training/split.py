"""The examples of each part of a run, not encoded: split first, encoded and cut later."""

from __future__ import annotations

from collections.abc import Sequence as Seq
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqmodels.core.dataset import Dataset
from seqmodels.core.errors import InputError, some
from seqmodels.core.examples import Examples
from seqmodels.core.reads import NEXT
from seqmodels.core.registry import HEADS
from seqmodels.heads.base import Head
from seqmodels.training.config import RunConfig


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


def split(dataset: Dataset, config: RunConfig) -> Split:
    """Return the examples of each part; a missing validation part is drawn from training.

    Raises:
        InputError: The data hold no such target, or several and none was chosen.
    """
    target = target_of(dataset, config)
    train, valid = dataset.train, dataset.valid
    if valid is None:
        by = _strata(train, target, config.head)
        train, valid = train.split(config.training.valid, config.seed, by, dataset.group_by)
    parts = [_sample(part, i, config) for i, part in enumerate((train, valid, dataset.test))]
    more = dataset.unlabelled
    if more is not None:
        more = _sample(Examples(more, {}), len(parts), config).inputs
    return Split(data=dataset, target=target, train=parts[0], valid=parts[1], test=parts[2],
                 unlabelled=more)  # fmt: skip


def target_of(dataset: Dataset, config: RunConfig) -> str:
    """Return the name of the target that the head reads; `NEXT` for a head without one.

    Raises:
        InputError: There is no such target, or there are several and none was chosen.
    """
    if config.head.reads == "next":
        return NEXT
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


def _sample(part: Examples, number: int, config: RunConfig) -> Examples:
    if config.limit is None or config.limit >= len(part):
        return part
    rng = np.random.default_rng([config.seed, number])
    return part.take(np.sort(rng.permutation(len(part))[: config.limit]))


def _strata(train: Examples, target: str, head: Head) -> str | None:
    """Return the target when it has classes whose shares both parts should keep."""
    if head.reads != "summary":
        return None
    values = np.asarray(train.target(target))
    few = values.ndim == 1 and values.dtype.kind != "f" and len(np.unique(values)) <= 1000
    return target if few and (values.dtype.kind not in "iu" or _has_classes(head, values)) else None


def _has_classes(head: Head, values: np.ndarray) -> bool:
    """Return whether the head takes whole numbers for classes; False if it refuses them."""
    try:
        return head.fit(values.tolist()).trivial(1).scores is not None
    except InputError:  # raised again where the head is fitted
        return False
