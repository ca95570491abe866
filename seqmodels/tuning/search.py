"""The search for settings: from the arguments, through the trials, to the best settings."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqmodels.core.dataset import Dataset
from seqmodels.core.errors import InputError
from seqmodels.core.registry import DATASETS
from seqmodels.core.signals import Stop, Stopped
from seqmodels.heads.base import Head
from seqmodels.training.config import RunConfig
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

IN_A_ROW = 5  # consecutive failed trials that end the search
WARMUP = 5  # prune only after 1/5 of the epochs


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
    """Search for good settings by training many times; the test part is not read.

    Each trial trains as `train` would, and its value is its validation loss, on which early
    stopping depends, too. The tree-structured Parzen estimator (Bergstra et al. 2011) chooses the
    settings of the next trial. A trial is pruned when its best validation loss is above the
    median of the earlier trials after as many epochs (Golovin et al. 2017).

    Args:
        dataset: As for `train`.
        trials: Number of trials to finish, pruned trials included.
        search: Settings to search beside or in place of the usual, by dotted name: a text
            "LOW:HIGH", "LOW:HIGH:log", "LOW:HIGH:STEP", "A,B,C", or a list of values.
        head: As for `train`.
        target: As for `train`.
        preset: As for `train`.
        data: As for `train`.
        settings: As for `train`; these settings are not searched.
        seed: Seed of every training and of the sampler: one process repeats the same trials.
        limit: As for `train`.
        minutes: Time after which the search stops, whatever the number of trials.
        out: Directory of the search. A directory of the same search is continued until it has
            as many trials; several processes may do so at once. None: `tune/DATASET-HEAD-1`, or
            the next free number.
        quiet: Show nothing.

    Raises:
        InputError: The arguments are wrong, with every mistake found; or five trials in a row
            failed.
    """
    what = {
        "dataset": dataset, "head": head, "target": target, "preset": preset, "data": data,
        "settings": dict(settings or {}), "seed": seed, "limit": limit,
    }  # fmt: skip
    plan, record = planned(what, search or {}, trials, minutes)
    folder = Folder.opened(None if out is None else Path(out), plan, record)
    found = _work(plan, folder, minutes, quiet)
    found.asked = what
    return found


def planned(
    what: Mapping[str, Any], search: Mapping[str, Given], trials: int, minutes: float | None
) -> tuple[RunConfig, Record]:
    """Check the arguments of `tune`, before data are read; `what` holds those of `train`.

    Raises:
        InputError: The arguments are wrong, with every mistake found; Optuna is not installed.
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
    """Continue a search that was stopped, or join other processes that work on it.

    Args:
        path: Directory of the search.
        trials: Number of trials to finish, earlier ones included. None: as recorded.
        dataset: The dataset, when it was given in memory.
        minutes: Time after which the search stops.
        quiet: Show nothing.

    Raises:
        InputError: There is no such search, or its dataset cannot be read.
    """
    needed()
    folder = Folder(Path(path))
    problems = _wrong(1 if trials is None else trials, minutes)
    if problems:
        raise InputError(problems)
    folder.ask_for(folder.record.trials if trials is None else trials)
    return _work(restored(folder.record.plan, dataset), folder, minutes, quiet)


def _work(plan: RunConfig, folder: Folder, minutes: float | None, quiet: bool) -> Tuning:
    """Run trials up to the asked number, and write the results."""
    from seqmodels.tuning.objective import Objective

    until = None if minutes is None else time.monotonic() + 60 * minutes
    _, make, who = _source(plan)
    found = entries(folder.record.search, make, who)
    objective = Objective(plan)
    usual = objective.usual()
    warmup = max(1, usual.training.epochs // WARMUP)
    store = Store(folder.path, found, seed=plan.seed, warmup=warmup)
    store.first(as_it_is(usual, found))
    lines = Lines(found, folder.record.trials, quiet=quiet)
    done = sum(row["state"] in ("complete", "pruned") for row in store.rows())
    lines.begin(str(folder.path), done)
    try:
        with Stop() as stop, store.working(), contextlib.suppress(TimeUp):
            _trials(objective, store, stop, lines, folder, until)
    except Stopped as stopped:
        left = f"Stopped. Every finished trial is kept. Continue with: {folder.command}"
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
    until: float | None,
) -> None:
    failed = 0
    while until is None or time.monotonic() < until:
        with stop.later():
            trial = store.next(folder.record.trials)
        if trial is None:
            return
        try:
            stop.check()
            why = _trial(objective, store, stop, trial, lines.epoch(trial.number), until)
        except BaseException:  # the time is over, or the user stops: try this trial again later
            with stop.later():
                store.put_back(trial)
            raise
        best = store.best()
        leads = best is not None and best.number == trial.number
        lines.trial(next(r for r in store.rows() if r["trial"] == trial.number), leads)
        failed = failed + 1 if why else 0
        if failed == IN_A_ROW:
            raise InputError(f"{IN_A_ROW} trials in a row failed, so the search ends. Last: {why}")
        if leads:
            folder.write_best(store)


def _trial(
    objective: Objective,
    store: Store,
    stop: Stop,
    trial: optuna.Trial,
    show: Callable[[Any], None],
    until: float | None,
) -> str | None:
    """Do one trial and record its result; return why it failed, if it did."""

    def report(epoch: int, loss: float) -> bool:
        with stop.later():
            trial.report(loss, epoch)
            return trial.should_prune()

    watch, started = Watching(report, until, show), time.monotonic()
    state, value, facts = "COMPLETE", None, {}
    try:
        outcome = objective(store.settings(trial), watch)
        value = outcome.value
        facts = {"best_epoch": outcome.epoch, "score": outcome.score, "part": outcome.part}
    except Pruned:
        state = "PRUNED"
    except (InputError, MemoryError, ArithmeticError) as error:
        state, facts = "FAIL", {"why": str(error) or type(error).__name__}
    facts |= {"epochs": watch.epochs, "seconds": round(time.monotonic() - started, 2)}
    with stop.later():
        store.end(trial, state, value, facts)
    return facts.get("why")


def _source(plan: RunConfig) -> tuple[Mapping[str, Given], Any, str]:
    """Return the dataset's own search entries, its function, and its name for messages."""
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
