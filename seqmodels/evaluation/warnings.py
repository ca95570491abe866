"""Warnings about a run: why its scores may mislead, by how much, and what to do."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from seqmodels.core.errors import some
from seqmodels.core.sequences import Sequences
from seqmodels.evaluation.cuts import Cut
from seqmodels.evaluation.scores import Evaluation
from seqmodels.heads.base import Head, Prediction

ENOUGH = 50  # validation examples; the loss of fewer is too noisy for warnings
WIDE = 0.10  # width of an interval of a share, from which the test part is called small
FINE = 0.02  # half-width of an interval that a large enough test part has
SHARED = 0.01  # share of the test part that the training part contains
RATIO, GAP = 1.5, 0.1  # validation loss over training loss; their gap over the largest loss
FALLING = 0.01  # share by which the last validation loss is below all others
LOST = 0.05  # share of sequences that are cut
BETWEEN = ("duplicates", "near-duplicates", "shifted copies", "overlap", "future", "groups")


def run_warnings(
    head: Head,
    found: Evaluation,
    *,
    answers: Prediction,
    truth: Sequence[Any],
    history: Sequence[Mapping[str, float]],
    patience: int,
    valid: int,
    classes: Mapping[str, Mapping[Any, int]],
    audit: Mapping[str, Any] | None = None,
    cut: Cut | None = None,
    budget: bool = False,
) -> list[str]:
    """Return the warnings about a run, the most serious first.

    Args:
        head: Fitted.
        found: Scores of the model and of the baselines.
        answers: The model's answers to the test part.
        truth: Targets of the test part.
        history: One row per epoch.
        patience: 0: the model has the weights of the last epoch; otherwise of the best epoch.
        valid: Number of validation examples; below `ENOUGH` their loss is ignored.
        classes: Number of examples of each class, by part; empty without classes.
        audit: Record of the audit, as `Audit.record` returns it.
        cut: Share of the training part that is cut off.
        budget: Whether a time budget limits the number of epochs.
    """
    return [
        *_shared(audit, len(answers)),
        *_constant(answers, truth),
        *_beaten(head, found),
        *_missing(classes),
        *(_overfitting(history, patience) if valid >= ENOUGH else ()),
        *(_underfitting(history, budget) if valid >= ENOUGH or len(history) == 1 else ()),
        *_too_few(head, found, len(answers)),
        *_cut(cut),
    ]


def _shared(audit: Mapping[str, Any] | None, tests: int) -> Iterator[str]:
    """Warn of examples that the test part shares with training."""
    findings = audit["findings"] if audit else ()
    for one in findings:
        if one["level"] == "FAIL":
            yield f"The scores may not hold for new data: the audit says FAIL, {one['kind']}."
    large = [one for one in findings if one["level"] != "FAIL" and one["kind"] in BETWEEN]
    kinds = [one["kind"] for one in large if one["count"] >= SHARED * tests]
    if kinds:
        yield (
            f"Some test examples are not new: the audit warns of {', '.join(kinds)}. Scores may be "
            f"too good. 'seqmodels inspect' shows the rows; keep each group of them in one part."
        )


def _constant(answers: Prediction, truth: Any) -> Iterator[str]:
    """Warn of a model that gives the same answer to every input."""
    if isinstance(answers.answers, Sequences):
        known, given = Sequences.laid(truth).packed(), answers.answers.packed()
    elif len(answers) and isinstance(answers.answers[0], tuple):
        known, given = (np.array([str(one) for one in each]) for each in (truth, answers.answers))
    else:
        known, given = np.asarray(truth), np.asarray(answers.answers)
    if len(given) < 2:
        return
    if answers.scores is None and given.dtype.kind == "f":
        spread = np.ptp(known.astype(np.float64), axis=0)
        if (spread > 0).any() and (np.ptp(given, axis=0) <= 1e-3 * spread).all():
            yield (
                f"The model answers nearly the same number to all {len(given):,} test examples, "
                f"{float(np.mean(given)):.4g} on average. It has learned nothing from the inputs: "
                f"try another learning rate or more epochs, or check the inputs."
            )
        return
    first = given[0]
    if (given == first).all() and len(np.unique(known.astype(str))) > 1:
        yield (
            f"The model answers {str(first)!r} to all {len(given):,} test examples. "
            f"Try another learning rate, more epochs, or training classes of more equal size."
        )


def _beaten(head: Head, found: Evaluation) -> Iterator[str]:
    """Warn of baselines that are, or may be, as good as the model."""
    better, near = _rivals(head, found)
    if better:
        gain = found.gains.get(better[0])
        chance = gain is not None and gain.high > 0
        advice = (
            f"The difference is not significant: test on more {found.resampled}, or change the "
            if chance
            else "Use the simpler model, or change the "
        )
        yield (
            f"The LSTM does not beat {better[0]!r}: {_against(head, found, better[0])}. "
            f"{_others(better)}{advice}network: units, epochs, learning rate."
        )
    if near:
        yield (
            f"The LSTM may be no better than {near[0]!r}: {_against(head, found, near[0])}. "
            f"{_others(near)}Test on more {found.resampled}, or train with several seeds."
        )


def _rivals(head: Head, found: Evaluation) -> tuple[list[str], list[str]]:
    """Return the baselines that are, and those that may be, as good as the model; best first."""
    name, sign = head.headline, 1 if head.higher_is_better else -1
    better, near = [], []
    for rival in sorted(found.baselines, key=lambda one: -sign * found.baselines[one][name]):
        gain = found.gains.get(rival)
        ahead = sign * (found.scores[name] - found.baselines[rival][name])
        if (ahead if gain is None else gain.difference) <= 0:
            better.append(rival)
        elif gain is not None and gain.low <= 0:
            near.append(rival)
    return better, near


def _against(head: Head, found: Evaluation, rival: str) -> str:
    """Return the headline score of the model and of a baseline, and their difference."""
    name, gain = head.headline, found.gains.get(rival)
    text = f"{name} {found.scores[name]:.4g} against {found.baselines[rival][name]:.4g}"
    if gain is None:
        return text
    limits = f"{gain.low:.3g} to {gain.high:.3g}"
    return f"{text}, a difference of {gain.difference:.3g} with 95 % interval {limits}"


def _others(rivals: Sequence[str]) -> str:
    return f"The same holds for {some(rivals[1:])}. " if len(rivals) > 1 else ""


def _missing(classes: Mapping[str, Mapping[Any, int]]) -> Iterator[str]:
    """Warn of classes without an example in a part."""
    effects = {
        "train": "The model cannot learn these classes",
        "valid": "Early stopping ignores these classes",
        "test": "The scores ignore these classes",
    }
    for part, counts in classes.items():
        lost = [str(name) for name, count in counts.items() if not count]
        if lost:
            yield (
                f"The {part} part has no example of {len(lost)} of {len(counts)} classes: "
                f"{some(lost)}. {effects[part]}: add examples, or split differently."
            )


def _overfitting(history: Sequence[Mapping[str, float]], patience: int) -> Iterator[str]:
    """Warn of overfitting: training scores far above validation scores in the epoch kept."""
    losses = [row["valid_loss"] for row in history]
    best = int(np.argmin(losses))
    row = history[best if patience else -1]
    loss, valid = row["loss"], row["valid_loss"]
    most = max(max(one["loss"], one["valid_loss"]) for one in history)
    if valid > RATIO * loss and valid - loss > GAP * most:
        measures = [name for name in row if f"valid_{name}" in row]
        scores = ", ".join(
            f"{one} {row[one]:.3g} against {row[f'valid_{one}']:.3g}" for one in measures
        )
        fewer = f"{best + 1} epochs, " if row is not history[best] else ""
        yield (
            f"Training is much better than validation in epoch {row['epoch']:.0f}, whose weights "
            f"were kept: {scores}. The model is overfitting: try {fewer}more dropout, "
            f"fewer units, or more data."
        )


def _underfitting(history: Sequence[Mapping[str, float]], budget: bool) -> Iterator[str]:
    """Warn of a validation loss that was still falling when training ended."""
    losses = [row["valid_loss"] for row in history]
    what = "the budget" if budget else "epochs"
    if len(losses) < 2:
        yield (
            f"A single epoch does not show whether training was finished: raise {what}; training "
            f"stops early by itself."
        )
    elif losses[-1] < (1 - FALLING) * min(losses[:-1]):
        yield (
            f"Training was not finished: the validation loss was still falling in the last of "
            f"{len(losses)} epochs, from {min(losses[:-1]):.4g} to {losses[-1]:.4g}. Raise {what}."
        )


def _too_few(head: Head, found: Evaluation, tests: int) -> Iterator[str]:
    """Warn of a test part that is too small to measure the headline score."""
    name = head.headline
    if name not in found.intervals.get("model", {}):
        return
    low, high = found.intervals["model"][name]
    wide, gain = high - low, found.gains.get(head.baseline)
    if not wide > 0:
        return
    share = head.higher_is_better and low >= 0 and high <= 1
    if share and wide > WIDE:
        needed = _round(tests * (wide / 2 / FINE) ** 2)
        more = f"About {needed:,} test examples would give an interval of ±{FINE:.2g}."
    elif gain is not None and gain.low <= 0 < gain.difference:
        needed = _round(tests * ((gain.difference - gain.low) / gain.difference) ** 2)
        more = (
            f"Its lead of {gain.difference:.3g} over {head.baseline!r} is not significant; about "
            f"{needed:,} test examples would make a lead of this size significant."
        )
    else:
        return
    yield (
        f"The test part is small: with {tests:,} examples, {name} {found.scores[name]:.4g} has "
        f"95 % interval {low:.3g} to {high:.3g}. {more}"
    )


def _cut(cut: Cut | None) -> Iterator[str]:
    """Warn of sequences that are cut."""
    if cut is not None and cut.sequences >= LOST:
        about = "About " if cut.sampled else ""
        yield (
            f"{about}{100 * cut.sequences:.2g} % of the training sequences have more than "
            f"{cut.limit:,} steps and are cut there; {100 * cut.steps:.2g} % of all steps are "
            f"not read. Raise the length (dataset.length) if these steps may matter."
        )


def _round(number: float) -> int:
    """Return a number from 1 on, rounded up to two digits."""
    unit = 10 ** max(math.floor(math.log10(max(number, 1))) - 1, 0)
    return math.ceil(number / unit) * unit
