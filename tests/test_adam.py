"""Adam's answers are those of Keras, and a step that is not finite leaves no trace.

Keras computes its constants with other roundings, so that after hundreds of steps of 1e-3 it is up
to 2e-6 away; it is held to 1e-5, a hundredth of one step.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf

from seqmodels.nn.engines import native
from seqmodels.training.adam import Adam

needs_kernel = pytest.mark.skipif(native.missing() is not None, reason="there is no kernel")
TOLERANCE = 1e-5
V, E = 300, 15


def zipf(steps, size=V, shape=(8, 20), seed=0):
    """Ids of a batch for each step: a few words very often, most words seldom."""
    rng = np.random.default_rng(seed)
    return [np.minimum(rng.zipf(1.3, shape), size) - 1 for _ in range(steps)]


class Training:
    """A table, a matrix on it, and a step that pulls the mean of a row's vectors somewhere."""

    def __init__(self, how, monkeypatch, shape=(V, E), clip=None, dtype="float32", fall=0.0):
        rate = 1e-3
        rng = np.random.default_rng(1)
        self.table = keras.Variable(rng.normal(0, 0.05, shape), dtype=dtype)
        self.matrix = keras.Variable(rng.normal(0, 0.3, (shape[1], 3)), dtype=dtype)
        self.weights = [self.matrix, self.table]
        self.keras = how == "keras"
        if self.keras:
            schedule = keras.optimizers.schedules.PolynomialDecay(rate, round(1 / (fall or 1)), 0.0)
            self.adam = keras.optimizers.Adam(schedule if fall else rate, global_clipnorm=clip)
        else:
            with monkeypatch.context() as without:
                if how == "anywhere":
                    without.setattr(native, "missing", lambda: "left out")
                self.adam = Adam(self.weights, rate, fall=fall, clip=clip)
        ids = tf.TensorSpec([None, None], "int32")
        pull = tf.TensorSpec([], dtype)
        self.step = tf.function(self._step, input_signature=[ids, pull]).get_concrete_function()

    def _step(self, ids, pull):
        with tf.GradientTape() as tape:
            rows = tf.gather(self.table.value, ids)
            answers = tf.reduce_mean(rows, 1) @ self.matrix.value
            loss = tf.reduce_mean((answers - pull) ** 2)
        gradients = tape.gradient(loss, [weight.value for weight in self.weights])
        if not self.keras:
            return self.adam.apply(loss, gradients)
        dense = [tf.convert_to_tensor(gradient) for gradient in gradients]
        self.adam.apply(dense, self.weights)
        return tf.constant(True)

    def run(self, batches, pulls=(1.0, -2.0, 0.5)):
        for i, ids in enumerate(batches):
            assert self.step(
                tf.constant(ids, tf.int32), tf.constant(pulls[i % 3], self.table.dtype)
            )
        return self

    def state(self):
        """Everything that a checkpoint holds."""
        return [v.value.numpy().copy() for v in (*self.weights, *self.adam.variables)]

    def take_up(self, arrays):
        for variable, array in zip((*self.weights, *self.adam.variables), arrays, strict=True):
            variable.assign(array)


def assert_same_bits(one, other):
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a.view(f"u{a.itemsize}"), b.view(f"u{b.itemsize}"))


