"""Stroke-3 archives: each point as dx, dy and whether the pen then lifts.

sketch-rnn (Ha & Eck 2017, https://github.com/magenta/magenta) publishes `NAME.npz` with pickled
arrays of drawings under train, valid and test. Nothing of a pickle is run: arrays and their types
become inert stand-ins, and any other name in it is refused. The plain layout needs no pickle:
`points` [L, 3], `offsets` [N + 1], and perhaps `labels` [N].
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import IO, Any

import numpy as np

from seqmodels.core.errors import InputError, some
from seqmodels.data import npz
from seqmodels.data.strokes.ink.files import Files
from seqmodels.data.strokes.ink.record import FARTHEST, MOST_POINTS, Choice, Drawing, Format

LABEL = "label"
PARTS = ("train", "valid", "test")
_MOST_BYTES = 2_000_000_000  # of one array unpacked


def read(files: Files, names: list[str], choice: Choice) -> Iterator[Drawing]:
    """Yield the drawings of `.npz` archives; the name of a file is the class of its drawings."""
    for name in names:
        stem = files.stem(name).removeprefix("sketchrnn_").removesuffix(".full")
        with files.open(name) as file:
            yield from drawings(
                file,
                stem,
                files.where(name),
                choice.most,
                glance=choice.sample is not None,
            )


def is_sketch(file: IO[bytes]) -> bool:
    """Whether an archive holds drawings, by the names, the types and the shapes of its arrays."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            if "points.npy" in names and "offsets.npy" in names:
                kind, shape, _ = npz.header(archive, "points")
                return not kind.hasobject and len(shape) == 2 and shape[1] in (3, 4)
            if "train.npy" not in names:
                return False
            kind, shape, _ = npz.header(archive, "train")
            return (kind.hasobject and len(shape) == 1) or (len(shape) == 3 and shape[2] == 3)
    except Exception:  # damaged zips raise nearly anything
        return False


