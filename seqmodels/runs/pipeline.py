"""Steps of every run: prepare, audit, fit, evaluate, and write the results."""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from seqmodels.core.errors import InputError
from seqmodels.core.files import write_json
from seqmodels.core.machine import peak_memory
from seqmodels.core.signals import Stopped
from seqmodels.evaluation.baselines import Simple, simple
from seqmodels.evaluation.cuts import Cut, cut
from seqmodels.evaluation.intervals import units_of
from seqmodels.evaluation.scores import Evaluation, Scores, naive_reference
from seqmodels.evaluation.warnings import run_warnings
from seqmodels.model.sequence_model import SequenceModel
from seqmodels.report.run_report import Tested, glance, write_report
from seqmodels.runs import facts, predictions
from seqmodels.runs.directory import CHECKPOINTS, give_back, write_table
from seqmodels.runs.options import Options, Record
from seqmodels.training.config import RunConfig
from seqmodels.training.evaluate import evaluate
from seqmodels.training.fit import Fitted, fit
from seqmodels.training.loggers import Loggers, opened
from seqmodels.training.max_time import MaxTime
from seqmodels.training.nan_guard import NotFiniteError
from seqmodels.training.prepare import Prepared
from seqmodels.training.progress import Reporter


@dataclass(frozen=True)
class Voice:
    """Receivers of progress: the terminal and the loggers."""

    reporter: Reporter
    loggers: Loggers

    @classmethod
    def of(cls, config: RunConfig, options: Options) -> Self:
        """Return the receivers for a run with these options."""
        training = config.training
        budget, early = options.budget, training.patience > 0
        room = (lambda: budget.room) if budget else None
        reporter = Reporter(training.epochs, early=early, quiet=options.quiet, room=room)
        reporter.listener = loggers = Loggers(opened(options.log), reporter.say)
        return cls(reporter, loggers)


Directory = Callable[[Record, Voice], AbstractContextManager[Path]]


def carry_out(
    ready: Callable[[], Prepared], options: Options, directory: Directory, started: float
) -> Path:
    """Train, score, and write everything that the run leaves; return its directory.

    Data are freed as early as possible: raw training inputs before training, and all parts but the
    test part before it is answered.

    Args:
        ready: Returns the prepared data, and keeps no reference to them.
        options: Options that do not change the configuration.
        directory: Opens the run directory, once the data are read and the audit allows it.
        started: Moment of `time.time` at which reading the data began.

    Raises:
        Stopped: By Ctrl-C or SIGTERM; the run can be resumed.
        InputError: The data cannot be used, the loss is not finite, or the run cannot be written.
    """
    prepared = ready()
    if options.budget:
        options.budget.refuse_short()
        prepared = _without_pseudo_labels(prepared)
    record = facts.begun(prepared, options)
    unread = cut(prepared.encoder, prepared.examples["train"], prepared.parts["train"].sequences)
    reference = naive_reference(prepared.head, prepared.target, prepared.examples["train"])
    prepared = prepared.keep(prepared.parts, ["test"])
    voice = Voice.of(prepared.config, options)
    with directory(record, voice) as path, _kept(path, voice):
        give_back()
        for line in facts.opening(prepared, record):
            voice.reporter.say(line)
        usage = {"seconds_reading": since(started)}
        fitted, record = _fitted(prepared, record, options, path, voice)
        summary = glance(prepared.head, prepared.parts)
        classes = {n: prepared.head.class_counts(part.y) for n, part in prepared.parts.items()}
        rivals = _rivals(prepared, options, voice)
        usage = {
            **usage,
            "seconds_training": round(sum(row["seconds"] for row in fitted.history), 1),
            "seconds_baselines": rivals.seconds,
        }
        decided = [*record["decided"], *facts.learned(fitted), *rivals.notes]
        left_out = [_not_fitted(name) for name in rivals.left_out]
        prepared = prepared.keep(["test"], ["test"])
        give_back()
        scoring = time.time()
        tested, found = _evaluated(prepared, fitted.model, path, reference, rivals, options)
        del prepared, rivals  # the report holds them alone
        warnings = [*_warnings(record, fitted, tested, found, classes, unread), *left_out]
        give_back()
        record = {
            **record,
            "decided": decided,
            "doubts": warnings,
            "status": "complete",
            "seconds": since(started),
            "usage": {
                **usage,
                "seconds_scoring": since(scoring),
                "peak_memory_bytes": peak_memory(),
            },
        }
        write_table(path / "history.csv", fitted.history)
        page = path / "report.html"
        write_report(page, record, fitted.history, found, tested=tested, parts=summary)
        if not (path / "model").exists():
            fitted.model.save(path / "model")
        record = {**record, "seconds": since(started)}
        write_json(path / "run.json", record)
        shutil.rmtree(path / CHECKPOINTS, ignore_errors=True)
        voice.loggers.end(found.scores, record)
        for line in warnings:
            voice.reporter.say(f"Warning: {line}")
    return path


