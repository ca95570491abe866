"""Windows of a series: what each reads, what it foretells, and the part it belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from seqmodels.core.errors import InputError
from seqmodels.core.examples import Examples
from seqmodels.core.sequences import Sequences
from seqmodels.core.storage import blocks
from seqmodels.data.series.gaps import first_rows
from seqmodels.data.series.lagged import Lagged
from seqmodels.data.series.steps import Steps

WIDE = 2**22  # numbers foretold, from which they are read from the series when they are asked for
PARTS = ("train", "valid", "test")
KINDS = len(PARTS) + 1  # of steps: those of a part, and those that are left out
Reach = Literal["inside", "before"]


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

    @property
    def foretold(self) -> int:
        return int(self.ahead[-1] - self.ahead[0]) + 1

    def readable(self, last: np.ndarray, careful: bool) -> np.ndarray:
        """Return which windows lack nothing that they read, foretell or are compared with, [N].

        Args:
            last: The last steps of the windows, [N], in order.
            careful: Refuse windows whose last step is filled in, for a line that was drawn to a
                later value knows that value; gaps further back end at or before the last step.
        """
        good = np.zeros(len(last), bool)
        behind = max(self.window, self.season or 0)
        for part in blocks(len(last)):
            some = last[part].astype(np.int64)
            begin, end = max(int(some[0]) - behind, 0), int(some[-1]) + int(self.ahead[-1]) + 1
            good[part] = self._near(begin, end)._readable(some - begin, careful)
        return good

    def _near(self, begin: int, end: int) -> Windows:
        """Return these windows in the steps from `begin` to before `end` alone, in memory."""
        steps, rows = self.steps, slice(begin, end)
        near = replace(
            steps, values=steps.values[rows], known=steps.own(rows), groups=steps.groups[rows]
        )
        return replace(self, steps=near)

    def _readable(self, last: np.ndarray, careful: bool) -> np.ndarray:
        places, known = list(self.aims.values()), self.steps.own()
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

        groups = {}
        if self.steps.names is not None:
            series = pd.Categorical.from_codes(self.steps.groups[last], pd.Index(self.steps.names))
            groups = {"series": pd.Series(series, copy=False)}
        starts = last - last.dtype.type(self.window - 1)
        lengths = np.broadcast_to(np.int32(self.window), len(last))
        wide = len(last) * len(self.aims) * len(self.ahead) >= WIDE
        if wide:
            return self._lagged(Sequences(self._inputs(), starts, lengths), groups)
        values, places = self.steps.values, list(self.aims.values())
        answers = np.stack([values[last + h][:, places] for h in self.ahead], axis=-1)  # [N, D, H]
        now = values[last][:, places]  # [N, D]
        rules = {"last value": np.repeat(now[:, :, None], len(self.ahead), axis=-1)}
        if self.season:
            before = [values[self.season_before(last, h)][:, places] for h in self.ahead]
            rules["seasonal last value"] = np.stack(before, axis=-1)
        moments = (1 - self.window, self.ahead[0], self.ahead[-1])
        times = [self.steps.ticks[last + shift] for shift in moments]
        return Examples(
            Sequences(self._inputs(), starts, lengths),
            {"value": self._named(answers), "direction": _directions(answers[:, 0, -1], now[:, 0])},
            {"value": {rule: self._named(forecast) for rule, forecast in rules.items()}},
            groups,
            np.stack(times, axis=1),
        )

    def _lagged(self, windows: Sequences, groups: Mapping[str, Any]) -> Examples:
        """Return the same windows; their answers stay in the series, on disk if it is there."""
        ends, places = self.window - 1, list(self.aims.values())
        values: Any = self.steps.values
        ticks: Any = self.steps.ticks

        def at(shifts: Sequence[int]) -> Any:
            rows = [ends + shift for shift in shifts]
            return Lagged(values, windows.starts, rows, places, self._names())

        ahead = self.ahead.tolist()
        answers, now = at(ahead), at([0] * len(ahead))
        rules = {"last value": now}
        if self.season:
            rules["seasonal last value"] = at(
                [h - self.season * -(-h // self.season) for h in ahead]
            )
        last = len(ahead) - 1  # the first target at its last horizon
        rises = np.empty(len(windows), np.int8)
        for some in blocks(len(windows)):
            later, early = (one[some].reshape(-1, len(self._names())) for one in (answers, now))
            rises[some] = later[:, last] > early[:, last]
        moments = [0, ends + ahead[0], ends + ahead[-1]]
        times: Any = Lagged(ticks, windows.starts, moments, None, ("first", "foretold", "last"))
        return Examples(
            windows,
            {"value": answers, "direction": _directions(rises, 0)},
            {"value": rules},
            groups,
            times,
        )

    def _inputs(self) -> Any:
        return self.steps.values[:, : self.reads]

    def _names(self) -> list[str]:
        return [f"{target} +{h}" for target in self.aims for h in self.ahead]

    def _named(self, answers: np.ndarray) -> Any:
        """Return [N, D, H] as a named column where it is one number, else as a table of them."""
        import pandas as pd

        names = self._names()
        if len(names) == 1:
            return pd.Series(answers[:, 0, 0], name=names[0])
        return pd.DataFrame(answers.reshape(len(answers), -1), columns=pd.Index(names))


def chosen(
    name: str,
    windows: Windows,
    *,
    edges: Sequence[int],
    step: int,
    careful: bool,
    inside: bool = True,
) -> list[np.ndarray]:
    """Return the last steps of the windows of each part, [N] each, every `step` rows.

    A window belongs to the part in which all is that it foretells.

    Args:
        name: Of the table.
        windows: What they read and foretell.
        edges: See `Sizes`.
        step: Rows from one window to the next.
        careful: See `Windows.readable`.
        inside: What it reads is in its part too; else it is in the same series.

    Raises:
        InputError: A part has no window.
    """
    steps, ahead = windows.steps, int(windows.ahead[-1])
    parts = parts_of(steps, edges)  # [L]
    least = windows.span if inside else windows.foretold
    stretch = parts
    if steps.names is not None:  # a number for each series and part
        stretch = np.empty(len(parts), np.int32)
        for some in blocks(len(parts)):
            stretch[some] = steps.groups[some] * KINDS + parts[some]
    last = ends_of(stretch, least, step)
    if not inside:
        last = np.intersect1d(last, ends_of(steps.groups, windows.span, 1), assume_unique=True)
    last = last[parts[last] < len(PARTS)]
    of = parts[last]  # where a window's last forecast lies, and with it all of them
    last -= last.dtype.type(ahead)
    good = windows.readable(last, careful) if len(last) else np.zeros(0, bool)
    last, of = (last, of) if good.all() else (last[good], of[good])
    found = [last[of == part] for part in range(len(PARTS))]
    refuse_empty(name, found, stretch, windows, least)
    return found


def parts_of(steps: Steps, edges: Sequence[int]) -> np.ndarray:
    """Return the part of each step by its time alone, an index of `PARTS` or one more, [L]."""
    times = steps.times
    *inner, end = edges
    ticks = [times[min(i, end - 1)] for i in inner]
    if end < len(times):
        ticks.append(times[end])
    parts = np.empty(len(steps.ticks), np.int8)
    for some in blocks(len(parts)):
        parts[some] = np.searchsorted(ticks, steps.ticks[some], side="right")
    return parts


def ends_of(stretch: np.ndarray, span: int, step: int) -> np.ndarray:
    """Return the last rows of the spans that stay in one stretch, [N], every `step` rows."""
    small = np.int32 if len(stretch) < 2**31 else np.int64
    found, begin = [np.zeros(0, small)], 0
    for part in blocks(len(stretch)):
        rows = np.arange(part.start, part.stop)
        near = stretch[max(part.start - 1, 0) : part.stop]
        new = np.append([True], near[1:] != near[:-1])[-len(rows) :]  # begins a stretch
        begins = np.maximum.accumulate(np.where(new, rows, begin))
        begin = int(begins[-1])
        since = rows - begins - span + 1
        found.append(rows[(since >= 0) & (since % step == 0)].astype(small))
    return np.concatenate(found)


def refuse_empty(
    name: str, chosen: Sequence[np.ndarray], stretch: np.ndarray, windows: Windows, least: int
) -> None:
    """Refuse parts without a window, each with the rows that it has and needs, `least`."""
    problems = []
    for number, (part, rows) in enumerate(zip(PARTS, chosen, strict=True)):
        if len(rows):
            continue
        numbers, lengths = np.unique(stretch[stretch % KINDS == number], return_counts=True)
        longest = int(lengths.max(initial=0))
        groups = f" in the longest of {len(numbers)} groups" if len(numbers) > 1 else ""
        if longest < least:
            what = f"one window of {windows.window} and its horizon need {least}"
            if least < windows.span:
                what = f"what one window foretells needs {least}"
            why = (
                f"{what} steps, it has {longest}{groups}. Use a shorter window, a larger share "
                f"or a longer series."
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


def _directions(later: np.ndarray, now: Any) -> Any:
    """Return "up" where a number rises, else "down": a byte each, where texts take sixteen."""
    import pandas as pd

    names = pd.Categorical.from_codes((later > now).astype(np.int8), ["down", "up"])
    return pd.Series(names, copy=False)
