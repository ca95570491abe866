"""Targets that one simple feature gives away: the length, one number of one step, or one word.

A rule is fitted on one feature of training examples: the most frequent class of each value, or of
each of 64 ranges with equally many examples. It is scored on test examples, by the share of the
errors of the most frequent class that it avoids; there must be at least five such errors.

Thresholds.
- Length, in words or steps: WARN from half of the errors avoided, FAIL from 95 %. Classes seldom
  differ in length by nature, and often by how they were collected or padded. There is no FAIL with
  fewer than 50 test rows or, for texts, fewer than ten different lengths.
- One number of one step: WARN from 90 %. FAIL from 98 % with few distinct values (20, or two per
  class), as in a column of class numbers; a measured number may separate two classes honestly.
- One word: WARN from 90 %, because a word may decide honestly.
- Numeric targets: FAIL if a channel equals the target at one step in 99 % of the examples. WARN if
  one number explains 99.99 % of its variance; the last step of a channel that is itself predicted
  does not count, because many series change slowly.
- A target of 20 rows or more that takes each number of a range once counts the rows: WARN.
"""

from __future__ import annotations

import heapq
from collections import Counter

import numpy as np

from seqmodels.audit.material import Finding, Material
from seqmodels.core.sequences import Sequences

RANGES = 64
COUNTED = 20  # rows, at least, for a finding on row numbers
LENGTH_WARN, LENGTH_FAIL = 0.5, 0.95
LENGTH_TESTS, LENGTH_KINDS = 50, 10  # test rows, and different lengths of texts, for a FAIL
STEP_WARN, STEP_FAIL = 0.9, 0.98
WORD_WARN = 0.9
LENGTH_EXPLAINS, STEP_EXPLAINS, SAME = 0.9, 0.9999, 0.99
AVOIDABLE = 5  # errors of the most frequent class, at least
CLASSES = 100  # at most, for steps and words
PROMISING = 32  # features of one step whose rule is scored
FEATURES = 4096  # of one step, at most; steps are left out evenly above


def length(material: Material, most: int) -> list[Finding]:
    """Return a finding if the length gives the target away; reads at most `most` texts."""
    if material.texts is None:
        values, edge = material.lengths().astype(np.float64), material.first_test
        chosen, what, least = np.arange(material.count), "steps", 2
        advice = "Cut all to one length (length=), or find out why they differ."
    else:
        seen, tests = material.sample(most)
        chosen, edge = np.concatenate([seen, tests]), len(seen)
        values = np.array([len(material.words(i)) for i in chosen.tolist()], np.float64)
        what, least = "words", LENGTH_KINDS
        advice = (
            "Find out why one class is longer. If the collection caused it, fix the collection."
        )
    kinds, tested = len(np.unique(values)), len(values) - edge
    if kinds == 1:
        return []
    if material.classes is not None:
        y = material.classes[chosen]
        avoided = _avoided(values[:edge], y[:edge], values[edge:], y[edge:])
        if avoided < LENGTH_WARN:
            return []
        enough = tested >= LENGTH_TESTS and kinds >= least
        level = "FAIL" if avoided >= LENGTH_FAIL and enough else "WARN"
        message = (
            f"The number of {what} alone avoids {avoided:.0%} of the errors of the most frequent "
            f"class. {advice}"
        )
    elif material.numbers is not None:
        y = material.numbers[chosen]
        share = _explained(values[:edge], y[:edge], values[edge:], y[edge:])
        if share < LENGTH_EXPLAINS:
            return []
        level = "WARN"
        message = f"The number of {what} alone explains {share:.1%} of the variance of the target."
    else:
        return []
    return [Finding("length", level, message.replace("%", " %"))]


def counts(material: Material) -> list[Finding]:
    """Return a finding if the target takes each number of a range exactly once."""
    y = material.numbers
    if y is None or len(y) < COUNTED or not (np.diff(np.sort(y)) == 1).all():
        return []
    message = (
        f"The target counts the rows: it is each number from {y.min():.0f} to {y.max():.0f}, once. "
        f"It does not depend on the inputs: choose another target=."
    )
    return [Finding("row numbers", "WARN", message, len(y))]


