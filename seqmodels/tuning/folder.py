"""Directory of a search: configuration, trials, best settings and report."""

from __future__ import annotations

import csv
import json
import shlex
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import pydantic

from seqmodels.core.arguments import text_of
from seqmodels.core.errors import InputError, some
from seqmodels.core.files import alone, write_json, writing
from seqmodels.core.renamed import current
from seqmodels.runs.directory import numbered
from seqmodels.runs.records import read
from seqmodels.training.config import RunConfig
from seqmodels.training.settings import by_current_names
from seqmodels.training.values import old_names
from seqmodels.tuning.store import ASKING, JOURNAL, WORKERS, Store, wait

RECORD, BEST, TRIALS, REPORT = "tune.json", "best.json", "trials.csv", "report.html"
OURS = {RECORD, BEST, TRIALS, REPORT, ASKING, WORKERS, JOURNAL, "journal.lock"}


class Record(pydantic.BaseModel, extra="forbid"):
    """The content of `tune.json`.

    Args:
        plan: The settings of a trial where its own do not say otherwise; `RunConfig.record`.
        search: The searched settings, as `--search` takes them.
        asked: The arguments of `seqmodels train` to which the best settings are added; None
            where data were given in memory, which no command can name.
        headline: The head's headline score, shown beside the loss.
        higher_is_better: Whether a higher headline score is better.
        trials: Number of trials to finish.
        versions: Versions of the packages that began the search.
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
    def of(
        cls, plan: RunConfig, search: dict[str, str], what: Mapping[str, Any], trials: int
    ) -> Record:
        """Return the record of a search that begins."""
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

    def by_current_names(self) -> Record:
        """Return the record, perhaps written long ago, by the current names of settings."""
        asked, names = self.asked, old_names()
        if asked is not None:
            asked = {**asked, "settings": current(asked["settings"], names, warn=False)}
        search = current(self.search, names, warn=False)
        plan = by_current_names(self.plan)
        return self.model_copy(update={"plan": plan, "search": search, "asked": asked})


class Folder:
    """The directory of a search.

    Args:
        path: An existing directory.

    Raises:
        InputError: The directory holds no search, or its `tune.json` is damaged.
    """

    def __init__(self, path: Path):
        self.path = path
        if not (path / RECORD).is_file():
            raise InputError(f"{str(path)!r} is not the directory of a tuning: it has no {RECORD}.")
        self.record = read(path / RECORD, Record)

    @classmethod
    def opened(cls, path: Path | None, plan: RunConfig, record: Record) -> Folder:
        """Make the directory of a search, or open that of the same search.

        Raises:
            InputError: The directory holds something else, or another search.
        """
        if path is None:
            path = numbered(Path("tune"), plan)
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
        with alone(path / ASKING, wait):  # one of several processes writes the record
            if not (path / RECORD).exists():
                write_json(path / RECORD, record.model_dump())
        folder = cls(path)
        folder._refuse_another(record)
        folder.ask_for(record.trials)
        return folder

    def ask_for(self, trials: int) -> None:
        """Record another number of trials to finish."""
        if trials != self.record.trials:
            with alone(self.path / ASKING, wait):
                self.record = self.record.model_copy(update={"trials": trials})
                write_json(self.path / RECORD, self.record.model_dump())

    @property
    def command(self) -> str:
        """The command that continues the search."""
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
        """Write `best.json`: the best settings so far, and the command that trains with them."""
        with store.asking():  # the process that reads later writes later
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
        """Write `best.json`, `trials.csv` and `report.html`."""
        from seqmodels.tuning.report import write_report

        self.write_best(store)
        with store.asking():
            rows = store.rows()
            if rows:
                with writing(self.path / TRIALS) as file:
                    writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
                    writer.writeheader()
                    writer.writerows(rows)
                write_report(self, store, rows)

    def _refuse_another(self, record: Record) -> None:
        names = {"plan", "search", "asked"}
        records = (one.by_current_names() for one in (self.record, record))
        here, asked = (_flat(one.model_dump(include=names)) for one in records)
        differs = [
            f"{name} is {here.get(name)!r} there, {asked.get(name)!r} was asked"
            for name in {**here, **asked}
            if here.get(name) != asked.get(name)
        ]
        if differs:
            raise InputError(
                f"{str(self.path)!r} is another search: {'; '.join(differs[:5])}. Choose another "
                f"--out, or continue that search: {self.command}"
            )


def _asked(what: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return arguments as JSON types; None where a value is neither text nor number."""

    def plain(value: Any) -> str:
        if isinstance(value, Path):
            return str(value)
        raise TypeError

    try:
        return json.loads(json.dumps(what, default=plain))
    except TypeError:
        return None


def _flat(value: Any, name: str = "") -> dict[str, Any]:
    """Return nested dictionaries as one dictionary, by dotted name."""
    if not isinstance(value, dict):
        return {name: value}
    found = {}
    for key, one in value.items():
        found |= _flat(one, f"{name}.{key}" if name else key)
    return found


def _foreign(name: str) -> bool:
    """Return whether a file is neither of a search, nor about to become one of its files."""
    return name not in OURS and not any(name.startswith(f".{own}.") for own in OURS)
