"""Files of a saved model as somebody would write them who knows how they vouch for each other."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

NAMES = ("model.json", "weights.npz", "manifest.json")


def forge(model: Path, name: str, data: bytes) -> None:
    """Replace a file, and make the manifest agree."""
    (model / name).write_bytes(data)
    manifest = json.loads((model / "manifest.json").read_text())
    manifest["files"][name] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    (model / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


def describe(model: Path, **change: Any) -> None:
    """Change fields of model.json, and make the manifest agree."""
    description = json.loads((model / "model.json").read_text()) | change
    forge(model, "model.json", json.dumps(description).encode())


def weigh(model: Path, data: bytes) -> None:
    """Replace the weights, and make both model.json and the manifest agree."""
    forge(model, "weights.npz", data)
    describe(model, weights=hashlib.sha256(data).hexdigest())


def members(model: Path) -> dict[str, bytes]:
    """Return what is in the archive of the weights, by name."""
    with zipfile.ZipFile(model / "weights.npz") as file:
        return {name: file.read(name) for name in file.namelist()}


def archive(found: Mapping[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """Return an archive of these members."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", compression) as file:
        for name, content in found.items():
            file.writestr(name, content)
    return data.getvalue()


def npy(array: np.ndarray) -> bytes:
    """Return an array as a file, objects pickled."""
    data = io.BytesIO()
    np.lib.format.write_array(data, array, allow_pickle=True)
    return data.getvalue()
