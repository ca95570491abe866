"""Encoder, network and head as one thing that answers and is saved."""

from __future__ import annotations

import hashlib
import io
import secrets
import shutil
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
import pydantic

from seqmodels import tracing
from seqmodels.arguments import checked
from seqmodels.backbone import Backbone
from seqmodels.data import Encoder, Sequences
from seqmodels.errors import InputError, some
from seqmodels.files import sync_directory, write_json, writing
from seqmodels.heads.base import Head, Prediction
from seqmodels.registry import ENCODERS, HEADS

if TYPE_CHECKING:
    import keras

MODEL, WEIGHTS, MANIFEST = "model.json", "weights.npz", "manifest.json"
FORMAT = 1
MAX_JSON = 64 * 2**20  # bytes; a vocabulary of a million words fits

Text = Annotated[str, pydantic.StringConstraints(max_length=200)]


class SequenceModel:
    """Raw inputs in, answers out.

    Args:
        encoder: Fitted.
        backbone: Sizes of the shared LSTM.
        head: Fitted.
        seed: Of the initial weights.

    Attributes:
        network: The Keras model {x, lengths} -> [B, head.units].
    """

    def __init__(self, encoder: Encoder, backbone: Backbone, head: Head, *, seed: int = 0):
        self.encoder = encoder
        self.backbone = backbone
        self.head = head
        self.network: keras.Model = backbone.build(encoder.spec, head.units, seed)
        self._traced: Callable[..., Any] | None = None
        if backbone.skip:
            self._start_from_last_value()

    def predict(self, inputs: Sequence[Any]) -> Prediction:
        """Return answers for raw inputs, in their order.

        Args:
            inputs: A list of what the encoder reads: texts, drawings, windows. Any lengths.

        Raises:
            InputError: There are none, or one cannot be read; names the row.
        """
        if isinstance(inputs, str):
            raise InputError(f"predict needs a list of inputs, got one text: [{inputs[:40]!r}].")
        if len(inputs) == 0:
            raise InputError("There is nothing to predict: the list of inputs is empty.")
        return self.answer(self.encoder.encode(inputs))

    def answer(self, sequences: Sequences) -> Prediction:
        """Return answers for inputs that this model's encoder has encoded."""
        if self._traced is None:
            self._traced = tracing.traced(self.network)
        return self.head.decode(tracing.predict(self._traced, sequences, self.head.units))

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
        try:
            part.mkdir(parents=True)
            write_json(part / MODEL, self._description())
            arrays: dict[str, Any] = {
                name: tracing.array_of(weight) for name, weight in self._weights().items()
            }
            with writing(part / WEIGHTS, "wb") as file:
                np.savez(file, **arrays)
            names = (MODEL, WEIGHTS)
            write_json(
                part / MANIFEST,
                {"format": FORMAT, "files": {n: _entry((part / n).read_bytes()) for n in names}},
            )
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

        Raises:
            InputError: A file is missing, cut short or changed; names it.
        """
        path = Path(path)
        files = _verified(path)
        try:
            saved = _Description.model_validate_json(files[MODEL])
        except pydantic.ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise InputError(
                f"{path / MODEL} is not a saved model: {where} {first['msg']}."
            ) from None
        model = cls(
            ENCODERS.restore(saved.encoder),
            Backbone(**checked(Backbone, saved.backbone, "the backbone")),
            HEADS.restore(saved.head),
        )
        model._set_weights(files[WEIGHTS], path / WEIGHTS)
        return model

    def _start_from_last_value(self) -> None:
        """Make an untrained forecast answer "as it is now", so that training can only add to it."""
        forecast = self.encoder.last_value()
        scaled = self.head.scaled(*forecast) if forecast else None
        if scaled is None:
            return
        kernel, bias = self.network.get_layer("outputs").get_weights()
        kernel[:] = 0  # the LSTM has no say yet; its own weights get gradients from step 2 on
        kernel[-len(scaled[0]) :] = scaled[0]  # the last step comes last: see Backbone.build
        self.network.get_layer("outputs").set_weights([kernel, scaled[1].astype(bias.dtype)])

    def _description(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "seqmodels": version("seqmodels"),
            "keras": version("keras"),
            "encoder": ENCODERS.dump(self.encoder),
            "backbone": asdict(self.backbone),
            "head": HEADS.dump(self.head),
        }

    def _weights(self) -> dict[str, Any]:
        """Return the network's weights by a name that does not hang on Keras's version."""
        return {
            "/".join(part for part in weight.path.split("/") if part != "lstm_cell"): weight
            for weight in self.network.weights
        }

    def _set_weights(self, data: bytes, path: Path) -> None:
        weights = self._weights()
        try:
            _refuse_bombs(data, path, 4 * self.network.count_params())
            with np.load(io.BytesIO(data), allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
        except InputError:
            raise
        except (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise InputError(f"{path} is not a file of weights: {error}.") from None
        wrong = [
            name
            for name in {**weights, **arrays}
            if name not in arrays
            or name not in weights
            or arrays[name].shape != tuple(weights[name].shape)
            or arrays[name].dtype != np.float32
        ]
        if wrong:
            raise InputError(f"{path} does not fit its {MODEL}: {some(wrong)}.")
        for name, weight in weights.items():
            weight.assign(arrays[name])


class _Description(pydantic.BaseModel, extra="forbid"):
    """What `model.json` may hold."""

    format: Literal[1]
    seqmodels: Text
    keras: Text
    encoder: dict[str, Any]
    backbone: dict[str, Any]
    head: dict[str, Any]


class _Entry(pydantic.BaseModel, extra="forbid"):
    sha256: Annotated[str, pydantic.StringConstraints(pattern="^[0-9a-f]{64}$")]
    bytes: Annotated[int, pydantic.Field(ge=0)]


class _Manifest(pydantic.BaseModel, extra="forbid"):
    format: Literal[1]
    files: dict[Literal["model.json", "weights.npz"], _Entry]


def _entry(data: bytes) -> dict[str, Any]:
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}


def _verified(path: Path) -> dict[str, bytes]:
    """Return the files of a model directory after holding each against the manifest."""
    if not (path / MANIFEST).is_file():
        raise InputError(f"{str(path)!r} is not a saved model: it has no {MANIFEST}.")
    try:
        manifest = _Manifest.model_validate_json(_read(path / MANIFEST, MAX_JSON))
    except pydantic.ValidationError as error:
        raise InputError(f"{path / MANIFEST} is damaged: {error.errors()[0]['msg']}.") from None
    problems, files = [], {}
    for name in (MODEL, WEIGHTS):
        entry = manifest.files.get(name)  # type: ignore[call-overload]
        if entry is None or not (path / name).is_file():
            problems.append(f"{path / name} is missing. Copy the whole model directory again.")
            continue
        data = _read(path / name, MAX_JSON if name == MODEL else entry.bytes)
        if _entry(data) != entry.model_dump():
            problems.append(
                f"{path / name} is not as it was saved: its sha256 is another, at "
                f"{len(data)} bytes ({entry.bytes} were saved). Copy the model directory again, "
                f"or train again."
            )
        files[name] = data
    if problems:
        raise InputError(problems)
    return files


def _read(path: Path, limit: int) -> bytes:
    """Return a file's bytes; one past the limit, so that a longer file is seen as such."""
    with path.open("rb") as file:
        return file.read(limit + 1)


def _refuse_bombs(data: bytes, path: Path, expected: int) -> None:
    """Refuse weights that would unpack to far more than the network holds."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        size = sum(member.file_size for member in file.infolist())
    if size > 2 * expected + 2**16:
        raise InputError(f"{path} would unpack to {size} bytes, {expected} were expected.")
