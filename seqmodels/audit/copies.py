"""The same text, or the same numbers, more than once: across parts, and inside the training part.

Texts are the same when they are so in one case and with one space between words. Numbers are the
same when they are so to the bit; sequences of fewer than four numbers, or that change fewer than
three times, are left out, since those are alike by chance.

Thresholds. Public collections hold copies by nature, so that a random split leaves some on both
sides (12 % of the test part of the SMS spam collection, 18 % of the product titles of
PriceRunner): they are told (WARN). From a quarter of the test part on, a model that learns rows by
heart could seem to make a quarter fewer errors than it will: FAIL. With fewer than three copies no
share can be told.
"""

from __future__ import annotations

import numpy as np

from seqmodels.audit.material import Finding, Level, Material

MANY = 0.25  # share of the test part
FEWEST = 3  # copies that a share is worth telling of
OPENING = 8  # words: texts that open differently are not read further
REPEATS = 0.3  # share of training rows that repeat another
FAVOURITE = 0.1  # share of training rows that are one and the same


def copies(material: Material) -> tuple[list[Finding], np.ndarray]:
    """Return what was found, and which test examples are copies, [tests] bool."""
    keys = _keys_of_texts(material.texts) if material.texts is not None else _keys_of_rows(material)
    edge, found = material.first_test, []
    first: dict[int, int] = {}
    for number, key in enumerate(keys[:edge].tolist()):
        first.setdefault(key, number)
    twin = np.array([first.get(key, -1) for key in keys[edge:].tolist()])
    copied = twin >= 0
    if copied.any():
        rows, count = np.flatnonzero(copied), int(copied.sum())
        share = count / material.tests
        says = f"{count:,} of {material.tests:,} test rows ({share:.1%}) are in training too."
        found.append(
            Finding(
                "duplicates", level(count, material.tests), says.replace("%", " %"), count,
                material.pairs(twin[rows], rows + edge),
            )
        )  # fmt: skip
    found += _contradictions(material, keys)
    found += _repeats(material, keys[:edge])
    return found, copied


def level(count: int, tests: int) -> Level:
    """Return how bad it is that so many test rows are known from training."""
    return "FAIL" if count >= FEWEST and count >= MANY * tests else "WARN"


def _keys_of_texts(texts: list[str]) -> np.ndarray:
    """Return a number for each text, the same for texts that are the same, [N]."""
    openings: dict[str, int] = {}
    keys = np.fromiter(
        (openings.setdefault(_opening(text), i) for i, text in enumerate(texts)),
        np.int64, len(texts),
    )  # fmt: skip
    again = np.bincount(keys, minlength=len(texts))[keys] > 1
    whole: dict[str, int] = {}
    for i in np.flatnonzero(again).tolist():
        keys[i] = whole.setdefault(" ".join(texts[i].split()).casefold(), i)
    return keys


def _opening(text: str) -> str:
    """Return the first words of a text, in one case and with one space between them."""
    words = text[: 16 * OPENING].split(None, OPENING)
    if len(words) <= OPENING:  # the text is short, or these words are long
        words = text.split(None, OPENING)
    return " ".join(words[:OPENING]).casefold()


def _keys_of_rows(material: Material) -> np.ndarray:
    """Return a number for each sequence, the same for sequences that are the same, [N]."""
    seen: dict[int, int] = {}
    keys = np.arange(material.count)
    number = 0
    for rows in material.rows:
        kind = np.float64 if rows.values.dtype.kind == "f" else rows.values.dtype
        for row in rows:
            keys[number] = seen.setdefault(hash((row.shape, row.astype(kind).tobytes())), number)
            number += 1
    again = np.flatnonzero(np.bincount(keys, minlength=len(keys))[keys] > 1)
    for i in again.tolist():
        row = material.row(i)
        changes = int(np.count_nonzero((row[1:] != row[:-1]).reshape(len(row) - 1, -1).any(axis=1)))
        if row.size < 4 or changes < min(3, len(row) - 1):
            keys[i] = i
    return keys


def _contradictions(material: Material, keys: np.ndarray) -> list[Finding]:
    if material.classes is None:
        return []
    order = np.lexsort((material.classes, keys))
    key, label = keys[order], material.classes[order]
    differs = np.flatnonzero((key[1:] == key[:-1]) & (label[1:] != label[:-1]))
    if not len(differs):
        return []
    rows = int(np.isin(keys, key[differs]).sum())
    one, two = order[differs], order[differs + 1]
    says = (
        f"{rows:,} of {material.count:,} rows are the same as another of another class: no model "
        f"can answer all of them rightly."
    )
    pairs = material.pairs(np.minimum(one, two), np.maximum(one, two))
    return [Finding("contradictions", "WARN", says, rows, pairs)]


def _repeats(material: Material, keys: np.ndarray) -> list[Finding]:
    _, first, counts = np.unique(keys, return_index=True, return_counts=True)
    repeats, top = len(keys) - len(counts), int(counts.max())
    if repeats < REPEATS * len(keys) and (top < FAVOURITE * len(keys) or top < 2 * FEWEST):
        return []
    if top == 1:
        return []
    often = int(first[counts.argmax()])
    again = int(np.flatnonzero(keys == keys[often])[1])
    says = (
        f"{repeats:,} of {len(keys):,} training rows repeat another; one occurs {top:,} times. "
        f"They weigh as much as they are often."
    )
    return [Finding("repeats", "WARN", says, repeats, material.pairs([often], [again]))]