def steps(material: Material, seen: np.ndarray, tests: np.ndarray) -> list[Finding]:
    """Return a finding if one number of one step gives the target away."""
    one, two = material.steps(seen), material.steps(tests)
    least = min(int(one.lengths.min()), int(two.lengths.min()))
    channels = one.values.shape[1]
    places = np.unique(np.linspace(0, least - 1, max(FEATURES // channels, 1)).astype(int))
    x, x_test = _features(one, places), _features(two, places)  # [N, F]
    if material.classes is not None and 1 < len(material.names) <= CLASSES:
        y = material.classes[seen], material.classes[tests]
        return _class_in_step(material, x, x_test, *y, places, channels)
    if material.numbers is not None:
        y = material.numbers[seen], material.numbers[tests]
        return _number_in_step(material, x, x_test, *y, places, channels)
    return []


def words(material: Material, seen: np.ndarray, tests: np.ndarray) -> list[Finding]:
    """Return a finding if one word separates a class from the others."""
    if material.classes is None or not 1 < len(material.names) <= CLASSES:
        return []
    classes = material.classes
    there = [set(material.words(i)) for i in seen.tolist()]
    counts = [Counter[str]() for _ in material.names]
    for text, one in zip(there, classes[seen].tolist(), strict=True):
        counts[one].update(text)
    sizes = np.bincount(classes[seen], minlength=len(counts))
    in_test = [set(material.words(i)) for i in tests.tolist()]
    found, total = [], Counter[str]()
    for one in counts:
        total.update(one)
    for k, count in enumerate(counts):
        wrong = {w: min(total[w] - n + sizes[k] - n, len(seen)) for w, n in count.items()}
        for word in heapq.nsmallest(3, wrong, key=lambda w: (wrong[w], w)):
            right = np.array([word in text for text in in_test]) == (classes[tests] == k)
            usual = min((classes[tests] == k).mean(), 1 - (classes[tests] == k).mean())
            if usual * len(tests) >= AVOIDABLE:
                found.append((1 - (1 - right.mean()) / usual, word, k))
    avoided, word, k = max(found, default=(0.0, "", 0))
    if avoided < WORD_WARN:
        return []
    message = (
        f"The word {word!r} alone separates class {material.names[k]!r} from the rest: it avoids "
        f"{avoided:.0%} of the errors. Check whether the label was left in the text."
    ).replace("%", " %")
    return [Finding("word", "WARN", message)]


def _class_in_step(
    material: Material, x: np.ndarray, x_test: np.ndarray, y: np.ndarray, y_test: np.ndarray,
    places: np.ndarray, channels: int,
) -> list[Finding]:  # fmt: skip
    found = []
    for feature in _promising(x, y):
        avoided = _avoided(x[:, feature], y, x_test[:, feature], y_test)
        if avoided >= STEP_WARN:
            kinds = len(np.unique(x[:, feature]))
            few = kinds <= max(20, 2 * len(material.names))
            found.append((avoided >= STEP_FAIL and few, avoided, -int(feature)))
    if not found:
        return []
    fail, avoided, feature = max(found)
    where = _named(material, -feature, places, channels)
    message = f"{where} alone avoids {avoided:.0%} of the errors of the most frequent class."
    if fail:
        message += " It has few distinct values, like a column of labels. Leave it out."
    level = "FAIL" if fail else "WARN"
    return [Finding("giveaway", level, message.replace("%", " %"), len(y_test))]


def _number_in_step(
    material: Material, x: np.ndarray, x_test: np.ndarray, y: np.ndarray, y_test: np.ndarray,
    places: np.ndarray, channels: int,
) -> list[Finding]:  # fmt: skip
    good = np.isfinite(y)
    if good.sum() < 10 or np.unique(y[good]).size < 10:
        return []
    _, often = np.unique(y_test, return_counts=True)
    if often.max() > len(y_test) / 2:
        return []
    own = set(getattr(material.data.encoder, "continues", None) or ())
    spread = x[good].std(axis=0)
    centred = (x[good] - x[good].mean(axis=0)) / np.where(spread > 0, spread, 1)
    towards = y[good] - y[good].mean()
    related = np.abs(centred.T @ towards) / len(towards) / (towards.std() or 1)
    for feature in np.argsort(-related)[:PROMISING]:
        last = feature >= x.shape[1] - 2 * channels
        if last and feature % channels in own:
            continue
        where = _named(material, int(feature), places, channels)
        column, column_test = x[good][:, feature], x_test[:, feature]
        if np.isclose(column_test, y_test, rtol=1e-6, atol=0).mean() >= SAME:
            message = f"{where} is the target itself. Leave it out."
            return [Finding("target among inputs", "FAIL", message, len(y_test))]
        share = _explained(column, y[good], column_test, y_test)
        if share >= STEP_EXPLAINS:
            message = f"{where} alone explains {share:.2%} of the variance of the target."
            return [Finding("giveaway", "WARN", message.replace("%", " %"), len(y_test))]
    return []


def _features(rows: Sequences, places: np.ndarray) -> np.ndarray:
    """Return the numbers at some steps, at the last step, and their mean, [N, F]."""
    n, starts = len(rows), np.asarray(rows.starts)
    chosen = rows.values[starts[:, None] + places].reshape(n, -1)
    last = rows.values[starts + rows.lengths - 1]
    mean = np.add.reduceat(rows.values, starts, axis=0) / np.asarray(rows.lengths)[:, None]
    return np.concatenate([chosen, last, mean], axis=1)


def _named(material: Material, feature: int, places: np.ndarray, channels: int) -> str:
    columns = getattr(material.data.encoder, "columns", None)
    channel = feature % channels
    named = columns[channel] if columns and len(columns) == channels else channel
    row = feature // channels
    where = [*(f"step {place}" for place in places), "the last step", "the mean"][row]
    return f"Channel {named!r} at {where}".replace("at the mean", "by its mean")


def _promising(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the features with the largest variance between classes, relative to all variance."""
    kinds, codes = np.unique(y, return_inverse=True)
    member = (codes[None] == np.arange(len(kinds))[:, None]).astype(np.float64)  # [K, N]
    centred = x - x.mean(axis=0)
    between = np.square(member @ centred) / member.sum(axis=1)[:, None]
    total = np.square(centred).sum(axis=0)
    share = between.sum(axis=0) / np.where(total > 0, total, np.inf)
    return np.argsort(-share, kind="stable")[:PROMISING]


def _avoided(x: np.ndarray, y: np.ndarray, x_test: np.ndarray, y_test: np.ndarray) -> float:
    """Return the share of the most frequent class's errors that a rule on one feature avoids."""
    usual = np.bincount(y).argmax()
    wrong = np.count_nonzero(y_test != usual)
    if wrong < AVOIDABLE:
        return 0.0
    values = np.unique(x)
    middles = (values[1:] + values[:-1]) / 2
    if len(values) > RANGES:
        middles = np.unique(np.quantile(x, np.linspace(0, 1, RANGES + 1)[1:-1]))
    table = np.zeros((len(middles) + 1, int(max(y.max(), y_test.max())) + 1))
    np.add.at(table, (np.searchsorted(middles, x), y), 1)
    table[:, usual] += 0.5  # for ranges without examples
    answers = table.argmax(axis=1)[np.searchsorted(middles, x_test)]
    return 1 - np.count_nonzero(answers != y_test) / wrong


def _explained(x: np.ndarray, y: np.ndarray, x_test: np.ndarray, y_test: np.ndarray) -> float:
    """Return the share of the variance of `y_test` that a line fitted on training explains."""
    if x.std() == 0 or not np.isfinite(y_test).all() or y_test.std() == 0:
        return 0.0
    slope = np.mean((x - x.mean()) * (y - y.mean())) / x.var()
    miss = y_test - (y.mean() + slope * (x_test - x.mean()))
    return float(1 - np.mean(np.square(miss)) / y_test.var())
