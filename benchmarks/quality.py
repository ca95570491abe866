"""Default settings held against published tables: several seeds, strong simple models beside.

    SEQMODELS_DATA=FOLDER python benchmarks/quality.py
    SEQMODELS_DATA=FOLDER python benchmarks/quality.py --only ucr imdb --seeds 3
    SEQMODELS_DATA=FOLDER python benchmarks/quality.py --ablate

Each row is trained with the settings that `seqmodels train` takes when nothing is asked for, or
with a preset that is named, once for each seed, each in a process of its own. The test part is
read once a seed. No run is left out. Writes results/quality.json after every run; runs that are
there stay as they are unless --again, and rivals always. Of it `results.py --page-only` makes the
page docs/results.md. With --ablate it trains with and without each default instead, on training
data alone: see ablations.py.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ablations import ablate
from quality_runs import beside, trained
from scores import STANDARDISED
from table import cell, kept, save, show

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROOT = Path(__file__).parents[1]
LONG = 3  # seeds of a row that takes many minutes
ABLATED = 3  # seeds of a training with or without a default
KARIM = "Karim et al. 2018"
FAWAZ = "Fawaz et al. 2020"
DEMPSTER = "Dempster et al. 2020"


class Anchor(NamedTuple):
    """A published figure: whose method, its score, and where it is found."""

    name: str
    score: float
    source: str


class Row(NamedTuple):
    """What is trained, and what it is held against.

    Attributes:
        name: Family and name, "ucr/GunPoint".
        dataset: A registered name, or a path below the folder of data.
        how: Arguments of `seqmodels.train`; "data" is below the folder of data.
        score: The one of the test part that is compared; None: the head's headline.
        each: Settings by name, of which each is trained; the scores are their means.
        anchors: Published figures.
        goal: The score to reach; None: none was set.
        rivals: Names in `rivals.RIVALS`, run on the same parts.
        drawn: The parts are drawn with the seed; else they are the published ones.
        seeds: Runs of it.
        beside: A row of the same parts, whose rivals stand beside this one, too.
    """

    name: str
    dataset: str
    how: Mapping[str, Any] = {}
    score: str | None = None
    anchors: Sequence[Anchor] = ()
    goal: float | None = None
    rivals: Sequence[str] = ()
    drawn: bool = False
    each: Mapping[str, Mapping[str, Any]] = {}
    seeds: int = 5
    beside: str = ""

    @property
    def family(self) -> str:
        return self.name.partition("/")[0]


def ucr(name: str, goal: float | None = None, *anchors: Anchor, dtw: bool = True) -> Row:
    """Return the row of one set of the UCR and UEA archives, its default split."""
    rivals = ["MiniRocket", *["DTW, nearest neighbour"] * dtw]
    return Row(f"ucr/{name}", f"ucr/{name}", anchors=anchors, goal=goal, rivals=rivals)


def forecast(preset: str, ahead: int, words: str) -> Row:
    """Return the row of a public table: the next step, or each step of so many."""
    name = f"forecasts/{preset}{words and f', {words}'}"
    settings: dict[str, Any] = {"dataset.horizon": ahead}
    if ahead > 1:  # parts of some series are too short for a window and its horizon
        settings["dataset.reach"] = "before"
    how = {"preset": preset, "data": "", "settings": settings}
    return Row(name, "series", how, rivals=["ridge regression"])


def stronger(row: Row) -> Row:
    """Return the row with the preset `best`, over its own where it has one."""
    preset = ",".join([*filter(None, [row.how.get("preset")]), "best"])
    how = {**row.how, "preset": preset}
    return row._replace(name=f"{row.name}, best", how=how, rivals=(), beside=row.name, seeds=LONG)


def spoken(test: str) -> Mapping[str, Any]:
    """Return how the spoken digits are read and which recordings are the test part."""
    return {"dataset.pattern": "{label}_{speaker}_{index}", "dataset.test_where": test}


TEXT_RIVAL = ["TF-IDF of pairs, logistic"]
INK_RIVAL, SOUND_RIVAL = "SVM of 16 points", "SVM of MFCC"
SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
REVIEWS = (
    Anchor("LSTM, one-hot, pooled", 0.9186, "Johnson and Zhang 2016"),
    Anchor("NB-SVM, pairs", 0.912, "Wang and Manning 2012"),
    Anchor("fastText, pairs", 0.906, "Joulin et al. 2017"),
)
UNLABELLED = (
    Anchor("LSTM, region embeddings", 0.9406, "Johnson and Zhang 2016"),
    Anchor("LSTM, pre-trained", 0.9276, "Dai and Le 2015"),
)
ROWS = [
    ucr("GunPoint", 1.0, Anchor("LSTM-FCN", 1.0, KARIM), Anchor("InceptionTime", 1.0, FAWAZ),
        Anchor("ROCKET", 1.0, DEMPSTER)),
    ucr("ECG200", 0.90, Anchor("LSTM-FCN", 0.90, KARIM), Anchor("InceptionTime", 0.93, FAWAZ),
        Anchor("ROCKET", 0.91, DEMPSTER)),
    ucr("ItalyPowerDemand", 0.962, Anchor("LSTM-FCN", 0.962, KARIM),
        Anchor("InceptionTime", 0.965, FAWAZ), Anchor("ROCKET", 0.970, DEMPSTER)),
    ucr("JapaneseVowels", 0.987, Anchor("LSTM-FCN", 0.987, KARIM)),
    ucr("BasicMotions", 1.0, Anchor("LSTM-FCN", 1.0, KARIM)),
    ucr("OSULeaf"),
    ucr("ArticularyWordRecognition"),
    ucr("Handwriting"),
    ucr("PLAID", dtw=False),
    Row("strokes/pendigits", "handwriting", {"data": "pendigits"}, goal=0.985,
        anchors=(Anchor("DTW-1NN", 0.977, "UEA archive"), Anchor("InceptionTime", 0.997, FAWAZ)),
        rivals=["DTW, nearest neighbour", INK_RIVAL]),
    Row("strokes/mnist-strokes", "handwriting",
        {"preset": "mnist-strokes", "data": "mnist_strokes"},
        goal=0.985, rivals=[INK_RIVAL], seeds=LONG),
    Row("speech/fsdd", "fsdd/recordings", {"settings": spoken("index in 0-4")}, goal=0.985,
        rivals=[SOUND_RIVAL]),
    Row("speech/fsdd, a new speaker", "fsdd/recordings", rivals=[SOUND_RIVAL], seeds=LONG,
        each={name: spoken(f"speaker in {name}") for name in SPEAKERS}),
    Row("imdb/default", "imdb", {"data": "imdb", "head": "binary"}, goal=0.885,
        anchors=REVIEWS, rivals=[*TEXT_RIVAL, "NB-SVM of pairs"], seeds=LONG),
    Row("imdb/best", "imdb", {"data": "imdb", "head": "binary", "preset": "best"}, goal=0.905,
        anchors=REVIEWS, seeds=LONG, beside="imdb/default"),
    Row("imdb/unlabelled", "imdb", {"data": "imdb", "head": "binary", "preset": "unlabelled"},
        goal=0.92, anchors=UNLABELLED, seeds=LONG, beside="imdb/default"),
    Row("texts/sms_spam", "sms_spam/SMSSpamCollection", score="f1", goal=0.95, drawn=True,
        anchors=(Anchor("naive Bayes", 0.95, "Almeida et al. 2011"),), rivals=TEXT_RIVAL),
    *(forecast(preset, ahead, words) for preset, ahead, words in (
        ("delhi-temperature", 7, "a week"), ("delhi-humidity", 7, "a week"),
        ("melbourne-temperature", 7, "a week"), ("beijing-pollution", 24, "24 hours"),
        ("sales", 6, "6 months")) for ahead, words in ((1, ""), (ahead, words))),
    Row("etth1/96, 192, 336 and 720 hours", "series", {"preset": "etth1", "data": ""}, STANDARDISED,
        (Anchor("DLinear", 0.423, "Zeng et al. 2023"), Anchor("PatchTST", 0.413, "Nie et al. 2023"),
         Anchor("SegRNN", 0.408, "Lin et al. 2023")), 0.420, ["NLinear, ridge"],
        each={str(ahead): {"dataset.horizon": ahead} for ahead in (96, 192, 336, 720)}, seeds=LONG),
    Row("texts/products", "products/pricerunner_aggregate.csv", {"target": "6"},
        score="accuracy", drawn=True, rivals=TEXT_RIVAL),
]  # fmt: skip
BEST = (
    "ucr/GunPoint", "ucr/ECG200", "ucr/ItalyPowerDemand", "ucr/JapaneseVowels",
    "strokes/pendigits", "strokes/mnist-strokes", "speech/fsdd", "speech/fsdd, a new speaker",
    "texts/sms_spam", "texts/products", "forecasts/delhi-temperature", "forecasts/sales, 6 months",
)  # fmt: skip
ROWS = [one for row in ROWS for one in [row, *[stronger(row)] * (row.name in BEST)]]
BEHIND = {  # what the errors of rows that fall short have in common
    "ucr/GunPoint": "One recording of the 150, number 94 of the test file counted from 0, is "
    "answered wrongly by three seeds of five, with probabilities of 0.21 to 0.30 for its class; "
    "all others are right, on every seed.",
    "strokes/mnist-strokes": "Seven of 10,000 drawings are missing. Three networks together, "
    "`best`, are beyond the goal.",
    "imdb/unlabelled": "On reviews held out of training, networks of 32, 64 and 96 units shared "
    "92 to 94 % of their errors; of 441 errors 272 were made by every network that was tried, and "
    "115 with a probability beyond 0.9: not the size of the network is the limit. The figures "
    "beyond the goal come from an LSTM that was itself trained to foretell unlabelled reviews; "
    "here only word vectors are made of them. Labels by a first training, "
    "`training.pseudo_label_threshold=0.9`, gave 0.9183 (0.9178 to 0.9188, three seeds) in 9.8 CPU "
    "minutes; they are off because on "
    "reviews held out of training they were 0.003 worse, on three seeds of four.",
    "forecasts/melbourne-temperature, a week": "It beats the last values and a ridge regression on "
    "the same 30 days, 2.037 against 2.047, and not one on a few statistics of them.",
    "forecasts/sales, 6 months": "On seed 0, 63 % of the windows are foretold better than by the "
    "ridge regression, whose median error is 30 where this has 28. It loses in the fifth of the "
    "series that sells most, 1,007 against 942: learning logarithms makes a per cent of every "
    "series count alike, and the mean error is of units.",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, help="instead of $SEQMODELS_DATA")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results")
    parser.add_argument("--only", nargs="+", default=[""], metavar="NAME")
    parser.add_argument("--seeds", type=int, help=f"runs of each row; else 5, of long ones {LONG}")
    parser.add_argument("--ablate", action="store_true", help="what each default is worth")
    parser.add_argument(
        "--again", action="store_true", help="make runs anew that are there; rivals stay"
    )
    parser.add_argument("--one", nargs=2, metavar=("NAME", "SEED"), help=argparse.SUPPRESS)
    parser.add_argument("--rivals", metavar="NAME", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    data = asked.data or Path(os.environ.get("SEQMODELS_DATA", "."))
    os.environ["SEQMODELS_DATA"] = str(data)
    rows = {row.name: row for row in ROWS}
    if asked.one:
        print(json.dumps(trained(rows[asked.one[0]], int(asked.one[1]), data)))
        return
    if asked.rivals:
        print(json.dumps(beside(rows[asked.rivals], data)))
        return
    chosen = [row for row in ROWS if row.name.startswith(tuple(asked.only))]
    if not chosen:
        sys.exit(f"No row starts with {asked.only}. Rows: {', '.join(rows)}.")
    if asked.ablate:
        ablate(chosen, asked.seeds or ABLATED, data, asked.out)
        return
    path = asked.out / "quality.json"
    for row in chosen:
        there = kept(path)
        begun = dict(there.get(row.name, {}))
        if asked.again:
            begun["runs"] = []
        if row.beside:
            begun["rivals"] = there.get(row.beside, {}).get("rivals", {})
        for new in measured(row, asked.seeds or row.seeds, data, begun):
            found = {**kept(path), row.name: new}
            save(path, {name: found[name] for name in rows if name in found})
            show(row.name, [brief(new)])
    print(f"Written: {path}. The page: python benchmarks/results.py --page-only", file=sys.stderr)


def measured(
    row: Row, seeds: int, data: Path, begun: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Yield what came of a row, whenever there is more of it: a seed's run, or the rivals.

    Args:
        row: What is trained.
        seeds: Runs of it.
        data: The folder of data.
        begun: What came of it before; what is there is not run again.
    """
    found = {
        "row": row.name,
        "preset": row.how.get("preset"),
        "goal": row.goal,
        "anchors": [anchor._asdict() for anchor in row.anchors],
        "runs": list(begun.get("runs", [])),
        "rivals": begun.get("rivals", {}),
    }
    for seed in range(len(found["runs"]), seeds):
        found["runs"].append(_apart("--one", row.name, str(seed), data=data))
        yield found
    if set(row.rivals) - set(found["rivals"]):
        found["rivals"] = _apart("--rivals", row.name, data=data)
        yield found


