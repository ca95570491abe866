"""Every engine of the LSTM gives the answers and gradients of the LSTM, in the order of Keras.

The reference is plain NumPy in float64, which stock Keras in float64 agrees with to 1e-13. Engines
compute in float32, whose unit is 6e-8; over hundreds of steps stock Keras itself is up to 2e-6
away. All of them are held to 1e-5 of the largest entry of an answer, or of the largest term
of the sums behind it, where the terms cancel.
"""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from lstm_engines import ENGINES, OURS, assert_near, found, layer_of, same_bits
from lstm_reference import ALL, OVER_TIME, Case, drawn, pulls_of, reference

from seqmodels.nn import engines
from seqmodels.nn.engines import native
from seqmodels.nn.lstm import LSTM

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


@pytest.fixture(params=ENGINES)
def engine(request):
    return request.param


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
