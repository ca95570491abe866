"""Training from disk: the same to the bit, within bounds of memory."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from large_written import HOURS, reviews, table, written

import seqmodels as sm


def trained(path: Path, out: Path, **options: Any) -> tuple[sm.Run, dict[str, Any]]:
    run = sm.train(path, out=out, epochs=1, quiet=True, **options)
    return run, json.loads((out / "run.json").read_text())


@pytest.mark.parametrize("kind", ["texts", "series"])
def test_a_run_from_disk_is_the_same_to_the_bit(tmp_path, on_disk, kind):
    if kind == "series":
        path, options = written(tmp_path, table(HOURS)), {"target": "x1"}
    else:
        rows = reviews(400)
        labels = ["long" if len(text.split()) > 20 else "short" for text in rows]
        path = written(tmp_path, pd.DataFrame({"review": rows, "label": labels}))
        options = {"allow_leak": "made up", "settings": {"backbone.units": 4}}
    here, record = trained(path, tmp_path / "here", **options)
    on_disk()
    there, again = trained(path, tmp_path / "there", **options)
    assert again["fingerprint"] == record["fingerprint"]
    assert there.scores == here.scores
    answers = [(tmp_path / name / "predictions.csv").read_text() for name in ("here", "there")]
    assert answers[0] == answers[1]


CHILD = """
import json, sys, threading, time
import tensorflow, keras
import seqmodels as sm

def held():
    with open("/proc/self/status") as file:
        status = dict(line.split(":", 1) for line in file)
    return int(status["RssAnon"].split()[0]) * 1024

idle = most = held()

def watch():
    global most
    while True:
        most = max(most, held())
        time.sleep(0.02)

threading.Thread(target=watch, daemon=True).start()
options = json.loads(sys.argv[3])
run = sm.train(sys.argv[1], out=sys.argv[2], epochs=1, quiet=True, **options)
print(json.dumps({"above idle": most - idle, "scores": run.scores}))
"""
GIGA = 10**9


def held(path: Path, out: Path, **options: Any) -> dict[str, Any]:
    """Train in a process of its own; return its peak of anonymous memory beside TensorFlow, bytes.

    Pages of mapped files are left out: the system takes them back when memory is short.
    """
    command = [sys.executable, "-c", CHILD, str(path), str(out), json.dumps(options)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def room(folder: Path) -> None:
    """Skip where the disk has no room for the table and what is read of it, twice at once."""
    free = shutil.disk_usage(folder).free
    if free < 12 * GIGA:
        pytest.skip(f"needs 12 GB of disk below {folder}, {free / GIGA:.1f} are free")


@pytest.mark.slow
def test_two_gigabytes_of_reviews_train_in_less_than_one_of_memory(tmp_path):
    room(tmp_path)
    path, rng = tmp_path / "reviews.csv", np.random.default_rng(0)
    words = np.array([f"w{n:x}" for n in range(60_000)])
    number = 0
    with path.open("w") as file:
        file.write("review,label\n")
        while file.tell() < 2 * GIGA:
            for row in words[np.minimum(rng.zipf(1.2, (2000, 200)), len(words)) - 1]:
                number += 1
                mood = ("awful", "lovely")[number % 2] if rng.random() < 0.9 else "fair"
                label = ("negative", "positive")[number % 2]
                file.write(f'"{" ".join(row)}, {mood} {number}",{label}\n')
    settings = {"backbone.units": 4, "backbone.embed": 4, "training.batch_size": 512}
    found = held(path, tmp_path / "run", settings={**settings, "dataset.length": 50})
    path.unlink()
    assert found["above idle"] < GIGA
    assert found["scores"]["accuracy"] > 0.9


@pytest.mark.slow
def test_two_gigabytes_of_a_series_train_in_less_than_one_of_memory(tmp_path):
    room(tmp_path)
    path, rng = tmp_path / "series.csv", np.random.default_rng(0)
    rows = 0
    with path.open("w") as file:
        file.write("date,x0,x1,x2,x3,x4,x5,x6\n")
        while file.tell() < 2 * GIGA:
            times = pd.date_range("1970-01-01", periods=100_000, freq="min") + pd.Timedelta(
                minutes=rows
            )
            walk = rng.normal(size=(len(times), 7)).cumsum(axis=0)
            frame = pd.DataFrame(walk, index=times)
            frame.to_csv(file, header=False, float_format="%.4f")
            rows += len(times)
    settings: dict[str, Any] = {"backbone.units": 4, "training.batch_size": 512}
    settings["dataset.step"] = 20
    settings["dataset.inputs"] = [f"x{i}" for i in range(7)]
    found = held(path, tmp_path / "run", target="x0", settings=settings)
    path.unlink()
    assert found["above idle"] < GIGA
