"""A path in place of a dataset: who reads it, what was decided, and which head suits it."""

import html
from pathlib import Path

import numpy as np
import pytest

import seqmodels as sm
from seqmodels.core.registry import DATASETS, Source
from seqmodels.data.parts import held_out, suggested
from seqmodels.data.reading import recognised
from seqmodels.encoders import SeriesEncoder, TextEncoder
from seqmodels.training.config import Training
from seqmodels.training.prepare import split
from seqmodels.training.settings import resolve


def notes(path: str | Path, *, target: str = "mood", test: float = 0.5) -> sm.Dataset:
    """Made-up notes, one a line."""
    words = Path(path).read_text(encoding="utf-8").split()
    rows = sm.Examples(words, {target: [word[:1] for word in words]})
    train, rest, says = held_out(rows, test=test, seed=0)
    return sm.Dataset(train=train, test=rest, encoder=TextEncoder(), notes=(says,))


def look_for(mark: str):
    def look(path: Path, given: dict) -> sm.Found | None:
        text = path.read_text(encoding="utf-8")
        if "torn" in text and mark in text:
            raise sm.InputError(f"The {mark} notes are torn.")
        return sm.Found({"target": given.get("target", "mood")}, "binary") if mark in text else None

    return look


@pytest.fixture
def readers(monkeypatch):
    """Two datasets that know their files by a word, and none other."""
    list(DATASETS)
    for name in [name for name in DATASETS if DATASETS.get(name).look]:
        monkeypatch.delitem(DATASETS._parts, name)
    tasks = {"binary": sm.Task(None, "the mood of a note")}
    for mark in ("red", "blue"):
        monkeypatch.setitem(
            DATASETS._parts, f"{mark} notes", Source(notes, tasks, {}, None, look_for(mark))
        )


@pytest.fixture
def written(tmp_path):
    def write(text: str) -> Path:
        path = tmp_path / "notes.txt"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_path_is_read_by_the_one_that_knows_it(readers, written):
    plan = resolve(str(written("red ale rum arak")))
    assert plan.dataset == "red notes"
    assert plan.arguments == {"path": str(written("red ale rum arak")), "target": "mood"}
    assert type(plan.head).__name__ == "Binary"
    assert plan.target is None  # the only one


def test_a_path_object_is_a_path_even_with_the_name_of_a_dataset(readers, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("digits").write_text("blue ale rum", encoding="utf-8")
    assert resolve(Path("digits")).dataset == "blue notes"
    assert resolve("digits").dataset == "digits"


def test_what_the_user_says_goes_before_what_was_found(readers, written):
    plan = resolve(
        str(written("red ale rum")),
        target="colour",
        head="multiclass",
        settings={"dataset.test": "0.25"},
    )
    assert plan.arguments["target"] == "colour"
    assert plan.arguments["test"] == 0.25
    assert type(plan.head).__name__ == "Multiclass"


def test_read_returns_the_dataset_and_says_what_was_decided(readers, written):
    data = sm.read(written("red red ale ale rum rum"), test=0.5)
    assert data.notes == ("50 % held out, stratified, seed 0",)
    assert sorted(data.train.target("mood")) == sorted(data.test.target("mood"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("green ale", "holds nothing that a dataset knows"),
        ("red and blue", "`seqmodels train blue notes --data"),
        ("red, torn", "The red notes are torn"),
    ],
)
def test_a_path_that_nobody_or_several_know_is_refused(readers, written, text, message):
    with pytest.raises(sm.InputError, match=message):
        resolve(str(written(text)))


def test_a_folder_with_the_name_of_a_dataset_is_said_to_be_perhaps_its_data(tmp_path):
    (tmp_path / "imdb").mkdir()
    (tmp_path / "imdb" / "odd.bin").write_bytes(b"odd")
    with pytest.raises(sm.InputError, match=r"of 'imdb': `seqmodels train imdb --data .*imdb`"):
        recognised(tmp_path / "imdb", {})


def test_a_run_and_a_folder_in_a_folder_are_called_what_they_are(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text("{}")
    with pytest.raises(sm.InputError, match=r"is a run, not data. See it: `seqmodels report"):
        recognised(tmp_path / "run", {})
    (tmp_path / "data" / "good").mkdir(parents=True)
    (tmp_path / "data" / "good" / "1.txt").write_text("a fine film")
    with pytest.raises(sm.InputError, match="holds one folder alone, 'good'"):
        recognised(tmp_path / "data", {})


def test_the_only_column_of_texts_is_no_target(tmp_path):
    rows = "\n".join(f"a fine film number {i},pos" for i in range(9))
    (tmp_path / "films.csv").write_text(f"text,label\n{rows}")
    with pytest.raises(sm.InputError, match=r"no column of texts beside 'text'.* 'label'"):
        recognised(tmp_path / "films.csv", {"target": "text"})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b" \n", "is empty"),
        (b"text,label\n", "no rows below its header"),
        (b"PK\3\4" + bytes(20) + b"xl/workbook.xml", "an Excel workbook. Save the sheet as CSV"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "an Excel workbook. Save the sheet as CSV"),
        (b"PK\3\4" + bytes(20) + b"a.txt", "is a packed file"),
        (b"\x1f\x8b\x08" + bytes(20), "is a packed file"),
        (b"\x89PNG" + bytes(20), "is binary"),
    ],
)
def test_what_no_dataset_can_read_is_called_by_its_name(
    readers, tmp_path, monkeypatch, content, message
):
    for mark in ("red", "blue"):  # which read text alone
        monkeypatch.delitem(DATASETS._parts, f"{mark} notes")
    (tmp_path / "odd").write_bytes(content)
    with pytest.raises(sm.InputError, match=message):
        recognised(tmp_path / "odd", {})
    (tmp_path / "none").mkdir()
    with pytest.raises(sm.InputError, match="is empty"):
        recognised(tmp_path / "none", {})


