"""The training step, the loop around it, and the checkpoints it can go on from."""

from __future__ import annotations

import json
import time
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np
import tensorflow as tf

from seqmodels import batches
from seqmodels.adam import Adam
from seqmodels.data import Sequences
from seqmodels.engines import native
from seqmodels.errors import InputError
from seqmodels.files import writing
from seqmodels.heads.base import Head
from seqmodels.plan import Training

KEPT = 2  # checkpoints, so that a damaged newest one costs one epoch
EVALUATE = 2**17  # steps of a batch when nothing is learned, padding included
MEASURE = 4096  # rows whose loss and metrics are worked out together

Row = dict[str, float]


@dataclass(frozen=True, eq=False)
class Part:
    """Encoded inputs and encoded targets: `y` [N, ...]."""

    sequences: Sequences
    y: np.ndarray


class NotFiniteError(InputError):
    """The loss or a gradient became infinite or NaN; the weights did not."""


class Watch(Protocol):
    """Who is told how the training goes."""

    def step(self, epoch: int, done: int, steps: int, measures: Callable[[], Row]) -> None:
        """After each step: epochs counted from 1, steps done of this epoch, how it goes."""

    def epoch(self, row: Row) -> None:
        """After each epoch: its row of the history."""


def fit(
    network: keras.Model,
    head: Head,
    train: Part,
    valid: Part,
    settings: Training,
    *,
    seed: int,
    folder: Path | None,
    watch: Watch,
) -> list[Row]:
    """Train the network in place and return the history, one row an epoch.

    Goes on from the newest good checkpoint in `folder`, and leaves one there after each epoch.

    Raises:
        NotFiniteError: The loss or a gradient is not finite; the network keeps its last weights.
    """
    loop = _Loop(network, head, train, settings)
    if folder is not None:
        loop.resume(folder)
    for epoch in range(len(loop.history), settings.epochs):
        if loop.waited(settings.patience):
            break
        started = time.perf_counter()
        row = loop.train_epoch(train, epoch, seed, watch)
        row |= {f"valid_{name}": value for name, value in loop.evaluate(valid).items()}
        row["seconds"] = round(time.perf_counter() - started, 3)
        loop.finish(row)
        if folder is not None:
            loop.save(folder)
        watch.epoch(row)
    if settings.patience and loop.best:
        for variable, value in zip(network.variables, loop.best, strict=True):
            variable.assign(value)
    return loop.history


