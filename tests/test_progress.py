"""What a person sees while a training goes on, wherever it is shown."""

import io
import json
import os
import pty
import re
import subprocess
import sys

import pytest
from rich.console import Console

from seqmodels.training import progress
from seqmodels.training.eta import Eta
from seqmodels.training.progress import Reporter, plain

ROW = {
    "epoch": 3, "loss": 0.2345, "accuracy": 0.9123, "valid_loss": 0.3456,
    "valid_accuracy": 0.8765, "seconds": 12.34,
}  # fmt: skip
COLORS = re.compile(r"\x1b\[[0-9;]*m")
MOVES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\r")


def show(console, *, epochs=20, quiet=False, seconds=0.0):
    """Let a reporter tell of three epochs of ten steps; returns what was written."""
    reporter, now = Reporter(epochs, quiet=quiet, console=console), [0.0]
    reporter.eta = Eta(epochs, clock=lambda: now[0])
    reporter.begin()
    for epoch in (1, 2, 3):
        for done in range(1, 11):
            now[0] += seconds
            reporter._looked = 0.0
            reporter.step(epoch, done, 10, lambda: {"loss": 0.5, "accuracy": 0.25})
        if reporter.live:
            reporter._bar.refresh()
        reporter.epoch({**ROW, "epoch": epoch})
    reporter.end()
    return console.file.getvalue()


def terminal(width, **how):
    return Console(width=width, file=io.StringIO(), force_terminal=True, highlight=False, **how)


@pytest.mark.parametrize("width", [20, 25, 30, 40, 60, 80, 120, 200])
def test_the_bar_stays_on_one_line_with_the_time_left(width):
    shown = MOVES.sub("\n", COLORS.sub("", show(terminal(width), seconds=1.5)))
    bars = [line for line in shown.splitlines() if line.endswith(" left")]
    assert bars
    assert all(len(line.rstrip()) <= width for line in bars)
    assert all("/20" in line for line in bars)
    assert any(re.search(r"\d:\d\d left", line) for line in bars)


def test_a_wide_bar_shows_the_measures():
    assert "loss 0.5000  accuracy 0.2500" in show(terminal(100), seconds=1.5)


def test_a_pipe_gets_plain_lines_without_escapes():
    shown = show(Console(width=80, file=io.StringIO(), highlight=False))
    assert "\x1b" not in shown
    assert [line.split()[1] for line in shown.splitlines()] == ["1/20", "2/20", "3/20"]


def test_quiet_says_nothing_at_all():
    for console in (terminal(80, quiet=True), Console(file=io.StringIO(), quiet=True)):
        assert show(console, quiet=True, seconds=30) == ""


