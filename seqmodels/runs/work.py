"""One run in progress: from a plan to a finished run directory."""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from seqmodels.audit.checks import audit
from seqmodels.core.errors import InputError
from seqmodels.core.machine import machine, versions
from seqmodels.core.registry import HEADS
from seqmodels.core.signals import Stopped
from seqmodels.evaluation.scores import yardstick
from seqmodels.evaluation.warnings import cut
from seqmodels.model.sequence_model import SequenceModel
from seqmodels.nn import engines, tracing
from seqmodels.runs.directory import CHECKPOINTS
from seqmodels.runs.results import give_back, since, write_results
from seqmodels.training import budget as budgets
from seqmodels.training import loop, pace
from seqmodels.training.allowance import Budget
from seqmodels.training.encoded import Part, encoded, fingerprint
from seqmodels.training.heuristics import sized
from seqmodels.training.loggers import Logger, Loggers, opened
from seqmodels.training.nan_guard import NotFiniteError
from seqmodels.training.plan import Parts, Plan
from seqmodels.training.progress import Reporter
from seqmodels.training.pseudo_labels import taught

FORMAT = 1


class Work:
    """One run in progress: the fitted parts, the encoded data, the network.

    Args:
        plan: What is to be done.
        parts: The examples.
        quiet: Show nothing while training.
        allow_leak: Why to train whatever the audit says; None: a FAIL is an `InputError`.
        began: What `run.json` says, where the run is gone on with.
        like: The run that this one repeats, by path, and how this machine, these versions and
            data differ from it.
        log: Who else is told how it goes: names of loggers, or loggers.
        budget: The time that the run may take; or what was decided on one, of the run that is
            repeated.
        baselines: Fit simple models too, to compare with.
    """

    def __init__(
        self,
        plan: Plan,
        parts: Parts,
        quiet: bool,
        *,
        allow_leak: str | None = None,
        began: Mapping[str, Any] | None = None,
        like: Mapping[str, Any] | None = None,
        log: Sequence[str | Logger] = (),
        budget: Budget | Mapping[str, Any] | None = None,
        baselines: bool = True,
    ):
        self.started = time.time()
        self.target, self.test, self.apart = parts.target, parts.test, parts.data.apart
        head = plan.head.fit(parts.train.target(parts.target))
        with parts.as_given():
            encoder = parts.data.encoder.fit(parts.train.inputs)
            more = 0 if parts.unlabelled is None else len(parts.unlabelled)
            counts = len(parts.train), len(parts.valid), more
            self.plan, sizes = sized(plan, encoder.spec, *counts)
            self.model = SequenceModel(encoder, self.plan.backbone, head, seed=plan.seed)
            self.encoded = encoded(encoder, head, parts)
        self.reporter = Reporter(self.plan.training.epochs, quiet=quiet)
        self.log = [*(began["log"] if began else ()), *log]
        self.loggers = Loggers(opened(self.log), self.reporter.say)
        self.says, self.allow_leak = list(parts.data.says), allow_leak
        if sizes:
            self.says.append(f"Training: {'; '.join(sizes)}.")
        self.audit: Mapping[str, Any] = began["audit"] if began else self._audited(parts)
        self.command = began["command"] if began else _command()
        self.like = began["like"] if began else like
        self.baselines = began["baselines"] if began else baselines
        left = self.encoded["train"].unlabelled
        if more and (out := more - (0 if left is None else len(left))):
            self.says.append(f"{out:,} inputs without a target are in another part too: left out.")
        self.cut = cut(encoder, parts.train, self.encoded["train"].sequences)
        self.counts = {name: len(part.y) for name, part in self.encoded.items()}
        self.fingerprint = fingerprint(self.encoded)
        self.yardstick = yardstick(head, parts.target, parts.train)
        self.budget = budget if isinstance(budget, Budget) else None
        self.decision: Any = began["budget"] if began else budget
        if self.budget:
            self.decision = self._decided(self.budget)
        if self.decision:
            self._limit(epochs=self.decision["epochs"])
            train, examples = self.encoded["train"], self.decision["examples"]
            if train.unlabelled is not None and self.plan.training.sure:
                self._limit(sure=None)
                self.says.append("Within a budget no first training labels what has no target.")
            self.encoded["train"] = budgets.share(train, examples, plan.seed)

    def finish(self, path: Path) -> None:
        """Train, score, and write everything that the run leaves.

        Raises:
            Stopped: By Ctrl-C or SIGTERM; the run can be gone on with.
            InputError: The loss is not finite, or the run cannot be written.
        """
        give_back()  # what reading and encoding took; the raw inputs that train are gone too
        onward = f"seqmodels train --resume {path}"
        given_up = [budgets.says(self.decision)] if self.decision else []
        for line in (*self.says, self._headline(), *self._warnings(), *given_up):
            self.reporter.say(line)
        self.reporter.say(engines.says(self.plan.backbone.units))
        usage: dict[str, Any] = {"seconds_reading": since(self.started)}
        try:
            self.reporter.listener = self.loggers
            how: dict[str, Any] = {"seed": self.plan.seed, "folder": path / CHECKPOINTS}
            learned = self.model.network, self.model.head
            train, valid = self.encoded["train"], self.encoded["valid"]
            train = taught(*learned, train, valid, self.plan.training, watch=self.reporter, **how)
            if more := len(train.y) - self.counts["train"]:
                self.says.append(f"{more:,} inputs without a target were learned from too.")
            self.reporter.pace = self._pace(train)
            watch = self.reporter
            if self.budget:
                watch = budgets.Deadline(self.reporter, self.budget, self.plan.training.epochs)
            with self.reporter:
                history = loop.fit(*learned, train, valid, self.plan.training, watch=watch, **how)
            self._tell_best(history)
            if isinstance(watch, budgets.Deadline) and watch.stopped:
                self._stopped(watch.stopped, len(history))
            usage["seconds_training"] = round(sum(row["seconds"] for row in history), 1)
            write_results(self, path, history, usage)
        except Stopped as stop:
            self.loggers.stopped(stop.signal)
            raise Stopped(
                stop.signal, f"Stopped. All is kept in {path}. Go on with: {onward}"
            ) from None
        except NotFiniteError as error:
            raise InputError(
                f"{error} What was asked, and the state before that step, are kept in {path}."
            ) from None
        except OSError as error:
            raise InputError(
                f"The run could not be written to {str(path)!r}: {error.strerror or error}. "
                f"Make room there, then go on with: {onward}"
            ) from error

    def record(self, status: str, **more: Any) -> dict[str, Any]:
        """Return what `run.json` holds."""
        return {
            "format": FORMAT,
            "status": status,
            **self.plan.record(),
            "target": self.target,
            "decided": self.says,
            "audit": self.audit,
            "allow_leak": self.allow_leak,
            "examples": self.counts,
            "fingerprint": self.fingerprint,
            "engine": engines.chosen(self.plan.backbone.units),
            "versions": versions(),
            "machine": machine(),
            "command": self.command,
            "like": self.like,
            "budget": self.decision,
            "log": [name for name in self.log if isinstance(name, str)],
            "baselines": self.baselines,
            **more,
        }

    def _decided(self, budget: Budget) -> dict[str, Any]:
        plan, model = self.plan, self.model

        def network() -> Any:
            like = SequenceModel(model.encoder, plan.backbone, model.head, seed=plan.seed)
            return like.network

        return budgets.decided(budget, network, model.head, self.encoded, plan.training, plan.seed)

    def _limit(self, **training: float | None) -> None:
        """Change what was asked of the training, as `run.json` will tell."""
        changed = dataclasses.replace(self.plan.training, **training)
        self.plan = dataclasses.replace(self.plan, training=changed)
        self.reporter.epochs = changed.epochs

    def _tell_best(self, history: Sequence[Mapping[str, float]]) -> None:
        """Tell whose weights were taken, where they are not those of the last epoch."""
        best = min(history, key=lambda row: row["valid_loss"])["epoch"]
        if self.plan.training.patience and best < len(history):
            self.reporter.say(f"Epoch {best:.0f} was the best on validation: its weights are kept.")

    def _stopped(self, where: str, epochs: int) -> None:
        """Tell that the budget ended the training, so that `--like` repeats what was done."""
        self.reporter.say(f"The budget is spent: stopped {where}.")
        self.decision = {**(self.decision or {}), "epochs": epochs, "stopped": where}
        asked = self.plan.training
        patience = asked.patience or epochs  # the best weights were taken
        decay = asked.decay * epochs / asked.epochs  # as far as the rate had fallen
        self._limit(epochs=epochs, patience=patience, decay=decay)

    def _pace(self, train: Part) -> pace.Pace:
        asked = self.plan.training
        work = pace.Work.of(
            train.sequences.lengths,
            self.encoded["valid"].sequences.lengths,
            batch_size=asked.batch_size,
            seed=self.plan.seed,
            pass_steps=tracing.EVALUATE,
        )
        return pace.Pace(asked.epochs, work, early=asked.patience > 0)

    def _audited(self, parts: Parts) -> Mapping[str, Any]:
        """Return the audit of the parts as they are used, or refuse to train on leaks."""
        used = {"train": parts.train, "valid": parts.valid, "test": parts.test}
        data = dataclasses.replace(parts.data, **used)
        rows = {name: part.sequences for name, part in self.encoded.items()}
        found = audit(data, parts.target, quick=True, encoded=rows)
        if self.allow_leak is None:
            found.refuse()
        return found.record()

    def _warnings(self) -> Iterator[str]:
        for one in self.audit["findings"]:
            yield f"{one['level']} {one['kind']}: {one['says']}"
        if self.audit["verdict"] == "FAIL":
            yield f"Leaks are allowed: {self.allow_leak}"
        if self.like:
            yield from (f"Unlike {self.like['run']}: {line}" for line in self.like["differs"])

    def _headline(self) -> str:
        counts = ", ".join(f"{count:,} {name}" for name, count in self.counts.items())
        says = f" ({self.plan.says})" if self.plan.says else ""
        head = HEADS.name_of(self.plan.head)
        target = f"column {self.target}" if self.target.isdigit() else self.target
        return (
            f"{self.plan.dataset}: {target} by head {head!r}{says}; {counts}; "
            f"{self.model.network.count_params():,} weights"
        )


def _command() -> list[str] | None:
    """Return the words of the command line, if this is the command."""
    name = Path(sys.argv[0]).name
    known = name == "seqmodels" or Path(sys.argv[0]).parts[-2:] == ("seqmodels", "__main__.py")
    return ["seqmodels", *sys.argv[1:]] if known else None