def test_one_who_can_read_it_beats_one_who_finds_it_broken(readers, written, monkeypatch):
    monkeypatch.setitem(
        DATASETS._parts, "any", Source(notes, {}, {}, None, lambda *_: sm.Found({}, "binary"))
    )
    assert recognised(written("red, torn"), {})[0] == "any"


@pytest.mark.parametrize("name", ["no/such/file.csv", "reviews.csv"])
def test_a_path_where_nothing_is_says_so(name):
    with pytest.raises(sm.InputError, match="There is no file or folder"):
        resolve(name)


def test_a_word_that_is_neither_is_an_unknown_dataset():
    with pytest.raises(sm.InputError, match="Did you mean 'digits'"):
        resolve("digitz")


def test_a_path_needs_no_data_beside_it(readers, written):
    with pytest.raises(sm.InputError, match="is a path already"):
        resolve(str(written("red")), data="elsewhere")


@pytest.mark.parametrize(
    ("values", "head"),
    [
        (["ham", "spam", "ham"], "binary"),
        (["a", "b", "c"], "multiclass"),
        ([True, False], "binary"),
        ([0, 1, 1, 0], "binary"),
        ([0.0, 1.0, 2.0], "multiclass"),
        ([0.5, 1.0, 1.5], "regression"),
        (list(range(30)), "regression"),
        ([f"class {i}" for i in range(30)], "multiclass"),
        ([[1.0, 2.0], [3.0, 4.0]], "regression"),
    ],
)
def test_the_head_follows_from_the_values(values, head):
    assert suggested(values) == head


def people(n: int = 60) -> sm.Examples:
    rng = np.random.default_rng(0)
    times = np.stack([np.arange(n), np.arange(n) + 3], axis=1)
    writers = rng.choice(["ann", "bob", "cem", "dot", "eva"], n)
    return sm.Examples(
        list(rng.normal(size=(n, 4))), {"y": rng.normal(size=n)}, {}, {"writer": writers}, times
    )


def test_groups_and_times_go_with_their_examples():
    rows = people().take([3, 5])
    assert rows.times is not None
    assert rows.times.tolist() == [[3, 6], [5, 8]]
    assert list(rows.groups["writer"]) == [people().groups["writer"][i] for i in (3, 5)]


def test_a_split_can_keep_each_writer_on_one_side():
    for seed in range(5):
        train, rest = people().split(0.4, seed, group_by="writer")
        assert not set(train.groups["writer"]) & set(rest.groups["writer"])
        assert len(train) + len(rest) == 60
        assert 0 < len(rest) < 60


def test_the_validation_part_keeps_writers_apart_too():
    train, rest, _ = held_out(people(), test=0.3, seed=0, group_by="writer")
    data = sm.Dataset(
        train=train, test=rest, encoder=SeriesEncoder(), group_by="writer", head="regression"
    )
    plan = resolve(data, settings={"training.valid": 0.3})
    parts = split(plan.made(), plan)
    assert type(plan.head).__name__ == "Regression"  # the dataset's own advice
    assert isinstance(plan.training, Training)
    sides = [set(part.groups["writer"]) for part in (parts.train, parts.valid, parts.test)]
    assert not sides[0] & sides[1]
    assert not (sides[0] | sides[1]) & sides[2]


def test_groups_that_cannot_be_kept_apart_are_told():
    with pytest.raises(sm.InputError, match=r"No group 'speaker'.*'writer'"):
        held_out(people(), test=0.3, seed=0, group_by="speaker")
    alone = sm.Examples([[1.0], [2.0]], {"y": [1.0, 2.0]}, {}, {"writer": ["ann", "ann"]})
    with pytest.raises(sm.InputError, match="the same 'writer'"):
        held_out(alone, test=0.3, seed=0, group_by="writer")


def test_groups_and_times_need_one_value_an_example():
    with pytest.raises(sm.InputError, match="1 values of 'writer'"):
        sm.Examples([[1.0], [2.0]], {"y": [1, 2]}, {}, {"writer": ["ann"]})
    with pytest.raises(sm.InputError, match=r"times of the shape \[2, 2\]"):
        sm.Examples([[1.0], [2.0]], {"y": [1, 2]}, {}, {}, np.zeros((2, 4)))


def test_a_run_records_what_was_decided_and_its_report_tells_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 5))
    data = sm.read(x, np.where(x[:, 0] + x[:, 3] > 0, "up", "down"), test=0.3)
    run = sm.train(data, epochs=1, quiet=True)
    said, sized = run.record["decided"]
    assert [said] == list(data.notes)
    assert sized.startswith("Training: 64 units, for numbers")
    page = html.unescape((run.path / "report.html").read_text(encoding="utf-8"))
    assert said in page
    assert sized in page


def test_a_misspelt_argument_is_named_before_what_it_would_have_said(tmp_path):
    path = tmp_path / "two.csv"
    path.write_text("text,mood,stars\n" + "a good film,good,3\na bad one,bad,1\n" * 20)
    with pytest.raises(sm.InputError, match=r"Unknown argument 'targt'. Did you mean 'target'"):
        sm.read(path, targt="mood")
    with pytest.raises(sm.InputError, match=r"backbone= needs a seqmodels\.Backbone, got \{'units"):
        resolve("digits", backbone={"units": 3})  # type: ignore[arg-type]
