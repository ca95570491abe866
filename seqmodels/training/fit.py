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
    """A trained model and its history.

    Args:
        model: The trained model.
        history: One row per epoch: loss and metrics of the training and the validation part,
            seconds.
        pseudo_labels: Number of inputs that got a pseudo-label from a first training.
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
        callbacks: Callbacks of the training, called in this order.
        folder: Folder of checkpoints; checkpoints found there are resumed. None: no checkpoints.

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
