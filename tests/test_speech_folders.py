"""Folders of recordings: labels by names, by tables and by folders."""

import json
from pathlib import Path

import pytest
from sound_written import GOOD, NOISE, RNG, tone, write

import seqmodels as sm
from seqmodels import InputError
from seqmodels.core import sound
from seqmodels.data.reading import recognised


def folder(root: Path, names: list[str], samples=NOISE) -> Path:
    for name in names:
        write(root / name, samples)
    return root


DIGITS = [f"{d}_{who}_{i}.wav" for d in range(3) for who in ("ann", "bob") for i in range(25)]


def test_a_folder_named_by_parts_asks_which_is_the_label(tmp_path):
    with pytest.raises(InputError) as error:
        recognised(folder(tmp_path, DIGITS), {})
    assert "--set 'dataset.pattern={label}_{speaker}_{index}' (3 labels: '0'" in str(error.value)
    assert "'dataset.pattern={part1}_{label}_{index}' (2 labels: 'ann', 'bob')" in str(error.value)


def test_what_the_message_asks_for_is_enough(tmp_path):
    data = sm.read(folder(tmp_path, DIGITS), pattern="{label}_{speaker}_{index}")
    assert data.head == "multiclass"
    assert sorted(set(data.train.targets["label"])) == ["0", "1", "2"]
    assert set(data.train.groups) == {"speaker"}
    assert data.notes[0].startswith("150 recordings, 18.8 s, read at 8,000 Hz")
    assert "3 classes" in data.notes[1]
    assert "20 % held out, stratified, seed 0" in data.notes[1]


def test_one_part_that_can_be_the_label_is_taken(tmp_path):
    names = [f"{word}-{i:03}.wav" for word in ("left", "right") for i in range(30)]
    name, found = recognised(folder(tmp_path, names), {})
    assert (name, found.head) == ("speech", "binary")
    assert found.arguments == {"pattern": "{label}-{index}"}


def test_speakers_are_kept_apart(tmp_path):
    data = sm.read(
        folder(tmp_path, DIGITS), pattern="{label}_{speaker}_{index}", group_by="speaker"
    )
    assert set(data.train.groups["speaker"]).isdisjoint(data.test.groups["speaker"])
    assert data.group_by == "speaker"


@pytest.mark.parametrize(
    ("where", "count"),
    [("index in 0-4", 30), ("index in 0-1, 7", 18), ("speaker in ann", 75), ("label in 2", 50)],
)
def test_the_test_part_by_a_field(tmp_path, where, count):
    data = sm.read(folder(tmp_path, DIGITS), pattern="{label}_{speaker}_{index}", test_where=where)
    assert (len(data.train), len(data.test)) == (150 - count, count)
    assert f"by {where}" in data.notes[1]


@pytest.mark.parametrize(
    ("options", "says"),
    [({"pattern": "{label}-{speaker}"}, r"150 of 150 .* do not fit.*0_ann_0\.wav"),
     ({"pattern": "plain"}, "fields in braces"), ({"pattern": "{a}_{a}_{b}"}, "each once"),
     ({"pattern": "{a}_{b}_{c}"}, "Which field"),
     ({"pattern": "{a}_{b}_{c}", "target": "d"}, "no field"),
     ({"pattern": "{label}_*", "labels": "x.csv"}, "not both"), ({"labels": "x.csv"}, "no table"),
     ({"pattern": "{label}_{who}_{i}", "test_where": "i < 4"}, "is written"),
     ({"pattern": "{label}_{who}_{i}", "test_where": "n in 0"}, "no field 'n'"),
     ({"pattern": "{label}_{who}_{i}", "test_where": "i in 99"}, "test part"),
     ({"pattern": "{label}_{who}_{i}", "group_by": "speaker"}, "No group 'speaker'.*'who'"),
     ({"pattern": "{label}_{who}_{i}", "group_by": "who", "test_where": "i in 1"}, "both parts")],
)  # fmt: skip
def test_what_does_not_fit_the_names_is_refused(tmp_path, options, says):
    with pytest.raises(InputError, match=says):
        sm.read(folder(tmp_path, DIGITS), **options)


def test_fields_of_a_pattern_may_have_a_width_and_folders(tmp_path):
    names = [
        f"s{i % 3}/{who:02}{c}{f}x.wav" for i, who in enumerate((3, 8)) for c in "ab" for f in "WF"
    ]
    data = sm.read(folder(tmp_path, names), pattern="{room}/{speaker:2}{text:1}{label:1}*")
    values = {*data.train.targets["label"], *data.test.targets["label"]}
    assert values == {"W", "F"}
    assert {"speaker", "room", "text"} <= set(data.train.groups)


