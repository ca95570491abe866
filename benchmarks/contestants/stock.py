"""Stock Keras on TensorFlow as people write it, and the same with XLA."""

import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
from tutorial import stock as tutorial_script

from contestants import Job, Ready
from contestants.material import Reviews, Steps, tutorial_batch
from contestants.peak import Peak

STEPS = 300  # that reviews are padded to


def step(job: Job) -> Ready:
    """`train_on_batch` of a compiled model, on a batch that is ready."""
    keras.backend.clear_session()
    ids, labels = tutorial_batch(job)
    embedding = keras.layers.Embedding(job["words"], job["embed"])
    model = _model(job, [embedding], keras.layers.Dense(1, activation="sigmoid"))
    settings: Any = (
        {"jit_compile": True} if job.get("jit") else {}
    )  # else "auto": no XLA for an LSTM
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"], **settings)
    return Ready(lambda: model.train_on_batch(ids, labels))


def epoch(job: Job) -> Ready:
    """`fit`: rows padded to the longest of all, with `Masking` where their lengths differ."""
    keras.backend.clear_session()
    steps = Steps.load(job["file"])
    x = keras.utils.pad_sequences(list(steps.views()), dtype="float32", padding="post")
    number = job["outputs"] == 1
    before = [keras.layers.Masking()] if len(set(steps.lengths)) > 1 else []
    last = keras.layers.Dense(job["outputs"], activation=None if number else "softmax")
    model = _model(job, before, last)
    model.compile(
        optimizer="adam",
        loss="mse" if number else "sparse_categorical_crossentropy",
        metrics=["mae"] if number else ["accuracy"],
    )
    first = job["batch"] + len(x) % job["batch"]  # a full batch and a last one: both are traced
    model.fit(x[:first], steps.y[:first], batch_size=job["batch"], verbose=0)
    return Ready(lambda: model.fit(x, steps.y, batch_size=job["batch"], verbose=0))


def tutorial(job: Job) -> Ready:
    """The tutorial as it is written, from the file to the scores; imports are done before."""
    return Ready(lambda: tutorial_script(Path(job["reviews"]), job["round"], job["epochs"]))


def memory_reviews(job: Job) -> Ready:
    """The same, for its peak memory."""
    return Ready(Peak(lambda: tutorial_script(Path(job["reviews"]), 0, 1)))


def predict(job: Job) -> Ready:
    """`predict` of reviews padded on the left to 300; batches of 32 or 256, what is quicker."""
    reviews, model = _trained(job)
    x = keras.utils.pad_sequences(list(reviews.steps.views()), maxlen=STEPS)
    seconds = {}
    for size in (256, 32):
        model.predict(x[:size], batch_size=size, verbose=0)
        started = time.perf_counter()
        model.predict(x[:2048], batch_size=size, verbose=0)
        seconds[size] = time.perf_counter() - started
    size = min(seconds, key=lambda one: seconds[one])
    full = np.flatnonzero(reviews.steps.lengths == STEPS)  # where no padding is read
    answers = model.predict(x[full], batch_size=size, verbose=0)[:, 0]
    notes = {"batch": size, "full_length_largest_difference": reviews.difference(answers, full)}
    return Ready(lambda: model.predict(x, batch_size=size, verbose=0), notes)


def latency(job: Job) -> Ready:
    """`predict` of one short review, not padded."""
    reviews, model = _trained(job)
    x = reviews.short(job["length"])
    return Ready(lambda: model.predict(x, verbose=0))


def latency_padded(job: Job) -> Ready:
    """`predict` of one short review, padded as in training."""
    reviews, model = _trained(job)
    x = keras.utils.pad_sequences(reviews.short(job["length"]), maxlen=STEPS)
    return Ready(lambda: model.predict(x, verbose=0))


def latency_call(job: Job) -> Ready:
    """`model(x)` of one short review, not padded."""
    reviews, model = _trained(job)
    x = reviews.short(job["length"])
    return Ready(lambda: model(x).numpy())


def _model(job: Job, before: list[Any], last: Any) -> Any:
    lstm: Any = keras.layers.LSTM(job["units"])
    return keras.Sequential(
        [*before, keras.layers.Bidirectional(lstm) if job["directions"] == 2 else lstm, last]
    )


def _trained(job: Job) -> tuple[Reviews, Any]:
    """Return the reviews, and the tutorial's model with the weights that ours has."""
    keras.backend.clear_session()
    reviews = Reviews.load(job["folder"])
    embedding, kernel, *_ = reviews.weights
    layer = keras.layers.Embedding(*embedding.shape)
    sizes = {"units": kernel.shape[1] // 4, "directions": 1}
    model = _model(sizes, [layer], keras.layers.Dense(1, activation="sigmoid"))
    model.build((None, None))
    model.set_weights(reviews.weights)
    return reviews, model
