"""Simple models, fitted in seconds beside the network: what their scores reach, it must beat."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from seqmodels import batches
from seqmodels.data import Sequences, Spec
from seqmodels.heads.base import Head, Prediction

TRAIN, VALID = 30_000, 5_000  # examples that are fitted on, and that choose the regularisation
WORK = 40_000_000  # numbers of the training features, times outputs: seconds of fitting
HELD = 8_000_000  # numbers of the training features
ROOM = 24_000_000  # numbers of the test features, which cannot be sampled
WIDE = 512  # numbers of the last steps that a linear model gets
CHUNK = 2**20  # steps, or numbers of steps, that are worked on together
PILOT = 16  # a model on this part of the data tells how long one on all of them takes
SLOWER = 1.5  # times as long, at worst, as its pilot tells
LEAST = 0.5  # seconds, or nothing is tried
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)  # of a channel's values below its quantiles


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
    """

    predictions: Mapping[str, Prediction]
    says: tuple[str, ...]
    seconds: float


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
    names = [_BAG] if spec.vocabulary is not None else [_STATISTICS, _STEPS]
    predictions, says = {}, []
    for kind in (_LENGTH, *names):
        left = None if seconds is None else seconds - (time.perf_counter() - started)
        try:
            if left is not None and not _fits(kind, head, spec, encoded, seed, left):
                says.append(f"The baseline {kind.name!r} is left out: it does not fit the budget.")
                continue
            prediction = _fitted(kind, head, spec, encoded, seed, says)
        except Exception as error:  # whatever it is, the run does not fail of its yardstick
            says.append(f"The baseline {kind.name!r} is left out: {_first_line(error)}")
            continue
        if prediction is not None:
            predictions[kind.name] = prediction
    seconds = round(time.perf_counter() - started, 3)
    return Simple(predictions, tuple(dict.fromkeys(says)), seconds)


@dataclass(frozen=True)
class _Kind:
    """One sort of features.

    Args:
        name: Of the model that reads them.
        size: Returns how many numbers each sequence becomes, [N], from all parts; None where
            there is nothing to read.
        make: Returns the features [N, F] of each part, learned from "train".
    """

    name: str
    size: Callable[[Spec, Mapping[str, Sequences]], Mapping[str, np.ndarray] | None]
    make: Callable[[Spec, Mapping[str, Sequences]], Mapping[str, Any]]


