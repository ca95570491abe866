"""Train small runs of each dataset that needs no download, and write their scores to scores.json.

    python tests/golden/make_scores.py

`scores.json` was made by the code of commit 598d45e, the last one before the redesign. For each
run and score it holds the mean over seeds 0 to 5 and a tolerance: four times the standard
deviation over these seeds, and at least 0.02 of a share or 5 % of an error. Another instruction
set or another order of draws moves a score about as far as another seed does.
"""

import csv
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import seqmodels as sm

TARGET = Path(__file__).parent / "scores.json"
SEEDS = range(6)
WIDE, SHARE, ERROR = 4.0, 0.02, 0.05  # deviations; and at least so much of a share, of an error
ERRORS = {"mae", "rmse", "log_loss"}

SMALL = {"dataset.n": 1500, "dataset.length": 20}
RUNS: dict[str, tuple[str, str, dict[str, Any]]] = {  # dataset or table, head, settings
    "digits multiclass": ("digits", "multiclass", {"training.epochs": 5}),
    "digits binary": ("digits", "binary", {"training.epochs": 3}),
    "digits regression": ("digits", "regression", {"training.epochs": 8}),
    "reber regression": ("reber", "regression", {"dataset.n": 1500, "training.epochs": 15}),
    "adding regression": ("adding", "regression", {**SMALL, "training.epochs": 8}),
    "adding multiclass": ("adding", "multiclass", {**SMALL, "training.epochs": 8}),
    "temporal_order multiclass": ("temporal_order", "multiclass", {**SMALL, "training.epochs": 6}),
    "texts binary": ("texts.csv", "binary", {"training.epochs": 6}),
    "texts multiclass": ("texts.csv", "multiclass", {"training.epochs": 9}),
    "series regression": ("series.csv", "regression", {"training.epochs": 20}),
    "series multiclass": ("series.csv", "multiclass", {"training.epochs": 4}),
    "sequences multiclass": ("sequences.jsonl", "multiclass", {"training.epochs": 4}),
}
COLUMN = {"texts binary": "liked", "texts multiclass": "kind"}


def write_tables(folder: Path) -> None:
    """Write a table of texts, one of a series, and a file of labelled sequences."""
    rng = np.random.default_rng(7)
    kinds = {"food": "bread soup salt oven", "sea": "wave ship salt wind", "sky": "cloud wind star"}
    moods = {"yes": "fine great happy", "no": "dull awful sad"}
    common = ["the", "a", "of", "and", "in", "to", "it", "was", "is", "that", "by", "on"]
    with (folder / "texts.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["text", "kind", "liked"])
        for _ in range(600):
            kind, liked = rng.choice(list(kinds)), rng.choice(list(moods))
            words = [*rng.choice(common, 8), *rng.choice(kinds[kind].split(), 2)]
            words += [rng.choice(moods[liked].split())]
            table.writerow([" ".join(rng.permutation(words)), kind, liked])
    days = np.arange(900)
    level = 20 + 8 * np.sin(days / 14) + 3 * np.sin(days / 3) + rng.normal(0, 0.7, len(days))
    dates = np.datetime64("2019-01-01") + days
    rows = [f"{date},{value:.2f}" for date, value in zip(dates, level, strict=True)]
    (folder / "series.csv").write_text("\n".join(["date,load", *rows]) + "\n", encoding="utf-8")
    lines = []
    for _ in range(300):
        label, size = int(rng.integers(3)), int(rng.integers(8, 40))
        steps = np.sin(np.arange(size) / (2 + label) + rng.uniform(0, 6)) + rng.normal(0, 0.5, size)
        lines.append(json.dumps({"sequence": steps.round(2).tolist(), "label": f"c{label}"}))
    (folder / "sequences.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def scores(name: str, tables: Path, out: Path, seed: int = 0) -> dict[str, float]:
    """Train a run of `RUNS` and return the scores of its test part."""
    dataset, head, settings = RUNS[name]
    where = tables / dataset if "." in dataset else dataset
    run = sm.train(
        where, head=head, target=COLUMN.get(name), settings=settings, seed=seed, out=out,
        quiet=True, baselines=False,
    )  # fmt: skip
    return run.scores


def tolerance(name: str, values: np.ndarray) -> float:
    least = ERROR * abs(values.mean()) if name.split()[0] in ERRORS else SHARE
    return float(max(WIDE * values.std(ddof=1), least))


def write() -> None:
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        write_tables(Path(folder))
        for name in RUNS:
            each = [scores(name, Path(folder), Path(folder) / f"{name} {s}", s) for s in SEEDS]
            found[name] = {}
            for score in each[0]:
                values = np.array([one[score] for one in each])
                found[name][score] = {
                    "mean": round(float(values.mean()), 5),
                    "tolerance": round(tolerance(score, values), 5),
                }
    TARGET.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if TARGET.exists():
        raise SystemExit(f"{TARGET} exists; what the code of 598d45e scored is never made again.")
    write()
