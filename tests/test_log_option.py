"""`--log`, `--log-json` and `--budget` on the command line."""

import json

import pytest
from typer.testing import CliRunner

import seqmodels as sm
from seqmodels.cli import app
from seqmodels.runs.run import Run
from seqmodels.training.loggers import Logger

SMALL = ["train", "digits", "--epochs", "2", "--limit", "200", "--no-baselines"]


def call(*arguments):
    return CliRunner().invoke(app, list(arguments))


def test_log_json_writes_nothing_but_events_to_standard_output(tmp_path):
    done = call(*SMALL, "--log-json", "--log", "json", "--out", str(tmp_path / "r"))
    assert done.exit_code == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [e["event"] for e in events] == ["begin", "epoch", "epoch", "end"]
    assert "epoch 2/2" in done.stderr
    run = Run(tmp_path / "r")
    assert events[-1]["scores"] == run.scores
    assert events[0]["record"]["training"]["epochs"] == 2
    written = (tmp_path / "r" / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["event"] for line in written] == [e["event"] for e in events]
    assert run.record["log"] == ["json"]


@pytest.mark.parametrize(
    ("option", "says"),
    [
        (["--budget", "soon"], "such as 10m, 90s or 1h30m, got 'soon'"),
        (["--budget", "1s"], "A budget of 1s is too short"),
        (["--log", "jsn"], "Did you mean 'json'?"),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nothing(tmp_path, option, says):
    done = call(*SMALL, *option, "--out", str(tmp_path / "r"))
    assert done.exit_code == 2
    assert says in " ".join(done.stderr.split())
    assert not (tmp_path / "r").exists()


def test_a_logger_that_cannot_begin_leaves_no_run_directory(tmp_path):
    class Down(Logger):
        def begin(self, record, path):
            raise ConnectionError("no route to host")

    with pytest.raises(sm.InputError, match="Down cannot begin"):
        sm.train("digits", limit=200, epochs=1, log=[Down()], out=tmp_path / "r", quiet=True)
    assert not (tmp_path / "r").exists()


def test_two_kinds_of_json_on_standard_output_are_refused():
    done = call(*SMALL, "--log-json", "--json")
    assert done.exit_code == 2
    assert "give one of them" in done.stderr
