"""Files of sequences as people have them, written for the tests."""

import csv
from pathlib import Path

import numpy as np

import seqmodels as sm
from seqmodels.data.sequences.dataset import sequences
from seqmodels.encoders import SeriesEncoder

HEADER = """\
# Two gestures.
@problemName Gestures
@timeStamps false
@missing false
@univariate false
@dimensions 2
@equalLength false
@classLabel true up down
@data
"""
ROWS = [
    "1,2,3:4,5,6:up",
    "1.5,-2,3e1,4:0,0,0,1:down",
    "7,8:9,10:up",
    "0,1,0:1,0,1:down",
    "2,2,2:3,3,3:up",
]
REGRESSION = """\
@problemname Heat
@timestamps true
@missing false
@univariate false
@dimension 2
@equallength true
@serieslength 2
@targetlabel true
@data  \x20
""" + "".join(
    f"(2004-08-1{i} 18:00:00,{a}),(2004-08-1{i} 19:00:00,{b}):"
    f"(2004-08-1{i} 18:00:00,{c}),(2004-08-1{i} 19:00:00,{d}):{y}\n"
    for i, (a, b, c, d, y) in enumerate(
        [(1.0, 2.0, 3, 4, 3.25), (5.0, 6.0, 7, 8, "-1e-2"), (5.5, 6.5, 7, 8, 7)]
    )
)


def ts(path: Path, rows=None, header=HEADER, name="gestures.ts") -> Path:
    text = header + "\n".join(ROWS if rows is None else rows) + "\n"
    (path / name).write_text(text, encoding="utf-8")
    return path / name


def together(data: sm.Dataset) -> dict[bytes, object]:
    """Return the label of each sequence of both parts, by its numbers."""
    return {
        np.asarray(values).tobytes(): label
        for part in (data.train, data.test)
        for values, label in zip(part.inputs, next(iter(part.targets.values())), strict=True)
    }


def labelled(data: sm.Dataset, steps: list) -> object:
    return together(data)[np.array(steps, dtype=float).reshape(len(steps), -1).tobytes()]


def names(data: sm.Dataset) -> tuple[str, ...] | None:
    assert isinstance(data.encoder, SeriesEncoder)
    return data.encoder.columns


def drawn(path: Path, **options) -> sm.Dataset:
    return sequences(path, **{"test": 0.3, **options})


def write_ucr(path: Path, mark: str, *, last: bool = False, ragged: bool = False) -> Path:
    rng = np.random.default_rng(0)
    lines = []
    for i in range(20):
        values = [f"{v:.4e}" for v in rng.normal(size=6)]
        if ragged and i % 2:
            values[4:] = ["NaN", "NaN"]
        label = f"{i % 3 - 1:.7e}" if mark == "  " else str(i % 3 - 1)
        lines.append(mark.join([*values, label] if last else [label, *values]))
    path.write_text("\n".join(lines) + "\n")
    return path


def write_steps(path: Path, rows: list, header: str = "time,x,y") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n")


def write_labels(folder: Path, rows: list, name: str = "labels.csv") -> None:
    with (folder / name).open("w", newline="") as file:
        csv.writer(file).writerows(rows)
