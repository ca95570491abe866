"""The terminal output of a search: a line for each trial, the best so far marked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rich.console import Console

from seqmodels.core.arguments import text_of
from seqmodels.tuning.space import Space

WIDTH = 80  # columns, where standard error is not a terminal
FRAME = 38  # of these columns, for all but the settings


class Lines:
    """Shows the progress of a search on standard error.

    Args:
        space: The settings that are searched.
        trials: Number of trials to finish.
        quiet: Show nothing.
        console: Where to write; None: standard error.
    """

    def __init__(
        self, space: Space, trials: int, *, quiet: bool = False, console: Console | None = None
    ):
        self.trials = trials
        self.console = console or Console(stderr=True, quiet=quiet, highlight=False)
        self.status = self.console.status("") if self.console.is_terminal and not quiet else None
        short = [name.rpartition(".")[2] for name in space]
        room = (self.console.width if self.console.is_terminal else WIDTH) - FRAME
        self.columns: dict[str, tuple[str, int]] = {}  # setting to title and width
        for name, last in zip(space, short, strict=True):
            title = last if short.count(last) == 1 else name
            width = max(len(title), 6)
            room -= width + 2
            if room < 0:
                break
            self.columns[name] = (title, width)
        self.left_out = [name for name in space if name not in self.columns]

    def begin(self, path: str, done: int) -> None:
        """Show the directory, the number of finished trials and the titles of the columns."""
        self._print(f"{path}: {done} of {self.trials} trials are done; the test part is not read")
        if self.left_out:
            self._print(f"also searched, see trials.csv: {', '.join(self.left_out)}")
        titles = "  ".join(f"{title:>{width}}" for title, width in self.columns.values())
        self._print(f"{'trial':>5}  {'valid loss':>12}  {titles}  {'time':>7}", style="bold")
        if self.status:
            self.status.start()

    def epoch(self, number: int) -> Callable[[Any], None]:
        """Return the function that shows an epoch of a trial."""

        def show(row: Any) -> None:
            if self.status:
                loss = f"{row['valid_loss']:.4f}"
                self.status.update(f"trial {number}, epoch {row['epoch']:.0f}: valid loss {loss}")

        return show

    def trial(self, row: Mapping[str, Any], best: bool) -> None:
        """Show a trial that has ended: a row of `Store.rows`, and whether it is the best."""
        loss = "-" if row["valid_loss"] is None else f"{row['valid_loss']:.5g}"
        cells = "  ".join(
            f"{text if len(text) <= width else text[: width - 1] + '…':>{width}}"
            for name, (_, width) in self.columns.items()
            for text in [text_of(row[name])]
        )
        complete = row["state"] == "complete"
        self._print(
            f"{row['trial']:>5}  {loss:>10} {'*' if best else ' '}  {cells}  "
            f"{row['seconds'] or 0:>5.1f} s{'' if complete else '  ' + row['state']}",
            style="bold" if best else "" if complete else "dim",
        )
        if row["why"]:
            self._print(f"       {row['why']}", style="dim")

    def end(self) -> None:
        """Remove the moving line."""
        if self.status:
            self.status.stop()

    def _print(self, text: str, style: str = "") -> None:
        self.console.print(text, markup=False, soft_wrap=True, style=style)
