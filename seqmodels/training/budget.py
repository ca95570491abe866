"""A run within a budget of time: what fits is found by real steps, and a clock stops the rest."""

from __future__ import annotations

import contextlib
import io
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

import keras
import numpy as np

from seqmodels.core.durations import duration
from seqmodels.core.errors import InputError
from seqmodels.heads.base import Head
from seqmodels.nn import tracing
from seqmodels.plots import charts
from seqmodels.training import loop
from seqmodels.training.allowance import FEWEST, MARGIN, Budget, fitted
from seqmodels.training.pace import FORWARD, Pace, Work
from seqmodels.training.plan import Training
from seqmodels.training.progress import Reporter

SCORED = 1e-4  # of the first step for each test example: its part of the intervals
EXPLAINED = 200  # examples' worth of training steps for a few explanations, which may be left out
FIGURES = 15  # of a report, as large as the one that is timed
LOOK = 2.0  # seconds from one look at how fast the machine is to the next
PROBED = 10  # steps that are timed, at least, unless they take too long
PROBE = 0.02  # of the budget is spent on timing steps
PROBE_MOST = 0.1  # of it, however slow they are
DRAWN = 7  # sets the draw of examples apart from others of the same seed

Parts = Mapping[str, loop.Part]
Decision = dict[str, Any]


def decided(
    budget: Budget,
    network: Callable[[], keras.Model],
    head: Head,
    encoded: Parts,
    settings: Training,
    seed: int,
) -> Decision:
    """Return what of a training fits into a budget.

    Args:
        budget: Some of it is spent already, on reading.
        network: Makes one like that to be trained, to be thrown away.
        head: Fitted.
        encoded: The parts "train", "valid" and "test".
        settings: What was asked for.
        seed: Of the run.

    Returns:
        What `run.json` holds as `budget`: as asked, epochs and training examples that fit and
        those that were asked for, and what a person is told.

    Raises:
        InputError: Nothing fits.
    """
    lengths = {name: part.sequences.lengths for name, part in encoded.items()}
    how = {"batch_size": settings.batch_size, "seed": seed, "pass_steps": tracing.EVALUATE}
    work = Work.of(lengths["train"], lengths["valid"], **how)
    figure = _drawn()
    first, rate = _timed(budget, network, head, encoded, settings, seed, work)
    costs = work.epoch(0)
    test = Work.of(lengths["test"], lengths["test"], **how).valid
    epoch, rest = rate * float(costs.sum()), FORWARD * rate * work.valid + 0.1
    scored = first * (1 + SCORED * len(lengths["test"])) + FORWARD * rate * test
    least = scored + FIGURES * figure
    explained = first + EXPLAINED * rate * float(np.median(lengths["test"]))
    for kept in (least + explained, least):
        how = {"epochs": settings.epochs, "steps": len(costs), "epoch": epoch, "rest": rest}
        fit = fitted(budget.left, **how, after=kept)
        budget.kept, budget.rate = kept, rate
        if fit.epochs:
            break
    else:
        spent, one = budget.seconds - budget.left, epoch * fit.share + rest
        raise InputError(
            f"A budget of {budget.asked} is too short: reading and timing took "
            f"{duration(spent)}, and one short epoch with scores and report takes "
            f"{duration(one + least)}. "
            f"Give at least --budget {math.ceil(spent + one / MARGIN + least)}s."
        )
    count = len(lengths["train"])
    examples = count if fit.share == 1 else max(1, math.floor(fit.share * count))
    return {
        "asked": budget.asked,
        "epochs": fit.epochs,
        "of_epochs": settings.epochs,
        "examples": examples,
        "of_examples": count,
        "stopped": None,
    }


def says(decision: Decision) -> str:
    """Return what is given up for a budget, as one line."""
    epochs, examples = decision["of_epochs"], decision["of_examples"]
    given_up = []
    if decision["epochs"] < epochs:
        given_up.append(f"{decision['epochs']} of {epochs} epochs at most")
    if decision["examples"] < examples:
        given_up.append(f"{decision['examples']:,} of {examples:,} training examples")
    what = ", ".join(given_up) or "nothing is given up"
    return f"Budget of {decision['asked']}: {what}."


