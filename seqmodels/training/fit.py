"""From prepared data to a trained model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from seqmodels.model.sequence_model import SequenceModel
from seqmodels.training import loop
from seqmodels.training.callbacks import Callback, Callbacks
from seqmodels.training.prepare import Prepared
from seqmodels.training.pseudo_labels import labelled


@dataclass(frozen=True, eq=False)
class Fitted:
    """A trained model, and how it got there.

    Args:
        model: The model.
        history: One row an epoch: loss and metrics of the training and the validation part,
            seconds.
        pseudo_labels: How many inputs without a target were given one by a first training.
    """

    model: SequenceModel
    history: list[loop.Row]
    pseudo_labels: int = 0


def fit(
    prepared: Prepared, callbacks: Sequence[Callback] = (), *, folder: Path | None = None
) -> Fitted:
    """Build the network and train it.

    Args:
        prepared: The data and the configuration.
        callbacks: Who is told how it goes, in this order.
        folder: Where checkpoints are kept; a training that left some there is resumed. None: no
            checkpoints.

    Raises:
        NotFiniteError: The loss or a gradient is not finite.
        Stopped: By Ctrl-C or SIGTERM.
        OSError: A checkpoint cannot be written.
    """
    config, head, watch = prepared.config, prepared.head, Callbacks(callbacks)
    model = SequenceModel(prepared.encoder, config.backbone, head, seed=config.seed)
    given, valid = prepared.parts["train"], prepared.parts["valid"]
    train = labelled(
        model.network, head, given, valid, config.training,
        seed=config.seed, folder=folder, watch=watch,
    )  # fmt: skip
    watch.begin()
    try:
        history = loop.fit(
            model.network, head, train, valid, config.training,
            seed=config.seed, folder=folder, watch=watch,
        )  # fmt: skip
    finally:
        watch.end()
    return Fitted(model, history, len(train.y) - len(given.y))
