"""Examples and sequences: counted, cut and shared without copies."""

import dataclasses
import re
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqmodels import Dataset, Examples, InputError, Sequences
from seqmodels.core.encoder import Encoder, Spec, learned
from seqmodels.core.examples import codes_of
from seqmodels.encoders import TextEncoder


def test_examples_need_one_target_per_input():
    with pytest.raises(InputError, match="got 2 inputs and 1 values of 'mood'"):
        Examples(["a", "b"], {"mood": ["good"]})


def test_an_unknown_target_names_those_there_are():
    with pytest.raises(InputError, match="The targets are 'mood'"):
        Examples(["a"], {"mood": ["good"]}).target("colour")


def test_a_split_keeps_the_share_of_each_class_and_loses_nobody():
    labels = ["rare"] * 10 + ["common"] * 90
    train, valid = Examples(list(range(100)), {"kind": labels}).split(0.2, seed=3, by="kind")
    assert sorted([*train.inputs, *valid.inputs]) == list(range(100))
    assert valid.target("kind").count("rare") == 2
    assert valid.target("kind").count("common") == 18


def test_a_class_with_one_example_stays_in_the_first_part():
    train, valid = Examples(list("abc"), {"kind": ["x", "y", "y"]}).split(0.5, seed=0, by="kind")
    assert "x" in train.target("kind")
    assert len(valid) == 1


def test_the_same_seed_gives_the_same_split():
    every = Examples(list(range(50)), {"n": list(range(50))})
    assert every.split(0.3, 7)[1].inputs == every.split(0.3, 7)[1].inputs
    assert every.split(0.3, 7)[1].inputs != every.split(0.3, 8)[1].inputs


def test_an_empty_sequence_is_refused_with_its_row():
    with pytest.raises(InputError, match="row 1 "):
        Sequences.of([[1.0], [], [2.0]])


def test_text_in_a_sequence_of_numbers_is_refused_with_its_row():
    with pytest.raises(InputError, match="Row 1 is not a sequence of numbers"):
        Sequences.of([[1.0], ["x"]])


def test_rows_with_other_channels_are_refused():
    with pytest.raises(InputError, match="row 1 has 3"):
        Sequences.of([[[1, 2]], [[1, 2, 3]]])


def test_windows_share_the_series():
    series = np.zeros((200_000, 4))
    tracemalloc.start()
    starts = np.arange(199_000)
    windows = Sequences(series, starts, np.full(len(starts), 96))
    some = windows.take(np.arange(0, 199_000, 2)).cut(50, "end")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert some[0].base is series or some[0].base is not None
    assert len(some[0]) == 50
    assert peak < 20 * len(starts) * 8, "index vectors only; the windows would take 610 MB"


def test_cutting_keeps_the_end_that_was_asked_for():
    rows = Sequences.of([[1, 2, 3, 4], [5]])
    assert rows.cut(2, "end")[0].ravel().tolist() == [3, 4]
    assert rows.cut(2, "start")[0].ravel().tolist() == [1, 2]
    assert rows.cut(2, "end")[1].ravel().tolist() == [5]


def test_covered_steps_are_those_a_sequence_reads():
    rows = Sequences(np.arange(10.0)[:, None], np.array([1, 2, 7]), np.array([2, 2, 1]))
    assert rows.covered().nonzero()[0].tolist() == [1, 2, 3, 7]


def test_a_dataset_refuses_an_empty_part_and_unlike_targets():
    some = Examples(["a"], {"mood": ["good"]})
    with pytest.raises(InputError, match="test part has no examples"):
        Dataset(train=some, test=Examples([], {"mood": []}), encoder=TextEncoder())
    with pytest.raises(InputError, match="test part has targets 'colour'"):
        Dataset(train=some, test=Examples(["a"], {"colour": [1]}), encoder=TextEncoder())


def test_inputs_without_a_target_are_some_or_none():
    some = Examples(["a"], {"mood": ["good"]})
    with pytest.raises(InputError, match=r"^There are no inputs in unlabelled=\. Leave it out, or"):
        Dataset(train=some, test=some, encoder=TextEncoder(), unlabelled=[])
    assert Dataset(train=some, test=some, encoder=TextEncoder()).unlabelled is None
    one = Dataset(train=some, test=some, encoder=TextEncoder(), unlabelled=["b"])
    assert one.unlabelled == ["b"]


def test_targets_without_a_name_and_an_encoder_class_are_refused():
    with pytest.raises(InputError, match=r"targets by name, as in .*, got list"):
        Examples(["a"], ["good"])
    some = Examples(["a"], {"mood": ["good"]})
    with pytest.raises(InputError, match="needs an encoder"):
        Dataset(train=some, test=some, encoder=TextEncoder)


def of_everything(n: int = 6) -> Examples:
    """Examples with every field there is; each value says its row."""
    return Examples(
        [f"text {i}" for i in range(n)],
        {"number": np.arange(n) * 10, "label": pd.Series([f"l{i}" for i in range(n)])},
        naive={"number": {"last": list(range(n)), "season": np.arange(n) + 0.5}},
        groups={"writer": [f"w{i}" for i in range(n)]},
        times=np.stack([np.arange(n), np.arange(n) + 1], axis=1),
        rows=np.arange(n) + 100,
    )


