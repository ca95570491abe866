"""Test sequences that are nearly equal to a training sequence, or a shifted copy of one.

Shape. Each channel is scaled by its standard deviation over all steps. Each sequence is centred,
scaled to norm one, sampled at 16 places, and compared with all others. Two sequences are near if
they differ by at most 5 % of their own spread (a correlation of 0.999), over all steps if their
lengths agree. Their distance must also be a tenth of the typical distance between test sequences,
because smooth curves of one kind resemble each other without being copies. The share of test
sequences that are near another test sequence gives the share expected by chance between the test
part and the larger training part. Up to twice this share there is no finding.

Shift. Runs of six steps are looked up, to the bit, in all training sequences. Two sequences match
if all steps agree where the sequences overlap. The overlap must have at least half of the shorter
sequence and eight steps, and more than half of its steps must differ from the step before.

`copies` gives the thresholds of the levels.
"""

from __future__ import annotations

import numpy as np

from seqmodels.audit.copies import level
from seqmodels.audit.material import Finding, Material
from seqmodels.core.sequences import Sequences

PLACES = 16  # samples of a shape
NEAR = 0.05  # share of a sequence's own spread
NEARER = 0.1  # share of the typical distance to the nearest sequence of the same part
RUN = 6  # steps of a run
CHANNELS = 8  # channels of a shape, evenly spaced
TRIES = 4  # training sequences with an equal run that are compared


def near_steps(
    material: Material, copied: np.ndarray, seen: np.ndarray, tests: np.ndarray
) -> list[Finding]:
    """Return findings on nearly equal shapes and on shifted copies.

    Args:
        material: Examples of steps, not of texts.
        copied: Whether each test example is a copy, [tests]; copies are left out.
        seen: Numbers of the training examples to compare.
        tests: Numbers of the test examples to compare.
    """
    tests = tests[~copied[tests - material.first_test]]
    if len(seen) < 2 or len(tests) < 2:
        return []
    one, two = material.steps(seen), material.steps(tests)
    found = []
    near = _near(one, two)
    if near:
        message = (
            f"{len(near):,} of {len(tests):,} test sequences have nearly the shape of a training "
            f"sequence: they differ by at most {NEAR:.0%} of their spread."
        ).replace("%", " %")
        pairs = material.pairs(seen[list(near.values())], tests[list(near)])
        found.append(Finding("near-duplicates", level(len(near), len(tests)), message, len(near),
                             pairs))  # fmt: skip
    shifted = {row: twin for row, twin in _shifted(one, two).items() if row not in near}
    if shifted:
        message = (
            f"{len(shifted):,} of {len(tests):,} test sequences are a training sequence shifted "
            f"in time, or a piece of it. Split before cutting windows."
        )
        pairs = material.pairs(seen[list(shifted.values())], tests[list(shifted)])
        bad = level(len(shifted), len(tests))
        found.append(Finding("shifted copies", bad, message, len(shifted), pairs))
    return found