def test_a_dumb_terminal_gets_plain_lines(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    shown = show(terminal(80))
    assert "\x1b" not in shown
    assert len(shown.splitlines()) == 3


def test_no_color_has_no_color(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    shown = show(terminal(80), seconds=1.5)
    codes = set("".join(re.findall(r"\x1b\[([0-9;]*)m", shown)).split(";"))
    assert not codes & {str(code) for code in range(30, 50)}
    assert "left" in shown


def test_a_stream_that_knows_no_unicode_gets_a_bar_all_the_same():
    buffer = io.BytesIO()
    stream = io.TextIOWrapper(buffer, encoding="ascii")
    console = Console(width=80, file=stream, force_terminal=True, highlight=False)
    reporter, now = Reporter(4, console=console), [0.0]
    reporter.eta = Eta(4, clock=lambda: now[0])
    reporter.begin()
    for done in range(1, 10):
        now[0] += 1
        reporter._looked = 0.0
        reporter.step(1, done, 10, dict)
    reporter._bar.refresh()
    reporter.say("später")
    reporter.say("now")
    reporter.end()
    stream.flush()
    assert b"left" in buffer.getvalue()
    assert b"now" in buffer.getvalue()


def test_a_closed_stream_does_not_stop_a_training():
    stream = io.StringIO()
    reporter = Reporter(3, console=Console(file=stream, highlight=False))
    stream.close()
    reporter.begin()
    reporter.step(1, 1, 1, dict)
    reporter.epoch(ROW)
    reporter.epoch(ROW)
    reporter.end()


def test_an_epoch_is_a_line_of_80_columns_at_most():
    line = plain(ROW, 20)
    assert line == (
        "epoch  3/20  loss 0.2345 (valid 0.3456)  accuracy 0.9123 (valid 0.8765)  12.3 s"
    )
    assert len(line) <= 80
    many = {**ROW, **{f"measure_{i}": 0.5 for i in range(9)}, "epoch": 33333, "seconds": 9999.9}
    assert len(plain(many, 99999)) <= 80
    assert "loss 0.2345" in plain(many, 99999)


class Ear:
    def __init__(self):
        self.heard = []

    def forecast(self, forecast):
        self.heard.append(forecast)

    def epoch(self, row):
        self.heard.append(row)


@pytest.mark.parametrize(("seconds", "told"), [(1.5, 1), (0.5, 0)])
def test_the_end_is_foretold_once_and_only_of_long_runs(seconds, told):
    """Of 20 epochs of ten steps; the forecast comes after 20 seconds."""
    console = Console(width=80, file=io.StringIO(), highlight=False)
    shown = show(console, seconds=seconds)
    assert shown.count("an epoch; done at") == told


def test_listeners_hear_of_epochs_and_of_the_forecast():
    reporter, now, ear = Reporter(9, quiet=True), [0.0], Ear()
    reporter.eta, reporter.listener = Eta(9, clock=lambda: now[0]), ear
    for done in range(1, 11):
        now[0] += 5
        reporter._looked = 0.0
        reporter.step(1, done, 10, dict)
    reporter.epoch(ROW)
    assert ear.heard[0].epoch == pytest.approx(50)
    assert ear.heard[1:] == [ROW]


def test_a_run_that_ends_soon_is_not_foretold():
    reporter, now, ear = Reporter(1, quiet=True), [0.0], Ear()
    reporter.eta, reporter.listener = Eta(1, clock=lambda: now[0]), ear
    for done in range(1, 11):
        now[0] += 2.5  # 20 seconds after eight steps, and two are left
        reporter._looked = 0.0
        reporter.step(1, done, 10, dict)
    assert ear.heard == []


SCRIPT = """
import json, sys
from seqmodels.training.progress import Reporter
reporter = Reporter(2)
reporter.begin()
for epoch in (1, 2):
    for done in range(1, 30):
        reporter.step(epoch, done, 30, lambda: {"loss": 0.5})
    reporter.epoch({"epoch": epoch, "loss": 0.5, "valid_loss": 0.25, "seconds": 0.1})
reporter.end()
print(json.dumps("done"))
"""


def run(command, **how):
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **how.pop("env", {})}
    return subprocess.run(command, env=environment, timeout=120, text=True, **how)


def test_a_real_terminal_of_25_columns_shows_a_bar_and_lines():
    ours, theirs = pty.openpty()
    environment = {"COLUMNS": "25", "TERM": "xterm"}
    done = run([sys.executable, "-c", SCRIPT], env=environment, stdin=theirs, stderr=theirs,
               stdout=subprocess.PIPE)  # fmt: skip
    os.close(theirs)
    shown = b""
    while True:
        try:
            more = os.read(ours, 2**16)
        except OSError:
            break
        if not more:
            break
        shown += more
    os.close(ours)
    assert done.returncode == 0
    assert b"epoch 2/2  loss 0.5000 (valid 0.2500)" in shown
    assert b"\x1b[" in shown, "a live bar came and went"


@pytest.mark.parametrize(
    "redirect", ["2>&-", "2>/dev/full", "2> >(true)"], ids=["closed", "full", "reader gone"]
)
def test_a_standard_error_that_takes_nothing_does_not_stop_a_training(redirect):
    done = run(["bash", "-c", f'"$0" -c "$1" {redirect}', sys.executable, SCRIPT],
               stdout=subprocess.PIPE)  # fmt: skip
    assert json.loads(done.stdout.splitlines()[-1]) == "done"


def test_in_a_notebook_lines_go_to_standard_output(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ipykernel", object())
    reporter = Reporter(2)
    assert reporter.console.file is sys.stdout
    assert not reporter.console.is_jupyter, "each line would be a block of its own"
    reporter.epoch(ROW)
    said = capsys.readouterr()
    assert "loss 0.2345" in said.out
    assert said.err == ""
    assert progress.WIDTH == 80
