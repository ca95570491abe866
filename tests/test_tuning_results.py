"""What a search leaves: the best settings, the page, the lines; and the command."""

import json
import re
import shlex
import sys

import pytest
from rich.console import Console
from searches import QUICK, SMALL, dataset, tuned
from typer.testing import CliRunner

import seqmodels as sm
from seqmodels import tuning
from seqmodels.cli import app
from seqmodels.tuning.lines import Lines

pytest.importorskip("optuna")


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
    assert page.count("<img") == 2 + len(found.best) - 1
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
    assert "--search, --head" in done.stderr
    assert command().exit_code == 2


def test_without_optuna_the_command_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    done = command("digits")
    assert done.exit_code == 2
    assert "pip install optuna" in done.stderr
