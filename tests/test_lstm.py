"""Every engine of the LSTM gives the answers and gradients of the LSTM, in the order of Keras.

The reference is plain NumPy in float64, which stock Keras in float64 agrees with to 1e-13. Engines
compute in float32, whose unit is 6e-8; over hundreds of steps stock Keras itself is up to 2e-6
away. All of them are held to 1e-5 of the largest entry of an answer, or of the largest term
of the sums behind it, where the terms cancel.
"""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from lstm_reference import ALL, OVER_TIME, Case, drawn, pulls_of, reference

from seqmodels import Backbone, Binary, InputError, Sequences
from seqmodels.core.encoder import Spec
from seqmodels.nn import engines
from seqmodels.nn.engines import native
from seqmodels.nn.lstm import LSTM
from seqmodels.training.config import Training
from seqmodels.training.loop import fit
from seqmodels.training.part import Part

TOLERANCE = 1e-5
ENGINES = [name for name in engines.NAMES if name != "native" or native.missing() is None]
OURS = [name for name in ENGINES if name != "keras"]
SHAPES = [  # batch, steps, channels, units
    (1, 1, 1, 1),
    (2, 400, 7, 10),
    (15, 33, 15, 7),
    (17, 350, 16, 16),
    (33, 40, 17, 33),
    (130, 30, 64, 64),
    (16, 12, 2, 129),
    (3, 9, 16, 300),
    (31, 5, 1, 2),
]


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


