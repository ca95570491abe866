"""Simple baseline models, fitted in seconds on features that know little of the order of steps."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from seqmodels.core.encoder import Spec
from seqmodels.core.sequences import Sequences
from seqmodels.evaluation import features
from seqmodels.evaluation.features import BAG, LENGTH, STATISTICS, STEPS, Features
from seqmodels.heads.base import Head, Prediction

TRAIN, VALID = 30_000, 5_000  # examples at most: for the fit, and for the regularisation
WORK = 2_000_000_000  # training features times outputs times passes, at most: some seconds
HELD = 8_000_000  # numbers of the training features, at most
PILOT = 16  # a pilot fit on 1/16 of the data estimates the time of the whole fit
SLOWER = 1.5  # safety factor of that estimate
LEAST = 0.5  # seconds; with less time no model is tried


class EncodedPart(Protocol):
    """Encoded inputs and encoded targets [N, ...] of a part."""

    @property
    def sequences(self) -> Sequences: ...
    @property
    def y(self) -> Any: ...


@dataclass(frozen=True, eq=False)
class Simple:
    """Predictions of the simple models.

    Args:
        predictions: Answers to the test examples, by the name of the model.
        notes: A sentence for each model that was left out, or fitted on a sample.
        seconds: Time that fitting and answering took.
        left_out: Names of the models that did not fit the time budget.
    """

    predictions: Mapping[str, Prediction]
    notes: tuple[str, ...]
    seconds: float
    left_out: tuple[str, ...] = ()


def simple(
    head: Head,
    spec: Spec,
    encoded: Mapping[str, EncodedPart],
    *,
    seed: int = 0,
    seconds: float | None = None,
) -> Simple:
    """Fit linear models on features that hold little or nothing of the order of steps.

    - "length only": the number of steps.
    - "bag of words", for ids: TF-IDF with the logarithm of counts.
    - "simple statistics", for numbers: mean, standard deviation, quantiles, first and last value,
      slope and mean absolute step of each channel; and the number of steps.
    - "linear on the steps", for numbers in sequences of equal length: the last steps in order.

    There are none for a head that reads more than one output of each sequence.

    `Head.linear` fits the linear model on the training part. The validation part chooses its
    regularisation. A model that fails is left out.

    Args:
        head: Fitted.
        spec: Form of one step.
        encoded: The parts "train", "valid" and "test".
        seed: Seed of the sample, if the training part is too large.
        seconds: Time budget; a model that would take longer is left out. None: unlimited.
    """
    if head.reads != "summary":
        return Simple({}, (), 0.0)
    started = time.perf_counter()
    names = [BAG] if spec.vocabulary is not None else [STATISTICS, STEPS]
    predictions, notes, left_out = {}, [], []
    for kind in (LENGTH, *names):
        left = None if seconds is None else seconds - (time.perf_counter() - started)
        try:
            if left is not None and not _fits(kind, head, spec, encoded, seed, left):
                notes.append(f"The baseline {kind.name!r} is left out: it does not fit the budget.")
                left_out.append(kind.name)
                continue
            prediction = _fitted(kind, head, spec, encoded, seed, notes)
        except Exception as error:  # a baseline never ends the run
            notes.append(f"The baseline {kind.name!r} is left out: {_first_line(error)}")
            continue
        if prediction is not None:
            predictions[kind.name] = prediction
    seconds = round(time.perf_counter() - started, 3)
    return Simple(predictions, tuple(dict.fromkeys(notes)), seconds, tuple(left_out))


def _fitted(
    kind: Features,
    head: Head,
    spec: Spec,
    encoded: Mapping[str, EncodedPart],
    seed: int,
    notes: list[str],
) -> Prediction | None:
    """Return the predictions of a linear model on one kind of features; None: not applicable.

    The fit uses one core: several take longer for products this small.
    """
    from threadpoolctl import threadpool_limits

    whole = {name: part.sequences for name, part in encoded.items()}
    sizes = kind.size(spec, whole)
    if sizes is None:
        return None
    if sizes["test"].sum(dtype=np.int64) > features.ROOM:
        notes.append(
            f"The baseline {kind.name!r} is left out: the test part has more than "
            f"{features.ROOM:,} numbers for it."
        )
        return None
    most = min(HELD, WORK // (head.passes * max(head.units, 1)))
    rows = {
        "train": _drawn(sizes["train"], TRAIN, most, seed),
        "valid": _drawn(sizes["valid"], VALID, most, seed),
    }
    count, given = len(rows["train"]), len(whole["train"])
    if count < given and count < sizes["train"].max():
        notes.append(
            f"The baseline {kind.name!r} is left out: {head.units:,} outputs leave time for "
            f"{count:,} of {given:,} training examples, fewer than it has features."
        )
        return None
    if count < given:
        notes.append(
            f"The baseline {kind.name!r} is fitted on {count:,} of {given:,} training examples, "
            f"drawn at random."
        )
    parts = {name: whole[name].take(rows[name]) for name in rows} | {"test": whole["test"]}
    with warnings.catch_warnings(), np.errstate(all="ignore"), threadpool_limits(1):
        warnings.simplefilter("ignore")  # a solver that does not converge gives its best so far
        x = kind.make(spec, parts)
        y = {name: encoded[name].y[rows[name]] for name in rows}
        outputs = head.linear(x["train"], y["train"], x["valid"], y["valid"], x["test"])
    if outputs is None:
        return None
    if not np.isfinite(outputs).all():
        raise ValueError("its answers are not finite.")
    return head.decode(outputs)


def _fits(
    kind: Features,
    head: Head,
    spec: Spec,
    encoded: Mapping[str, EncodedPart],
    seed: int,
    seconds: float,
) -> bool:
    """Return whether a model would be fitted in time, judged by a pilot fit on 1/16 of the data."""
    if seconds < LEAST:
        return False
    few = {}
    for name, part in encoded.items():
        count = -(-len(part.sequences) // PILOT)
        rows = np.random.default_rng(seed).permutation(len(part.sequences))[:count]
        few[name] = _Few(part.sequences.take(np.sort(rows)), part.y[np.sort(rows)])
    started = time.perf_counter()
    _fitted(kind, head, spec, few, seed, [])
    took = time.perf_counter() - started
    most = min(1.0, TRAIN / len(encoded["train"].sequences))  # larger parts are sampled
    return SLOWER * took * max(1.0, PILOT * most) < seconds - took


@dataclass(frozen=True, eq=False)
class _Few:
    """A sample of an encoded part."""

    sequences: Sequences
    y: np.ndarray


def _drawn(sizes: np.ndarray, examples: int, numbers: int, seed: int) -> np.ndarray:
    """Return random rows in ascending order, within limits of examples and of numbers."""
    order = np.arange(len(sizes))
    if len(sizes) > examples or sizes.sum(dtype=np.int64) > numbers:
        order = np.random.default_rng(seed).permutation(len(sizes))[:examples]
        order = order[np.cumsum(sizes[order], dtype=np.int64) <= numbers]
    return np.sort(order)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
