"""What happens to the machine in the middle of a run costs no more than what was not yet kept."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from survival import ASKED, BROKEN_OFF, FORKS, ends, finished, go_on, killed_within, run, train

import seqmodels as sm
from seqmodels.core import files
from seqmodels.runs import launch
from seqmodels.runs.directory import locked
from seqmodels.runs.launch import repeat, resume
from seqmodels.training import loop


@pytest.fixture(scope="module", params=list(ASKED))
def whole(request, tmp_path_factory) -> tuple[str, dict, float]:
    """A run that nothing happened to: its name, how it ended, and how long it took, in seconds."""
    path, started = tmp_path_factory.mktemp("whole") / "run", time.monotonic()
    assert run(train, request.param, path, 1000) == 0
    return request.param, ends(path), time.monotonic() - started


@pytest.mark.parametrize("moment", ["half of the bytes", "before its name", "before old ones go"])
def test_a_run_killed_while_it_writes_a_checkpoint_ends_as_if_it_had_not_been(
    whole, moment, tmp_path
):
    asked, expected, _ = whole
    assert run(killed_within, moment, asked, tmp_path / "run") == BROKEN_OFF
    assert finished(asked, tmp_path / "run") == expected


def test_a_run_killed_three_times_ends_as_if_it_had_not_been(whole, tmp_path):
    asked, expected, seconds = whole
    path = tmp_path / "run"
    run(train, asked, path, 0.02, kill_after=0.6 * seconds)
    for share in (0.5, 0.7):
        if (path / "run.json").exists():
            run(go_on, path, kill_after=share * seconds)
    assert finished(asked, path) == expected


@pytest.mark.slow
@pytest.mark.parametrize("number", range(10))
def test_a_run_killed_at_any_moment_ends_as_if_it_had_not_been(whole, number, tmp_path):
    """Ten moments of each run, drawn over all of its duration."""
    asked, expected, seconds = whole
    moment = np.random.default_rng(number).uniform(0, 1.1) * seconds
    run(train, asked, tmp_path / "run", 0.02, kill_after=moment)
    assert finished(asked, tmp_path / "run") == expected


def begun(path: Path, monkeypatch) -> None:
    """Leave a run that was stopped by a full disk after two epochs."""
    saves, save = iter(range(100)), np.savez

    def full(*arguments, **named):
        if next(saves) >= 2:
            raise OSError(28, "No space left on device")
        save(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(np, "savez", full)
        with pytest.raises(sm.InputError, match=rf"No space left.*--resume {re.escape(str(path))}"):
            train("digits", path, 1000)


@pytest.mark.parametrize("when", ["checkpoint", "scores", "model"])
def test_a_full_disk_is_named_and_costs_nothing(when, tmp_path, monkeypatch):
    path, writing = tmp_path / "run", files.writing

    def full(target, mode="w"):
        if target.name.startswith({"checkpoint": "unfinished"}.get(when, when)):
            raise OSError(28, "No space left on device")
        return writing(target, mode)

    with monkeypatch.context() as patch:
        for room in ("training.checkpoints", "core.files", "runs.directory", "model.saved"):
            patch.setattr(f"seqmodels.{room}.writing", full)
        with pytest.raises(sm.InputError, match="No space left on device"):
            train("digits", path, 1000)
    assert [one for one in path.rglob("*") if one.name.endswith(".tmp")] == []
    assert resume(path, quiet=True).scores["accuracy"] > 0.5


def test_a_run_that_another_process_is_at_work_on_is_left_to_it(tmp_path, monkeypatch):
    begun(tmp_path / "run", monkeypatch)
    before = sorted(one.name for one in (tmp_path / "run" / "checkpoints").iterdir())
    with (
        locked(tmp_path / "run"),
        pytest.raises(sm.InputError, match=rf"Process {os.getpid()} is at work on the run"),
    ):
        resume(tmp_path / "run", quiet=True)
    assert sorted(one.name for one in (tmp_path / "run" / "checkpoints").iterdir()) == before
    assert resume(tmp_path / "run", quiet=True).scores["accuracy"] > 0.5


def test_data_that_have_vanished_are_named_and_may_have_moved(tmp_path, monkeypatch):
    table, moved = tmp_path / "table.csv", tmp_path / "moved.csv"
    rng = np.random.default_rng(0)
    rows = [f"{rng.choice(['a fine', 'a dull'])} film number {i}" for i in range(300)]
    lines = [f"{row},{'good' if 'fine' in row else 'bad'}" for row in rows]
    table.write_text("\n".join(["text,label", *lines]))
    path = tmp_path / "run"
    asked = {"out": path, "quiet": True, "target": "label", "epochs": 4, "allow_leak": "made up"}
    with monkeypatch.context() as patch:
        patch.setattr(
            loop._Loop, "evaluate", lambda *_: (_ for _ in ()).throw(OSError(5, "I/O error"))
        )
        with pytest.raises(sm.InputError, match="I/O error"):
            sm.train(table, **asked)
    table.rename(moved)
    with pytest.raises(sm.InputError, match=re.escape(str(table))):
        resume(path, quiet=True)
    changed = tmp_path / "changed.csv"
    changed.write_text("\n".join(["text,label", *lines[1:]]))
    with pytest.raises(sm.InputError, match="are not those it was trained on"):
        resume(path, data=changed, quiet=True)
    finished = resume(path, data=moved, quiet=True)
    assert finished.record["arguments"]["path"] == str(moved)
    assert finished.record["allow_leak"] == "made up"


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(sm.InputError, match=r"Cannot make .*file/run"):
        train("digits", tmp_path / "file" / "run", 1000)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_command_says_how_to_go_on(number, tmp_path):
    path = tmp_path / "run"
    command = [sys.executable, "-m", "seqmodels", "train", "digits", "--epochs", "500",
               "--set", "training.patience=0", "--out", str(path)]  # fmt: skip
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while not list(path.glob("checkpoints/*.npz")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert f"Go on with: seqmodels train --resume {path}" in said
    assert "Traceback" not in said
    assert json.loads((path / "run.json").read_text())["command"] == ["seqmodels", *command[3:]]


def test_a_run_is_repeated_to_the_bit_and_says_what_differs(tmp_path):
    train("digits", tmp_path / "first", 1000)
    again = repeat(tmp_path / "first", out=tmp_path / "again", quiet=True)
    assert again.record["like"] == {"run": str(tmp_path / "first"), "differs": []}
    assert ends(tmp_path / "again") == ends(tmp_path / "first")
    assert launch.compared(tmp_path / "first", again).startswith("The same scores and the same")
    record = json.loads((tmp_path / "first" / "run.json").read_text())
    record["versions"]["keras"], record["engine"] = "3.0.0", "keras"
    record["machine"]["instruction_sets"], record["fingerprint"]["test"] = ["avx"], "0" * 64
    (tmp_path / "first" / "run.json").write_text(json.dumps(record))
    other = repeat(tmp_path / "first", out=tmp_path / "other", seed=1, quiet=True)
    said = "\n".join(other.record["like"]["differs"])
    for part in ("seed: 0 there, 1 here", "in place of 3.0.0", "engine", "avx there", "test (450"):
        assert part in said
    assert launch.compared(tmp_path / "first", other).startswith(
        "The histories differ from epoch 1"
    )


def test_two_runs_at_once_never_take_the_same_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    asked = dict(ASKED["adding"])
    processes = [
        FORKS.Process(target=_train_unnamed, args=(str(tmp_path), asked)) for _ in range(3)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
        assert process.exitcode == 0
    assert sorted(one.name for one in (tmp_path / "runs").iterdir()) == [
        "adding-regression-1", "adding-regression-2", "adding-regression-3",
    ]  # fmt: skip
    assert all(sm.Run(one).scores for one in (tmp_path / "runs").iterdir())


def _train_unnamed(folder: str, asked: dict) -> None:
    os.chdir(folder)
    sm.train(asked["dataset"], epochs=1, settings=asked["settings"], quiet=True)
