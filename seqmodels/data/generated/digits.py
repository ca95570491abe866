"""Scanned digits, read row by row: in the box with scikit-learn, trained in a minute."""

from typing import Annotated

import numpy as np
from annotated_types import Ge

from seqmodels.core.dataset import Dataset
from seqmodels.core.errors import InputError
from seqmodels.core.examples import Examples
from seqmodels.core.registry import Task, register_dataset
from seqmodels.core.sequences import Sequences
from seqmodels.encoders.series import SeriesEncoder

TEST_SHARE = 0.25
ROWS = 8


def probe(*, seed: int = 0) -> Dataset:
    """Return 40 images of random ink: importing scikit-learn takes seconds, this does not."""
    ink = np.random.default_rng(0).integers(0, 17, (40, ROWS, ROWS))
    return _dataset(ink, np.arange(40) % 10, seed)


@register_dataset(
    "digits",
    tasks={
        "multiclass": Task("digit", "which digit was scanned"),
        "binary": Task("digit", "is it a 7?", head={"positive": "7"}),
        "regression": Task("digit", "the digit as a number"),
    },
    presets={
        "default": {
            "backbone.units": 64,
            "backbone.bidirectional": True,
            "backbone.summary": "both",
            "backbone.embed": 32,
            "backbone.dropout": 0.5,
            "training.epochs": 40,
            "training.batch_size": 32,
            "training.learning_rate": 3e-3,
            "training.patience": 8,
        },
    },
    probe=probe,
)
def digits(*, seed: Annotated[int, Ge(0)] = 0) -> Dataset:
    """1,797 scanned digits that come with scikit-learn, read row by row: no download.

    An image has 8 rows of 8 pixels. Target "digit": "0" to "9".

    A step is a row of an image, from the top: 8 amounts of ink from 0 to 16. The images come
    with scikit-learn, so that nothing is downloaded; they are the test part of UCI's optical
    digits (Alpaydin & Kaynak 1998), by 13 writers.

    A quarter of the images, drawn at random with equal shares of each digit, is the test
    part. The copy does not say who wrote what, so the writers of the test part also wrote
    training images: expect less on a stranger's hand.

    The heads: multiclass names the digit; binary tells 7 from the rest (another digit:
    `positive=`); regression reads the digit as a number, so that taking a 3 for a 4 is a
    smaller mistake than taking it for a 9.

    Args:
        seed: Which quarter is the test part, from 0.

    Raises:
        InputError: The seed is below 0.
    """
    from sklearn.datasets import load_digits  # takes seconds to import

    bunch = load_digits()
    return _dataset(bunch.images, bunch.target, seed)  # type: ignore[attr-defined]


def _dataset(images: np.ndarray, answers: np.ndarray, seed: int) -> Dataset:
    """Return images [N, 8, 8] and their digits [N], split."""
    if seed < 0:
        raise InputError(f"Dataset 'digits' needs a seed from 0, got {seed!r}.")
    rows = images.reshape(-1, ROWS).astype(np.float32)  # [N * 8, 8]
    starts = np.arange(len(images)) * ROWS
    inputs = Sequences(rows, starts, np.full(len(images), ROWS))
    every = Examples(inputs, {"digit": [str(answer) for answer in answers.tolist()]})
    train, test = every.split(TEST_SHARE, seed, by="digit")
    return Dataset(train=train, test=test, encoder=SeriesEncoder())
