"""The training step, the loop around it, and the checkpoints it can go on from."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from seqmodels.core import batches
from seqmodels.core.errors import InputError
from seqmodels.core.signals import Stop
from seqmodels.heads.base import Head
from seqmodels.nn.tracing import array_of, compiled, predict, traced
from seqmodels.training.adam import Adam
from seqmodels.training.adapting import adapt
from seqmodels.training.alignment import Alignment, weight
from seqmodels.training.averaging import Average
from seqmodels.training.callbacks import Callback, Enough, Row
from seqmodels.training.checkpoints import Checkpoints
from seqmodels.training.config import Training
from seqmodels.training.nan_guard import not_finite
from seqmodels.training.part import Part

EVERY = 120.0  # seconds between checkpoints within an epoch
MEASURE = 4096  # rows, or steps, whose loss and metrics are worked out together


def fit(
    network: keras.Model,
    head: Head,
    train: Part,
    valid: Part,
    settings: Training,
    *,
    seed: int,
    folder: Path | None,
    watch: Callback,
) -> list[Row]:
    """Train the network in place and return the history, one row an epoch.

    Goes on from the newest good checkpoint in `folder`, and leaves one there after each epoch,
    every few minutes within a long one, and when it is stopped. When and how often makes no
    difference to the numbers. When `watch` raises `Enough`, the steps of an epoch under way are
    dropped, unless it is the first. Layers see `train` first: `adapting.adapt`.

    Raises:
        NotFiniteError: The loss or a gradient is not finite; the network keeps its last weights.
        Stopped: By Ctrl-C or SIGTERM, after the step that was under way.
        OSError: A checkpoint cannot be written.
        InputError: The checkpoint is of another version of seqmodels.
    """
    adapt(network, head, train.sequences, train.y, train.unlabelled)
    loop = _Loop(network, head, train, settings, seed)
    kept = Checkpoints(folder) if folder is not None else None
    if kept is not None:
        loop.take_up(kept.newest(watch.say))
    ended = False
    with Stop() as stop, stop.later():
        while len(loop.history) < settings.epochs and not loop.waited(settings.patience):
            try:
                row = loop.train_epoch(train, watch, stop, kept)
                loop.finish(row, valid)
                loop.save(kept)
                watch.epoch(loop.history[-1])
            except Enough:
                ended = True
                break
            stop.check()
    if (settings.patience or ended) and loop.best:
        for variable, value in zip(network.variables, loop.best, strict=True):
            variable.assign(value)
    else:
        loop.average.keep()
    return loop.history


class _Loop:
    """The state of one training: network, optimizer, history, and the best weights so far.

    Within an epoch that is also how far it is: `done` steps, the `total` of the losses of the
    rows `seen`, the metrics, the answers that they have not measured yet, and the seconds.
    """

    def __init__(
        self, network: keras.Model, head: Head, train: Part, settings: Training, seed: int = 0
    ):
        self.network = network
        self.settings = settings
        self.seed = seed
        steps = -(-len(train.y) // settings.batch_size)  # of an epoch
        self.optimizer = Adam(
            network.trainable_variables,
            settings.learning_rate,
            fall=settings.decay / (settings.epochs * steps),
            clip=settings.clip,
        )
        self.average = Average(network.trainable_variables, settings.average, steps)
        self.history: list[Row] = []
        self.best: list[np.ndarray] = []
        self.metrics = head.metrics()
        loss = head.loss()
        self.alignment = Alignment(head.reads, head.units)
        x, lengths = batches.padded(train.sequences, np.arange(1))
        like = [
            tf.TensorSpec([None, *[None] * (x.ndim > 1), *x.shape[2:]], x.dtype),
            tf.TensorSpec([None], lengths.dtype),
            *self.alignment.specs(train.y),
        ]
        self.train_step = compiled(self._train_step(loss), like)
        self.forward = traced(network)
        self.measure = compiled(self._measure(loss), self.alignment.measured(train.y))
        self.answers: list[tuple[Any, ...]] = []  # targets and outputs, not yet measured
        self.done, self.total, self.seen = 0, 0.0, 0
        self.seconds, self.since = 0.0, time.perf_counter()

    def _train_step(self, loss: Callable[..., Any]) -> Callable[..., Any]:
        variables = self.network.trainable_variables

        def step(x: tf.Tensor, lengths: tf.Tensor, *targets: tf.Tensor) -> tuple[tf.Tensor, ...]:
            with tf.GradientTape() as tape:
                found: Any = self.network({"x": x, "lengths": lengths}, training=True)
                y, outputs, kept = self.alignment.meet(targets, found, lengths)
                value: Any = loss(y, outputs)
            good = self.optimizer.apply(value, tape.gradient(value, variables))
            return value, good, *kept

        return step

    def _measure(self, loss: Callable[..., Any]) -> Callable[..., Any]:
        def measure(*arrays: tf.Tensor) -> tf.Tensor:
            y, outputs = self.alignment.joined(arrays)
            for metric in self.metrics:
                metric.update_state(y, outputs)
            value: Any = loss(y, outputs)
            return value

        return measure

    def train_epoch(
        self, train: Part, watch: Callback, stop: Stop, kept: Checkpoints | None = None
    ) -> Row:
        """Take the rest of a pass over the training part, in the order of (seed, epoch)."""
        epoch, size = len(self.history), self.settings.batch_size
        order = batches.shuffled(train.sequences.lengths, size, self.seed, epoch)
        self.since = saved = time.perf_counter()
        for rows in order[self.done :]:
            if stop.heard:
                self.save(kept)
                stop.check()
            x, lengths = train.batch(rows, (self.seed, epoch, self.done))
            targets = self.alignment.targets(train.y, rows, x, lengths)
            value, good, *outputs = self.train_step(x, lengths, *targets)
            if not good:
                self.save(kept)
                place = f"step {self.done + 1} of epoch {epoch + 1}"
                raise not_finite(float(value), place, x, targets[0], self.settings.learning_rate)
            self.done += 1
            count = weight(targets)
            self.total, self.seen = self.total + float(value) * count, self.seen + count
            self.answers.append((*targets, *outputs))
            if self.average.due(self.done):
                self.average.take()
            if not self.alignment.together or sum(map(weight, self.answers)) >= MEASURE:
                self._catch_up()
            try:
                watch.step(epoch + 1, self.done, len(order), self._so_far)
            except Enough:
                if self.history:
                    raise
                break  # some of an epoch is better than nothing
            if time.perf_counter() - saved > EVERY:
                self.save(kept)
                saved = time.perf_counter()
        self._catch_up()
        row = {"epoch": epoch + 1, "loss": self.total / self.seen, **self._metrics()}
        self.done, self.total, self.seen = 0, 0.0, 0
        return row

    def evaluate(self, part: Part) -> Row:
        """Return the loss and the metrics on a part as a row has them, nothing learned."""
        outputs = predict(self.forward, part.sequences, self.alignment.units)
        total, count = 0.0, 0
        for arrays in self.alignment.chunks(part.y, outputs, MEASURE):
            total += float(self.measure(*arrays)) * weight(arrays)
            count += weight(arrays)
        found = {"loss": total / count, **self._metrics()}
        return {f"valid_{name}": value for name, value in found.items()}

    def finish(self, row: Row, valid: Part) -> None:
        """Add a row to the history, and keep the weights when they are the best so far."""
        losses = [past["valid_loss"] for past in self.history]
        with self.average.in_place():
            row = row | self.evaluate(valid)
            if not losses or row["valid_loss"] < min(losses):
                self.best = [array_of(variable) for variable in self.network.variables]
        self._tick()
        self.history.append({**row, "seconds": round(self.seconds, 3)})
        self.seconds = 0.0

    def waited(self, patience: int) -> bool:
        """Return whether the best epoch lies `patience` epochs back."""
        losses = [row["valid_loss"] for row in self.history]
        return bool(patience and losses and len(losses) - 1 - int(np.argmin(losses)) >= patience)

    def save(self, kept: Checkpoints | None) -> None:
        """Leave everything that the numbers to come depend on."""
        if kept is None:
            return
        self._tick()
        arrays = {f"now_{i}": array_of(v) for i, v in enumerate(self._variables())}
        arrays |= {f"best_{i}": value for i, value in enumerate(self.best)}
        for i, (y, outputs) in enumerate(self.answers):
            arrays |= {f"y_{i}": y, f"outputs_{i}": np.asarray(outputs)}
        arrays |= {f"mean_{i}": value for i, value in enumerate(self.average.sums)}
        within = [self.done, self.total, self.seen, self.seconds, self.average.total]
        arrays |= {"history": np.array(json.dumps(self.history)), "within": np.array(within)}
        kept.save(len(self.history), self.done, arrays)

    def take_up(self, arrays: dict[str, np.ndarray] | None) -> None:
        """Continue from the newest checkpoint, if there is one.

        Raises:
            InputError: Another version left it, whose arrays are not those of this training.
        """
        if arrays is None:
            return
        variables = self._variables()
        now = [arrays[f"now_{i}"] for i in range(_count(arrays, "now_"))]
        if [value.shape for value in now] != [tuple(v.shape) for v in variables]:
            raise InputError(
                f"Resuming needs a checkpoint of {len(variables)} arrays with the shapes of this "
                f"training; the newest has {len(now)} and is of another version of seqmodels. "
                f"Resume with that version, or train anew."
            )
        self.history = json.loads(str(arrays["history"]))
        for variable, value in zip(variables, now, strict=True):
            variable.assign(value)
        self.best = [arrays[f"best_{i}"] for i in range(_count(arrays, "best_"))]
        self.answers = [
            (arrays[f"y_{i}"], arrays[f"outputs_{i}"]) for i in range(_count(arrays, "y_"))
        ]
        self.average.sums = [arrays[f"mean_{i}"] for i in range(_count(arrays, "mean_"))]
        done, self.total, seen, self.seconds, self.average.total = arrays["within"].tolist()
        self.done, self.seen = int(done), int(seen)

    def _variables(self) -> list[Any]:
        counted = [variable for metric in self.metrics for variable in metric.variables]
        return [*self.network.variables, *self.optimizer.variables, *counted]

    def _tick(self) -> None:
        """Count the seconds since this was last asked."""
        now = time.perf_counter()
        self.seconds, self.since = self.seconds + now - self.since, now

    def _catch_up(self) -> None:
        """Measure the answers of past steps, many at a time: a step does not wait for it."""
        if not self.alignment.together:
            for arrays in self.answers:
                self.measure(*arrays)
        elif self.answers:
            columns = zip(*self.answers, strict=True)
            self.measure(*(np.concatenate([np.asarray(one) for one in each]) for each in columns))
        self.answers.clear()

    def _so_far(self) -> Row:
        """Return the mean loss, and the metrics as far as they are known: looking costs nothing."""
        known = self._values() if self.seen >= MEASURE else {}
        return {"loss": self.total / self.seen, **known}

    def _values(self) -> Row:
        return {metric.name: float(metric.result()) for metric in self.metrics}

    def _metrics(self) -> Row:
        """Read the metrics and start them anew."""
        values = self._values()
        for metric in self.metrics:
            metric.reset_state()
        return values


def _count(arrays: dict[str, np.ndarray], prefix: str) -> int:
    return sum(name.startswith(prefix) for name in arrays)
