"""Every built-in dataset under every head, on real files, beside the best baseline.

    SEQMODELS_DATA=FOLDER python benchmarks/results.py
    SEQMODELS_DATA=FOLDER python benchmarks/results.py --only imdb series-sales/binary --again

Default settings and seed 0 throughout. Writes results.json and the page docs/results.md; rows
that are in results.json stay as they are unless --again.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import quality
from table import Clock, cell, kept, markdown, save, show

from seqmodels.core.machine import versions

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROOT = Path(__file__).parents[1]
PAGE = """# Results

## Beside published tables

Test scores of `seqmodels train` with default settings, and in rows called "best" with
[`--preset best`](training.md#a-stronger-preset): the median over seeds, and the range. No run is
left out. Settings were chosen without the test part: on validation parts, or on held-out shares of
small training parts. Beside these scores stand the constant baseline, the best of the simple models
on the same parts, and published figures with their own choices of settings. Made by
`python benchmarks/quality.py`; `benchmarks/rivals.py` describes the simple models.

{quality}

{behind}

| published | source |
| --- | --- |
{sources}

## Every dataset under every head

Built-in datasets under every head, with their default settings, seed {seed}, on the published
files. {beats} of {all} rows beat the best baseline.

Scores are those of the test part. Beside each stands the best baseline: a constant answer (the
majority class or the mean of the training part), for series also the last value and the value one
season ago, or a simple model that each run fits beside the network. Settings were chosen by the
scores of validation parts. The page of each dataset describes its parts.

Each row is one run with one seed. On a test part of a few hundred examples, differences of two or
three hundredths of accuracy, or of a few hundredths of the error, may be chance: read "beats" there
as "is at least as good as".

Made by `python benchmarks/results.py` with {versions}.
All other scores are in `benchmarks/results/results.json`.

### Real data, three heads each

{real}

### Nothing to download

{offline}

## The tutorial, beside stock Keras

The well-known TensorFlow LSTM tutorial on film reviews as people write it, against
`--preset tutorial`, on the same file: medians and ranges over seeds. Seconds are CPU seconds of
fitting. Made by `python benchmarks/tutorial.py`.

{tutorial}

## The paper of 1997

The criteria of Hochreiter and Schmidhuber (1997), and the number of training sequences after which
they were met. `benchmarks/paper.py` made the table, and states what counts as correct and what
differs from the paper.

{paper}
"""
SHOWN = ("test accuracy", "test loss", "training CPU s")


class Row(NamedTuple):
    """What to train: the command `seqmodels train DATASET --preset PRESET --head HEAD`."""

    name: str
    dataset: str
    preset: str | None = None

    @property
    def head(self) -> str:
        return self.name.partition("/")[2]


REAL = [
    *(Row(f"{name}/{head}", name) for name in ("imdb", "handwriting") for head in
      ("binary", "multiclass", "regression")),
    Row("series-delhi/binary", "series", "delhi-direction"),
    Row("series-delhi/multiclass", "series", "delhi-temperature"),
    Row("series-delhi/regression", "series", "delhi-temperature"),
    *(Row(f"series-melbourne/{head}", "series", "melbourne-temperature") for head in
      ("binary", "multiclass", "regression")),
    Row("series-sales/binary", "series", "sales-direction"),
    Row("series-sales/multiclass", "series", "sales-quartile"),
    Row("series-sales/regression", "series", "sales"),
]  # fmt: skip
OFFLINE = [
    Row("digits/multiclass", "digits"),
    Row("adding/regression", "adding"),
    Row("temporal_order/multiclass", "temporal_order"),
    Row("reber/binary", "reber"),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, help="instead of $SEQMODELS_DATA")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "results.md")
    parser.add_argument(
        "--only", nargs="+", default=[""], metavar="NAME", help="rows that start so"
    )
    parser.add_argument("--page-only", action="store_true", help="of what there is already")
    parser.add_argument("--again", action="store_true", help="make rows anew that are there")
    parser.add_argument("--limit", type=int, help="examples of each part: a trial, kept nowhere")
    parser.add_argument("--epochs", type=int, help="also only for a trial")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    if asked.data:
        os.environ["SEQMODELS_DATA"] = str(asked.data)
    if asked.limit or asked.epochs or asked.seed:
        folder = Path(tempfile.mkdtemp(prefix="results-"))
        asked.out, asked.page = folder, folder / "results.md"
    path = asked.out / "results.json"
    every = [*REAL, *OFFLINE]
    chosen = [row for row in every if row.name.startswith(tuple(asked.only))]
    if not chosen:
        sys.exit(f"No row starts with {asked.only}. Rows: {', '.join(row.name for row in every)}.")
    found: dict[str, Any] = kept(path)
    for row in [] if asked.page_only else chosen:
        if asked.again or row.name not in found:
            new = scored(row, asked.seed, asked.limit, asked.epochs)
            found = {**kept(path), row.name: new}  # another process may have added to it
            save(path, {one.name: found[one.name] for one in every if one.name in found})
    asked.page.parent.mkdir(parents=True, exist_ok=True)
    asked.page.write_text(page(found, asked.seed, asked.out), encoding="utf-8")
    show("test part", [brief(found[row.name]) for row in every if row.name in found])
    print(f"Written: {path}, {asked.page}", file=sys.stderr)


def scored(row: Row, seed: int, limit: int | None, epochs: int | None) -> dict[str, Any]:
    """Train one row, and return what is told of it."""
    import seqmodels as sm
    from seqmodels.evaluation.scores import Evaluation

    print(f"{row.name} ...", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder, Clock() as clock:
        run = sm.train(
            row.dataset,
            head=row.head,
            preset=row.preset,
            epochs=epochs,
            limit=limit,
            seed=seed,
            out=Path(folder) / "run",
        )
    head = run.model.head
    evaluation = Evaluation(run.scores, run.baselines)
    best = evaluation.best_baseline(head)
    return {
        "row": row.name,
        "preset": row.preset,
        "predicts": run.record["says"],
        "score": head.headline,
        "higher is better": head.higher_is_better,
        "model": run.scores[head.headline],
        "best baseline": best,
        "baseline": run.baselines[best][head.headline],
        "beats it": evaluation.beats_baselines(head),
        "examples": run.record["examples"],
        "epochs": len(run.history),
        "CPU minutes": round(clock.cpu / 60, 2),
        "scores": run.scores,
        "baselines": run.baselines,
        "seed": seed,
        "versions": versions(),
    }


def brief(found: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of the page's tables."""
    name, _, head = found["row"].partition("/")
    better = "beats" if found["beats it"] else "does not beat"
    return {
        "dataset": name.replace("series-", "series, ") + preset_of(found),
        "head": f"{head}: {found['predicts']}",
        "score": f"{found['score']} {'↑' if found['higher is better'] else '↓'}",
        "LSTM": found["model"],
        "": better,
        "best baseline": f"{cell(found['baseline'])} ({found['best baseline']})",
        "test": found["examples"]["test"],
        "CPU min": found["CPU minutes"],
    }


def preset_of(found: dict[str, Any]) -> str:
    """Return how a row was asked for, where the dataset's name does not say it."""
    return f" (`{found['preset']}`)" if found["preset"] else ""


def page(found: dict[str, Any], seed: int, folder: Path) -> str:
    """Return the page of the documentation, with what the other benchmarks left in `folder`."""
    tutorial = kept(folder / "tutorial.json").get("summary", [])
    paper = kept(folder / "paper.json").get("fits", [])
    used = {tuple(one["versions"].items()) for one in found.values()}
    told = "; ".join(", ".join(f"{name} {number}" for name, number in one) for one in sorted(used))
    published = kept(folder / "quality.json").values()
    sources = {(one["name"], one["source"]) for row in published for one in row["anchors"]}
    return PAGE.format(
        quality=markdown([quality.brief(row) for row in published]),
        behind="\n".join(f"- `{name}`: {says}" for name, says in quality.BEHIND.items()),
        sources="\n".join(f"| {name} | {source} |" for name, source in sorted(sources)),
        seed=seed,
        beats=sum(one["beats it"] for one in found.values()),
        all=len(found),
        versions=told,
        real=markdown([brief(found[row.name]) for row in REAL if row.name in found]),
        offline=markdown([brief(found[row.name]) for row in OFFLINE if row.name in found]),
        tutorial=markdown([row for row in tutorial if row["what"] in SHOWN]),
        paper=markdown(paper),
    )


if __name__ == "__main__":
    main()
