"""Options of a run that do not change its configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqmodels.core.errors import InputError
from seqmodels.training.loggers import Logger
from seqmodels.training.max_time import Budget

Record = Mapping[str, Any]  # what `run.json` holds


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of a run that do not change its configuration.

    Args:
        quiet: Show nothing while training.
        allow_leak: Why to train although the audit says FAIL; None: a FAIL is an `InputError`.
        budget: The time that the run may take; None: as long as it takes.
        log: Names of loggers, or loggers.
        baselines: Fit simple models, too.
        resumed: `run.json` of the run that is resumed; its audit is not repeated.
        like: Path and `run.json` of the run that is repeated.

    Raises:
        InputError: `allow_leak` says nothing.
    """

    quiet: bool = False
    allow_leak: str | None = None
    budget: Budget | None = None
    log: Sequence[str | Logger] = ()
    baselines: bool = True
    resumed: Record | None = None
    like: tuple[Path, Record] | None = None

    def __post_init__(self) -> None:
        if self.allow_leak is not None and not self.allow_leak.strip():
            raise InputError("--allow-leak (allow_leak=) needs a reason, for the report to carry.")
