"""Content of `run.json`, and the lines shown before a training."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from seqmodels.audit.checks import audit
from seqmodels.core.dataset import Dataset
from seqmodels.core.machine import machine, versions
from seqmodels.core.registry import HEADS
from seqmodels.nn import engines
from seqmodels.runs.options import Options, Record
from seqmodels.runs.reproducibility import differences
from seqmodels.training.fit import Fitted
from seqmodels.training.part import fingerprint
from seqmodels.training.prepare import Prepared

FORMAT = 1


def begun(prepared: Prepared, options: Options) -> dict[str, Any]:
    """Return the content of `run.json` before training: configuration, decisions and audit.

    Raises:
        InputError: The audit says FAIL, and no reason was given to train all the same.
    """
    resumed = options.resumed
    record = {
        "format": FORMAT,
        "status": "training",
        **prepared.config.record(),
        "target": prepared.target,
        "decided": list(prepared.notes),
        "audit": resumed["audit"] if resumed else _audited(prepared, options.allow_leak),
        "allow_leak": options.allow_leak,
        "examples": prepared.counts,
        "fingerprint": fingerprint(prepared.parts),
        "engine": engines.chosen(prepared.config.backbone.units),
        "versions": versions(),
        "machine": machine(),
        "command": resumed["command"] if resumed else _command(),
        "like": resumed["like"] if resumed else None,
        "budget": _budget(prepared, options),
        "log": [name for name in options.log if isinstance(name, str)],
        "baselines": options.baselines,
    }
    if options.like:
        path, before = options.like
        record["like"] = {"run": str(path), "differs": differences(before, record)}
    return record


def opening(prepared: Prepared, record: Record) -> Iterator[str]:
    """Yield the lines that are shown before the training."""
    yield from record["decided"]
    yield _headline(prepared, record)
    for one in record["audit"]["findings"]:
        yield f"{one['level']} {one['kind']}: {one['says']}"
    if record["audit"]["verdict"] == "FAIL":
        yield f"Leaks are allowed: {record['allow_leak']}"
    if like := record["like"]:
        yield from (f"Unlike {like['run']}: {line}" for line in like["differs"])
    yield engines.describe(prepared.config.backbone.units)


def learned(fitted: Fitted) -> list[str]:
    """Return a sentence on pseudo-labels, if there are any."""
    more = fitted.pseudo_labels
    return [f"{more:,} inputs without a target have pseudo-labels."] if more else []


def stopped(record: Record, where: str, epochs: int) -> dict[str, Any]:
    """Return the record of a run that its budget ended, so that `--like` repeats its epochs."""
    asked = record["training"]
    training = {
        **asked,
        "epochs": epochs,
        "patience": asked["patience"] or epochs,  # the best weights were taken
        "decay": asked["decay"] * epochs / asked["epochs"],  # as far as the rate had fallen
    }
    budget = {**record["budget"], "epochs": epochs, "stopped": where}
    return {**record, "training": training, "budget": budget}


def _budget(prepared: Prepared, options: Options) -> dict[str, Any] | None:
    """Return the budget of the run; a repeated run without a budget has that of the earlier run."""
    if options.budget is None:
        return dict(options.like[1]["budget"] or {}) or None if options.like else None
    epochs = prepared.config.training.epochs
    asked = options.budget.asked
    return {"asked": asked, "epochs": epochs, "of_epochs": epochs, "stopped": None}


def _audited(prepared: Prepared, allow_leak: str | None) -> dict[str, Any]:
    """Return the audit of the parts as they are used, or refuse to train on leaks."""
    used, target = prepared.examples, prepared.target
    if prepared.head.reads != "summary":  # an example has no target of its own, or several
        used = {name: replace(part, targets={}) for name, part in used.items()}
        target = None
    data = Dataset(
        train=used["train"],
        valid=used["valid"],
        test=used["test"],
        encoder=prepared.encoder,
        group_by=prepared.group,
    )
    rows = {name: part.sequences for name, part in prepared.parts.items()}
    found = audit(data, target, quick=True, encoded=rows)
    if allow_leak is None:
        found.refuse()
    return found.record()


def _headline(prepared: Prepared, record: Record) -> str:
    config, head, target = prepared.config, prepared.head, prepared.target
    counts = ", ".join(f"{count:,} {name}" for name, count in record["examples"].items())
    says = f" ({config.says})" if config.says else ""
    shapes = config.backbone.weights(prepared.encoder.spec, head.units, head.reads)
    weights = sum(math.prod(shape) for _, shape in shapes)
    target = f"column {target}" if target.isdigit() else target
    return (
        f"{config.dataset}: {target} by head {HEADS.name_of(head)!r}{says}; {counts}; "
        f"{weights:,} weights"
    )


def _command() -> list[str] | None:
    """Return the words of the command line, if this is the command."""
    name = Path(sys.argv[0]).name
    known = name == "seqmodels" or Path(sys.argv[0]).parts[-2:] == ("seqmodels", "__main__.py")
    return ["seqmodels", *sys.argv[1:]] if known else None