def brief(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of the table: the median over seeds and its range, beside the others."""
    runs = found["runs"]
    values = [one["model"] for one in runs]
    up = runs[0]["higher is better"]
    middle = statistics.median(values)
    (trivial,) = (f"{cell(value)} ({name})" for name, value in runs[0]["trivial"].items())
    simple = {
        name: statistics.median(one["simple"][name] for one in runs) for name in runs[0]["simple"]
    }
    simple |= {name: one["model"] for name, one in found["rivals"].items()}
    best = (max if up else min)(simple, key=lambda name: simple[name], default=None)
    goal = found["goal"]
    reached = goal is not None and (middle >= goal if up else middle <= goal)
    return {
        "data": found["row"],
        "score": f"{runs[0]['score']} {'↑' if up else '↓'}",
        "LSTM": middle,
        "over seeds": f"{cell(min(values))} to {cell(max(values))} ({len(values)})",
        "trivial": trivial,
        "best simple model": "-" if best is None else f"{cell(simple[best])} ({best})",
        "published": ", ".join(f"{one['name']} {one['score']}" for one in found["anchors"]) or "-",
        "goal": "-" if goal is None else f"{goal} {'reached' if reached else 'missed'}",
        "CPU min": statistics.median(one["CPU minutes"] for one in runs),
        "peak MB": max(one["peak MB"] for one in runs),
    }


def _apart(*words: str, data: Path) -> dict[str, Any]:
    """Run a part of this file in a process of its own, so that its memory is its own."""
    print(" ".join(words), "...", file=sys.stderr)
    command = [sys.executable, __file__, "--data", str(data), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(words)} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
