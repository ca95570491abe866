"""The engines of this machine, and what each answers."""

import keras
import numpy as np
import tensorflow as tf
from lstm_reference import ALL, OVER_TIME

from seqmodels.nn import engines
from seqmodels.nn.engines import native

TOLERANCE = 1e-5
ENGINES = [name for name in engines.NAMES if name != "native" or native.missing() is None]
OURS = [name for name in ENGINES if name != "keras"]


def layer_of(case, steps=True, dtype="float32"):
    layer = keras.layers.LSTM(
        len(case.turn), return_sequences=steps, return_state=True, dtype=dtype
    )
    layer.build((None, None, len(case.kernel)))
    layer.set_weights([case.kernel, case.turn, case.bias])
    return layer


def found(engine, case, pulls, steps=True, summary=False, dtype="float32"):
    """What an engine answers, and its gradients."""
    layer = layer_of(case, steps or summary, dtype)
    x, h, c = (tf.constant(rows, dtype) for rows in (case.x, case.h, case.c))
    weights = [variable.value for variable in layer.weights]
    with tf.GradientTape() as tape:
        tape.watch([x, h, c])
        states = engines.read(
            layer, x, tf.constant(case.lengths), h, c, backward=case.backward,
            steps=steps, summary=summary, training=True, engine=engine,
        )  # fmt: skip
    above = [tf.constant(pull, dtype) for pull in pulls.values()]
    asked = ["h", "c", *["steps"] * steps, *OVER_TIME * summary]
    answers = {name: getattr(states, name) for name in asked}
    gradients = tape.gradient([answers[name] for name in pulls], [x, h, c, *weights], above)
    names = ("dx", "dh", "dc", "kernel", "turn", "bias")
    answers |= dict(zip(names, gradients, strict=True))
    answers = {name: tensor.numpy() for name, tensor in answers.items()}
    if steps:
        answers["steps"] = np.where(case.mask, answers["steps"], 0)
    return answers


def assert_near(answers, right, tolerance=TOLERANCE):
    for name, answer in answers.items():
        answer = np.asarray(answer)
        of_a_state = name in (*ALL, *OVER_TIME)
        largest = right.get("largest of a cell" if of_a_state else "largest of a gate", 0)
        error = abs(answer - right[name]).max() / max(abs(right[name]).max(), largest)
        assert error <= tolerance, f"{name} is off by {error:.1e} of its largest entry"


def same_bits(first, second):
    return all(np.array_equal(first[name], second[name]) for name in first)
