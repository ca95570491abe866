"""Encoder, network and head as one model, which predicts, and is saved and loaded."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seqmodels.core.arguments import checked
from seqmodels.core.encoder import Encoder
from seqmodels.core.errors import InputError
from seqmodels.core.files import sync_directory
from seqmodels.core.registry import ENCODERS, HEADS
from seqmodels.core.sequences import Sequences
from seqmodels.heads.base import Head, Prediction
from seqmodels.model import saved
from seqmodels.nn import tracing
from seqmodels.nn.backbone import Backbone
from seqmodels.nn.keras_network import weights_of

if TYPE_CHECKING:
    import keras


class SequenceModel:
    """Maps raw inputs to answers.

    Args:
        encoder: Fitted.
        backbone: Sizes of the network.
        head: Fitted.
        seed: Seed of the initial weights.

    Attributes:
        network: The Keras model {x, lengths} -> [B, head.units]; for a head that reads every
            step, -> [B, T', head.units] and the number of steps T' of each row, [B].
    """

    def __init__(self, encoder: Encoder, backbone: Backbone, head: Head, *, seed: int = 0):
        self.encoder = encoder
        self.backbone = backbone
        self.head = head
        self.network: keras.Model = backbone.build(encoder.spec, head.units, seed, head.reads)
        self._traced: Callable[..., Any] | None = None
        self._start_from_last_value()

    def predict(self, inputs: Sequence[Any]) -> Prediction:
        """Return answers for raw inputs, in their order.

        Args:
            inputs: A list of inputs of the encoder: texts, drawings or windows, of any lengths.

        Raises:
            InputError: The list is empty, `inputs` is a table or a single input, or an input
                cannot be read; the message names the row.
        """
        _refuse_one(inputs, self.encoder.spec.channels)
        if len(inputs) == 0:
            raise InputError("There is nothing to predict: the list of inputs is empty.")
        return self.answer(self.encoder.encode(inputs))

    def answer(self, sequences: Sequences) -> Prediction:
        """Return answers for inputs that this model's encoder has encoded."""
        return self.head.decode(self.outputs(sequences))

    def outputs(self, sequences: Sequences) -> Any:
        """Return what the head decodes for inputs that this model's encoder has encoded.

        Returns:
            Outputs [N, units]; `Sequences` of them for a head that reads every step.
        """
        if self._traced is None:
            self._traced = tracing.traced(self.network)
        return tracing.predict(self._traced, sequences, self.head.units)

    def save(self, path: str | Path) -> None:
        """Write `model.json`, `weights.npz` and `manifest.json` as the new directory `path`.

        The directory appears whole or not at all.

        Raises:
            InputError: `path` exists, or cannot be written.
        """
        path = Path(path)
        if path.exists():
            raise InputError(f"Model directory {str(path)!r} exists. Choose another, or remove it.")
        part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
        parts = {
            "encoder": ENCODERS.dump(self.encoder),
            "backbone": asdict(self.backbone),
            "head": HEADS.dump(self.head),
        }
        versions = {name: version(name) for name in ("seqmodels", "keras")}
        arrays = {
            name: tracing.array_of(weight) for name, weight in weights_of(self.network).items()
        }
        try:
            part.mkdir(parents=True)
            saved.write(part, parts, versions, arrays)
            part.replace(path)
            sync_directory(path.parent)
        except OSError as error:
            raise InputError(
                f"The model could not be saved to {str(path)!r}: {error.strerror or error}. "
                f"Nothing was written there."
            ) from error
        finally:
            shutil.rmtree(part, ignore_errors=True)

    @classmethod
    def load(cls, path: str | Path) -> SequenceModel:
        """Rebuild what `save` wrote; runs no code from the files.

        The network is built after checks that the files are whole and belong together, and that
        the weights have the sizes of the described network.

        Raises:
            InputError: A file is missing, cut short, changed or from another model; the message
                names the file.
        """
        path = Path(path)
        files = saved.Saved(path)
        try:
            encoder: Encoder = ENCODERS.restore(files.parts["encoder"])
            head: Head = HEADS.restore(files.parts["head"])
            sizes = checked(Backbone, files.parts["backbone"], "the backbone", saved=True)
            backbone = Backbone(**sizes)
            backbone.check(encoder.spec, head.reads)
            arrays = files.arrays(backbone.weights(encoder.spec, head.units, head.reads))
            model = cls(encoder, backbone, head)
        except InputError:
            raise
        except Exception as error:  # a part of a user may raise anything on wrong fields
            raise InputError(
                f"{path / saved.MODEL} does not describe a model that can be built: {error!r:.200}."
            ) from error
        for name, weight in weights_of(model.network).items():
            weight.assign(arrays[name])
        return model

    def _start_from_last_value(self) -> None:
        """Make an untrained forecast predict the last value, so that training learns the change."""
        now = self.backbone.now(self.encoder, self.head)
        if now is None:
            return
        variables = weights_of(self.network)
        network = self.backbone.network(self.encoder.spec, self.head.units)
        for name, value in network.starts_from(*now):
            variables[name].assign(value)


def _refuse_one(inputs: Any, channels: int | None) -> None:
    """Refuse a single input, and a table, which would pass as a list of inputs.

    Args:
        inputs: Argument of `predict`.
        channels: Channels of a step of the encoder; None: the encoder reads words.
    """
    if isinstance(inputs, str):
        raise InputError(
            f"predict needs a list of inputs, got a single text. Put it in a list: "
            f"predict([{inputs[:40]!r}])."
        )
    if isinstance(inputs, Mapping) or hasattr(inputs, "columns"):
        raise InputError(
            f"predict needs a list of inputs, got a {type(inputs).__name__}. Texts and lists are "
            f"a column of it: predict(table['text']). A table whose rows are the steps is one "
            f"input: predict([table])."
        )
    first = inputs[0] if isinstance(inputs, list | tuple | np.ndarray) and len(inputs) else None
    alone = isinstance(first, Real) or (
        (channels or 1) > 1
        and isinstance(first, list | tuple | np.ndarray)
        and len(first) == channels
        and isinstance(first[0], Real)
    )
    if alone:
        raise InputError(
            f"predict needs a list of sequences, got one sequence of {len(inputs)} steps. Put it "
            f"in a list: predict([x]), or predict(x[:1]) in place of predict(x[0])."
        )
