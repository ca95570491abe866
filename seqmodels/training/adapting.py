"""Statistics that layers take from the training part before the first step."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from seqmodels.core.sequences import Sequences
from seqmodels.heads.base import Head
from seqmodels.nn.keras_layer import KerasLayer
from seqmodels.nn.layers import Layer
from seqmodels.nn.lstm import LSTM


def adapt(
    network: keras.Model,
    head: Head,
    sequences: Sequences,
    y: Any,
    unlabelled: Sequences | None = None,
) -> None:
    """Let each layer that has `adapt` see the training part, and what its targets ask for.

    Args:
        network: Whose layers they are.
        head: Fitted.
        sequences: Encoded inputs of the training part.
        y: Its encoded targets [N, ...]; `Sequences` where each example has several.
        unlabelled: More inputs, which have no target.
    """
    tables = [layer.table for layer in network.layers if isinstance(layer, LSTM)]
    learns = [
        layer
        for layer in (*network.layers, *tables)
        if isinstance(layer, KerasLayer) and type(layer.layer).adapt is not Layer.adapt
    ]
    if not learns:
        return
    several = isinstance(y, Sequences)  # targets for each example
    found = np.zeros((len(y), head.units)) if several else pulls(head, y)
    for layer in learns:
        given = (layer.values(), sequences, found, unlabelled, layer.seed)
        for name, value in layer.layer.adapt(*given).items():
            layer.by_name[name].assign(value)


def pulls(head: Head, y: np.ndarray) -> np.ndarray:
    """Return where each example would have the outputs go, [N, K], in units of their spread.

    That is the negative gradient of its loss at outputs of zero, less the mean over examples:
    for classes which one it is, for numbers how far above the mean.
    """
    outputs = tf.zeros([len(y), head.units])
    with tf.GradientTape() as tape:
        tape.watch(outputs)
        loss: Any = head.loss()(y, outputs)
    slopes = -np.asarray(tape.gradient(loss, outputs), np.float64)
    slopes -= slopes.mean(axis=0)
    return slopes / np.maximum(slopes.std(axis=0), np.finfo(np.float32).tiny)
