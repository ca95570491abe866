"""What `benchmarks/speed.py` measures: the rows of each part."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PARTS = ("step",)
TUTORIAL = {"words": 5000, "embed": 15, "batch": 128, "length": 300, "directions": 1, "units": 10}


@dataclass(frozen=True)
class Row:
    """One piece of work: its part, its job, who does it, and how often."""

    name: str
    part: str
    job: Mapping[str, Any]
    contestants: tuple[str, ...]
    rounds: int


def rows_of(parts: list[str], trial: Mapping[str, Any]) -> list[Row]:
    rows = []
    if "step" in parts:
        for directions in trial.get("directions", (1, 2)):
            for units in trial.get("units", (10, 32, 64, 128, 256)):
                job = {**TUTORIAL, **{k: v for k, v in trial.items() if k in ("length", "batch")}}
                job |= {"work": "step", "units": units, "directions": directions}
                rows.append(
                    Row(
                        f"step/{units}/{directions}",
                        "step",
                        job,
                        ("ours", "keras", "xla", "torch"),
                        5,
                    )
                )
    return rows
