"""The goals that were set before the work began, held against what was measured."""

from collections.abc import Iterator, Mapping
from statistics import fmean, median, stdev
from typing import Any, NamedTuple

import guard
from medians import BARE, OURS, Measured, middle

KERAS, PREDICT, ONNX = "stock Keras", "Keras predict", "ONNX Runtime"
TORCH = ("PyTorch", "PyTorch, one thread")  # whichever is quicker in wall time
Rows = Mapping[str, Measured]


class Goal(NamedTuple):
    """A piece of work must take another this many times what it takes us."""

    row: str
    work: str
    others: tuple[str, ...]
    times: float
    ours: str = OURS


GOALS = (
    Goal("step/10/1", "training step, 10 units, 300 steps", (KERAS,), 8),
    Goal("step/10/1", "training step, 10 units, 300 steps", TORCH, 8),
    Goal("step/32/1", "training step, 32 units", (KERAS,), 3),
    Goal("step/32/1", "training step, 32 units", TORCH, 1),
    Goal("step/64/1", "training step, 64 units", (KERAS,), 2),
    Goal("step/64/1", "training step, 64 units", TORCH, 1),
    Goal("step/128/1", "training step, 128 units", (KERAS,), 1.5),
    Goal("step/128/1", "training step, 128 units", TORCH, 1),
    Goal("tutorial", "tutorial, five epochs end to end", (KERAS,), 8),
    Goal("tutorial", "tutorial with --no-baselines", (KERAS,), 10, BARE),
    Goal("predict/all", "prediction of 25,000 reviews", (KERAS,), 8),
    Goal("predict/all", "prediction of 25,000 reviews", (ONNX,), 1),
    Goal("predict/one", "one short review, after load", (PREDICT,), 20),
)
ACCURACY, MEMORY = "test accuracy", "memory/windows/1000000"
MOST_MEMORY = 3  # times the series


def held(rows: Rows) -> list[dict[str, Any]]:
    """Return a line for each goal whose row was measured."""
    found = [line for goal in GOALS if goal.row in rows for line in _times(goal, rows[goal.row])]
    if "tutorial" in rows:
        found += [*_beside(rows["tutorial"]), *_accuracy(rows["tutorial"])]
    if MEMORY in rows:
        found.append(_memory(rows[MEMORY]))
    return found


def _times(goal: Goal, row: Measured) -> Iterator[dict[str, Any]]:
    there = [who for who in goal.others if who in row["found"]]
    if not there or not {OURS, goal.ours} <= set(row["found"]):
        return
    rival = min(there, key=lambda who: middle(row, who, "wall_s"))
    wall, cpu = (
        middle(row, rival, key) / middle(row, goal.ours, key) for key in ("wall_s", "cpu_s")
    )
    reached = "yes" if min(wall, cpu) >= goal.times else "no"
    if reached == "no" and max(wall, cpu) >= goal.times:
        reached = "in wall time" if wall > cpu else "in CPU time"
    yield {
        "work": goal.work,
        "beside": rival,
        "goal": f"{goal.times:g}x" if goal.times > 1 else "ahead",
        "wall": f"{wall:.3g}x",
        "CPU": f"{cpu:.3g}x",
        "reached": reached,
    }


def _beside(row: Measured) -> Iterator[dict[str, Any]]:
    """What a run does beside its training may take a part of the CPU time of training."""
    if OURS not in row["found"] or "whole CPU s" not in row["found"][OURS]["measures"][0]:
        return
    times = median(guard.beside(one) for one in row["found"][OURS]["measures"])
    yield {
        "work": "the tutorial, all but training",
        "beside": "training",
        "goal": f"at most {guard.LIMIT:g}x",
        "wall": "",
        "CPU": f"{times:.3g}x",
        "reached": "yes" if times <= guard.LIMIT else "no",
    }


def _accuracy(row: Measured) -> Iterator[dict[str, Any]]:
    """Means of the seeds may differ by two standard errors of their difference."""
    if not {OURS, KERAS} <= set(row["found"]):
        return
    seeds = [[one[ACCURACY] for one in row["found"][who]["measures"]] for who in (OURS, KERAS)]
    if min(map(len, seeds)) < 2:
        return
    ours, theirs = map(fmean, seeds)
    noise = 2 * sum(stdev(each) ** 2 / len(each) for each in seeds) ** 0.5
    yield {
        "work": "test accuracy of the tutorial, mean of the seeds",
        "beside": KERAS,
        "goal": f"{theirs:.4f}, within {noise:.4f}",
        "wall": f"{ours:.4f}",
        "CPU": "",
        "reached": "yes" if ours >= theirs - noise else "no",
    }


def _memory(row: Measured) -> dict[str, Any]:
    times = middle(row, OURS, "above_idle_mb") / row["found"][OURS]["notes"]["series_mb"]
    return {
        "work": "peak memory, a million windows of 96 steps",
        "beside": "the series itself",
        "goal": f"under {MOST_MEMORY}x",
        "wall": f"{times:.3g}x",
        "CPU": "",
        "reached": "yes" if times < MOST_MEMORY else "no",
    }
