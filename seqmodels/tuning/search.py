"""A tuning: from what is asked, through its trials, to the best settings."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqmodels.core.dataset import Dataset
from seqmodels.core.errors import InputError
from seqmodels.core.registry import DATASETS
from seqmodels.core.signals import Stop, Stopped
from seqmodels.heads.base import Head
from seqmodels.training.plan import Plan
from seqmodels.training.settings import resolve, restored
from seqmodels.tuning.folder import Folder, Record
from seqmodels.tuning.lines import Lines
from seqmodels.tuning.result import Tuning
from seqmodels.tuning.space import Given, entries, space, texts_of
from seqmodels.tuning.store import Store, needed
from seqmodels.tuning.variations import as_it_is
from seqmodels.tuning.watching import Pruned, TimeUp, Watching

if TYPE_CHECKING:
    import optuna

    from seqmodels.tuning.objective import Objective

IN_A_ROW = 5  # failed trials after which the settings, and not chance, are to blame
WARMUP = 5  # the part of an epoch's number, one in so many, before which nothing is pruned


def tune(
    dataset: str | Path | Dataset,
    *,
    trials: int = 50,
    search: Mapping[str, Given] | None = None,
    head: str | Head | None = None,
    target: str | None = None,
    preset: str | None = None,
    data: Any = None,
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    limit: int | None = None,
    minutes: float | None = None,
    out: str | Path | None = None,
    quiet: bool = False,
) -> Tuning:
    """Search for good settings by training with many; the test part is never looked at.

    Each trial trains as `train` would and is judged by its validation loss, which is what early
    stopping goes by. What to try next is chosen from how the trials went (the tree-structured
    Parzen estimator, Bergstra et al. 2011); a trial whose validation loss is above the median of
    the earlier ones after as many epochs is given up (Golovin et al. 2017).

    Args:
        dataset: As for `train`.
        trials: Trials to finish, those that are given up early included.
        search: What is searched beside or in place of the usual, by dotted name: a text
            "LOW:HIGH", "LOW:HIGH:log", "LOW:HIGH:STEP", "A,B,C", or a list of values.
        head: As for `train`.
        target: As for `train`.
        preset: As for `train`.
        data: As for `train`.
        settings: As for `train`; what is set here is not searched.
        seed: Of every training and of what is tried: one process tries the same again.
        limit: As for `train`.
        minutes: Time after which the search stops, however many trials are done.
        out: Directory of the tuning. One that is there already, of the same search, is gone on
            with until it has as many trials; several processes may do so at once. None:
            `tune/DATASET-HEAD-1`, or the next free number.
        quiet: Show nothing.

    Raises:
        InputError: What was asked for cannot be done, with every mistake found; or trial after
            trial fails.
    """
    what = {
        "dataset": dataset, "head": head, "target": target, "preset": preset, "data": data,
        "settings": dict(settings or {}), "seed": seed, "limit": limit,
    }  # fmt: skip
    plan, record = planned(what, search or {}, trials, minutes)
    folder = Folder.opened(Path(out), record) if out is not None else Folder.new(plan, record)
    found = _work(plan, folder, trials, minutes, quiet)
    found.asked = what
    return found


def planned(
    what: Mapping[str, Any], search: Mapping[str, Given], trials: int, minutes: float | None
) -> tuple[Plan, Record]:
    """Return what is to be done, before data are read: every mistake is found at once.

    Args:
        what: Arguments of `train`.
        search: As `tune`.
        trials: As `tune`.
        minutes: As `tune`.

    Raises:
        InputError: What was asked for cannot be done; Optuna is not installed.
    """
    needed()
    plan, problems, texts = None, _wrong(trials, minutes), {}
    try:
        plan = resolve(**what)
    except InputError as error:
        problems += error.problems
    if plan is not None:
        declared, make, who = _source(plan)
        try:
            texts = texts_of(space(search, declared, what["settings"], make, who))
        except InputError as error:
            problems += error.problems
    if plan is None or problems:
        raise InputError(problems)
    return plan, Record.of(plan, texts, what, trials)


def resume(
    path: str | Path,
    *,
    trials: int | None = None,
    dataset: Dataset | None = None,
    minutes: float | None = None,
    quiet: bool = False,
) -> Tuning:
    """Go on with a tuning that was stopped, or work on one beside other processes.

    Args:
        path: Its directory.
        trials: Trials to finish, those there are included. None: as many as were asked for.
        dataset: The dataset, when it was given in memory.
        minutes: Time after which the search stops.
        quiet: Show nothing.

    Raises:
        InputError: There is no such tuning, or its dataset cannot be had.
    """
    needed()
    folder = Folder(Path(path))
    problems = _wrong(1 if trials is None else trials, minutes)
    if problems:
        raise InputError(problems)
    folder = folder.for_trials(folder.record.trials if trials is None else trials)
    plan = restored(folder.record.plan, dataset)
    return _work(plan, folder, folder.record.trials, minutes, quiet)


def _work(plan: Plan, folder: Folder, trials: int, minutes: float | None, quiet: bool) -> Tuning:
    """Do trials until there are enough, and write what was found."""
    from seqmodels.tuning.objective import Objective

    until = None if minutes is None else time.monotonic() + 60 * minutes
    _, make, who = _source(plan)
    found = entries(folder.record.search, make, who)
    objective = Objective(plan)
    usual = objective.usual()
    warmup = max(1, usual.training.epochs // WARMUP)
    store = Store(folder.path, found, seed=plan.seed, warmup=warmup)
    store.first(as_it_is(usual, found))
    lines = Lines(found, trials, folder.record.headline, quiet=quiet)
    lines.begin(str(folder.path), store)
    try:
        with Stop() as stop, store.working():
            _trials(objective, store, stop, lines, folder, trials, until)
    except Stopped as stopped:
        left = f"Stopped. Every finished trial is kept. Go on with: {folder.command}"
        raise Stopped(stopped.signal, left) from None
    finally:
        lines.end()
        folder.write(store)
    return Tuning(folder.path)


def _trials(
    objective: Objective,
    store: Store,
    stop: Stop,
    lines: Lines,
    folder: Folder,
    trials: int,
    until: float | None,
) -> None:
    failed = 0
    while until is None or time.monotonic() < until:
        with stop.later():
            trial = store.next(trials)
        if trial is None:
            return
        try:
            stop.check()
            why = _trial(objective, store, stop, trial, lines, until)
        except BaseException:
            with stop.later():
                store.put_back(trial)
            raise
        if why == "time":
            return
        lines.tell(trial.number, store)
        failed = failed + 1 if why else 0
        if failed == IN_A_ROW:
            raise InputError(f"{IN_A_ROW} trials in a row failed, so the search ends. Last: {why}")
        best = store.best()
        if best is not None and best.number == trial.number:
            folder.write_best(store)


def _trial(
    objective: Objective,
    store: Store,
    stop: Stop,
    trial: optuna.Trial,
    lines: Lines,
    until: float | None,
) -> str | None:
    """Do one trial and note how it went; return why it failed, if it did, or "time"."""

    def report(epoch: int, loss: float) -> bool:
        with stop.later():
            trial.report(loss, epoch)
            return trial.should_prune()

    watch, started = Watching(report, until, lines.epoch(trial.number)), time.monotonic()

    def facts() -> dict[str, Any]:
        return {"epochs": watch.epochs, "seconds": round(time.monotonic() - started, 2)}

    try:
        outcome = objective(store.settings(trial), watch)
    except Pruned:
        with stop.later():
            store.pruned(trial, **facts())
        return None
    except TimeUp:
        store.put_back(trial)
        return "time"
    except (InputError, MemoryError, ArithmeticError) as error:
        why = str(error) or type(error).__name__
        with stop.later():
            store.failed(trial, why, **facts())
        return why
    with stop.later():
        more = {"best_epoch": outcome.epoch, "score": outcome.score, "part": outcome.part}
        store.done(trial, outcome.value, **facts(), **more)
    return None


def _source(plan: Plan) -> tuple[Mapping[str, Given], Any, str]:
    """Return what the dataset declares for a search, its function, and its name for messages."""
    if plan.dataset not in DATASETS:
        return {}, lambda: None, "a dataset in memory"
    source = DATASETS.get(plan.dataset)
    return source.search, source.make, f"dataset {plan.dataset!r}"


def _wrong(trials: int, minutes: float | None) -> list[str]:
    problems = []
    if trials < 1:
        problems.append(f"A tuning needs at least 1 trial, got {trials}.")
    if minutes is not None and not minutes > 0:
        problems.append(f"A tuning needs more than 0 minutes, got {minutes:g}.")
    return problems
