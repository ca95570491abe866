"""Batches: every row once, little padding, the same order for the same seed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqmodels import Sequences
from seqmodels.core.batches import POOL, by_length, padded, shuffled

EVERY_TIME = settings(derandomize=True, deadline=None, database=None)  # the same examples
LENGTHS = st.lists(st.integers(1, 40), min_size=1, max_size=80).map(np.array)
SIZES = st.integers(1, 9)


def flat(batches) -> list[int]:
    return [int(row) for rows in batches for row in rows]


@EVERY_TIME
@given(LENGTHS, SIZES, st.integers(0, 5))
def test_every_row_is_in_one_batch_of_an_epoch(lengths, batch_size, epoch):
    batches = shuffled(lengths, batch_size, seed=1, epoch=epoch)
    assert sorted(flat(batches)) == list(range(len(lengths)))
    sizes = sorted(len(rows) for rows in batches)
    assert set(sizes[1:]) <= {batch_size}, "one batch at most is not full"
    assert 1 <= sizes[0] <= batch_size


def test_seed_and_epoch_fix_the_order_and_each_of_them_changes_it():
    lengths = np.arange(1, 101)
    first = flat(shuffled(lengths, 8, seed=3, epoch=0))
    assert flat(shuffled(lengths, 8, seed=3, epoch=0)) == first
    assert flat(shuffled(lengths, 8, seed=4, epoch=0)) != first
    assert flat(shuffled(lengths, 8, seed=3, epoch=1)) != first
    assert flat(shuffled(lengths, 8, seed=0, epoch=3)) != first


def test_the_order_of_an_epoch_is_the_one_that_earlier_runs_had():
    """What a seed means is kept: a run of an earlier version can be repeated."""
    lengths = np.arange(40) % 3 + 1
    batches = shuffled(lengths, 8, seed=5, epoch=2)
    assert [rows.tolist() for rows in batches] == [
        [1, 19, 7, 23, 5, 26, 2, 38],
        [8, 20, 32, 29, 35, 11, 17, 14],
        [27, 18, 0, 15, 9, 39, 34, 37],
        [31, 25, 13, 22, 4, 16, 10, 28],
        [3, 30, 24, 6, 12, 21, 33, 36],
    ]


def test_batches_are_of_like_lengths_pool_by_pool():
    lengths = np.random.default_rng(0).integers(1, 1000, size=3 * POOL * 4)
    batches = shuffled(lengths, 4, seed=0, epoch=0)
    spread = sum(int(np.ptp(lengths[rows])) for rows in batches)
    assert spread <= 3 * np.ptp(lengths), "in each pool the lengths rise from batch to batch"
    within = shuffled(lengths[: POOL * 4], 4, seed=0, epoch=0)
    assert sum(int(np.ptp(lengths[rows])) for rows in within) <= np.ptp(lengths)


def test_only_a_pool_is_sorted_so_that_rows_meet_others_in_each_epoch():
    lengths = np.arange(1, 3 * POOL * 4 + 1)
    company = [
        {tuple(sorted(rows)) for rows in map(np.ndarray.tolist, shuffled(lengths, 4, 0, epoch))}
        for epoch in (0, 1)
    ]
    assert len(company[0] & company[1]) < 0.1 * len(company[0])


def test_the_batches_of_an_epoch_do_not_come_in_order_of_their_lengths():
    lengths = np.arange(1, 401)
    means = [lengths[rows].mean() for rows in shuffled(lengths, 8, seed=0, epoch=0)]
    rises = np.mean(np.diff(means) > 0)
    assert 0.3 < rises < 0.7


@pytest.mark.parametrize("lengths", [np.full(60, 7), np.broadcast_to(np.int32(7), 60)])
def test_rows_that_are_all_of_one_length_are_shuffled_too(lengths):
    order = flat(shuffled(lengths, 5, seed=0, epoch=0))
    assert sorted(order) == list(range(60)) != order


@EVERY_TIME
@given(LENGTHS, st.integers(1, 120))
def test_for_prediction_a_batch_is_as_large_as_its_steps_allow(lengths, steps):
    batches = by_length(lengths, steps)
    order = flat(batches)
    assert order == sorted(range(len(lengths)), key=lambda row: (lengths[row], row))
    for rows, following in zip(batches, [*batches[1:], None], strict=True):
        assert len(rows) == 1 or len(rows) * lengths[rows].max() <= steps
        if following is not None:
            one_more = (len(rows) + 1) * lengths[following[0]]
            assert one_more > steps, "the next row would have fitted"


def test_rows_of_one_length_keep_their_order_for_prediction():
    lengths = np.full(1000, 4)
    assert flat(by_length(lengths, 64)) == list(range(1000))
    assert {len(rows) for rows in by_length(lengths, 64)} == {16, 8}
    mixed = np.arange(1000) % 2 + 1
    assert flat(by_length(mixed, 64)) == [*range(0, 1000, 2), *range(1, 1000, 2)]


@pytest.mark.parametrize("count", [1, 100, 40_000, 100_000])
def test_the_numbers_of_rows_take_four_bytes(count):
    lengths = np.broadcast_to(np.int32(1), count)
    assert by_length(lengths, 10**6)[0].dtype == np.int32
    assert shuffled(lengths, count, seed=0, epoch=0)[0].dtype == np.int32


@pytest.mark.parametrize(
    ("kind", "given", "read"),
    [
        (int, np.uint16, np.int32),
        (int, np.int64, np.int32),
        (float, np.float32, np.float32),
        (float, np.float64, np.float32),
    ],
)
def test_a_batch_is_padded_with_zeros_on_the_right(kind, given, read):
    values = np.array([11, 12, 13, 21, 31, 32], dtype=given)
    steps = Sequences(
        values if kind is int else values[:, None], np.array([0, 3, 4]), np.array([3, 1, 2])
    )
    x, lengths = padded(steps, np.array([1, 0, 2]))
    assert np.squeeze(x).tolist() == [[21, 0, 0], [11, 12, 13], [31, 32, 0]]
    assert lengths.tolist() == [1, 3, 2]
    assert x.shape == (3, 3) if kind is int else (3, 3, 1)
    assert x.dtype == read
    assert lengths.dtype == np.int32


def test_a_batch_is_as_long_as_its_own_longest_row():
    steps = Sequences.of([[1.0], [2.0, 3.0], [4.0] * 9])
    assert padded(steps, np.array([0, 1]))[0].shape == (2, 2, 1)
    assert padded(steps, np.array([0]))[0].tolist() == [[[1.0]]]


def test_padding_leaves_the_sequences_as_they_are():
    steps = Sequences.of([[1.0, 2.0], [3.0]])
    x, _ = padded(steps, np.array([0, 1]))
    x[:] = 9
    assert steps[0].ravel().tolist() == [1, 2]
    assert steps[1].ravel().tolist() == [3]