def test_the_label_alone_may_hold_what_parts_the_fields(tmp_path):
    names = [f"{who}_{word}_{i}.wav" for who in "ab" for word in ("up", "turn_left") for i in "12"]
    data = sm.read(folder(tmp_path, names), pattern="{speaker}_{label}_{index}")
    assert {*data.train.targets["label"], *data.test.targets["label"]} == {"up", "turn_left"}
    assert {*data.train.groups["speaker"], *data.test.groups["speaker"]} == {"a", "b"}


def test_speech_commands_bring_their_parts_and_their_speakers(tmp_path):
    names = [
        f"{word}/{s:08x}_nohash_{i}.wav" for word in ("yes", "no") for s in range(9) for i in (0, 1)
    ]
    folder(tmp_path, [*names, "_background_noise_/pink.wav", "._hidden.wav"])
    (tmp_path / "testing_list.txt").write_text("\n".join(names[:4]) + "\n")
    (tmp_path / "validation_list.txt").write_text(names[8] + "\n")
    name, found = recognised(tmp_path, {})
    assert name == "speech"
    data = sm.read(tmp_path)
    assert data.valid is not None
    assert (len(data.train), len(data.valid), len(data.test)) == (31, 1, 4)
    assert data.test.groups["speaker"] == ["00000000", "00000000", "00000001", "00000001"]
    assert set(data.train.targets["label"]) == {"yes", "no"}
    assert "1 of _background_noise_ left out" in data.notes[0]
    assert "testing_list.txt and validation_list.txt" in data.notes[1]
    assert found.arguments["pattern"] == "{label}/{speaker}_nohash_{index}"


def test_folders_called_train_and_test_are_the_parts(tmp_path):
    names = [
        f"{p}/{c}/{i}.wav" for p in ("train", "test") for c in ("cat", "dog") for i in range(4)
    ]
    data = sm.read(folder(tmp_path, names))
    assert (len(data.train), len(data.test)) == (8, 8)
    assert all("/test/" in str(path) for path in data.test.inputs)


@pytest.mark.parametrize(
    ("names", "says"),
    [([f"Actor_{a:02}/0{a}-0{e}-{i}.wav" for a in (1, 2) for e in (1, 2) for i in (1, 2)],
      "Several parts"),
     ([f"{s}/{c}/{i}.wav" for s in (19, 26) for c in (5, 7) for i in range(4)], "Several parts"),
     ([f"clip{c}.wav" for c in "abcdefgh"], "neither folders nor names"),
     (["a.wav", "b/c.wav", "b/d.wav"], "different depths")],
    ids=["speakers' folders", "two levels", "nothing", "depths"],
)  # fmt: skip
def test_a_folder_that_leaves_choices_is_refused_with_them(tmp_path, names, says):
    with pytest.raises(InputError, match=says) as error:
        recognised(folder(tmp_path, names), {})
    assert "dataset.pattern=" in str(error.value)


def table(root: Path, text: str) -> Path:
    folder(root, [f"audio/{i}.wav" for i in range(6)])
    (root / "meta").mkdir()
    (root / "meta" / "labels.csv").write_text(text)
    return root


def test_a_table_that_names_the_files_is_found(tmp_path):
    rows = "".join(f"{i}.wav,{i % 2},{'ab'[i % 2]}\n" for i in range(5))
    table(tmp_path, "filename,fold,category\n" + rows)
    _, found = recognised(tmp_path, {})
    assert found.arguments == {"labels": "meta/labels.csv", "target": "category"}
    data = sm.read(tmp_path, test=0.4)
    assert sorted([*data.train.targets["category"], *data.test.targets["category"]]) == [*"aaabb"]
    assert "1 files without a row left out" in data.notes[1]
    assert set(sm.read(tmp_path, "fold", group_by="category", test=0.4).train.groups) == {
        "category"
    }


def test_a_column_of_numbers_is_a_regression(tmp_path):
    table(tmp_path, "file,age\n" + "".join(f"audio/{i},{i + 0.5}\n" for i in range(6)))
    data = sm.read(tmp_path)
    assert data.head == "regression"
    assert sorted([*data.train.targets["age"], *data.test.targets["age"]])[0] == 0.5