class _Loop:
    """The state of one training: network, optimizer, history, and the best weights so far."""

    def __init__(self, network: keras.Model, head: Head, train: Part, settings: Training):
        self.network = network
        self.settings = settings
        tables = [w for w in network.trainable_variables if w.path == "embedding/embeddings"]
        self.optimizer = Adam(
            network.trainable_variables,
            settings.learning_rate,
            clip=settings.clip,
            table=tables[0] if tables else None,
        )
        self.history: list[Row] = []
        self.best: list[np.ndarray] = []
        self.metrics = head.metrics()
        loss = head.loss()
        x, lengths = batches.padded(train.sequences, np.arange(1))
        targets = tf.TensorSpec([None, *train.y.shape[1:]], train.y.dtype)
        like = [
            tf.TensorSpec([None, *[None] * (x.ndim > 1), *x.shape[2:]], x.dtype),
            tf.TensorSpec([None], lengths.dtype),
            targets,
        ]
        self.train_step = _compiled(self._train_step(loss), like)
        self.forward = traced(network)
        outputs = tf.TensorSpec([None, head.units], "float32")
        self.measure = _compiled(self._measure(loss), [targets, outputs])
        self.answers: list[tuple[np.ndarray, tf.Tensor]] = []  # not yet measured

    def _train_step(self, loss: keras.Loss) -> Callable[..., Any]:
        variables = self.network.trainable_variables

        def step(x: tf.Tensor, lengths: tf.Tensor, y: tf.Tensor) -> tuple[tf.Tensor, ...]:
            read = self.optimizer.read(x)
            with tf.GradientTape() as tape:
                outputs: Any = self.network({"x": x, "lengths": lengths}, training=True)
                value: Any = loss(y, outputs)
            good = self.optimizer.apply(value, tape.gradient(value, variables), read)
            return value, good, outputs

        return step

    def _measure(self, loss: keras.Loss) -> Callable[..., Any]:
        def measure(y: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
            for metric in self.metrics:
                metric.update_state(y, outputs)
            value: Any = loss(y, outputs)
            return value

        return measure

    def train_epoch(self, train: Part, epoch: int, seed: int, watch: Watch) -> Row:
        """Take one pass over the training part in the order of (seed, epoch)."""
        order = batches.shuffled(train.sequences.lengths, self.settings.batch_size, seed, epoch)
        total, seen = 0.0, 0
        for done, rows in enumerate(order, start=1):
            y = train.y[rows]
            value, good, outputs = self.train_step(*batches.padded(train.sequences, rows), y)
            if not good:
                self.optimizer.settle()
                self._refuse(float(value), epoch + 1, done)
            total, seen = total + float(value) * len(rows), seen + len(rows)
            mean = total / seen
            self.answers.append((y, outputs))
            if len(self.answers) * len(rows) >= MEASURE:
                self._catch_up()
            watch.step(
                epoch + 1, done, len(order), lambda mean=mean: {"loss": mean, **self._read()}
            )
        self.optimizer.settle()
        return {"epoch": epoch + 1, "loss": total / seen, **self._metrics()}

    def evaluate(self, part: Part) -> Row:
        """Return the loss and the metrics on a part, nothing learned."""
        outputs = predict(self.forward, part.sequences, self.network.output_shape[-1])
        total = 0.0
        for start in range(0, len(outputs), MEASURE):
            rows = slice(start, start + MEASURE)
            total += float(self.measure(part.y[rows], outputs[rows])) * len(outputs[rows])
        return {"loss": total / len(part.y), **self._metrics()}

    def finish(self, row: Row) -> None:
        """Add a row to the history, and keep the weights when they are the best so far."""
        losses = [past["valid_loss"] for past in self.history]
        if not losses or row["valid_loss"] < min(losses):
            self.best = [array_of(variable) for variable in self.network.variables]
        self.history.append(row)

    def waited(self, patience: int) -> bool:
        """Return whether the best epoch lies `patience` epochs back."""
        losses = [row["valid_loss"] for row in self.history]
        return bool(patience and losses and len(losses) - 1 - int(np.argmin(losses)) >= patience)

    def save(self, folder: Path) -> None:
        """Write every variable and the history as the newest checkpoint."""
        arrays = {f"now_{i}": array_of(v) for i, v in enumerate(self._variables())}
        arrays |= {f"best_{i}": value for i, value in enumerate(self.best)}
        arrays["history"] = np.array(json.dumps(self.history))
        with writing(folder / f"epoch-{len(self.history):04d}.npz", "wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
        for old in sorted(folder.glob("epoch-*.npz"))[:-KEPT]:
            old.unlink()

    def resume(self, folder: Path) -> None:
        """Take up the newest checkpoint that is whole, if there is one."""
        for path in sorted(folder.glob("epoch-*.npz"), reverse=True):
            try:
                with np.load(path, allow_pickle=False) as file:
                    arrays = {name: file[name] for name in file.files}
            except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error):
                continue  # the one before it is kept for this
            self.history = json.loads(str(arrays["history"]))
            for i, variable in enumerate(self._variables()):
                variable.assign(arrays[f"now_{i}"])
            self.best = [arrays[f"best_{i}"] for i in range(len(self.network.variables))]
            return

    def _variables(self) -> list[Any]:
        return [*self.network.variables, *self.optimizer.variables]

    def _catch_up(self) -> None:
        """Measure the answers of past steps, many at a time: a step does not wait for it."""
        if self.answers:
            y, outputs = zip(*self.answers, strict=True)
            self.measure(np.concatenate(y), np.concatenate([array.numpy() for array in outputs]))
            self.answers.clear()

    def _read(self) -> Row:
        self._catch_up()
        return {metric.name: float(metric.result()) for metric in self.metrics}

    def _metrics(self) -> Row:
        """Read the metrics and start them anew."""
        values = self._read()
        for metric in self.metrics:
            metric.reset_state()
        return values

    def _refuse(self, value: float, epoch: int, step: int) -> None:
        what = f"The loss became {value}" if not np.isfinite(value) else "A gradient overflowed"
        raise NotFiniteError(
            f"{what} at step {step} of epoch {epoch}; that step was not taken. The learning rate "
            f"{self.settings.learning_rate:g} is likely too high: try a tenth of it "
            f"(training.learning_rate), or look for extreme values in the inputs."
        )


def predict(network: Callable[..., Any], sequences: Sequences, units: int) -> np.ndarray:
    """Return the outputs [N, units] for sequences in their own order, in batches by length."""
    outputs = np.empty((len(sequences), units), dtype=np.float32)
    for rows in batches.by_length(sequences.lengths, EVALUATE):
        outputs[rows] = np.asarray(network(*batches.padded(sequences, rows)))
    return outputs


def array_of(variable: Any) -> np.ndarray:
    """Return a copy of a Keras variable's value, which later training leaves alone."""
    return np.array(variable.value.numpy())


def traced(network: keras.Model) -> Callable[[np.ndarray, np.ndarray], tf.Tensor]:
    """Return the network as one traced function of (x, lengths): a hundred times quicker."""
    inputs: Any = network.input
    like = [tf.TensorSpec(inputs[name].shape, inputs[name].dtype) for name in ("x", "lengths")]

    def outputs(x: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
        return network({"x": x, "lengths": lengths}, training=False)

    return _compiled(outputs, like)


def _compiled(function: Callable[..., Any], like: list[tf.TensorSpec]) -> Callable[..., Any]:
    """Trace a function once, for arrays of these types whatever their sizes.

    With the native kernel, whose operations take all cores one after another, the graph is
    called as a single operation, on this thread: what TensorFlow does around a call of its own
    (bind and cast arguments, wake threads) costs more than a quarter of a short step.
    """
    traced = tf.function(function, input_signature=like, autograph=False).get_concrete_function()
    if not native.used(traced.graph):
        return lambda *arrays: traced(*map(tf.convert_to_tensor, arrays))
    captured, types = traced.captured_inputs, [output.dtype for output in traced.outputs]

    def call(*arrays: Any) -> Any:
        inputs = [*map(tf.convert_to_tensor, arrays), *captured]
        outputs = tf.raw_ops.StatefulPartitionedCall(args=inputs, Tout=types, f=traced)
        return outputs if len(outputs) > 1 else outputs[0]

    return call
