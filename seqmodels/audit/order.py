"""Groups in both parts, windows that overlap across the split, and training on the future.

Thresholds.
- Groups: FAIL for the grouping column of the split, whatever the share, because the split is not as
  asked. WARN for other groups: scores then hold for known speakers only, which may be intended.
- Overlap: FAIL if a training window of the same series contains the last moment of 1 % of the test
  windows; below that WARN, because a window or two at the split do not change a score measurably.
  Test windows that read, but do not predict, moments of training are the normal use of a forecast:
  WARN. If the examples state their first predicted moment, every predicted moment counts as the
  last does, and moments that are only read are no finding.
- Future: FAIL if training comes after half of the test examples in their series, because the parts
  are then not in order of time.
"""

from __future__ import annotations

import numpy as np

from seqmodels.audit.material import PAIRS, Finding, Material
from seqmodels.core.errors import some

KNOWN_ENDS = 0.01  # share of test windows whose last moment training contains
SPELLINGS, FEW = 5, 0.2  # values of a group per class, and per row, at most
LATER = 0.5  # share of test examples with training examples after them


def groups(material: Material) -> list[Finding]:
    """Return a finding for each group that is in both parts, or that determines the class."""
    found, group_by = [], material.data.group_by
    timed = all(part.times is not None for part in material.parts.values())
    for name in material.data.train.groups:
        if not all(name in part.groups for part in material.parts.values()):
            continue
        names, of = np.unique(_named(material, name), return_inverse=True)
        if _determines(material, of, len(names)):
            message = (
                f"{name!r} gives the target away: each of its {len(names):,} values "
                f"({some(names.tolist(), 3)}) has one class. The model does not read this group; "
                f"never make it an input."
            )
            found.append(Finding("giveaway", "WARN", message, material.tests))
            if name != group_by:
                continue
        if name == "series" and timed and name != group_by:
            continue  # a forecast: the same series, later
        seen, test = of[: material.first_test], of[material.first_test :]
        shared = np.intersect1d(seen, test)
        if len(names) < 2 or not len(shared):
            continue
        rows = np.flatnonzero(np.isin(test, shared))
        kinds = len(np.unique(test))
        count = f"{len(shared):,} of the {kinds:,} values of {name!r} in the test part"
        who = f"({some(names[shared].tolist(), 3)})"
        if name == group_by:
            level, more = "FAIL", f"although the split was to keep each {name!r} in one part"
        else:
            level = "WARN"
            more = f"so scores hold for known values. Keep each in one part: --group-by {name}"
        firsts = [int(np.flatnonzero(test == one)[0]) for one in shared[:PAIRS]]
        twins = [int(np.flatnonzero(seen == one)[0]) for one in shared[:PAIRS]]
        pairs = material.pairs(twins, [one + material.first_test for one in firsts])
        message = f"{count} {'is' if len(shared) == 1 else 'are'} in training too {who}, {more}."
        found.append(Finding("groups", level, message, len(rows), pairs))
    return found


def moments(material: Material) -> list[Finding]:
    """Return findings on moments of the test part that training contains or comes after."""
    spans, timed = _spans(material)  # [N, 3]
    if spans is None:
        return []
    exact = timed and np.asarray(material.data.test.times).shape[1] == 3
    series = np.zeros(material.count, np.int64)
    several = all("series" in part.groups for part in material.parts.values())
    if timed and several:
        named = {name: part.groups["series"] for name, part in material.parts.items()}
        series = np.unique(material.column(named).astype(str), return_inverse=True)[1]
    edge = material.first_test
    twin, touches, known, later = _against(spans[:edge], series[:edge], spans[edge:], series[edge:])
    found, tests = [], material.tests
    if exact:
        touches = known
    if touches.any():
        ends, rows = int(known.sum()), np.flatnonzero(known if known.any() else touches)
        level = "FAIL" if ends >= KNOWN_ENDS * tests else "WARN"
        message = (
            f"{int(touches.sum()):,} of {tests:,} test windows overlap training windows of "
            f"their series; training contains the last moment of {ends:,}. Split by time, with a "
            f"gap of one window."
        )
        if exact:
            message = (
                f"{ends:,} of {tests:,} test windows foretell a moment that training contains "
                f"in their series. Split by the time of the predicted moments."
            )
        pairs = material.pairs(twin[rows], rows + edge)
        found.append(Finding("overlap", level if ends else "WARN", message, len(rows), pairs))
    if timed and later.any():
        rows, count = np.flatnonzero(later), int(later.sum())
        last = {one: int(np.flatnonzero(series[:edge] == one)[spans[:edge][series[:edge] == one, 0]
                .argmax()]) for one in np.unique(series[edge:][rows[:PAIRS]])}  # fmt: skip
        pairs = material.pairs([last[series[edge + row]] for row in rows[:PAIRS]],
                               rows[:PAIRS] + edge)  # fmt: skip
        message = (
            f"For {count:,} of {tests:,} test examples, training contains later moments of their "
            f"series. Train on the past, test on the future."
        )
        level = "FAIL" if count >= LATER * tests else "WARN"
        found.append(Finding("future", level, message, count, pairs))
    return found


