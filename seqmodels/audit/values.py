"""Values that may not mean what they say: numbers that stand for missing ones, texts without words.

Thresholds.
- A number that stands for a missing one is the smallest or the largest of its channel, comes back
  three times or more, and is either farther from all others than three times their range, or one of
  the usual marks: -99, -200, -999 and the like where all others are 0 or more, 9999 and the like
  beyond the range of the others. Channels with few different numbers are codes, and left out. WARN.
- Texts are without words if half of them are one word, and half of these words occur once. WARN.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from seqmodels.audit.material import Finding, Material

MARKS = (-99.0, -200.0, -999.0, -9999.0, -99999.0, 9999.0, 99999.0, 999999.0)
TIMES = 3  # that a number comes back, at least
KINDS = 12  # different numbers of a channel, at least
FAR = 3  # ranges of all other numbers
READ = 2**16  # numbers of a channel that are read, evenly spaced
CHANNELS = 64  # at most


def missing_marks(material: Material) -> list[Finding]:
    """Return a finding if a number of a channel may stand for missing ones."""
    values = material.rows[0].values
    if values.ndim != 2:
        return []
    thinned = values[:: max(1, len(values) // READ), :CHANNELS]
    for channel in range(thinned.shape[1]):
        numbers = np.asarray(thinned[:, channel], np.float64)
        kinds, counts = np.unique(numbers[np.isfinite(numbers)], return_counts=True)
        if len(kinds) < KINDS:
            continue
        for mark, count, others in (
            (kinds[0], counts[0], kinds[1:]), (kinds[-1], counts[-1], kinds[:-1]),
        ):  # fmt: skip
            if count >= TIMES and _stands_apart(float(mark), others):
                message = (
                    f"Channel {channel} (counted from 0) has the number {mark:g} {count:,} times, "
                    f"and all others lie between {others[0]:g} and {others[-1]:g}. If it stands "
                    f"for a missing value, leave these cells empty."
                )
                return [Finding("missing mark", "WARN", message, int(count))]
    return []


def single_words(material: Material, seen: np.ndarray, tests: np.ndarray) -> list[Finding]:
    """Return a finding if most texts are one word that no other text has."""
    words = [material.words(i) for i in [*seen.tolist(), *tests.tolist()]]
    alone = Counter(text[0] for text in words if len(text) == 1)
    once = sum(count == 1 for count in alone.values())
    if alone.total() < len(words) / 2 or once < alone.total() / 2:
        return []
    message = (
        f"{alone.total():,} of {len(words):,} texts are a single word, and {once:,} of these words "
        f"occur once, so that a model of words learns nothing from them. In scripts without "
        f"spaces (Chinese, Japanese, Thai), put spaces between words or between characters first."
    )
    return [Finding("single words", "WARN", message, alone.total())]


def _stands_apart(mark: float, others: np.ndarray) -> bool:
    """Return whether a smallest or largest number may stand for missing ones; others ascend."""
    span = float(others[-1] - others[0])
    gap = float(others[0] - mark if mark < others[0] else mark - others[-1])
    if mark in MARKS and (others[0] >= 0 if mark < 0 else gap > span):
        return True
    return gap > FAR * span
