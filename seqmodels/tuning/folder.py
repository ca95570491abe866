"""The directory of one tuning: what was asked, the trials, the best settings, the report."""

from __future__ import annotations

import csv
import json
import shlex
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import pydantic

from seqmodels.core.errors import InputError, some
from seqmodels.core.files import write_json, writing
from seqmodels.core.registry import HEADS
from seqmodels.runs.records import read
from seqmodels.training.plan import Plan
from seqmodels.tuning.locks import FileLock
from seqmodels.tuning.space import text_of
from seqmodels.tuning.store import ASKING, JOURNAL, WORKERS, Store, state_of

RECORD, BEST, TRIALS, REPORT = "tune.json", "best.json", "trials.csv", "report.html"
OURS = {RECORD, BEST, TRIALS, REPORT, ASKING, WORKERS, JOURNAL, "journal.lock"}


class Record(pydantic.BaseModel, extra="forbid"):
    """What `tune.json` holds.

    Args:
        plan: What a trial does where its own settings do not say otherwise; `Plan.record`.
        search: What is searched, as `--search` is given it.
        asked: The arguments of `seqmodels train` to which the best settings are added; None
            where data were given in memory, which no command can name.
        headline: The head's headline score, told beside the loss.
        higher_is_better: Whether more of it is better.
        trials: How many trials were asked for.
        versions: Of what made this.
    """

    format: Literal[1] = 1
    plan: dict[str, Any]
    search: dict[str, str]
    asked: dict[str, Any] | None
    headline: str
    higher_is_better: bool
    trials: int
    versions: dict[str, str]

    @classmethod
    def of(cls, plan: Plan, search: dict[str, str], what: Mapping[str, Any], trials: int) -> Record:
        """Return the record of a tuning that begins."""
        names = ("seqmodels", "optuna", "tensorflow", "keras", "numpy")
        return cls(
            plan=json.loads(json.dumps(plan.record())),
            search=search,
            asked=_asked(what),
            headline=plan.head.headline,
            higher_is_better=plan.head.higher_is_better,
            trials=trials,
            versions={name: version(name) for name in names},
        )


