"""A search survives stops, kills and cut files, and several processes share it."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pandas.testing import assert_frame_equal
from searches import Fake, tuned

import seqmodels as sm
from seqmodels import tuning
from seqmodels.core.signals import Stopped
from seqmodels.tuning import objective
from seqmodels.tuning.space import Range
from seqmodels.tuning.store import Store

pytest.importorskip("optuna")


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
    with pytest.raises(sm.InputError, match=r"plan\.seed.*0.*1"):
        tuned(tmp_path / "t", trials=8, seed=1)
    with pytest.raises(sm.InputError, match=r"search.backbone.units"):
        tuned(tmp_path / "t", trials=8, search={"backbone.units": "2:4"})


def test_a_search_of_before_settings_were_renamed_goes_on(sums, fake, tmp_path):
    how = {"search": {"backbone.linear_lags": "0:9"}, "settings": {"backbone.subtract_last": True}}
    tuned(tmp_path / "t", trials=3, **how)
    for name in ("tune.json", "journal.log"):  # as the version before wrote them
        path = tmp_path / "t" / name
        text = path.read_text().replace("backbone.linear_lags", "backbone.linear")
        text = text.replace('"linear_lags"', '"linear"')
        text = text.replace('"subtract_last": true', '"level": "last"')
        path.write_text(text.replace('"backbone.subtract_last": true', '"backbone.level": "last"'))
    assert len(tuning.resume(tmp_path / "t", trials=4, quiet=True).trials) == 4
    found = tuned(tmp_path / "t", trials=5, **how)
    assert found.trials["backbone.linear"].between(0, 9).all()
    assert len(found.trials) == 5


def test_a_process_that_is_just_writing_what_was_asked_disturbs_no_other(sums, fake, tmp_path):
    (tmp_path / ".tune.json.7402cd5e.tmp").write_text("{")
    assert len(tuned(tmp_path, trials=1).trials) == 1


def test_a_directory_that_is_no_tuning_is_left_alone(sums, fake, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(sm.InputError, match=r"mine\.txt"):
        tuned(tmp_path)
    with pytest.raises(sm.InputError, match=r"tune\.json"):
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
    with pytest.raises(sm.InputError, match=r"journal\.log"):
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
