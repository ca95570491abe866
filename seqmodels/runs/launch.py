"""`train`: start a new run, resume a run, or repeat a run."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from seqmodels.core.dataset import Dataset
from seqmodels.core.errors import InputError
from seqmodels.core.files import tidy, write_json
from seqmodels.core.signals import Stop
from seqmodels.heads.base import Head
from seqmodels.nn.backbone import Backbone
from seqmodels.runs.directory import claim, locked, refuse_existing
from seqmodels.runs.options import Options, Record
from seqmodels.runs.pipeline import Voice, carry_out
from seqmodels.runs.records import moved, record_of
from seqmodels.runs.reproducibility import differences, outcomes
from seqmodels.runs.run import Run
from seqmodels.training.config import RunConfig
from seqmodels.training.loggers import Logger, opened
from seqmodels.training.max_time import Budget
from seqmodels.training.prepare import Prepared, prepare
from seqmodels.training.settings import merged, resolve, restored


def train(
    dataset: str | Path | Dataset,
    *,
    head: str | Head | None = None,
    target: str | None = None,
    preset: str | None = None,
    data: Any = None,
    backbone: Backbone | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    limit: int | None = None,
    out: str | Path | None = None,
    quiet: bool = False,
    allow_leak: str | None = None,
    budget: str | Budget | None = None,
    log: Sequence[str | Logger] = (),
    baselines: bool = True,
) -> Run:
    """Train on a dataset, score on its test part, and leave a run directory.

    Args:
        dataset: A registered name; the path of a file or folder, whose format is recognised
            from its content; or the dataset itself, as `read` returns it.
        head: A registered name ("binary", "multiclass", "regression"), or a head such as
            `Binary(positive="7")`. None: the dataset's first task.
        target: Which of the dataset's targets the head reads, or which column of the data is
            to be predicted. None: the task's.
        preset: A named set of settings that the dataset brings; or several, one over the other:
            "mnist-strokes,best".
        data: File or folder of the data (for "series" also a pandas DataFrame); the dataset's
            argument `path`. None: looked for in `$SEQMODELS_DATA`, then in the cache, then
            downloaded where that is possible.
        backbone: Sizes of the network, in place of all of the preset's; to change one of them,
            use `settings={"backbone.units": 32}`.
        epochs: Passes over the training part, at most.
        batch_size: Examples per step.
        learning_rate: Of Adam.
        settings: Anything else, by dotted name as in `--set`: `{"dataset.words": 5000,
            "head.threshold": 0.4, "backbone.units": 32, "training.patience": 2}`.
        seed: Of everything that is random: split, initial weights, order, dropout.
        limit: Use only this many examples of each part, drawn at random.
        out: Run directory to make; must not exist. None: `runs/DATASET-HEAD-1`, or the next
            free number.
        quiet: Show nothing while training; the warnings are in `run.record["doubts"]`.
        allow_leak: Why to train although the test part shares with training what it should
            not; `run.json` and the report then carry the reason. None: do not.
        budget: The time that the run may take, such as "10m", "90s" or "1h30m". Training stops
            in time for scores and report, with the best weights of its whole epochs;
            `run.record["budget"]` says where. None: as long as it takes.
        log: Who else is told how it goes: names of loggers ("json", "tensorboard", "mlflow"), or
            loggers; see `seqmodels.training.loggers`.
        baselines: Fit simple models too, in seconds, to compare with (see `seqmodels.evaluation`).

    Raises:
        InputError: What was asked for cannot be done, with every mistake found; or the audit
            of the parts says FAIL (see `seqmodels.audit.checks`).
    """
    budget = Budget.of(budget) if isinstance(budget, str) else budget  # the clock runs
    short = {"epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate}
    config = resolve(
        dataset,
        head=head,
        target=target,
        preset=preset,
        data=data,
        backbone=backbone,
        settings=merged(settings, {f"training.{name}": value for name, value in short.items()}),
        seed=seed,
        limit=limit,
    )
    opened(log)
    options = Options(
        quiet=quiet, allow_leak=allow_leak, budget=budget, log=_several(log), baselines=baselines
    )
    with Stop():
        return begin(config, options, out)


def begin(
    config: RunConfig,
    options: Options,
    out: str | Path | None,
    *,
    ready: Callable[[], Prepared] | None = None,
    reading: float = 0.0,
) -> Run:
    """Carry out a run in a directory of its own; see `train`.

    Args:
        config: What is asked of the run.
        options: How it is carried out.
        out: Run directory to make; as in `train`.
        ready: Gives away the data where they are prepared already. None: they are read now.
        reading: Seconds that preparing them took.
    """
    if out is not None:
        refuse_existing(Path(out))

    def directory(record: Record, voice: Voice) -> contextlib.AbstractContextManager[Path]:
        return _new(config, out, record, voice)

    ready = ready or (lambda: prepare(config.made(), config))
    return Run(carry_out(ready, options, directory, time.time() - reading))


def resume(
    path: str | Path,
    *,
    dataset: Dataset | None = None,
    data: str | Path | None = None,
    quiet: bool = False,
    log: Sequence[str | Logger] = (),
) -> Run:
    """Go on with a run that was stopped or killed, from its newest whole checkpoint.

    On the same machine it ends with the numbers of a run that was not stopped, to the bit.

    Args:
        path: The run directory.
        dataset: The dataset, when it was given in memory.
        data: Where its files are now, if they moved.
        quiet: Show nothing while training.
        log: Loggers beside those that the run was begun with, by name.

    Raises:
        InputError: There is no such run, it is finished, another process is at work on it, or
            its data have changed.
    """
    path = Path(path)
    _unfinished(path)
    with Stop(), locked(path):
        record = moved(_unfinished(path), data)
        spent = record["budget"]
        options = Options(
            quiet=quiet,
            allow_leak=record["allow_leak"],
            budget=Budget.of(spent["asked"]) if spent else None,
            log=[*record["log"], *_several(log)],
            baselines=record["baselines"],
            resumed=record,
        )

        def directory(now: Record, voice: Voice) -> contextlib.AbstractContextManager[Path]:
            return _resumed(path, record, now, voice)

        config, started = restored(record, dataset), time.time()
        carry_out(lambda: prepare(config.made(), config), options, directory, started)
    return Run(path)


def repeat(
    path: str | Path,
    *,
    dataset: Dataset | None = None,
    data: str | Path | None = None,
    seed: int | None = None,
    out: str | Path | None = None,
    quiet: bool = False,
    log: Sequence[str | Logger] = (),
) -> Run:
    """Repeat the training of a run, and report the differences.

    Args:
        path: The directory of the run to repeat, finished or not.
        dataset: The dataset, when it was given in memory.
        data: Where its files are now, if they moved.
        seed: Another one. None: the same, so that the same numbers are to be expected.
        out: Run directory to make; as in `train`.
        quiet: Show nothing while training.
        log: As in `train`.

    Returns:
        The new run. `run.record["like"]` holds the earlier one and, in sentences, how versions,
        machine and data differ.

    Raises:
        InputError: There is no such run, or its data cannot be read.
    """
    record = moved(record_of(Path(path)), data)
    config = restored(record | ({} if seed is None else {"seed": seed}), dataset)
    spent = record["budget"] if record["status"] != "complete" else None
    options = Options(
        quiet=quiet,
        allow_leak=record["allow_leak"],
        budget=Budget.of(spent["asked"]) if spent else None,
        log=_several(log),
        baselines=record["baselines"],
        like=(Path(path), record),
    )
    with Stop():
        return begin(config, options, out)


def compared(path: str | Path, run: Run) -> str:
    """Return in one sentence how a run came out beside the one that it repeats."""
    if record_of(Path(path))["status"] != "complete":
        return f"The run {str(path)!r} did not finish, so that there is nothing to compare."
    before = Run(path)
    rows = [one.history.to_dict("records") for one in (before, run)]
    return outcomes(before.scores, run.scores, rows)


@contextlib.contextmanager
def _new(config: RunConfig, out: str | Path | None, record: Record, voice: Voice) -> Iterator[Path]:
    """Make a run directory, and write the record as it is before training."""
    path = claim(config, out)
    with locked(path):
        try:
            voice.loggers.begin(record, path)
            write_json(path / "run.json", record)
        except (OSError, ValueError) as error:  # ValueError: a part of the user's is not JSON
            shutil.rmtree(path, ignore_errors=True)
            if isinstance(error, InputError):
                raise
            raise InputError(f"Cannot write {str(path)!r}: {error}.") from error
        yield path


@contextlib.contextmanager
def _resumed(path: Path, before: Record, record: Record, voice: Voice) -> Iterator[Path]:
    """Open the directory of a run to resume; its data must be those that it was begun with."""
    if record["fingerprint"] != before["fingerprint"]:
        raise InputError(
            f"The data of {str(path)!r} are not those it was trained on so far. "
            f"Restore them, or train again."
        )
    for line in differences(before, record):
        voice.reporter.say(f"Unlike before: {line}")
    tidy(path)
    voice.loggers.begin(record, path)
    yield path


def _several(log: str | Logger | Sequence[str | Logger]) -> Sequence[str | Logger]:
    """Return loggers as a sequence, also a single logger."""
    return [log] if isinstance(log, str | Logger) else log


def _unfinished(path: Path) -> dict[str, Any]:
    record = record_of(path)
    if record["status"] == "complete":
        raise InputError(f"The run {str(path)!r} is finished: there is nothing to resume.")
    return record
