"""Features for linear baselines: length, bag of words, statistics of channels, last steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqmodels.core import batches
from seqmodels.core.encoder import Spec
from seqmodels.core.sequences import Sequences

ROOM = 24_000_000  # numbers of the test features, at most; the test part cannot be sampled
WIDE = 512  # numbers of the last steps, at most
CHUNK = 2**20  # steps, or numbers of steps, in one chunk of work
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)  # of the quantiles of a channel


@dataclass(frozen=True)
class Features:
    """One kind of features.

    Args:
        name: Name of the baseline that reads the features.
        size: Returns the number of features of each sequence, [N], by part; None if the kind does
            not apply to the data.
        make: Returns the features [N, F] of each part, fitted on "train".
    """

    name: str
    size: Callable[[Spec, Mapping[str, Sequences]], Mapping[str, np.ndarray] | None]
    make: Callable[[Spec, Mapping[str, Sequences]], Mapping[str, Any]]


# --- the number of steps


def _length_sizes(spec: Spec, parts: Mapping[str, Sequences]) -> Mapping[str, np.ndarray] | None:
    lengths = parts["train"].lengths
    if lengths.min() == lengths.max():
        return None  # equal lengths predict nothing
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
    """Return TF-IDF of the ids, (1 + log count) * idf, rows scaled to length 1, sparse [N, V]."""
    from sklearn.feature_extraction.text import TfidfTransformer

    counts = {name: _counts(part, spec.vocabulary or 0) for name, part in parts.items()}
    weigh = TfidfTransformer(sublinear_tf=True).fit(counts["train"])
    return {name: weigh.transform(each, copy=False) for name, each in counts.items()}


def _counts(part: Sequences, width: int) -> Any:
    """Return the count of each id in each sequence, sparse float32 [N, width]."""
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
        piece = piece.tocsc().tocsr()  # sorts the ids of each row, by counting
        piece.sum_duplicates()
        pieces.append(piece)
    return sparse.vstack(pieces, format="csr", dtype=np.float32)


def _chunks(sizes: np.ndarray, most: int) -> Iterator[slice]:
    """Yield consecutive slices of rows with a total size of about `most`, at least one row each."""
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
    """Return the number of last steps that are read."""
    wide = min(WIDE, ROOM // len(parts["test"]))
    return min(int(parts["test"].lengths[0]), wide // (spec.channels or 1))


def _steps(spec: Spec, parts: Mapping[str, Sequences]) -> dict[str, np.ndarray]:
    kept = _kept(spec, parts)
    return {name: _last(part, kept) for name, part in parts.items()}


def _last(part: Sequences, kept: int) -> np.ndarray:
    """Return the last steps of each sequence, flattened, [N, kept * C] float32."""
    part = part.cut(kept, "end")
    channels = part.values.shape[1]
    found = np.empty((len(part), kept * channels), np.float32)
    many = max(1, CHUNK // (kept * channels))
    for first in range(0, len(part), many):
        rows = np.arange(first, min(first + many, len(part)))
        found[rows] = part.spans(rows, kept).reshape(len(rows), -1)
    return found


LENGTH = Features("length only", _length_sizes, _length_features)
BAG = Features("bag of words", _bag_sizes, _bag)
STATISTICS = Features("simple statistics", _statistics_sizes, _statistics)
STEPS = Features("linear on the steps", _steps_sizes, _steps)
