"""Heads that answer with more than one output of a sequence, and an encoder of ids."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from seqmodels import (
    Encoder,
    Head,
    InputError,
    Prediction,
    Sequences,
    Spec,
    learned,
    register_encoder,
    register_head,
)


@register_encoder("toy_ids")
@dataclass(frozen=True, kw_only=True)
class Ids(Encoder):
    """Reads lists of ids as they are."""

    kinds: int = 4

    def fit(self, inputs: Any) -> Ids:
        return self

    def encode(self, inputs: Any) -> Sequences:
        return Sequences.laid(inputs)

    @property
    def spec(self) -> Spec:
        return Spec(vocabulary=self.kinds)


def _cross_entropy() -> keras.Loss:
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def _probabilities(logits: np.ndarray) -> np.ndarray:
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


def _hits(right: np.ndarray, lengths: np.ndarray) -> Any:
    """Return the share of right steps as a function of weights [R, N] of the sequences."""
    rows = np.repeat(np.arange(len(lengths)), lengths)
    sums = np.bincount(rows, right, len(lengths))
    return lambda weights: {"accuracy": weights @ sums / (weights @ lengths)}


@register_head("toy_tags")
@dataclass(frozen=True, kw_only=True)
class Tags(Head):
    """A tag for each step."""

    reads = "steps"
    baseline = "most frequent tag"
    tags: tuple[str, ...] | None = learned()

    def fit(self, targets: Any) -> Tags:
        tags, counts = np.unique(Sequences.laid(targets).packed(), return_counts=True)
        return replace(self, tags=tuple(tags[np.argsort(-counts, kind="stable")].tolist()))

    def encode(self, targets: Any) -> Sequences:
        rows, places = Sequences.laid(targets), {tag: i for i, tag in enumerate(self.tags or ())}
        return rows.with_values(np.array([places[tag] for tag in rows.values.tolist()]))

    @property
    def units(self) -> int:
        return len(self.tags or ())

    def loss(self) -> keras.Loss:
        return _cross_entropy()

    def metrics(self) -> list[keras.Metric]:
        return [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]

    def decode(self, outputs: Sequences) -> Prediction:
        scores = _probabilities(outputs.values)
        answers = np.array(self.tags)[scores.argmax(axis=1)]
        return Prediction(
            outputs.with_values(answers), outputs.with_values(scores), columns=self.tags
        )

    def weighted_scores(self, targets: Any, prediction: Prediction) -> Any:
        truth = Sequences.laid(targets)
        return _hits(truth.packed() == prediction.answers.packed(), truth.lengths)

    def trivial(self, n: Any) -> Prediction:
        most = np.repeat(np.array(self.tags)[:1], n.sum())
        return Prediction(Sequences(most, np.cumsum(n) - n, n), columns=self.tags)

    def class_counts(self, y: Sequences) -> dict[Any, int]:
        counts = np.bincount(y.packed(), minlength=self.units).tolist()
        return dict(zip(self.tags or (), counts, strict=True))


@register_head("toy_transcription")
@dataclass(frozen=True, kw_only=True)
class Transcription(Head):
    """A text for each sequence, by connectionist temporal classification; 0 is the blank."""

    reads = "whole"
    headline = "right"
    baseline = "most frequent text"
    signs: str | None = learned()
    text: str | None = learned()

    def fit(self, targets: Any) -> Transcription:
        texts, counts = np.unique(np.array(targets), return_counts=True)
        return replace(self, signs="".join(sorted(set("".join(targets)))),
                       text=str(texts[counts.argmax()]))  # fmt: skip

    def encode(self, targets: Any) -> Sequences:
        signs = self.signs or ""
        return Sequences.laid([[signs.index(sign) + 1 for sign in text] for text in targets])

    def check_lengths(self, y: Sequences, steps: np.ndarray) -> None:
        twice = np.array([np.sum(row[1:] == row[:-1]) for row in y])
        wrong = np.flatnonzero(steps < y.lengths + twice)
        if len(wrong):
            raise InputError(f"Row {wrong[0]} has fewer steps than its text needs.")

    @property
    def units(self) -> int:
        return len(self.signs or "") + 1

    def loss(self) -> Any:
        def ctc(targets: Any, outputs: Any) -> Any:
            real: Any = tf.sequence_mask(targets.lengths, tf.shape(targets.values)[1])
            values = tf.boolean_mask(targets.values, real)
            labels: Any = tf.SparseTensor(
                tf.where(real), values, tf.cast(tf.shape(targets.values), tf.int64)
            )
            each: Any = tf.nn.ctc_loss(
                labels, outputs.values, targets.lengths, outputs.lengths,
                logits_time_major=False, blank_index=0,
            )  # fmt: skip
            return tf.reduce_mean(each)

        return ctc

    def decode(self, outputs: Sequences) -> Prediction:
        best, texts = outputs.with_values(outputs.values.argmax(axis=1)), []
        for row in best:
            kept = row[np.diff(row, prepend=-1) != 0]
            texts.append("".join((self.signs or "")[i - 1] for i in kept if i))
        return Prediction(np.array(texts))

    def score(self, targets: Any, prediction: Prediction) -> dict[str, float]:
        return {"right": float(np.mean(np.array(targets) == prediction.answers))}

    def trivial(self, n: int) -> Prediction:
        return Prediction(np.full(n, self.text))


@register_head("toy_next_step")
@dataclass(frozen=True, kw_only=True)
class NextStep(Head):
    """The id that follows each step."""

    reads = "next"
    baseline = "first id"
    vocabulary: int | None = learned()

    def fit(self, targets: Any) -> NextStep:
        return replace(self, vocabulary=targets.vocabulary)

    def encode(self, targets: Any) -> Sequences:
        raise NotImplementedError("its targets are the input's next steps")

    @property
    def units(self) -> int:
        return self.vocabulary or 0

    def loss(self) -> keras.Loss:
        return _cross_entropy()

    def metrics(self) -> list[keras.Metric]:
        return [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]

    def decode(self, outputs: Sequences) -> Prediction:
        return Prediction(outputs.with_values(outputs.values.argmax(axis=1)))

    def weighted_scores(self, targets: Any, prediction: Prediction) -> Any:
        truth = Sequences.laid(targets)
        return _hits(truth.packed() == prediction.answers.packed(), truth.lengths)

    def trivial(self, n: Any) -> Prediction:
        return Prediction(Sequences(np.zeros(n.sum(), np.int64), np.cumsum(n) - n, n))
