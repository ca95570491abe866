"""The well-known TensorFlow LSTM tutorial in stock Keras, against `seqmodels --preset tutorial`.

    python benchmarks/tutorial.py --data imdb.npz --out benchmarks/results

Keras as people write it: `load_data`'s ids, padding on the left and no mask, `compile`, `fit`.
Both read the same file, take turns, and start in a process of their own for every seed.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from statistics import median
from typing import Any
from unittest import mock

import numpy as np
from table import Clock, kept, save, show

from seqmodels.core.machine import versions

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
WORDS, STEPS = 5000, 300
SIDES = ("stock Keras", "seqmodels")
SEEDS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, required=True, help="Keras's imdb.npz, or its folder")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--again", action="store_true", help="forget the fits that are saved")
    parser.add_argument("--one", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    path = asked.data / "imdb.npz" if asked.data.is_dir() else asked.data
    if asked.one:
        fit = stock if asked.one == "stock Keras" else ours
        print(json.dumps(fit(path, asked.seed, asked.epochs)))
        return
    target = asked.out / "tutorial.json"
    fits = [] if asked.again else kept(target).get("fits", [])
    for seed in range(asked.seeds):
        for side in SIDES:
            if not any(fit["side"] == side and fit["seed"] == seed for fit in fits):
                fits.append({"side": side, "seed": seed, **child(side, seed, path, asked.epochs)})
                save(target, result(fits))
    print(f"Saved in {target}.", file=sys.stderr)
    show(f"{STEPS} steps, {WORDS:,} words, {asked.epochs} epochs", fits)
    show("over seeds", result(fits)["summary"])


def child(side: str, seed: int, path: Path, epochs: int) -> dict[str, float]:
    """Return what one fit in a fresh process found."""
    command = [sys.executable, __file__, "--one", side, "--seed", str(seed)]
    command += ["--data", str(path), "--epochs", str(epochs)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    print(f"{side}, seed {seed}: {found}", file=sys.stderr)
    return found


def stock(path: Path, seed: int, epochs: int) -> dict[str, float]:
    """The tutorial as it is written."""
    import keras

    with Clock() as whole:
        keras.utils.set_random_seed(seed)
        (x_train, y_train), (x_test, y_test) = load_data(path)
        x_train = keras.utils.pad_sequences(x_train, maxlen=STEPS)
        x_test = keras.utils.pad_sequences(x_test, maxlen=STEPS)
        model: Any = keras.Sequential(
            [
                keras.layers.Embedding(WORDS, 15),
                keras.layers.LSTM(10),
                keras.layers.Dense(1, activation="sigmoid"),
            ]
        )
        model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
        with Clock() as training:
            model.fit(
                x_train, y_train, batch_size=128, epochs=epochs, validation_split=0.2, verbose=0
            )
        loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
    return measured(accuracy, loss, training, whole)


def ours(path: Path, seed: int, epochs: int, baselines: bool = True) -> dict[str, float]:
    """The preset; the whole includes predictions, figures and the report of its run."""
    import seqmodels as sm
    from seqmodels.training import loop as room

    training, fit = Clock(), room.fit

    def timed(*args: Any, **kwargs: Any) -> Any:
        with training:
            return fit(*args, **kwargs)

    with tempfile.TemporaryDirectory() as folder, mock.patch.object(room, "fit", timed):
        out = Path(folder) / "run"
        with Clock() as whole:
            run = sm.train(
                "imdb",
                preset="tutorial",
                data=path,
                epochs=epochs,
                seed=seed,
                out=out,
                quiet=True,
                baselines=baselines,
            )
    return measured(run.scores["accuracy"], run.scores["log_loss"], training, whole)


def measured(accuracy: float, loss: float, training: Clock, whole: Clock) -> dict[str, float]:
    return {
        "test accuracy": round(accuracy, 4),
        "test loss": round(loss, 4),
        "training CPU s": round(training.cpu, 1),
        "training s": round(training.wall, 1),
        "whole CPU s": round(whole.cpu, 1),
        "whole s": round(whole.wall, 1),
    }


def result(fits: list[dict[str, Any]]) -> dict[str, Any]:
    """Return all fits, their medians and ranges, and ratios of the medians."""
    names = [name for name in fits[0] if name not in ("side", "seed")]
    summary = []
    for name in names:
        columns = {s: [fit[name] for fit in fits if fit["side"] == s] for s in SIDES}
        row: dict[str, Any] = {"what": name}
        for side, values in columns.items():
            row[side] = round(median(values), 4) if values else None
            row[f"{side}, range"] = f"{min(values)} to {max(values)}" if values else "-"
        low, high = row[SIDES[0]], row[SIDES[1]]
        row["ratio"] = round(low / high, 3) if low and high else None
        summary.append(row)
    about = "medians; ratio: stock Keras over seqmodels; s: seconds; whole: reading to scores"
    return {
        "about": about,
        "cores": os.cpu_count(),
        "versions": versions(),
        "summary": summary,
        "fits": fits,
    }


def load_data(path: Path) -> tuple[tuple[list[list[int]], np.ndarray], ...]:
    """Return both parts as `keras.datasets.imdb.load_data(num_words=5000)` does.

    That function takes only the file of one checksum; this one reads any file of its form,
    with the restricted unpickler of the dataset 'imdb', and does to the ids what it does:
    the order of seed 113, a 1 at the start, 3 added to each id, 2 for all from 5,000 on.
    """
    from seqmodels.data.texts import keras_imdb as reader

    rng = np.random.RandomState(113)
    parts = []
    with zipfile.ZipFile(path) as archive:
        for part in ("train", "test"):
            values, lengths = reader.ids(path, archive, part)
            rows = [row.tolist() for row in np.split(values, np.cumsum(lengths)[:-1])]
            labels = reader.labels(path, archive, part)
            order = np.arange(len(rows))
            rng.shuffle(order)
            ids = [[1, *(i + 3 if i + 3 < WORDS else 2 for i in rows[row])] for row in order]
            parts.append((ids, np.array(labels)[order]))
    return tuple(parts)


if __name__ == "__main__":
    main()
