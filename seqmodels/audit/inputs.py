"""Statistics of the inputs of a dataset: lengths, words, channels and their ranges."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from seqmodels.audit.material import Material
from seqmodels.core.encoder import Encoder
from seqmodels.core.errors import InputError

MOST = 16_000_000  # numbers of a part that are read for ranges and missing values


def lengths(material: Material, problems: list[str]) -> dict[str, np.ndarray]:
    """Return the length of each example by part, without the limit of the encoder."""
    if material.texts is None:
        return {name: np.asarray(r.lengths) for name, r in _rows(material)}
    whole = _unlimited(material.data.encoder)
    try:
        fitted = whole.fit(material.data.train.inputs)
        return {
            name: np.asarray(fitted.encode(part.inputs).lengths)
            for name, part in material.parts.items()
        }
    except InputError as error:
        problems += error.problems
    return {
        name: np.array([len(text.split()) for text in part.inputs])
        for name, part in material.parts.items()
    }


def spread(values: np.ndarray) -> dict[str, Any]:
    """Return the minimum, the median, the 95 % quantile and the maximum."""
    low, middle, high, most = np.quantile(values, [0, 0.5, 0.95, 1]).tolist()
    return {"min": low, "median": middle, "p95": high, "max": most}


def cut(lengths: np.ndarray, limit: int | None) -> dict[str, Any]:
    """Return the shares of examples, and of steps, that a limit of length leaves out."""
    if limit is None:
        return {"cut": 0.0, "cut_steps": 0.0}
    over = np.maximum(lengths - limit, 0)
    return {"cut": float((over > 0).mean()), "cut_steps": float(over.sum() / lengths.sum())}


def extent(values: np.ndarray) -> dict[str, Any]:
    """Return min, median, mean, max and standard deviation; None for empty arrays."""
    if not len(values):
        return dict.fromkeys(("min", "median", "mean", "max", "std"))
    measured = (values.min(), np.median(values), values.mean(), values.max(), values.std())
    return dict(zip(("min", "median", "mean", "max", "std"), map(float, measured), strict=True))


def words(material: Material, problems: list[str]) -> dict[str, Any] | None:
    """Return the shares of test words in the vocabulary and in the training texts."""
    from seqmodels.encoders import splitting

    encoder = material.data.encoder
    edges = material.edges
    texts = material.texts or []
    counts = splitting.count(texts[: edges[1]])
    in_test = splitting.count(texts[edges[-2] :])
    try:
        fitted: Any = encoder.fit(material.data.train.inputs)
        kept = set(getattr(fitted, "vocabulary", None) or counts)
    except InputError as error:
        problems += error.problems
        kept = set(counts)
    total = max(sum(in_test.values()), 1)
    return {
        "train": len(counts),
        "kept": len(kept),
        "known": sum(n for word, n in in_test.items() if word in kept) / total,
        "seen": sum(n for word, n in in_test.items() if word in counts) / total,
    }


def channels(material: Material) -> list[dict[str, Any]]:
    """Return range, missing values and constancy of each channel of the training part."""
    values = _values(material, 0)
    if values.ndim == 1 or values.dtype.kind not in "fiub":
        return []
    columns = getattr(material.data.encoder, "columns", None) or range(values.shape[1])
    test, rows = _values(material, len(material.rows) - 1), []
    for c, name in zip(range(values.shape[1]), columns, strict=False):
        there = np.isfinite(values[:, c])
        known = values[there, c].astype(np.float64)
        there_test = np.isfinite(test[:, c])
        late = test[there_test, c]
        low, high = (known.min(), known.max()) if len(known) else (-np.inf, np.inf)
        beyond = float(((late < low) | (late > high)).mean()) if len(late) else 0.0
        missing = int((~there).sum() + (~there_test).sum())
        rows.append({"channel": str(name), "missing": missing, "constant": bool(low == high),
                     **extent(known), "beyond": beyond})  # fmt: skip
    return rows


def _unlimited(encoder: Encoder) -> Encoder:
    """Return the encoder without its limit of length, if it has one."""
    if dataclasses.is_dataclass(encoder) and getattr(encoder, "length", None) is not None:
        return dataclasses.replace(encoder, length=None)  # type: ignore[type-var]
    return encoder


def _rows(material: Material) -> Any:
    return zip(material.parts, material.rows, strict=True)


def _values(material: Material, part: int) -> np.ndarray:
    """Return the steps of one part, [L, C]; large parts are sampled at random."""
    rows = material.rows[part]
    if material.windows_share():
        return np.asarray(
            rows.values[int(rows.starts.min()) : int((rows.starts + rows.lengths).max())]
        )
    size = np.asarray(rows.values[:1]).size
    most = max(1, int(MOST / size / max(float(np.mean(rows.lengths)), 1)))
    if most < len(rows):
        rows = rows.take(np.sort(np.random.default_rng(0).permutation(len(rows))[:most]))
    return np.concatenate([np.asarray(row) for row in rows])
