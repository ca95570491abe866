"""Examples with their inputs: the worst mistakes and some correct answers, each explained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from seqmodels.core.numbers import number
from seqmodels.report.answers import Answers
from seqmodels.report.pages import Drawn, drawn

if TYPE_CHECKING:
    from seqmodels.report.run_report import Tested

WORST, BEST = 6, 3
LONGEST = 4000  # steps; longer examples are not explained


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One test example on a page.

    Args:
        row: Row of the example in the test part, counted from 0.
        truth: Target as text.
        answer: Answer as text, with its probability.
        line: The input as one line of text.
        words: The input as pieces of text, each with its contribution from -1 to 1.
        picture: The input as a figure.
        note: Which output the contributions add up to, or why they are missing; may be empty.
    """

    row: int
    truth: str
    answer: str
    line: str
    words: list[tuple[str, float | None]]
    picture: Drawn | None
    note: str


def shown(tested: Tested, answers: Answers) -> dict[str, list[Shown]]:
    """Return the worst mistakes and some correct answers, with their inputs where available."""
    explainer = None
    if tested.model is not None and tested.sequences is not None:
        from seqmodels.model.explain import Explainer

        explainer = Explainer(tested.model)
    return {
        title: [_one(tested, answers, explainer, int(i), title) for i in places]
        for title, places in (("worst", answers.worst(WORST)), ("best", answers.best(BEST)))
    }


def _one(tested: Tested, answers: Answers, explainer: Any, i: int, title: str) -> Shown:
    parts, note, words, picture = None, "", [], None
    line = tested.lines[i] if tested.lines else ""
    if explainer is not None and tested.sequences is not None:
        steps = np.asarray(tested.sequences[i])
        if tested.late is not None and tested.late():
            note = "No contributions are shown: the time budget is spent."
        elif len(steps) <= LONGEST:
            unit, of, size, zero = _explained(tested, answers, i)
            found = explainer.explain(steps, unit)
            start, end = (number(zero + size * v) for v in (found.baseline, found.output))
            note = f"{of} is {end} for this input and {start} for the empty reference input"
            if found.whole:
                parts = found.parts * size
                missed = f", but for {100 * found.gap:.0f} %" if found.gap > 0.005 else ""
                note += f". The contributions of the steps add up to the difference{missed}."
            else:
                note += "; no contributions are shown, because the output jumps between the two "
                note += f"and they would miss {100 * found.gap:.0f} % of the difference."
    if tested.model is not None and tested.inputs is not None:
        encoder, example = tested.model.encoder, tested.inputs[i]
        after = None
        if answers.probabilities is None:
            after = {"truth": answers.truth[i], "answer": answers.picks[i]}
        line, made = encoder.show(example), encoder.draw(example, parts, after)
        words = made if isinstance(made, list) else []
        if made is not None and not isinstance(made, list):
            what = "Mistake" if title == "worst" else "Correct answer"
            truth, answer = (in_words(answers, one, i) for one in (answers.truth, answers.picks))
            picture = drawn(made, f"{what} {i}: truth {truth[:40]}, answer {answer[:40]}")
    return Shown(
        row=i,
        truth=in_words(answers, answers.truth, i),
        answer=in_words(answers, answers.picks, i, probability=True),
        line=line,
        words=words,
        picture=picture,
        note=note,
    )


def _explained(tested: Tested, answers: Answers, i: int) -> tuple[np.ndarray, str, float, float]:
    """Return which output is explained, its name, and the unit and zero of its scale."""
    units = tested.head.units
    if answers.probabilities is not None and units == len(answers.names) and units > 1:
        unit = np.full(units, -1 / (units - 1))
        unit[answers.picks[i]] = 1
        return (
            unit,
            f"The output for {answers.names[answers.picks[i]]!r}, less the mean of the others,",
            1.0,
            0.0,
        )
    unit = np.eye(units)[0]
    if answers.probabilities is not None:
        return unit, f"The output for {answers.names[-1]!r}", 1.0, 0.0
    tried = np.asarray(tested.head.decode(np.outer([0, 1, 2], unit)).answers, dtype=np.float64)
    first = tried.reshape(3, -1)[:, 0]
    if np.isclose(first[2] - first[1], first[1] - first[0]):
        return unit, answers.names[0], float(first[1] - first[0]), float(first[0])
    return unit, f"The output for {answers.names[0]}", 1.0, 0.0


def in_words(answers: Answers, values: np.ndarray, i: int, *, probability: bool = False) -> str:
    """Return the truth or the answer of example `i` as text, with its probability if asked for."""
    if answers.probabilities is None:
        return ", ".join(number(float(one)) for one in np.atleast_1d(values[i])[:4])
    place = int(values[i])
    share = f" ({100 * float(answers.probabilities[i, place]):.1f} %)" if probability else ""
    return f"{answers.names[place]}{share}"
