"""Differences of two runs, in configuration and in results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Record = Mapping[str, Any]
Rows = Sequence[Mapping[str, float]]


def differences(before: Record, now: Record) -> list[str]:
    """Return the differences of a run to an earlier run that may change its numbers.

    Args:
        before: Content of `run.json` of the earlier run.
        now: Content of `run.json` of this run.

    Returns:
        Sentences; empty if equal numbers are expected.
    """
    return list(_differences(before, now))


def outcomes(before: Mapping[str, float], now: Mapping[str, float], rows: Sequence[Rows]) -> str:
    """Return a sentence that compares the scores and histories of two runs.

    Args:
        before: Scores of the earlier run.
        now: Scores of this one.
        rows: The history of the earlier run and of this one.
    """
    there, here = ([{k: v for k, v in row.items() if k != "seconds"} for row in h] for h in rows)
    apart = [name for name in before if before[name] != now.get(name)]
    if not apart and there == here:
        return "The same scores and the same history, to the last digit."
    same = [left == right for left, right in zip(there, here, strict=False)]
    epoch = 1 + (same.index(False) if False in same else len(same))
    since = f"The histories differ from epoch {epoch} on" if there != here else "The same history"
    told = ", ".join(f"{name} {before[name]:.6g} there, {now[name]:.6g} here" for name in apart
                     if name in now)  # fmt: skip
    return f"{since}; {told or 'the same scores'}."


def _differences(before: Record, now: Record) -> Iterator[str]:
    for name in ("head", "backbone", "training", "seed", "limit"):
        if before[name] != now[name]:
            yield f"{name}: {before[name]} there, {now[name]} here."
    budget = before.get("budget") or {}
    used, there = budget.get("examples", 0), budget.get("of_examples", 0)
    if used < there:  # runs of earlier versions
        yield f"its budget trained {used:,} of {there:,} examples; all are trained here."
    stopped = budget.get("stopped") or ""
    if stopped.startswith("in epoch 1,") and not before.get("like"):  # a repeat trains all of it
        yield (
            f"its budget stopped it {stopped}; all of that epoch is trained here, "
            f"so that it cannot be repeated exactly."
        )
    for name, there in before["versions"].items():
        if now["versions"].get(name) != there:
            yield f"{name} {now['versions'].get(name)} in place of {there}."
    if before["engine"] != now["engine"]:
        yield f"the LSTM engine is {now['engine']}, not {before['engine']}: it rounds otherwise."
    there, here = before["machine"] or now["machine"], now["machine"]
    for name in ("system", "processor", "instruction_sets", "cores"):
        if there.get(name) != here[name]:
            said = [
                " ".join(v) if isinstance(v, list) else v for v in (there.get(name), here[name])
            ]
            yield f"{name.replace('_', ' ')}: {said[0]} there, {said[1]} here."
    parts = [name for name, hash_ in now["fingerprint"].items()
             if before["fingerprint"].get(name) != hash_]  # fmt: skip
    if parts:
        counts = [
            f"{before['examples'].get(name, 0):,} there and {now['examples'][name]:,} here"
            for name in parts
        ]
        told = ", ".join(f"{name} ({count})" for name, count in zip(parts, counts, strict=True))
        why = "the data differ, or their split"
        if before["seed"] != now["seed"]:
            why = (
                "the other seed splits the data and fits the encoder otherwise, or the data differ"
            )
        yield f"{why}, in {told}."
