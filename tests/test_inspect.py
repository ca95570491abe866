"""What `inspect` says of a dataset, in the terminal, as JSON and as a page."""

import dataclasses
import json
import re

import numpy as np
import pytest
from test_audit import of_texts, texts, walks
from typer.testing import CliRunner

import seqmodels as sm
from seqmodels.cli import app
from seqmodels.encoders import SeriesEncoder, TextEncoder


def run(*arguments: str):
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "120", "NO_COLOR": "1"})


@pytest.fixture
def reviews() -> sm.Dataset:
    train, test = texts(150, 1, words=30), texts(50, 2, words=20)
    test.inputs[0] = train.inputs[0]  # type: ignore[index]
    return sm.Dataset(train=train, test=test, encoder=TextEncoder(words=200, length=25))


@pytest.fixture
def sensors() -> sm.Dataset:
    """Two channels; the second is constant, the first lacks numbers and ranges further in test."""
    train, test = walks(150, 1), walks(50, 2)
    for part in (train, test):
        for row in part.inputs:
            row[:, 1] = 7
    train.inputs[0][3:5, 0] = np.nan
    test.inputs[0][0, 0] = 1e4
    train = dataclasses.replace(train, groups={"place": ["a", "b", "c"] * 50})
    test = dataclasses.replace(test, groups={"place": ["c", "d"] * 25})
    return sm.Dataset(
        train=train, test=test, encoder=SeriesEncoder(columns=("heat", "door")),
        notes=("read as asked",),
    )  # fmt: skip


def test_lengths_are_told_before_the_cut_and_what_it_leaves_out(reviews):
    record = sm.inspect(reviews).record
    assert record["limit"] == 25
    assert record["unit"] == "words"
    assert record["parts"]["train"]["median"] == 30
    assert record["parts"]["train"]["cut"] == 1
    assert record["parts"]["train"]["cut_steps"] == pytest.approx(5 / 30)
    assert record["parts"]["test"]["max"] == 30
    assert record["parts"]["test"]["cut"] == pytest.approx(1 / 50)


def test_the_vocabulary_says_how_much_of_the_test_it_knows(reviews):
    words = sm.inspect(reviews).record["words"]
    assert words["kept"] == 199
    assert words["train"] > 600
    assert 0 < words["known"] < words["seen"] <= 1


def test_classes_are_counted_by_part(reviews):
    classes = sm.inspect(reviews).record["classes"]
    assert [row["class"] for row in classes] == ["bad", "good"]
    assert sum(row["train"] for row in classes) == 150
    assert classes[1]["test"] == reviews.test.targets["mood"].count("good")


def test_channels_tell_of_gaps_constants_and_ranges(sensors):
    heat, door = sm.inspect(sensors).record["channels"]
    assert (heat["channel"], heat["missing"], heat["constant"]) == ("heat", 2, False)
    assert 0 < heat["beyond"] < 0.1
    assert (door["constant"], door["min"], door["max"]) == (True, 7, 7)


def test_groups_are_counted_and_those_on_both_sides(sensors):
    assert sm.inspect(sensors).record["groups"] == {"place": {"train": 3, "test": 2, "shared": 1}}


def test_heads_that_fit_are_told_and_why_others_do_not(reviews, sensors):
    heads = sm.inspect(reviews).record["heads"]
    assert heads["binary"]["fits"]
    assert heads["multiclass"]["fits"]
    assert not heads["regression"]["fits"]
    assert "needs numbers" in heads["regression"]["says"]
    three = sm.inspect(sensors).record["heads"]["binary"]
    assert not three["fits"]
    assert "found 3" in three["says"]


def test_a_numeric_target_has_a_range():
    train, test = walks(60, 1), walks(40, 2)
    train, test = (
        dataclasses.replace(part, targets={"level": np.linspace(0, 1, len(part))})
        for part in (train, test)
    )
    record = sm.inspect(sm.Dataset(train=train, test=test, encoder=SeriesEncoder())).record
    assert record["classes"] is None
    assert record["numbers"]["train"]["max"] == 1
    assert record["numbers"]["train"]["median"] == pytest.approx(0.5)


def test_inputs_that_cannot_be_encoded_are_told_not_thrown(reviews):
    reviews.train.inputs[4] = "..."  # type: ignore[index]
    problems = sm.inspect(reviews).record["problems"]
    assert len(problems) == 1
    assert "row 4" in problems[0]


def test_the_record_is_json(reviews, sensors):
    for data in (reviews, sensors):
        record = sm.inspect(data).record
        assert json.loads(json.dumps(record, allow_nan=False)) == record


def test_the_page_needs_no_network_and_shows_what_was_found(reviews, tmp_path):
    found = sm.inspect(reviews)
    page = found.page(tmp_path / "page.html").read_text()
    assert "http" not in re.sub(r"data:[^\"]*", "", page)
    assert page.count("<img") == page.count('download="') == len(found.figures) == 2
    assert "WARN · duplicates" in page
    assert "train row 0 = test row 0: " in page
    assert reviews.train.inputs[0][:30] in page
    assert "counted from 0" in page
    with pytest.raises(sm.InputError, match="exists"):
        found.page(tmp_path / "page.html")


