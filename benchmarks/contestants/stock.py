"""Stock Keras on TensorFlow as people write it, and the same with XLA."""

from typing import Any

import keras

from contestants import Job, Ready
from contestants.material import tutorial_batch


def step(job: Job) -> Ready:
    """`train_on_batch` of a compiled model, on a batch that is ready."""
    keras.backend.clear_session()
    ids, labels = tutorial_batch(job)
    lstm: Any = keras.layers.LSTM(job["units"])
    model: Any = keras.Sequential(
        [
            keras.layers.Embedding(job["words"], job["embed"]),
            keras.layers.Bidirectional(lstm) if job["directions"] == 2 else lstm,
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    settings: Any = {"jit_compile": True} if job["jit"] else {}  # else "auto": no XLA for an LSTM
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"], **settings)
    return Ready(lambda: model.train_on_batch(ids, labels) and None)
