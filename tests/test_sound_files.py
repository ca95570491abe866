"""Sound files: every way to write samples, and broken files."""

import struct
import sys
import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal
from sound_written import GOOD, NOISE, RATE, fmt, pcm, riff, write

from seqmodels import InputError
from seqmodels.core import sound
from seqmodels.core.sound import Recording


@pytest.mark.parametrize(
    ("subtype", "steps"),
    [("PCM_U8", 2**7), ("PCM_16", 2**15), ("PCM_24", 2**23), ("PCM_32", 2**31), ("FLOAT", 2**24),
     ("DOUBLE", 2**24), ("ALAW", 16), ("ULAW", 16), ("IMA_ADPCM", 8)],
)  # fmt: skip
@pytest.mark.parametrize("channels", [1, 2])
def test_every_way_to_write_samples_is_read(tmp_path, subtype, steps, channels):
    path = tmp_path / "one.wav"
    samples = signal.sosfilt(signal.butter(4, 0.2, output="sos"), NOISE)
    soundfile.write(path, np.stack([samples] * channels, axis=1), RATE, subtype)
    read = sound.read(path)
    assert read.rate == RATE
    np.testing.assert_allclose(read.samples[: len(samples)], samples, atol=1.5 / steps)


def test_flac_is_read_as_the_wav_that_it_was(tmp_path):
    whole = (NOISE * 32767).astype(np.int16)
    soundfile.write(tmp_path / "a.flac", whole, 16000)
    write(tmp_path / "a.wav", NOISE)
    np.testing.assert_array_equal(
        sound.read(tmp_path / "a.flac").samples, sound.read(tmp_path / "a.wav").samples
    )


def test_files_are_read_as_soundfile_and_the_standard_library_write_them(tmp_path):
    path = tmp_path / "extensible.wav"
    soundfile.write(path, NOISE, RATE, "PCM_24", format="WAVEX")
    np.testing.assert_array_equal(
        sound.read(path).samples, soundfile.read(path, dtype="float32")[0]
    )
    with wave.open(str(path := tmp_path / "plain.wav"), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(pcm())
    assert sound.read(path).samples[:3] == pytest.approx(NOISE[:3], abs=1e-4)


def test_the_mean_of_channels_is_read(tmp_path):
    path = tmp_path / "stereo.wav"
    soundfile.write(path, np.stack([NOISE, -NOISE], axis=1), RATE, "FLOAT")
    assert abs(sound.read(path).samples).max() == 0


def test_chunks_that_say_nothing_of_samples_and_odd_sizes_are_passed_over(tmp_path):
    path = tmp_path / "one.wav"
    path.write_bytes(
        riff((b"LIST", b"odd"), fmt(), (b"fact", b"1234"), (b"data", pcm()), (b"id3 ", b"x"))
    )
    assert len(sound.read(path).samples) == 1000


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0x7FFFF000])
def test_a_file_written_into_a_pipe_is_read_to_its_end(tmp_path, size):
    path = tmp_path / "one.wav"
    whole = riff(fmt(), (b"data", pcm()))
    path.write_bytes(whole[:40] + struct.pack("<I", size) + whole[44:])
    assert len(sound.read(path).samples) == 1000


BAD = {
    "empty": (b"", "is empty"),
    "text": (b"this is no sound at all", "no sound file"),
    "header alone": (GOOD[:12], "fmt chunk"),
    "no data": (riff(fmt()), "data chunk"),
    "data before fmt": (riff((b"data", pcm()), fmt()), "before fmt chunk"),
    "short fmt": (riff((b"fmt ", b"12345678"), (b"data", pcm())), "header is cut off"),
    "no channels": (riff(fmt(channels=0, frame=2), (b"data", pcm())), "channels"),
    "channels": (riff(fmt(channels=60000, frame=2), (b"data", pcm())), "60,000 channels"),
    "no rate": (riff(fmt(rate=0), (b"data", pcm())), "says 0 samples a second"),
    "rate": (riff(fmt(rate=2**31), (b"data", pcm())), "samples a second"),
    "no bits": (riff(fmt(bits=0), (b"data", pcm())), "sample width"),
    "bits": (riff(fmt(bits=64), (b"data", pcm())), "says 64 bits"),
    "cut short": (GOOD[:-500], "cut short after 750 of 1,000 samples"),
    "not finished": (GOOD[:40] + bytes(4) + GOOD[44:], "holds no samples"),
    "no samples": (riff(fmt(), (b"data", b"")), "holds no samples"),
    "endless chunk": (riff(fmt()) + b"junk\xff\xff\xff\xff" + pcm(), "data chunk"),
    "not finite": (riff(fmt(3, bits=32), (b"data", np.float32([0, np.nan]).tobytes())), "finite"),
    "unknown kind": (riff(fmt(kind=0x1234), (b"data", pcm())), "soundfile says"),
    "flac": (b"fLaC" + bytes(50), "soundfile says"),
    "ogg": (b"OggS" + bytes(50), "soundfile says"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "says"), BAD.values(), ids=BAD)