class Folder:
    """The directory of one tuning.

    Args:
        path: Where it is.

    Raises:
        InputError: It is no directory of a tuning, or its `tune.json` is damaged.
    """

    def __init__(self, path: Path):
        self.path = path
        if not (path / RECORD).is_file():
            raise InputError(f"{str(path)!r} is not the directory of a tuning: it has no {RECORD}.")
        self.record = read(path / RECORD, Record)

    @classmethod
    def new(cls, plan: Plan, record: Record) -> Folder:
        """Make a directory that nobody else has, `tune/DATASET-HEAD-1` or the next number."""
        name = f"{plan.dataset.replace(' ', '-')}-{HEADS.name_of(plan.head)}"
        for number in range(1, 100_000):
            path = Path("tune") / f"{name}-{number}"
            try:
                path.mkdir(parents=True)
            except FileExistsError:
                continue
            except OSError as error:
                raise InputError(f"Cannot make {str(path)!r}: {error.strerror}.") from error
            return cls._begun(path, record)
        raise InputError("There are 100,000 tunings of this name. Remove some.")

    @classmethod
    def opened(cls, path: Path, record: Record) -> Folder:
        """Make a directory, or open that of the same search.

        Raises:
            InputError: Something else is there, or another search; says what differs.
        """
        try:
            path.mkdir(parents=True, exist_ok=True)
            others = sorted(one.name for one in path.iterdir() if _foreign(one.name))
        except OSError as error:
            raise InputError(f"Cannot make {str(path)!r}: {error.strerror}.") from error
        if others and not (path / RECORD).exists():
            raise InputError(
                f"The directory {str(path)!r} exists and holds something else: {some(others)}. "
                f"Choose another."
            )
        return cls._begun(path, record)

    @classmethod
    def _begun(cls, path: Path, record: Record) -> Folder:
        with FileLock(path / ASKING):  # of several processes one begins
            if not (path / RECORD).exists():
                write_json(path / RECORD, record.model_dump())
        there = cls(path)
        there._refuse_another(record)
        return there.for_trials(record.trials)

    def for_trials(self, trials: int) -> Folder:
        """Return the directory, with another number of trials asked for."""
        if trials != self.record.trials:
            with FileLock(self.path / ASKING):
                changed = self.record.model_copy(update={"trials": trials})
                write_json(self.path / RECORD, changed.model_dump())
        return Folder(self.path)

    @property
    def command(self) -> str:
        """The command that goes on with the tuning."""
        return shlex.join(["seqmodels", "tune", "--resume", str(self.path)])

    def train_command(self, settings: Mapping[str, Any]) -> str | None:
        """Return the command that trains with these settings; None: the data are in memory."""
        if self.record.asked is None:
            return None
        asked = dict(self.record.asked)
        words = ["seqmodels", "train", asked.pop("dataset")]
        every = {**asked.pop("settings"), **settings}
        for name, value in asked.items():
            if value is not None and (name, value) != ("seed", 0):
                words += [f"--{name}", str(value)]
        for name, value in every.items():
            words += ["--set", f"{name}={text_of(value)}"]
        return shlex.join(words)

    def write_best(self, store: Store) -> None:
        """Write `best.json`: the best settings so far, and how to train with them."""
        with store.asking:  # of two processes, the one that looks later writes later
            best = store.best()
            if best is None:
                return
            settings = store.settings(best)
            found = {
                "format": 1,
                "trial": best.number,
                "valid_loss": best.value,
                f"valid_{self.record.headline}": best.user_attrs["score"],
                "settings": settings,
                "command": self.train_command(settings),
            }
            write_json(self.path / BEST, found)

    def write(self, store: Store) -> None:
        """Write all that is made from the trials: `best.json`, `trials.csv`, `report.html`."""
        from seqmodels.tuning.report import write_report

        self.write_best(store)
        rows = trial_rows(store)
        with store.asking:
            if rows:
                with writing(self.path / TRIALS) as file:
                    writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
                    writer.writeheader()
                    writer.writerows(rows)
                write_report(self, store, rows)

    def _refuse_another(self, record: Record) -> None:
        differs = [
            name
            for name in ("plan", "search", "asked")
            if getattr(record, name) != getattr(self.record, name)
        ]
        if differs:
            here = _flat({name: getattr(self.record, name) for name in differs})
            asked = _flat({name: getattr(record, name) for name in differs})
            told = [
                f"{name} is {here.get(name)!r} there, {asked.get(name)!r} was asked"
                for name in {**here, **asked}
                if here.get(name) != asked.get(name)
            ]
            raise InputError(
                f"{str(self.path)!r} is another search: {'; '.join(told[:5])}. Choose another "
                f"--out, or go on with that one: {self.command}"
            )


def trial_rows(store: Store) -> list[dict[str, Any]]:
    """Return one row a trial, those that wait to be tried again left out."""
    rows = []
    for trial in store.study.get_trials(deepcopy=False):
        if state_of(trial) == "waiting":
            continue
        facts, losses = trial.user_attrs, trial.intermediate_values
        value = trial.value if state_of(trial) == "complete" else min(losses.values(), default=None)
        settings = store.settings(trial)
        rows.append(
            {
                "trial": trial.number,
                "state": state_of(trial),
                "valid_loss": value,
                "valid_score": facts.get("score"),
                "epochs": facts.get("epochs", len(losses)),
                "best_epoch": facts.get("best_epoch"),
                "seconds": facts.get("seconds"),
                **{name: settings.get(name) for name in store.space},
                "why": facts.get("why"),
            }
        )
    return rows


def _asked(what: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what was asked as JSON types; None where a part of it is no text or number."""
    plain = {name: str(one) if isinstance(one, Path) else one for name, one in what.items()}
    plain["settings"] = {
        name: str(one) if isinstance(one, Path) else list(one) if isinstance(one, tuple) else one
        for name, one in what["settings"].items()
    }
    try:
        return json.loads(json.dumps(plain))
    except TypeError:
        return None


def _flat(value: Any, name: str = "") -> dict[str, Any]:
    """Return nested dictionaries as one, by dotted name."""
    if not isinstance(value, dict):
        return {name: value}
    found = {}
    for key, one in value.items():
        found |= _flat(one, f"{name}.{key}" if name else key)
    return found


def _foreign(name: str) -> bool:
    """Return whether a file is none of a tuning's, nor one that is about to become one."""
    return name not in OURS and not any(name.startswith(f".{own}.") for own in OURS)