def test_the_page_escapes_what_data_say(tmp_path):
    train, test = texts(50, 1), texts(40, 2)
    for part in (train, test):
        part.targets["mood"][:] = ["<b>bad</b>", "good"] * (len(part) // 2)
    page = sm.inspect(of_texts(train, test)).page(tmp_path / "page.html").read_text()
    assert "<b>bad" not in page
    assert "&lt;b&gt;bad" in page


def test_a_registered_name_is_inspected_from_the_command_line(tmp_path):
    page = tmp_path / "digits.html"
    done = run("inspect", "digits", "--page", str(page))
    assert done.exit_code == 0, done.output
    assert re.search(r"examples +1,347 +450", done.output)
    assert re.search(r"head binary +fits", done.output)
    assert "leaks  PASS" in done.output
    assert page.stat().st_size > 10_000
    again = run("inspect", "digits", "--page", str(page))
    assert again.exit_code == 2


def test_json_is_what_the_record_holds():
    record = json.loads(run("inspect", "reber", "--set", "dataset.n=200", "--json").stdout)
    assert record["target"] == "grammatical"
    assert record["parts"]["train"]["examples"] == 200
    assert record["audit"]["verdict"] in ("PASS", "WARN")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nothing_like_it"], "Unknown dataset"),
        (["no/such/file.csv"], "There is no file"),
        (["reber", "--set", "dataset.n=1"], "needs a whole number from 20"),
        (["reber", "--set", "dataset.m=1"], "Unknown argument 'm'"),
        (["digits", "--set", "seed"], "--set needs NAME=VALUE"),
        (["digits", "--data", "here"], "reads no file"),
        (["digits", "--target", "size"], "No target 'size'"),
    ],
)
def test_mistakes_are_told_in_a_line(arguments, says):
    done = run("inspect", *arguments)
    assert done.exit_code == 2
    assert says in done.stderr
    assert "Traceback" not in done.output


def test_a_table_with_a_planted_copy_a_giveaway_and_a_writer_on_both_sides(tmp_path):
    """Kinds that the audit must find from a file alone; the split is drawn at random."""
    examples = texts(300, 5)
    rng = np.random.default_rng(1)
    rows = [
        f"{text} tag{mood},{mood},w{rng.integers(30)}"
        for text, mood in zip(examples.inputs, examples.targets["mood"], strict=True)
    ]
    rows += rows[:40]
    path = tmp_path / "notes.csv"
    path.write_text("note,mood,writer\n" + "\n".join(rows) + "\n")
    done = run("inspect", str(path), "--target", "mood", "--json")
    assert done.exit_code == 0, done.output
    kinds = {one["kind"] for one in json.loads(done.stdout)["audit"]["findings"]}
    assert {"duplicates", "word"} <= kinds


def test_each_head_is_judged_on_the_target_that_train_would_give_it(tmp_path):
    rng = np.random.default_rng(0)
    rows = [
        f"2024-{1 + day // 28:02}-{1 + day % 28:02},{store},{rng.integers(100, 160)}"
        for day in range(336)
        for store in ("north", "south")
    ]
    path = tmp_path / "sales.csv"
    path.write_text("day,store,units\n" + "\n".join(rows) + "\n")
    group = {"dataset.group": "store", "dataset.irregular": "ignore"}
    heads = sm.inspect(path, target="units", settings=group).record["heads"]
    assert heads["binary"] == {"fits": True, "says": "with target 'direction'"}
    assert heads["multiclass"] == {"fits": True, "says": "with bins=4"}
    assert heads["regression"] == {"fits": True, "says": "with answer='median'"}
    asked = sm.inspect(path, target="value", settings={**group, "dataset.target": "units"})
    assert not asked.record["heads"]["binary"]["fits"]


def test_figures_name_the_columns_and_have_few_bins_for_few_rows(sensors):
    train, test = (
        dataclasses.replace(part.take(range(n)), targets={"level": np.linspace(0, 1, n)})
        for part, n in ((sensors.train, 120), (sensors.test, 12))
    )
    data = dataclasses.replace(sensors, train=train, test=test)
    figures = sm.inspect(data).figures
    assert [axes.get_ylabel() for axes in figures["examples"].axes] == ["heat", "door"]
    (axes,) = figures["target"].axes
    assert axes.get_xlabel() == "level"
    assert len(axes.patches[0].get_data().values) <= 7  # type: ignore[attr-defined]


def test_whole_numbers_of_few_rows_share_bins_and_none_is_lost():
    from seqmodels.plots import charts

    numbers = {"train": np.arange(30), "test": np.array([3, 9, 29])}
    (axes,) = charts.spread(numbers, "level", "Target").axes
    for drawn in axes.patches:
        assert len(drawn.get_data().values) <= 6  # type: ignore[attr-defined]
        assert drawn.get_data().values.sum() == pytest.approx(1)  # type: ignore[attr-defined]
