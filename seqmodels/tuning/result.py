"""The result of a search, finished or not: its trials and the best settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqmodels.core.errors import InputError
from seqmodels.core.registry import DATASETS
from seqmodels.tuning.folder import Folder
from seqmodels.tuning.space import entries
from seqmodels.tuning.store import Store

if TYPE_CHECKING:
    import pandas as pd

    from seqmodels.runs.run import Run


class Tuning:
    """The trials and the best settings of a search.

    Attributes:
        path: The directory.
        best: The settings of the trial with the lowest validation loss, by dotted name; empty
            where no trial is complete.
        value: Its validation loss; None where no trial is complete.
        score: The head's headline score of that trial on the validation part.
        headline: The name of that score.
        asked: The arguments of `train` to which the best settings are added; None where the
            data were in memory of another process.
        command: The command that trains with the best settings; None where no trial is
            complete, or where the data were given in memory.
    """

    def __init__(self, path: str | Path):
        """Open the directory of a search; processes may be working on it.

        Raises:
            InputError: The directory holds no search or is damaged, or Optuna is not installed.
        """
        self._folder = Folder(Path(path))
        self.path, record = self._folder.path, self._folder.record
        name = record.plan["dataset"]
        make: Any = DATASETS.get(name).make if name in DATASETS else lambda: None
        self._store = Store(self.path, entries(record.search, make, f"dataset {name!r}"))
        best = self._store.best()
        self.best: dict[str, Any] = self._store.settings(best) if best else {}
        self.value: float | None = best.value if best else None
        self.score: float | None = best.user_attrs["score"] if best else None
        self.headline = record.headline
        self.asked = record.asked
        self.command = self._folder.train_command(self.best) if best else None

    @property
    def trials(self) -> pd.DataFrame:
        """Rows of the trials: state, validation loss, score and settings.

        "state" is "complete", "pruned" (other trials were better), "failed" (for the reason in
        "why"), "running", or "lost" (its process ended). A lost trial is tried again under
        another number. The loss of an incomplete trial is its lowest.
        """
        import pandas as pd

        frame = pd.DataFrame(self._store.rows())
        return frame if frame.empty else frame.set_index("trial")

    def train(self, **more: Any) -> Run:
        """Train with the best settings, and score on the test part.

        Args:
            more: Further arguments of `seqmodels.train`, such as `out`; `dataset` where the
                data were in memory.

        Raises:
            InputError: No trial is complete, or as `seqmodels.train`.
        """
        from seqmodels.runs.launch import train

        if not self.best:
            raise InputError(
                f"No trial of {str(self.path)!r} is complete. Continue with: {self._folder.command}"
            )
        asked = {**(self.asked or {}), **more}
        if "dataset" not in asked:
            raise InputError("The data of this tuning were in memory: train(dataset=...) them.")
        settings = {**asked.pop("settings", {}), **self.best}
        return train(asked.pop("dataset"), settings=settings, **asked)

    def __repr__(self) -> str:
        value = "none complete" if self.value is None else f"valid_loss={self.value:.4g}"
        return f"Tuning({str(self.path)!r}, {len(self.trials)} trials, {value})"
