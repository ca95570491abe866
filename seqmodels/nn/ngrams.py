"""Words and word n-grams that speak for themselves, beside the LSTM."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from seqmodels.core import batches
from seqmodels.core.sequences import Sequences

# Saved models rely on these.
FIRST, SECOND, RING = 1_000_003, 7_919, 2**31 - 1  # primes that mix the ids of an n-gram
LOUD = 100.0  # how much a weight counts: most are read, and so moved, seldom
SILENT = 10  # examples that lean to no side, added to those that have an n-gram
ROWS = 512  # sequences that are looked at together


class Ngrams(keras.layers.Layer):
    """What words and n-grams say by themselves, in any order: [B, T] -> [B, K].

    A linear model beside the LSTM (Cheng et al. 2016, "Wide and deep learning"), of words and of
    n-grams, which share a table by a hash of their ids, as in fastText (Joulin et al. 2017). What
    a row's words and n-grams say is added up and divided by the square root of their number.

    How loud each of them is, `adapt` reads off the training examples that have it: the further
    their targets lean to one side, the louder. This is what the log-count ratios of the naive Bayes
    SVM do (Wang and Manning 2012), for targets of any kind. It is squared, for a step of Adam moves
    all weights alike, where one along the gradient would move loud ones further. The weights
    themselves start from zero: an untrained network answers as it would without them.

    Args:
        vocabulary: Ids are below it.
        outputs: K, numbers to tell.
        longest: Words of the longest n-gram.
        buckets: Rows of the table that n-grams share.
        dropout: Share of words and n-grams that are left out in training.
        seed: Of the draw.
        name: Of the layer.
    """

    def __init__(
        self,
        vocabulary: int,
        outputs: int,
        longest: int,
        buckets: int,
        *,
        dropout: float,
        seed: int,
        name: str | None = None,
    ):
        super().__init__(name=name)
        self.vocabulary, self.longest, self.buckets = vocabulary, longest, buckets
        self.dropout, self.draw = dropout, keras.random.SeedGenerator(seed)
        shape = (vocabulary + buckets, outputs)
        self.table = self.add_weight(shape=shape, initializer="zeros", name="table")
        self.scale = self.add_weight(shape=shape, initializer="ones", trainable=False, name="scale")

    def call(self, x: tf.Tensor, lengths: tf.Tensor, training: bool = False) -> tf.Tensor:
        places, kept = self.places(x), self.real(x, lengths)  # [B, G]
        count = tf.reduce_sum(kept, axis=1, keepdims=True)
        if training and self.dropout:
            drawn: Any = keras.random.uniform(tf.shape(kept), seed=self.draw)
            kept = kept * tf.cast(drawn >= self.dropout, tf.float32) / (1 - self.dropout)
        told = tf.gather(self.table.value, places) * tf.gather(self.scale.value, places)
        return tf.reduce_sum(told * kept[:, :, None], axis=1) * LOUD / tf.sqrt(count)

    def told(self, ids: np.ndarray) -> np.ndarray:
        """Return what each word and n-gram of one row [T] adds to the outputs, [G, K]."""
        places = np.asarray(self.places(tf.constant(ids[None])))[0]
        weights = np.asarray(self.table.value)[places] * np.asarray(self.scale.value)[places]
        return weights * LOUD / np.sqrt(len(places))

    def adapt(self, sequences: Sequences, pulls: np.ndarray, unlabelled: Any = None) -> None:
        """Set how loud each word and n-gram is.

        Args:
            sequences: The training part.
            pulls: Where each example would have the outputs go, [N, K], in units of their spread.
            unlabelled: Inputs that have no target, of which nothing is read.
        """
        total = np.zeros(self.scale.shape)
        count = np.zeros(len(total))
        for first in range(0, len(sequences), ROWS):
            rows = np.arange(first, min(first + ROWS, len(sequences)))
            x, lengths = map(tf.constant, batches.padded(sequences, rows))
            real = np.asarray(self.real(x, lengths)) > 0
            each, place = np.nonzero(real)[0], np.asarray(self.places(x))[real]
            once = np.unique(each * len(total) + place)  # however often a row has it
            each, place = rows[once // len(total)], once % len(total)
            count += np.bincount(place, minlength=len(total))
            for k, pull in enumerate(pulls[each].T):
                total[:, k] += np.bincount(place, pull, minlength=len(total))
        self.scale.assign(np.square(total / (count + SILENT)[:, None]))

    def places(self, x: tf.Tensor) -> tf.Tensor:
        """Return the rows of the table for the words of x, its pairs, and so on, [B, G]."""
        ids: Any = tf.cast(x, tf.int64)
        found, mixed = [ids], ids
        for n in range(1, self.longest):
            mixed = (mixed[:, :-1] * FIRST + ids[:, n:] * SECOND) % RING
            found.append(mixed % self.buckets + self.vocabulary)
        return tf.concat(found, axis=1)

    def real(self, x: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
        """Return 1 for the words and n-grams of x that end before its padding, else 0, [B, G]."""
        words = tf.sequence_mask(lengths, tf.shape(x)[1], tf.float32)  # [B, T]
        return tf.concat([words[:, n:] for n in range(self.longest)], axis=1)
