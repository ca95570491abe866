"""Tables with a sequence in each cell, a list of numbers, are read from files and from memory."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import seqmodels as sm
from seqmodels.core.errors import InputError
from seqmodels.data.reading import recognised
from seqmodels.data.sequences.dataset import inputs, look

STEPS = [[float(i + t) for t in range(3 + i % 4)] for i in range(12)]
LABELS = ["up" if i % 2 else "down" for i in range(12)]


def lines(path: Path, rows: list, name: str = "walks.jsonl") -> Path:
    (path / name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path / name


def walks(steps=STEPS, labels=LABELS, **more: list) -> list[dict]:
    columns = {"steps": steps, "label": labels, **more}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def together(data: sm.Dataset) -> dict[str, str]:
    return {
        json.dumps(np.asarray(values).tolist()): label
        for part in (data.train, data.test)
        for values, label in zip(part.inputs, next(iter(part.targets.values())), strict=True)
    }


EXPECTED = {json.dumps([[x] for x in one]): label for one, label in zip(STEPS, LABELS, strict=True)}


def test_a_column_of_lists_is_a_sequence_in_each_row(tmp_path):
    path = lines(tmp_path, walks())
    assert recognised(path, {})[0] == "sequences"
    data = sm.read(path)
    assert together(data) == EXPECTED
    assert data.head == "binary"
    assert data.notes[0].startswith("walks.jsonl: 12 sequences of 3 to 6 steps, 1 channel")
    pd.DataFrame(walks()).to_parquet(tmp_path / "walks.parquet")
    assert together(sm.read(tmp_path / "walks.parquet")) == EXPECTED
    assert together(sm.read(pd.DataFrame(walks()), "label")) == EXPECTED


def test_lists_in_lists_are_steps_of_several_channels(tmp_path):
    steps = [[[x, -x] for x in one] for one in STEPS]
    path = lines(tmp_path, walks(steps))
    expected = dict(zip(map(json.dumps, steps), LABELS, strict=True))
    assert together(sm.read(path)) == expected
    named = sm.read(path, channels=("x", "y"))
    assert together(named) == expected
    assert named.encoder.columns == ("x", "y")  # type: ignore[attr-defined]


def test_several_columns_of_lists_are_channels(tmp_path):
    down = [[-x for x in one] for one in STEPS]
    rows = walks(down=down)
    path = lines(tmp_path, rows)
    data = sm.read(path)
    assert data.encoder.columns == ("steps", "down")  # type: ignore[attr-defined]
    sides = [[[x, -x] for x in one] for one in STEPS]
    expected = dict(zip(map(json.dumps, sides), LABELS, strict=True))
    assert together(data) == expected
    assert together(sm.read(pd.DataFrame(rows), "label")) == expected
    turned = {
        json.dumps([step[::-1] for step in json.loads(key)]): expected[key] for key in expected
    }
    assert together(sm.read(path, channels=("down", "steps"))) == turned
    assert together(sm.read(pd.DataFrame(rows), "label", columns=("down", "steps"))) == turned
    assert together(sm.read(path, channels=("steps",))) == EXPECTED
    assert together(sm.read(pd.DataFrame(rows), "label", columns=("steps",))) == EXPECTED


def test_two_files_are_the_parts_and_other_columns_are_groups(tmp_path):
    lines(tmp_path, walks()[:8], "walks_train.jsonl")
    data = sm.read(lines(tmp_path, walks()[8:], "walks_test.jsonl"))
    assert (len(data.train), len(data.test)) == (8, 4)
    path = lines(tmp_path, walks(who=[f"p{i // 3}" for i in range(12)], tags=[["a"]] * 12))
    data = sm.read(path, target="label", group_by="who", test=0.3)
    assert not set(data.train.groups["who"]) & set(data.test.groups["who"])
    assert list(data.train.groups) == ["who"]  # a list of words is nobody


def test_numbers_are_foretold_and_gaps_are_dealt_with_as_told(tmp_path):
    steps = [[1.0, None, 3.0, float("inf")], *STEPS[1:]]
    path = lines(tmp_path, walks(steps, [i / 7 for i in range(12)]))
    with pytest.raises(InputError, match="line 1: the value of step 2 is missing"):
        sm.read(path)
    data = sm.read(path, missing="interpolate")
    assert data.head == "regression"
    assert together(data)["[[1.0], [2.0], [3.0], [3.0]]"] == 0


def new(path: Path, **arguments) -> list | None:
    found = inputs(path, **arguments)
    return None if found is None else [np.asarray(one).tolist() for one in found]


def test_new_rows_need_no_label(tmp_path):
    bare = [{"steps": one} for one in STEPS]
    expected = [[[x] for x in one] for one in STEPS]
    assert new(lines(tmp_path, bare), target="label") == expected
    assert new(lines(tmp_path, walks()), target="label") == expected
    pd.DataFrame(bare).to_parquet(tmp_path / "new.parquet")
    assert new(tmp_path / "new.parquet", target="label") == expected
    two = [{"steps": one, "down": one[::-1]} for one in STEPS]
    (first, *_) = inputs(lines(tmp_path, two), target="label", channels=("down", "steps")) or []
    assert first.to_dict("list") == {"down": STEPS[0][::-1], "steps": STEPS[0]}


BROKEN = {
    "empty": (walks([[], *STEPS[1:]]), {}, r"line 1, column 'steps': the sequence is empty"),
    "none": (walks([*STEPS[:-1], None]), {}, r"line 12, column 'steps': 'None' is no list\. Give"),
    "words later": (
        walks([*STEPS * 100, [1, "a"]], [*LABELS * 100, "up"]), {},
        r"line 1201, column 'steps': step 2 is \"a\"\. Give a list of numbers",
    ),
    "a word": (walks([*STEPS[:7], [1, 2, "x"], *STEPS[8:]]), {}, r'line 8, .*: step 3 is "x"'),
    "no list": (walks([*STEPS[:7], 5, *STEPS[8:]]), {}, "line 8, column 'steps': '5' is no list"),
    "ragged steps": (
        walks([*[[[1, 2]]] * 11, [[1, 2], None, [3]]]), {}, "line 12, .*: step 2 is null"
    ),
    "a short step": (walks([*[[[1, 2]]] * 11, [[1, 2], [3]]]), {}, r"line 12, .*: step 2 is \[3\]"),
    "a flat row": (
        walks([*[[[1, 2]]] * 11, [1, 2]]), {}, "line 12: 1 channels, where .*line 1 has 2"
    ),
    "a number too large": (walks([[10**400], *STEPS[1:]]), {}, "line 1, .*a number is too large"),
    "ragged channels": (
        walks([[[1, 2]], *[[[1, 2, 3]]] * 11]), {}, "line 2: 3 channels, where .*line 1 has 2",
    ),
    "two of several channels": (
        walks([[[1, 2]]] * 12, more=[[[1, 2]]] * 12), {}, "Choose: --set dataset.channels=steps"
    ),
    "an embedding": (
        walks(more=[[1.0] * 50] * 12), {}, "in no row as long as each other.*channels=steps"
    ),
    "lists in one of two channels": (
        walks(more=[*STEPS[:11], [[1, 2], [3, 4]]]), {}, "line 12, column 'more': lists in a list"
    ),
    "channels of two lengths": (
        walks(more=[*STEPS[:11], [1.0, 2.0]]), {}, "line 12: channels of 2 to 6 steps"
    ),
    "no such column": (
        walks(more=STEPS), {"channels": ("steps", "z")}, r"no lists in 'z' \(channels=\), but in"
    ),
    "a column of words": (walks(), {"channels": ("label",)}, "no lists in 'label'"),
    "no label": (walks(labels=["", *LABELS[1:]]), {}, "line 1: no label in column 'label'"),
    "nothing but lists": ([{"steps": one} for one in STEPS], {}, "no column of labels. Add one"),
    "an id": (
        [{"steps": one, "id": i} for i, one in enumerate(STEPS)], {}, "predicted: --target id"
    ),
    "which label": (
        walks(kind=LABELS), {"target": "colour"}, "no column 'colour' of labels. There are"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_no_table_of_sequences_is_one_clear_error(tmp_path, case):
    rows, given, says = BROKEN[case]
    path = lines(tmp_path, rows)
    with pytest.raises(InputError, match=says):
        sm.read(path, **given)


@pytest.mark.parametrize("cell", [["a", "b"], [True, False], [[["a"]]], {"a": 1}, [[[1, 2]]]])
def test_lists_of_other_things_are_left_to_others(tmp_path, cell):
    path = lines(tmp_path, walks([cell] * 12))
    assert look(path, {}) is None
    assert inputs(path) is None


def test_a_column_is_chosen_beside_an_embedding_and_stays_chosen(tmp_path):
    steps = [[[x, -x, 0.5] for x in one] for one in STEPS]
    path = lines(tmp_path, walks(steps, more=[[1.0] * 50] * 12))
    data = sm.read(path, channels=("steps",))
    assert together(data) == dict(zip(map(json.dumps, steps), LABELS, strict=True))
    assert new(path, channels=("steps",)) == steps
    alone = lines(tmp_path, walks(), "alone.jsonl")
    assert recognised(alone, {})[1].arguments["channels"] == ("steps",)
    with pytest.raises(InputError, match=r"no lists in 'other' \(channels=\), but in 'steps'"):
        inputs(path, channels=("other",))


def test_a_broken_line_is_named_the_first_one_too(tmp_path):
    text = lines(tmp_path, walks()).read_text().splitlines()
    for number in (1, 5):
        broken = [*text[: number - 1], text[number - 1][:-3], *text[number:]]
        (tmp_path / "broken.jsonl").write_text("\n".join(broken))
        with pytest.raises(InputError, match=f"line {number}: needs one JSON object a line"):
            sm.read(tmp_path / "broken.jsonl")


def test_a_person_that_is_not_there_is_nobody(tmp_path):
    path = lines(tmp_path, walks(who=["", *"abcabcabcab"]))
    with pytest.raises(InputError, match=r"1 of 12 examples have no 'who'.* number 0 "):
        sm.read(path, target="label", group_by="who")


def test_arrays_of_arrays_are_sequences(tmp_path):
    steps = [[[x, -x] for x in one] for one in STEPS]
    pd.DataFrame(walks(steps)).to_parquet(tmp_path / "walks.parquet")
    frame = pd.read_parquet(tmp_path / "walks.parquet")
    assert together(sm.read(frame, "label")) == dict(
        zip(map(json.dumps, steps), LABELS, strict=True)
    )


def test_lists_of_unequal_length_in_memory_are_no_channels():
    frame = pd.DataFrame(walks(more=[[1.0, 2.0]] * 12))
    with pytest.raises(InputError, match=r"Row 0 .*'steps', 'more'.* no lists of as many numbers"):
        sm.read(frame, "label")


def test_a_file_of_lists_is_trained_on_and_answered(tmp_path):
    rng = np.random.default_rng(0)
    rows = walks(
        [rng.normal(size=3 + i % 4).tolist() for i in range(40)], [*LABELS * 3, *LABELS[:4]]
    )
    run = sm.train(str(lines(tmp_path, rows)), epochs=1, quiet=True, out=tmp_path / "run")
    for given in ({}, {"channels": ("steps",)}):
        answers = run.predict(inputs(lines(tmp_path, rows[:3]), target="label", **given) or [])
        assert len(answers) == 3
