"""Data in memory: what each kind becomes, what is decided, and what a bad one is told."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

import seqmodels as sm
from seqmodels.core.errors import InputError
from seqmodels.data.memory import memory
from seqmodels.encoders import SeriesEncoder, TextEncoder

RNG = np.random.default_rng(0)
N, T, C = 40, 12, 3
BLOCK = np.arange(N * T * C, dtype=float).reshape(N, T, C)
CLASSES = np.arange(N) % 2
UNEQUAL = [np.full((3 + i % 5, 2), float(i)) for i in range(N)]
TEXTS = [f"a {'good' if i % 2 else 'bad'} film, number {i}" for i in range(N)]


def rows(dataset: sm.Dataset) -> list[Any]:
    """Return the inputs of all parts in the order of the data, told by their first number."""
    parts = [part for part in (dataset.train, dataset.valid, dataset.test) if part is not None]
    every = [np.asarray(row) for part in parts for row in part.inputs]
    return sorted(every, key=lambda row: row.ravel()[0])


# Arrays and lists


def test_an_array_is_sequences_and_its_targets_stay_with_their_rows():
    dataset = sm.read(BLOCK, np.arange(N) * 0.5)
    assert np.array_equal(rows(dataset), BLOCK)
    for part in (dataset.train, dataset.test):
        first = np.array([row[0, 0] for row in part.inputs])
        assert np.array_equal(first / (T * C), np.asarray(part.targets["target"]) * 2)
    assert (dataset.head, type(dataset.encoder)) == ("regression", SeriesEncoder)
    assert dataset.notes == (
        "40 sequences of 12 steps, 3 channels, target 'target'; 20 % held out, at random, seed 0",
    )


def test_numbers_without_channels_have_one():
    dataset = sm.read(BLOCK[:, :, 0], CLASSES)
    assert dataset.train.inputs[0].shape == (T, 1)
    assert dataset.head == "binary"
    assert "2 classes; 20 % held out, stratified" in dataset.notes[0]


def test_channels_may_come_first_as_in_aeon():
    turned = sm.read(BLOCK.swapaxes(1, 2), CLASSES, channels="first")
    assert np.array_equal(rows(turned), BLOCK)
    lists = sm.read([one.T for one in UNEQUAL], CLASSES, channels="first")
    assert [one.shape for one in rows(lists)] == [one.shape for one in UNEQUAL]


def test_the_array_is_not_copied():
    dataset = sm.read(BLOCK, CLASSES)
    assert np.shares_memory(dataset.train.inputs.values, BLOCK)


def test_lists_of_arrays_may_differ_in_length():
    for data in (UNEQUAL, pd.Series(UNEQUAL), [one.tolist() for one in UNEQUAL]):
        dataset = sm.read(data, list("ab") * 20)
        assert [one.tolist() for one in rows(dataset)] == [one.tolist() for one in UNEQUAL]
        assert "3 to 7 steps, 2 channels" in dataset.notes[0]


@pytest.mark.parametrize("box", [list, tuple, np.array, pd.Series], ids=lambda box: box.__name__)
def test_texts_come_in_any_box(box):
    dataset = sm.read(box(TEXTS), pd.Series(CLASSES, name="liked"))
    assert {*dataset.train.inputs, *dataset.test.inputs} == set(TEXTS)
    assert isinstance(dataset.encoder, TextEncoder)
    assert list(dataset.train.targets) == ["liked"]
    for text, liked in zip(dataset.test.inputs, dataset.test.targets["liked"], strict=True):
        assert ("good" in text) == liked


@pytest.mark.parametrize(
    ("target", "head"),
    [(["x", "y"] * 20, "binary"), (list("abcd") * 10, "multiclass"), ([True, False] * 20, "binary"),
     (np.arange(N), "regression"), (RNG.normal(size=(N, 2)), "regression"),
     (pd.Series(list("ab") * 20, dtype="category"), "binary")],
    ids=["words", "four", "bools", "counts", "two numbers", "categories"],
)  # fmt: skip
def test_the_head_follows_from_the_target(target, head):
    assert sm.read(BLOCK, target).head == head


# Parts


def test_parts_may_be_given():
    dataset = sm.read(
        BLOCK[:20], CLASSES[:20],
        test=(BLOCK[20:30], CLASSES[20:30]), valid=(BLOCK[30:], CLASSES[30:]),
    )  # fmt: skip
    assert dataset.valid is not None
    assert (len(dataset.train), len(dataset.valid), len(dataset.test)) == (20, 10, 10)
    assert np.array_equal(dataset.test.inputs[0], BLOCK[20])


def test_a_share_and_a_seed_say_what_is_held_out():
    one, same, other = (sm.read(BLOCK, CLASSES, test=0.5, seed=s) for s in (1, 1, 2))
    assert len(one.test) == 20
    assert one.test.targets["target"].sum() == 10, "stratified"
    assert np.array_equal(one.test.inputs.starts, same.test.inputs.starts)
    assert not np.array_equal(one.test.inputs.starts, other.test.inputs.starts)


@pytest.mark.parametrize("how", ["values", "groups", "both"])
def test_a_speaker_stays_on_one_side(how):
    who = np.arange(N) // 5
    options: dict[str, Any] = {
        "values": {"group_by": pd.Series(who, name="speaker")},
        "groups": {"groups": who},
        "both": {"groups": {"speaker": who, "room": who % 2}, "group_by": "speaker"},
    }[how]
    dataset = sm.read(BLOCK, CLASSES, **options)
    name = "group" if how == "groups" else "speaker"
    assert dataset.group_by == name
    assert not set(dataset.train.groups[name]) & set(dataset.test.groups[name])
    assert f"no {name} on both sides" in dataset.notes[0]


# Tables


def test_a_table_with_texts_is_read_by_its_columns():
    table = pd.DataFrame({"review": TEXTS, "who": list("abcd") * 10, "liked": CLASSES})
    dataset = sm.read(table, "liked", group_by="who")
    assert set(dataset.train.inputs) <= set(TEXTS)
    assert dataset.group_by == "who"
    assert list(dataset.train.targets) == ["liked"]
    assert sm.read(table, "liked", text="who").train.inputs[0] in "abcd"


def test_a_table_of_numbers_has_a_sequence_in_each_row():
    table = pd.DataFrame(BLOCK[:, :, 0]).assign(label=CLASSES)
    dataset = sm.read(table, "label")
    assert np.array_equal(rows(dataset), BLOCK[:, :, :1])
    some = sm.read(table, "label", columns=["0", "2"])
    assert np.array_equal(rows(some), BLOCK[:, [0, 2], :1])
    apart = sm.read(pd.DataFrame(BLOCK[:, :, 0]), CLASSES)
    assert np.array_equal(rows(apart), BLOCK[:, :, :1])


DAYS = pd.DataFrame({"date": pd.date_range("2020-01-01", periods=200), "y": np.arange(200.0)})


@pytest.mark.parametrize(
    "table",
    [DAYS, DAYS.set_index("date"), DAYS.set_index("date")["y"],
     DAYS.set_index(pd.PeriodIndex(DAYS["date"], freq="D"))[["y"]],
     DAYS.rename_axis(None).set_index(pd.DatetimeIndex(DAYS["date"], name=None))[["y"]]],
    ids=["column", "index", "series", "periods", "an index without a name"],
)  # fmt: skip
def test_a_table_with_times_is_a_series_to_forecast(table):
    dataset = sm.read(table, window=5)
    assert dataset.head == "regression"
    assert dataset.train.inputs[0].ravel().tolist() == [0, 1, 2, 3, 4]
    assert dataset.train.targets["value"][0] == 5
    assert "one day" in dataset.notes[1]


def test_a_table_of_dated_texts_is_texts():
    table = pd.DataFrame({"date": DAYS["date"][:N], "review": TEXTS, "stars": np.arange(N) % 5})
    dataset = sm.read(table, "stars")
    assert isinstance(dataset.encoder, TextEncoder)
    assert set(dataset.train.inputs) <= set(TEXTS)


# Hugging Face


@pytest.fixture(scope="module")
def hub():
    datasets = pytest.importorskip("datasets", reason="install datasets to run this test")
    features = datasets.Features(
        {
            "text": datasets.Value("string"),
            "label": datasets.ClassLabel(names=["neg", "pos"]),
            "who": datasets.Value("string"),
        }
    )
    columns = {"text": TEXTS, "label": CLASSES.tolist(), "who": list("abcd") * 10}
    return datasets, datasets.Dataset.from_dict(columns, features=features)


def test_a_hub_dataset_is_read_with_the_names_of_its_labels(hub):
    _, data = hub
    for one in (data, data.with_format("numpy")):
        dataset = sm.read(one, group_by="who")
        assert dataset.group_by == "who"
        for text, label in zip(dataset.test.inputs, dataset.test.targets["label"], strict=True):
            assert label == ("pos" if "good" in text else "neg")


def test_the_parts_of_a_hub_dataset_stay_what_they_are(hub):
    datasets, data = hub
    parts = {"train": range(20), "validation": range(20, 30), "test": range(30, 40)}
    both = datasets.DatasetDict({name: data.select(which) for name, which in parts.items()})
    dataset = sm.read(both, "label")
    assert dataset.valid is not None
    assert dataset.train.inputs == TEXTS[:20]
    assert dataset.valid.inputs == TEXTS[20:30]
    assert dataset.test.inputs == TEXTS[30:]
    with pytest.raises(InputError, match="needs a part 'train'"):
        sm.read(datasets.DatasetDict({"test": data}))


def test_a_hub_dataset_may_hold_sequences_or_numbers(hub):
    datasets, _ = hub
    nested = {"x": [one.tolist() for one in UNEQUAL], "y": list(range(N))}
    dataset = sm.read(datasets.Dataset.from_dict(nested), "y")
    assert [one.tolist() for one in rows(dataset)] == [one.tolist() for one in UNEQUAL]
    flat = {**{f"t{i}": BLOCK[:, i, 0] for i in range(T)}, "label": CLASSES}
    assert np.array_equal(rows(sm.read(datasets.Dataset.from_dict(flat))), BLOCK[:, :, :1])


def test_a_hub_dataset_without_labels_or_length_is_refused(hub):
    _, data = hub
    bare = (
        data.remove_columns("label")
        .add_column("label", [-1] * N)
        .cast_column("label", data.features["label"])
    )
    with pytest.raises(InputError, match=r"no label in row 0.*-1"):
        sm.read(bare)
    with pytest.raises(InputError, match="streamed"):
        sm.read(data.to_iterable_dataset())


# What is refused

GAP = np.where(np.arange(T) == 7, np.nan, BLOCK[:, :, 0])
BAD: dict[str, tuple[tuple[Any, ...], dict[str, Any], str]] = {
    "no targets": ((BLOCK,), {}, "need their targets"),
    "no targets of a table": ((pd.DataFrame(BLOCK[:, :, 0]),), {}, "needs its target"),
    "too few targets": ((BLOCK, CLASSES[1:]), {}, "each of the 40 rows, got 39"),
    "a target is None": ((BLOCK, [*CLASSES[1:], None]), {}, "missing in row 39"),
    "a target is NaN": ((BLOCK, [np.nan, *CLASSES[1:]]), {}, "missing in row 0"),
    "a name without a table": ((BLOCK, "label"), {}, "goes with a table only"),
    "nested targets": ((BLOCK, [[1], [1, 2]] * 20), {}, r"one label or number.*\[1\]"),
    "a number is missing": ((GAP, CLASSES), {}, "Row 0 .* has nan in step 7, channel 0"),
    "an empty row": (([[1.0], []] * 20, CLASSES), {}, "row 1, 3, 5"),
    "a row is None": (([[1.0], None] * 20, CLASSES), {}, "Row 1 .* missing"),
    "other channels": (([np.ones((2, 2)), np.ones((2, 3))] * 20, CLASSES), {}, "channels of row 0"),
    "one long list": (([1, 2, 3], [0, 1, 0]), {}, "flat list of 3 values"),
    "four dimensions": ((np.ones((4, 4, 4, 4)), [0, 1, 0, 1]), {}, r"\[N, T\] or \[N, T, C\]"),
    "dates": ((np.array(["2020-01-01"] * 4, "M8[D]").reshape(2, 2), [0, 1]), {}, "datetime64"),
    "one text": (("no such file.csv", CLASSES), {}, "no file or folder"),
    "texts and numbers": ((["a", 3.0] * 20, CLASSES), {}, "Row 1, 3, 5, 7, 9 .* is none"),
    "an empty text": ((["a", " "] * 20, CLASSES), {}, "Row 1, 3.* is empty"),
    "nothing": (([], []), {}, "no rows"),
    "a generator": (((one for one in BLOCK), CLASSES), {}, "got generator"),
    "an unknown option": ((BLOCK, CLASSES), {"tset": 0.3}, "Did you mean 'test'"),
    "a share above one": ((BLOCK, CLASSES), {"test": 1.5}, "'test'"),
    "another test part": ((BLOCK, CLASSES), {"test": (TEXTS, CLASSES)}, "it is 40 texts"),
    "no such group": ((BLOCK, CLASSES), {"group_by": "who"}, "No group 'who'"),
    "a group too short": ((BLOCK, CLASSES), {"group_by": [1, 2]}, "got 2 for 40"),
    "no such column": ((DAYS, "z"), {}, "no column 'z'"),
    "several texts": ((pd.DataFrame({"a": TEXTS, "b": TEXTS, "y": CLASSES}), "y"), {}, "'a', 'b'"),
    "a column twice": ((pd.DataFrame(np.ones((3, 2)), columns=["a", "a"]), "a"), {}, "once"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_data_are_told_what_is_wrong_with_them(case):
    given, options, said = BAD[case]
    with pytest.raises(InputError, match=said) as caught:
        sm.read(*given, **options)
    assert len(caught.value.problems) == 1


def test_reading_imports_no_library_that_is_not_there():
    assert memory.hub.is_hub(BLOCK) is False
    assert memory.frames.is_frame(DAYS)


# End to end


def test_what_is_read_trains_with_nothing_else_said(tmp_path):
    loud = BLOCK[:, :, :1] * 0 + np.where(CLASSES == 1, 3.0, -3.0)[:, None, None]
    noise = RNG.normal(size=loud.shape)
    data = sm.read(loud + noise, np.where(CLASSES == 1, "loud", "quiet"))
    run = sm.train(data, epochs=6, out=tmp_path / "run", settings={"training.learning_rate": 0.02})
    assert run.scores["accuracy"] > 0.9
    assert run.predict([np.full((T, 1), 3.0)]).answers == ["loud"]
