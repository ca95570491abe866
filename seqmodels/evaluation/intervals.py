"""Bootstrap intervals of scores: the same answers, scored on resamples of the test part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqmodels.core.examples import Examples, codes_of
from seqmodels.heads.base import Head, Prediction, scorer

SHARE = 0.95  # probability of an interval
DRAWS = {30_000: 1000, 100_000: 400, 200_000: 200}  # largest number of examples: resamples
MOST = max(DRAWS)  # examples at most; of larger test parts, evenly spaced ones are used
SLOW = 100  # resamples if a head scores by repeating rows, or if answers are WIDE
WIDE = 1_000_000  # numbers of the answers
TOGETHER = 2**19  # weights in one chunk of resamples, 4 MB
BLOCKS = 10  # blocks of time, at least

Limits = tuple[float, float]
Draws = Mapping[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Units:
    """Units of the bootstrap: examples, groups of examples, or blocks of time.

    Args:
        name: Name of the units: "examples", "writers", "blocks of 12 windows".
        of: Unit of each example, [N], from 0 to `count` - 1, in order of time if there are
            blocks. None: each example is a unit.
        count: Number of units.
        block: Number of consecutive units in one block.
    """

    name: str
    count: int
    of: np.ndarray | None = None
    block: int = 1

    @property
    def independent(self) -> float:
        """Number of independent draws in one resample."""
        return self.count / self.block

    def take(self, rows: np.ndarray) -> Units:
        """Return the units of the given rows."""
        if self.of is None and self.block == 1:
            return Units(self.name, len(rows))
        of = np.arange(self.count) if self.of is None else self.of
        return Units(self.name, self.count, of[rows], self.block)

    def draws(self, number: int, together: int = TOGETHER) -> Iterator[np.ndarray]:
        """Yield the count of each example in each resample, [R, N], in chunks of resamples.

        The seed is fixed, so that resamples are always the same. Units are drawn with replacement
        (Efron and Tibshirani 1993, "An introduction to the bootstrap"). Groups are drawn whole if
        examples of a group resemble each other (Field and Welsh 2007, "Bootstrapping clustered
        data"). Blocks are drawn if neighbours in time do (Kuensch 1989, "The jackknife and the
        bootstrap for general stationary observations"). The last unit is followed by the first,
        so that all units count equally (Politis and Romano 1992).

        Args:
            number: Number of resamples.
            together: Largest number of counts in a chunk; a chunk has at least one resample.
        """
        random = np.random.default_rng(0)
        steps, blocks = np.arange(self.block), -(-self.count // self.block)
        most = max(1, together // (self.count if self.of is None else len(self.of)))
        for first in range(0, number, most):
            size = min(most, number - first)
            picked = random.integers(self.count, size=(size, blocks))
            if self.block > 1:
                picked = ((picked[:, :, None] + steps) % self.count).reshape(size, -1)
            counts = np.empty((size, self.count))
            for row, units in enumerate(picked[:, : self.count]):
                counts[row] = np.bincount(units, minlength=self.count)
            yield counts if self.of is None else counts[:, self.of]


def units_of(test: Examples, group_by: str | None = None) -> Units:
    """Return the units that the bootstrap draws of a test part.

    Args:
        test: The examples.
        group_by: Grouping column of the split, such as the writer. Groups are then the units,
            because a new test part would have other writers.
    """
    if group_by is not None and group_by in test.groups:
        groups, of = np.unique(codes_of(test.groups[group_by]), return_inverse=True)
        return Units(_many(group_by), len(groups), of)
    if test.times is not None:
        return _in_time(test, np.asarray(test.times))
    return Units("examples", len(test))


def scored(
    head: Head,
    targets: Sequence[Any],
    predictions: Mapping[str, Prediction],
    units: Units,
    reference: Mapping[str, float] | None = None,
) -> tuple[dict[str, Draws], int]:
    """Return each score of each prediction on the same resamples, and the number of resamples.

    Args:
        head: Fitted.
        targets: Targets in the user's units, [N].
        predictions: Answers to the same examples, by name.
        units: Units that are drawn.
        reference: Scores that `Head.relative` divides by; None: no relative scores.

    Returns:
        By name, each score with its values on R resamples, [R]; NaN where it is undefined.
    """
    from threadpoolctl import threadpool_limits

    ways = {name: scorer(head, targets, one) for name, one in predictions.items()}
    draws = next(number for most, number in DRAWS.items() if len(targets) <= most)
    wide = max(one.size for one in predictions.values()) > WIDE
    if wide or not all(quick for _, quick in ways.values()):
        draws = min(draws, SLOW)
    chunks: dict[str, list[Draws]] = {name: [] for name in predictions}
    with threadpool_limits(1):  # several cores are no faster for products this small
        for weights in units.draws(draws, TOGETHER * 4 if wide else TOGETHER):
            for name, (score, _) in ways.items():
                found = score(weights)
                chunks[name].append({**found, **_relative(head, found, reference)})
    return {name: _joined(each, draws) for name, each in chunks.items()}, draws


def _relative(
    head: Head, found: Draws, reference: Mapping[str, float] | None
) -> dict[str, np.ndarray]:
    """Return the scores of `Head.relative` on each resample, [R] each; NaN where undefined."""
    if not reference:
        return {}
    values = {name: one.tolist() for name, one in found.items()}
    rows = [
        head.relative({n: v for n, v in zip(values, row, strict=True) if v == v}, dict(reference))
        for row in zip(*values.values(), strict=True)
    ]
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: np.array([row.get(name, np.nan) for row in rows]) for name in names}


def _joined(chunks: Sequence[Draws], draws: int) -> Draws:
    """Return the scores of all resamples, [R] each, from the chunks."""
    names = dict.fromkeys(name for chunk in chunks for name in chunk)
    joined = {name: np.full(draws, np.nan) for name in names}
    first = 0
    for chunk in chunks:
        size = len(next(iter(chunk.values())))
        for name, values in chunk.items():
            joined[name][first : first + size] = values
        first += size
    return joined


def limits(values: np.ndarray, units: Units) -> Limits | None:
    """Return the limits of the 95 % interval of a score from its values on resamples, [R].

    The limits are percentiles: they never leave the range of the score, and need only the score
    itself. BCa intervals would need one more score per example, and have no advantage for blocks.
    Percentiles of few units are too narrow. They are widened by the ratio of the quantile of
    Student's t to the normal quantile (Hesterberg 2015, "What teachers should know about the
    bootstrap", section 5.1).

    Args:
        values: Values of the score; NaN where it is undefined.
        units: Units that were drawn.

    Returns:
        None for fewer than two units, for a score that is undefined on most resamples, and for a
        score that is equal on all resamples, as when every answer is correct.
    """
    from scipy.special import ndtr, stdtrit

    known, independent = values[np.isfinite(values)], units.independent
    if independent < 2 or len(known) < len(values) / 2:
        return None
    if np.ptp(known) <= 1e-12 * np.abs(known).max():  # the same, but for rounding
        return None
    far = np.sqrt(independent / (independent - 1)) * stdtrit(independent - 1, (1 + SHARE) / 2)
    tail = float(ndtr(-far))
    low, high = np.quantile(known, [tail, 1 - tail])
    return float(low), float(high)


def _in_time(test: Examples, times: np.ndarray) -> Units:
    """Return blocks of moments of all series together, or whole series if moments are few.

    A block is as long as windows overlap, and at least the cube root of the number of moments (the
    best order for a mean: Kuensch 1989). It is short enough to leave ten blocks.
    """
    moments, of = np.unique(times[:, -1], return_inverse=True)
    overlap = np.median(of - np.searchsorted(moments, times[:, 0]) + 1)
    block = max(int(np.ceil(len(moments) ** (1 / 3))), min(int(overlap), len(moments) // BLOCKS))
    for name, values in test.groups.items():
        groups, whose = np.unique(codes_of(values), return_inverse=True)
        if len(moments) / block < BLOCKS <= len(groups):
            return Units(_many(name), len(groups), whose)
    if block == 1:
        return Units("examples", len(moments), of)
    several = "windows" if len(moments) == len(test) else "moments of all series"
    return Units(f"blocks of {block} {several}", len(moments), of, block)


def _many(name: str) -> str:
    return name if name.endswith("s") else f"{name}s"