def test_a_broken_file_is_refused_by_name_and_reason(tmp_path, data, says):
    path = tmp_path / "bad one.wav"
    path.write_bytes(data)
    with pytest.raises(InputError, match=says) as error:
        sound.read(path)
    assert "bad one.wav" in str(error.value)
    assert len(error.value.problems) == 1


@pytest.mark.parametrize(
    ("name", "subtype"),
    [
        ("a.flac", None),
        ("a.wav", "FLOAT"),
        ("a.wav", "ALAW"),
        ("a.wav", "PCM_24"),
        ("a.aiff", None),
    ],
)
def test_a_file_that_is_cut_short_is_refused(tmp_path, name, subtype):
    noise = np.random.default_rng(1).uniform(-1, 1, 50_000)
    soundfile.write(tmp_path / name, noise, RATE, subtype)
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=rf"{name}' is broken"):
        sound.read(tmp_path / name)


def test_more_samples_than_fit_are_refused_before_they_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr("seqmodels.core.sound.MAX_SAMPLES", 500)
    soundfile.write(tmp_path / "a.flac", NOISE, RATE)
    write(tmp_path / "a.wav", NOISE)
    for name in ("a.wav", "a.flac"):
        with pytest.raises(InputError, match="pieces"):
            sound.header(tmp_path / name)


def test_without_soundfile_wav_is_read_and_flac_names_the_package(tmp_path, monkeypatch):
    soundfile.write(tmp_path / "a.flac", NOISE, RATE)
    soundfile.write(tmp_path / "alaw.wav", NOISE, RATE, "ALAW")
    write(tmp_path / "a.wav", NOISE)
    monkeypatch.setitem(sys.modules, "soundfile", None)
    assert len(sound.read(tmp_path / "a.wav").samples) == 1000
    for name, kind in (("a.flac", "FLAC"), ("alaw.wav", "WAV")):
        with pytest.raises(InputError, match=rf"{kind}.*pip install soundfile"):
            sound.read(tmp_path / name)


@pytest.mark.parametrize(
    ("samples", "rate", "says"),
    [([], RATE, "at least one"), ([0.0, np.inf], RATE, "sample 1 is inf"),
     ([0.0], 0, "rate from 1"), ([0.0], 8000.5, "whole number"), (["a"], RATE, "numbers"),
     (np.zeros((2, 2, 2)), RATE, "shape"), ([1e30], RATE, r"sample 0 is 1\.0"),
     ([3, -3], RATE, "int64.* full scale")],
)  # fmt: skip
def test_a_recording_needs_samples_and_a_rate(samples, rate, says):
    with pytest.raises(InputError, match=says):
        Recording(np.array(samples), rate)


def test_whole_numbers_are_scaled_as_files_have_them():
    whole = Recording((NOISE * 2**15).astype(np.int16), RATE)
    np.testing.assert_allclose(whole.samples, NOISE, atol=1e-4)
    assert Recording(np.array([128, 255, 0], np.uint8), RATE).samples[0] == 0


@pytest.mark.slow
@settings(max_examples=3000, deadline=None, derandomize=True)
@given(st.binary(max_size=200), st.sampled_from([*(data for data, _ in BAD.values()), GOOD]))
def test_any_bytes_are_read_or_refused(tmp_path_factory, noise, start):
    place = len(noise) and noise[0] % max(1, min(60, len(start)))
    data = start[:place] + noise + start[place + len(noise) // 2 :]
    read_or_refused(tmp_path_factory.getbasetemp() / "fuzzed.wav", data)


@pytest.mark.slow
@settings(max_examples=500, deadline=None, derandomize=True)
@given(st.binary(max_size=40), st.integers(0, 400))
def test_any_flac_is_read_or_refused(tmp_path_factory, noise, place):
    path = tmp_path_factory.getbasetemp() / "fuzzed.flac"
    soundfile.write(path, NOISE, RATE)
    whole = path.read_bytes()
    read_or_refused(path, whole[:place] + noise + whole[place + len(noise) :])


def read_or_refused(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    try:
        assert np.isfinite(sound.read(path).samples).all()
    except InputError as error:
        told = str(error)
        assert path.name in told
