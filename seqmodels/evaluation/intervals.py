"""How sure a score is: the same answers scored on a thousand test parts drawn from this one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqmodels.core.examples import Examples, codes_of
from seqmodels.heads.base import Head, Prediction, scorer

SHARE = 0.95  # of an interval
DRAWS = {30_000: 1000, 100_000: 400, 200_000: 200}  # resamples, by examples at most
MOST = max(DRAWS)  # examples that intervals are made of; of more, so many spread evenly
SLOW = 100  # resamples for a head that scores weighted examples by repeating rows,
WIDE = 1_000_000  # or of more numbers than these
TOGETHER = 2**19  # numbers of the weights that are worked on together, 4 MB
BLOCKS = 10  # that windows in time should at least make

Limits = tuple[float, float]
Draws = Mapping[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Units:
    """What is drawn: examples, whole groups of them, or stretches of time.

    Args:
        says: What is drawn, in words: "examples", "writers", "blocks of 12 windows".
        of: The unit that each example belongs to, [N], from 0 to `count` - 1, ordered in time
            where there are blocks. None: each is its own.
        count: Number of units.
        block: Units that are drawn together, one after another.
    """

    says: str
    count: int
    of: np.ndarray | None = None
    block: int = 1

    @property
    def independent(self) -> float:
        """How many drawings a test part is made of."""
        return self.count / self.block

    def take(self, rows: np.ndarray) -> Units:
        """Return the units of some of the examples."""
        if self.of is None and self.block == 1:
            return Units(self.says, len(rows))
        of = np.arange(self.count) if self.of is None else self.of
        return Units(self.says, self.count, of[rows], self.block)

    def draws(self, number: int, together: int = TOGETHER) -> Iterator[np.ndarray]:
        """Yield how often each example counts, [R, N], a few of `number` draws at a time.

        The draws are always the same. Units are drawn with replacement (Efron and Tibshirani
        1993, "An introduction to the bootstrap"): whole groups where examples of one group are
        alike (Field and Welsh 2007, "Bootstrapping clustered data"), blocks where neighbours in
        time are (Kuensch 1989, "The jackknife and the bootstrap for general stationary
        observations"; the last is followed by the first, so that each counts alike: Politis and
        Romano 1992).

        Args:
            number: Draws in all.
            together: Numbers that a chunk of draws has at most, unless one draw has more.
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


def units_of(test: Examples, apart: str | None = None) -> Units:
    """Return what is to be drawn of a test part.

    Args:
        test: The examples.
        apart: The group that the parts do not share, such as the writer: a new test part would
            have other writers, so these are drawn.
    """
    if apart is not None and apart in test.groups:
        groups, of = np.unique(codes_of(test.groups[apart]), return_inverse=True)
        return Units(_many(apart), len(groups), of)
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
    """Return every score of every prediction on the same resamples, and how many there are.

    Args:
        head: Fitted.
        targets: In the user's own units, [N].
        predictions: Answers to the same examples, by name.
        units: What is drawn of them.
        reference: What `Head.relative` compares with; None: nothing.

    Returns:
        Name to score to its values on R resamples, [R]; NaN where it is not defined.
    """
    from threadpoolctl import threadpool_limits

    ways = {name: scorer(head, targets, one) for name, one in predictions.items()}
    draws = next(number for most, number in DRAWS.items() if len(targets) <= most)
    wide = max(np.size(one.answers) for one in predictions.values()) > WIDE
    if wide or not all(quick for _, quick in ways.values()):
        draws = min(draws, SLOW)
    chunks: dict[str, list[Draws]] = {name: [] for name in predictions}
    with threadpool_limits(1):  # of products this small, several cores make none quicker
        for weights in units.draws(draws, TOGETHER * 4 if wide else TOGETHER):
            for name, (score, _) in ways.items():
                found = score(weights)
                chunks[name].append({**found, **_relative(head, found, reference)})
    return {name: _joined(each, draws) for name, each in chunks.items()}, draws


def _relative(
    head: Head, found: Draws, reference: Mapping[str, float] | None
) -> dict[str, np.ndarray]:
    """Return what `Head.relative` says of each draw, [R] each; NaN where it says nothing."""
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
    """Return the scores of all draws, [R] each, from those of a few draws at a time."""
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
    """Return the limits of the 95 % interval of a score, from its values on resamples, [R].

    These are percentiles, so that no limit lies where no score can, and nothing need be known
    of a score but how to compute it; BCa would need as many more scores as there are examples,
    and has no advantage for blocks. Percentiles of few units lie too close together, by as much
    as Student's t lies further out than the normal: they are spread by that (Hesterberg 2015,
    "What teachers should know about the bootstrap", section 5.1).

    Args:
        values: NaN where the score is not defined.
        units: What was drawn.

    Returns:
        None where resamples cannot tell: fewer than two units, a score that is rarely defined,
        or that is the same whatever is drawn, as when every answer is right.
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
    """Return blocks of moments, of all series together; or whole series where moments are few.

    A block is as long as windows overlap, at least the cube root of the number of moments (the
    order that is best for a mean: Kuensch 1989), and no longer than leaves ten blocks.
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
