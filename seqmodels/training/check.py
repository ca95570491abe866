"""`--check`: files, target, head and sizes are checked together, without training."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from seqmodels.core.errors import InputError, some
from seqmodels.core.registry import DATASETS
from seqmodels.heads.base import Head, constant
from seqmodels.heads.prediction import Prediction
from seqmodels.training.config import RunConfig
from seqmodels.training.prepare import (
    aligned,
    check_lengths,
    encoded,
    fitted_head,
    knowing,
    naming_rows,
)
from seqmodels.training.split import Split, split


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
    if head.reads == "summary":
        truth = examples.train.target(examples.target)
        _check_answers(head, truth, np.ones(len(examples.train), np.int64))


def _check_encoder(config: RunConfig, examples: Split, head: Head) -> None:
    with naming_rows(examples.data):
        encoder = examples.data.encoder.fit(examples.train.inputs)
        head = knowing(head, encoder)
        config.backbone.check(encoder.spec, head.reads)
        config.backbone.now(encoder, head)
    if head.reads == "summary":
        return
    target = examples.target
    with naming_rows(examples.data, lambda part: aligned(config, encoder, head, part, target)):
        parts = encoded(encoder, head, examples)
        check_lengths(config, encoder, head, parts)
    train: Any = parts["train"]
    _check_answers(head, train.truth(head, examples.train, examples.target), train.y.lengths)


def _check_answers(head: Head, truth: Any, lengths: np.ndarray) -> None:
    """Refuse a head whose baseline or scores are unfinished: it may be the user's own.

    Args:
        head: Fitted.
        truth: Targets of the training part.
        lengths: Answers to each of its examples, [N].
    """
    trivial = constant(head, lengths)
    if not isinstance(trivial, Prediction):
        raise InputError(
            f"{type(head).__name__}.trivial needs to return a Prediction, got "
            f"{type(trivial).__name__}."
        )
    scores = head.score(truth, trivial)
    if head.headline not in scores:
        raise InputError(
            f"{type(head).__name__}.score needs to compute the headline {head.headline!r}, got "
            f"{some(scores)}. Set `headline` to one of these."
        )
