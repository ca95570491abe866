"""What a tuning shows while it works: one line a trial, the best so far marked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rich.console import Console

from seqmodels.tuning.space import Space, text_of
from seqmodels.tuning.store import Store, state_of

WIDTH = 80  # where it is not a terminal
FRAME = 38  # of it, for all but the settings
FRAME = 38  # of it, for all but the settings


class Lines:
    """Tells a person how the trials go, on standard error.

    Args:
        space: What is searched.
        trials: How many are to be done.
        headline: The head's headline score.
        quiet: Say nothing.
        console: Where to write; None: standard error.
    """

    def __init__(
        self,
        space: Space,
        trials: int,
        headline: str,
        *,
        quiet: bool = False,
        console: Console | None = None,
    ):
        self.trials, self.headline = trials, headline
        self.console = console or Console(stderr=True, quiet=quiet, highlight=False)
        self.status = self.console.status("") if self.console.is_terminal and not quiet else None
        short = [name.rpartition(".")[2] for name in space]
        names = {n: s if short.count(s) == 1 else n for n, s in zip(space, short, strict=True)}
        room = (self.console.width if self.console.is_terminal else WIDTH) - FRAME
        self.columns: dict[str, tuple[str, int]] = {}  # setting to its title and width
        for name, title in names.items():
            width = max(len(title), 6)
            if room - width - 2 < 0:
                break
            room -= width + 2
            self.columns[name] = (title, width)
        self.left_out = [name for name in space if name not in self.columns]

    def begin(self, path: str, store: Store) -> None:
        """Say where the tuning is, what there is of it, and the titles of the columns."""
        states = [state_of(trial) for trial in store.study.get_trials(deepcopy=False)]
        done = sum(state in ("complete", "pruned") for state in states)
        self._say(f"{path}: {done} of {self.trials} trials are done; the test part is not read")
        if self.left_out:
            self._say(f"also searched, see trials.csv: {', '.join(self.left_out)}")
        titles = "  ".join(f"{title:>{width}}" for title, width in self.columns.values())
        self._say(f"{'trial':>5}  {'valid loss':>12}  {titles}  {'time':>7}", style="bold")
        if self.status:
            self.status.start()

    def epoch(self, number: int) -> Callable[[Any], None]:
        """Return what shows an epoch of a trial."""

        def show(row: Any) -> None:
            if self.status:
                self.status.update(
                    f"trial {number}, epoch {row['epoch']:.0f}: valid loss {row['valid_loss']:.4f}"
                )

        return show

    def tell(self, number: int, store: Store) -> None:
        """Write the line of a trial that has ended."""
        trial = store.study.get_trials(deepcopy=False)[number]
        state, best, settings = state_of(trial), store.best(), store.settings(trial)
        leads = best is not None and best.number == number
        losses = trial.intermediate_values.values()
        value = trial.value if state == "complete" else min(losses, default=None)
        shown = "-" if value is None else f"{value:.5g}"
        cells = "  ".join(
            f"{_cut(text_of(settings[name]), width):>{width}}"
            for name, (_, width) in self.columns.items()
        )
        how = "" if state == "complete" else f"  {state}"
        self._say(
            f"{number:>5}  {shown:>10} {'*' if leads else ' '}  {cells}  "
            f"{trial.user_attrs.get('seconds', 0):>5.1f} s{how}",
            style="bold" if leads else "" if state == "complete" else "dim",
        )
        if state == "failed":
            self._say(f"       {trial.user_attrs.get('why', '')}", style="dim")

    def end(self) -> None:
        """Take the moving line away."""
        if self.status:
            self.status.stop()

    def _say(self, text: str, style: str = "") -> None:
        self.console.print(text, markup=False, soft_wrap=True, style=style)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
