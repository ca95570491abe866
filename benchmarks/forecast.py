"""How near the forecast of a training's end comes: stated runs, foretold and then waited for.

    python benchmarks/forecast.py
    python benchmarks/forecast.py --scale 0.1 --only digits,reber

Each run trains all its epochs (patience 0), or as many as begin within 45 seconds, while every
step's time is written down. Then those times are played back up to 20 seconds after the first
step, or a tenth of the run where that is shorter, and the forecast of that moment is held against
the time the rest really took. The goal: wrong by 15 % of the run at most, on nine runs of ten.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from machine import machine
from table import save, show

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
MOST = 45.0  # seconds of a run: it ends with the epoch in which they are over, as if asked to
MOMENT, SHARE = 20.0, 0.1  # seconds; share of the run where that is shorter
GOAL, OF_RUNS = 0.15, 0.9


class Asked(NamedTuple):
    """One run: what is trained, and for how many epochs (about a minute on two cores)."""

    dataset: str
    head: str
    epochs: int
    settings: dict[str, Any]


RUNS = (
    Asked("digits", "multiclass", 600, {}),
    Asked("digits", "binary", 500, {"backbone.units": 64}),
    Asked("digits", "regression", 300, {"training.batch_size": 8}),
    Asked("adding", "regression", 150, {}),
    Asked("adding", "binary", 60, {"dataset.length": 400}),
    Asked("adding", "multiclass", 60, {"backbone.layers": 2}),
    Asked("temporal_order", "multiclass", 120, {}),
    Asked("temporal_order", "binary", 30, {"backbone.units": 100}),
    Asked("reber", "binary", 300, {}),
    Asked("reber", "multiclass", 250, {"backbone.bidirectional": True}),
    Asked("reber", "regression", 40, {"backbone.units": 128, "training.batch_size": 16}),
    Asked("imdb", "binary", 10, {}),
    Asked("handwriting", "multiclass", 30, {}),
)


class Trace:
    """A watch that writes down when each step and each epoch ended."""

    def __init__(self) -> None:
        self.began, self.events = time.perf_counter(), []

    def say(self, text: str) -> None:
        print(text, file=sys.stderr)

    def step(self, epoch: int, done: int, steps: int, measures: Callable[[], Any]) -> None:
        self.events.append((time.perf_counter(), epoch, done, steps))

    def epoch(self, row: Any) -> None:
        from seqmodels.training.loop import Enough

        self.events.append((time.perf_counter(), int(row["epoch"]), 0, 0))
        if time.perf_counter() - self.began > MOST:
            raise Enough


def main() -> None:
    """Train each run, foretell it afterwards, and print and save how far off that was."""
    options = read_options()
    rows = []
    for number, asked in enumerate(RUNS, start=1):
        if options.only and asked.dataset not in options.only.split(","):
            continue
        print(f"{number}/{len(RUNS)} {asked.dataset} {asked.head}", file=sys.stderr, flush=True)
        rows.append(measured(asked, max(1, round(options.scale * asked.epochs)), options.data))
        show("The end, foretold", [row for row in rows if "skipped" not in row] or rows)
    found = [row for row in rows if "skipped" not in row]
    within = sum(abs(row["error"]) <= GOAL for row in found)
    reached = bool(found) and within >= OF_RUNS * len(found)
    print(f"{within} of {len(found)} within {GOAL:.0%}: goal {'reached' if reached else 'missed'}")
    if options.scale == 1 and not options.only:
        save(options.out / "forecast.json", {"machine": machine(), "rows": rows})


def measured(asked: Asked, epochs: int, data: Path | None) -> dict[str, Any]:
    """Train one run to its end, and foretell it from the beginning of what was written down."""
    from seqmodels.core.errors import InputError
    from seqmodels.nn import tracing
    from seqmodels.runs.work import Work
    from seqmodels.training import loop, pace
    from seqmodels.training.settings import resolve

    name = " ".join(f"{key.rpartition('.')[2]} {value}" for key, value in asked.settings.items())
    known = {"dataset": asked.dataset, "head": asked.head, "with": name or "-"}
    settings = {**asked.settings, "training.epochs": epochs, "training.patience": 0}
    given = data if asked.dataset in ("imdb", "handwriting") else None
    try:
        plan = resolve(asked.dataset, head=asked.head, settings=settings, data=given)
        work = Work(plan, plan.parts(), quiet=True)
    except InputError as error:
        return {**known, "skipped": str(error)}
    train, valid = work.encoded["train"], work.encoded["valid"]
    trace = Trace()
    with tempfile.TemporaryDirectory() as folder:
        loop.fit(
            work.model.network, work.model.head, train, valid, plan.training, seed=plan.seed,
            folder=Path(folder), watch=trace,
        )  # fmt: skip
    cost = pace.Work.of(
        train.sequences.lengths, valid.sequences.lengths, seed=plan.seed,
        batch_size=plan.training.batch_size, pass_steps=tracing.EVALUATE,
    )  # fmt: skip
    done = trace.events[-1][1]
    return {**known, "epochs": done, **foretold(trace, done, cost)}


def foretold(trace: Trace, epochs: int, work: Any) -> dict[str, float]:
    """Return the forecast of the stated moment beside what became of it, in seconds."""
    from seqmodels.training.pace import Pace

    now = [trace.began]
    pace = Pace(epochs, work, clock=lambda: now[0])
    first, end = trace.events[0][0], trace.events[-1][0]
    moment = min(MOMENT, SHARE * (end - first))
    for when, epoch, done, steps in trace.events:
        now[0] = when
        pace.step(epoch, done, steps) if done else pace.epoch()
        forecast = pace.forecast() if when - first >= moment else None
        if forecast is not None:
            break
    else:
        raise RuntimeError("the run ended before anything could be foretold")
    whole, said = end - first, now[0] - first + forecast.left
    return {
        "after s": round(now[0] - first, 1),
        "said s": round(said, 1),
        "took s": round(whole, 1),
        "error": round((said - whole) / whole, 4),
    }


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    parser.add_argument("--data", type=Path, help="folder of real data; else $SEQMODELS_DATA")
    parser.add_argument("--only", default="", help="datasets, with commas between")
    parser.add_argument("--scale", type=float, default=1.0, help="of the epochs, for a trial")
    return parser.parse_args()


if __name__ == "__main__":
    main()
