"""Objective of a search: one training with the settings of a trial, scored on validation only."""

from __future__ import annotations

import gc
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from seqmodels.core.errors import InputError
from seqmodels.core.sequences import Sequences
from seqmodels.training.callbacks import Callback
from seqmodels.training.config import RunConfig
from seqmodels.training.evaluate import score
from seqmodels.training.fit import fit
from seqmodels.training.prepare import Prepared, prepare
from seqmodels.tuning.variations import varied
from seqmodels.tuning.watching import Outcome

MEMORY = 2**30  # bytes of encoded data that are kept for later trials, the newest aside


class Objective:
    """Trains with the settings of a trial and says how good they are on the validation part.

    The data are read once for all trials whose settings of the dataset are the same, and kept
    encoded as far as `memory` allows.

    Args:
        config: What is done where a trial does not say otherwise.
        memory: Bytes of encoded data kept beside those in use.
    """

    def __init__(self, config: RunConfig, *, memory: int = MEMORY):
        self.config, self.memory = config, memory
        self._read: dict[str, Prepared] = {}  # the last used comes last

    def usual(self) -> RunConfig:
        """Return the configuration as `train` would have it, filled in from the data.

        Raises:
            InputError: The data cannot be read.
        """
        config = varied(self.config, {})
        return self._prepared(config, {}).configured(config).config

    def __call__(self, settings: Mapping[str, Any], watch: Callback) -> Outcome:
        """Train once.

        Args:
            settings: Values by dotted name.
            watch: Is told of each epoch; what it raises ends the training.

        Raises:
            InputError: These settings do not work: the data cannot be read with them, or the
                loss is not finite.
        """
        config = varied(self.config, settings)
        prepared = self._prepared(config, settings).configured(config)
        keras.utils.clear_session()
        gc.collect()
        fitted = fit(prepared, [watch])
        losses = [row["valid_loss"] for row in fitted.history]
        kept = int(np.argmin(losses)) if prepared.config.training.patience else len(losses) - 1
        if not np.isfinite(losses[kept]):
            raise InputError(f"The validation loss became {losses[kept]}.")
        valid = prepared.parts["valid"]
        found = score(fitted.model, valid, prepared.examples["valid"], prepared.target)
        y = valid.y.packed() if isinstance(valid.y, Sequences) else valid.y
        digest = hashlib.sha256(np.ascontiguousarray(y).data).hexdigest()
        headline = float(found[prepared.head.headline])
        return Outcome(losses[kept], kept + 1, len(losses), headline, digest[:12])

    def _prepared(self, config: RunConfig, settings: Mapping[str, Any]) -> Prepared:
        """Return the data of a configuration, read now or before."""
        own = {name: value for name, value in settings.items() if name.startswith("dataset.")}
        key = json.dumps(own, sort_keys=True, default=str)
        found = self._read.pop(key, None)
        if found is None:
            self._make_room()
            found = prepare(config.made(), config, ("train", "valid")).keep(
                ["train", "valid"], ["valid"]
            )
        self._read[key] = found
        return found

    def _make_room(self) -> None:
        """Let go of the data that were not used for longest, until the rest fits."""
        while sum(map(_bytes, self._read.values())) > self.memory:
            del self._read[next(iter(self._read))]
        gc.collect()


def _bytes(prepared: Prepared) -> int:
    """Return the bytes of encoded parts in memory; 0 where they lie on disk."""
    parts = prepared.parts.values()
    arrays = [one for p in parts for one in (p.sequences.values, p.sequences.starts, p.y)]
    return sum(int(getattr(array, "nbytes", 0)) for array in arrays)
