"""What a training run shows on standard error: a live bar, or plain lines when piped."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from seqmodels.training import Row

REFRESH = 0.5  # seconds between looks at the metrics, which wait for the device


class Reporter:
    """Tells a person how the training goes.

    Args:
        epochs: Epochs asked for.
        quiet: Say nothing.
        console: Where to write; None: standard error.
    """

    def __init__(self, epochs: int, *, quiet: bool = False, console: Console | None = None):
        self.epochs = epochs
        self.console = console or Console(stderr=True, quiet=quiet, highlight=False)
        self.live = self.console.is_terminal and not quiet and sys.stderr is not None
        self.bar = Progress(
            TextColumn("epoch {task.fields[epoch]}/{task.fields[epochs]}"),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[measures]}"),
            TextColumn("left"),
            TimeRemainingColumn(compact=True),
            console=self.console,
            transient=True,
        )
        self.task: TaskID | None = None
        self.told = 0.0

    def say(self, text: str) -> None:
        """Write one line."""
        self.console.print(text, markup=False, soft_wrap=True)

    def __enter__(self) -> Self:
        if self.live:
            self.bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.live:
            self.bar.stop()

    def step(self, epoch: int, done: int, steps: int, measures: Callable[[], Row]) -> None:
        """Move the bar: the time left is that of all epochs asked for."""
        if not self.live:
            return
        facts: dict[str, Any] = {"epoch": epoch, "epochs": self.epochs}
        if self.task is None:
            self.task = self.bar.add_task("", total=steps * self.epochs, measures="", **facts)
        if time.perf_counter() - self.told > REFRESH:
            self.told = time.perf_counter()
            facts["measures"] = "  ".join(f"{name} {v:.4f}" for name, v in measures().items())
        self.bar.update(self.task, completed=(epoch - 1) * steps + done, **facts)

    def epoch(self, row: Row) -> None:
        """Write one line for a finished epoch."""
        width = len(str(self.epochs))
        measures = [
            f"{name.replace('_', ' ')} {value:.4f}"
            for name, value in row.items()
            if name not in ("epoch", "seconds")
        ]
        self.say(
            f"epoch {row['epoch']:>{width}.0f}/{self.epochs}  {'  '.join(measures)}  "
            f"{row['seconds']:.1f} s"
        )
