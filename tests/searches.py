"""A small search to test with: a dataset of sums, and a training whose loss is known."""

import math

import numpy as np

import seqmodels as sm
from seqmodels.tuning.watching import Outcome

QUICK = {"training.epochs": 2, "training.batch_size": 32, "backbone.embed": None}
SHORT = {"training.epochs": 3}
SMALL = {"backbone.units": "2:8", "backbone.layers": "1:2"}


def examples(n: int, seed: int) -> sm.Examples:
    """Sequences of 3 to 6 numbers; the label is whether they sum above zero."""
    rng = np.random.default_rng(seed)
    rows = [rng.normal(size=(rng.integers(3, 7), 1)).astype(np.float32) for _ in range(n)]
    return sm.Examples(rows, {"label": ["up" if row.sum() > 0 else "down" for row in rows]})


def dataset(**parts) -> sm.Dataset:
    from seqmodels.encoders import SeriesEncoder

    given = {"train": examples(60, 1), "valid": examples(30, 2), "test": examples(30, 3)}
    return sm.Dataset(**{**given, **parts}, encoder=SeriesEncoder(), head="binary")


def made(*, size: int = 60, seed: int = 1) -> sm.Dataset:
    """Return sums."""
    made.calls.append((size, seed))
    return dataset(train=examples(size, seed))


class Fake:
    """Stands in for the training: the loss is known from the settings."""

    def __init__(self, plan, **more):
        self.plan = plan

    def usual(self):
        return self.plan

    def __call__(self, settings, watch):
        loss = self.loss(settings)
        for epoch in (1, 2, 3):
            watch.epoch({"epoch": epoch, "valid_loss": loss + 1 / epoch})
        return Outcome(loss, 3, 3, score=1 - loss, part="p")

    def loss(self, settings):
        return abs(math.log(settings["training.learning_rate"] / 1e-2)) / 10


def tuned(folder, **more):
    given = {"trials": 8, "head": "binary", "out": folder, "quiet": True, "settings": SHORT, **more}
    return sm.tune(given.pop("dataset", "sums"), **given)
