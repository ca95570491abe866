"""Inputs without a target, labelled by trainings that are sure of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from seqmodels import tracing, training
from seqmodels.encoded import Part
from seqmodels.heads.base import Head
from seqmodels.plan import Training
from seqmodels.sequences import Sequences

FOLDER = "teacher-{}"  # of the checkpoints of such a training, below those of the run
NUMBERS = ("First", "Second", "Third", "Fourth", "Fifth")


def taught(
    network: keras.Model,
    head: Head,
    train: Part,
    valid: Part,
    settings: Training,
    *,
    seed: int,
    folder: Path | None,
    watch: training.Watch,
) -> Part:
    """Return the training part with what a first training makes of inputs that have no target.

    Pseudo-labels (Lee 2013): the network is trained once on the examples that have a target; of
    the others those that it then gives some class a probability of at least `settings.sure` are
    taken for examples of that class. The network is left as it was, so that the next training
    begins anew, with more examples. With `settings.rounds` above 1 that one labels the others
    once more, better, and so on. Without such inputs, or where nothing is asked for, the part
    stays as it is.

    Args:
        network: Not trained yet.
        head: Fitted.
        train: The training part.
        valid: What ends each training, as it does the one that follows.
        settings: Of all trainings.
        seed: As for `training.fit`.
        folder: Where checkpoints go; those of each training lie in a folder of its own below it.
        watch: Who is told how these trainings go, in sentences.

    Raises:
        NotFiniteError: As `training.fit`.
        Stopped: As `training.fit`.
        OSError: As `training.fit`.
    """
    if not settings.sure or train.unlabelled is None or head.trivial(1).scores is None:
        return train
    start = [tracing.array_of(variable) for variable in network.variables]
    part = train
    for number, name in enumerate(NUMBERS[: settings.rounds], start=1):
        own = folder and folder / FOLDER.format(number)
        if own:
            own.mkdir(exist_ok=True)
        told = _Told(watch, name, settings.epochs)
        training.fit(network, head, part, valid, settings, seed=seed, folder=own, watch=told)
        outputs = tracing.predict(tracing.traced(network), train.unlabelled, head.units)
        for variable, value in zip(network.variables, start, strict=True):
            variable.assign(value)
        answers = head.decode(outputs)
        rows = np.flatnonzero(np.max(np.asarray(answers.scores), axis=1) >= settings.sure)
        watch.say(
            f"Of {len(outputs):,} inputs without a target {len(rows):,} are learned from too, as a "
            f"{name.lower()} training was at least {settings.sure:.0%} sure of them."
        )
        part = train
        if len(rows):
            more = head.encode(answers.answers[rows].tolist()).astype(train.y.dtype)
            both = joined(train.sequences, train.unlabelled.take(rows))
            part = replace(train, sequences=both, y=np.concatenate([train.y, more]))
    return part


def joined(one: Sequences, other: Sequences) -> Sequences:
    """Return two lots of sequences as one, laid end to end in memory."""
    values = np.concatenate([np.asarray(one.values), np.asarray(other.values)])
    starts = [one.starts.astype(np.int64), other.starts.astype(np.int64) + len(one.values)]
    return Sequences(values, np.concatenate(starts), np.concatenate([one.lengths, other.lengths]))


class _Told:
    """A watch that tells of each epoch in a sentence, for a training that is not the run's own."""

    def __init__(self, watch: training.Watch, name: str, epochs: int):
        self.watch, self.name, self.epochs = watch, name, epochs

    def say(self, text: str) -> None:
        self.watch.say(text)

    def step(self, epoch: int, done: int, steps: int, measures: Any) -> None:
        pass

    def epoch(self, row: training.Row) -> None:
        self.watch.say(
            f"{self.name} training, for labels: epoch {row['epoch']:.0f} of at most "
            f"{self.epochs}, validation loss {row['valid_loss']:.4f}."
        )
