"""Progress of a training on standard error: a live bar, or plain lines when piped."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from rich.console import Console, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from seqmodels.training.callbacks import Callback, Row
from seqmodels.training.eta import Eta, Forecast

REFRESH = 0.5  # seconds between readings of the metrics, which wait for the device
FORESEE = 20.0  # seconds of training before the estimated end is shown
WORTH = 10.0  # estimated seconds left, at least, for the end to be shown
WIDTH = 80  # columns of a plain line, at most


class Listener(Protocol):
    """Receives the estimated end and each epoch, such as a logger."""

    def forecast(self, forecast: Forecast) -> None:
        """Take the estimated end; called once, if training takes long enough."""

    def epoch(self, row: Row) -> None:
        """Take an epoch's row of the history; called after each epoch."""


class Reporter(Callback):
    """Shows the progress of a training.

    Args:
        epochs: Largest number of epochs.
        early: Whether training may stop before its last epoch.
        quiet: Whether to write nothing.
        console: Console to write to. None: standard error; in a notebook, standard output.
        room: Returns the seconds that a budget leaves for training; None: there is no budget.

    Attributes:
        eta: Estimate of the end.
        listener: Receives the estimate and the epochs; None: no listener.
    """

    def __init__(
        self,
        epochs: int,
        *,
        early: bool = False,
        quiet: bool = False,
        console: Console | None = None,
        room: Callable[[], float] | None = None,
    ):
        self.epochs = epochs
        self.console = console or _console(quiet)
        self.live = self.console.is_terminal and not self.console.is_dumb_terminal and not quiet
        self.eta = Eta(epochs, early=early, room=room)
        self.listener: Listener | None = None
        # Content of the bar. A thread of its own draws the bar, and reads nothing else.
        self._at = 0, 0, 1  # epoch, steps done of it, its steps
        self._measures, self._left = "", ""
        self._looked, self._foretold = 0.0, False
        self._bar = Live(
            console=self.console,
            get_renderable=self._line,
            refresh_per_second=4,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def say(self, text: str) -> None:
        """Write one line. A line that cannot be written does not stop the training."""
        code = self.console.encoding
        text = text.encode(code, "backslashreplace").decode(code)
        try:
            self.console.print(text, markup=False, soft_wrap=True)
        except (OSError, ValueError):  # the pipe or the file is closed
            self.console.quiet = True

    def begin(self) -> None:
        """Start the bar and the clock."""
        self.eta.begin()
        if self.live:
            self._bar.start()

    def end(self) -> None:
        """Stop the bar."""
        if self.live:
            self._bar.stop()

    def step(self, epoch: int, done: int, steps: int, measures: Callable[[], Row]) -> None:
        """Move the bar; the time left covers all epochs."""
        self.eta.step(epoch, done, steps)
        self._at = epoch, done, steps
        now = time.perf_counter()
        if now - self._looked > REFRESH:
            self._looked = now
            self._foresee()
            if self.live:
                forecast = self.eta.forecast()
                self._left = f"{_clock(forecast.left)} left" if forecast else ""
                self._measures = "  ".join(_measures(measures()))

    def epoch(self, row: Row) -> None:
        """Write one line for a finished epoch."""
        self.eta.epoch()
        self.say(plain(row, self.epochs))
        if self.listener:
            self.listener.epoch(row)
        self._foresee()

    def _foresee(self) -> None:
        """Show the estimated end once, after FORESEE seconds, if enough time is left."""
        if self._foretold or self.eta.elapsed < FORESEE:
            return
        forecast = self.eta.forecast()
        if forecast is None:
            return
        self._foretold = True
        if forecast.left >= WORTH:
            self.say(forecast.describe(time.time()))
            if self.listener:
                self.listener.forecast(forecast)

    def _line(self) -> RenderableType:
        """Return the bar, shortened to the width of the console."""
        epoch, done, steps = self._at
        width, left = self.console.width, self._left
        name = "epoch " if width >= 40 else ""
        fixed = [f"{name}{epoch}/{self.epochs}", left]
        room = width - 1 - sum(len(text) + 2 for text in fixed)
        share = max(0.0, epoch - 1) + done / steps
        bar = min(30, room - 2) if width < WIDTH else max(10, min(30, room - len(self._measures)))
        measures = self._measures if len(self._measures) <= room - bar - 2 else ""
        grid = Table.grid(padding=(0, 2, 0, 0))
        cells: list[RenderableType] = [fixed[0]]
        if bar >= 4:
            cells.append(ProgressBar(total=self.epochs, completed=share, width=bar))
        cells += [text for text in (measures, left) if text]
        for _ in cells:
            grid.add_column(no_wrap=True, overflow="crop")
        grid.add_row(*cells)
        return grid


def plain(row: Mapping[str, float], epochs: int) -> str:
    """Return an epoch as one line of at most 80 columns; measures that do not fit are left out."""
    start = f"epoch {row['epoch']:>{len(str(epochs))}.0f}/{epochs}"
    end = f"{row['seconds']:.1f} s"
    line = start
    for measure in _measures(row):
        longer = f"{line}  {measure}"
        if len(longer) + 2 + len(end) > WIDTH and line != start:
            break
        line = longer
    return f"{line}  {end}"


def _measures(row: Mapping[str, float]) -> Sequence[str]:
    """Return each measure of training with its value in validation, the loss first."""
    found = []
    for name, value in row.items():
        if name in ("epoch", "seconds") or name.startswith("valid_"):
            continue
        valid = row.get(f"valid_{name}")
        beside = "" if valid is None else f" (valid {_digits(valid)})"
        found.append(f"{name.replace('_', ' ')} {_digits(value)}{beside}")
    return found


def _digits(value: float) -> str:
    return f"{value:.1e}" if 0 < abs(value) < 1e-3 else f"{value:.4f}"


def _clock(seconds: float) -> str:
    """Return a time as `0:42`, `12:05` or `1:30:00`."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


class _Console(Console):
    """A console that a broken pipe makes quiet and does not end."""

    def on_broken_pipe(self) -> None:
        self.quiet = True


def _console(quiet: bool) -> Console:
    """Return a console on standard error; in a notebook, which shows it in red, standard output."""
    notebook = "ipykernel" in sys.modules
    stream = sys.stdout if notebook else None
    return _Console(
        file=stream, stderr=not notebook, quiet=quiet, highlight=False, force_jupyter=False
    )