def drawings(
    file: IO[bytes], stem: str, where: str, most: int | None, *, glance: bool = False
) -> Iterator[Drawing]:
    """Yield the drawings of one archive; x and y of their points are ways from the one before.

    Args:
        file: The archive.
        stem: The name of the file: the class, where the archive has no labels.
        where: Its name, for messages.
        most: Drawings of each part to read, from its start; None: all.
        glance: Read the smallest part only.

    Raises:
        InputError: An array is missing, damaged or not of drawings.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            names = {name[:-4] for name in archive.namelist() if name.endswith(".npy")}
            if {"points", "offsets"} <= names:
                part = stem if stem in PARTS else None
                yield from _plain(archive, names, stem, part, where, most)
                return
            parts = [part for part in PARTS if part in names]
            if not parts:
                raise InputError(
                    f"{where} needs arrays 'train' (and 'valid', 'test'), or 'points' and "
                    f"'offsets'; it has {some(sorted(names)) or 'none'}."
                )
            if glance:
                parts = [min(parts, key=lambda part: archive.getinfo(f"{part}.npy").file_size)]
            for part in parts:
                here = f"{where}, {part}"
                for row, points in enumerate(_rows(archive, part, here, most)):
                    one = _checked(points, f"{here}, row {row}")
                    yield Drawing(one, f"{here}, row {row}", {LABEL: stem}, {}, part)
    except InputError:
        raise
    except Exception as error:  # damaged zips and array headers raise nearly anything
        raise InputError(
            f"{where} does not unpack ({type(error).__name__}: {error}). Fetch it again."
        ) from None


def _plain(
    archive: zipfile.ZipFile,
    names: set[str],
    stem: str,
    part: str | None,
    where: str,
    most: int | None,
) -> Iterator[Drawing]:
    arrays = {n: _numbers(archive, n, where) for n in ("points", "offsets")}
    points, offsets = arrays["points"], arrays["offsets"]
    if points.ndim != 2 or points.shape[1] not in (3, 4):
        raise InputError(f"{where}: 'points' needs the shape [L, 3], got {list(points.shape)}.")
    if offsets.ndim != 1 or offsets.dtype.kind not in "iu" or len(offsets) < 2:
        raise InputError(f"{where}: 'offsets' needs N + 1 whole numbers.")
    offsets = offsets.astype(np.int64)
    if offsets[0] != 0 or offsets[-1] != len(points) or (np.diff(offsets) < 1).any():
        raise InputError(
            f"{where}: 'offsets' must rise from 0 to {len(points)}, at least a point a drawing."
        )
    labels: list[Any] = [stem] * (len(offsets) - 1) if part is None else []
    if "labels" in names:
        labels = _numbers(archive, "labels", where, text=True).tolist()
        if len(labels) != len(offsets) - 1:
            raise InputError(f"{where} has {len(offsets) - 1} drawings and {len(labels)} labels.")
    points = _checked(points[:, :3], where, length=len(points))
    for row in range(min(len(offsets) - 1, most or len(offsets))):
        label = {LABEL: str(labels[row])} if labels else {}
        span = slice(offsets[row], offsets[row + 1])
        yield Drawing(points[span], f"{where}, row {row}", label, {}, part)


def _checked(points: np.ndarray, where: str, length: int = MOST_POINTS) -> np.ndarray:
    """Return points [T, 3] that are ways and a pen; refuse others."""
    if points.ndim != 2 or points.shape[1] != 3 or not len(points):
        raise InputError(f"{where} needs points [T, 3] (dx, dy, pen lifted), got {points.shape}.")
    if len(points) > length:
        raise InputError(f"{where} has {len(points):,} points; at most {length:,} are read.")
    if points.dtype.kind == "f" and not (np.abs(points) <= FARTHEST).all():
        raise InputError(f"{where} has NaN, infinity or a number beyond {FARTHEST:g}.")
    if not ((points[:, 2] == 0) | (points[:, 2] == 1)).all():
        raise InputError(f"{where}: the third number of a point, the pen, must be 0 or 1.")
    return points


def _rows(
    archive: zipfile.ZipFile, part: str, where: str, most: int | None
) -> Iterator[np.ndarray]:
    kind, shape, order, packed = _member(archive, part, where)
    if not kind.hasobject:
        array = _array(kind, shape, order, packed, where)
        if array.ndim != 3:
            raise InputError(f"{where} needs drawings [N, T, 3], got the shape {array.shape}.")
        yield from array[:most]
        return
    try:
        rows = npz.objects(packed)
        if len(shape) == 3 and len(rows) == np.prod(shape):  # one array of Python numbers
            if not all(type(value) in (int, float) for value in rows):
                raise TypeError("not numbers")
            yield from np.array(rows, dtype=np.float64).reshape(shape)[:most]
            return
        total = 0
        for row in rows[:most]:
            array = npz.numbers(row)
            total += array.nbytes
            if total > len(packed):  # one array many times over; honest ones take their own bytes
                raise ValueError("it repeats itself beyond measure")
            yield array
    except InputError:
        raise
    except Exception as error:  # a damaged pickle raises nearly anything
        raise InputError(
            f"{where}: its pickle is not a list of arrays of numbers ({error}). Nothing in it was "
            f"run. Fetch it again."
        ) from None


def _member(
    archive: zipfile.ZipFile, name: str, where: str
) -> tuple[np.dtype, tuple[int, ...], bool, bytes]:
    """Return the type, the shape, whether columns come first, and the bytes of an array."""
    size = archive.getinfo(f"{name}.npy")
    fair = max(100_000_000, 500 * size.compress_size)  # of a packed array, bytes unpacked
    try:
        return npz.member(archive, name, min(_MOST_BYTES, fair))
    except ValueError as error:
        raise InputError(f"{where} cannot be read: {error}.") from None


def _numbers(archive: zipfile.ZipFile, name: str, where: str, *, text: bool = False) -> np.ndarray:
    kind, shape, order, packed = _member(archive, name, where)
    if kind.hasobject or kind.kind not in ("iufUS" if text else "iuf"):
        raise InputError(f"{where}: {name!r} needs plain numbers{' or texts' * text}, got {kind}.")
    return _array(kind, shape, order, packed, where)


def _array(
    kind: np.dtype, shape: tuple[int, ...], fortran: bool, packed: bytes, where: str
) -> np.ndarray:
    if (
        kind.kind not in "iufbUS"
        or len(packed) != int(np.prod(shape, dtype=object)) * kind.itemsize
    ):
        raise InputError(f"{where} has {len(packed):,} bytes, not {kind} of the shape {shape}.")
    return np.frombuffer(packed, kind).reshape(shape, order="F" if fortran else "C")


def _known(files: Files, name: str, head: bytes) -> bool:
    if not head.startswith(b"PK\x03\x04"):
        return False
    with files.open(name) as file:
        return is_sketch(file)


FORMAT = Format("stroke-3", (LABEL,), _known, read, (".npz",), "offsets")
