"""Two tasks that need a long memory, from the paper that introduced the LSTM.

Hochreiter & Schmidhuber (1997), "Long Short-Term Memory", Neural Computation 9(8),
1735-1780. A third, the embedded Reber grammar, is in `reber.py`.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge

from seqmodels.core.dataset import Dataset
from seqmodels.core.errors import InputError
from seqmodels.core.examples import Examples
from seqmodels.core.registry import Task, register_dataset
from seqmodels.core.sequences import Sequences
from seqmodels.encoders.series import SeriesEncoder
from seqmodels.encoders.text import TextEncoder

LEAST = 20  # examples, and steps, below which the tasks make no sense
SYMBOLS = np.array(["a", "b", "c", "d", "X", "Y", "start", "end"])
PLACES = {2: (10, 50), 3: (10, 33, 66)}  # hundredths of the length; each may be 10 later


@register_dataset(
    "adding",
    tasks={
        "regression": Task("sum", "the sum of the two marked numbers, scaled to 0..1"),
        "binary": Task("half", "is the sum above 0.5?", head={"positive": "high"}),
        "multiclass": Task("sum", "which quarter the sum falls in", head={"bins": 4}),
    },
    presets={
        "default": {
            "backbone.units": 32,
            "backbone.dropout": 0.0,
            "backbone.chrono_init": 100,
            "backbone.summary": "last",
            "training.epochs": 20,
            "training.batch_size": 64,
            "training.learning_rate": 5e-3,
            "training.patience": 6,
        },
    },
)
def adding(
    n: Annotated[int, Ge(LEAST)] = 10_000,
    *,
    length: Annotated[int, Ge(LEAST)] = 100,
    seed: Annotated[int, Ge(0)] = 0,
) -> Dataset:
    """The adding problem of the 1997 LSTM paper: remember two numbers and add them.

    A step is (value, marker). Values are uniform in [-1, 1]. The marker is 1 at two steps: one
    of the first ten, and one of the first `length / 2 - 1` others. It is -1 at the first and
    the last step and 0 elsewhere. Sequences have `length` to `length + length / 10` steps.
    With X1 and X2 the marked values, the target is 0.5 + (X1 + X2) / 4, from 0 to 1. Where
    the draw marks the first step, the marker there stays -1 and its value counts as 0.

    Targets: "sum", that number; "half", "high" where it is above 0.5, else "low".

    The paper calls a sequence processed correctly if the error is below 0.04, stops training
    when the last 2,000 sequences were and the average error is below 0.01, and then counts at
    most 3 wrong of 2,560 test sequences. It draws a fresh sequence for every step of training
    (74,000 of them at length 100); here `n` are drawn once and seen again in each epoch. Always
    answering 0.5 has a mean squared error of about 0.04.

    Args:
        n: Training examples, from 20. A tenth as many are for validation, a quarter for test.
        length: Steps of the shortest sequences, from 20.
        seed: Same seed, same examples; from 0. Each part has a stream of its own.

    Raises:
        InputError: An argument is out of its range.
    """
    check("adding", n=(n, LEAST), length=(length, LEAST), seed=(seed, 0))
    train, valid, test = (_sums(rng, size, length) for rng, size in streams(n, seed))
    return Dataset(train=train, valid=valid, test=test, encoder=SeriesEncoder())


def _sums(rng: np.random.Generator, n: int, length: int) -> Examples:
    lengths = rng.integers(length, length + length // 10, n, endpoint=True)
    starts = np.cumsum(lengths) - lengths
    steps = np.zeros((lengths.sum(), 2), dtype=np.float32)  # [L, 2]
    steps[:, 0] = rng.uniform(-1, 1, len(steps))
    first = rng.integers(0, 10, n)
    second = rng.integers(0, length // 2 - 1, n)
    second += second >= first  # the first is not drawn again
    total = np.zeros(n)
    for place in (first, second):
        steps[starts + place, 1] = 1
        total += np.where(place > 0, steps[starts + place, 0], 0)
    steps[starts, 1] = steps[starts + lengths - 1, 1] = -1
    answers = 0.5 + total / 4
    half = ["high" if answer > 0.5 else "low" for answer in answers]
    return Examples(Sequences(steps, starts, lengths), {"sum": answers, "half": half})


@register_dataset(
    "temporal_order",
    tasks={
        "multiclass": Task("order", "which X and Y came, in which order"),
        "binary": Task(
            "ends", "are the first and the last of them the same?", {"positive": "same"}
        ),
        "regression": Task("xs", "how many of them are X"),
    },
    presets={
        "default": {
            "backbone.units": 32,
            "backbone.embed": 8,
            "backbone.dropout": 0.0,
            "backbone.chrono_init": 100,
            "backbone.summary": "last",
            "training.epochs": 20,
            "training.batch_size": 64,
            "training.learning_rate": 5e-3,
            "training.patience": 6,
        },
    },
)
def temporal_order(
    n: Annotated[int, Ge(LEAST)] = 10_000,
    *,
    symbols: Literal[2, 3] = 2,
    length: Annotated[int, Ge(LEAST)] = 100,
    seed: Annotated[int, Ge(0)] = 0,
) -> Dataset:
    """The temporal order problem of the 1997 LSTM paper: which symbol came first?

    A sequence is a text of symbols with spaces between them. It begins with "start", ends with
    "end" (the paper's E and B) and is filled with "a", "b", "c", "d" at random, but for two
    symbols (6a) or three (6b) far apart that are X or Y, each as likely. Counted from 0, they
    stand at steps 10 to 20 and 50 to 60 (6a), or 10 to 20, 33 to 43 and 66 to 76 (6b) of 100
    to 110; with another `length`, at the same shares of it.

    Targets: "order", such as "XY", 4 classes (6a) or 8 (6b); "ends", "same" where the first and
    the last of these symbols are equal, else "different"; "xs", how many of them are X.

    The paper calls a sequence classified correctly if every output is within 0.3 of its target,
    and counts at most 3 wrong of 2,560 test sequences; the most probable class is the right one
    wherever that holds. It draws a fresh sequence for every step of training (31,390 for 6a,
    571,100 for 6b); here `n` are drawn once and seen again in each epoch.

    Args:
        n: Training examples, from 20. A tenth as many are for validation, a quarter for test.
        symbols: 2 for Experiment 6a, 3 for 6b.
        length: Symbols of the shortest sequences, from 20; the longest have a tenth more.
        seed: Same seed, same examples; from 0. Each part has a stream of its own.

    Raises:
        InputError: An argument is out of its range.
    """
    check("temporal_order", n=(n, LEAST), length=(length, LEAST), seed=(seed, 0))
    if symbols not in PLACES:
        raise InputError(f"Dataset 'temporal_order' needs symbols 2 or 3, got {symbols!r}.")
    train, valid, test = (_orders(rng, size, length, symbols) for rng, size in streams(n, seed))
    encoder = TextEncoder(words=len(SYMBOLS) + 1, length=None)
    return Dataset(train=train, valid=valid, test=test, encoder=encoder)


def _orders(rng: np.random.Generator, n: int, length: int, symbols: int) -> Examples:
    lengths = rng.integers(length, length + length // 10, n, endpoint=True)
    starts = np.cumsum(lengths) - lengths
    ids = rng.integers(0, 4, lengths.sum())  # places in SYMBOLS, [L]
    ids[starts], ids[starts + lengths - 1] = 6, 7
    chosen = rng.integers(0, 2, (n, symbols))  # 0 for X, 1 for Y
    for column, place in enumerate(PLACES[symbols]):
        at = place * length // 100 + rng.integers(0, length // 10, n, endpoint=True)
        ids[starts + at] = 4 + chosen[:, column]
    words = SYMBOLS[ids].tolist()
    texts = [" ".join(words[i : i + steps]) for i, steps in zip(starts, lengths, strict=True)]
    order = ["".join("XY"[symbol] for symbol in row) for row in chosen.tolist()]
    ends = ["same" if row[0] == row[-1] else "different" for row in order]
    return Examples(texts, {"order": order, "ends": ends, "xs": (chosen == 0).sum(axis=1)})


def check(name: str, **given: tuple[int, int]) -> None:
    """Refuse arguments of a dataset, each given with its least value, that are below it.

    Raises:
        InputError: Names every argument that is.
    """
    problems = [
        f"Dataset {name!r} needs {argument} from {least}, got {value!r}."
        for argument, (value, least) in given.items()
        if value < least
    ]
    if problems:
        raise InputError(problems)


def streams(n: int, seed: int) -> Iterator[tuple[np.random.Generator, int]]:
    """Yield a generator of its own and a size for the train, the valid and the test part."""
    for part, size in enumerate((n, n // 10, n // 4)):
        yield np.random.default_rng([seed, part]), size
