"""A series costs itself and a corpus its tokens: what is held, and that answers do not mind."""

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn import metrics

from seqmodels import Regression, Sequences
from seqmodels.core import batches
from seqmodels.core.sequences import Scaled
from seqmodels.encoders import SeriesEncoder, TextEncoder
from seqmodels.encoders import series as module
from seqmodels.heads import Prediction

STEPS, WINDOW = 300_000, 96


def windows(values: np.ndarray, length: int = WINDOW) -> Sequences:
    """Every window of a series, told as users tell them: eight bytes a number."""
    starts = np.arange(len(values) - length + 1)
    return Sequences(values, starts, np.full(len(starts), length))


def peak_of(work: Callable[[], Any]) -> int:
    """Return the bytes that a piece of work holds at most; NumPy reports to tracemalloc."""
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def noise(steps: int, channels: int = 7) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.normal(5, 3, (steps, channels)).astype(np.float32)


def test_windows_are_scaled_and_batched_in_less_than_the_memory_of_the_series():
    values = noise(STEPS)
    rows = windows(values)

    def work() -> None:
        encoded = SeriesEncoder().fit(rows).encode(rows)
        order = batches.shuffled(encoded.lengths, 64, seed=0, epoch=0)
        for one in order[:50]:
            batches.padded(encoded, one)

    assert values.size > module.LARGE
    assert peak_of(work) < 0.8 * values.nbytes, "a second series alone would take 1.0"


def test_a_million_windows_are_told_in_four_bytes_each():
    rows = windows(np.zeros(1_000_000 + WINDOW - 1, np.int8))
    assert len(rows) == 1_000_000
    assert rows.starts.nbytes == 4_000_000
    assert rows.lengths.base.nbytes <= 8, "all are the same"
    assert (rows[999_999].size, rows.take([3, 5]).cut(10, "end").starts.tolist()) == (96, [89, 91])


def test_places_beyond_two_thousand_million_keep_eight_bytes():
    rows = Sequences(np.zeros(1), np.array([2**31, 2**33]), np.array([1, 2]))
    assert rows.starts.tolist() == [2**31, 2**33]


def test_an_order_of_windows_is_drawn_in_place():
    lengths = np.broadcast_to(np.int32(WINDOW), 1_000_000)
    peak = peak_of(lambda: batches.shuffled(lengths, 64, seed=0, epoch=0))
    assert peak < 8_000_000, "four million bytes of rows, and the batches that view them"


def test_scaled_when_read_or_at_once_the_steps_are_the_same_bits(monkeypatch):
    values = np.random.default_rng(0).normal(1e5, 3, (500, 7))
    values[:20] = values[450:] = np.nan  # nobody reads these
    rows = Sequences(values, np.arange(20, 420), np.full(400, 30))
    encoder = SeriesEncoder(length=24).fit(rows)
    at_once = encoder.encode(rows)
    monkeypatch.setattr(module, "LARGE", 0)
    when_read = encoder.encode(rows)
    assert isinstance(when_read.values, Scaled)
    assert isinstance(at_once.values, np.ndarray)
    some = np.random.default_rng(1).permutation(400)[:64]
    for one, two in zip(
        batches.padded(at_once, some), batches.padded(when_read, some), strict=True
    ):
        assert one.dtype == two.dtype
        np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(at_once[7], when_read[7])
    window = (values[33:57] - encoder.mean) / encoder.std  # row 7 begins at 27, its last 24 at 33
    np.testing.assert_array_equal(at_once[7], window.astype(np.float32))
    np.testing.assert_array_equal(at_once.values, np.asarray(when_read.values))
    np.testing.assert_array_equal(at_once.values[3:9, 2], when_read.values[3:9, 2])


def test_a_missing_number_is_named_where_steps_are_scaled_when_read(monkeypatch):
    monkeypatch.setattr(module, "LARGE", 0)
    monkeypatch.setattr(module, "CHUNK", 16)
    values = noise(100, 2)
    encoder = SeriesEncoder().fit(windows(values, 10))
    values[70, 1] = np.inf
    with pytest.raises(ValueError, match="row 61, step 9 of those read, channel 1 has inf"):
        encoder.encode(windows(values, 10))


