"""A format of ink or of sequences from outside the package: a few lines, and it is read."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import seqmodels as sm
from seqmodels.data.reading import recognised
from seqmodels.data.sequences.cases import Case, Cases, Format, Source
from seqmodels.data.sequences.formats import FORMATS as SEQUENCES
from seqmodels.data.sequences.inputs import inputs as new_sequences
from seqmodels.data.strokes.dataset import inputs as new_drawings
from seqmodels.data.strokes.ink import FORMATS as INK
from seqmodels.data.strokes.ink import Choice, Drawing, Files
from seqmodels.data.strokes.ink import Format as InkFormat


def turtle(files: Files, names: list[str], choice: Choice) -> Iterator[Drawing]:
    """A line of letters a drawing, behind its label: each letter is one step of the pen."""
    ways = {"N": (0, 1), "S": (0, -1), "E": (1, 0), "W": (-1, 0)}
    for name in names:
        for line in files.text(name).splitlines()[1:]:
            label, letters = line.split()
            points = np.zeros((len(letters), 3), np.float32)
            points[:, :2] = np.cumsum([ways[one] for one in letters], axis=0)
            points[-1, 2] = 1
            yield Drawing(points, files.where(name), {"shape": label})


def test_a_format_of_ink_from_outside_is_recognised_read_and_read_without_labels(
    tmp_path, monkeypatch
):
    form = InkFormat(
        "turtle letters", ("shape",), lambda files, name, head: head[:7] == b"#turtle", turtle
    )
    monkeypatch.setitem(INK, "turtle", form)
    path = tmp_path / "shapes.turtle"
    path.write_text("#turtle\n" + "line EEE\nsquare NESW\n" * 10)
    name, found = recognised(path, {})
    assert (name, found.arguments, found.head) == ("strokes", {"format": "turtle"}, "binary")
    data = sm.read(path)
    assert set(data.train.targets["shape"]) == {"line", "square"}
    assert len(data.train) + len(data.test) == 20
    points = new_drawings(path, format="turtle")
    assert points is not None
    assert points[0].tolist() == [[1, 0, 0], [2, 0, 0], [3, 0, 1]]


def read_runs(path: Path) -> Cases:
    """A line a sequence: `label|3x1 2x5` is 1 three times, then 5 twice."""
    rows = []
    for number, line in enumerate(path.read_text().splitlines()[1:], start=2):
        label, runs = line.split("|")
        pairs = [one.split("x") for one in runs.split()]
        values = np.concatenate([np.full(int(count), float(value)) for count, value in pairs])
        rows.append(Case(f"{path.name}, line {number}", values[:, None], label))
    return Cases(rows, "kind")


def known(path: Path) -> bool:
    return path.read_bytes().startswith(b"#runs")


def find(paths: Mapping[str, Path], given: Mapping[str, Any]) -> Source | None:
    if not known(next(iter(paths.values()))):
        return None
    return Source(paths, read_runs, lambda: "binary", {})


@pytest.fixture
def runs(monkeypatch) -> None:
    form = Format(find, lambda path, arguments: read_runs(path) if known(path) else None, known)
    monkeypatch.setitem(SEQUENCES, "runs", form)


@pytest.mark.usefixtures("runs")
def test_a_format_of_sequences_from_outside_is_recognised_read_and_read_without_labels(tmp_path):
    text = "#runs\n" + "up|2x1 3x5\ndown|2x5 1x0\n" * 10
    for part in ("TRAIN", "TEST"):
        (tmp_path / f"steps_{part}.runs").write_text(text)
    path = tmp_path / "steps_TRAIN.runs"
    assert recognised(path, {})[0] == "sequences"
    data = sm.read(path)
    assert set(data.train.targets["kind"]) == {"up", "down"}
    assert (len(data.train), len(data.test)) == (20, 20)
    assert recognised(tmp_path, {})[0] == "sequences"
    values = new_sequences(path)
    assert values is not None
    assert values[0].tolist() == [[1], [1], [5], [5], [5]]
