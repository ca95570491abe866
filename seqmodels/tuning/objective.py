"""One trial: the data as its settings want them, a network, a training; validation alone."""

from __future__ import annotations

import gc
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from seqmodels.core.encoder import Encoder
from seqmodels.core.errors import InputError
from seqmodels.heads.base import Head
from seqmodels.model.sequence_model import SequenceModel
from seqmodels.training import loop
from seqmodels.training.encoded import Part, encoded
from seqmodels.training.heuristics import sized
from seqmodels.training.plan import Plan
from seqmodels.training.pseudo_labels import taught
from seqmodels.tuning.variations import varied
from seqmodels.tuning.watching import Outcome

MEMORY = 2**30  # bytes of encoded data that are kept for later trials, the newest aside


class Objective:
    """Trains with the settings of a trial and says how good they are on the validation part.

    The data are read once for all trials whose settings of the dataset are the same, and kept
    encoded as far as `memory` allows.

    Args:
        plan: What is done where a trial does not say otherwise.
        memory: Bytes of encoded data kept beside those in use.
    """

    def __init__(self, plan: Plan, *, memory: int = MEMORY):
        self.plan, self.memory = plan, memory
        self._read: dict[str, _Encoded] = {}  # the last used comes last

    def usual(self) -> Plan:
        """Return the plan as `train` would have it, with what the data decide; reads them.

        Raises:
            InputError: The data cannot be read.
        """
        data = self._encoded(varied(self.plan, {}), {})
        return sized(self.plan, data.encoder.spec, *data.counts)[0]

    def __call__(self, settings: Mapping[str, Any], watch: loop.Watch) -> Outcome:
        """Train once.

        Args:
            settings: Values by dotted name.
            watch: Is told of each epoch; what it raises ends the training.

        Raises:
            InputError: These settings do not work: the data cannot be read with them, or the
                loss is not finite.
        """
        plan = varied(self.plan, settings)
        data = self._encoded(plan, settings)
        keras.utils.clear_session()
        gc.collect()
        plan, _ = sized(plan, data.encoder.spec, *data.counts)
        how = plan.training
        model = SequenceModel(data.encoder, plan.backbone, data.head, seed=plan.seed)
        told: dict[str, Any] = {"seed": plan.seed, "folder": None, "watch": watch}
        train = taught(model.network, data.head, data.train, data.valid, how, **told)
        history = loop.fit(model.network, data.head, train, data.valid, how, **told)
        losses = [row["valid_loss"] for row in history]
        kept = int(np.argmin(losses)) if how.patience else len(losses) - 1
        if not np.isfinite(losses[kept]):
            raise InputError(f"The validation loss became {losses[kept]}.")
        answers = model.answer(data.valid.sequences)
        score = data.head.score(data.targets, answers)[data.head.headline]
        digest = hashlib.sha256(np.ascontiguousarray(data.valid.y).data).hexdigest()
        return Outcome(losses[kept], kept + 1, len(losses), float(score), digest[:12])

    def _encoded(self, plan: Plan, settings: Mapping[str, Any]) -> _Encoded:
        """Return the data of a plan, read now or before."""
        own = {name: value for name, value in settings.items() if name.startswith("dataset.")}
        key = json.dumps(own, sort_keys=True, default=str)
        found = self._read.pop(key, None)
        if found is None:
            self._make_room()
            found = _encoded(plan)
        self._read[key] = found
        return found

    def _make_room(self) -> None:
        """Let go of the data that were not used for longest, until the rest fits."""
        while sum(one.bytes for one in self._read.values()) > self.memory:
            del self._read[next(iter(self._read))]
        gc.collect()


@dataclass(frozen=True, eq=False)
class _Encoded:
    """The training and the validation part as the network sees them."""

    encoder: Encoder
    head: Head
    train: Part
    valid: Part
    targets: Any

    @property
    def counts(self) -> tuple[int, int, int]:
        """Examples of the training part and the validation part, and inputs without a target."""
        more = self.train.unlabelled
        return len(self.train.y), len(self.valid.y), 0 if more is None else len(more)

    @property
    def bytes(self) -> int:
        parts = (self.train, self.valid)
        rows = [one for p in parts for one in (p.sequences.values, p.sequences.starts, p.y)]
        return sum(int(getattr(array, "nbytes", 0)) for array in rows)  # 0: they lie on disk


def _encoded(plan: Plan) -> _Encoded:
    """Read and encode the data of a plan; fit on the training part."""
    parts = plan.parts()
    head = plan.head.fit(parts.train.target(parts.target))
    with parts.as_given():
        encoder = parts.data.encoder.fit(parts.train.inputs)
        found = encoded(encoder, head, parts, ("train", "valid"))
    return _Encoded(encoder, head, **found, targets=parts.valid.target(parts.target))
