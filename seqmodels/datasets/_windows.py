"""Windows of a series: what each reads, what it foretells, and the part it belongs to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqmodels.data import Examples, Sequences
from seqmodels.datasets._steps import Steps, first_rows
from seqmodels.errors import InputError

PARTS = ("train", "valid", "test")


@dataclass(frozen=True, kw_only=True)
class Windows:
    """What a window reads and foretells; a window is told by its last step, a row of `steps`."""

    steps: Steps
    reads: int
    aims: Mapping[str, int]
    window: int
    ahead: np.ndarray
    season: int | None

    @property
    def span(self) -> int:
        return self.window + int(self.ahead[-1])

    def readable(self, last: np.ndarray, careful: bool) -> np.ndarray:
        """Return which windows lack nothing that they read, foretell or are compared with, [N].

        Args:
            last: The last steps of the windows, [N].
            careful: Refuse windows whose last step is filled in, for a line that was drawn to a
                later value knows that value; gaps further back end at or before the last step.
        """
        places, known = list(self.aims.values()), self.steps.known
        there = np.isfinite(self.steps.values)  # [L, C]
        gaps = np.concatenate([[0], np.cumsum(~there[:, : self.reads].all(axis=1))])
        good = gaps[last + 1] == gaps[last + 1 - self.window]
        good &= there[last][:, places].all(axis=1)
        if careful:
            good &= known[last].all(axis=1)
        for horizon in self.ahead:
            good &= known[last + horizon][:, places].all(axis=1)
            if self.season:
                before = self.season_before(last, horizon)
                good &= before >= first_rows(self.steps.groups)[last]
                good &= there[np.maximum(before, 0)][:, places].all(axis=1)
        return good

    def season_before(self, last: np.ndarray, horizon: int) -> np.ndarray:
        """Return the rows of the latest known step of the season that a horizon falls in."""
        season = self.season or 1
        return last + horizon - season * -(-horizon // season)

    def examples(self, last: np.ndarray) -> Examples:
        """Return the windows that end at `last` [N]; all share the array of the series."""
        import pandas as pd

        values, places = self.steps.values, list(self.aims.values())
        answers = np.stack([values[last + h][:, places] for h in self.ahead], axis=-1)  # [N, D, H]
        now = values[last][:, places]  # [N, D]
        rules = {"last value": np.repeat(now[:, :, None], len(self.ahead), axis=-1)}
        if self.season:
            before = [values[self.season_before(last, h)][:, places] for h in self.ahead]
            rules["seasonal last value"] = np.stack(before, axis=-1)
        rises = (answers[:, 0, -1] > now[:, 0]).astype(np.int8)
        names = pd.Categorical.from_codes(rises, ["down", "up"])
        direction = pd.Series(names, copy=False)  # a byte each, where texts would take sixteen
        windows = Sequences(
            values[:, : self.reads], last - self.window + 1, np.full(len(last), self.window)
        )
        ticks, groups = self.steps.ticks, {}
        if self.steps.names is not None:
            numbers = self.steps.groups[last]
            series = pd.Categorical.from_codes(numbers, pd.Index(self.steps.names))
            groups = {"series": pd.Series(series, copy=False)}
        times = [ticks[last - self.window + 1], ticks[last + self.ahead[-1]]]
        return Examples(
            windows,
            {"value": self._named(answers), "direction": direction},
            {"value": {rule: self._named(forecast) for rule, forecast in rules.items()}},
            groups,
            np.stack(times, axis=1),
        )

    def _named(self, answers: np.ndarray) -> Any:
        """Return [N, D, H] as a named column where it is one number, else as a table of them."""
        import pandas as pd

        names = [f"{target} +{h}" for target in self.aims for h in self.ahead]
        if len(names) == 1:
            return pd.Series(answers[:, 0, 0], name=names[0])
        return pd.DataFrame(answers.reshape(len(answers), -1), columns=pd.Index(names))


def parts_of(ticks: np.ndarray, valid: float, test: float) -> np.ndarray:
    """Return the part of each step by its time alone, an index of `PARTS`, [L]."""
    times = np.unique(ticks)
    later = round(len(times) * (1 - test))
    middle = round(len(times) * (1 - test - valid))
    edges = [times[min(i, len(times) - 1)] for i in (middle, later)]
    return np.searchsorted(edges, ticks, side="right")


def ends_of(stretch: np.ndarray, span: int, step: int) -> np.ndarray:
    """Return the last rows of the spans that stay in one stretch, [N], every `step` rows."""
    ends = np.arange(span - 1, len(stretch))
    ends = ends[stretch[ends] == stretch[ends - span + 1]]  # rows are sorted by stretch
    since = ends - span + 1 - first_rows(stretch)[ends]
    return ends[since % step == 0]


def refuse_empty(
    name: str, chosen: Sequence[np.ndarray], stretch: np.ndarray, windows: Windows
) -> None:
    """Refuse parts without a window, each with the rows that it has and needs."""
    problems = []
    for number, (part, rows) in enumerate(zip(PARTS, chosen, strict=True)):
        if len(rows):
            continue
        numbers, lengths = np.unique(stretch[stretch % len(PARTS) == number], return_counts=True)
        longest = int(lengths.max(initial=0))
        groups = f" in the longest of {len(numbers)} groups" if len(numbers) > 1 else ""
        if longest < windows.span:
            why = (
                f"one window of {windows.window} and its horizon need {windows.span} steps, it has "
                f"{longest}{groups}. Use a shorter window, a larger share or a longer series."
            )
        else:
            why = (
                f"none of those that fit its {longest} steps{groups} is without missing values"
                f"{' and has a season before it' if windows.season else ''}. Use a shorter window"
                f"{', no season' if windows.season else ''}, or missing='previous'."
            )
        problems.append(f"The {part} part of {name} has no window: {why}")
    if problems:
        raise InputError(problems)
