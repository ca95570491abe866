"""Sound files become samples: WAV by our own reader, everything else by soundfile, an extra."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seqmodels.core.errors import InputError
from seqmodels.data.speech import wav
from seqmodels.data.speech.wav import (
    BLOCK,
    FASTEST,
    LONGEST,
    Header,
    believed,
    broken,
    empty,
    scaled,
    too_long,
)

ENDINGS = (".wav", ".wave", ".flac", ".ogg", ".mp3", ".aif", ".aiff")
LOUDEST = 1e9  # of real numbers; more is no sound, and would not stay finite
WHOLE = (np.int16, np.int32, np.uint8)
NAMES = {2: "ADPCM", 6: "A-law", 7: "mu-law", 17: "IMA ADPCM", 0x31: "GSM", 0x55: "MP3"}


@dataclass(frozen=True, eq=False)
class Recording:
    """One sound: its samples and how many of them make a second.

    Args:
        samples: [S], or [S, C] for C channels, whose mean is taken. Real numbers, 1 being full
            scale; whole numbers as they stand in a file (int16, int32, uint8) are scaled to it.
        rate: Samples a second, in hertz.

    Raises:
        InputError: There are no samples, they are not finite numbers, or the rate is none.
    """

    samples: np.ndarray
    rate: int

    def __post_init__(self) -> None:
        samples = np.asarray(self.samples)
        if isinstance(self.rate, bool) or not isinstance(self.rate, int | np.integer):
            raise InputError(f"A recording needs a whole number as rate, got {self.rate!r}.")
        if not 1 <= self.rate <= FASTEST:
            raise InputError(
                f"A recording needs a rate from 1 to {FASTEST:,} Hz, got {self.rate!r}."
            )
        if samples.ndim not in (1, 2) or samples.dtype.kind not in "iuf":
            raise InputError(
                f"A recording needs samples [S] or [S, C] that are numbers, got the shape "
                f"{samples.shape} of {samples.dtype}."
            )
        if samples.size == 0:
            raise InputError("A recording needs at least one sample, got none.")
        if samples.dtype.kind != "f":
            if samples.dtype not in WHOLE:
                raise InputError(
                    f"A recording of whole numbers needs them as int16, int32 or uint8, got "
                    f"{samples.dtype}, of which full scale is not known. Divide them by it."
                )
            samples = scaled(samples, samples.dtype.kind == "u", 8 * samples.dtype.itemsize)
        mono = samples if samples.ndim == 1 else samples.mean(axis=1)  # [S]
        mono = mono.astype(np.float32, copy=False)
        odd = np.flatnonzero(~(np.abs(mono) <= LOUDEST))
        if len(odd):
            raise InputError(
                f"A recording needs finite numbers, of which full scale is 1; sample {odd[0]} is "
                f"{mono[odd[0]]}."
            )
        object.__setattr__(self, "samples", mono)
        object.__setattr__(self, "rate", int(self.rate))

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.samples) / self.rate

    def __repr__(self) -> str:
        return f"Recording({self.seconds:.2f} s, rate={self.rate})"


def is_sound(path: Path) -> bool:
    """Return whether a file begins as sound files do: WAV, FLAC, Ogg, MP3, AIFF, NIST SPHERE."""
    try:
        with path.open("rb") as file:
            first = file.read(12)
    except OSError:
        return False
    riff = first[:4] in (b"RIFF", b"RIFX", b"RF64") and first[8:12] == b"WAVE"
    form = first[:4] == b"FORM" and first[8:12] in (b"AIFF", b"AIFC")
    mp3 = first[:3] == b"ID3" or (
        first[:1] == b"\xff" and first[1:2] in (b"\xfb", b"\xf3", b"\xf2")
    )
    return riff or form or mp3 or first[:4] in (b"fLaC", b"OggS") or first[:7] == b"NIST_1A"


def header(path: str | Path) -> Header:
    """Return what a file says of itself, held against the file.

    Raises:
        InputError: It is no sound file, is broken, holds no samples, or needs soundfile.
    """
    path = Path(path)
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            first = file.read(12)
            if first[:4] == b"RIFF" and first[8:12] == b"WAVE":
                found = wav.header(file, size, path)
                if found.kind in (wav.PCM, wav.FLOAT):
                    return found
    except OSError as error:
        raise InputError(f"Cannot read {str(path)!r}: {error.strerror or error}.") from None
    if size == 0:
        raise InputError(f"{str(path)!r} is empty. Leave it out.")
    if not is_sound(path):
        raise InputError(
            f"{str(path)!r} is no sound file that is known here: it begins with {first[:4]!r}. "
            f"Give WAV or FLAC."
        )
    with _opened(path) as sound:
        known = 0 < sound.frames < 2**62
        found = Header(sound.samplerate, sound.channels, sound.frames if known else None)
        return believed(found, path)


def read(path: str | Path) -> Recording:
    """Return a file's recording; of several channels the mean, in float32, read in blocks.

    Raises:
        InputError: As `header`; or the file is cut short, too long, or holds no finite numbers.
    """
    path = Path(path)
    found = header(path)
    blocks, count = [], 0
    try:
        for block in wav.blocks(path, found) if found.kind else _sound_blocks(path, found):
            blocks.append(block.mean(axis=1, dtype=np.float32))  # [S]
            count += len(block)
            if count > LONGEST:
                raise too_long(path)
    except OSError as error:
        raise InputError(f"Cannot read {str(path)!r}: {error.strerror or error}.") from None
    if count == 0:
        raise empty(path)
    try:
        return Recording(np.concatenate(blocks), found.rate)
    except InputError as error:
        raise InputError(f"{str(path)!r}: {error}") from None


def resampled(recording: Recording, rate: int) -> np.ndarray:
    """Return the samples [S] at another rate, by a polyphase low-pass filter, in float32."""
    if recording.rate == rate:
        return recording.samples
    from scipy.signal import resample_poly  # takes a moment to import

    common = math.gcd(recording.rate, rate)
    up, down = rate // common, recording.rate // common
    if max(up, down) > 20_000:  # the filter has twenty times as many numbers
        raise InputError(
            f"{recording.rate} Hz and {rate} Hz have no simple ratio. Resample the files first."
        )
    if len(recording.samples) * up // down > LONGEST:
        raise InputError(f"At {rate} Hz the recording has more than {LONGEST:,} samples. Cut it.")
    return resample_poly(recording.samples, up, down).astype(np.float32, copy=False)


def _sound_blocks(path: Path, found: Header) -> Iterator[np.ndarray]:
    """Yield the samples of a file that soundfile reads, in blocks [S, C]."""
    count = 0
    with _opened(path) as sound:
        try:
            while True:
                block = sound.read(max(1, BLOCK // found.channels), np.float32, always_2d=True)
                if not len(block):
                    break
                count += len(block)
                yield block
        except RuntimeError as error:
            raise broken(path, f"soundfile says {str(error).rstrip('.')!r}") from None
        if found.frames is not None and count < found.frames and sound.format != "MP3":
            raise broken(
                path, f"it is cut short: it says {found.frames:,} samples, {count:,} are there"
            )


def _opened(path: Path) -> Any:
    try:
        import soundfile
    except (ImportError, OSError):
        raise InputError(
            f"{str(path)!r} is {_what(path)}; without soundfile only WAV with plain samples is "
            "read: pip install soundfile."
        ) from None
    try:
        return soundfile.SoundFile(path)
    except (RuntimeError, TypeError) as error:
        why = str(error).rpartition(": ")[2].rstrip(".")
        raise broken(path, f"soundfile says {why!r} of {_what(path)}") from None


def _what(path: Path) -> str:
    """Return how a file that is not plain WAV is written, in words."""
    with path.open("rb") as file:
        first = file.read(12)
        if first[:4] != b"RIFF":
            return {b"fLaC": "FLAC", b"OggS": "Ogg", b"FORM": "AIFF"}.get(first[:4], "not WAV")
        kind = wav.header(file, path.stat().st_size, path).kind or 0
    return f"WAV of the kind {NAMES.get(kind, hex(kind))}"
