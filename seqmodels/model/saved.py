"""Files of a saved model: a description, weights and a manifest, each with the others' hashes."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import os
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pydantic

from seqmodels.core.errors import InputError, some
from seqmodels.core.files import write_json, writing
from seqmodels.core.safe_io import parsed, plain, read_bytes

MODEL, WEIGHTS, MANIFEST = "model.json", "weights.npz", "manifest.json"
MAX_MANIFEST = 2**16  # bytes
MAX_WEIGHTS = 2**32  # bytes: a billion weights
_MOST = 10_000  # arrays, enough for two thousand layers
_OVERHEAD = 1024  # bytes of names and headers per array, at most; NumPy uses a third of that
_BELONGS = "model.sha256"  # member of the archive of weights with the hash of the model
_AGAIN = "Copy the model directory again, or train again."

Text = Annotated[str, pydantic.StringConstraints(max_length=200)]
Hash = Annotated[str, pydantic.StringConstraints(pattern="^[0-9a-f]{64}$")]
Shape = tuple[int, ...]


class _Part(pydantic.BaseModel, extra="allow"):
    """An encoder or a head: its registered name, and its fields."""

    name: Text
    module: Text


class _Format1(pydantic.BaseModel, extra="forbid", strict=True):
    """Content of `model.json` in format 1."""

    format: Literal[1]
    seqmodels: Text
    keras: Text
    encoder: _Part
    backbone: dict[str, Any]
    head: _Part

    def parts(self) -> dict[str, Any]:
        """Return the encoder, the backbone and the head as JSON types."""
        return self.model_dump(include={"encoder", "backbone", "head"})

    def agrees(self, weights: str, belongs: str | None) -> bool:
        """Return whether the weights belong to this model.

        Args:
            weights: The sha256 of the weights.
            belongs: The sha256 of the model's parts that the weights contain; None: it is missing.
        """
        return belongs is None  # format 1 recorded no hash


class _Format2(_Format1):
    """From format 2 on, `model.json` and the weights each hold the other's sha256."""

    format: Literal[2]  # type: ignore[assignment]
    weights: Hash

    def agrees(self, weights: str, belongs: str | None) -> bool:
        return (weights, belongs) == (self.weights, _digest(self.parts()))


_FORMATS: dict[int, type[_Format1]] = {1: _Format1, 2: _Format2}
FORMAT = max(_FORMATS)


class _Entry(pydantic.BaseModel, extra="forbid", strict=True):
    sha256: Hash
    bytes: Annotated[int, pydantic.Field(ge=0)]


class _Manifest(pydantic.BaseModel, extra="forbid", strict=True):
    format: int
    files: dict[Literal["model.json", "weights.npz"], _Entry]


def write(
    folder: Path, parts: Mapping[str, Any], versions: Mapping[str, str], arrays: dict[str, Any]
) -> None:
    """Write the three files into an empty folder, the manifest last.

    Args:
        folder: The empty folder.
        parts: Encoder, backbone and head as JSON types.
        versions: Versions of libraries by name.
        arrays: Weights by name, float32.
    """
    belongs = _digest(parts)
    with writing(folder / WEIGHTS, "wb") as file, zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo(_BELONGS), belongs)
        for name, array in arrays.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asarray(array, "<f4"), allow_pickle=False)
    weights = _entry(folder / WEIGHTS)
    write_json(
        folder / MODEL, {"format": FORMAT, **versions, **parts, "weights": weights["sha256"]}
    )
    files = {MODEL: _entry(folder / MODEL), WEIGHTS: weights}
    write_json(folder / MANIFEST, {"format": FORMAT, "files": files})


