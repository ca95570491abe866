"""One row of the benchmark of quality: trained once, or its rivals, in this process."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scores import LOWER, of_classes, of_numbers
from table import Clock

if TYPE_CHECKING:
    from quality import Row

DRAWS = 3  # parts that rivals see, where parts are drawn


def trained(row: Row, seed: int, data: Path) -> dict[str, Any]:
    """Train a row in this process, and return its scores and what it took."""
    ones = {name: _once(row, seed, data, name) for name in row.each or [""]}
    first = next(iter(ones.values()))
    if not row.each:
        return first
    return {
        **first,
        "model": statistics.mean(one["model"] for one in ones.values()),
        **{
            kind: {name: statistics.mean(one[kind][name] for one in ones.values())
                   for name in first[kind]}
            for kind in ("trivial", "simple")
        },
        "CPU minutes": round(sum(one["CPU minutes"] for one in ones.values()), 2),
        "peak MB": max(one["peak MB"] for one in ones.values()),
        "each": {name: one["model"] for name, one in ones.items()},
    }  # fmt: skip


def _once(row: Row, seed: int, data: Path, each: str) -> dict[str, Any]:
    import seqmodels as sm

    with tempfile.TemporaryDirectory() as folder, Clock() as clock:
        run = sm.train(*_what(row, data), **_how(row, data, seed, each), out=Path(folder) / "r")
    score = row.score or run.model.head.headline
    own, baselines = run.scores, run.baselines
    if score in LOWER:  # not one of the head's
        own, baselines = _of_run(run.model, row, _parts(row, seed, data, each)[1])
    trivial = next(iter(baselines))
    return {
        "seed": seed,
        "score": score,
        "higher is better": run.model.head.higher_is_better
        or (row.score is not None and score not in LOWER),
        "model": own[score],
        "trivial": {trivial: baselines[trivial][score]},
        "simple": {
            name: scores[score] for name, scores in baselines.items()
            if name != trivial and score in scores
        },
        "scores": run.scores,
        "examples": run.record["examples"],
        "epochs": len(run.history),
        "CPU minutes": round(clock.cpu / 60, 2),
        "peak MB": round((run.record["usage"]["peak_memory_bytes"] or 0) / 1e6),
        "decided": run.record["decided"],
        "versions": run.record["versions"],
    }  # fmt: skip


def _of_run(model: Any, row: Row, parts: Any) -> tuple[dict[str, float], dict[str, Any]]:
    """Return a score that is not the head's, of a model's answers and of the naive ones."""
    truth = np.asarray(parts.test.target(parts.target))

    def scores(answers: Any) -> dict[str, float]:
        return {
            row.score or "": of_numbers(np.asarray(answers), truth, row.score, model.head, parts)
        }

    naive = parts.test.naive.get(parts.target, {})
    own = scores(model.predict(parts.test.inputs).answers)
    return own, {name: scores(answers) for name, answers in naive.items()}


def beside(row: Row, data: Path) -> dict[str, Any]:
    """Run the rivals of a row on its parts; where these are drawn, on several, for the median.

    Where validation examples are drawn from the training part, they are added to training.
    """
    found: dict[str, Any] = {}
    drawn = range(DRAWS if row.drawn else 1)
    for name in row.rivals:
        with Clock() as clock:
            values = [
                statistics.median(
                    _beside(name, row, *_parts(row, seed, data, each)) for seed in drawn
                )
                for each in row.each or [""]
            ]
        found[name] = {"model": statistics.mean(values), "CPU minutes": round(clock.cpu / 60, 2)}
        if row.each:
            found[name]["each"] = dict(zip(row.each, values, strict=True))
    return found


def _beside(name: str, row: Row, plan: Any, parts: Any) -> float:
    from rivals import RIVALS

    train, test, target = parts.data.train, parts.test, parts.target
    y, truth = train.target(target), test.target(target)
    head = plan.head.fit(parts.train.target(target))
    if head.class_counts(head.encode(y)):
        answers = RIVALS[name](list(train.inputs), list(y), list(test.inputs))
        return of_classes(answers, list(truth), row.score, head)
    answers = RIVALS[name](list(train.inputs), np.asarray(y), list(test.inputs))
    return of_numbers(np.asarray(answers), np.asarray(truth), row.score, head, parts)


def _what(row: Row, data: Path) -> tuple[str]:
    from seqmodels.core.registry import DATASETS

    return (row.dataset if row.dataset in DATASETS else str(data / row.dataset),)


def _how(row: Row, data: Path, seed: int, each: str) -> dict[str, Any]:
    how: dict[str, Any] = {"quiet": True, "seed": seed, **row.how}
    if "data" in how:
        how["data"] = str(data / how["data"])
    settings = {**how.get("settings", {}), **row.each.get(each, {})}
    if row.drawn:
        settings["dataset.seed"] = seed
    return {**how, "settings": settings}


def asked_of(row: Row, seed: int, data: Path, each: str = "") -> tuple[str, dict[str, Any]]:
    """Return the name or path, and what `resolve` is asked for."""
    how = _how(row, data, seed, each)
    names = ("head", "target", "preset", "data", "settings")
    return _what(row, data)[0], {name: how[name] for name in names if name in how}


def _parts(row: Row, seed: int, data: Path, each: str) -> tuple[Any, Any]:
    """Return what was asked for, and the parts."""
    from seqmodels.training.prepare import split
    from seqmodels.training.settings import resolve

    name, asked = asked_of(row, seed, data, each)
    plan = resolve(name, **asked)
    return plan, split(plan.made(), plan)
