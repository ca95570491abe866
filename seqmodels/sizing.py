"""Batch size, epochs and patience that suit the data, where nobody has set them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection

from seqmodels.plan import Training

BATCHES = ((1_000, 16), (5_000, 32))  # up to so many training examples, batches of so many
STEPS = 1_000  # that the weights take at least, or small data are hardly looked at
EPOCHS = (20, 200)  # whatever the steps
TELLING = 50  # validation examples: the loss of fewer says little about when to stop


def sized(
    training: Training, free: Collection[str], train: int, valid: int
) -> tuple[Training, list[str]]:
    """Return how to train on so many examples, and why.

    Args:
        training: What was asked for.
        free: Those of "batch_size", "epochs" and "patience" that nobody has set.
        train: Training examples.
        valid: Validation examples.

    Returns:
        The same with these filled in; and for each a sentence for people.
    """
    chosen, why = {}, []
    if "batch_size" in free:
        found = [size for most, size in BATCHES if train <= most]
        chosen["batch_size"] = found[0] if found else training.batch_size
        why.append(f"batches of {chosen['batch_size']}, for {train:,} training examples")
    steps = math.ceil(train / chosen.get("batch_size", training.batch_size))  # of an epoch
    epochs = training.epochs
    if "epochs" in free:
        least, most = EPOCHS
        epochs = chosen["epochs"] = min(most, max(least, math.ceil(STEPS / steps)))
        taken = f"for {epochs * steps:,} steps" if epochs > least else f"of {steps:,} steps"
        why.append(f"{epochs} epochs {taken}")
    if "patience" in free and valid < TELLING:
        chosen["patience"] = 0
        why.append(f"all of them, as {valid} validation examples cannot tell when to stop")
    elif "patience" in free:
        chosen["patience"] = max(training.patience, epochs // 5)
        why.append(f"or until {chosen['patience']} in a row are no better on validation")
    return dataclasses.replace(training, **chosen), why
