"""From a trained model and a part of the data to answers and scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from seqmodels.core.examples import Examples
from seqmodels.evaluation import scores
from seqmodels.evaluation.scores import Evaluation, Scores
from seqmodels.heads.base import Prediction
from seqmodels.model.sequence_model import SequenceModel
from seqmodels.training.alignment import scored
from seqmodels.training.part import Part


@dataclass(frozen=True, eq=False)
class Evaluated:
    """Predictions of a model for a part, and their scores."""

    prediction: Prediction
    evaluation: Evaluation


def evaluate(
    model: SequenceModel,
    part: Part,
    examples: Examples,
    target: str,
    *,
    reference: Scores | None = None,
    others: Mapping[str, Prediction] | None = None,
    group: str | None = None,
) -> Evaluated:
    """Answer a part, and score the answers beside those of the baselines.

    Args:
        model: Trained.
        part: Encoded.
        examples: The same examples before encoding.
        target: The target that the model's head reads.
        reference: Reference of scaled errors; see `scores.naive_reference`.
        others: Answers of simple models to the same examples, by name.
        group: Grouping column of the split; intervals resample its groups.
    """
    answers, truth = answered(model, part), part.truth(model.head, examples, target)
    found = scores.evaluate(
        model.head, target, reference, examples, answers,
        truth=truth, others=others, group_by=group,
    )  # fmt: skip
    return Evaluated(answers, found)


def score(model: SequenceModel, part: Part, examples: Examples, target: str) -> Scores:
    """Answer a part and return the scores alone: no baselines, no intervals."""
    return model.head.score(part.truth(model.head, examples, target), answered(model, part))


def answered(model: SequenceModel, part: Part) -> Prediction:
    """Return the answers to a part that have a target to compare with."""
    return model.head.decode(scored(model.head.reads, model.outputs(part.sequences)))
