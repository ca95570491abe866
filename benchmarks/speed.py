"""How fast seqmodels trains and answers on a CPU, beside stock Keras, XLA, PyTorch, ONNX Runtime.

    python benchmarks/speed.py --data DATA
    python benchmarks/speed.py --only step --units 10,32 --contestants ours,keras,torch --rounds 3

Each contestant lives in a process of its own; in every round each of them takes its turn, in the
same order. Figures are medians over the rounds; a ratio is a contestant's median over ours. Wall
time means something only on a machine that does nothing else. Writes speed.json, docs/speed.md
and its figures; what is in speed.json is not measured again, unless --again.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import guard
from contestants import CONTESTANTS, missing
from machine import machine
from medians import lines
from rows import PARTS, Asked, rows_of
from speed_page import write_page
from table import kept, save, show
from turns import measured

ROOT = Path(__file__).parents[1]
MADE_UP = ("step", "growth")  # parts that need no published files
FILES = ("imdb/imdb.npz", "pendigits/pendigits.tra", "mnist_strokes/train.npz", "ett/ETTh1.csv")


def main() -> None:
    asked = arguments()
    if asked.guard:
        sys.exit(guard.guard())
    sizes = {name: getattr(asked, name) for name in ("units", "directions", "length", "batch")}
    sizes = {name: value for name, value in sizes.items() if value is not None}
    trial = asked.trial or sizes or asked.rounds or set(asked.contestants) != set(CONTESTANTS)
    for name in [one for one in asked.contestants if missing(one)]:
        print(f"Left out: {CONTESTANTS[name].title}, for want of {missing(name)}.", file=sys.stderr)
        asked.contestants.remove(name)
    with tempfile.TemporaryDirectory(prefix="speed-") as made:
        every = rows_of(list(PARTS), Asked(asked.data, Path(made), sizes, asked.trial))
        rows = [row for row in every if row.part in asked.only]
        if any(row.part not in MADE_UP for row in rows):
            refuse_missing(asked.data)
        results = asked.out or (Path(made) if trial else ROOT / "benchmarks" / "results")
        path = results / "speed.json"
        found = kept(path) or {**machine(), "rows": {}}
        if asked.again:
            for row in rows:
                found["rows"].pop(row.name, None)
            save(path, found)
        due = [row for row in rows if row.name not in found["rows"]]
        rounds = asked.rounds or (1 if asked.trial else None)
        for row, new in measured(due, asked.contestants, rounds):
            now = {**kept(path).get("rows", {}), row.name: new}  # another process may have added
            order = [one.name for one in every if one.name in now]
            found = {**machine(), "rows": {name: now[name] for name in [*order, *now]}}
            save(path, found)
            show(f"{row.part}: {row.says}", lines(new))
        docs = results if trial else ROOT / "docs"
        write_page(found, docs)
        print(f"Written: {path}, {docs / 'speed.md'}", file=sys.stderr)


def refuse_missing(data: Path) -> None:
    """End where published files are not in their place."""
    absent = [name for name in FILES if not (data / name).is_file()]
    if absent:
        sys.exit(f"{str(data)!r} lacks {', '.join(absent)}. Give their folder: --data FOLDER.")


def arguments() -> argparse.Namespace:
    told = "\n".join(f"  {part:9} {says}" for part, says in PARTS.items())
    parser = argparse.ArgumentParser(
        description=f"{__doc__}\nparts:\n{told}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(os.environ.get("SEQMODELS_DATA", ".")),
        help="folder of imdb/, pendigits/, mnist_strokes/ and ett/; default: $SEQMODELS_DATA",
    )
    parser.add_argument("--only", type=_names(PARTS), default=list(PARTS), metavar="PART,...")
    parser.add_argument("--out", type=Path, help="default: benchmarks/results; a trial: nowhere")
    parser.add_argument("--again", action="store_true", help="measure anew what is saved")
    parser.add_argument("--guard", action="store_true", help="as guard.py: CPU beside training")
    trials = parser.add_argument_group("trials, which are kept nowhere but in --out")
    trials.add_argument("--trial", action="store_true", help="a small fraction of everything")
    trials.add_argument("--rounds", type=int, help="instead of 5, or of 3 for long rows")
    trials.add_argument(
        "--contestants",
        type=_names(CONTESTANTS),
        default=list(CONTESTANTS),
        metavar="NAME,...",
        help=", ".join(CONTESTANTS),
    )
    trials.add_argument("--units", type=_numbers, help="of the part step, as 10,32")
    trials.add_argument("--directions", type=_numbers, help="of the part step: 1, 2 or 1,2")
    trials.add_argument("--length", type=int, help="steps of a row of the part step")
    trials.add_argument("--batch", type=int, help="rows of the part step")
    return parser.parse_args()


def _names(known: Iterable[str]) -> Callable[[str], list[str]]:
    def read(text: str) -> list[str]:
        names = text.split(",")
        unknown = [name for name in names if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(known)}")
        return names

    return read


def _numbers(text: str) -> list[int]:
    return [int(one) for one in text.split(",")]


if __name__ == "__main__":
    main()
