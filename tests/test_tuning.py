"""A search reads no test part, is repeatable, survives kills, and is shared by processes."""

import json
import math
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from pandas.testing import assert_frame_equal
from rich.console import Console
from typer.testing import CliRunner

import seqmodels as sm
from seqmodels import tuning
from seqmodels.cli import app
from seqmodels.core.registry import DATASETS, Source
from seqmodels.core.signals import Stopped
from seqmodels.encoders import SeriesEncoder
from seqmodels.training.nan_guard import NotFiniteError
from seqmodels.training.plan import Training
from seqmodels.training.settings import resolve
from seqmodels.tuning import objective, search
from seqmodels.tuning.lines import Lines
from seqmodels.tuning.space import Range, entries, space, texts_of
from seqmodels.tuning.store import Store
from seqmodels.tuning.watching import Outcome, Watching

pytest.importorskip("optuna")
QUICK = {"training.epochs": 2, "training.batch_size": 32, "backbone.embed": None}
SHORT = {"training.epochs": 3}
SMALL = {"backbone.units": "2:8", "backbone.layers": "1:2"}


def examples(n: int, seed: int) -> sm.Examples:
    """Sequences of 3 to 6 numbers; the label is whether they sum above zero."""
    rng = np.random.default_rng(seed)
    rows = [rng.normal(size=(rng.integers(3, 7), 1)).astype(np.float32) for _ in range(n)]
    return sm.Examples(rows, {"label": ["up" if row.sum() > 0 else "down" for row in rows]})


def dataset(**parts) -> sm.Dataset:
    from seqmodels.encoders import SeriesEncoder

    given = {"train": examples(60, 1), "valid": examples(30, 2), "test": examples(30, 3)}
    return sm.Dataset(**{**given, **parts}, encoder=SeriesEncoder(), head="binary")


def made(*, size: int = 60, seed: int = 1) -> sm.Dataset:
    """Return sums."""
    made.calls.append((size, seed))
    return dataset(train=examples(size, seed))


@pytest.fixture
def sums(monkeypatch):
    made.calls = []
    source = Source(made, {}, {}, search={"dataset.size": "40,60,80"})
    monkeypatch.setitem(DATASETS._parts, "sums", source)
    return "sums"


class Fake:
    """Stands in for the training: the loss is known from the settings."""

    def __init__(self, plan, **more):
        self.plan = plan

    def usual(self):
        return self.plan

    def __call__(self, settings, watch):
        loss = self.loss(settings)
        for epoch in (1, 2, 3):
            watch.epoch({"epoch": epoch, "valid_loss": loss + 1 / epoch})
        return Outcome(loss, 3, 3, score=1 - loss, part="p")

    def loss(self, settings):
        return abs(math.log(settings["training.learning_rate"] / 1e-2)) / 10


@pytest.fixture
def fake(monkeypatch):
    monkeypatch.setattr(objective, "Objective", Fake)
    return monkeypatch


def tuned(folder, **more):
    given = {"trials": 8, "head": "binary", "out": folder, "quiet": True, "settings": SHORT, **more}
    return sm.tune(given.pop("dataset", "sums"), **given)


# --- what is searched


