"""Pseudo-labels: inputs without a target, labelled by a first training."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from seqmodels.core.sequences import Sequences
from seqmodels.heads.base import Head
from seqmodels.nn import tracing
from seqmodels.training import loop
from seqmodels.training.callbacks import Callback
from seqmodels.training.config import Training
from seqmodels.training.part import Part

FOLDER = "teacher"  # checkpoints of the first training, within those of the run


def labelled(
    network: keras.Model,
    head: Head,
    train: Part,
    valid: Part,
    settings: Training,
    *,
    seed: int,
    folder: Path | None,
    watch: Callback,
) -> Part:
    """Return the training part with pseudo-labelled examples added (Lee 2013).

    A first training uses the examples that have a target. Each input without a target becomes an
    example of its most probable class, if that class has a probability of at least
    `settings.pseudo_label_threshold`. The network gets its initial weights back, so that the second
    training starts anew on more examples. The part is returned unchanged without such inputs,
    without a threshold, and for a head without classes.

    Args:
        network: Not trained yet.
        head: Fitted.
        train: The training part.
        valid: The validation part, which ends both trainings early.
        settings: Settings of both trainings.
        seed: As for `loop.fit`.
        folder: Folder of checkpoints; the first training uses a folder within it.
        watch: Callback that receives the progress of the first training as sentences.

    Raises:
        NotFiniteError: As `loop.fit`.
        Stopped: As `loop.fit`.
        OSError: As `loop.fit`.
    """
    threshold = settings.pseudo_label_threshold
    if not threshold or train.unlabelled is None or not _gives_classes(head):
        return train
    start = [tracing.array_of(variable) for variable in network.variables]
    own = folder and folder / FOLDER
    if own:
        own.mkdir(exist_ok=True)
    progress = _FirstTraining(watch, settings.epochs)
    loop.fit(network, head, train, valid, settings, seed=seed, folder=own, watch=progress)
    outputs = tracing.predict(tracing.traced(network), train.unlabelled, head.units)
    for variable, value in zip(network.variables, start, strict=True):
        variable.assign(value)
    answers = head.decode(outputs)
    rows = np.flatnonzero(np.max(np.asarray(answers.scores), axis=1) >= threshold)
    watch.say(
        f"Of {len(outputs):,} inputs without a target, {len(rows):,} get pseudo-labels: a first "
        f"training gave their class a probability of at least {threshold:.0%}."
    )
    if not len(rows):
        return train
    more: Any = head.encode(answers.answers[rows].tolist())
    both = joined(train.sequences, train.unlabelled.take(rows))
    known: Any = train.y
    return replace(train, sequences=both, y=np.concatenate([known, more.astype(known.dtype)]))


def _gives_classes(head: Head) -> bool:
    """Return whether the head answers each input with one class."""
    return head.reads == "summary" and head.trivial(1).scores is not None


def joined(one: Sequences, other: Sequences) -> Sequences:
    """Return the sequences of both, concatenated in memory."""
    values = np.concatenate([np.asarray(one.values), np.asarray(other.values)])
    starts = [one.starts.astype(np.int64), other.starts.astype(np.int64) + len(one.values)]
    return Sequences(values, np.concatenate(starts), np.concatenate([one.lengths, other.lengths]))


class _FirstTraining(Callback):
    """Reports each epoch of the first training in a sentence."""

    def __init__(self, watch: Callback, epochs: int):
        self.watch, self.epochs = watch, epochs

    def say(self, text: str) -> None:
        self.watch.say(text)

    def epoch(self, row: loop.Row) -> None:
        self.watch.say(
            f"First training, on inputs with a target: epoch {row['epoch']:.0f} of at most "
            f"{self.epochs}, validation loss {row['valid_loss']:.4f}."
        )
