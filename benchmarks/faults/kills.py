"""Runs that are killed with SIGKILL, gone on with, and held against a run that was not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from survival import ASKED, ends, finished, go_on, killed_within, run, train

from faults import Tried

MOMENTS = ("half of the bytes", "before its name", "before old ones go")


def tries(folder: Path, count: int) -> Iterator[Tried]:
    """Kill so many runs at moments drawn over all of their duration, and some while they write."""
    rng = np.random.default_rng(0)
    for asked in ASKED:
        started = time.monotonic()
        run(train, asked, folder / f"{asked}-whole", 1000)
        seconds, expected = time.monotonic() - started, ends(folder / f"{asked}-whole")
        for number in range(count):
            path = folder / f"{asked}-{number}"
            code = run(train, asked, path, 0.02, kill_after=rng.uniform(0, 1.05) * seconds)
            yield _told(f"SIGKILL {_where(path, code)}", asked, path, expected)
        for number in range(count // 5):
            path = folder / f"{asked}-often-{number}"
            run(train, asked, path, 0.02, kill_after=rng.uniform(0.3, 1) * seconds)
            for _ in range(3):
                if _running(path):
                    run(go_on, path, kill_after=rng.uniform(0.1, 0.8) * seconds)
            yield _told("SIGKILL four times over", asked, path, expected)
        for moment in MOMENTS:
            path = folder / f"{asked}-{moment.replace(' ', '-')}"
            run(killed_within, moment, asked, path)
            yield _told(f"SIGKILL within a checkpoint: {moment}", asked, path, expected)


def _told(what: str, asked: str, path: Path, expected: dict) -> Tried:
    same = finished(asked, path) == expected
    says = "weights, history, scores and answers of a run that was not killed, to the bit"
    return Tried(what, says if same else f"other numbers ({path.name})", same)


def _running(path: Path) -> bool:
    return (path / "checkpoints").is_dir() and (path / "run.json").is_file()


def _where(path: Path, code: int) -> str:
    """Return when a run was killed, by what it had left."""
    if code == 0:
        return "after it had finished"
    if not (path / "run.json").is_file():
        return "before it had begun"
    if not list(path.glob("checkpoints/*.npz")):
        return "before the first checkpoint"
    written = any((path / name).exists() for name in ("scores.json", "predictions.csv", "model"))
    return "while results were written" if written else "while it trained"
