"""How fast seqmodels trains and answers on a CPU, beside stock Keras, XLA, PyTorch, ONNX Runtime.

    python benchmarks/speed.py --data DATA
    python benchmarks/speed.py --only step --units 10,32 --contestants ours,keras,torch --rounds 3

Each contestant lives in a process of its own; in every round each of them takes its turn, in the
same order. Figures are medians over the rounds; a ratio is a contestant's median over ours.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from contestants import CONTESTANTS, missing
from rows import PARTS, Row, rows_of
from table import kept, save, show, versions
from worker import Worker

ROOT = Path(__file__).parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", type=Path, help="folder of imdb/, pendigits/, mnist_strokes/, ett/"
    )
    parser.add_argument("--only", type=listed, default=list(PARTS), help=", ".join(PARTS))
    parser.add_argument("--contestants", type=listed, default=list(CONTESTANTS))
    parser.add_argument("--rounds", type=int, help="instead of those of each part")
    parser.add_argument("--units", type=numbers, help="of the part step: a trial")
    parser.add_argument("--directions", type=numbers, help="of the part step, 1 or 2: a trial")
    parser.add_argument("--length", type=int, help="steps of the part step: a trial")
    parser.add_argument("--batch", type=int, help="rows of the part step: a trial")
    parser.add_argument("--out", type=Path, help="default: benchmarks/results; a trial: nowhere")
    parser.add_argument("--again", action="store_true", help="measure anew what is saved")
    asked = parser.parse_args()
    trial = {name: getattr(asked, name) for name in ("units", "directions", "length", "batch")}
    trial = {name: value for name, value in trial.items() if value is not None}
    whole = not trial and asked.contestants == list(CONTESTANTS)
    folder = asked.out or (ROOT / "benchmarks" / "results" if whole else Path(tempfile.mkdtemp()))
    for name in [one for one in asked.contestants if missing(one)]:
        print(f"Left out: {CONTESTANTS[name].title}, for want of {missing(name)}.", file=sys.stderr)
        asked.contestants.remove(name)
    path = folder / "speed.json"
    rows = rows_of(asked.only, trial)
    found: dict[str, Any] = {} if asked.again else kept(path).get("rows", {})
    for row, new in measured(rows, found, asked.contestants, asked.rounds):
        found = {**kept(path).get("rows", {}), row.name: new}
        save(path, {"versions": versions(), "rows": found})
        show(row.name, told(new))


def listed(text: str) -> list[str]:
    return text.split(",")


def numbers(text: str) -> list[int]:
    return [int(one) for one in text.split(",")]


def measured(
    rows: list[Row], found: dict[str, Any], contestants: list[str], rounds: int | None
) -> Iterator[tuple[Row, dict[str, Any]]]:
    """Yield each row that is not found yet, measured; workers live as long as their part."""
    for part in dict.fromkeys(row.part for row in rows):
        due = [row for row in rows if row.part == part and row.name not in found]
        with ExitStack() as stack:
            workers: dict[str, Worker] = {}
            for row in due:
                names = [name for name in row.contestants if name in contestants]
                for name in names:
                    if name not in workers:
                        workers[name] = stack.enter_context(Worker(name))
                yield row, turns(row, {name: workers[name] for name in names}, rounds or row.rounds)


def turns(row: Row, workers: dict[str, Worker], rounds: int) -> dict[str, Any]:
    """Measure one row: in each round each contestant once, in the same order."""
    found: dict[str, Any] = {}
    for name, worker in workers.items():
        print(f"{row.name}: {name} ...", file=sys.stderr)
        found[name] = {**worker.prepare(row.job), "measures": []}
    for _ in range(rounds):
        for name, worker in workers.items():
            found[name]["measures"].append(worker.measure())
    return {"part": row.part, "job": row.job, "found": found}


def told(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a line for each contestant: medians, and ratios to ours."""
    lines = []
    medians = {
        name: {key: median(one[key] for one in entry["measures"]) for key in ("wall_s", "cpu_s")}
        for name, entry in row["found"].items()
    }
    for name, one in medians.items():
        line = {"who": CONTESTANTS[name].title}
        line |= {"wall ms": 1e3 * one["wall_s"], "CPU ms": 1e3 * one["cpu_s"]}
        if "ours" in medians:
            line["x ours, wall"] = one["wall_s"] / medians["ours"]["wall_s"]
            line["x ours, CPU"] = one["cpu_s"] / medians["ours"]["cpu_s"]
        lines.append(line)
    return lines


if __name__ == "__main__":
    main()
