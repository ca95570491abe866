"""Loggers: files and services that record a training, by name or as an object."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from seqmodels.core.errors import InputError
from seqmodels.core.registry import LOGGERS
from seqmodels.training.eta import Forecast

Row = Mapping[str, float]


class Logger:
    """Records a training. Override the methods you need; the defaults do nothing.

    A failure in `begin` stops the run before it starts, if it is an `InputError`, with its
    message. A later failure only turns the logger off: a training does not end because a server
    is down.
    """

    def begin(self, record: Mapping[str, Any], path: Path) -> None:
        """Before the first epoch; in a resumed run, before the next epoch.

        Args:
            record: Content of `run.json`: all settings of the run.
            path: The run directory.
        """

    def forecast(self, forecast: Forecast) -> None:
        """Once, after some 20 seconds of a training that takes much longer."""

    def epoch(self, row: Row) -> None:
        """After each epoch: its row of the history, with `epoch` counted from 1."""

    def stopped(self, signal: str) -> None:
        """When Ctrl-C ("SIGINT") or SIGTERM ends the process; the run can be resumed."""

    def end(self, scores: Row, record: Mapping[str, Any]) -> None:
        """After all files are written: the test scores, and the final `run.json`."""


class Loggers:
    """All loggers of one run, as one.

    Args:
        loggers: The loggers, called in this order.
        say: Shows a person one line about a logger that failed.
    """

    def __init__(self, loggers: Sequence[Logger], say: Callable[[str], None]):
        self.loggers, self.say = list(loggers), say

    def begin(self, record: Mapping[str, Any], path: Path) -> None:
        """Tell each that training begins.

        Raises:
            InputError: One cannot do its work.
        """
        for logger in self.loggers:
            try:
                logger.begin(record, path)
            except InputError:
                raise
            except Exception as error:
                raise InputError(
                    f"The logger {_name(logger)} cannot begin: {_why(error)}. "
                    f"Mend that, or leave it out of --log (log=)."
                ) from error

    def forecast(self, forecast: Forecast) -> None:
        """Tell each of the forecast."""
        self._tell(lambda logger: logger.forecast(forecast))

    def epoch(self, row: Row) -> None:
        """Tell each of an epoch."""
        self._tell(lambda logger: logger.epoch(row))

    def stopped(self, signal: str) -> None:
        """Tell each that the process is stopped."""
        self._tell(lambda logger: logger.stopped(signal))

    def end(self, scores: Row, record: Mapping[str, Any]) -> None:
        """Tell each of the end."""
        self._tell(lambda logger: logger.end(scores, record))

    def _tell(self, tell: Callable[[Logger], None]) -> None:
        for logger in list(self.loggers):
            try:
                tell(logger)
            except Exception as error:  # whatever it is: a training is worth more than its log
                self.loggers.remove(logger)
                self.say(f"The logger {_name(logger)} failed and is left out: {_why(error)}.")


def opened(log: Sequence[str | Logger]) -> list[Logger]:
    """Return the loggers of these names; those that are loggers already as they are.

    Raises:
        InputError: There is no logger of a name, with every mistake found.
    """
    return list(_opened([log] if isinstance(log, str | Logger) else log))


def _opened(log: Sequence[str | Logger]) -> Iterator[Logger]:
    problems = []
    for one in log:
        try:
            logger = LOGGERS.get(one)() if isinstance(one, str) else one
        except InputError as error:
            problems += error.problems
            continue
        if not isinstance(logger, Logger):
            problems.append(
                f"A logger is a name or a seqmodels.Logger, got {type(logger).__name__}."
            )
            continue
        yield logger
    if problems:
        raise InputError(problems)


def _name(logger: Logger) -> str:
    names = [name for name in LOGGERS if LOGGERS.get(name) is type(logger)]
    return repr(names[0]) if names else type(logger).__name__


def _why(error: Exception) -> str:
    said = str(error).strip().splitlines()
    return f"{type(error).__name__}: {said[0][:200].rstrip('.')}" if said else type(error).__name__
