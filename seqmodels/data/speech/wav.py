"""WAV files become samples: chunks of RIFF, whose headers are held against the file.

A chunk is an identifier of four bytes, a size of four, the data, and a byte of padding where the
size is odd (Microsoft and IBM, "Multimedia Programming Interface and Data Specifications 1.0",
1991, https://www.mmsp.ece.mcgill.ca/Documents/AudioFormats/WAVE/WAVE.html). Recorders that were
stopped, tools that write into a pipe and bad copies leave sizes that are not true, so that no
number is believed before it is held against the file. The size of the whole and the bytes a
second are not needed, often wrong, and not read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from seqmodels.core.errors import InputError

LONGEST = 2**26  # samples of one recording, 256 MiB: 70 minutes at 16,000 Hz
FASTEST = 1_000_000  # samples a second
BLOCK = 2**20  # samples, over all channels, that are read at once
CHUNKS = 10_000  # of one WAV file
STREAMED = 0x7FFF0000  # sizes from here on were written before the size was known
PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
GUID = bytes.fromhex("000000001000800000aa00389b71")  # an extensible format's, after its number


@dataclass(frozen=True)
class Header:
    """What a sound file says of itself, and where its samples are.

    Args:
        rate: Samples a second.
        channels: Samples at a time.
        frames: Samples of each channel; None: it does not say.
        kind: How samples are written; None: soundfile knows.
        bits: Of one sample of a WAV file.
        start: Where they begin in a WAV file, in bytes.
    """

    rate: int
    channels: int
    frames: int | None
    kind: int | None = None
    bits: int = 0
    start: int = 0


def header(file: IO[bytes], size: int, path: Path) -> Header:
    """Return the header of an open WAV file that stands behind its first 12 bytes."""
    form: bytes | None = None
    place = 12
    for _ in range(CHUNKS):
        head = file.read(8)
        if len(head) < 8:
            break
        name, length = head[:4], struct.unpack("<I", head[4:])[0]
        place += 8
        if name == b"fmt " and form is None:
            form = file.read(min(length, 40))
        elif name == b"data":
            if form is None:
                raise broken(path, "its samples come before the chunk 'fmt ' that explains them")
            return _described(form, length, place, size, path)
        place += length + length % 2
        if place > size:
            break
        file.seek(place)
    lacks = "'data', where samples would be" if form else "'fmt ', which says how it is written"
    raise broken(path, f"it has no chunk {lacks}, in its {size:,} bytes")


def _described(form: bytes, length: int, start: int, size: int, path: Path) -> Header:
    """Return a WAV file's header from the bytes of its chunk 'fmt ' and the size of 'data'."""
    if len(form) < 16:
        raise broken(path, f"its chunk 'fmt ' has {len(form)} bytes of 16")
    kind, channels, rate, _, frame, bits = struct.unpack("<HHIIHH", form[:16])
    if kind == EXTENSIBLE and len(form) >= 40 and form[26:40] == GUID:
        kind = struct.unpack("<H", form[24:26])[0]
    found = Header(rate, channels, None, kind, bits, start)
    if kind not in (PCM, FLOAT):
        return found
    believed(found, path)
    if bits not in ((32, 64) if kind == FLOAT else (8, 16, 24, 32)):
        raise broken(path, f"its header says {bits} bits a sample, which no file has")
    if frame != channels * bits // 8:
        raise broken(
            path,
            f"its header says {frame} bytes for {channels} samples of {bits} bits, which need "
            f"{channels * bits // 8}",
        )
    there = size - start
    if length >= STREAMED and length > there:
        length = there
    if length > there:
        raise broken(
            path, f"it is cut short: its header says {length:,} bytes, {there:,} are there"
        )
    if length == 0 and there > 1:
        raise broken(
            path, f"its header says 0 bytes of samples, {there:,} are there: it was not finished"
        )
    if length < frame:
        raise empty(path)
    if length // frame > LONGEST:
        raise too_long(path)
    return Header(rate, channels, length // frame, kind, bits, start)


def blocks(path: Path, found: Header) -> Iterator[np.ndarray]:
    """Yield the samples of a WAV file in blocks [S, C], full scale being 1."""
    frame = found.channels * found.bits // 8
    left = (found.frames or 0) * frame
    with path.open("rb") as file:
        file.seek(found.start)
        while left:
            data = file.read(min(left, max(1, BLOCK // found.channels) * frame))
            if len(data) % frame or not data:
                raise broken(path, "it was cut short while it was read")
            left -= len(data)
            yield _numbers(data, found).reshape(-1, found.channels)


def _numbers(data: bytes, found: Header) -> np.ndarray:
    """Return samples in the bytes of a WAV file; those of 8 bits have no sign."""
    if found.kind == FLOAT:
        with np.errstate(over="ignore"):  # beyond float32: not finite, and refused as such
            return np.frombuffer(data, f"<f{found.bits // 8}").astype(np.float32)
    if found.bits == 24:
        wide = np.zeros((len(data) // 3, 4), np.uint8)
        wide[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
        return scaled(wide.view("<i4")[:, 0], False, 32)
    whole = np.frombuffer(data, "u1" if found.bits == 8 else f"<i{found.bits // 8}")
    return scaled(whole, found.bits == 8, found.bits)


def scaled(whole: np.ndarray, unsigned: bool, bits: int) -> np.ndarray:
    """Return whole numbers of some bits as float32 from -1 to 1; unsigned, the middle is 0."""
    half = 2.0 ** (bits - 1)
    return ((whole.astype(np.float64) - (half if unsigned else 0)) / half).astype(np.float32)


def believed(found: Header, path: Path) -> Header:
    """Return a header as it is, once its numbers are such that a file can have them."""
    if not 1 <= found.rate <= FASTEST:
        raise broken(path, f"its header says {found.rate:,} samples a second")
    if not 1 <= found.channels <= 1024:
        raise broken(path, f"its header says {found.channels:,} channels")
    if (found.frames or 0) > LONGEST:
        raise too_long(path)
    return found


def broken(path: Path, why: str) -> InputError:
    """Return the error for a file that is not what it should be, and why."""
    return InputError(f"{str(path)!r} is broken: {why}. Save it again, or leave it out.")


def empty(path: Path) -> InputError:
    """Return the error for a file without samples."""
    return InputError(f"{str(path)!r} holds no samples. Leave it out.")


def too_long(path: Path) -> InputError:
    """Return the error for a file that does not fit the memory."""
    return InputError(
        f"{str(path)!r} has more than {LONGEST:,} samples, which one sequence is not to have. "
        f"Cut it into pieces."
    )