def share(part: loop.Part, examples: int, seed: int) -> loop.Part:
    """Return that many examples of a part, drawn with the seed, in their order."""
    if examples >= len(part.y):
        return part
    rng = np.random.default_rng([seed, DRAWN])
    rows = np.sort(rng.permutation(len(part.y))[:examples])
    return replace(part, sequences=part.sequences.take(rows), y=part.y[rows])


class Deadline:
    """A watch that ends a training when its budget does.

    Args:
        reporter: Is told as if this were not here.
        budget: Of the whole run.
        epochs: Asked for.
    """

    def __init__(self, reporter: Reporter, budget: Budget, epochs: int):
        self.reporter, self.budget, self.epochs = reporter, budget, epochs
        self.looked = budget.left
        self.stopped: str | None = None

    def say(self, text: str) -> None:
        """Pass it on."""
        self.reporter.say(text)

    def step(self, epoch: int, done: int, steps: int, measures: Callable[[], loop.Row]) -> None:
        """Pass it on, and end the training in the middle of an epoch if it must be."""
        self.reporter.step(epoch, done, steps, measures)
        if self.looked - self.budget.left > LOOK:
            self.looked = self.budget.left
            self.budget.slowed(self.reporter.pace.rate() or 0.0)
        if self.budget.left < self.budget.kept / MARGIN:
            self.stopped = f"in epoch {epoch}, after {done} of {steps} steps"
            raise loop.Enough

    def epoch(self, row: loop.Row) -> None:
        """Pass it on, and end the training when the next epoch would not fit."""
        self.reporter.epoch(row)
        forecast = self.reporter.pace.forecast()
        another = forecast.epoch if forecast else 0.0
        if row["epoch"] < self.epochs and self.budget.left - another < self.budget.kept / MARGIN:
            self.stopped = self.stopped or f"after epoch {row['epoch']:.0f}"
            raise loop.Enough


class _Probe:
    """A watch that times steps until they tell enough."""

    def __init__(self, pace: Pace, budget: Budget):
        self.pace, self.budget, self.steps = pace, budget, 0
        self.started, self.first = budget.left, 0.0

    def say(self, text: str) -> None:
        pass

    def step(self, epoch: int, done: int, steps: int, measures: Callable[[], loop.Row]) -> None:
        self.pace.step(epoch, done, steps)
        self.first = self.first or self.started - self.budget.left
        self.steps += self.pace.rate() is not None
        spent = (self.started - self.budget.left) / self.budget.seconds
        enough = self.steps >= PROBED and spent >= PROBE
        if enough or (self.steps and spent >= PROBE_MOST):
            raise loop.Enough

    def epoch(self, row: loop.Row) -> None:
        self.pace.epoch()


def _timed(
    budget: Budget,
    network: Callable[[], keras.Model],
    head: Head,
    encoded: Parts,
    settings: Training,
    seed: int,
    work: Work,
) -> tuple[float, float]:
    """Return the seconds of the first step, and of a unit of work, by training for a moment.

    The first builds and traces the network, as much later is built and traced: a measure of how
    quick the machine is at that.
    """
    probe = _Probe(Pace(FEWEST, work), budget)
    few = replace(settings, epochs=FEWEST, patience=0)  # as often as it takes, where data are few
    valid = share(encoded["valid"], settings.batch_size, seed)
    how: dict[str, Any] = {"seed": seed, "folder": None, "watch": probe, "fresh": False}
    loop.fit(network(), head, encoded["train"], valid, few, **how)
    rate = probe.pace.rate()
    if rate is None:  # fewer steps than it takes to be warm
        rate = max(1e-9, probe.started - budget.left) / float(work.epoch(0).sum() * FEWEST)
    return probe.first, rate


def _drawn() -> float:
    """Return the seconds that a figure takes, and import what scores and report need.

    What is imported now counts as spent and not as guessed.
    """
    for name in ("sklearn.linear_model", "jinja2"):
        with contextlib.suppress(ImportError):
            import_module(name)
    seconds = []
    for _ in range(2):  # the first one finds the fonts, too
        started = time.perf_counter()
        charts.curves({"loss": [2.0, 1.0], "valid_loss": [2.0, 1.0]}).savefig(io.BytesIO())
        seconds.append(time.perf_counter() - started)
    return min(seconds)
