"""New texts for `predict` are read as those of the training were."""

import json
from pathlib import Path

import pytest

import seqmodels as sm
from seqmodels.core.arguments import checked
from seqmodels.core.errors import InputError
from seqmodels.core.registry import DATASETS
from seqmodels.data.reading import recognised
from seqmodels.data.texts.dataset import texts

SENTENCE = "a film about the sea and those who sail it slowly home again"
WORDS = SENTENCE.split()
TEXTS = [" ".join(WORDS[(i * step) % 13] for step in range(1, 7)) + f" {i}" for i in range(30)]
MOODS = ["pos" if i % 3 else "neg" for i in range(30)]


def new(trained: str, fresh: str | bytes, folder: Path, name: str = "fresh.csv"):
    """Return the inputs in a file for a run that was trained on another."""
    (folder / "trained.csv").write_text(trained, encoding="utf-8")
    path = folder / name
    path.write_bytes(fresh if isinstance(fresh, bytes) else fresh.encode())
    return read(path, look("texts", folder / "trained.csv"))


def look(name: str, path: Path):
    """Return the arguments that a dataset finds for a path."""
    ask = DATASETS.get(name).look
    found = ask and ask(path, {})
    assert found is not None
    return found.arguments


def read(path: Path, arguments):
    """Return the inputs at a path, the arguments as `run.json` brings them back."""
    inputs = DATASETS.get("texts").inputs
    assert inputs is not None
    kept = json.loads(json.dumps(dict(arguments)))
    found = inputs(path, **checked(texts, kept, "dataset 'texts'"))
    return None if found is None else list(found)


HEADED = "review,mood\n" + "".join(f"{a},{b}\n" for a, b in zip(TEXTS, MOODS, strict=True))
BARE = "".join(f"{b}\t{a}\n" for a, b in zip(TEXTS, MOODS, strict=True))


@pytest.mark.parametrize(
    "fresh",
    [
        "id,review\n7,so slow\n8,at sea\n",
        "review,mood\nso slow,pos\nat sea,\n",
        'review\n"so slow"\n"at sea"\n',
        "review\nso slow\nat sea\n",
        "id;review\n7;so slow\n8;at sea\n",
        "\ufeffreview,id\nso slow,1\nat sea,2\n",
        '{"review": "so slow"}\n{"id": 3, "review": "at sea"}\n',
        "7,so slow\n8,at sea\n",  # no header; one column of texts
    ],
)
def test_the_column_of_the_run_is_found_by_its_name(tmp_path, fresh):
    assert new(HEADED, fresh, tmp_path) == ["so slow", "at sea"]


def test_the_column_of_the_run_is_found_in_parquet(tmp_path):
    pandas, _ = pytest.importorskip("pandas"), pytest.importorskip("pyarrow")
    pandas.DataFrame({"id": [1, 2], "review": ["so slow", "at sea"]}).to_parquet(tmp_path / "new")
    assert read(tmp_path / "new", {"text": ["review"], "header": True}) == ["so slow", "at sea"]


def test_one_row_and_marks_in_a_single_column_are_read(tmp_path):
    assert new(HEADED, "review,id\nso slow,4\n", tmp_path) == ["so slow"]
    assert new(HEADED, 'review\n"slow, and\nlong"\n', tmp_path) == ["slow, and\nlong"]
    assert new(HEADED, "review\nslow, and long\nat sea\n", tmp_path) == ["slow, and long", "at sea"]


def test_without_a_header_the_place_tells_the_text(tmp_path):
    assert new(BARE, "pos\tso slow\n\tat sea\n", tmp_path) == ["so slow", "at sea"]


def test_plain_text_stays_one_text_a_line(tmp_path):
    for plain in (
        "so slow\nat sea\n",
        "Great film, loved it\nBad film, hated it\n",
        '"Great", he said, and left\n"No", she said, and stayed\n',
        "[1, 2]\n",
    ):
        assert new(HEADED, plain, tmp_path, "fresh.txt") is None
        assert new(BARE, plain, tmp_path, "fresh.txt") is None


def test_a_table_without_the_column_is_refused_with_what_it_has(tmp_path):
    for fresh in ("id,comment\n7,so slow\n8,at sea\n", '{"comment": "so slow"}\n'):
        with pytest.raises(InputError, match=r"no column 'review'.* it has .*'comment'"):
            new(HEADED, fresh, tmp_path)


def test_rows_without_a_word_are_named(tmp_path):
    with pytest.raises(InputError, match=r"without a word \(lines 3, 4\)"):
        new(HEADED, "id,review\n7,so slow\n8,\n9,!\n", tmp_path)
    with pytest.raises(InputError, match="no rows below its header"):
        new(HEADED, "id,review\n", tmp_path)


def test_a_folder_is_read_by_the_names_of_its_texts(tmp_path):
    for name, text in {"b/2.txt": "at sea", "b/1.txt": "so slow", "a.txt": "ahoy"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "names.csv").write_text("a,b\n", encoding="utf-8")
    assert read(tmp_path, {}) == ["ahoy", "so slow", "at sea"]
    (tmp_path / "b" / "none").mkdir()
    with pytest.raises(InputError, match="no text files"):
        read(tmp_path / "b" / "none", {})


def test_a_run_answers_for_a_table_as_for_its_texts(tmp_path):
    path = tmp_path / "reviews.csv"
    path.write_text(HEADED, encoding="utf-8")
    run = sm.train(path, epochs=1, out=tmp_path / "run", quiet=True, allow_leak="made up")
    from seqmodels.runs.run import inputs_in

    assert list(inputs_in(run.path, path)) == TEXTS


def test_one_quoted_column_is_no_table_of_texts_and_targets(tmp_path):
    path = tmp_path / "onecol.csv"
    path.write_text("text\n" + "".join(f'"{one}, and more"\n' for one in TEXTS), encoding="utf-8")
    with pytest.raises(InputError, match=r"^\S+onecol.csv' has one column only; a text and"):
        recognised(path, {})


def test_objects_in_json_lines_are_no_targets(tmp_path):
    path = tmp_path / "notes.jsonl"
    rows = [
        {"text": text, "user": {"name": f"u{i % 3}"}, "tags": [["a"], ["b"]][i % 2 :], "mood": mood}
        for i, (text, mood) in enumerate(zip(TEXTS, MOODS, strict=True))
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert look("texts", path)["target"] == "mood"


def test_the_index_of_pandas_is_no_label_of_sequences(tmp_path):
    path = tmp_path / "wide.csv"
    header = ",".join(["", *(f"t{i}" for i in range(30)), "kind"])
    rows = [
        f"{i},{','.join(str((i * j) % 7 / 2) for j in range(30))},{'ab'[i % 2]}" for i in range(20)
    ]
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    assert look("sequences", path)["target"] == "kind"


def test_a_frame_says_which_column_holds_its_texts():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"review": TEXTS, "mood": MOODS})
    assert (
        sm.read(frame, "mood").notes[0].startswith("text column 'review', 30 texts, target 'mood'")
    )