@pytest.mark.parametrize("rows", [[4, 0, 3], np.array([4, 0, 3]), []])
def test_taking_examples_takes_every_field_in_that_order(rows):
    some, rows = of_everything().take(rows), list(rows)
    assert some.inputs == [f"text {i}" for i in rows]
    assert isinstance(some.target("number"), np.ndarray)
    assert some.target("number").tolist() == [10 * i for i in rows]
    assert isinstance(some.target("label"), pd.Series)
    assert some.target("label").tolist() == [f"l{i}" for i in rows]
    assert some.naive["number"]["last"] == rows
    assert some.naive["number"]["season"].tolist() == [i + 0.5 for i in rows]
    assert some.groups["writer"] == [f"w{i}" for i in rows]
    assert some.times is not None
    assert some.times.tolist() == [[i, i + 1] for i in rows]
    assert some.rows is not None
    assert some.rows.tolist() == [i + 100 for i in rows]


def test_what_is_unknown_stays_unknown_when_examples_are_taken():
    some = Examples(["a", "b"], {"n": [1, 2]}).take([1])
    assert some.times is None
    assert some.rows is None


def test_examples_are_taken_by_place_whatever_their_labels_and_their_container():
    backwards = pd.Series(["x", "y", "z"], index=[2, 1, 0])
    steps = Sequences.of([[1.0], [2.0, 3.0], [4.0]])
    some = Examples(steps, {"kind": backwards}).take([0, 1])
    assert some.target("kind").tolist() == ["x", "y"]
    assert isinstance(some.inputs, Sequences)
    assert [row.ravel().tolist() for row in some.inputs] == [[1], [2, 3]]


@pytest.mark.parametrize("field", ["targets", "naive", "groups"])
def test_every_column_needs_a_value_for_each_input(field):
    columns = {"targets": {"n": [1, 2]}, field: {"odd": [1]}}
    if field == "naive":
        columns["naive"] = {"n": {"odd": [1]}}
    with pytest.raises(InputError, match="got 2 inputs and 1 values of 'odd'"):
        Examples(["a", "b"], **columns)


@pytest.mark.parametrize("shape", [(2,), (2, 4), (3, 2)])
def test_times_of_another_shape_are_refused_with_both_shapes(shape):
    message = rf"times of the shape \[2, 2\] or \[2, 3\], got {re.escape(str(shape))}"
    with pytest.raises(InputError, match=message):
        Examples(["a", "b"], {"n": [1, 2]}, times=np.zeros(shape))


EVERY_TIME = settings(derandomize=True, deadline=None, database=None)  # the same examples
SMALL = st.lists(st.sampled_from("abc"), min_size=2, max_size=30)
SHARE = st.floats(0.01, 0.99)


@EVERY_TIME
@given(SMALL, SHARE, st.integers(0, 9))
def test_a_split_keeps_every_example_once_and_a_class_is_never_lost_to_the_second_part(
    labels, fraction, seed
):
    every = Examples(list(range(len(labels))), {"kind": labels})
    first, second = every.split(fraction, seed, by="kind")
    assert sorted([*first.inputs, *second.inputs]) == every.inputs
    assert len(second) >= 1
    several = max(map(labels.count, set(labels))) > 1
    for kind in set(labels):
        count = labels.count(kind)
        there = list(second.target("kind")).count(kind)
        assert there <= max(1, round(fraction * count))
        assert there >= min(round(fraction * count), count - 1)
        assert not several or there < count, "its last example stays in the first part"


@EVERY_TIME
@given(st.integers(2, 60), SHARE)
def test_the_second_part_holds_the_fraction_that_was_asked_for(n, fraction):
    first, second = Examples(list(range(n)), {"n": list(range(n))}).split(fraction, seed=0)
    assert len(second) == min(max(1, round(fraction * n)), n - 1)
    assert len(first) + len(second) == n


def test_both_parts_of_a_split_are_shuffled():
    first, second = Examples(list(range(60)), {"n": list(range(60))}).split(0.5, seed=0)
    assert list(first.inputs) != sorted(first.inputs)
    assert list(second.inputs) != sorted(second.inputs)


def test_a_category_is_split_as_its_labels_are():
    labels = [*"zyzzyyzzzy", *"zz"]
    plain = Examples(list(range(12)), {"kind": labels})
    category = Examples(list(range(12)), {"kind": pd.Series(labels, dtype="category")})
    assert plain.split(0.3, 1, by="kind")[1].inputs == category.split(0.3, 1, by="kind")[1].inputs


def test_the_codes_of_a_category_are_numbers_that_are_the_same_where_the_values_are():
    codes = codes_of(pd.Series(["b", "a", "b"], dtype="category"))
    assert codes.dtype.kind == "i"
    assert (codes[:, None] == codes).tolist() == [
        [True, False, True],
        [False, True, False],
        [True, False, True],
    ]
    assert codes_of(["b", "a"]).tolist() == ["b", "a"]