@pytest.mark.parametrize("clip", [None, 0.3])
@pytest.mark.parametrize("how", ["kernel", "anywhere"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(V, E), (V, 3)], ids=["wide", "narrow"])
def test_the_weights_are_those_that_keras_finds(shape, how, clip, dtype, monkeypatch):
    batches = zipf(400)
    stock = Training("keras", monkeypatch, shape, clip=clip, dtype=dtype).run(batches)
    ours = Training(how, monkeypatch, shape, clip=clip, dtype=dtype)
    before = ours.table.numpy().copy()
    ours.run(batches)
    assert np.abs(ours.table.numpy() - before).max() > 0.05  # there was something to learn
    for a, b in zip(ours.weights, stock.weights, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("how", ["kernel", "anywhere"])
def test_a_rate_that_falls_to_nothing_is_that_of_keras(how, monkeypatch):
    batches = zipf(300)
    stock = Training("keras", monkeypatch, fall=1 / 250).run(batches)
    ours = Training(how, monkeypatch, fall=1 / 250).run(batches)
    for a, b in zip(ours.weights, stock.weights, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=0, atol=TOLERANCE)
    ended = ours.table.numpy().copy()
    ours.run(batches[:20])
    np.testing.assert_array_equal(ours.table.numpy(), ended)


@needs_kernel
@pytest.mark.parametrize("bits", [128, 256, 512])
def test_neither_instructions_nor_threads_change_a_bit(bits, monkeypatch):
    batches, shape = zipf(20, 3000, (64, 100)), (3000, 70)  # enough to be shared
    usual = Training("kernel", monkeypatch, shape).run(batches).state()
    for threads in (1, 2, 3):
        monkeypatch.setattr(native, "BITS", bits)
        monkeypatch.setattr(native, "threads", lambda threads=threads: threads)
        assert_same_bits(usual, Training("kernel", monkeypatch, shape).run(batches).state())


@pytest.mark.parametrize("how", ["kernel", "anywhere"])
@pytest.mark.parametrize("pull", [np.nan, np.inf, 1e25])  # the last: its square overflows
def test_a_refused_step_leaves_no_trace(how, pull, monkeypatch):
    batches = zipf(60)
    spared = Training(how, monkeypatch).run(batches)
    struck = Training(how, monkeypatch).run(batches[:30])
    before = struck.state()
    assert not struck.step(tf.constant(batches[40], tf.int32), tf.constant(pull, tf.float32))
    assert_same_bits(before, struck.state())
    assert_same_bits(spared.state(), struck.run(batches[30:]).state())


@pytest.mark.parametrize("how", ["kernel", "anywhere"])
@pytest.mark.parametrize(("loss", "gradient"), [(1.0, 1e20), (np.nan, 1e-3), (np.inf, 1e-3)])
def test_the_loss_or_the_norm_alone_is_enough_to_refuse(how, loss, gradient, monkeypatch):
    training = Training(how, monkeypatch).run(zipf(3))
    before = training.state()
    slices = tf.IndexedSlices(tf.fill([2, E], gradient), tf.constant([5, 6]))
    assert not training.adam.apply(tf.constant(loss), [tf.zeros([E, 3]), slices])
    assert_same_bits(before, training.state())


@pytest.mark.parametrize("how", ["kernel", "anywhere"])
def test_a_training_goes_on_from_its_checkpoint_bit_for_bit(how, monkeypatch):
    batches = zipf(90)
    straight = Training(how, monkeypatch).run(batches)
    first = Training(how, monkeypatch).run(batches[:45])
    second = Training(how, monkeypatch)
    second.take_up(first.state())
    assert_same_bits(straight.state(), second.run(batches[45:]).state())


@needs_kernel
@pytest.mark.parametrize("columns", [1, 3, 15, 16, 17, 64, 100])
def test_rows_of_equal_id_are_added_up_in_their_order(columns):
    rng = np.random.default_rng(0)
    ids = rng.integers(0, 40, 9000).astype(np.int32) * 3
    values = rng.normal(size=(9000, columns)).astype(np.float32)
    expected = np.zeros((120, columns), np.float32)
    np.add.at(expected, ids, values)
    for bits in (128, 256, 512):
        for threads in (0, 1, 3):
            how = {"size": 120, "threads": threads, "bits": bits}
            sums = native.ops().seqmodels_sum_rows(values, ids, **how).numpy()
            assert_same_bits([sums], [expected])


@pytest.mark.parametrize("how", ["kernel", "anywhere"])
@pytest.mark.parametrize("wrong", [-1, V, 2**31 - 1])
def test_an_id_that_is_not_in_the_table_is_refused(how, wrong, monkeypatch):
    training = Training(how, monkeypatch).run(zipf(3))
    before = training.state()
    with pytest.raises(tf.errors.InvalidArgumentError, match=str(wrong)):
        training.run([np.array([[0, wrong]])])
    assert_same_bits(before, training.state())


@needs_kernel
def test_bad_shapes_are_refused_and_never_abort():
    ops, how = native.ops(), {"threads": 1, "bits": 512}
    w, one = tf.zeros([2, 3]), tf.constant(1, tf.int64)
    ids = tf.constant([0, 4])
    for values, bad in ((w, ids[:1]), (w[0], ids), (w, ids + 1), (w, ids - 1), (w, ids[:, None])):
        with pytest.raises(tf.errors.InvalidArgumentError, match="The Adam kernel"):
            ops.seqmodels_sum_rows(values, bad, size=5, **how)
    for bad in (
        ([w[:1]], [w], [w], [w]),
        ([w], [w], [w[0]], [w]),
        ([w], [w], [w], [w[:, :2]]),
        ([tf.zeros([3, 2])], [w], [w], [w]),
        ([w, w], [w, w], [w, w[:1]], [w, w]),
    ):
        with pytest.raises(tf.errors.InvalidArgumentError, match="The Adam kernel"):
            ops.seqmodels_adam(tf.constant(1.0), one, *bad, rate=0.1, clip=1.0, **how)
    for loss, steps in ((tf.zeros([1]), one), (tf.constant(1.0), [one]), (tf.constant(1.0), -one)):
        with pytest.raises(tf.errors.InvalidArgumentError, match="The Adam kernel"):
            ops.seqmodels_adam(loss, steps, [w], [w], [w], [w], rate=0.1, clip=1.0, **how)
