"""The parts of a dataset as the network sees them, and their fingerprint."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np

from seqmodels.model import SequenceModel
from seqmodels.plan import Parts
from seqmodels.training import Part

CHUNK = 2**10  # steps that are worked on together


def encoded(model: SequenceModel, parts: Parts) -> dict[str, Part]:
    """Return each part as the network sees it."""
    return {
        name: Part(model.encoder.encode(part.inputs), model.head.encode(part.target(parts.target)))
        for name, part in (("train", parts.train), ("valid", parts.valid), ("test", parts.test))
    }


def fingerprint(encoded: Mapping[str, Part]) -> dict[str, str]:
    """Return a hash of each part: steps and targets, however they are held in memory."""
    found = {}
    for name, part in encoded.items():
        digest, rows = hashlib.sha256(), part.sequences
        whole = np.int32 if rows.values.dtype.kind in "iu" else np.float32
        for array, kind in (
            (rows.values, whole),
            (rows.starts, np.int64),
            (rows.lengths, np.int64),
            (part.y, part.y.dtype),
        ):
            for first in range(0, len(array), CHUNK):
                digest.update(np.ascontiguousarray(array[first : first + CHUNK], dtype=kind).data)
        found[name] = digest.hexdigest()
    return found
