"""Equal texts and equal sequences of numbers, between parts and within the training part.

Texts are equal if they agree in lower case with single spaces between words. Numbers are equal if
all bits agree. Sequences of fewer than four numbers, or with fewer than three changes, are left
out, because they agree by chance.

Thresholds. Public collections contain copies, so that a random split leaves some in both parts (of
the test part of the SMS spam collection 12 %, of the product titles of PriceRunner 18 %): WARN.
From a quarter of the test part on, a model that memorises rows could appear to make a quarter fewer
errors than on new data: FAIL. Fewer than three copies give no reliable share.
"""

from __future__ import annotations

import numpy as np

from seqmodels.audit.material import Finding, Level, Material

MANY = 0.25  # share of the test part
FEWEST = 3  # copies, at least, for a FAIL
OPENING = 8  # words; only texts whose first words agree are compared in full
REPEATS = 0.3  # share of training rows that repeat another row
FAVOURITE = 0.1  # share of training rows that are equal to each other


def copies(material: Material) -> tuple[list[Finding], np.ndarray]:
    """Return the findings on copies, and whether each test example is a copy, [tests] bool."""
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
        message = f"{count:,} of {material.tests:,} test rows ({share:.1%}) are in training too."
        found.append(
            Finding(
                "duplicates", level(count, material.tests), message.replace("%", " %"), count,
                material.pairs(twin[rows], rows + edge),
            )
        )  # fmt: skip
    found += _contradictions(material, keys)
    found += _repeats(material, keys[:edge])
    return found, copied


def level(count: int, tests: int) -> Level:
    """Return the level of `count` test rows that occur in training."""
    return "FAIL" if count >= FEWEST and count >= MANY * tests else "WARN"


def _keys_of_texts(texts: list[str]) -> np.ndarray:
    """Return a number for each text, equal for equal texts, [N]."""
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
    """Return the first words of a text in lower case, with single spaces between them."""
    words = text[: 16 * OPENING].split(None, OPENING)
    if len(words) <= OPENING:  # the text is short, or these words are long
        words = text.split(None, OPENING)
    return " ".join(words[:OPENING]).casefold()


def _keys_of_rows(material: Material) -> np.ndarray:
    """Return a number for each sequence, equal for equal sequences, [N]."""
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
    message = (
        f"{rows:,} of {material.count:,} rows equal a row of another class: no model can answer "
        f"all of these rows correctly."
    )
    pairs = material.pairs(np.minimum(one, two), np.maximum(one, two))
    return [Finding("contradictions", "WARN", message, rows, pairs)]


def _repeats(material: Material, keys: np.ndarray) -> list[Finding]:
    _, first, counts = np.unique(keys, return_index=True, return_counts=True)
    repeats, top = len(keys) - len(counts), int(counts.max())
    if repeats < REPEATS * len(keys) and (top < FAVOURITE * len(keys) or top < 2 * FEWEST):
        return []
    if top == 1:
        return []
    often = int(first[counts.argmax()])
    again = int(np.flatnonzero(keys == keys[often])[1])
    message = (
        f"{repeats:,} of {len(keys):,} training rows repeat another row; one row occurs "
        f"{top:,} times. Each repeat counts in the loss."
    )
    return [Finding("repeats", "WARN", message, repeats, material.pairs([often], [again]))]
