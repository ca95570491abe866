"""Logger of JSON lines: one object per event, in a file or on standard output."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from seqmodels.core.registry import register_logger
from seqmodels.training.eta import Forecast
from seqmodels.training.loggers.base import Logger, Row


@register_logger("json")
class JsonLines(Logger):
    """Writes lines such as `{"event": "epoch", "time": ..., "epoch": 1, "measures": {...}}`.

    Args:
        stream: Where to write. None: `log.jsonl` in the run directory, which grows when a run
            is gone on with.
    """

    def __init__(self, stream: IO[str] | None = None):
        self.stream, self.path = stream, Path()

    def begin(self, record: Mapping[str, Any], path: Path) -> None:
        """Write the event `begin` with the run's path and record."""
        self.path = path
        self._write("begin", run=str(path), record=record)

    def forecast(self, forecast: Forecast) -> None:
        """Write the event `forecast`: seconds of an epoch and until the end, bytes."""
        self._write("forecast", forecast=dataclasses.asdict(forecast))

    def epoch(self, row: Row) -> None:
        """Write the event `epoch`: its number and its measures."""
        measures = {name: value for name, value in row.items() if name != "epoch"}
        self._write("epoch", epoch=int(row["epoch"]), measures=measures)

    def stopped(self, signal: str) -> None:
        """Write the event `stopped` with the run's path and the signal."""
        self._write("stopped", run=str(self.path), signal=signal)

    def end(self, scores: Row, record: Mapping[str, Any]) -> None:
        """Write the event `end` with the scores of the test part."""
        self._write("end", run=str(self.path), scores=scores, seconds=record.get("seconds"))

    def _write(self, event: str, **more: Any) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = json.dumps(_plain({"event": event, "time": now, **more}), allow_nan=False)
        if self.stream is not None:
            print(line, file=self.stream, flush=True)
            return
        with (self.path / "log.jsonl").open("a", encoding="utf-8") as file:
            print(line, file=file)


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: no NaN, no infinity, but null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