@pytest.mark.parametrize("backward", [False, True], ids=["forward", "backward"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_answers_and_all_gradients_are_those_of_the_reference(engine, shape, backward):
    case = drawn(*shape, backward=backward)
    pulls = pulls_of(case)
    assert_near(found(engine, case, pulls), reference(case, pulls))


@pytest.mark.skipif("native" not in ENGINES, reason="no native kernel on this machine")
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("bits", [128, 256, 512])
def test_every_instruction_set_and_number_of_threads_is_right(bits, threads, monkeypatch):
    monkeypatch.setattr(native, "BITS", bits)
    monkeypatch.setattr(native, "threads", lambda: threads)
    for shape in ((1, 9, 3, 5), (37, 20, 17, 21), (70, 6, 2, 129)):
        for backward in (False, True):
            case = drawn(*shape, backward=backward)
            pulls = pulls_of(case)
            assert_near(found("native", case, pulls), reference(case, pulls))


@pytest.mark.parametrize("wanted", [("steps",), ("h",), ("c",)], ids=lambda names: names[0])
def test_a_gradient_may_come_from_steps_or_either_state_alone(engine, wanted):
    case = drawn(17, 12, 3, 9, backward=True)
    pulls = pulls_of(case, wanted)
    assert_near(found(engine, case, pulls), reference(case, pulls))


@pytest.mark.parametrize("wanted", [("h",), ("c",), ("h", "c")], ids=" and ".join)
def test_the_final_state_does_not_need_the_steps(engine, wanted):
    for backward in (False, True):
        case = drawn(18, 20, 4, 10, backward=backward)
        pulls = pulls_of(case, wanted)
        assert_near(found(engine, case, pulls, steps=False), reference(case, pulls))


@pytest.mark.parametrize("wanted", [*((name,) for name in OVER_TIME), OVER_TIME], ids=" and ".join)
def test_summaries_over_time_are_of_the_real_steps(engine, wanted):
    for backward in (False, True):
        case = drawn(18, 20, 4, 10, backward=backward)
        pulls = pulls_of(case, wanted)
        answers = found(engine, case, pulls, steps=False, summary=True)
        assert_near(answers, reference(case, pulls))


def looked_up(engine, case, table, ids, pulls):
    """As `found`, of rows of a table; "dx" is the table's gradient, [V, C]."""
    layer, variable = layer_of(case), keras.Variable(table, dtype="float32")
    h, c = tf.constant(case.h, tf.float32), tf.constant(case.c, tf.float32)
    weights = [variable.value, *(weight.value for weight in layer.weights)]
    with tf.GradientTape() as tape:
        states = engines.read(
            layer, tf.constant(ids), tf.constant(case.lengths), h, c, backward=case.backward,
            summary=True, training=True, table=variable, engine=engine,
        )  # fmt: skip
    answers = {name: getattr(states, name) for name in (*ALL, *OVER_TIME)}
    above = [tf.constant(pull, tf.float32) for pull in pulls.values()]
    gradients = tape.gradient([answers[name] for name in pulls], weights, above)
    answers |= dict(zip(("dx", "kernel", "turn", "bias"), gradients, strict=True))
    answers = {name: tf.convert_to_tensor(tensor).numpy() for name, tensor in answers.items()}
    return answers | {"steps": np.where(case.mask, answers["steps"], 0)}


@pytest.mark.parametrize("backward", [False, True], ids=["forward", "backward"])
@pytest.mark.parametrize("words", [1, 2, 17, 300])
@pytest.mark.parametrize("shape", [(19, 14, 5, 6), (1, 3, 1, 1), (33, 40, 17, 33)], ids=str)
def test_rows_of_a_table_are_read_like_rows(engine, shape, words, backward):
    rng = np.random.default_rng(words)
    ids = rng.integers(0, words, shape[:2]).astype(np.int32)
    table = rng.normal(size=(words, shape[2])).astype(np.float32).astype(np.float64)
    case = replace(drawn(*shape, backward=backward), x=table[ids])
    pulls = pulls_of(case, ("steps", "h", "mean"))
    right = reference(case, pulls)
    of_table = np.zeros_like(table)
    np.add.at(of_table, ids, right["dx"])
    assert_near(looked_up(engine, case, table, ids, pulls), right | {"dx": of_table})


@pytest.mark.skipif("native" not in ENGINES, reason="the native engine was not built")
def test_ids_are_read_in_real_steps_alone_and_there_they_must_be_in_the_table():
    case = drawn(19, 14, 5, 6)
    rng = np.random.default_rng(0)
    ids, table = rng.integers(0, 9, (19, 14)).astype(np.int32), rng.normal(size=(9, 5))
    pulls = pulls_of(case)
    noisy = np.where(case.mask[:, :, 0], ids, -7).astype(np.int32)
    answers = looked_up("native", case, table, ids, pulls)
    assert same_bits(looked_up("native", case, table, noisy, pulls), answers)
    for wrong in (-1, 9):
        noisy[3, 0] = wrong
        with pytest.raises(tf.errors.InvalidArgumentError, match=f"ids from 0 to 8, got {wrong}"):
            looked_up("native", case, table, noisy, pulls)


@given(
    shape=st.tuples(*(st.integers(1, most) for most in (40, 25, 20, 40))),
    backward=st.booleans(),
    steps=st.booleans(),
    summary=st.booleans(),
    wanted=st.sets(st.sampled_from([*ALL, *OVER_TIME]), min_size=1),
    seed=st.integers(0, 1000),
)
@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@pytest.mark.parametrize("name", OURS)
def test_whatever_the_shapes_the_answers_are_right(
    name, shape, backward, steps, summary, wanted, seed
):
    case = drawn(*shape, backward=backward, seed=seed)
    pulls = pulls_of(case, sorted(wanted))
    steps, summary = steps or "steps" in wanted, summary or bool(wanted & set(OVER_TIME))
    assert_near(found(name, case, pulls, steps, summary), reference(case, pulls))


def test_float64_is_left_to_stock_keras_and_is_right(engine):
    for backward in (False, True):
        case = drawn(7, 15, 3, 5, backward=backward)
        pulls = pulls_of(case)
        assert_near(found(engine, case, pulls, dtype="float64"), reference(case, pulls), 1e-13)


@pytest.mark.parametrize("backward", [False, True], ids=["forward", "backward"])
@pytest.mark.parametrize(
    ("name", "noise"),
    [*((name, 1e6) for name in ENGINES), *((name, np.nan) for name in OURS)],
)
def test_what_lies_in_the_padding_changes_nothing(name, noise, backward):
    """Stock Keras is left out for NaN: it multiplies padding by gradients of zero."""
    case = drawn(19, 14, 5, 6, backward=backward)
    noisy = replace(case, x=np.where(case.mask, case.x, noise))
    pulls = pulls_of(case)
    assert same_bits(found(name, noisy, pulls), found(name, case, pulls))


@pytest.mark.parametrize("name", OURS)
def test_gradients_of_the_padding_change_nothing(name):
    """Stock Keras is left out: it repeats the last real step in the padding."""
    for backward in (False, True):
        case = drawn(19, 14, 5, 6, backward=backward)
        pulls = pulls_of(case)
        noisy = pulls | {"steps": np.where(case.mask, pulls["steps"], np.nan)}
        assert same_bits(found(name, case, noisy), found(name, case, pulls))


@pytest.mark.parametrize("backward", [False, True], ids=["forward", "backward"])
def test_nan_in_a_real_step_stays_in_its_row(engine, backward):
    case = drawn(19, 14, 5, 6, backward=backward)
    row = int(np.argmax(case.lengths))
    x = case.x.copy()
    x[row, 3] = np.nan
    pulls = pulls_of(case)
    good, bad = found(engine, case, pulls), found(engine, replace(case, x=x), pulls)
    others = np.arange(len(x)) != row
    for name in ("steps", "h", "c", "dx", "dh", "dc"):
        assert np.isnan(bad[name][row]).any(), name
        np.testing.assert_allclose(bad[name][others], good[name][others], rtol=1e-5, atol=1e-6)
    before = slice(4, None) if backward else slice(3)
    assert np.isfinite(bad["steps"][row][before]).all(), "steps read before it know nothing of it"


def test_one_trace_serves_all_sizes_and_gives_the_same_bits_twice(engine):
    layer = layer_of(drawn(1, 1, 6, 10))

    @tf.function(input_signature=[tf.TensorSpec([None, None, 6]), tf.TensorSpec([None], tf.int32)])
    def gradients(x, lengths):
        zeros = tf.zeros([tf.shape(x)[0], 10])
        weights = [variable.value for variable in layer.weights]
        with tf.GradientTape() as tape:
            tape.watch(x)
            states = engines.read(layer, x, lengths, zeros, zeros, training=True, engine=engine)
        names = ("dx", "kernel", "turn", "bias")
        return dict(zip(names, tape.gradient(states.h, [x, *weights]), strict=True))

    for batch in (1, 2, 37):
        case = drawn(batch, 9, 6, 10)
        layer.set_weights([case.kernel, case.turn, case.bias])
        case = replace(case, h=0 * case.h, c=0 * case.c)
        rows = tf.constant(case.x, tf.float32), tf.constant(case.lengths)
        first, second = gradients(*rows), gradients(*rows)
        assert same_bits(first, second)
        assert_near(first, reference(case, {"h": np.ones_like(case.h)}))


@pytest.mark.parametrize("summary", ["last", "both"])
def test_stacked_layers_in_both_directions_are_right(engine, summary):
    lengths = np.array([9, 1, 4, 7, 9], np.int32)
    x = np.random.default_rng(0).normal(size=(5, 9, 3)).astype(np.float32)
    layers = [
        LSTM(units, bidirectional=True, states=kept, seed=units, engine=engine)
        for units, kept in ((4, ()), (6, ("h",) if summary == "last" else OVER_TIME))
    ]
    with tf.GradientTape() as tape:
        tape.watch(given := tf.constant(x))
        steps = layers[0](given, tf.constant(lengths))
        kept = layers[1](steps, tf.constant(lengths))
    weights = [variable for layer in layers for variable in layer.trainable_variables]
    gradients = tape.gradient(kept, [given, *(variable.value for variable in weights)])

    first = [case_of(layer, x, lengths, i == 1) for i, layer in enumerate(layers[0].directions)]
    middle = np.concatenate([reference(case, {})["steps"] for case in first], axis=-1)
    ends = [case_of(layer, middle, lengths, i) for i, layer in enumerate(layers[1].directions)]
    names = ("h",) if summary == "last" else OVER_TIME
    upper = [reference(case, {name: np.ones_like(case.h) for name in names}) for case in ends]
    pulls = np.split(sum(one["dx"] for one in upper), 2, axis=-1)
    lower = [reference(case, {"steps": pull}) for case, pull in zip(first, pulls, strict=True)]
    right = {"kept": np.concatenate([one[name] for name in names for one in upper], axis=-1)}
    right["dx"] = sum(one["dx"] for one in lower)
    for i, one in enumerate([*lower, *upper]):
        right |= {f"{name} {i}": one[name] for name in ("kernel", "turn", "bias")}
    assert_near(dict(zip(right, [kept, *gradients], strict=True)), right)


def case_of(layer, x, lengths, backward):
    """The case of a stock layer that starts from zeros."""
    weights = [np.float64(array) for array in layer.get_weights()]
    zeros = np.zeros((len(x), layer.units))
    return Case(*weights, np.float64(x), zeros, zeros, lengths, bool(backward))


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
