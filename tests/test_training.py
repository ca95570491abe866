"""The training step and loop: learns, stops, resumes bit for bit, refuses what is not finite."""

import contextlib
import itertools
import os
import signal
import time
from dataclasses import replace

import numpy as np
import pytest

from seqmodels import Backbone, Binary, InputError, Sequences
from seqmodels.core import batches
from seqmodels.core.encoder import Spec
from seqmodels.core.signals import Stopped
from seqmodels.nn.lstm import LSTM
from seqmodels.nn.tracing import array_of, predict, traced
from seqmodels.training import loop
from seqmodels.training.checkpoints import Checkpoints
from seqmodels.training.config import Training
from seqmodels.training.loop import fit
from seqmodels.training.part import Part

SIZES = Backbone(units=6, dropout=0.2)


class Silent:
    """Watches and says nothing; stops after some steps when told to."""

    def __init__(self, stop_in_epoch: int | None = None, signal_at: tuple | None = None):
        self.stop_in_epoch = stop_in_epoch
        self.signal_at = signal_at  # epoch, step, number
        self.said = []

    def say(self, text):
        self.said.append(text)

    def step(self, epoch, done, steps, measures):
        if epoch == self.stop_in_epoch:
            raise KeyboardInterrupt
        if self.signal_at is not None and (epoch, done) == self.signal_at[:2]:
            os.kill(os.getpid(), self.signal_at[2])

    def epoch(self, row):
        pass


def part(n: int, seed: int) -> Part:
    """Sequences of 1 to 12 steps; the class is whether the numbers sum above zero."""
    rng = np.random.default_rng(seed)
    rows = [rng.normal(size=(rng.integers(1, 13), 1)).astype(np.float32) for _ in range(n)]
    y = np.array([[float(row.sum() > 0)] for row in rows], np.float32)
    lengths = np.array([len(row) for row in rows])
    return Part(Sequences(np.concatenate(rows), np.cumsum(lengths) - lengths, lengths), y)


TRAIN, VALID, HEAD = part(300, 1), part(100, 2), Binary().fit([0, 1])


def backwards(x, lengths, rng):
    """Read some rows of a batch from their end, as an `Encoder.vary` may."""
    for row in np.flatnonzero(rng.random(len(x)) < 0.5):
        x[row, : lengths[row]] = x[row, : lengths[row]][::-1].copy()
    return x, lengths


VARIED = replace(TRAIN, vary=backwards)


def network():
    return SIZES.build(Spec(channels=1), 1, seed=3)


def run(net, folder=None, watch=None, train=TRAIN, **settings):
    return fit(
        net,
        HEAD,
        train,
        VALID,
        Training(**{"epochs": 4, "batch_size": 32, "learning_rate": 0.01, **settings}),
        seed=5,
        folder=folder,
        watch=watch or Silent(),
    )


def values(net):
    return [array_of(variable) for variable in net.variables]


def same(left, right):
    return all(np.array_equal(a, b) for a, b in zip(left, right, strict=True))


def without_seconds(history):
    return [{name: value for name, value in row.items() if name != "seconds"} for row in history]


def test_training_learns():
    history = run(network(), epochs=25, learning_rate=0.02)
    assert history[-1]["valid_accuracy"] > 0.85, "half of the examples are of one class"
    assert history[-1]["loss"] < history[0]["loss"]


def test_the_same_seed_gives_the_same_weights_bit_for_bit():
    first, second = network(), network()
    assert without_seconds(run(first)) == without_seconds(run(second))
    assert same(values(first), values(second))


def test_a_run_that_was_stopped_and_resumed_is_bit_for_bit_the_run_that_was_not(tmp_path):
    whole, broken, resumed = network(), network(), network()
    history = run(whole)
    with pytest.raises(KeyboardInterrupt):
        run(broken, tmp_path, Silent(stop_in_epoch=3))
    assert len(list(tmp_path.glob("*.npz"))) == 2
    assert without_seconds(run(resumed, tmp_path)) == without_seconds(history)
    assert same(values(whole), values(resumed))


