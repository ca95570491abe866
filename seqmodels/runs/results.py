"""What a run leaves when it is trained: scores and answers, doubts, the report, the model."""

from __future__ import annotations

import contextlib
import csv
import ctypes
import shutil
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqmodels.core.files import write_json, writing
from seqmodels.core.machine import peak_memory
from seqmodels.evaluation.baselines import Simple, simple
from seqmodels.evaluation.intervals import units_of
from seqmodels.evaluation.scores import Evaluation, evaluate
from seqmodels.evaluation.warnings import doubts
from seqmodels.report.run_report import Tested, glance, write_report
from seqmodels.runs import predictions
from seqmodels.runs.directory import CHECKPOINTS
from seqmodels.training.loop import Row

if TYPE_CHECKING:
    from seqmodels.runs.work import Work


def write_results(work: Work, path: Path, history: list[Row], usage: dict[str, Any]) -> None:
    """Answer the test part, score it beside the simple models, and write all that a run leaves.

    Args:
        work: Trained. Its data are let go of on the way.
        path: The run directory.
        history: One row an epoch.
        usage: Seconds by what they were spent on; more of them are added.

    Raises:
        OSError: The directory cannot be written to.
    """
    head = work.model.head
    parts = glance(head, work.encoded)
    classes = {name: head.class_counts(part.y) for name, part in work.encoded.items()}
    rivals = _rivals(work)
    usage["seconds_baselines"] = rivals.seconds
    work.encoded = {"test": work.encoded["test"]}  # room for the answers
    give_back()
    started = time.time()
    found, tested = _scored(work, path, rivals)
    told = doubts(
        head,
        found,
        answers=tested.prediction,
        truth=tested.targets,
        history=history,
        patience=work.plan.training.patience,
        valid=work.counts["valid"],
        classes=classes,
        audit=work.audit,
        cut=work.cut,
        budget=work.decision is not None,
    )
    del work.test, work.encoded, rivals  # the report holds them alone
    give_back()
    _write_table(path / "history.csv", history)
    usage |= {"seconds_scoring": since(started), "peak_memory_bytes": peak_memory()}
    record = work.record("complete", doubts=told, seconds=since(work.started), usage=usage)
    write_report(path / "report.html", record, history, found, tested=tested, parts=parts)
    if not (path / "model").exists():
        work.model.save(path / "model")
    record |= {"seconds": since(work.started)}
    write_json(path / "run.json", record)
    shutil.rmtree(path / CHECKPOINTS, ignore_errors=True)
    work.loggers.end(found.scores, record)
    for line in told:
        work.reporter.say(f"Doubt: {line}")


def since(started: float) -> float:
    """Return the seconds since a moment of `time.time`, to a tenth."""
    return round(time.time() - started, 1)


def give_back() -> None:
    """Hand freed memory back to the system; the C library of Linux keeps tens of megabytes."""
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError):  # another C library than GNU's
            ctypes.CDLL(None).malloc_trim(0)


def _rivals(work: Work) -> Simple:
    """Fit the simple models, while the training part is there."""
    if not work.baselines:
        return Simple({}, (), 0.0)
    model = work.model
    seconds = work.budget.room if work.budget else None
    found = simple(
        model.head, model.encoder.spec, work.encoded, seed=work.plan.seed, seconds=seconds
    )
    for line in found.says:
        work.reporter.say(line)
    work.says += found.says
    return found


def _scored(work: Work, path: Path, rivals: Simple) -> tuple[Evaluation, Tested]:
    """Answer the test part, write answers and scores, and return scores and answers."""
    model, target, test = work.model, work.target, work.test
    rows = work.encoded["test"].sequences
    prediction = model.answer(rows)
    found = evaluate(
        model.head,
        target,
        work.yardstick,
        test,
        prediction,
        others=rivals.predictions,
        apart=work.apart,
    )
    write_json(path / "scores.json", found.record())
    units = units_of(test, work.apart)
    answers = predictions.rows_of(test, target, model.encoder, prediction, rows.lengths, units)
    _write_table(path / predictions.FILE, answers)
    late = work.budget.late if work.budget else None
    truth = test.target(target)
    return found, Tested(model.head, truth, prediction, test.inputs, rows, model, late=late)


def _write_table(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows of the same names; they need not be in memory together."""
    remaining = iter(rows)
    head = next(remaining)
    with writing(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(head)
        writer.writerow(head.values())
        writer.writerows(tuple(map(row.__getitem__, head)) for row in remaining)
