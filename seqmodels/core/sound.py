"""Recordings: the value, and reading sound files into it, a block at a time.

The standard library reads plain WAV; soundfile, an optional package, reads every other format.
"""

from __future__ import annotations

import contextlib
import math
import re
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seqmodels.core.errors import InputError

ENDINGS = (".wav", ".wave", ".flac", ".ogg", ".mp3", ".aif", ".aiff")
MAX_SAMPLES = 2**26  # of one recording, 256 MiB: 70 minutes at 16,000 Hz
MAX_RATE = 1_000_000  # samples a second
MAX_CHANNELS = 1024
MAX_VALUE = 1e9  # of float samples; larger ones would not stay finite in a power spectrum
BLOCK = 2**20  # samples, over all channels, that are read at once
STREAMED = 0x7FFF0000  # sizes from here on were written before the size was known
_DATA_SIZE = re.compile(
    r"^ ?(?:data|SSND) ?: (\d+) \(should be (\d+)\)", re.MULTILINE
)  # of its log
INTEGERS = (np.int16, np.int32, np.uint8)


@dataclass(frozen=True, eq=False)
class Recording:
    """A sound: its samples and the sampling rate.

    Args:
        samples: [S], or [S, C] for C channels, which are averaged. Floats have full scale 1;
            integers as files store them (int16, int32, uint8) are scaled to it.
        rate: Samples a second, in hertz.

    Raises:
        InputError: There are no samples, they are not finite numbers, or the rate is out of range.
    """

    samples: np.ndarray
    rate: int

    def __post_init__(self) -> None:
        samples = np.asarray(self.samples)
        if isinstance(self.rate, bool) or not isinstance(self.rate, int | np.integer):
            raise InputError(f"A recording needs a whole number as rate, got {self.rate!r}.")
        if not 1 <= self.rate <= MAX_RATE:
            raise InputError(
                f"A recording needs a rate from 1 to {MAX_RATE:,} Hz, got {self.rate!r}."
            )
        if samples.ndim not in (1, 2) or samples.dtype.kind not in "iuf":
            raise InputError(
                f"A recording needs samples [S] or [S, C] that are numbers, got the shape "
                f"{samples.shape} of {samples.dtype}."
            )
        if samples.size == 0:
            raise InputError("A recording needs at least one sample, got none.")
        if samples.dtype.kind != "f":
            if samples.dtype not in INTEGERS:
                raise InputError(
                    f"A recording of integers needs int16, int32 or uint8, got {samples.dtype}, "
                    f"whose full scale is not known. Divide the samples by it."
                )
            samples = _scaled(samples)
        mono = samples if samples.ndim == 1 else samples.mean(axis=1)  # [S]
        mono = mono.astype(np.float32, copy=False)
        invalid = np.flatnonzero(~(np.abs(mono) <= MAX_VALUE))
        if len(invalid):
            raise InputError(
                f"A recording needs finite numbers with full scale 1; sample {invalid[0]} is "
                f"{mono[invalid[0]]}."
            )
        object.__setattr__(self, "samples", mono)
        object.__setattr__(self, "rate", int(self.rate))

    @property
    def seconds(self) -> float:
        """Duration."""
        return len(self.samples) / self.rate

    def __repr__(self) -> str:
        return f"Recording({self.seconds:.2f} s, rate={self.rate})"


@dataclass(frozen=True)
class Header:
    """The header of a sound file.

    Args:
        rate: Samples a second.
        channels: Number of channels.
        frames: Samples of each channel; None: not stated.
    """

    rate: int
    channels: int
    frames: int | None