def test_a_range_and_choices_are_read_as_the_signature_has_them():
    found = entries(
        {
            "training.learning_rate": "1e-4:1e-2:log",
            "backbone.units": "8:32:8",
            "backbone.summary": "",
            "backbone.bidirectional": "true,false",
            "backbone.embed": (None, 16),
        },
        lambda: None,
        "a dataset",
    )
    assert found["training.learning_rate"] == Range(1e-4, 1e-2, log=True, whole=False)
    assert found["backbone.units"] == Range(8, 32, log=False, whole=True, step=8)
    assert found["backbone.summary"].values == ("last", "max", "mean", "both")
    assert found["backbone.bidirectional"].values == (True, False)
    assert found["backbone.embed"].values == (None, 16)
    assert entries(texts_of(found), lambda: None, "a dataset") == found, "as it is written down"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"backbone.unit": "1:2"}, "Did you mean 'units'"),
        ({"units": "1:2"}, "starts with its group"),
        ({"backbone.units": "64:16"}, "low end first"),
        ({"backbone.units": "0:16"}, "from 1, got '0'"),
        ({"backbone.dropout": "0:0.5:log"}, "starts above 0"),
        ({"backbone.units": "8:16:lin"}, "ends in 'log' or a step"),
        ({"backbone.units": "8:16:0.5"}, "whole where the ends are"),
        ({"backbone.units": "8"}, "two or more different values"),
        ({"backbone.units": ""}, "say which to search"),
        ({"backbone.summary": "last,first"}, "one of 'last'"),
        ({"head.threshold": "0.3:0.6"}, "says what is predicted"),
        ({"training.valid": "0.1:0.3"}, "the same validation part"),
        ({"dataset.size": "1,2"}, "Unknown argument 'size'"),
    ],
)
def test_what_cannot_be_searched_is_told_with_its_fix(given, told):
    with pytest.raises(sm.InputError, match=re.escape(told)):
        entries(given, lambda: None, "dataset 'one'")


def test_every_mistake_is_told_at_once(tmp_path):
    with pytest.raises(sm.InputError) as caught:
        tuned(
            tmp_path / "t", dataset="digits", trials=0, minutes=-1,
            search={"backbone.unit": "1:2", "head.x": "1:2"},
        )  # fmt: skip
    assert len(caught.value.problems) == 4
    assert not (tmp_path / "t").exists()


def test_what_is_fixed_is_not_searched_and_the_dataset_adds_its_own():
    found = space({}, {"dataset.size": "40,60"}, {"backbone.units": 8}, made, "dataset 'sums'")
    assert "backbone.units" not in found
    assert found["dataset.size"].values == (40, 60)
    assert {"training.learning_rate", "backbone.layers", "backbone.dropout"} < set(found)
    with pytest.raises(sm.InputError, match="both searched and fixed"):
        space({"backbone.units": "2:4"}, {}, {"backbone.units": 8}, made, "dataset 'sums'")


def test_numbers_that_are_tried_have_few_digits_and_stay_within_the_range():
    entry = Range(0.123456, 0.987654, log=False, whole=False)
    assert entry.value(0.5432123) == 0.543
    assert entry.value(0.1234561) == 0.123456
    assert Range(8, 32, log=False, whole=True, step=8).drawn(20) is None
    assert Range(8, 32, log=False, whole=True, step=8).drawn(24) == 24


# --- the test part


class Untouchable:
    """Has a length; whoever looks inside is told off."""

    def __init__(self, n):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, index):
        raise AssertionError("The test part was read.")

    def __iter__(self):
        raise AssertionError("The test part was read.")

    def __array__(self, *rest, **more):
        raise AssertionError("The test part was read.")


@pytest.mark.parametrize("limit", [None, 20])
def test_the_test_part_is_never_read(tmp_path, limit):
    hidden = sm.Examples(Untouchable(30), {"label": Untouchable(30)})
    data = dataset(test=hidden)
    found = tuned(tmp_path / "t", dataset=data, trials=1, limit=limit, settings=QUICK, search=SMALL)
    assert found.trials.state.tolist() == ["complete"]
    with pytest.raises(AssertionError, match="was read"):  # the guard does guard
        sm.train(data, settings=QUICK, out=tmp_path / "r", quiet=True)


def test_other_test_examples_change_nothing(tmp_path):
    one = tuned(tmp_path / "1", dataset=dataset(), trials=2, settings=QUICK, search=SMALL)
    other = dataset(test=examples(17, 99))
    two = tuned(tmp_path / "2", dataset=other, trials=2, settings=QUICK, search=SMALL)
    columns = ["valid_loss", "valid_score"]
    assert one.trials[columns].equals(two.trials[columns])