def _near(seen: Sequences, test: Sequences) -> dict[int, int]:
    """Return rows of `test` with a row of `seen` of nearly the same shape."""
    spread = seen.values.std(axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    a, b = _shapes(seen, scale), _shapes(test, scale)
    to_seen, which = _nearest(b, a, False)
    among = _nearest(b[:1000], b, True)[0]
    near = min(NEAR, NEARER * float(np.median(among)))
    chance = 1 - (1 - float((among <= near).mean())) ** (len(seen) / len(test))
    found = {}
    for row in np.flatnonzero(to_seen <= near).tolist():
        x, y = seen[int(which[row])] / scale, test[row] / scale
        if len(x) == len(y):
            x, y = _unit(x[None])[0], _unit(y[None])[0]
            if np.linalg.norm(x - y) > NEAR:
                continue
        elif abs(len(x) - len(y)) > 0.1 * len(y):
            continue
        found[row] = int(which[row])
    return found if len(found) > 2 * chance * len(test) else {}


def _shapes(rows: Sequences, scale: np.ndarray) -> np.ndarray:
    """Return each sequence sampled at `PLACES` places, of norm one, [N, PLACES * C] float32."""
    channels = np.unique(np.linspace(0, len(scale) - 1, CHANNELS).round().astype(int))
    last = np.asarray(rows.lengths) - 1
    at = np.linspace(0, 1, PLACES) * last[:, None]  # [N, PLACES]
    low = np.floor(at).astype(np.int64)
    part = (at - low)[..., None]
    starts = np.asarray(rows.starts)[:, None]
    values = rows.values[:, channels] / scale[channels]
    shape = values[starts + low] * (1 - part)
    shape += values[starts + np.minimum(low + 1, last[:, None])] * part
    return _unit(shape).reshape(len(rows), -1).astype(np.float32)


def _unit(shape: np.ndarray) -> np.ndarray:
    """Return shapes [N, T, C] centred and of norm one; constant shapes are 0."""
    shape = shape - shape.mean(axis=1, keepdims=True)
    size = np.sqrt(np.square(shape).sum(axis=(1, 2), keepdims=True))
    flat = size <= 1e-6 * np.sqrt(shape.shape[1])
    return np.where(flat, 0, shape / np.where(flat, 1, size))


def _nearest(rows: np.ndarray, others: np.ndarray, itself: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the distance of each row to the nearest other row, and the index of that row."""
    distance, which = np.full(len(rows), 2.0), np.zeros(len(rows), np.int64)
    for first in range(0, len(rows), 256):
        block = rows[first : first + 256]
        like = block @ others.T  # [256, M]
        if itself:
            like[np.arange(len(block)), first + np.arange(len(block))] = -1
        best = like.argmax(axis=1)
        which[first : first + 256] = best
        gap = block - others[best]
        flat = ~block.any(axis=1)
        distance[first : first + 256] = np.where(flat, 2.0, np.linalg.norm(gap, axis=1))
    return distance, which


def _shifted(seen: Sequences, test: Sequences) -> dict[int, int]:
    """Return for rows of `test` a row of `seen` that is equal after a shift."""
    a, row_a, at_a = _runs(seen, everywhere=True)
    b, row_b, at_b = _runs(test, everywhere=False)
    if not len(a) or not len(b):
        return {}
    order = np.argsort(a, kind="stable")
    low = np.searchsorted(a[order], b, side="left")
    high = np.searchsorted(a[order], b, side="right")
    found: dict[int, int] = {}
    for i in range(TRIES):
        for k in np.flatnonzero(low + i < high).tolist():
            row, hit = int(row_b[k]), order[low[k] + i]
            if row not in found and _lies_on(
                seen[int(row_a[hit])], test[row], int(at_a[hit] - at_b[k])
            ):
                found[row] = int(row_a[hit])
    return found


def _runs(rows: Sequences, everywhere: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the hash of each run of steps, its row and its first step."""
    odd = np.random.default_rng(2).integers(0, 2**63, rows.values.shape[1], np.uint64) * 2 + 1
    bits = np.ascontiguousarray(rows.values + 0.0).view(np.uint64)
    step = ((bits ^ (bits >> np.uint64(31))) * odd).sum(axis=1, dtype=np.uint64)
    step ^= step >> np.uint64(29)
    starts, lengths = np.asarray(rows.starts), np.asarray(rows.lengths)
    if everywhere:
        counts = np.maximum(lengths - RUN + 1, 0)
        row = np.repeat(np.arange(len(rows)), counts)
        at = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    else:  # a shift by half of the length keeps one of these five runs
        five = (np.maximum(lengths - RUN, 0)[:, None] * np.linspace(0, 1, 5)).astype(np.int64)
        row, at = np.repeat(np.arange(len(rows)), 5), five.ravel()
        long = np.repeat(lengths >= RUN, 5)
        row, at = row[long], at[long]
    place = starts[row] + at
    run, moved, before = np.zeros(len(row), np.uint64), np.zeros(len(row), np.int64), step[place]
    for i in range(RUN):
        now = step[place + i]
        moved += now != before
        run = (run ^ now) * np.uint64(0x9E3779B97F4A7C15)
        run ^= run >> np.uint64(30)
        before = now
    lively = moved >= RUN // 2
    return run[lively], row[lively], at[lively]


def _lies_on(seen: np.ndarray, test: np.ndarray, shift: int) -> bool:
    """Return whether `test`, placed `shift` steps into `seen`, is equal where both overlap."""
    first, end = max(0, -shift), min(len(test), len(seen) - shift)
    if end - first < max(8, min(len(seen), len(test)) / 2):
        return False
    piece = test[first:end]
    if not np.array_equal(piece, seen[first + shift : end + shift]):
        return False
    return int(np.count_nonzero((piece[1:] != piece[:-1]).any(axis=1))) > len(piece) / 2