def is_sound(path: Path) -> bool:
    """Return whether a file begins as WAV, FLAC, Ogg, MP3, AIFF or NIST SPHERE files do."""
    try:
        with path.open("rb") as file:
            first = file.read(12)
    except OSError:
        return False
    riff = first[:4] in (b"RIFF", b"RIFX", b"RF64") and first[8:12] == b"WAVE"
    form = first[:4] == b"FORM" and first[8:12] in (b"AIFF", b"AIFC")
    mp3 = first[:3] == b"ID3" or first[:2] in (b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")
    return riff or form or mp3 or first[:4] in (b"fLaC", b"OggS") or first[:7] == b"NIST_1A"


def header(path: str | Path) -> Header:
    """Return the checked header of a sound file.

    Raises:
        InputError: The file is not a sound file, is broken, holds no samples or too many, or
            needs soundfile.
    """
    with _opened(Path(path)) as (found, _):
        return found


def read(path: str | Path) -> Recording:
    """Return the recording of a file, the mean of its channels, in float32.

    Raises:
        InputError: As `header`; or the file is cut short, or holds numbers that are not finite.
    """
    path = Path(path)
    blocks, count = [], 0
    with _opened(path) as (found, next_block):
        while len(block := next_block(max(1, BLOCK // found.channels))):  # [S, C]
            blocks.append(block.mean(axis=1, dtype=np.float32))  # [S]
            count += len(block)
            if count > MAX_SAMPLES:
                raise _too_long(path)
    if found.frames is not None and count < found.frames:
        raise _broken(path, f"cut short after {count:,} of {found.frames:,} samples")
    if not blocks:
        raise _empty(path)
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
    if len(recording.samples) * up // down > MAX_SAMPLES:
        raise InputError(
            f"At {rate} Hz the recording has more than {MAX_SAMPLES:,} samples. Cut it."
        )
    return resample_poly(recording.samples, up, down).astype(np.float32, copy=False)


Blocks = Callable[[int], np.ndarray]  # the next frames, at most so many, [S, C]; then none


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[tuple[Header, Blocks]]:
    """Open a sound file: its checked header, and a function that reads the next frames."""
    try:
        with contextlib.ExitStack() as stack:
            if path.stat().st_size == 0:
                raise InputError(f"{str(path)!r} is empty. Leave it out.")
            if not is_sound(path):
                raise InputError(
                    f"{str(path)!r} is no sound file of a supported format. Give WAV or FLAC."
                )
            found, blocks = _plain_wav(path, stack) or _other(path, stack)
            if not 1 <= found.rate <= MAX_RATE:
                raise _broken(path, f"its header says {found.rate:,} samples a second")
            if not 1 <= found.channels <= MAX_CHANNELS:
                raise _broken(path, f"its header says {found.channels:,} channels")
            if found.frames == 0:
                raise _empty(path)
            if (found.frames or 0) > MAX_SAMPLES:
                raise _too_long(path)
            yield found, blocks
    except OSError as error:
        raise InputError(f"Cannot read {str(path)!r}: {error.strerror or error}.") from None


def _plain_wav(path: Path, stack: contextlib.ExitStack) -> tuple[Header, Blocks] | None:
    """Open a WAV file of integers with the standard library. None: another format."""
    file = stack.enter_context(path.open("rb"))
    if file.read(4) != b"RIFF":
        return None
    file.seek(0)
    try:
        sound = stack.enter_context(wave.Wave_read(file))
    except (wave.Error, EOFError, RuntimeError) as error:  # its chunks raise all three
        if "unknown format" in str(error):
            return None
        raise _broken(path, str(error) or "its header is cut off") from None
    channels, width, frames = sound.getnchannels(), sound.getsampwidth(), sound.getnframes()
    if width > 4:
        raise _broken(path, f"its header says {8 * width} bits a sample")
    there = (path.stat().st_size - file.tell()) // (channels * width)
    if frames * channels * width >= STREAMED - channels * width:
        frames = min(frames, there)
    if frames > there:
        raise _broken(path, f"cut short after {there:,} of {frames:,} samples")

    def blocks(count: int) -> np.ndarray:
        data = sound.readframes(count)
        data = data[: len(data) // (channels * width) * channels * width]
        if width == 3:  # made 32 bits wide
            wide = np.zeros((len(data) // 3, 4), np.uint8)
            wide[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
            values = wide.view("<i4")[:, 0]
        else:
            values = np.frombuffer(data, "u1" if width == 1 else f"<i{width}")
        return _scaled(values).reshape(-1, channels)

    return Header(sound.getframerate(), channels, frames), blocks


def _other(path: Path, stack: contextlib.ExitStack) -> tuple[Header, Blocks]:
    """Open any other sound file with soundfile."""
    try:
        import soundfile
    except (ImportError, OSError):
        with path.open("rb") as file:
            mark = file.read(4)
        kind = {
            b"fLaC": "FLAC",
            b"OggS": "Ogg",
            b"FORM": "AIFF",
            b"RIFF": "compressed or float WAV",
        }
        raise InputError(
            f"{str(path)!r} is {kind.get(mark, 'not WAV')}; without soundfile only WAV files of "
            f"integers are read: pip install soundfile."
        ) from None
    try:
        sound = stack.enter_context(soundfile.SoundFile(path))
    except (RuntimeError, TypeError) as error:
        raise _broken(path, _said(error)) from None
    for stated, there in _DATA_SIZE.findall(sound.extra_info):
        if int(there) < int(stated) < STREAMED:
            raise _broken(path, f"cut short after {int(there):,} of {int(stated):,} bytes")
    known = 0 < sound.frames < 2**62 and sound.format != "MP3"  # MP3's length is an estimate

    def blocks(count: int) -> np.ndarray:
        try:
            return sound.read(count, "float32", always_2d=True)
        except RuntimeError as error:
            raise _broken(path, _said(error)) from None

    return Header(sound.samplerate, sound.channels, sound.frames if known else None), blocks


def _scaled(values: np.ndarray) -> np.ndarray:
    """Return integers as float32 from -1 to 1; unsigned integers have zero in the middle."""
    half = 2.0 ** (8 * values.dtype.itemsize - 1)
    zero = half if values.dtype.kind == "u" else 0
    return ((values.astype(np.float64) - zero) / half).astype(np.float32)


def _said(error: Exception) -> str:
    return f"soundfile says {str(error).rpartition(': ')[2].rstrip('.')!r}"


def _broken(path: Path, why: str) -> InputError:
    return InputError(f"{str(path)!r} is broken: {why}. Save it again, or leave it out.")


def _empty(path: Path) -> InputError:
    return InputError(f"{str(path)!r} holds no samples. Leave it out.")


def _too_long(path: Path) -> InputError:
    return InputError(f"{str(path)!r} has more than {MAX_SAMPLES:,} samples. Cut it into pieces.")
