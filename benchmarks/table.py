"""What the benchmarks share: a table on the terminal, and results as JSON."""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.table import Table

from seqmodels.core.files import write_json


class Clock:
    """Measures a block: wall seconds, and the CPU seconds of all threads of this process."""

    def __enter__(self) -> Self:
        self._wall, self._cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.wall = time.perf_counter() - self._wall
        self.cpu = time.process_time() - self._cpu


def show(title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Print rows as a table, numbers to four digits; columns are those of the first row."""
    table = Table(title=title, title_justify="left", header_style="bold")
    for name, value in rows[0].items():
        table.add_column(name, justify="left" if isinstance(value, str) else "right")
    for row in rows:
        table.add_row(*(cell(value) for value in row.values()))
    Console(highlight=False, width=None if sys.stdout.isatty() else 200).print(table)


def cell(value: object) -> str:
    """Return one value as people read it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return "-" if value is None else str(value)


def markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as a Markdown table."""
    if not rows:
        return "Not run yet."
    first = rows[0].values()
    right = [isinstance(v, int | float) and not isinstance(v, bool) for v in first]
    lines = [list(rows[0]), ["---:" if number else "---" for number in right]]
    lines += [[cell(value) for value in row.values()] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def save(path: Path, value: Any) -> None:
    """Write results as JSON, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, value)


def kept(path: Path) -> dict[str, Any]:
    """Return the results that are in a file already, if any."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
