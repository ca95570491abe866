"""Ctrl-C and SIGTERM, handled at a moment when nothing is lost."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any, Self

STATUS = {"SIGINT": 130, "SIGTERM": 143}  # exit status, as shells have it: 128 and the number


class Stopped(KeyboardInterrupt):
    """The user or the system stops the process.

    Attributes:
        signal: "SIGINT" (Ctrl-C) or "SIGTERM".
    """

    def __init__(self, signal: str, says: str = ""):
        super().__init__(says)
        self.signal = signal

    @property
    def status(self) -> int:
        """The exit status for this signal."""
        return STATUS[self.signal]


class Stop:
    """Context manager that turns Ctrl-C and SIGTERM into `Stopped`, in the main thread.

    `Stopped` is raised at once. Within `later` it is raised at the next `check`, or at a second
    signal. If a callback swallows the exception, it is raised again at the next `check` or at
    the end. Handlers other than Python's defaults, and ignored signals (`nohup`), are left
    alone.
    """

    def __init__(self) -> None:
        self.heard: str | None = None
        self._waits = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                before = signal.getsignal(number)
                ours = isinstance(getattr(before, "__self__", None), Stop)
                if ours or before in (signal.SIG_DFL, signal.default_int_handler):
                    self._before[number] = signal.signal(number, self._hear)
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)
        self._before.clear()
        if kind is None:
            self.check()

    def check(self) -> None:
        """Raise `Stopped` if a signal has arrived."""
        if self.heard:
            raise Stopped(self.heard)

    @contextlib.contextmanager
    def later(self) -> Iterator[None]:
        """Delay a signal to the next `check`; a second signal raises at once."""
        self._waits = True
        try:
            yield
        finally:
            self._waits = False

    def _hear(self, number: int, frame: FrameType | None) -> None:
        waits, self._waits = self._waits, False
        self.heard = signal.Signals(number).name
        if not waits:
            raise Stopped(self.heard)