def test_the_value_is_the_loss_of_the_weights_that_a_run_keeps(sums):
    plan = resolve(
        "sums", head="binary", settings={**QUICK, "training.epochs": 4, "training.patience": 4}
    )
    rows = []
    watch = Watching(lambda epoch, loss: rows.append(loss), show=lambda row: None)
    outcome = objective.Objective(plan)({"training.learning_rate": 0.9}, watch)
    assert outcome.value == min(rows)
    assert outcome.epoch == 1 + rows.index(min(rows))
    rows.clear()
    outcome = objective.Objective(plan)(
        {"training.learning_rate": 0.9, "training.patience": 0}, watch
    )
    assert outcome.value == rows[-1]


# --- data


def test_the_data_are_read_once_for_each_of_the_datasets_settings_as_memory_allows(sums):
    plan = resolve("sums", head="binary", settings={**QUICK, "training.epochs": 1})
    watch = Watching(lambda epoch, loss: False)
    for memory, read in ((2**30, [40, 60]), (0, [40, 60, 40])):
        made.calls.clear()
        train = objective.Objective(plan, memory=memory)
        for size in (40, 60, 40):
            train({"dataset.size": size}, watch)
        assert [size for size, _ in made.calls] == read
        assert len(train._read) == (2 if memory else 1)


# --- trials


def test_the_same_seed_tries_the_same(sums, fake, tmp_path):
    one, two = (tuned(tmp_path / name, trials=14).trials for name in "ab")
    assert one.drop(columns="seconds").equals(two.drop(columns="seconds"))
    other = tuned(tmp_path / "c", trials=14, seed=1).trials
    assert one["training.learning_rate"].tolist() != other["training.learning_rate"].tolist()


def test_the_first_trial_is_what_a_run_would_do(sums, fake, tmp_path):
    found = tuned(tmp_path / "t", trials=1, settings={"training.epochs": 9})
    assert found.best["training.learning_rate"] == Training().learning_rate
    assert found.best["backbone.units"] == sm.Backbone().units
    assert found.best["dataset.size"] == 60


def test_a_search_beats_its_first_trials(sums, fake, tmp_path):
    rates = tuned(tmp_path / "t", trials=30).trials["training.learning_rate"]
    away = np.abs(np.log(rates.to_numpy() / 1e-2))
    assert np.median(away[20:]) < np.median(away[1:11])
    assert away.min() < 0.1


def test_bad_trials_are_given_up_and_count(sums, fake, tmp_path):
    found = tuned(tmp_path / "t", trials=30).trials
    assert len(found) == 30
    assert set(found.state) == {"complete", "pruned"}
    given_up = found[found.state == "pruned"]
    assert (given_up.epochs < 3).all()
    assert given_up.valid_loss.median() > found[found.state == "complete"].valid_loss.median()


def test_a_loss_that_is_not_finite_fails_one_trial(sums, fake, tmp_path):
    class Burns(Fake):
        def loss(self, settings):
            if settings["backbone.layers"] == 2:
                raise NotFiniteError("The loss became nan.")
            return super().loss(settings)

    fake.setattr(objective, "Objective", Burns)
    fake.setattr(search, "IN_A_ROW", 20)
    found = tuned(tmp_path / "t", trials=10).trials
    failed = found[found.state == "failed"]
    assert len(failed)
    assert set(failed.why) == {"The loss became nan."}
    assert (found.state.isin(["complete", "pruned"])).sum() == 10


def test_a_real_loss_that_is_not_finite_fails_its_trial(tmp_path, monkeypatch):
    monkeypatch.setattr(search, "IN_A_ROW", 1)
    with pytest.raises(sm.InputError, match="1 trials in a row failed"):
        tuned(
            tmp_path / "t", dataset=dataset(), search=SMALL,
            settings={**QUICK, "training.learning_rate": 1e38, "training.clip": None},
        )  # fmt: skip
    assert "training.learning_rate" in tuning.Tuning(tmp_path / "t").trials.why[0]


def test_trial_after_trial_that_fails_ends_the_search(sums, fake, tmp_path):
    class Broken(Fake):
        def loss(self, settings):
            raise sm.InputError("No such column.")

    fake.setattr(objective, "Objective", Broken)
    with pytest.raises(sm.InputError, match=r"5 trials in a row failed.*No such column"):
        tuned(tmp_path / "t")
    assert tuning.Tuning(tmp_path / "t").trials.state.tolist() == ["failed"] * 5