@pytest.mark.parametrize(
    ("text", "options", "says"),
    [("file,label\n" + "".join(f"{i}.wav,\n" for i in range(6)), {},
      r"labels\.csv, line 2 has no 'label'"),
     ("file,label\n0.wav,a\n1.wav,b\n0.wav,b\n", {}, "line 4 says 'b' of 'audio/0.wav'"),
     ("file,x,y\n" + "".join(f"{i}.wav,1,2\n" for i in range(6)), {},
      "Choose one with --target: 'x', 'y'"),
     ("file,x\n" + "".join(f"{i}.wav,1\n" for i in range(6)), {"target": "z"}, "no column 'z'"),
     ("file,x\nnone.wav,a\nsuch.wav,b\n", {"labels": "meta/labels.csv"}, "No column of")],
)  # fmt: skip
def test_a_table_that_leaves_questions_is_refused(tmp_path, text, options, says):
    with pytest.raises(InputError, match=says):
        sm.read(table(tmp_path, text), **options)


def test_broken_files_are_named_together_before_anything_is_trained(tmp_path):
    folder(tmp_path, DIGITS)
    for name in DIGITS[:7]:
        (tmp_path / name).write_bytes(GOOD[:100])
    with pytest.raises(InputError) as error:
        sm.read(tmp_path, pattern="{label}_{speaker}_{index}")
    assert len(error.value.problems) == 6
    assert DIGITS[0] in error.value.problems[0]
    assert "2 more" in error.value.problems[5]


def test_a_single_recording_is_no_dataset_and_other_folders_are_left_to_others(tmp_path):
    write(tmp_path / "a.wav", NOISE)
    with pytest.raises(InputError, match="is one recording"):
        recognised(tmp_path / "a.wav", {})
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("ID3 is a tag")
    from seqmodels.data.speech.dataset import look

    assert look(tmp_path / "texts", {}) is None
    assert look(tmp_path / "texts" / "a.txt", {}) is None


def test_texts_called_wav_are_refused_as_recordings_and_are_no_folder_of_texts(tmp_path):
    for i in range(12):
        path = tmp_path / ("cats" if i % 2 else "dogs") / f"{i}.{'WAV' if i < 3 else 'wav'}"
        path.parent.mkdir(exist_ok=True)
        path.write_text("Some words about animals, and no sound at all.")
    assert recognised(tmp_path, {})[0] == "speech"
    with pytest.raises(InputError, match=r"cats/1\.WAV"):
        sm.read(tmp_path)
    with pytest.raises(InputError, match=r"9\.wav.*FLAC"):
        recognised(tmp_path / "cats" / "9.wav", {})


def test_a_run_learns_high_from_low_and_answers_for_files(tmp_path, capsys):
    from typer.testing import CliRunner

    from seqmodels.cli import app

    for i in range(40):
        pitch = {"low": 300, "high": 2000}
        for word, hertz in pitch.items():
            noise = RNG.normal(0, 0.01, 1200)
            write(
                tmp_path / "data" / word / f"{i}.wav",
                tone(hertz * RNG.uniform(0.8, 1.2), 0.15) + noise,
            )
    run = tmp_path / "run"
    command = ["train", str(tmp_path / "data"), "--epochs", "6", "--out", str(run), "--quiet"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert json.loads((run / "scores.json").read_text())["scores"]["accuracy"] == 1
    write(tmp_path / "new.wav", tone(2100, 0.2, 16000), rate=16000)
    answer = CliRunner().invoke(app, ["predict", str(run), str(tmp_path / "new.wav")])
    assert answer.exit_code == 0, answer.output
    assert "new.wav,high" in answer.stdout
    many = CliRunner().invoke(app, ["predict", str(run), str(tmp_path / "data" / "low")])
    assert many.stdout.count(",low,") == 40
    listed = CliRunner().invoke(app, ["predict", str(run), "-"], input=f"{tmp_path}/new.wav\n")
    assert listed.stdout == answer.stdout


def test_spoken_digits_are_recognised(shared_data):
    root = shared_data / "fsdd" / "recordings"
    data = sm.read(root, pattern="{label}_{speaker}_{index}", test_where="index in 0-4")
    assert (len(data.train), len(data.test)) == (2700, 300)
    few = [data.train.inputs[i] for i in range(0, 2700, 300)]
    rows = data.encoder.fit(few).encode(few)
    assert data.encoder.rate == 8000
    for path, row in zip(few, rows, strict=True):
        assert len(row) == 1 + (len(sound.read(path).samples) - 200) // 80
