"""Summary of the data of a run: examples, lengths and targets of each part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from seqmodels.heads.base import Head

BINS = 24


def glance(head: Head, parts: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return examples, lengths and targets of each part, as JSON types.

    Args:
        head: Fitted.
        parts: Encoded parts by name, with `sequences` and encoded targets `y`.

    Returns:
        For each part "examples"; "lengths", the minimum, median, 95 % quantile and maximum of the
        steps read; "edges" and "counts" of a histogram of the lengths; "classes", class to number
        of examples, or "numbers", name to [mean, standard deviation, minimum, maximum].
    """
    every = {name: np.asarray(part.sequences.lengths) for name, part in parts.items()}
    low, high = min(x.min() for x in every.values()), max(x.max() for x in every.values())
    width = max(1, -(-int(high - low + 1) // BINS))
    edges = np.arange(low, high + width + 1, width)
    found = {}
    for name, part in parts.items():
        long = every[name]
        counts, _ = np.histogram(long, edges)
        found[name] = {
            "examples": len(long),
            "lengths": np.quantile(long, [0, 0.5, 0.95, 1]).round().astype(int).tolist(),
            "edges": edges.tolist(),
            "counts": counts.tolist(),
            **_targets(head, part.y),
        }
    return found


def _targets(head: Head, y: Any) -> dict[str, Any]:
    if head.reads != "summary":
        return {"classes": {str(k): v for k, v in head.class_counts(y).items()}, "numbers": {}}
    trivial = head.trivial(1)
    if trivial.scores is not None and trivial.columns is not None and y.size == len(y):
        counts = np.bincount(y.reshape(-1).astype(np.int64), minlength=len(trivial.columns))
        names = map(str, trivial.columns)
        return {"classes": dict(zip(names, counts.tolist(), strict=True)), "numbers": {}}
    if y.shape[-1:] != (head.units,) or trivial.scores is not None:
        return {"classes": {}, "numbers": {}}
    known = np.asarray(head.decode(y).answers, dtype=np.float64).reshape(len(y), -1)
    names = trivial.columns or ("target",)
    rows = np.stack([known.mean(0), known.std(0), known.min(0), known.max(0)], axis=1)
    return {"classes": {}, "numbers": dict(zip(map(str, names), rows.tolist(), strict=False))}
