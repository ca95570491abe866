"""Heuristics: sizes of network and training from the data, where they were not set."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from seqmodels.core.encoder import Spec
from seqmodels.evaluation.warnings import ENOUGH
from seqmodels.training.config import RunConfig

FREE = (  # settings that the data may decide
    "backbone.units",
    "backbone.word_vectors",
    "training.learning_rate",
    "training.batch_size",
    "training.epochs",
    "training.patience",
)
# Found on parts of training data that were held out: messages, digits (scanned and by pen), vowels.
UNITS = {"words": 32, "numbers": 64}  # twice as many were no better, half as many worse for numbers
BATCHES = ((1_000, 16), (5_000, 32))  # up to so many training examples, batches of so many
STEPS = 1_000  # that the weights take at least, or small data are hardly looked at
UNTIL = 3_000  # the same where validation can end it before
EPOCHS = (20, 200)  # whatever the steps
VECTORS = 5  # steps on either side that word vectors are counted from
RATES = ((32, 3e-3), (64, 2e-3))  # up to so many units, such a rate: wide networks take small steps


def sized(
    config: RunConfig, spec: Spec, train: int, valid: int, unlabelled: int = 0
) -> tuple[RunConfig, list[str]]:
    """Return the configuration with what is free in it, `config.free`, filled in from the data.

    Args:
        config: What was asked for.
        spec: Of a step.
        train: Training examples.
        valid: Validation examples.
        unlabelled: Inputs without a target.

    Returns:
        The configuration, in which nothing is free; and for each size a phrase that says why.
    """
    free, training = set(config.free), config.training
    units, vectors = config.backbone.units, config.backbone.word_vectors
    sizes: dict[str, Any] = {}
    why = []
    if "backbone.units" in free:
        kind = "numbers" if spec.vocabulary is None else "words"
        units = UNITS[kind]
        why.append(f"{units} units, for {kind}")
    if "training.learning_rate" in free:
        rate = next((one for most, one in RATES if units <= most), training.learning_rate)
        sizes["learning_rate"] = rate
        why.append(f"a learning rate of {rate:g}, for {units} units")
    if "backbone.word_vectors" in free and spec.vocabulary is not None and unlabelled:
        vectors = VECTORS
        why.append(f"word vectors, for {unlabelled:,} inputs without a target")
    if "training.batch_size" in free:
        found = [size for most, size in BATCHES if train <= most]
        sizes["batch_size"] = found[0] if found else training.batch_size
        why.append(f"batches of {sizes['batch_size']}, for {train:,} training examples")
    steps = math.ceil(train / sizes.get("batch_size", training.batch_size))  # of an epoch
    epochs, patience = training.epochs, training.patience
    telling = valid >= ENOUGH or "training.patience" not in free  # when to stop
    if "training.epochs" in free:
        least, most = EPOCHS
        wanted = UNTIL if telling and patience else STEPS
        epochs = sizes["epochs"] = min(most, max(least, math.ceil(wanted / steps)))
        taken = f"for {epochs * steps:,} steps" if epochs > least else f"of {steps:,} steps"
        why.append(f"{epochs} epochs {taken}")
    if "training.patience" in free:
        sizes["patience"] = max(patience, epochs // 5) if telling else 0
        begun = "or until" if "training.epochs" in free else "until"
        why.append(
            f"{begun} {sizes['patience']} epochs in a row are no better on validation"
            if telling
            else f"no early stop, as {valid} validation example{'s' * (valid > 1)} cannot tell when"
        )
    backbone = dataclasses.replace(config.backbone, units=units, word_vectors=vectors)
    training = dataclasses.replace(training, **sizes)
    return dataclasses.replace(config, backbone=backbone, training=training, free=()), why
