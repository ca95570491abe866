"""Adam moves embedding rows only when they are read, and nobody can tell.

Rows and the whole table must agree bit for bit. Keras computes its constants with other roundings,
so that after hundreds of steps of 1e-3 it is up to 2e-6 away; it is held to 1e-5, a hundredth of
one step.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf

from seqmodels.nn.engines import native
from seqmodels.training import adam
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

    def __init__(
        self, how, monkeypatch, shape=(V, E), clip=None, dtype="float32", rate=1e-3, fall=0.0
    ):
        rng = np.random.default_rng(1)
        self.table = keras.Variable(rng.normal(0, 0.05, shape), dtype=dtype)
        self.matrix = keras.Variable(rng.normal(0, 0.3, (shape[1], 3)), dtype=dtype)
        self.weights = [self.matrix, self.table]
        self.keras = how == "keras"
        if self.keras:
            schedule = keras.optimizers.schedules.PolynomialDecay(rate, round(1 / (fall or 1)), 0.0)
            self.adam = keras.optimizers.Adam(schedule if fall else rate, global_clipnorm=clip)
        else:
            monkeypatch.setattr(adam, "ROWS_FROM", 0 if how == "rows" else 10**9)
            with monkeypatch.context() as without:
                if how == "anywhere":
                    without.setattr(native, "missing", lambda: "left out")
                self.adam = Adam(self.weights, rate, fall=fall, clip=clip, table=self.table)
        ids = tf.TensorSpec([None, None], "int32")
        pull = tf.TensorSpec([], dtype)
        self.step = tf.function(self._step, input_signature=[ids, pull]).get_concrete_function()

    def _step(self, ids, pull):
        read = None if self.keras else self.adam.read(ids)
        with tf.GradientTape() as tape:
            rows = tf.gather(self.table.value, ids)
            answers = tf.reduce_mean(rows, 1) @ self.matrix.value
            loss = tf.reduce_mean((answers - pull) ** 2)
        gradients = tape.gradient(loss, [weight.value for weight in self.weights])
        if not self.keras:
            return self.adam.apply(loss, gradients, read)
        dense = [tf.convert_to_tensor(gradient) for gradient in gradients]
        self.adam.apply(dense, self.weights)
        return tf.constant(True)

    def run(self, batches, pulls=(1.0, -2.0, 0.5)):
        for i, ids in enumerate(batches):
            assert self.step(
                tf.constant(ids, tf.int32), tf.constant(pulls[i % 3], self.table.dtype)
            )
        return self

    def settled(self):
        """Everything that a checkpoint holds."""
        self.adam.settle()
        return [v.value.numpy().copy() for v in (*self.weights, *self.adam.variables)]

    def take_up(self, arrays):
        for variable, array in zip((*self.weights, *self.adam.variables), arrays, strict=True):
            variable.assign(array)


def assert_same_bits(one, other):
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a.view(f"u{a.itemsize}"), b.view(f"u{b.itemsize}"))


@pytest.mark.parametrize("clip", [None, 0.3])
@pytest.mark.parametrize("how", ["rows", "whole", "anywhere"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_weights_are_those_that_keras_finds(how, clip, dtype, monkeypatch):
    batches = zipf(400)
    stock = Training("keras", monkeypatch, clip=clip, dtype=dtype).run(batches)
    ours = Training(how, monkeypatch, clip=clip, dtype=dtype)
    before = ours.table.numpy().copy()
    ours.run(batches).adam.settle()
    assert np.abs(ours.table.numpy() - before).max() > 0.05  # there was something to learn
    for a, b in zip(ours.weights, stock.weights, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("how", ["rows", "whole", "anywhere"])
def test_a_rate_that_falls_to_nothing_is_that_of_keras(how, monkeypatch):
    batches = zipf(300)
    stock = Training("keras", monkeypatch, fall=1 / 250).run(batches)
    ours = Training(how, monkeypatch, fall=1 / 250).run(batches)
    ours.adam.settle()
    for a, b in zip(ours.weights, stock.weights, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=0, atol=TOLERANCE)
    ended = ours.table.numpy().copy()
    ours.run(batches[:20]).adam.settle()
    np.testing.assert_array_equal(ours.table.numpy(), ended)


@needs_kernel
@pytest.mark.parametrize("fall", [1 / 1000, 1 / 200])
def test_rows_that_wait_miss_no_rate_as_it_falls(fall, monkeypatch):
    batches = zipf(300)
    rows, whole = (Training(how, monkeypatch, fall=fall).run(batches) for how in ("rows", "whole"))
    assert_same_bits(rows.settled(), whole.settled())


@needs_kernel
@pytest.mark.parametrize("clip", [None, 0.3])
@pytest.mark.parametrize("shape", [(V, 1), (V, 15), (V, 16), (40, 70), (2000, 129)])
def test_rows_give_the_bits_of_the_whole_table(shape, clip, monkeypatch):
    batches = zipf(300, shape[0])
    rows = Training("rows", monkeypatch, shape, clip).run(batches)
    whole = Training("whole", monkeypatch, shape, clip).run(batches)
    assert rows.adam.by_rows
    assert not whole.adam.by_rows
    assert_same_bits(rows.settled(), whole.settled())


@needs_kernel
@pytest.mark.parametrize("idle", [1, 3, 40, 130, 400, 1500])
def test_a_row_that_waits_takes_every_step_that_it_missed(idle, monkeypatch):
    everyone = np.arange(V).reshape(10, -1)
    batches = [everyone, everyone[::2], *[np.zeros((2, 2))] * idle, everyone[3:6]]
    rows, whole = (Training(how, monkeypatch).run(batches) for how in ("rows", "whole"))
    assert_same_bits(rows.settled(), whole.settled())


@needs_kernel
@pytest.mark.parametrize("bits", [128, 256, 512])
def test_neither_instructions_nor_threads_change_a_bit(bits, monkeypatch):
    batches, shape = zipf(20, 3000, (64, 100)), (3000, 70)  # enough to be shared
    usual = Training("whole", monkeypatch, shape).run(batches).settled()
    for threads in (1, 2, 3):
        monkeypatch.setattr(native, "BITS", bits)
        monkeypatch.setattr(native, "threads", lambda threads=threads: threads)
        assert_same_bits(usual, Training("rows", monkeypatch, shape).run(batches).settled())


def caught_up(w, m, v, start, stop, threads=1, rate=1e-3):
    seen, rows = tf.fill([len(w)], tf.constant(start, tf.int64)), tf.range(len(w))
    how = {"rate": rate, "moments": True, "threads": threads, "bits": native.BITS}
    steps = tf.constant(stop, tf.int64)
    found = native.ops().seqmodels_adam_catch_up(w, m, v, seen, rows, steps, **how)
    return [array.numpy() for array in found]


@needs_kernel
def test_a_momentum_fades_alike_on_every_thread():
    start = [np.full((2000, 64), number, np.float32) for number in (0.05, 1e-3, 1e-6)]
    one, three = (caught_up(*start, 0, 1500, threads) for threads in (1, 3))
    assert np.abs(one[1]).max() < 1e-36  # where what is too small for a float is flushed
    assert_same_bits(one, three)


@needs_kernel
def test_steps_missed_at_once_are_steps_missed_one_after_the_other():
    """Also those of a weight so small that a momentum which fades no more can move it."""
    w, m, v = np.meshgrid([0, 1e-28, -1e-12, 0.05], [0, 1.1e-37, -1e-20, 0.3], [1, 1e-6, 1e-30])
    start = [np.reshape(array, (-1, 1)).astype(np.float32) for array in (w, m, v)]
    pieces = start
    for step in range(0, 12_000, 50):
        pieces = caught_up(*pieces, step, step + 50, rate=1.0)
    assert_same_bits(pieces, caught_up(*start, 0, 12_000, rate=1.0))


@needs_kernel
def test_a_step_touches_only_the_rows_that_it_reads(monkeypatch):
    training = Training("rows", monkeypatch).run(zipf(50))
    before = [v.numpy().copy() for v in training.adam.table]
    training.run([np.array([[7, 7, 9]])])
    for variable, old in zip(training.adam.table, before, strict=True):
        changed = (variable.numpy() != old).any(axis=1)
        assert list(np.flatnonzero(changed)) == [7, 9]


@needs_kernel
def test_settling_twice_is_settling_once(monkeypatch):
    training = Training("rows", monkeypatch).run(zipf(50))
    waiting = training.table.numpy().copy()
    once = training.settled()
    assert (waiting != once[1]).any()
    assert_same_bits(once, training.settled())


@pytest.mark.parametrize("how", ["rows", "whole", "anywhere"])
@pytest.mark.parametrize("pull", [np.nan, np.inf, 1e25])  # the last: its square overflows
def test_a_refused_step_leaves_no_trace(how, pull, monkeypatch):
    batches = zipf(60)
    spared = Training(how, monkeypatch).run(batches)
    struck = Training(how, monkeypatch).run(batches[:30])
    before = struck.settled()
    assert not struck.step(tf.constant(batches[40], tf.int32), tf.constant(pull, tf.float32))
    assert_same_bits(before, struck.settled())
    assert_same_bits(spared.settled(), struck.run(batches[30:]).settled())


@pytest.mark.parametrize("how", ["rows", "whole", "anywhere"])
@pytest.mark.parametrize(("loss", "gradient"), [(1.0, 1e20), (np.nan, 1e-3), (np.inf, 1e-3)])
def test_the_loss_or_the_norm_alone_is_enough_to_refuse(how, loss, gradient, monkeypatch):
    training = Training(how, monkeypatch).run(zipf(3))
    before = training.settled()
    read = training.adam.read(tf.constant([5, 6]))
    slices = tf.IndexedSlices(tf.fill([2, E], gradient), tf.constant([5, 6]))
    assert not training.adam.apply(tf.constant(loss), [tf.zeros([E, 3]), slices], read)
    assert_same_bits(before, training.settled())


@pytest.mark.parametrize("how", ["rows", "whole", "anywhere"])
def test_a_training_goes_on_from_its_checkpoint_bit_for_bit(how, monkeypatch):
    batches = zipf(90)
    straight = Training(how, monkeypatch).run(batches)
    first = Training(how, monkeypatch).run(batches[:45])
    second = Training(how, monkeypatch)
    second.take_up(first.settled())
    assert_same_bits(straight.settled(), second.run(batches[45:]).settled())


@needs_kernel
def test_a_checkpoint_of_the_whole_table_goes_on_by_rows(monkeypatch):
    batches = zipf(90)
    first, straight = (Training("whole", monkeypatch).run(part) for part in (batches[:45], batches))
    second = Training("rows", monkeypatch)
    second.take_up(first.settled())
    assert_same_bits(straight.settled(), second.run(batches[45:]).settled())


@needs_kernel
@pytest.mark.parametrize("columns", [1, 3, 15, 16, 17, 64, 100])
def test_rows_of_equal_id_are_added_up(columns):
    rng = np.random.default_rng(0)
    ids = rng.integers(0, 40, 900).astype(np.int32) * 3
    values = rng.normal(size=(900, columns)).astype(np.float32)
    expected = np.zeros((120, columns))
    np.add.at(expected, ids, values)
    rows = native.ops().seqmodels_distinct(ids, size=120).numpy()
    assert list(rows) == sorted(set(ids))
    how = {"size": 120, "threads": 2, "bits": native.BITS}
    some = native.ops().seqmodels_sum_rows(values, ids, rows, all=False, **how).numpy()
    every = native.ops().seqmodels_sum_rows(values, ids, rows[:0], all=True, **how).numpy()
    np.testing.assert_allclose(every, expected, rtol=0, atol=1e-5)
    assert_same_bits([every[rows]], [some])


@pytest.mark.parametrize("how", ["rows", "whole", "anywhere"])
@pytest.mark.parametrize("wrong", [-1, V, 2**31 - 1])
def test_an_id_that_is_not_in_the_table_is_refused(how, wrong, monkeypatch):
    training = Training(how, monkeypatch).run(zipf(3))
    before = training.settled()
    with pytest.raises(tf.errors.InvalidArgumentError, match=str(wrong)):
        training.run([np.array([[0, wrong]])])
    assert_same_bits(before, training.settled())


@needs_kernel
def test_bad_shapes_are_refused_and_never_abort():
    ops, how = native.ops(), {"threads": 1, "bits": 512}
    w, seen, one = tf.zeros([2, 3]), tf.zeros([5], tf.int64), tf.constant(1, tf.int64)
    rows = tf.constant([0, 4])
    for bad in (
        (w, w, w[:1], seen, rows, one),
        (w, w, w, seen, rows[:1], one),
        (w, w, w, seen, rows + 1, one),
        (w[0], w, w, seen, rows, one),
        (w, w, w, seen, rows, seen),
    ):
        with pytest.raises(tf.errors.InvalidArgumentError, match="The Adam kernel"):
            ops.seqmodels_adam_catch_up(*bad, rate=0.1, moments=True, **how)
    for values, ids in ((w, rows[:1]), (w[0], rows), (w, rows + 1), (w, rows - 1)):
        with pytest.raises(tf.errors.InvalidArgumentError, match="The Adam kernel"):
            ops.seqmodels_sum_rows(values, ids, rows, all=False, size=5, **how)
    for bad in ([w[:1]], [w], [w], [w]), ([w], [w], [w[0]], [w]), ([w], [w], [w], [w[:, :2]]):
        with pytest.raises(tf.errors.InvalidArgumentError, match="The Adam kernel"):
            ops.seqmodels_adam(tf.constant(1.0), one, *bad, rate=0.1, clip=1.0, **how)
