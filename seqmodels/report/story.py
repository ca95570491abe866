"""Summary of a run in words and rows, the same for the page, the terminal and JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqmodels.core.numbers import interval, number
from seqmodels.evaluation.scores import Evaluation
from seqmodels.report.answers import Answers, Row


@dataclass(frozen=True, kw_only=True)
class Story:
    """Summary of a run as JSON types.

    Args:
        title: Data and head. Data from a file or folder have its name.
        summary: The headline score, the best baseline and the gain, in sentences.
        verdict: "better", "worse" or "not clearly better" than the baseline that is hardest to
            beat; empty without baselines.
        warnings: The warnings about the run.
        headline: Name of the headline score.
        names: Names of all scores.
        scores: A row for the model and for each baseline: "name", "scores" by name with "value",
            "low" and "high", "headline" (the entry of the headline score), and "gain" or None.
        resampled: Units that the bootstrap drew; empty: there are no intervals.
        narrow: A warning that the intervals by class, by length and of calibration are too
            narrow, because they assume independent examples; or empty.
        history: One row per epoch.
        taken: Epoch of the weights that were kept; None: unknown.
        measure: Name of the score in `by_length`.
        by_class: See `Answers.by_class`.
        by_length: See `Answers.by_length`.
        calibration: See `Answers.calibration`.
        miscalibrated: Expected calibration error.
        probability: Class or answer that the calibrated probabilities belong to.
        spread: Mean and standard deviation of truth minus answer, by name; empty for classes.
    """

    title: str
    summary: str
    verdict: str
    warnings: list[str]
    headline: str
    names: list[str]
    scores: list[Row]
    resampled: str
    narrow: str
    history: list[dict[str, Any]]
    taken: int | None
    measure: str
    by_class: list[Row]
    by_length: list[Row]
    calibration: list[Row]
    miscalibrated: float
    probability: str
    spread: dict[str, tuple[float, float]]

    @classmethod
    def of(
        cls,
        record: Mapping[str, Any],
        history: Sequence[Mapping[str, Any]],
        found: Evaluation,
        headline: str,
        higher: bool,
        answers: Answers | None,
    ) -> Story:
        """Return the story of a run.

        Args:
            record: Content of `run.json`.
            history: One row per epoch.
            found: Scores and intervals.
            headline: Name of the headline score.
            higher: Whether a higher headline score is better.
            answers: Answers beside the truth; None: no sections about single answers.
        """
        rows = found.rows(headline)
        others = [row for row in rows[1:] if row["headline"]["value"] is not None]
        sign = 1 if higher else -1
        best = max(others, key=lambda row: sign * row["headline"]["value"], default=None)
        calibration, error, of = answers.calibration() if answers else ([], 0.0, "")
        spread = {}
        if answers is not None and answers.probabilities is None:
            off = answers.truth - answers.picks  # [N, D]
            pairs = zip(off.mean(axis=0).tolist(), off.std(axis=0).tolist(), strict=True)
            spread = dict(zip(answers.names, pairs, strict=False))
        return cls(
            title=f"{_data(record)} · {record['head']['name']}",
            summary=sentence(rows[0], best, headline, record["examples"]["test"]),
            verdict=_verdict(rows[0], _hardest(others, best), sign),
            warnings=list(record.get("doubts") or []),
            headline=headline,
            names=list(found.scores),
            scores=rows,
            resampled=found.resampled,
            narrow=_narrow(found.resampled),
            history=[dict(row) for row in history],
            taken=_taken(record, history),
            measure=answers.measure if answers else "",
            by_class=answers.by_class() if answers else [],
            by_length=answers.by_length() if answers else [],
            calibration=calibration,
            miscalibrated=error,
            probability=of,
            spread=spread,
        )


def _data(record: Mapping[str, Any]) -> str:
    """Return the name of the data: of the file or folder, or of the dataset."""
    path = (record.get("arguments") or {}).get("path")
    return Path(str(path)).name if path else str(record["dataset"])


def sentence(model: Row, best: Row | None, headline: str, n: int) -> str:
    """Return the headline score of the model beside the best baseline, in sentences."""
    name = headline.replace("_", " ")
    name = name if name.isupper() or len(name) < 5 else name[0].upper() + name[1:]
    text = f"{name.upper() if len(name) < 5 else name} {_with(model['headline'])} on "
    text += f"{n:,} test examples."
    if best is not None:
        text += f" The best baseline, {best['name']}, has {_with(best['headline'])}."
        gain = best["gain"]
        if gain is not None:
            value, low, high = gain["difference"], gain["low"], gain["high"]
            where = "ahead"
            if value < 0:
                where, value, low, high = "behind", -value, -high, -low
            text += f" The model is {where} by {number(value)} ({interval(low, high)})."
    return text


def _with(one: Row) -> str:
    if one["low"] is None:
        return number(one["value"])
    return f"{number(one['value'])} (95 % interval {interval(one['low'], one['high'])})"


def _narrow(resampled: str) -> str:
    if resampled in ("", "examples"):
        return ""
    return (
        "These intervals are too narrow: they assume independent examples, and here examples "
        f"depend on each other within {resampled}."
    )


def _hardest(others: Sequence[Row], best: Row | None) -> Row | None:
    """Return the baseline with the lowest limit of the model's gain over it."""
    known = [row for row in others if row["gain"]]
    return min(known, key=lambda row: row["gain"]["low"], default=best)


def _verdict(model: Row, best: Row | None, sign: int) -> str:
    if best is None:
        return ""
    gain = best["gain"]
    ahead = sign * (model["headline"]["value"] - best["headline"]["value"])
    low, high = (gain["low"], gain["high"]) if gain else (ahead, ahead)
    if low > 0:
        return f"better than {best['name']}"
    return f"worse than {best['name']}" if high < 0 else f"not clearly better than {best['name']}"


def _taken(record: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> int | None:
    """Return the epoch of the model's weights: the best one if training may stop early."""
    if not history or "valid_loss" not in history[0] or not record["training"].get("patience"):
        return int(history[-1]["epoch"]) if history else None
    return int(min(history, key=lambda row: row["valid_loss"])["epoch"])
