"""Simple models, fitted in seconds beside the network: what their scores reach, it must beat."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from seqmodels.core.encoder import Spec
from seqmodels.core.sequences import Sequences
from seqmodels.evaluation import features
from seqmodels.evaluation.features import BAG, LENGTH, STATISTICS, STEPS, Kind
from seqmodels.heads.base import Head, Prediction

TRAIN, VALID = 30_000, 5_000  # examples that are fitted on, and that choose the regularisation
WORK = 2_000_000_000  # numbers of the training features, times outputs and passes: seconds
HELD = 8_000_000  # numbers of the training features
PILOT = 16  # a model on this part of the data tells how long one on all of them takes
SLOWER = 1.5  # times as long, at worst, as its pilot tells
LEAST = 0.5  # seconds, or nothing is tried


class Part(Protocol):
    """Encoded inputs, and encoded targets [N, ...]."""

    @property
    def sequences(self) -> Sequences: ...
    @property
    def y(self) -> np.ndarray: ...


@dataclass(frozen=True, eq=False)
class Simple:
    """What the simple models answer.

    Args:
        predictions: For each test example, by the name of the model.
        says: What was sampled or left out, a sentence each.
        seconds: That it took.
        left_out: Names of the models that a budget of time left out.
    """

    predictions: Mapping[str, Prediction]
    says: tuple[str, ...]
    seconds: float
    left_out: tuple[str, ...] = ()


def simple(
    head: Head,
    spec: Spec,
    encoded: Mapping[str, Part],
    *,
    seed: int = 0,
    seconds: float | None = None,
) -> Simple:
    """Fit linear models on features that know little or nothing of the order of steps.

    - "length only": the number of steps.
    - "bag of words", of ids: how often each occurs, as TF-IDF with the log of counts.
    - "simple statistics", of numbers: of each channel the mean, the spread, quantiles, the first
      and the last value, the slope and the mean absolute step; and the number of steps.
    - "linear on the steps", of numbers whose sequences all have the same length: the last steps
      themselves, in their order.

    The linear model is the head's own (`Head.linear`). It is fitted on the training part; the
    validation part chooses its regularisation. A model that fails is left out.

    Args:
        head: Fitted.
        spec: What a step is.
        encoded: The parts "train", "valid" and "test".
        seed: Of what is drawn where there is too much.
        seconds: That there are; one that would take longer is left out. None: as long as it takes.
    """
    started = time.perf_counter()
    names = [BAG] if spec.vocabulary is not None else [STATISTICS, STEPS]
    predictions, says, left_out = {}, [], []
    for kind in (LENGTH, *names):
        left = None if seconds is None else seconds - (time.perf_counter() - started)
        try:
            if left is not None and not _fits(kind, head, spec, encoded, seed, left):
                says.append(f"The baseline {kind.name!r} is left out: it does not fit the budget.")
                left_out.append(kind.name)
                continue
            prediction = _fitted(kind, head, spec, encoded, seed, says)
        except Exception as error:  # whatever it is, the run does not fail because of a baseline
            says.append(f"The baseline {kind.name!r} is left out: {_first_line(error)}")
            continue
        if prediction is not None:
            predictions[kind.name] = prediction
    seconds = round(time.perf_counter() - started, 3)
    return Simple(predictions, tuple(dict.fromkeys(says)), seconds, tuple(left_out))


def _fitted(
    kind: Kind, head: Head, spec: Spec, encoded: Mapping[str, Part], seed: int, says: list[str]
) -> Prediction | None:
    """Return the answers of a linear model on features of one kind; None: it has none.

    On one core: products this small take longer on several, much longer where these are busy.
    """
    from threadpoolctl import threadpool_limits

    whole = {name: part.sequences for name, part in encoded.items()}
    sizes = kind.size(spec, whole)
    if sizes is None:
        return None
    if sizes["test"].sum(dtype=np.int64) > features.ROOM:
        says.append(
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
        says.append(
            f"The baseline {kind.name!r} is left out: {head.units:,} numbers to answer leave time "
            f"for {count:,} of {given:,} training examples, fewer than it reads of each."
        )
        return None
    if count < given:
        says.append(
            f"The baseline {kind.name!r} is fitted on {count:,} of {given:,} training examples, "
            f"drawn at random."
        )
    parts = {name: whole[name].take(rows[name]) for name in rows} | {"test": whole["test"]}
    with warnings.catch_warnings(), np.errstate(all="ignore"), threadpool_limits(1):
        warnings.simplefilter("ignore")  # of what does not converge the best so far is taken
        x = kind.make(spec, parts)
        y = {name: encoded[name].y[rows[name]] for name in rows}
        outputs = head.linear(x["train"], y["train"], x["valid"], y["valid"], x["test"])
    if outputs is None:
        return None
    if not np.isfinite(outputs).all():
        raise ValueError("its answers are not finite.")
    return head.decode(outputs)


def _fits(
    kind: Kind, head: Head, spec: Spec, encoded: Mapping[str, Part], seed: int, seconds: float
) -> bool:
    """Return whether a model would be fitted in time, by fitting one on a part of everything."""
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
    most = min(1.0, TRAIN / len(encoded["train"].sequences))  # of more, a part is drawn
    return SLOWER * took * max(1.0, PILOT * most) < seconds - took


@dataclass(frozen=True, eq=False)
class _Few:
    """A part of a `Part`."""

    sequences: Sequences
    y: np.ndarray


def _drawn(sizes: np.ndarray, examples: int, numbers: int, seed: int) -> np.ndarray:
    """Return rows in their order: so many examples and numbers at most, drawn at random."""
    order = np.arange(len(sizes))
    if len(sizes) > examples or sizes.sum(dtype=np.int64) > numbers:
        order = np.random.default_rng(seed).permutation(len(sizes))[:examples]
        order = order[np.cumsum(sizes[order], dtype=np.int64) <= numbers]
    return np.sort(order)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
