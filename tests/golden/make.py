"""Write small saved models of the format of today, and what they answer, to tests/golden.

    python tests/golden/make.py

It makes the folder format-N of the number that `seqmodels.model.saved.FORMAT` is now. A folder that
is there is never made again: the old models are the proof that they still open.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import seqmodels as sm
from seqmodels.core import batches
from seqmodels.encoders import SeriesEncoder, SpeechEncoder, StrokeEncoder, TextEncoder
from seqmodels.model import saved

HERE = Path(__file__).parent
TEXTS = ["a good film", "bad, bad plot", "Good good acting, and nothing else", "ünknown words"]


def text_binary() -> tuple[sm.SequenceModel, list[Any]]:
    encoder = TextEncoder(words=12, length=4, keep="end").fit(TEXTS[:3])
    head = sm.Binary(positive="neg").fit(["pos", "neg", "pos"])
    sizes = sm.Backbone(units=3, layers=2, bidirectional=True, embed=4)
    return sm.SequenceModel(encoder, sizes, head), TEXTS


def text_multiclass() -> tuple[sm.SequenceModel, list[Any]]:
    encoder = TextEncoder().fit(TEXTS[:3])
    head = sm.Multiclass(bins=3).fit(np.arange(12) * 0.5)
    return sm.SequenceModel(encoder, sm.Backbone(units=2, embed=3, summary="max"), head), TEXTS


def series_regression() -> tuple[sm.SequenceModel, list[Any]]:
    windows = np.random.default_rng(1).gamma(2, 10, (5, 6, 2)).round(2).tolist()
    encoder = SeriesEncoder(scaling="log", length=5, continues=(1, 0)).fit(windows)
    head = sm.Regression(answer="median").fit(np.array([[1.0, 20], [2, 25], [4, 10]]))
    return sm.SequenceModel(encoder, sm.Backbone(units=4, skip=True, summary="last"), head), windows


def strokes_multiclass() -> tuple[sm.SequenceModel, list[Any]]:
    drawings = [[[0, 0, 0], [3, 1, 0], [5, 5, 1]], [[9, 9, 1]], [[1, 2, 0], [1, 8, 1]]]
    head = sm.Multiclass().fit([3, 1, 7, 1])
    sizes = sm.Backbone(units=3, embed=2, bidirectional=True, summary="mean", chrono_init=9)
    return sm.SequenceModel(StrokeEncoder(length=50).fit(drawings), sizes, head), drawings


def speech_binary() -> tuple[sm.SequenceModel, list[Any]]:
    sound = np.random.default_rng(2).normal(0, 0.1, (2, 60)).round(3).tolist()
    inputs = [[sound[0], 400], [sound[1][:35], 400]]
    encoder = SpeechEncoder(rate=400, bands=3, floor=-90).fit(inputs)
    return sm.SequenceModel(encoder, sm.Backbone(units=2), sm.Binary().fit(["no", "yes"])), inputs


MODELS: tuple[Callable[[], tuple[sm.SequenceModel, list[Any]]], ...] = (
    text_binary,
    text_multiclass,
    series_regression,
    strokes_multiclass,
    speech_binary,
)


def answers(made: sm.SequenceModel, inputs: list[Any]) -> dict[str, Any]:
    """Return the network's raw outputs [N, units], and what people get to see."""
    sequences = made.encoder.encode(inputs)
    x, lengths = batches.padded(sequences, np.arange(len(sequences)))
    outputs = made.network({"x": x, "lengths": lengths}, training=False)
    found = made.head.decode(np.asarray(outputs))
    return {
        "outputs": np.asarray(outputs).tolist(),
        "answers": found.answers.tolist(),
        "scores": None if found.scores is None else found.scores.tolist(),
        "columns": None if found.columns is None else list(found.columns),
    }


def write(folder: Path) -> None:
    """Write each model, its inputs and its answers to a folder of its own."""
    rng = np.random.default_rng(5)
    for make in MODELS:
        made, inputs = make()
        for weight in made.network.weights:  # where training could have led
            weight.assign(rng.normal(0, 1.5, weight.shape))
        place = folder / make.__name__
        made.save(place / "model")
        for name, value in (("inputs", inputs), ("answers", answers(made, inputs))):
            text = json.dumps(value, ensure_ascii=False) + "\n"
            (place / f"{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    target = HERE / f"format-{saved.FORMAT}"
    if target.exists():
        raise SystemExit(f"{target} is there; what was saved once is never made again.")
    write(target)