def since(started: float) -> float:
    """Return the seconds since a moment of `time.time`, to a tenth."""
    return round(time.time() - started, 1)


def _without_pseudo_labels(prepared: Prepared) -> Prepared:
    """Return it without the first training that labels inputs: a budget has no room for it."""
    config = prepared.config
    if prepared.parts["train"].unlabelled is None or not config.training.pseudo_label_threshold:
        return prepared
    training = dataclasses.replace(config.training, pseudo_label_threshold=None)
    return dataclasses.replace(
        prepared,
        config=dataclasses.replace(config, training=training),
        notes=(
            *prepared.notes,
            "Within a budget no first training labels what has no target.",
        ),
    )


def _fitted(
    prepared: Prepared, record: Record, options: Options, path: Path, voice: Voice
) -> tuple[Fitted, Record]:
    """Train; return the result, and the record with the effect of a budget."""
    asked = prepared.config.training
    limit = MaxTime(options.budget, asked.epochs) if options.budget else None
    callbacks = [voice.reporter, *([limit] if limit else [])]
    fitted = fit(prepared, callbacks, folder=path / CHECKPOINTS)
    best = min(fitted.history, key=lambda row: row["valid_loss"])["epoch"]
    stopped = limit.stopped if limit else None
    if (asked.patience or stopped) and best < len(fitted.history):
        voice.reporter.say(f"Epoch {best:.0f} was the best on validation: its weights are kept.")
    if stopped:
        voice.reporter.say(f"The budget is spent: stopped {stopped}.")
        record = facts.stopped(record, stopped, len(fitted.history))
    return fitted, record


def _rivals(prepared: Prepared, options: Options, voice: Voice) -> Simple:
    """Fit the simple models, while the training part is there."""
    if not options.baselines:
        return Simple({}, (), 0.0)
    spec, seed = prepared.encoder.spec, prepared.config.seed
    seconds = options.budget.spare if options.budget else None
    found = simple(prepared.head, spec, prepared.parts, seed=seed, seconds=seconds)
    for line in found.notes:
        voice.reporter.say(line)
    return found


def _not_fitted(name: str) -> str:
    return f"The simple model {name!r} was not fitted, so that the LSTM is not compared with it."


def _evaluated(
    prepared: Prepared,
    model: SequenceModel,
    path: Path,
    reference: Scores | None,
    rivals: Simple,
    options: Options,
) -> tuple[Tested, Evaluation]:
    """Answer and score the test part; write answers and scores."""
    test, part, target = prepared.examples["test"], prepared.parts["test"], prepared.target
    found = evaluate(
        model, part, test, target,
        reference=reference, others=rivals.predictions, group=prepared.group,
    )  # fmt: skip
    write_json(path / "scores.json", found.evaluation.record())
    rows, units = part.sequences, units_of(test, prepared.group)
    truth = part.truth(model.head, test, target)
    answers = predictions.rows_of(test, truth, model.encoder, found.prediction, rows.lengths, units)
    write_table(path / predictions.FILE, answers)
    late = options.budget and options.budget.late
    tested = Tested(model.head, truth, found.prediction, test.inputs, rows, model, late=late)
    return tested, found.evaluation


def _warnings(
    record: Record,
    fitted: Fitted,
    tested: Tested,
    found: Evaluation,
    classes: Mapping[str, Mapping[Any, int]],
    unread: Cut | None,
) -> list[str]:
    """Return the warnings about the run, the most serious first."""
    return run_warnings(
        tested.head,
        found,
        answers=tested.prediction,
        truth=tested.targets,
        history=fitted.history,
        patience=record["training"]["patience"],
        valid=record["examples"]["valid"],
        classes=classes,
        audit=record["audit"],
        cut=unread,
        budget=record["budget"] is not None,
    )


@contextlib.contextmanager
def _kept(path: Path, voice: Voice) -> Iterator[None]:
    """Say where an unfinished run is kept, and how to resume it."""
    resume = f"seqmodels train --resume {path}"
    try:
        yield
    except Stopped as stop:
        voice.loggers.stopped(stop.signal)
        raise Stopped(
            stop.signal, f"Stopped. All is kept in {path}. Go on with: {resume}"
        ) from None
    except NotFiniteError as error:
        raise InputError(
            f"{error} What was asked, and the state before that step, are kept in {path}."
        ) from None
    except OSError as error:
        raise InputError(
            f"The run could not be written to {str(path)!r}: {error.strerror or error}. "
            f"Make room there, then go on with: {resume}"
        ) from error
