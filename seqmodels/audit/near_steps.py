"""Test sequences that are nearly a training sequence, or one of them shifted in time.

Shape. Each channel is scaled by its spread over all steps, each sequence is moved to its mean and
brought to length one, read at 16 places, and held against all others. Two are near when they
differ by at most 5 % of their own spread (a correlation of 0.999), over all of their steps where
they are equally long, and lie ten times nearer than test sequences typically lie to each other:
smooth curves of one kind are alike without being copies. How many test sequences are that near
each other says how many would be near the larger training part by chance; up to twice as many
are not told of.

Shift. Six steps that follow each other are looked up, to the bit, in all training sequences. A
pair counts when all of the steps are the same where the two lie on each other, over at least half
of the shorter one, eight steps or more, of which more than half differ from the step before.

Thresholds of the levels are those of `copies`.
"""

from __future__ import annotations

import numpy as np

from seqmodels.audit.copies import level
from seqmodels.audit.material import Finding, Material
from seqmodels.core.sequences import Sequences

PLACES = 16  # of a shape
NEAR = 0.05  # of a sequence's own spread
NEARER = 0.1  # of the typical distance to the nearest of the same part
RUN = 6  # steps that are looked up together
CHANNELS = 8  # of a shape, spread over all
TRIES = 4  # training sequences that hold the same steps and are compared


def near_steps(
    material: Material, copied: np.ndarray, seen: np.ndarray, tests: np.ndarray
) -> list[Finding]:
    """Return findings on nearly the same shape, and on shifted copies.

    Args:
        material: Steps, not texts.
        copied: Test examples that are copies, which are left out, [tests].
        seen: Numbers of the training examples to look at.
        tests: Numbers of the test examples to look at.
    """
    tests = tests[~copied[tests - material.first_test]]
    if len(seen) < 2 or len(tests) < 2:
        return []
    one, two = material.steps(seen), material.steps(tests)
    found = []
    near = _near(one, two)
    if near:
        says = (
            f"{len(near):,} of {len(tests):,} test sequences have nearly the shape of a training "
            f"sequence: they differ by at most {NEAR:.0%} of their spread."
        ).replace("%", " %")
        pairs = material.pairs(seen[list(near.values())], tests[list(near)])
        found.append(Finding("near-duplicates", level(len(near), len(tests)), says, len(near),
                             pairs))  # fmt: skip
    shifted = {row: twin for row, twin in _shifted(one, two).items() if row not in near}
    if shifted:
        says = (
            f"{len(shifted):,} of {len(tests):,} test sequences are a training sequence shifted "
            f"in time, or a piece of it. Were windows cut before parts were made?"
        )
        pairs = material.pairs(seen[list(shifted.values())], tests[list(shifted)])
        bad = level(len(shifted), len(tests))
        found.append(Finding("shifted copies", bad, says, len(shifted), pairs))
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
    """Return each sequence at `PLACES` places, of length one, [N, PLACES * C] float32."""
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
    """Return shapes [N, T, C] around 0 and of length one; flat ones are 0."""
    shape = shape - shape.mean(axis=1, keepdims=True)
    size = np.sqrt(np.square(shape).sum(axis=(1, 2), keepdims=True))
    flat = size <= 1e-6 * np.sqrt(shape.shape[1])
    return np.where(flat, 0, shape / np.where(flat, 1, size))


def _nearest(rows: np.ndarray, others: np.ndarray, itself: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the distance of each row to the nearest other, and which one that is."""
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
    """Return rows of `test` that lie on a row of `seen` when one of them is shifted."""
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
    """Return a hash of steps that follow each other, of which row, and from which step on."""
    odd = np.random.default_rng(2).integers(0, 2**63, rows.values.shape[1], np.uint64) * 2 + 1
    bits = np.ascontiguousarray(rows.values + 0.0).view(np.uint64)
    step = ((bits ^ (bits >> np.uint64(31))) * odd).sum(axis=1, dtype=np.uint64)
    step ^= step >> np.uint64(29)
    starts, lengths = np.asarray(rows.starts), np.asarray(rows.lengths)
    if everywhere:
        counts = np.maximum(lengths - RUN + 1, 0)
        row = np.repeat(np.arange(len(rows)), counts)
        at = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    else:  # two shifted by half of their length share one of these five runs
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
    """Return whether `test`, put `shift` steps into `seen`, is the same where they meet."""
    first, end = max(0, -shift), min(len(test), len(seen) - shift)
    if end - first < max(8, min(len(seen), len(test)) / 2):
        return False
    piece = test[first:end]
    if not np.array_equal(piece, seen[first + shift : end + shift]):
        return False
    return int(np.count_nonzero((piece[1:] != piece[:-1]).any(axis=1))) > len(piece) / 2