def _named(material: Material, name: str) -> np.ndarray:
    """Return the value of a group of each example [N], as text."""
    values = {part: examples.groups[name] for part, examples in material.parts.items()}
    return material.column(values).astype(str)


def _determines(material: Material, of: np.ndarray, values: int) -> bool:
    """Return whether a group [N] with `values` distinct values determines the class."""
    kinds = len(material.names)
    if material.classes is None or kinds < 2 or values > SPELLINGS * kinds:
        return False
    return values < FEW * len(of) and len(np.unique(of * kinds + material.classes)) == values


def _spans(material: Material) -> tuple[np.ndarray | None, bool]:
    """Return three moments of each example, [N, 3], and whether they are times.

    These are the first, the first predicted one (if unknown, the last), and the last.
    """
    times = {name: part.times for name, part in material.parts.items()}
    if all(one is not None for one in times.values()):
        spans = material.column({name: _three(np.asarray(one)) for name, one in times.items()})
        wide = spans.astype(np.int64) if spans.dtype.kind in "mM" else spans
        return wide.astype(np.float64), True
    if material.windows_share():
        starts = np.concatenate([np.asarray(rows.starts) for rows in material.rows])
        last = starts + material.lengths() - 1
        return np.stack([starts, last, last], axis=1), False
    return None, False


def _three(times: np.ndarray) -> np.ndarray:
    """Return times [N, 2] or [N, 3] as [N, 3]."""
    return times if times.shape[1] == 3 else times[:, [0, 1, 1]]


def _against(
    seen: np.ndarray, seen_series: np.ndarray, test: np.ndarray, test_series: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Compare spans [N, 3] of the test part with those of training, series by series.

    Returns:
        For each test span: the training span with the latest end among those that begin before
        the test span ends; whether it overlaps; whether it reaches the predicted moments; and
        whether a training span begins after the test span.
    """
    n = len(test)
    twin = np.zeros(n, np.int64)
    touches, known, later = np.zeros(n, bool), np.zeros(n, bool), np.zeros(n, bool)
    order = np.lexsort((seen[:, 0], seen_series))
    kinds, firsts = np.unique(seen_series[order], return_index=True)
    ends = np.append(firsts[1:], len(order))
    where = np.argsort(test_series, kind="stable")
    for one, first, end in zip(kinds, firsts, ends, strict=True):
        low, high = np.searchsorted(test_series[where], [one, one + 1])
        rows = where[low:high]
        if not len(rows):
            continue
        mine = order[first:end]
        begins, stops = seen[mine, 0], seen[mine, 2]
        highest = np.maximum.accumulate(stops)
        which = np.maximum.accumulate(np.where(stops >= highest, np.arange(len(mine)), 0))
        before = np.searchsorted(begins, test[rows, 2], side="right")
        some_before = before > 0
        at = np.maximum(before - 1, 0)
        twin[rows] = mine[which[at]]
        touches[rows] = some_before & (highest[at] >= test[rows, 0])
        known[rows] = some_before & (highest[at] >= test[rows, 1])
        later[rows] = before < len(mine)
    return twin, touches, known, later