def test_a_rate_that_falls_and_what_kernels_gather_go_on_after_a_resume(tmp_path):
    sizes = Backbone(units=4, input_views=True, random_convolutions=6, ensemble_size=2)
    whole, broken, resumed = (sizes.build(Spec(channels=1), 1, seed=3) for _ in range(3))
    history = run(whole, decay=1.0)
    gathered = {weight.name: weight for weight in whole.get_layer("kernels").weights}
    assert gathered["rows"].numpy() == 4 * len(TRAIN.y)
    with pytest.raises(KeyboardInterrupt):
        run(broken, tmp_path, Silent(stop_in_epoch=3), decay=1.0)
    assert without_seconds(run(resumed, tmp_path, decay=1.0)) == without_seconds(history)
    assert same(values(whole), values(resumed))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("step", [1, 6, 10])
@pytest.mark.parametrize("train", [TRAIN, VARIED], ids=["as it is", "varied"])
def test_a_signal_within_an_epoch_costs_nothing(tmp_path, number, step, train, monkeypatch):
    monkeypatch.setattr(loop, "MEASURE", 96)  # three steps: some answers wait, some do not
    whole, broken, resumed = network(), network(), network()
    history = run(whole, train=train)
    with pytest.raises(Stopped) as stopped:
        run(broken, tmp_path, Silent(signal_at=(2, step, number)), train)
    assert stopped.value.signal == number.name
    steps = int(broken_steps(tmp_path))
    assert steps == 10 + step, "the step under way is finished, and no other begun"
    assert without_seconds(run(resumed, tmp_path, train=train)) == without_seconds(history)
    assert same(values(whole), values(resumed))


def test_each_batch_of_training_is_varied_anew_and_nothing_else_is():
    seen = []

    def kept(x, lengths, rng):
        seen.append((np.array(lengths), rng.random()))
        return backwards(x, lengths, rng)

    net, plain = network(), network()
    before = TRAIN.sequences.values.copy()
    history = run(net, train=replace(TRAIN, vary=kept), epochs=3)
    assert len(seen) == 3 * 10, "ten batches an epoch, and none of validation"
    assert len({draw for _, draw in seen}) == len(seen), "no two steps draw alike"
    assert sum(len(lengths) for lengths, _ in seen) == 3 * len(TRAIN.y)
    assert np.array_equal(TRAIN.sequences.values, before), "the examples stay as they are"
    assert history[0]["loss"] != run(plain, epochs=3)[0]["loss"]


def broken_steps(folder):
    """Return the steps that the optimizer has taken by the newest checkpoint."""
    newest = sorted(folder.glob("*.npz"))[-1]
    with np.load(newest) as file:
        return file[f"now_{len(network().variables)}"]


def test_checkpoints_within_an_epoch_change_no_number(tmp_path, monkeypatch):
    plain, kept = network(), network()
    history = run(plain)
    monkeypatch.setattr(loop, "EVERY", 0)
    assert without_seconds(run(kept, tmp_path)) == without_seconds(history)
    assert same(values(plain), values(kept))
    assert len(list(tmp_path.glob("*.npz"))) == 2


def test_looking_at_the_measures_changes_no_number(monkeypatch):
    monkeypatch.setattr(loop, "MEASURE", 96)
    seen = []

    class Looks(Silent):
        def step(self, epoch, done, steps, measures):
            seen.append(measures())

    looked, left_alone = network(), network()
    assert without_seconds(run(looked, watch=Looks())) == without_seconds(run(left_alone))
    assert "accuracy" not in seen[0], "no answer is measured yet"
    assert 0 <= seen[5]["accuracy"] <= 1


