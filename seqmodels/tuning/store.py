"""The trials of a search, in Optuna's journal: a file that several processes append to.

Optuna finds the trials of dead processes by heartbeats, which need an SQL database. Here each
process holds a lock on a file of its own, and its trials name that file. A running trial whose
file nobody locks was lost with its process, and is tried again.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from seqmodels.core.errors import InputError
from seqmodels.core.files import alone
from seqmodels.tuning.space import Space

if TYPE_CHECKING:
    import optuna

JOURNAL, WORKERS, ASKING = "journal.log", "workers", "asking.lock"
STARTUP = 5  # trials before any is pruned

State = Literal["complete", "pruned", "failed", "lost", "running", "waiting"]


class Store:
    """The trials of one search.

    Args:
        path: The directory of the search.
        space: The settings that are searched.
        seed: Seed of the sampler.
        warmup: Epochs before a trial can be pruned.

    Raises:
        InputError: Optuna is not installed, or the journal cannot be read.
    """

    def __init__(self, path: Path, space: Space, *, seed: int = 0, warmup: int = 0):
        self.path, self.space, self.seed = path, space, seed
        self.worker: str | None = None
        optuna = needed()
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        from optuna.storages.journal import JournalFileBackend, JournalStorage

        lock: Any = _JournalLock(path / JOURNAL)
        try:
            self.study = optuna.create_study(
                storage=JournalStorage(JournalFileBackend(str(path / JOURNAL), lock)),
                study_name="tune",
                pruner=optuna.pruners.MedianPruner(STARTUP, warmup),
                load_if_exists=True,
            )
        except (ValueError, LookupError) as error:
            raise InputError(
                f"{path / JOURNAL} is damaged: {error}. Remove the line, or start a new search."
            ) from None
        except OSError as error:
            raise InputError(f"{path / JOURNAL} cannot be read: {error.strerror}.") from None

    def asking(self) -> contextlib.AbstractContextManager[None]:
        """Hold the lock under which trials are given out and results are written."""
        return alone(self.path / ASKING, wait)

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """Count as a living worker until the block ends."""
        path = self.path / WORKERS / f"{os.getpid()}-{secrets.token_hex(4)}"
        path.parent.mkdir(exist_ok=True)
        with alone(path, wait):
            self.worker = path.name
            try:
                yield
            finally:
                self.worker = None
                path.unlink(missing_ok=True)

    def first(self, settings: dict[str, Any]) -> None:
        """Let the first trial have these settings, as far as they lie in the space."""
        drawn = {name: self.space[name].drawn(value) for name, value in settings.items()}
        known = {name: value for name, value in drawn.items() if value is not None}
        with self.asking():
            if known and not self.study.get_trials(deepcopy=False):
                self.study.enqueue_trial(known)

    def next(self, trials: int) -> optuna.Trial | None:
        """Return a new trial; None when `trials` of them are complete, pruned or running.

        The settings follow from the seed, the number of earlier trials and their losses.
        """
        import numpy as np
        import optuna

        if self.worker is None:
            raise RuntimeError("A trial needs a worker: call `next` within `working`.")
        with self.asking():  # no other process sees the trial before it names its worker
            for trial in self.study.get_trials(deepcopy=False):
                if state_of(trial) == "running" and not self._is_alive(trial):
                    self.put_back(trial)
            states = [state_of(trial) for trial in self.study.get_trials(deepcopy=False)]
            if sum(state in ("complete", "pruned", "running") for state in states) >= trials:
                return None
            count = sum(state not in ("lost", "waiting") for state in states)
            draw = int(np.random.default_rng([self.seed, count]).integers(2**31))
            self.study.sampler = optuna.samplers.TPESampler(seed=draw)
            trial = self.study.ask({name: one.distribution() for name, one in self.space.items()})
            trial.set_user_attr("worker", self.worker)
        return trial

    def end(
        self, trial: optuna.Trial, state: str, value: float | None, facts: dict[str, Any]
    ) -> None:
        """Record how a trial ended: the name of an Optuna state, the loss, further facts."""
        from optuna.trial import TrialState

        for name, fact in facts.items():
            trial.set_user_attr(name, fact)
        self.study.tell(trial, value, state=TrialState[state])

    def put_back(self, trial: optuna.Trial | optuna.trial.FrozenTrial) -> None:
        """Mark a trial as lost, and queue its settings to be tried again.

        The queue comes first: a process that is killed in between leaves a trial too many, not
        a trial too few.
        """
        from optuna.trial import TrialState

        if trial.params:
            self.study.enqueue_trial(trial.params)
        self.study.tell(trial.number, state=TrialState.FAIL)

    def settings(self, trial: optuna.Trial | optuna.trial.FrozenTrial) -> dict[str, Any]:
        """Return the settings that a trial tries, by dotted name."""
        return {n: one.value(trial.params[n]) for n, one in self.space.items() if n in trial.params}

    def best(self) -> optuna.trial.FrozenTrial | None:
        """Return the complete trial of the lowest loss; None where no trial is complete."""
        try:
            return self.study.best_trial
        except ValueError:
            return None

    def rows(self) -> list[dict[str, Any]]:
        """Return one row for each trial that was begun; the loss of a stopped one is its lowest."""
        rows = []
        for trial in self.study.get_trials(deepcopy=False):
            facts, losses = trial.user_attrs, trial.intermediate_values
            state, settings = state_of(trial), self.settings(trial)
            if state == "waiting":
                continue
            lowest = min(losses.values(), default=None)
            rows.append(
                {
                    "trial": trial.number,
                    "state": state,
                    "valid_loss": trial.value if state == "complete" else lowest,
                    "valid_score": facts.get("score"),
                    "epochs": facts.get("epochs", len(losses)),
                    "best_epoch": facts.get("best_epoch"),
                    "seconds": facts.get("seconds"),
                    **{name: settings.get(name) for name in self.space},
                    "why": facts.get("why"),
                }
            )
        return rows

    def _is_alive(self, trial: optuna.trial.FrozenTrial) -> bool:
        """Return whether the process that works on a trial still holds its lock."""
        worker = Path(trial.user_attrs.get("worker", "none")).name
        path = self.path / WORKERS / worker
        if worker == self.worker or not path.exists():
            return worker == self.worker
        try:
            with alone(path, _give_up):
                path.unlink(missing_ok=True)
        except _HeldError:
            return True
        return False


def state_of(trial: optuna.trial.FrozenTrial) -> State:
    """Return how a trial stands. A trial that failed without a reason was lost."""
    if trial.state.name == "FAIL":
        return "failed" if "why" in trial.user_attrs else "lost"
    states: dict[str, State] = {
        "COMPLETE": "complete", "PRUNED": "pruned", "RUNNING": "running", "WAITING": "waiting",
    }  # fmt: skip
    return states[trial.state.name]


def wait() -> None:
    """Wait before the next look at a lock that another process holds."""
    time.sleep(0.005)


def needed() -> Any:
    """Return Optuna.

    Raises:
        InputError: Optuna is not installed.
    """
    try:
        import optuna
    except ImportError:
        raise InputError("Tuning needs Optuna: pip install optuna.") from None
    return optuna


class _JournalLock:
    """The lock of Optuna's journal. The system releases it when the process dies.

    Optuna's own locks stay behind after a kill and block others for 30 seconds. This lock also
    removes a last line that a kill or a full disk has cut, to which Optuna would append.
    """

    def __init__(self, journal: Path):
        self.journal = journal
        self._held = contextlib.ExitStack()

    def acquire(self) -> bool:
        self._held.enter_context(alone(self.journal.with_suffix(".lock"), wait))
        with self.journal.open("rb+") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - 1, 0))
            if file.read(1) not in (b"", b"\n"):
                file.seek(0)
                file.truncate(file.read().rfind(b"\n") + 1)
        return True

    def release(self) -> None:
        self._held.close()


class _HeldError(Exception):
    """Another process holds the lock."""


def _give_up() -> None:
    raise _HeldError