def test_the_time_can_be_limited(sums, fake, tmp_path):
    class Slow(Fake):
        def __call__(self, settings, watch):
            for step in range(1000):
                time.sleep(0.01)
                watch.step(1, step, 1000, dict)
            raise AssertionError("Nobody stopped this.")

    fake.setattr(objective, "Objective", Slow)
    found = tuned(tmp_path / "t", minutes=0.002)
    assert found.trials.state.tolist() == ["lost"], "to be tried again"


# --- stopped, killed, resumed


def test_a_search_that_was_stopped_goes_on_as_if_it_was_not(sums, fake, tmp_path):
    whole = tuned(tmp_path / "whole", trials=20).trials

    class Stops(Fake):
        left = 7

        def loss(self, settings):
            Stops.left -= 1
            if not Stops.left:
                raise Stopped("SIGTERM")
            return super().loss(settings)

    fake.setattr(objective, "Objective", Stops)
    with pytest.raises(Stopped, match=r"seqmodels tune --resume \S+/t$") as caught:
        tuned(tmp_path / "t", trials=20)
    assert caught.value.status == 143
    assert json.loads((tmp_path / "t" / "best.json").read_text())["settings"]
    fake.setattr(objective, "Objective", Fake)
    found = tuning.resume(tmp_path / "t", quiet=True).trials
    assert found.state.tolist().count("lost") == 1
    kept = found[found.state != "lost"]
    assert_frame_equal(
        kept.reset_index(drop=True).drop(columns="seconds"),
        whole.reset_index(drop=True).drop(columns="seconds"),
        check_dtype=False,
    )


def test_the_same_command_goes_on_and_another_is_refused(sums, fake, tmp_path):
    tuned(tmp_path / "t", trials=3)
    found = tuned(tmp_path / "t", trials=5)
    assert len(found.trials) == 5
    assert len(tuning.resume(tmp_path / "t", quiet=True).trials) == 5
    assert len(tuning.resume(tmp_path / "t", trials=6, quiet=True).trials) == 6
    with pytest.raises(sm.InputError, match=r"another search: plan.seed is 0 there, 1 was asked"):
        tuned(tmp_path / "t", trials=8, seed=1)
    with pytest.raises(sm.InputError, match=r"search.backbone.units"):
        tuned(tmp_path / "t", trials=8, search={"backbone.units": "2:4"})


def test_a_process_that_is_just_writing_what_was_asked_disturbs_no_other(sums, fake, tmp_path):
    (tmp_path / ".tune.json.7402cd5e.tmp").write_text("{")
    assert len(tuned(tmp_path, trials=1).trials) == 1