def test_a_signal_is_heard_even_when_a_callback_swallows_it(tmp_path):
    class Swallows(Silent):
        def epoch(self, row):
            try:
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(0.01)
            except KeyboardInterrupt:
                pass

    with pytest.raises(Stopped):
        run(network(), tmp_path, Swallows())
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_state_before_a_step_that_is_not_finite_is_kept(tmp_path):
    y = TRAIN.y.copy()
    y[7] = np.inf
    net = network()
    with pytest.raises(InputError, match="not taken"):
        fit(net, HEAD, Part(TRAIN.sequences, y), VALID, Training(epochs=1, batch_size=32),
            seed=0, folder=tmp_path, watch=Silent())  # fmt: skip
    with np.load(*tmp_path.glob("*.npz")) as file:
        kept = [file[f"now_{i}"] for i in range(len(net.variables))]
    assert same(kept, values(net))
    assert all(np.isfinite(value).all() for value in kept)


@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_a_flipped_byte_of_a_checkpoint_is_told(tmp_path, place):
    run(network(), tmp_path, epochs=2)
    newest = sorted(tmp_path.glob("*.npz"))[-1]
    data = bytearray(newest.read_bytes())
    data[{"first": 0, "middle": len(data) // 2, "last": -1}[place]] ^= 1
    newest.write_bytes(data)
    watch = Silent()
    run(network(), tmp_path, watch, epochs=2)
    assert newest.name in watch.said[0]
    assert "damaged" in watch.said[0]


def test_a_damaged_checkpoint_costs_one_epoch(tmp_path):
    whole, resumed = network(), network()
    history = run(whole)
    with pytest.raises(KeyboardInterrupt):
        run(network(), tmp_path, Silent(stop_in_epoch=3))
    newest = sorted(tmp_path.glob("*.npz"))[-1]
    data = bytearray(newest.read_bytes())
    data[len(data) // 2] ^= 1
    newest.write_bytes(data)
    assert without_seconds(run(resumed, tmp_path)) == without_seconds(history)
    assert same(values(whole), values(resumed))


def test_training_stops_early_and_keeps_the_best_weights(tmp_path):
    net = network()
    history = run(net, tmp_path, epochs=40, patience=2, learning_rate=0.3)
    losses = [row["valid_loss"] for row in history]
    assert len(history) < 40
    assert len(losses) - 1 - int(np.argmin(losses)) == 2
    outputs = predict(traced(net), VALID.sequences, 1)
    loss = float(HEAD.loss()(VALID.y, outputs))
    assert loss == pytest.approx(min(losses), rel=1e-4)


def test_without_patience_the_last_weights_are_kept():
    history = run(network(), epochs=5, patience=0, learning_rate=0.3)
    assert len(history) == 5


def test_a_loss_that_is_not_finite_is_refused_before_it_reaches_the_weights():
    bad = Part(TRAIN.sequences, np.full_like(TRAIN.y, np.nan))
    net = network()
    before = [array_of(variable) for variable in net.trainable_variables]
    with pytest.raises(InputError, match=r"became nan at step 1 .*targets .*NaN.*fix the data"):
        fit(net, HEAD, bad, VALID, Training(epochs=1), seed=0, folder=None, watch=Silent())
    assert same(before, [array_of(variable) for variable in net.trainable_variables])


def test_the_network_is_traced_twice_whatever_the_lengths_of_the_batches(monkeypatch):
    """Once to learn and once to answer; batches here have 1 to 12 steps."""
    net, calls, call = network(), [], LSTM.call
    monkeypatch.setattr(LSTM, "call", lambda *a, **k: calls.append(a) or call(*a, **k))
    run(net)
    assert len(calls) == 2


def tokens(n: int, seed: int) -> Part:
    """Ids of which each batch reads but a few; the class is whether most are even."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 13, n)
    ids = rng.integers(0, 500, lengths.sum()).astype(np.uint16)
    starts = np.cumsum(lengths) - lengths
    even = [np.mean(ids[s : s + k] % 2 == 0) > 0.5 for s, k in zip(starts, lengths, strict=True)]
    return Part(Sequences(ids, starts, lengths), np.array(even, np.float32)[:, None])


@pytest.mark.parametrize("dropout", [0, 0.3])
def test_a_run_over_tokens_resumes_bit_for_bit(dropout, tmp_path):
    train, settings = tokens(300, 1), Training(epochs=3, batch_size=32, learning_rate=0.01)
    ends = []
    for folder in (None, tmp_path):
        stopped = Silent(signal_at=(3, 5, signal.SIGINT))
        for watch in [stopped, Silent()] if folder else [Silent()]:
            net = Backbone(units=6, dropout=dropout, embed=12).build(
                Spec(vocabulary=500), 1, seed=3
            )
            with contextlib.suppress(KeyboardInterrupt):
                fit(net, HEAD, train, tokens(50, 2), settings, seed=5, folder=folder, watch=watch)
        ends.append(values(net))
    assert same(*ends), "stopped and resumed"


def test_a_checkpoint_of_another_version_is_refused(tmp_path):
    """Earlier versions also kept, for each row of a table, the last step that moved it."""
    settings = Training(epochs=2, batch_size=32)

    def train(**watch):
        net = Backbone(units=6, embed=5).build(Spec(vocabulary=500), 1, seed=3)
        watch = Silent(**watch)
        fit(
            net, HEAD, tokens(100, 1), tokens(50, 2), settings, seed=5, folder=tmp_path, watch=watch
        )

    with contextlib.suppress(KeyboardInterrupt):
        train(signal_at=(2, 1, signal.SIGINT))
    kept = Checkpoints(tmp_path)
    arrays = kept.newest(print)
    count = sum(name.startswith("now_") for name in arrays)
    kept.save(9, 0, arrays | {f"now_{count}": np.zeros(500, np.int64)})
    with pytest.raises(InputError, match=f"needs a checkpoint of {count} arrays.*anew"):
        train()


def test_prediction_batches_hold_a_number_of_steps_and_every_row():
    lengths = np.random.default_rng(0).integers(1, 400, 1000)
    lengths[7] = 5000
    found = batches.by_length(lengths, steps=4096)
    assert sorted(np.concatenate(found).tolist()) == list(range(1000))
    assert all(len(rows) * lengths[rows].max() <= 4096 or len(rows) == 1 for rows in found)
    assert [7] in [rows.tolist() for rows in found]
    ends = [(lengths[rows].min(), lengths[rows].max()) for rows in found]
    assert all(one[1] <= after[0] for one, after in itertools.pairwise(ends)), "shortest first"


def test_every_row_is_in_one_batch_of_an_epoch_and_the_order_changes_with_the_epoch():
    lengths = np.random.default_rng(0).integers(1, 50, 1000)
    first = batches.shuffled(lengths, 64, seed=1, epoch=0)
    again = batches.shuffled(lengths, 64, seed=1, epoch=0)
    second = batches.shuffled(lengths, 64, seed=1, epoch=1)
    assert sorted(np.concatenate(first).tolist()) == list(range(1000))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(np.concatenate(first), np.concatenate(second))


def test_batches_of_like_length_pad_little():
    lengths = np.random.default_rng(0).integers(1, 300, 5000)
    padded = sum(len(rows) * lengths[rows].max() for rows in batches.shuffled(lengths, 32, 0, 0))
    assert padded < 1.1 * lengths.sum()


def test_a_batch_is_padded_on_the_right_to_its_longest_row():
    rows = Sequences(np.array([7, 8, 9, 5], np.int32), np.array([0, 3]), np.array([3, 1]))
    x, lengths = batches.padded(rows, np.array([1, 0]))
    assert x.tolist() == [[5, 0, 0], [7, 8, 9]]
    assert lengths.tolist() == [1, 3]


def test_predictions_come_back_in_the_order_asked_for():
    net = network()
    together = predict(traced(net), TRAIN.sequences, 1)
    order = np.random.default_rng(0).permutation(len(TRAIN.y))
    shuffled = predict(traced(net), TRAIN.sequences.take(order), 1)
    np.testing.assert_allclose(shuffled, together[order], atol=1e-6)
