"""Pickled lists of integers are parsed as the unpickler reads them, or left to it."""

import io
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqmodels.data import npz

INTEGERS = st.one_of(st.integers(0, 255), st.integers(0, 70_000), st.integers(-(2**31), 2**31 - 1))
LISTS = st.lists(st.lists(INTEGERS, max_size=30), max_size=30)


def packed(rows: list[list[int]], protocol: int) -> bytes:
    array = np.empty(len(rows), object)
    array[:] = rows
    return pickle.dumps(array, protocol)


def as_lists(found: tuple[np.ndarray, np.ndarray]) -> list[list[int]]:
    values, lengths = found
    return [part.tolist() for part in np.split(values, np.cumsum(lengths)[:-1])][: len(lengths)]


@settings(max_examples=300, deadline=None)
@given(LISTS, st.integers(2, pickle.HIGHEST_PROTOCOL))
def test_lists_of_integers_are_parsed_without_the_unpickler(rows, protocol):
    found = npz._parsed(packed(rows, protocol))
    assert found is not None
    assert as_lists(found) == rows


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("lanes", [1, 7, 4096])
def test_lanes_of_a_large_file_join_without_a_seam(protocol, lanes, monkeypatch):
    monkeypatch.setattr(npz, "_LANES", lanes)
    rng = np.random.default_rng(0)
    rows = [rng.integers(0, 90_000, rng.integers(0, 2500)).tolist() for _ in range(1100)]
    rows[7] = [ord("K"), ord("M"), ord("J")] * 3000  # integers that look like opcodes
    rows[8] = [0x4D4D] * 3000
    found = npz._parsed(packed(rows, protocol))
    assert found is not None
    assert as_lists(found) == rows


@settings(max_examples=500, deadline=None)
@given(LISTS, st.data())
def test_a_changed_pickle_is_parsed_as_the_unpickler_reads_it_or_left_to_it(rows, data):
    whole = bytearray(packed(rows, 3))
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    found = npz._parsed(bytes(whole))
    if found is not None:
        assert as_lists(found) == npz.objects(bytes(whole))


@pytest.mark.parametrize(
    "rows", [[[True]], [[1.5]], [["a"]], [[2**31]], [[[1]]], [[1], (2,)], [[1], None]]
)
def test_what_is_no_list_of_small_integers_is_left_to_the_unpickler(rows):
    array = np.empty(len(rows), object)
    array[:] = rows
    assert npz._parsed(pickle.dumps(array, 4)) is None


def test_a_list_that_stands_there_twice_is_left_to_the_unpickler():
    one = [1, 2]
    whole = packed([one, one, [3]], 4)
    assert npz._parsed(whole) is None
    assert as_lists(npz.integer_lists(whole)) == [[1, 2], [1, 2], [3]]


def test_arrays_of_numbers_are_restored_and_other_names_refused():
    rows = np.empty(2, object)
    rows[:] = [np.arange(6.0).reshape(2, 3), np.arange(3, dtype=np.int16)]
    found = [npz.numbers(one) for one in npz.objects(pickle.dumps(rows, 2))]
    np.testing.assert_array_equal(found[0], rows[0])
    assert found[1].dtype == np.int16
    rows[1] = io.BytesIO
    with pytest.raises(pickle.UnpicklingError, match="BytesIO"):
        npz.objects(pickle.dumps(rows))
