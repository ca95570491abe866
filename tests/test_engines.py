"""Engines are chosen by name or by speed; bad shapes are refused, and training agrees."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
from lstm_engines import ENGINES, OURS, found, layer_of
from lstm_reference import drawn

from seqmodels import Backbone, Binary, InputError, Sequences
from seqmodels.core.encoder import Spec
from seqmodels.nn import engines
from seqmodels.nn.engines import native
from seqmodels.nn.lstm import LSTM
from seqmodels.training.config import Training
from seqmodels.training.loop import fit
from seqmodels.training.part import Part


@pytest.fixture(params=ENGINES)
def engine(request):
    return request.param


@pytest.fixture
def choice(monkeypatch):
    """Set SEQMODELS_LSTM; nothing that was chosen before or after counts."""

    def choose(name):
        monkeypatch.setenv(engines.VARIABLE, name)
        engines.chosen.cache_clear()

    yield choose
    engines.chosen.cache_clear()


def test_a_second_derivative_is_refused_by_all_but_stock_keras(engine):
    case = drawn(5, 4, 3, 2)
    layer = layer_of(case)
    x, h, c = (tf.constant(rows, tf.float32) for rows in (case.x, case.h, case.c))

    def twice():
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                states = engines.read(layer, x, tf.constant(case.lengths), h, c, engine=engine)
            slope = inner.gradient(states.h, x)
        return outer.gradient(slope, x)

    if engine == "keras":
        assert np.abs(twice()).max() > 0
    else:
        with pytest.raises(InputError, match="SEQMODELS_LSTM=keras"):
            twice()


BAD = {
    "a length of none": {"lengths": [5, 0, 2]},
    "a negative length": {"lengths": [5, -1, 2]},
    "a length past the end": {"lengths": [5, 6, 2]},
    "lengths of other rows": {"lengths": [5, 1]},
    "lengths in a table": {"lengths": [[5, 1, 2]]},
    "two axes": {"x": [3, 5]},
    "four axes": {"x": [3, 5, 2, 1]},
    "other channels": {"x": [3, 5, 7]},
    "no channels": {"x": [3, 5, 0]},
    "no steps": {"x": [3, 0, 2]},
    "other rows": {"x": [4, 5, 2]},
    "a state of other rows": {"h": [1, 4]},
    "a cell of other rows": {"c": [2, 4]},
    "a cell of no rows": {"c": [0, 4]},
    "a state of other width": {"h": [3, 5]},
    "a cell of other width": {"c": [3, 3]},
    "a flat state": {"h": [4]},
}
TRIES = """
import json, sys
import keras, numpy as np, tensorflow as tf
from seqmodels.nn import engines

GOOD = {"x": [3, 5, 2], "lengths": [5, 1, 2], "h": [3, 4], "c": [3, 4]}
layer = keras.layers.LSTM(4, return_sequences=True, return_state=True)
layer.build((None, None, 2))
engine = sys.argv[1]
for name, change in json.loads(sys.argv[2]).items():
    shapes = GOOD | change
    rows = {n: tf.ones(shapes[n]) for n in "xhc"} | {"lengths": tf.constant(shapes["lengths"])}
    specs = {n: tf.TensorSpec([None] * len(row.shape), row.dtype) for n, row in rows.items()}

    def gradient(x, lengths, h, c):
        with tf.GradientTape() as tape:
            tape.watch(x)
            states = engines.read(layer, x, lengths, h, c, training=True, engine=engine)
        return tape.gradient(states[:3], x)

    for how in ("called", "traced"):
        print(name, how, end=": ", flush=True)
        try:
            call = gradient
            if how == "traced":
                call = tf.function(gradient).get_concrete_function(**specs)
            call(**rows)
        except (ValueError, tf.errors.InvalidArgumentError):
            print("refused", flush=True)
        else:
            print("answered", flush=True)
"""


@pytest.mark.parametrize("engine", OURS)
def test_bad_shapes_and_lengths_are_refused_and_never_abort(engine):
    """Stock Keras is left out: it reads a length of zero as a row without steps."""
    done = subprocess.run(
        [sys.executable, "-c", TRIES, engine, json.dumps({"good": {}} | BAD)],
        capture_output=True, text=True, timeout=300, env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout[-200:]}\n{done.stderr[-2000:]}"
    right = ["good called: answered", "good traced: answered"]
    right += [f"{name} {how}: refused" for name in BAD for how in ("called", "traced")]
    assert done.stdout.splitlines() == right


@pytest.mark.parametrize("engine", OURS)
def test_a_batch_of_no_rows_is_answered(engine):
    """Stock Keras is left out: it refuses one."""
    case = drawn(1, 5, 2, 4)
    rows = {name: getattr(case, name)[:0] for name in ("x", "h", "c", "lengths")}
    answers = found(engine, replace(case, **rows), {"h": rows["h"]})
    assert answers["steps"].shape == (0, 5, 4)
    assert not answers["kernel"].any()


def test_an_epoch_of_training_has_the_losses_of_stock_keras(choice):
    def part(n, seed):
        rng = np.random.default_rng(seed)
        lengths = rng.integers(1, 13, n)
        values = rng.normal(size=(lengths.sum(), 1)).astype(np.float32)
        starts = np.cumsum(lengths) - lengths
        y = (np.add.reduceat(values, starts) > 0).astype(np.float32)
        return Part(Sequences(values, starts, lengths), y)

    def losses(name):
        choice(name)
        net = Backbone(units=6, bidirectional=True).build(Spec(channels=1), 1, seed=3)
        plan = Training(epochs=1, batch_size=32, learning_rate=0.01)
        rows = fit(net, HEAD, train, valid, plan, seed=5, folder=None, watch=Silent())
        return rows[0]["loss"], rows[0]["valid_loss"]

    train, valid = part(300, 1), part(100, 2)
    every = {name: losses(name) for name in ENGINES}
    for name in OURS:
        assert every[name] == pytest.approx(every["keras"], rel=1e-3), name


HEAD = Binary().fit([0, 1])


class Silent:
    """Watches and says nothing."""

    def step(self, epoch, done, steps, measures):
        pass

    def epoch(self, row):
        pass


def test_the_native_engine_is_there_where_a_compiler_is():
    if not (shutil.which("c++") or shutil.which("g++")):
        pytest.skip("no C++ compiler on this machine")
    assert native.missing() is None


def test_an_engine_can_be_asked_for(choice, engine):
    choice(engine)
    assert engines.chosen(10) == engine
    assert LSTM(3).engine == engine


def test_unasked_the_fastest_engine_is_chosen(choice, monkeypatch):
    choice("keras")
    monkeypatch.delenv(engines.VARIABLE)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    assert engines.chosen(10) == ENGINES[0]
    engines.chosen.cache_clear()
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["a GPU"])
    assert engines.chosen(10) == "keras", "which calls cuDNN"


def test_an_engine_that_there_is_not_is_refused_by_name(choice, monkeypatch):
    choice("cudnn")
    with pytest.raises(InputError, match=r"native, fused, keras; got 'cudnn'"):
        engines.chosen(10)
    choice("native")
    monkeypatch.setattr(native, "missing", lambda: "it was not built.")
    with pytest.raises(InputError, match="it was not built"):
        engines.chosen(10)
