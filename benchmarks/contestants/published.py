"""Reads the published files, once, into what all contestants work on."""

import json
from pathlib import Path

import numpy as np

from contestants.material import Reviews, Steps

WINDOW = 96
ETT_TRAINING = 8640  # rows of ETTh1 that are for training, by its standard split
TARGET = 6  # the column OT, the oil's temperature


def reviews(path: str, folder: str, limit: int | None) -> None:
    """Train the tutorial model for one epoch, and leave it, the test reviews and its answers."""
    import seqmodels as sm
    from seqmodels.data.texts.imdb import imdb

    place = Path(folder)
    run = sm.train(
        "imdb", preset="tutorial", data=path, epochs=1, limit=limit, out=place / "run", quiet=True
    )
    texts = list(imdb(path).test.inputs[:limit])
    (place / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    run.model.save(place / "model")
    rows = run.model.encoder.encode(texts)
    scores = run.model.answer(rows).scores
    if scores is None:
        raise ValueError("a binary head gives probabilities")
    nothing = np.zeros(len(rows))
    steps = Steps(rows.values.astype(np.int32), rows.starts, rows.lengths, nothing)
    Reviews(steps, scores[:, 1], run.model.network.get_weights()).save(place)


def strokes(path: str, target: str, source: str, limit: int | None) -> None:
    """Leave the training drawings of one source as steps, and their digits."""
    from seqmodels.data.strokes.handwriting import handwriting

    data = handwriting(path, source="pendigits" if source == "pendigits" else "mnist-strokes")
    train = data.train.take(np.arange(len(data.train))[:limit])
    rows = data.encoder.fit(train.inputs).encode(train.inputs)
    digits = np.array(train.target("digit")).astype(np.int32)
    Steps(np.asarray(rows.values), rows.starts, rows.lengths, digits).save(target)


def windows(path: str, target: str, limit: int | None) -> None:
    """Leave windows of ETTh1's training rows, standardised, and what OT is one hour later."""
    values = hours(path)[:ETT_TRAINING]
    values = (values - values.mean(axis=0)) / values.std(axis=0)  # [L, 7]
    starts = np.arange(len(values) - WINDOW)[:limit]
    lengths = np.full(len(starts), WINDOW)
    Steps(values, starts, lengths, values[starts + WINDOW, TARGET]).save(target)


def hours(path: str) -> np.ndarray:
    """Return the seven columns of ETTh1, [17420, 7] float32."""
    return np.loadtxt(path, delimiter=",", skiprows=1, usecols=range(1, 8), dtype=np.float32)