WRITERS = st.lists(st.sampled_from("uvwxyz"), min_size=2, max_size=30).filter(
    lambda names: len(set(names)) > 1
)


@EVERY_TIME
@given(WRITERS, SHARE, st.integers(0, 9))
def test_no_group_is_on_both_sides_of_a_split(writers, fraction, seed):
    every = Examples(list(range(len(writers))), {"n": writers}, groups={"writer": writers})
    first, second = every.split(fraction, seed, group_by="writer")
    assert sorted([*first.inputs, *second.inputs]) == every.inputs
    assert len(first) >= 1
    assert len(second) >= 1
    assert not set(first.groups["writer"]) & set(second.groups["writer"])
    largest = max(map(writers.count, writers))
    assert len(second) < fraction * len(writers) + largest, "it was full before the last group"


def test_groups_are_drawn_until_the_second_part_is_full_and_no_further():
    every = Examples(list(range(8)), {"n": list(range(8))}, groups={"writer": list(range(8))})
    for seed in range(5):
        assert len(every.split(0.5, seed, group_by="writer")[1]) == 4
        assert len(every.split(0.51, seed, group_by="writer")[1]) == 5
    first, again = (
        [tuple(every.split(0.5, seed, group_by="writer")[1].inputs) for seed in range(9)]
        for _ in range(2)
    )
    assert first == again
    assert len(set(first)) > 1, "the seed decides which"


def test_the_group_that_is_drawn_last_stays_in_the_first_part_however_large():
    writers = ["busy"] * 8 + ["new", "rare"]
    every = Examples(list(range(10)), {"n": writers}, groups={"writer": writers})
    sizes = {len(every.split(0.5, seed, group_by="writer")[1]) for seed in range(30)}
    assert sizes == {8, 9, 2}, "busy first; busy after another; busy last, which is left out"


def test_a_group_to_keep_apart_must_exist_and_differ():
    every = Examples(["a", "b"], {"n": [1, 2]}, groups={"writer": ["w", "w"]})
    with pytest.raises(InputError, match=r"No group 'reader'.*'writer'"):
        every.split(0.5, 0, group_by="reader")
    with pytest.raises(InputError, match="All examples have the same 'writer'"):
        every.split(0.5, 0, group_by="writer")


def test_a_step_is_an_id_or_numbers_and_not_both():
    assert Spec(vocabulary=9).channels is None
    assert Spec(channels=2).vocabulary is None
    for wrong in ({}, {"vocabulary": 9, "channels": 2}):
        with pytest.raises(InputError, match="either vocabulary or channels, got Spec"):
            Spec(**wrong)


class Steps(Encoder):
    """Reads lists of numbers as they are."""

    spec = Spec(channels=1)

    def fit(self, inputs):
        return self

    def encode(self, inputs):
        return Sequences.of(inputs)


def test_inputs_are_read_one_json_value_a_line():
    assert Steps().read("[1, 2]\n\n   \n[[3], [4]]\n") == [[1, 2], [[3], [4]]]
    assert Steps().read("") == []


def test_a_line_that_is_not_json_is_named_and_shown():
    with pytest.raises(InputError, match=r"Line 3 is not JSON \(Expecting value\): 'x{60}'\. Give"):
        Steps().read("[1]\n\n" + "x" * 200)


def test_an_encoder_reads_text_knows_no_last_value_and_counts_steps_unless_it_says_more(tmp_path):
    assert Steps().open(tmp_path) is None
    assert Steps().last_value() is None
    assert Steps().show([1, 2, 3]) == "3 steps"


@pytest.mark.parametrize("name", ["train", "valid", "test"])
def test_the_part_that_is_wrong_is_named(name):
    some = Examples(["a"], {"mood": ["good"]})
    parts = {"train": some, "valid": some, "test": some}
    with pytest.raises(InputError, match=f"The {name} part has no examples"):
        Dataset(**parts | {name: Examples([], {"mood": []})}, encoder=Steps())
    if name != "train":
        with pytest.raises(InputError, match=f"{name} part has targets 'colour', the train part"):
            Dataset(**parts | {name: Examples(["a"], {"colour": [1]})}, encoder=Steps())


def test_a_dataset_may_do_without_a_valid_part():
    some = Examples(["a"], {"mood": ["good"]})
    assert Dataset(train=some, test=some, encoder=Steps()).valid is None


def test_what_is_learned_is_none_until_then_and_no_setting():
    @dataclasses.dataclass
    class Part:
        mean: float | None = learned()

    assert Part().mean is None
    assert dataclasses.fields(Part)[0].metadata["learned"] is True


def test_a_step_knows_the_channels_whose_future_is_told_each_once():
    assert Spec(channels=3, continues=(2, 2, 0, 0)).forecast_channels == (2, 0)
    assert Spec(channels=3).forecast_channels == ()