def test_scaling_in_pieces_is_scaling(monkeypatch):
    values = np.random.default_rng(0).normal(1e6, [1, 5], (1000, 2))
    monkeypatch.setattr(module, "CHUNK", 64)
    encoder = SeriesEncoder().fit(windows(values, 10))
    np.testing.assert_allclose(encoder.mean, values.mean(axis=0), rtol=1e-14)
    np.testing.assert_allclose(encoder.std, values.std(axis=0), rtol=1e-12)


@pytest.mark.parametrize("kind", [np.uint16, np.int64, np.float32, np.float64])
@pytest.mark.parametrize("channels", [None, 3])
def test_a_batch_holds_each_row_and_zeros_past_its_end(kind, channels):
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 30, 40)
    shape = (lengths.sum(),) if channels is None else (lengths.sum(), channels)
    rows = Sequences(rng.integers(1, 9, shape).astype(kind), lengths.cumsum() - lengths, lengths)
    for some in (np.arange(40), np.array([39]), np.array([39, 0, 38]), rng.permutation(40)[:5]):
        x, kept = batches.padded(rows, some)
        assert x.dtype == (np.int32 if kind in (np.uint16, np.int64) else np.float32)
        assert (kept.dtype, kept.tolist()) == (np.int32, lengths[some].tolist())
        assert x.shape[1] == kept.max()
        for row, steps, length in zip(some, x, kept, strict=True):
            np.testing.assert_array_equal(steps[:length], rows[row])
            assert not steps[length:].any()


def test_a_batch_does_not_let_a_neighbour_in():
    values = np.array([[1.0], [np.nan], [2.0], [3.0], [np.inf]])
    x, _ = batches.padded(Sequences(values, np.array([0, 2]), np.array([1, 2])), np.arange(2))
    assert x.ravel().tolist() == [1, 0, 2, 3]


def test_a_corpus_costs_two_bytes_a_token():
    texts = [f"word{i % 500} and so on, " * 100 for i in range(200)]
    encoder = TextEncoder(length=None).fit(texts)
    encoded = encoder.encode(texts)
    assert encoded.values.nbytes == 2 * encoded.lengths.sum()
    assert batches.padded(encoded, np.arange(3))[0].dtype == np.int32


def test_a_fingerprint_does_not_depend_on_how_steps_are_held():
    from seqmodels.training.part import Part, fingerprint

    y, starts, lengths = np.zeros((3, 1), np.float32), np.array([0, 2, 4]), np.array([4, 2, 1])
    ids = np.array([5, 1, 2, 9, 3, 3], np.uint16)
    raw, mean, std = noise(6), np.ones(7), np.full(7, 2.0)
    later: Any = Scaled(raw, mean, std)
    for one, two in ((ids, ids.astype(np.int32)), (later, np.asarray(later))):
        held = [Part(Sequences(values, starts, lengths), y) for values in (one, two)]
        assert fingerprint({"part": held[0]}) == fingerprint({"part": held[1]})
    changed = Part(Sequences(later, starts, lengths[::-1]), y)
    assert fingerprint({"part": changed}) != fingerprint({"part": held[0]})


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("shape", [(40,), (40, 3)])
def test_scores_of_numbers_are_those_of_scikit_learn(shape, exact):
    rng = np.random.default_rng(0)
    truth = rng.normal(size=shape)
    if len(shape) == 2:
        truth[:, 1] = 4  # without spread, r2 is a matter of agreement
    answers = truth if exact else truth + rng.normal(size=shape)
    found = Regression().fit(rng.normal(size=shape)).score(truth, Prediction(answers))
    assert found["mae"] == pytest.approx(metrics.mean_absolute_error(truth, answers))
    assert found["rmse"] == pytest.approx(metrics.root_mean_squared_error(truth, answers))
    assert found["r2"] == pytest.approx(metrics.r2_score(truth, answers))


def test_a_part_of_a_prediction_has_the_rows_of_the_whole():
    scores = np.array([[0.2, 0.8], [0.6, 0.4], [0.5, 0.5]])
    whole = Prediction(np.array(["b", "a", "a"]), scores, ("a", "b"))
    assert whole.part(1, 3).rows() == whole.rows()[1:]
