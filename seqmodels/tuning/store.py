"""The trials of one tuning, in a file that several processes add to.

The file is the journal of Optuna: a line of JSON for each thing that happened, read from the
start; no pickle, no database. What this adds is who works on a trial. Each process holds a lock
on a file of its own, and its trials carry the file's name: a trial that runs, while nobody holds
that lock, was lost with its process, and is tried again.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from seqmodels.core.errors import InputError
from seqmodels.tuning.locks import FileLock, JournalLock
from seqmodels.tuning.space import Space

if TYPE_CHECKING:
    import optuna

JOURNAL, WORKERS, ASKING = "journal.log", "workers", "asking.lock"
STARTUP = 5  # trials before any is pruned

State = Literal["complete", "pruned", "failed", "lost", "running", "waiting"]


class Store:
    """The trials of one tuning.

    Args:
        path: The directory of the tuning.
        space: What is searched.
        seed: Of what is tried.
        warmup: Epochs before a trial can be pruned.

    Raises:
        InputError: Optuna is not installed, or the journal cannot be read.
    """

    def __init__(self, path: Path, space: Space, *, seed: int = 0, warmup: int = 0):
        self.path, self.space, self.seed = path, space, seed
        optuna = needed()
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        from optuna.storages.journal import JournalFileBackend, JournalStorage

        self.asking = FileLock(path / ASKING)
        self.worker: FileLock | None = None
        lock: Any = JournalLock(path / JOURNAL)
        try:
            storage = JournalStorage(JournalFileBackend(str(path / JOURNAL), lock_obj=lock))
            self.study = optuna.create_study(
                storage=storage,
                study_name="tune",
                direction="minimize",
                pruner=optuna.pruners.MedianPruner(STARTUP, warmup),
                load_if_exists=True,
            )
        except (ValueError, LookupError) as error:
            raise InputError(
                f"{path / JOURNAL} is damaged: {error}. Remove the line, or tune anew."
            ) from None
        except OSError as error:
            raise InputError(f"{path / JOURNAL} cannot be read: {error.strerror}.") from None

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """Be one of the processes that work on trials, until the block ends."""
        folder = self.path / WORKERS
        folder.mkdir(exist_ok=True)
        worker = self.worker = FileLock(folder / f"{os.getpid()}-{secrets.token_hex(4)}")
        worker.take()
        try:
            yield
        finally:
            worker.path.unlink(missing_ok=True)
            worker.give_back()
            self.worker = None

    def first(self, settings: dict[str, Any]) -> None:
        """Let the first trial have these settings, as far as they are in the space."""
        entries = {name: self.space[name].drawn(value) for name, value in settings.items()}
        known = {name: drawn for name, drawn in entries.items() if drawn is not None}
        with self.asking:
            if known and not self.study.get_trials(deepcopy=False):
                self.study.enqueue_trial(known)

    def next(self, trials: int) -> optuna.Trial | None:
        """Return a trial to work on; None when as many as `trials` are done or being done.

        What is tried follows from the seed, how many trials there were, and how they went.
        """
        import numpy as np
        import optuna

        if self.worker is None:
            raise RuntimeError("A trial is worked on within `working`.")
        with self.asking:  # so that what runs has the name of its process for all who look
            self._put_back_lost()
            states = [state_of(trial) for trial in self.study.get_trials(deepcopy=False)]
            if sum(state in ("complete", "pruned", "running") for state in states) >= trials:
                return None
            count = sum(state not in ("lost", "waiting") for state in states)
            draw = int(np.random.default_rng([self.seed, count]).integers(2**31))
            self.study.sampler = optuna.samplers.TPESampler(seed=draw)
            trial = self.study.ask({name: one.distribution() for name, one in self.space.items()})
            trial.set_user_attr("worker", self.worker.path.name)
        return trial

    def done(self, trial: optuna.Trial, value: float, **facts: Any) -> None:
        """Note the value of a trial, and what else is known of it."""
        self._note(trial, facts)
        self.study.tell(trial, value)

    def pruned(self, trial: optuna.Trial, **facts: Any) -> None:
        """Note that a trial was given up: others were better by then."""
        self._note(trial, facts)
        self._end(trial, "PRUNED")

    def failed(self, trial: optuna.Trial, why: str, **facts: Any) -> None:
        """Note that the settings of a trial do not work."""
        self._note(trial, {"why": why, **facts})
        self._end(trial, "FAIL")

    def put_back(self, trial: optuna.Trial) -> None:
        """Let somebody else, or this process at another time, do the trial."""
        self._lost(trial._trial_id, trial.params)

    def settings(self, trial: optuna.Trial | optuna.trial.FrozenTrial) -> dict[str, Any]:
        """Return the settings that a trial tries, by dotted name."""
        return {
            name: entry.value(trial.params[name])
            for name, entry in self.space.items()
            if name in trial.params
        }

    def best(self) -> optuna.trial.FrozenTrial | None:
        """Return the complete trial of the lowest value, the earliest of equals; None: no such."""
        done = [t for t in self.study.get_trials(deepcopy=False) if state_of(t) == "complete"]
        return min(done, key=lambda trial: trial.value or 0.0, default=None)

    def _put_back_lost(self) -> None:
        for trial in self.study.get_trials(deepcopy=False):
            if state_of(trial) == "running" and not self._is_alive(trial.user_attrs.get("worker")):
                self._lost(trial._trial_id, trial.params)

    def _is_alive(self, worker: str | None) -> bool:
        """Return whether the process of this name still holds its lock."""
        if worker is None:
            return False
        if self.worker is not None and worker == self.worker.path.name:
            return True
        lock = FileLock(self.path / WORKERS / Path(worker).name)
        if not lock.path.exists():
            return False
        if not lock.take(wait=False):
            return True
        lock.path.unlink(missing_ok=True)
        lock.give_back()
        return False

    def _lost(self, trial: int, params: dict[str, Any]) -> None:
        """Mark a trial as lost, and put its settings in front of what is to be tried.

        It is put there before it is marked: killed in between, a process leaves one trial too
        many, not one too few.
        """
        from optuna.trial import TrialState

        if params:
            self.study.enqueue_trial(params)
        self.study._storage.set_trial_user_attr(trial, "lost", True)
        self.study._storage.set_trial_state_values(trial, TrialState.FAIL)

    def _note(self, trial: optuna.Trial, facts: dict[str, Any]) -> None:
        for name, value in facts.items():
            trial.set_user_attr(name, value)

    def _end(self, trial: optuna.Trial, state: str) -> None:
        from optuna.trial import TrialState

        self.study.tell(trial, state=TrialState[state])


def state_of(trial: optuna.trial.FrozenTrial) -> State:
    """Return how a trial stands."""
    if trial.state.name == "FAIL":
        return "lost" if trial.user_attrs.get("lost") else "failed"
    states: dict[str, State] = {
        "COMPLETE": "complete", "PRUNED": "pruned", "RUNNING": "running", "WAITING": "waiting",
    }  # fmt: skip
    return states[trial.state.name]


def needed() -> Any:
    """Return Optuna.

    Raises:
        InputError: It is not installed.
    """
    try:
        import optuna
    except ImportError:
        raise InputError("Tuning needs Optuna: pip install optuna.") from None
    return optuna
