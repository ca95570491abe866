"""Test texts that are nearly equal to a training text: most of their shingles agree.

A shingle is a run of three words (of two words if half of the texts have under 40 words). Two
texts are near if their sets of shingles have a Jaccard index of at least 0.6: of 230 words, one in
eight may differ. Unrelated reviews share less than 0.05. MinHash finds candidates (Broder 1997, "On
the resemblance and containment of documents", https://doi.org/10.1109/SEQUEN.1997.666900) in 10
bands of 3 minima, which finds 9 in 10 pairs of index 0.6, and 98 in 100 of 0.7. Each candidate is
then compared in full.

Thresholds. Texts of few words, or of one form, resemble each other without being copies. The share
of test texts that are near another test text gives the share expected by chance between the test
part and the larger training part. Up to twice this share,
- data with fewer than 50 different words, such as symbols, have no finding;
- data with fewer than 200 different words, such as filled-in templates, have no FAIL;
- other data have no FAIL until near texts and copies are half of the test part.
A random split of PriceRunner's product titles has 18 % of copies and 17 % of near texts, SMS spam
12 % and 5 %, IMDB's own parts under 1 % together: WARN.
"""

from __future__ import annotations

import numpy as np

from seqmodels.audit.copies import level
from seqmodels.audit.material import Finding, Material
from seqmodels.encoders import splitting

NEAR = 0.6
BANDS, ROWS = 10, 3
SHORT = 40  # words; below this median a shingle has two words
CHUNK = 4096  # texts per chunk of hashing, some 100 MB of memory
BUCKET = 4  # training texts of one bucket that a test text is compared with
MOST = 20_000  # candidates that are compared in full, at most
HALF = 0.5  # share of the test part, from which chance is no explanation
SYMBOLS, TEMPLATES = 50, 200  # different words; below these, texts resemble each other by nature


def near_texts(material: Material, copied: np.ndarray) -> list[Finding]:
    """Return a finding if test texts are near training texts without being copies."""
    texts = material.texts or []
    index = {word: i for i, word in enumerate(splitting.count(texts), start=1)}
    middle = float(np.median([text.count(" ") for text in texts[:1000]]))
    size = 2 if middle < SHORT else 3
    marks = np.concatenate(
        [_marks(texts[i : i + CHUNK], index, size) for i in range(0, len(texts), CHUNK)]
    )  # [N, BANDS * ROWS]
    edge = material.first_test
    pairs = _near(texts[:edge], texts[edge:], marks[:edge], marks[edge:], ~copied, size)
    if not pairs:
        return []
    tests, own = texts[edge:], marks[edge:]
    among = _near(tests, tests, own, own, ~copied, size)
    chance = 1 - (1 - len(among) / material.tests) ** (edge / material.tests)
    usual = len(pairs) <= 2 * chance * material.tests
    if usual and len(index) < SYMBOLS:
        return []
    message = (
        f"{len(pairs):,} of {material.tests:,} test texts nearly equal a training text: they share "
        f"at least {NEAR:.0%} of their {'two' if size == 2 else 'three'}-word shingles."
    ).replace("%", " %")
    places = material.pairs(pairs.values(), [test + edge for test in pairs])
    known = len(pairs) + int(copied.sum())
    excused = usual and (known < HALF * material.tests or len(index) < TEMPLATES)
    bad = "WARN" if excused else level(known, material.tests)
    return [Finding("near-duplicates", bad, message, len(pairs), places)]


def _near(
    seen: list[str], test: list[str], marks: np.ndarray, test_marks: np.ndarray,
    wanted: np.ndarray, size: int,
) -> dict[int, int]:  # fmt: skip
    """Return for rows of `test` a near row of `seen`; a row is not compared with itself."""
    one, two = _candidates(marks, test_marks, wanted)
    if marks is test_marks:
        one, two = one[one != two], two[one != two]
    alike = (marks[one] == test_marks[two]).mean(axis=1)
    best = np.lexsort((-alike, two))
    best = best[alike[best] >= NEAR - 0.2]  # an estimate from 30 minima errs by some 0.1
    pairs: dict[int, int] = {}
    for row, twin in zip(two[best][:MOST].tolist(), one[best][:MOST].tolist(), strict=True):
        if row not in pairs and _jaccard(seen[twin], test[row], size) >= NEAR:
            pairs[row] = twin
    return pairs


def _marks(texts: list[str], index: dict[str, int], size: int) -> np.ndarray:
    """Return the minima of each text, [n, BANDS * ROWS]; random without shingles."""
    flat, steps = splitting.ids(texts, index, None, False)
    flat = flat.astype(np.uint64)
    shingles = np.zeros(max(len(flat) - size + 1, 0), np.uint64)
    for i in range(size):
        shingles *= np.uint64(0x9E3779B97F4A7C15)
        shingles += flat[i : i + len(shingles)]
    shingles ^= shingles >> np.uint64(29)
    shingles *= np.uint64(0xBF58476D1CE4E5B9)
    shingles ^= shingles >> np.uint64(32)
    enough = np.maximum(steps - size + 1, 0)
    ends = np.cumsum(steps)
    keep = np.ones(len(flat), bool)
    for i in range(1, size):
        late = ends - i
        keep[late[(steps >= i) & (late >= 0)]] = False
    shingles = shingles[keep[: len(shingles)]]
    rng = np.random.default_rng(1)
    marks = rng.integers(0, 2**32, (len(texts), BANDS * ROWS), dtype=np.uint32)  # equal to no other
    there = np.flatnonzero(enough)
    starts = (np.cumsum(enough) - enough)[there]
    factors = np.random.default_rng(0).integers(0, 2**63, BANDS * ROWS, dtype=np.uint64) * 2 + 1
    for j, factor in enumerate(factors):
        if len(there):
            mixed = ((shingles * factor) >> np.uint64(32)).astype(np.uint32)
            marks[there, j] = np.minimum.reduceat(mixed, starts)
    return marks


def _candidates(
    seen: np.ndarray, test: np.ndarray, wanted: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of training and of the test part that share a bucket in some band."""
    codes = []
    for band in range(BANDS):
        columns = slice(band * ROWS, (band + 1) * ROWS)
        a, b = _mix(seen[:, columns]), _mix(test[:, columns])
        order = np.argsort(a, kind="stable")
        low = np.searchsorted(a[order], b, side="left")
        high = np.searchsorted(a[order], b, side="right")
        for i in range(BUCKET):
            rows = np.flatnonzero((low + i < high) & wanted)
            codes.append(rows * len(seen) + order[low[rows] + i])
    unique = np.unique(np.concatenate(codes))
    return unique % len(seen), unique // len(seen)


def _mix(columns: np.ndarray) -> np.ndarray:
    mixed = np.zeros(len(columns), np.uint64)
    for column in columns.T:
        mixed = (mixed ^ column) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(31)
    return mixed


def _jaccard(one: str, two: str, size: int) -> float:
    a, b = _set(one, size), _set(two, size)
    return len(a & b) / max(len(a | b), 1)


def _set(text: str, size: int) -> set[tuple[str, ...]]:
    words = splitting.split(text)
    return set(zip(*(words[i:] for i in range(size)), strict=False))