def test_a_directory_that_is_no_tuning_is_left_alone(sums, fake, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(sm.InputError, match=r"holds something else: 'mine.txt'"):
        tuned(tmp_path)
    with pytest.raises(sm.InputError, match="is not the directory of a tuning"):
        tuning.resume(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_names_are_numbered(sums, fake, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    paths = [tuned(None, trials=1).path for _ in range(2)]
    assert paths == [Path("tune/sums-binary-1"), Path("tune/sums-binary-2")]


def test_the_journal_is_json_and_a_cut_last_line_costs_nothing(sums, fake, tmp_path):
    tuned(tmp_path / "t", trials=4)
    journal = tmp_path / "t" / "journal.log"
    lines = journal.read_bytes().splitlines(keepends=True)
    assert all(json.loads(line) for line in lines)
    for cut in (1, 5, len(lines[-1]) - 1):
        journal.write_bytes(b"".join(lines) + lines[-1][:cut])
        before = tuning.Tuning(tmp_path / "t").trials
        assert len(before) == 4
        found = tuning.resume(tmp_path / "t", trials=5, quiet=True)
        assert found.trials.state.isin(["complete", "pruned"]).sum() == 5
        assert all(json.loads(line) for line in journal.read_text().splitlines())


def test_a_damaged_line_is_named(sums, fake, tmp_path):
    tuned(tmp_path / "t", trials=4)
    journal = tmp_path / "t" / "journal.log"
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join([*lines[:5], lines[5][:9] + "\n", *lines[6:]]))
    with pytest.raises(sm.InputError, match=r"journal.log is damaged"):
        tuning.resume(tmp_path / "t", quiet=True)


def test_a_trial_without_a_living_process_is_tried_again(tmp_path):
    numbers = {"backbone.units": Range(2, 1000, log=False, whole=True)}
    one, two = Store(tmp_path, numbers), Store(tmp_path, numbers)
    with two.working():
        with one.working():
            first = one.next(5)
            second = two.next(5)
            assert first.params != second.params
            assert [row["state"] for row in one.rows()] == ["running"] * 2, "both are alive"
        again = two.next(5)
        assert again.params == first.params
        assert [row["state"] for row in two.rows()] == ["lost", "running", "running"]
        assert two.next(2) is None, "two are running"


def test_of_two_processes_one_may_be_killed(tmp_path):
    """Two processes work on one search; the first is killed while it trains."""
    script = tmp_path / "work.py"
    script.write_text(
        "import sys, time, types\n"
        "from seqmodels import tuning\n"
        "from seqmodels.tuning.watching import Outcome\n"
        "class Slow:\n"
        "    def __init__(self, plan): self.plan = plan\n"
        "    def usual(self): return self.plan\n"
        "    def __call__(self, settings, watch):\n"
        "        print('at work', flush=True)\n"
        "        time.sleep(float(sys.argv[1]))\n"
        "        watch.epoch({'epoch': 1, 'valid_loss': settings['backbone.units']})\n"
        "        return Outcome(settings['backbone.units'], 1, 1, 0.5, 'p')\n"
        "fake = types.ModuleType('seqmodels.tuning.objective')\n"
        "fake.Objective = Slow\n"
        "sys.modules[fake.__name__] = fake\n"
        "tuning.tune('digits', trials=12, out=sys.argv[2], quiet=True)\n"
    )
    out = tmp_path / "t"

    def begin(seconds):
        line = [sys.executable, str(script), str(seconds), str(out)]
        return subprocess.Popen(line, stdout=subprocess.PIPE, text=True)

    with begin(60) as doomed, begin(0.05) as other:
        try:
            assert doomed.stdout.readline() == "at work\n"
            doomed.send_signal(signal.SIGKILL)
            other.communicate(timeout=100)
            assert other.returncode == 0
        finally:
            doomed.kill()
            other.kill()
    found = tuning.resume(out, quiet=True) if len(_done(out)) < 12 else tuning.Tuning(out)
    trials = found.trials
    assert trials.state.isin(["complete", "pruned"]).sum() == 12
    assert set(trials.state) <= {"complete", "pruned", "lost"}
    assert (trials.state == "lost").sum() == 1, "that of the process which was killed"
    assert trials.index.is_unique


def _done(out):
    trials = tuning.Tuning(out).trials
    return trials[trials.state.isin(["complete", "pruned"])]


# --- what it leaves


def test_the_command_trains_with_the_best_settings(sums, fake, tmp_path):
    asked = {"training.epochs": 2, "dataset.seed": 5}
    found = tuned(tmp_path / "t", settings=asked, limit=20, seed=3)
    best = json.loads((tmp_path / "t" / "best.json").read_text())
    assert best["settings"] == found.best
    assert best["valid_loss"] == found.trials.valid_loss[found.trials.state == "complete"].min()
    words = shlex.split(found.command)
    assert words[:3] == ["seqmodels", "train", "sums"]
    result = CliRunner().invoke(app, [*words[1:], "--check", "--json"])
    plan = json.loads(result.stdout)
    for name, value in (found.best | asked).items():
        group, argument = name.split(".")
        assert plan["arguments" if group == "dataset" else group][argument] == value
    assert (plan["seed"], plan["limit"], plan["head"]["name"]) == (3, 20, "binary")


def test_the_best_is_trained_and_scored_on_the_test_part(tmp_path):
    data = dataset()
    found = tuned(tmp_path / "t", dataset=data, trials=2, settings=QUICK, search=SMALL)
    run = found.train(out=tmp_path / "r", quiet=True)
    assert run.scores["accuracy"] >= 0
    assert run.model.backbone.units == found.best["backbone.units"]
    with pytest.raises(sm.InputError, match="were in memory"):
        tuning.Tuning(tmp_path / "t").train()


def test_the_page_is_whole_and_needs_no_network(sums, fake, tmp_path):
    found = tuned(tmp_path / "t", trials=20)
    page = (tmp_path / "t" / "report.html").read_text()
    shown = page.replace("&#39;", "'")
    assert found.command in shown
    assert "the test part was not read" in page
    assert page.count("<svg") == 2 + len(found.best) - 1
    assert "functional ANOVA" in page
    assert not re.search(r'(?:src|href)="https?:', page)
    table = (tmp_path / "t" / "trials.csv").read_text().splitlines()
    assert len(table) == 21


def test_what_matters_is_found(sums, fake, tmp_path):
    from seqmodels.tuning.report import importance

    found = tuned(tmp_path / "t", trials=30)
    shares = importance(found._store.space, found.trials.reset_index().to_dict("records"))
    assert next(iter(shares)) == "training.learning_rate"
    assert sum(shares.values()) == pytest.approx(1)


def test_a_line_fits_80_columns_and_the_best_is_marked(sums, fake, tmp_path):
    found = tuned(tmp_path / "t", trials=12)
    with Console(file=(tmp_path / "said").open("w"), width=80, highlight=False) as console:
        lines = Lines(found._store.space, 12, console=console)
        lines.begin("tune/sums-binary-1", 0)
        best = json.loads((tmp_path / "t" / "best.json").read_text())["trial"]
        for row in found._store.rows():
            lines.trial(row, row["trial"] == best)
    console.file.close()
    said = (tmp_path / "said").read_text().splitlines()
    assert max(map(len, said)) <= 80
    assert len([line for line in said if line[:5].strip().isdigit()]) == 12
    (marked,) = [line for line in said if "*" in line]
    assert int(marked[:5]) == best


# --- the command


def command(*words):
    return CliRunner().invoke(app, ["tune", *map(str, words)])


def test_the_command_tunes(sums, fake, tmp_path):
    done = command(
        "sums", "--head", "binary", "--trials", 4, "--out", tmp_path / "t", "--search",
        "backbone.units=2:8:log", "--fix", "training.batch_size=16", "--set", "dataset.size=40",
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    assert "* " in done.stderr
    assert "seqmodels train sums --head binary" in done.stdout.replace("\n", " ")
    assert "--set training.batch_size=16" in done.stdout.replace("\n", " ")
    again = command("--resume", tmp_path / "t", "--trials", 6, "--json", "--quiet")
    assert again.exit_code == 0
    told = json.loads(again.stdout)
    assert set(told["settings"]) >= {"backbone.units", "training.learning_rate"}
    assert "dataset.size" not in told["settings"]


def test_the_commands_mistakes_are_told(tmp_path):
    done = command("digits", "--search", "backbone.unit=1:2", "--trials", 0)
    assert done.exit_code == 2
    assert "Did you mean 'units'" in done.stderr
    assert "at least 1 trial" in done.stderr
    done = command("--resume", tmp_path, "--search", "backbone.units=1:2", "--head", "binary")
    assert done.exit_code == 2
    assert "takes no --head, --search" in done.stderr
    assert command().exit_code == 2


def test_without_optuna_the_command_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    done = command("digits")
    assert done.exit_code == 2
    assert "pip install optuna" in done.stderr


def test_the_first_trial_has_the_sizes_that_the_data_decide():
    from seqmodels.tuning.objective import Objective

    rows = sm.Examples([[float(i % 2)] * 3 for i in range(600)], {"y": ["a", "b"] * 300})
    data = sm.Dataset(train=rows, test=rows, encoder=SeriesEncoder(), head="binary")
    usual = Objective(resolve(data)).usual()
    assert (usual.backbone.units, usual.training.learning_rate) == (64, 2e-3)
    assert (usual.training.batch_size, usual.training.epochs) == (16, 89)