def _fitted(
    kind: _Kind, head: Head, spec: Spec, encoded: Mapping[str, Part], seed: int, says: list[str]
) -> Prediction | None:
    """Return the answers of a linear model on features of one kind; None: it has none.

    On one core: products this small take longer on several, much longer where these are busy.
    """
    from threadpoolctl import threadpool_limits

    whole = {name: part.sequences for name, part in encoded.items()}
    sizes = kind.size(spec, whole)
    if sizes is None:
        return None
    if sizes["test"].sum(dtype=np.int64) > ROOM:
        says.append(
            f"The baseline {kind.name!r} is left out: the test part has more than "
            f"{ROOM:,} numbers for it."
        )
        return None
    most = min(HELD, WORK // max(head.units, 1))
    rows = {
        "train": _drawn(sizes["train"], TRAIN, most, seed),
        "valid": _drawn(sizes["valid"], VALID, most, seed),
    }
    count, given = len(rows["train"]), len(whole["train"])
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
    kind: _Kind, head: Head, spec: Spec, encoded: Mapping[str, Part], seed: int, seconds: float
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


# --- the number of steps


def _length_sizes(spec: Spec, parts: Mapping[str, Sequences]) -> Mapping[str, np.ndarray] | None:
    lengths = parts["train"].lengths
    if lengths.min() == lengths.max():
        return None  # they say nothing
    return {name: np.broadcast_to(np.int64(12), len(part)) for name, part in parts.items()}


def _length_features(spec: Spec, parts: Mapping[str, Sequences]) -> dict[str, np.ndarray]:
    return {name: _of_lengths(parts["train"], one) for name, one in parts.items()}


def _of_lengths(train: Sequences, part: Sequences) -> np.ndarray:
    """Return the length, its logarithm, and whether it is above each decile of `train`, [N, F]."""
    edges = np.unique(np.quantile(train.lengths, np.arange(1, 10) / 10))
    lengths = part.lengths.astype(np.float32)[:, None]
    return np.hstack([lengths, np.log(lengths), lengths > edges])


# --- words


def _bag_sizes(spec: Spec, parts: Mapping[str, Sequences]) -> Mapping[str, np.ndarray] | None:
    return {name: part.lengths for name, part in parts.items()}


def _bag(spec: Spec, parts: Mapping[str, Sequences]) -> dict[str, Any]:
    """Return TF-IDF of the ids, (1 + log count) * idf in rows of length 1, sparse [N, V]."""
    from sklearn.feature_extraction.text import TfidfTransformer

    counted = {name: _counts(part, spec.vocabulary or 0) for name, part in parts.items()}
    weigh = TfidfTransformer(sublinear_tf=True).fit(counted["train"])
    return {name: weigh.transform(counts, copy=False) for name, counts in counted.items()}


def _counts(part: Sequences, width: int) -> Any:
    """Return how often each id occurs in each sequence, sparse float32 [N, width]."""
    from scipy import sparse

    pieces = []
    for rows in _chunks(part.lengths, CHUNK):
        lengths = part.lengths[rows].astype(np.int64)
        ends = np.cumsum(lengths)
        places = np.arange(ends[-1])
        places += np.repeat(part.starts[rows] - (ends - lengths), lengths)
        ids = np.asarray(part.values[places]).astype(np.int32)
        edges = np.concatenate([[0], ends]).astype(np.int32)
        ones = np.ones(len(ids), np.float32)
        piece = sparse.csr_matrix((ones, ids, edges), shape=(len(lengths), width))
        piece.sum_duplicates()
        pieces.append(piece)
    return sparse.vstack(pieces, format="csr", dtype=np.float32)


def _chunks(sizes: np.ndarray, most: int) -> Iterator[slice]:
    """Yield the rows in order, so many that their sizes sum to about `most`, at least one."""
    ends = np.cumsum(sizes, dtype=np.int64)
    first = 0
    while first < len(sizes):
        before = int(ends[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(ends, before + most, side="right")))
        yield slice(first, last)
        first = last


# --- numbers

_EACH = len(SHARES) + 6  # statistics of a channel


def _statistics_sizes(spec: Spec, parts: Mapping[str, Sequences]) -> Mapping[str, np.ndarray]:
    width = np.int64(_EACH * (spec.channels or 0) + 2)
    return {name: np.broadcast_to(width, len(part)) for name, part in parts.items()}


def _statistics(spec: Spec, parts: Mapping[str, Sequences]) -> dict[str, np.ndarray]:
    return {name: _of_channels(part) for name, part in parts.items()}


def _of_channels(part: Sequences) -> np.ndarray:
    """Return the statistics of each channel, and the length and its logarithm, [N, F] float32."""
    channels = part.values.shape[1]
    found = np.empty((len(part), _EACH * channels + 2), np.float32)
    for rows in batches.by_length(part.lengths, max(1, CHUNK // channels)):
        x, lengths = batches.padded(part, rows)  # [B, T, C], [B]
        n = lengths[:, None].astype(np.float32)  # [B, 1]
        steps = np.arange(x.shape[1])[:, None]  # [T, 1]
        real = steps < lengths[:, None, None]  # [B, T, 1]
        mean = x.sum(axis=1) / n  # [B, C]; past a row's end are zeros
        off = (x - mean[:, None]) * real
        std = np.sqrt(np.square(off).sum(axis=1) / n)
        time = (steps - (n[:, None] - 1) / 2) * real  # from the middle, [B, T, 1]
        slope = (time * off).sum(axis=1) / (np.square(time).sum(axis=1) + (n == 1))
        way = np.abs(np.diff(x, axis=1) * real[:, 1:]).sum(axis=1) / np.maximum(n - 1, 1)
        ordered = np.sort(np.where(real, x, np.inf), axis=1)
        each, last = np.arange(len(rows)), lengths - 1
        quantiles = [ordered[each, np.rint(share * last).astype(int)] for share in SHARES]
        numbers = [mean, std, *quantiles, x[:, 0], x[each, last], slope, way]
        found[rows] = np.hstack([*numbers, n, np.log(n)])
    return found


def _steps_sizes(spec: Spec, parts: Mapping[str, Sequences]) -> Mapping[str, np.ndarray] | None:
    lengths = {int(edge(part.lengths)) for part in parts.values() for edge in (np.min, np.max)}
    kept = _kept(spec, parts)
    if len(lengths) > 1 or kept < 1:
        return None
    width = np.int64(kept * (spec.channels or 0))
    return {name: np.broadcast_to(width, len(part)) for name, part in parts.items()}


def _kept(spec: Spec, parts: Mapping[str, Sequences]) -> int:
    """Return how many of the last steps are read."""
    wide = min(WIDE, ROOM // len(parts["test"]))
    return min(int(parts["test"].lengths[0]), wide // (spec.channels or 1))


def _steps(spec: Spec, parts: Mapping[str, Sequences]) -> dict[str, np.ndarray]:
    kept = _kept(spec, parts)
    return {name: _last(part, kept) for name, part in parts.items()}


def _last(part: Sequences, kept: int) -> np.ndarray:
    """Return the last steps of each sequence in a row, [N, kept * C] float32."""
    part = part.cut(kept, "end")
    channels = part.values.shape[1]
    found = np.empty((len(part), kept * channels), np.float32)
    many = max(1, CHUNK // (kept * channels))
    for first in range(0, len(part), many):
        rows = np.arange(first, min(first + many, len(part)))
        found[rows] = part.spans(rows, kept).reshape(len(rows), -1)
    return found


_LENGTH = _Kind("length only", _length_sizes, _length_features)
_BAG = _Kind("bag of words", _bag_sizes, _bag)
_STATISTICS = _Kind("simple statistics", _statistics_sizes, _statistics)
_STEPS = _Kind("linear on the steps", _steps_sizes, _steps)