class Saved:
    """A model directory whose files agree with its manifest and with each other.

    Attributes:
        parts: Encoder, backbone and head as JSON types; their fields are not checked yet.
    """

    def __init__(self, path: Path):
        """Check the files.

        Raises:
            InputError: A file is missing, changed, from another model, or not a plain file. The
                message names all such files.
        """
        self.path = path
        manifest = _manifest(path / MANIFEST)
        self._weights = path / WEIGHTS
        problems, data = [], b""
        for name in (MODEL, WEIGHTS):
            entry = manifest.files.get(name)  # type: ignore[call-overload]
            try:
                if name == MODEL:
                    data = read_bytes(path / name)
                    _check(path / name, entry, _entry_of(data))
                else:
                    _check(path / name, entry, _entry(path / name))
            except FileNotFoundError:
                problems.append(f"{path / name} is missing. Copy the whole model directory again.")
            except OSError as error:
                problems.append(f"{path / name} cannot be read: {error.strerror}.")
            except InputError as error:
                problems += error.problems
        if problems:
            raise InputError(problems)
        description = _description(data, path / MODEL)
        if description.format != manifest.format:
            raise InputError(
                f"{path / MODEL} and its {MANIFEST} are of different formats. {_AGAIN}"
            )
        self.parts = description.parts()
        self._description = description
        self._sha256 = manifest.files["weights.npz"].sha256

    def arrays(self, expected: Iterable[tuple[str, Shape]]) -> dict[str, np.ndarray]:
        """Return the weights, after a check that they have the shapes that the network needs.

        Args:
            expected: Name and shape of each weight; at most `_MOST` are read.

        Raises:
            InputError: The weights are from another model, or not in the form that `save` writes.
        """
        shapes = {f"{name}.npy": shape for name, shape in itertools.islice(expected, _MOST)}
        needs = 4 * sum(map(math.prod, shapes.values()))
        more = len(shapes) == _MOST
        try:
            with plain(self._weights, MAX_WEIGHTS) as file:
                size = file.seek(0, os.SEEK_END)
                if more or not needs <= size <= needs + _OVERHEAD * (len(shapes) + 2):
                    raise InputError(
                        f"{self._weights} does not fit its {MODEL}: it has {size:,} bytes, and "
                        f"the network needs {'more than ' * more}{needs:,}. {_AGAIN}"
                    )
                with zipfile.ZipFile(file) as archive:
                    return self._arrays(archive, size, shapes)
        except InputError:
            raise
        except Exception as error:  # a damaged archive raises nearly anything
            raise InputError(f"{self._weights} is not a file of weights: {error}.") from None

    def _arrays(
        self, archive: zipfile.ZipFile, size: int, shapes: Mapping[str, Shape]
    ) -> dict[str, np.ndarray]:
        members = {member.filename: member for member in archive.infolist()}
        if len(members) < len(archive.infolist()):
            raise ValueError("it has a name twice")
        total = sum(max(m.file_size, m.compress_size) for m in members.values())
        if total > size or any(m.compress_type for m in members.values()):
            raise ValueError("it would unpack to more than it holds")
        belongs = members.pop(_BELONGS, None)
        stated = None if belongs is None else archive.read(belongs).decode()
        found = {name: _shape_of(archive, member) for name, member in members.items()}
        names = {**shapes, **found}
        wrong = [_bare(n) for n in names if n not in shapes or shapes[n] != found.get(n)]
        if wrong:
            raise InputError(f"{self._weights} does not fit its {MODEL}: {some(wrong)}.")
        if not self._description.agrees(self._sha256, stated):
            raise InputError(
                f"{self._weights} does not belong to its {MODEL}: the two were not saved "
                f"together. {_AGAIN}"
            )
        arrays = {}
        for name in shapes:
            with archive.open(members[name]) as member:
                array = np.lib.format.read_array(member, allow_pickle=False)
            arrays[_bare(name)] = array
        return arrays


def _bare(name: str) -> str:
    return name.removesuffix(".npy")


def _shape_of(archive: zipfile.ZipFile, member: zipfile.ZipInfo | None) -> Shape | None:
    """Return the shape of a float32 array that fills its member; None for anything else."""
    if member is None:
        return None
    with archive.open(member) as stream:
        old = np.lib.format.read_magic(stream) == (1, 0)
        read = np.lib.format.read_array_header_1_0 if old else np.lib.format.read_array_header_2_0
        shape, _, kind = read(stream)
        full = 4 * math.prod(shape) == member.file_size - stream.tell()
    return shape if full and kind == np.dtype("<f4") else None


def _manifest(path: Path) -> _Manifest:
    """Return the manifest, after a check that every byte is in the form that `write` writes."""
    try:
        data = read_bytes(path, MAX_MANIFEST)
    except OSError:
        where = str(path.parent)
        raise InputError(f"{where!r} is not a saved model: it has no {path.name}.") from None
    try:
        value = parsed(data, path)
        manifest = _Manifest.model_validate(value)
    except pydantic.ValidationError as error:
        raise InputError(f"{path} is damaged: {_first(error)}. {_AGAIN}") from None
    if data.decode() != json.dumps(value, indent=1, ensure_ascii=False) + "\n":
        raise InputError(f"{path} is not as it was saved. {_AGAIN}")
    return manifest


def _description(data: bytes, path: Path) -> _Format1:
    value = parsed(data, path)
    number = value.get("format") if isinstance(value, dict) else None
    if type(number) is not int or number not in _FORMATS:
        raise InputError(
            f"{path} is of format {str(number)[:20]!r}; this seqmodels opens "
            f"{', '.join(map(str, _FORMATS))}. A newer seqmodels may open it."
        )
    try:
        return _FORMATS[number].model_validate(value)
    except pydantic.ValidationError as error:
        raise InputError(f"{path} is not a saved model: {_first(error)}.") from None


def _check(path: Path, entry: _Entry | None, found: dict[str, Any]) -> None:
    """Compare the hash and size of a file with its entry in the manifest."""
    if entry is None:
        raise InputError(f"{path} is missing in the {MANIFEST}. {_AGAIN}")
    if found != entry.model_dump():
        sizes = f", and it has {found['bytes']:,} bytes of {entry.bytes:,}"
        raise InputError(
            f"{path} is not as it was saved: its sha256 is not the one in {MANIFEST}"
            f"{sizes * (found['bytes'] != entry.bytes)}. {_AGAIN}"
        )


def _entry(path: Path) -> dict[str, Any]:
    with plain(path, MAX_WEIGHTS) as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return {"sha256": digest, "bytes": file.tell()}


def _entry_of(data: bytes) -> dict[str, Any]:
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}


def _digest(parts: Mapping[str, Any]) -> str:
    """Return the sha256 of JSON in its shortest form with sorted names."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _first(error: pydantic.ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part)[:40] for part in first["loc"])
    return f"{where} {first['msg']}".strip()
