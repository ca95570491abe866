"""Runs that are killed: how they are made, gone on with, and held against a run that was not."""

import json
import multiprocessing
import os
import shutil
import signal
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

import seqmodels as sm
from seqmodels.runs.launch import resume
from seqmodels.training import checkpoints, loop

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["seqmodels.runs.launch", "seqmodels.testing"])
BROKEN_OFF = -signal.SIGKILL

# Three datasets, two heads, dropout, drawings that are varied, several epochs; a second or so of
# training each.
ASKED = {
    "digits": {"dataset": "digits", "epochs": 4, "settings": {"backbone.units": 16}},
    "adding": {
        "dataset": "adding", "epochs": 4, "batch_size": 32,
        "settings": {"dataset.n": 2000, "dataset.length": 20, "backbone.units": 8},
    },
    "doodles": {"dataset": "strokes", "epochs": 4, "settings": {"backbone.units": 8}},
}  # fmt: skip


def train(asked: str, out: Path, every: float) -> None:
    """Train in this process, with a checkpoint that often, in seconds."""
    loop.EVERY = every
    how = dict(ASKED[asked])
    if asked == "doodles":
        how["data"] = doodles(out.with_name("doodles.ndjson"))
    sm.train(how.pop("dataset"), out=out, quiet=True, **how)


def doodles(path: Path) -> Path:
    """Write 300 drawings of 8 points, lines and arches, always the same."""
    rng, lines = np.random.default_rng(0), []
    for number in range(300):
        word, turn = (("line", 0), ("arch", 2))[number % 2]
        steps = np.arange(8)
        y = turn * steps * (7 - steps) + rng.integers(-9, 9, 8)
        x = 12 * steps + rng.integers(-9, 9, 8)
        lines.append(json.dumps({"word": word, "drawing": [[x.tolist(), y.tolist()]]}))
    path.write_text("\n".join(lines))
    return path


def go_on(out: Path) -> None:
    resume(out, quiet=True)


def killed_within(moment: str, asked: str, out: Path) -> None:
    """Train, and be killed in the middle of writing the ninth checkpoint."""
    save, replace, unlink, count = np.savez, Path.replace, Path.unlink, iter(range(10**6))

    def kill() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def half(file, **arrays):
        if next(count) == 8:
            save(file, **dict(list(arrays.items())[: len(arrays) // 2]))
            file.flush()
            kill()
        save(file, **arrays)

    def before_its_name(self, target):
        if self.name == checkpoints.PART and next(count) == 8:
            kill()
        return replace(self, target)

    def before_old_ones_go(self, missing_ok=False):
        if self.suffix == ".npz" and next(count) == 8:
            kill()
        unlink(self, missing_ok)

    if moment == "half of the bytes":
        np.savez = half
    elif moment == "before its name":
        Path.replace = before_its_name
    else:
        Path.unlink = before_old_ones_go
    train(asked, out, every=0)


def run(target, *arguments, kill_after: float | None = None) -> int:
    """Call a function in a process of its own, which may be killed; return its exit code."""
    process = FORKS.Process(target=target, args=arguments)
    process.start()
    process.join(kill_after if kill_after is not None else 120)
    if kill_after is not None:
        process.kill()
        process.join()
    assert process.exitcode is not None, "it hangs"
    return process.exitcode


def ends(path: Path) -> dict:
    """Return what a run ended with, to the bit."""
    with zipfile.ZipFile(path / "model" / "weights.npz") as file:
        weights = {name: file.read(name) for name in file.namelist()}
    history = pd.read_csv(path / "history.csv", dtype=str).drop(columns="seconds")
    return {
        "weights": weights,
        "history": history.to_dict("records"),
        "scores": json.loads((path / "scores.json").read_text()),
        "predictions": (path / "predictions.csv").read_text(),
    }


def finished(asked: str, path: Path) -> dict:
    """Go on with a run, or begin it where it had not begun, and return how it ends."""
    if not (path / "run.json").exists():
        shutil.rmtree(path, ignore_errors=True)
        assert run(train, asked, path, 1000) == 0
    elif json.loads((path / "run.json").read_text())["status"] != "complete":
        assert run(go_on, path) == 0
    left = [one for one in path.rglob("*") if one.name.endswith(".tmp")]
    assert left == [], "nothing half-written is left"
    return ends(path)
