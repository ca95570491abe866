"""Encodes recordings as log-mel features: a step every 10 ms, one channel per mel band."""

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Self

import numpy as np
from annotated_types import Ge, Gt, Le, Lt

from seqmodels.core import sound
from seqmodels.core.encoder import Encoder, Spec, learned
from seqmodels.core.errors import InputError
from seqmodels.core.registry import register_encoder
from seqmodels.core.sequences import Sequences
from seqmodels.core.sound import Recording
from seqmodels.encoders import varied
from seqmodels.plots import pictures

WHO = "Encoder 'speech'"
FASTEST = 192_000  # samples a second
CHUNK = 2**10  # frames that are transformed together
SAME = 1e-3  # dB; a band that varies less is constant, and rounding is not blown up


@register_encoder("speech")
@dataclass(frozen=True, kw_only=True)
class SpeechEncoder(Encoder):
    """Levels of mel bands in decibels, standardised by the training recordings.

    Inputs are paths of sound files, which are opened when they are encoded; pairs
    `(samples, rate)`; or `Recording(samples, rate)`. Several channels are averaged.

    A frame is `window` seconds of samples under a Hann window, and frames begin `hop` seconds
    apart. The end of a recording that fills no window is not read. A recording shorter than a
    window is one frame, padded with zeros. A frame's power spectrum is weighted
    by `bands` triangles that overlap by half and whose corners lie at equal distances from
    `lowest` to `highest` on the mel scale of HTK, mel(f) = 2595 log10(1 + f / 700) (O'Shaughnessy,
    "Speech Communication", 1987; Young et al., "The HTK Book", section 5.4,
    https://www.danielpovey.com/files/htkbook.pdf). The spectrum is divided by the
    sum of the window, so that a sine of full scale is a few decibels below 0.

    Args:
        rate: Sampling rate in hertz; recordings with another rate are resampled.
        window: Length of a frame, in seconds.
        hop: Stride of the frames, in seconds.
        bands: Number of mel bands, the channels of a step.
        lowest: Lower end of the lowest band, in hertz.
        highest: Upper end of the highest band, in hertz. None: half the rate.
        floor: Lowest level in decibels; keeps the logarithm finite.
        trim: Cut both ends of a recording where the level is more than this many decibels below
            that of its loudest `hop`. None: cut nothing.
        length: Most frames to read, from the start. None: all.
        tempo: Augmentation: the largest share by which a recording is slowed down or sped up
            (speed perturbation, Ko et al. 2015, of the frames, so that pitch stays).
        gain: Augmentation: the most decibels by which a recording is made louder or softer.
        masks: Augmentation: in each recording one block of frames and one of bands is set to the
            average, up to this share of either (SpecAugment, Park et al. 2019).
        mean: Learned. One number per band, in decibels.
        std: Learned. Like `mean`; 1 for a constant band.

    Raises:
        InputError: An argument is out of its range, or a band contains no frequency.
    """

    rate: Annotated[int, Ge(100), Le(FASTEST)] = 16_000
    window: Annotated[float, Gt(0), Le(1)] = 0.025
    hop: Annotated[float, Gt(0), Le(1)] = 0.010
    bands: Annotated[int, Ge(1), Le(1000)] = 40
    lowest: Annotated[float, Ge(0)] = 20.0
    highest: Annotated[float, Gt(0)] | None = None
    floor: Annotated[float, Ge(-300), Le(0)] = -100.0
    trim: Annotated[float, Gt(0)] | None = None
    length: Annotated[int, Ge(1)] | None = None
    tempo: Annotated[float, Ge(0), Lt(1)] = 0.0
    gain: Annotated[float, Ge(0), Le(300)] = 0.0
    masks: Annotated[float, Ge(0), Lt(1)] = 0.0
    mean: tuple[float, ...] | None = learned()
    std: tuple[float, ...] | None = learned()

    def __post_init__(self) -> None:
        problems = []
        if not 100 <= self.rate <= FASTEST:
            problems.append(f"a rate from 100 to {FASTEST:,} Hz, got {self.rate!r}")
        for name, value in (("window", self.window), ("hop", self.hop)):
            if not 1 <= value * self.rate <= self.rate:
                problems.append(f"a {name} from one sample to 1 s, got {value!r} s")
        if not 1 <= self.bands <= 1000:
            problems.append(f"bands from 1 to 1000, got {self.bands!r}")
        if not 0 <= self.lowest < self._highest <= self.rate / 2:
            problems.append(
                f"0 <= lowest < highest <= {self.rate / 2:g} Hz, which is half the rate, got "
                f"lowest {self.lowest!r} and highest {self.highest!r}"
            )
        if not -300 <= self.floor <= 0:
            problems.append(f"a floor from -300 to 0 dB, got {self.floor!r}")
        if self.trim is not None and not self.trim > 0:
            problems.append(f"trim above 0 dB, or None, got {self.trim!r}")
        if self.length is not None and self.length < 1:
            problems.append(f"a length from 1 frame, or None, got {self.length!r}")
        for name, share in (("tempo", self.tempo), ("masks", self.masks)):
            if not 0 <= share < 1:
                problems.append(f"{name} from 0 and below 1, got {share!r}")
        if not 0 <= self.gain <= 300:
            problems.append(f"a gain from 0 to 300 dB, got {self.gain!r}")
        for name, learnt in (("mean", self.mean), ("std", self.std)):
            if learnt is not None and len(learnt) != self.bands:
                problems.append(f"a {name} for each of {self.bands} bands, got {len(learnt)}")
        if not problems:
            deaf = np.flatnonzero(~self._triangles.any(axis=0))
            if len(deaf):
                problems.append(
                    f"a frequency in every band; {len(deaf)} of {self.bands} have none, the first "
                    f"is band {deaf[0]}: take fewer bands or a longer window"
                )
        if problems:
            raise InputError([f"{WHO} needs {problem}." for problem in problems])

    def fit(self, inputs: Sequence[Any]) -> Self:
        """Return a copy with the mean and spread of each band over all frames of the inputs.

        Raises:
            InputError: As `encode`.
        """
        count, total, squares = 0, np.zeros(self.bands), np.zeros(self.bands)
        for _, features in self._read(inputs):
            count += len(features)
            total += features.sum(axis=0)
            squares += np.square(features).sum(axis=0)
        mean = total / count
        std = np.sqrt(np.maximum(squares / count - mean**2, 0))
        std = np.where(std > SAME, std, 1.0)
        return replace(self, mean=tuple(mean.tolist()), std=tuple(std.tolist()))

    def encode(self, inputs: Sequence[Any]) -> Sequences:
        """Return the standardised features, float32 [L, bands]; files are opened one by one.

        Raises:
            InputError: There are no inputs, or a recording cannot be read or is empty; the
                message names the row and the file.
        """
        if self.mean is None or self.std is None:
            raise InputError(f"{WHO} has no mean yet. Call fit first.")
        mean, std = np.array(self.mean), np.array(self.std)
        values = np.empty((CHUNK, self.bands), np.float32)
        lengths = np.zeros(len(inputs), np.int64)
        count = 0
        for row, features in self._read(inputs):
            end = count + len(features)
            if end > len(values):  # grown in place, so that no second copy is in memory
                values.resize((max(end, 3 * len(values) // 2), self.bands), refcheck=False)
            values[count:end] = (features - mean) / std
            lengths[row] += len(features)
            count = end
        values.resize((count, self.bands), refcheck=False)
        return Sequences(values, np.cumsum(lengths) - lengths, lengths)

    def vary(
        self, x: np.ndarray, lengths: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return augmented recordings: other speeds and levels, with parts masked."""
        if self.tempo:
            factors = rng.uniform(1 - self.tempo, 1 + self.tempo, len(x))
            x, lengths = varied.stretched(x, lengths, factors)
        if self.gain and self.std is not None:
            louder = rng.uniform(-self.gain, self.gain, (len(x), 1, 1)) / np.array(self.std)
            x = np.where(varied.real(lengths, x.shape[1]), x + louder.astype(x.dtype), 0)
        if self.masks:
            varied.hide(x, lengths, self.masks, rng)
        return x, lengths

    @property
    def spec(self) -> Spec:
        return Spec(channels=self.bands)

    def read(self, text: str) -> list[Any]:
        """Return the paths in a text, one per line."""
        return [line.strip() for line in text.splitlines() if line.strip()]

    def open(self, path: Path) -> list[Any] | None:
        """Return the recordings of a sound file or a folder. None: a text with a path per line.

        Raises:
            InputError: The folder holds no sound files.
        """
        if path.is_dir():
            found = [p for p in sorted(path.rglob("*")) if p.suffix.lower() in sound.ENDINGS]
            if not found:
                raise InputError(f"The folder {str(path)!r} holds no sound files.")
            return [str(one) for one in found]
        if path.suffix.lower() in sound.ENDINGS or sound.is_sound(path):
            return [str(path)]
        return None

    def show(self, example: Any) -> str:
        if isinstance(example, str | Path):
            return "/".join(Path(example).parts[-2:])
        return f"{_recording(example).seconds:.2f} s"

    def draw(self, example: Any, parts: np.ndarray | None = None, after: Any = None) -> Any:
        features = np.concatenate([some for _, some in self._read([example])])
        return pictures.features(features, self.hop, parts)

    def _read(self, inputs: Sequence[Any]) -> Iterator[tuple[int, np.ndarray]]:
        """Yield the row of each input with its features, in chunks of up to [CHUNK, bands]."""
        if isinstance(inputs, str | Path | Recording):
            raise InputError(f"{WHO} needs a list of recordings, got one. Put it in a list.")
        if len(inputs) == 0:
            raise InputError(f"{WHO} needs at least one recording, got none.")
        for row, one in enumerate(inputs):
            try:
                samples = sound.resampled(_recording(one), self.rate)
                for features in self._features(samples):
                    yield row, features
            except InputError as error:
                raise InputError(f"Row {row} (counted from 0): {error}") from None

    def _features(self, samples: np.ndarray) -> Iterator[np.ndarray]:
        """Yield the levels of a recording's frames in decibels, in chunks of [CHUNK, bands]."""
        samples = self._trimmed(samples)
        width, hop = round(self.window * self.rate), max(1, round(self.hop * self.rate))
        if len(samples) < width:
            samples = np.pad(samples, (0, width - len(samples)))
        frames = np.lib.stride_tricks.sliding_window_view(samples, width)[::hop]  # [T, width]
        frames = frames[: self.length]
        window = _hann(width)
        least = 10 ** (self.floor / 10)
        for first in range(0, len(frames), CHUNK):
            spectrum = np.fft.rfft(frames[first : first + CHUNK] * window, self._points)
            power = np.square(np.abs(spectrum)) @ self._triangles  # [CHUNK, bands]
            yield 10 * np.log10(np.maximum(power, least))

    def _trimmed(self, samples: np.ndarray) -> np.ndarray:
        if self.trim is None:
            return samples
        hop = max(1, round(self.hop * self.rate))
        starts = np.arange(0, len(samples), hop)
        sizes = np.diff(starts, append=len(samples))
        power = np.add.reduceat(np.square(samples, dtype=np.float64), starts) / sizes
        loud = np.flatnonzero(power >= power.max() * 10 ** (-self.trim / 10))
        return samples[starts[loud[0]] : starts[loud[-1]] + hop]

    @property
    def _highest(self) -> float:
        return self.rate / 2 if self.highest is None else self.highest

    @property
    def _points(self) -> int:
        """Points of the Fourier transform: the next power of two, which is fastest."""
        return 1 << max(1, round(self.window * self.rate) - 1).bit_length()

    @functools.cached_property
    def _triangles(self) -> np.ndarray:
        """The weight of each frequency in each band, [points / 2 + 1, bands]."""
        place = _mel(np.fft.rfftfreq(self._points, 1 / self.rate))[:, None]
        corners = np.linspace(_mel(self.lowest), _mel(self._highest), self.bands + 2)
        step = corners[1] - corners[0]
        return np.maximum(0, 1 - np.abs(place - corners[1:-1]) / step)


def _mel(hertz: Any) -> np.ndarray:
    return 2595 * np.log10(1 + np.asarray(hertz) / 700)


def _hann(width: int) -> np.ndarray:
    """Return a periodic Hann window [width] with the sum 1."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(width) / width)
    return window / window.sum()


def _recording(one: Any) -> Recording:
    """Return an input as a recording; a path is read at once."""
    if isinstance(one, Recording):
        return one
    if isinstance(one, str | Path):
        return sound.read(Path(one).expanduser())
    if isinstance(one, tuple | list) and len(one) == 2:
        return Recording(one[0], one[1])
    raise InputError(
        f"A recording is the path of a sound file, a pair (samples, rate) or a Recording, got "
        f"{type(one).__name__}."
    )
