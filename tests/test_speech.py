"""Recordings: sound files are read as they are meant, features are those of the definition."""

import json
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

import seqmodels as sm
from seqmodels import InputError
from seqmodels.core import sound
from seqmodels.core.sound import Recording
from seqmodels.data.reading import recognised
from seqmodels.encoders import SpeechEncoder

RNG = np.random.default_rng(0)
RATE = 8000
NOISE = RNG.uniform(-0.5, 0.5, 1000)


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"".join(n + struct.pack("<I", len(d)) + d + b"\0" * (len(d) % 2) for n, d in chunks)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body


def fmt(kind=1, channels=1, rate=RATE, bits=16, frame=None) -> tuple[bytes, bytes]:
    frame = channels * bits // 8 if frame is None else frame
    return b"fmt ", struct.pack(
        "<HHIIHH", kind, channels, rate, rate * frame & 0xFFFFFFFF, frame, bits
    )


def pcm(samples=NOISE) -> bytes:
    return (np.asarray(samples) * 32767).astype("<i2").tobytes()


def tone(hertz: float, seconds: float = 0.3, rate: int = RATE) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)


def write(path: Path, samples: np.ndarray, rate: int = RATE) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(riff(fmt(rate=rate), (b"data", pcm(samples))))


def folder(root: Path, names: list[str], samples=NOISE) -> Path:
    for name in names:
        write(root / name, samples)
    return root


DIGITS = [f"{d}_{who}_{i}.wav" for d in range(3) for who in ("ann", "bob") for i in range(25)]


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


GOOD = riff(fmt(), (b"data", pcm()))
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
        with pytest.raises(InputError, match="Cut it into pieces"):
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


def by_definition(samples: np.ndarray, encoder: SpeechEncoder) -> np.ndarray:
    """Return the decibels of each band, frame by frame, bin by bin, band by band."""
    width, hop = round(encoder.window * encoder.rate), round(encoder.hop * encoder.rate)
    points = 2 ** int(np.ceil(np.log2(width)))
    window = signal.get_window("hann", width)

    def mel(f):  # 1127 ln(1 + f / 700), as the same scale is also written
        return 1127.010480 * np.log(1 + f / 700)

    corners = np.linspace(
        mel(encoder.lowest), mel(encoder.highest or encoder.rate / 2), encoder.bands + 2
    )
    rows = []
    for start in range(0, max(1, len(samples) - width + 1), hop):
        frame = np.zeros(points)
        piece = samples[start : start + width]
        frame[: len(piece)] = piece * window[: len(piece)]
        k = np.arange(points)
        bins = np.arange(points // 2 + 1)
        spectrum = np.exp(-2j * np.pi * np.outer(bins, k) / points) @ frame / window.sum()
        place = mel(bins * encoder.rate / points)
        power = [
            np.sum(np.interp(place, corners[b : b + 3], [0, 1, 0]) * abs(spectrum) ** 2)
            for b in range(encoder.bands)
        ]
        rows.append(10 * np.log10(np.maximum(power, 10 ** (encoder.floor / 10))))
    return np.array(rows)


def decibels(recording, **options) -> np.ndarray:
    bands = options.pop("bands", 12)
    encoder = SpeechEncoder(
        rate=RATE, bands=bands, mean=(0.0,) * bands, std=(1.0,) * bands, **options
    )
    return encoder.encode([recording])[0]


@pytest.mark.parametrize("samples", [NOISE, NOISE[:50], np.zeros(300)], ids=["long", "short", "0"])
def test_features_are_those_of_the_definition(samples):
    expected = by_definition(Recording(samples, RATE).samples, SpeechEncoder(rate=RATE, bands=12))
    np.testing.assert_allclose(decibels((samples, RATE)), expected, atol=1e-3)


def test_frames_are_counted_in_windows_and_hops():
    counts = {n: len(decibels((RNG.normal(size=n), RATE))) for n in (1, 199, 200, 279, 280, 360)}
    assert counts == {1: 1, 199: 1, 200: 1, 279: 1, 280: 2, 360: 3}


@pytest.mark.parametrize("hertz", [200, 700, 2000, 3500])
def test_a_tone_is_loudest_in_the_band_that_holds_it(hertz):
    features = decibels((tone(hertz), RATE), bands=20)
    corners = 700 * (
        10 ** (np.linspace(*2595 * np.log10(1 + np.array([20, 4000]) / 700), 22) / 2595) - 1
    )
    band = int(features[5].argmax())
    assert corners[band] < hertz < corners[band + 2]
    assert -13 < features[5].max() < -6, "0.5 is 6 dB below full scale"


def test_ten_times_as_loud_is_twenty_decibels():
    quiet, loud = decibels((NOISE * 0.05, RATE)), decibels((NOISE * 0.5, RATE))
    np.testing.assert_allclose(loud - quiet, 20, atol=1e-3)


def test_silence_is_the_floor_and_a_band_that_never_changes_stays_finite():
    assert (decibels((np.zeros(500), RATE), floor=-80.0) == -80).all()
    silent = [(np.zeros(500), RATE), (np.zeros(900), RATE)]
    assert (SpeechEncoder(rate=RATE).fit(silent).encode(silent).values == 0).all()


def test_a_frame_depends_on_its_own_samples_only(monkeypatch):
    long = RNG.normal(0, 0.1, 30_000)
    features = decibels((long, RATE))
    monkeypatch.setattr("seqmodels.encoders.speech.CHUNK", 7)
    np.testing.assert_allclose(decibels((long, RATE)), features, atol=1e-4)
    np.testing.assert_allclose(decibels((long[80 * 50 :], RATE)), features[50:], atol=1e-4)


def test_the_training_frames_have_mean_zero_and_spread_one():
    inputs = [(RNG.normal(0, 0.1, n), RATE) for n in (900, 5000, 100)]
    values = SpeechEncoder(rate=RATE, bands=8).fit(inputs).encode(inputs).values
    np.testing.assert_allclose(values.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(values.std(axis=0), 1, atol=1e-4)


@pytest.mark.parametrize("rate", [16000, 44100, 11025])
def test_another_rate_is_resampled_to_the_same_features(rate):
    pair = [tone(600, 0.5, r) + tone(1500, 0.5, r) for r in (RATE, rate)]
    here, there = decibels((pair[0], RATE)), decibels((pair[1], rate))
    loud = here[5:-5] > -40
    np.testing.assert_allclose(there[5 : len(here) - 5][loud], here[5:-5][loud], atol=0.5)


def test_trimming_takes_silence_from_both_ends_and_nothing_from_the_middle():
    quiet, loud = RNG.normal(0, 1e-4, 4000), tone(500)
    framed = np.concatenate([quiet, loud, quiet, loud, quiet])
    kept = decibels((framed, RATE), trim=40.0)
    inner = decibels((framed[4000:-4000], RATE))
    assert len(kept) == len(inner)
    np.testing.assert_allclose(kept, inner, atol=1e-4)
    assert len(decibels((framed, RATE))) > len(kept) + 90
    assert len(decibels((np.zeros(800), RATE), trim=40.0)) == len(decibels((np.zeros(800), RATE)))


def test_length_reads_the_first_frames():
    np.testing.assert_array_equal(decibels((NOISE, RATE), length=3), decibels((NOISE, RATE))[:3])


def test_a_path_a_pair_and_a_recording_are_read_alike(tmp_path):
    write(tmp_path / "a.wav", NOISE)
    read = sound.read(tmp_path / "a.wav")
    for one in (tmp_path / "a.wav", str(tmp_path / "a.wav"), (read.samples, RATE), read):
        np.testing.assert_array_equal(decibels(one), decibels(read))


@pytest.mark.parametrize(
    ("inputs", "says"),
    [([], "at least one"), ("a.wav", "list"), ([(NOISE, RATE), ([], RATE)], "Row 1 .*at least one"),
     ([NOISE], "Row 0 .*ndarray"), (["none/such.wav"], r"none/such\.wav.*No such file"),
     ([(NOISE, RATE), (NOISE, "8k")], "Row 1 .*rate")],
)  # fmt: skip
def test_what_is_no_recording_is_refused_by_row(inputs, says):
    with pytest.raises(InputError, match=says):
        SpeechEncoder(rate=RATE).fit(inputs)


@pytest.mark.parametrize(
    ("options", "says"),
    [({"rate": 10}, "rate"), ({"window": 0.0}, "window"), ({"hop": -1.0}, "hop"),
     ({"bands": 0}, "bands"), ({"highest": 9e3}, "half the rate"), ({"lowest": 4e3}, "lowest"),
     ({"trim": 0.0}, "trim"), ({"length": 0}, "length"), ({"floor": 3.0}, "floor"),
     ({"bands": 200}, "frequency in every band"), ({"mean": (1.0,)}, "mean for each of 40")],
)  # fmt: skip
def test_settings_out_of_range_are_refused(options, says):
    with pytest.raises(InputError, match=says):
        SpeechEncoder(**{"rate": RATE, **options})


def test_a_folder_named_by_parts_asks_which_is_the_label(tmp_path):
    with pytest.raises(InputError) as error:
        recognised(folder(tmp_path, DIGITS), {})
    assert "--set 'dataset.pattern={label}_{speaker}_{index}' (3 labels: '0'" in str(error.value)
    assert "'dataset.pattern={part1}_{label}_{index}' (2 labels: 'ann', 'bob')" in str(error.value)


def test_what_the_message_asks_for_is_enough(tmp_path):
    data = sm.read(folder(tmp_path, DIGITS), pattern="{label}_{speaker}_{index}")
    assert data.head == "multiclass"
    assert sorted(set(data.train.targets["label"])) == ["0", "1", "2"]
    assert set(data.train.groups) == {"speaker"}
    assert data.notes[0].startswith("150 recordings, 18.8 s, read at 8,000 Hz")
    assert "3 classes" in data.notes[1]
    assert "20 % held out, stratified, seed 0" in data.notes[1]


def test_one_part_that_can_be_the_label_is_taken(tmp_path):
    names = [f"{word}-{i:03}.wav" for word in ("left", "right") for i in range(30)]
    name, found = recognised(folder(tmp_path, names), {})
    assert (name, found.head) == ("speech", "binary")
    assert found.arguments == {"pattern": "{label}-{index}"}


def test_speakers_are_kept_apart(tmp_path):
    data = sm.read(
        folder(tmp_path, DIGITS), pattern="{label}_{speaker}_{index}", group_by="speaker"
    )
    assert set(data.train.groups["speaker"]).isdisjoint(data.test.groups["speaker"])
    assert data.group_by == "speaker"


@pytest.mark.parametrize(
    ("where", "count"),
    [("index in 0-4", 30), ("index in 0-1, 7", 18), ("speaker in ann", 75), ("label in 2", 50)],
)
def test_the_test_part_by_a_field(tmp_path, where, count):
    data = sm.read(folder(tmp_path, DIGITS), pattern="{label}_{speaker}_{index}", test_where=where)
    assert (len(data.train), len(data.test)) == (150 - count, count)
    assert f"by {where}" in data.notes[1]


@pytest.mark.parametrize(
    ("options", "says"),
    [({"pattern": "{label}-{speaker}"}, r"150 of 150 .* do not fit.*0_ann_0\.wav"),
     ({"pattern": "plain"}, "fields in braces"), ({"pattern": "{a}_{a}_{b}"}, "each once"),
     ({"pattern": "{a}_{b}_{c}"}, "Which field"),
     ({"pattern": "{a}_{b}_{c}", "target": "d"}, "no field"),
     ({"pattern": "{label}_*", "labels": "x.csv"}, "not both"), ({"labels": "x.csv"}, "no table"),
     ({"pattern": "{label}_{who}_{i}", "test_where": "i < 4"}, "is written"),
     ({"pattern": "{label}_{who}_{i}", "test_where": "n in 0"}, "no field 'n'"),
     ({"pattern": "{label}_{who}_{i}", "test_where": "i in 99"}, "test part"),
     ({"pattern": "{label}_{who}_{i}", "group_by": "speaker"}, "No group 'speaker'.*'who'"),
     ({"pattern": "{label}_{who}_{i}", "group_by": "who", "test_where": "i in 1"}, "both parts")],
)  # fmt: skip
def test_what_does_not_fit_the_names_is_refused(tmp_path, options, says):
    with pytest.raises(InputError, match=says):
        sm.read(folder(tmp_path, DIGITS), **options)


def test_fields_of_a_pattern_may_have_a_width_and_folders(tmp_path):
    names = [
        f"s{i % 3}/{who:02}{c}{f}x.wav" for i, who in enumerate((3, 8)) for c in "ab" for f in "WF"
    ]
    data = sm.read(folder(tmp_path, names), pattern="{room}/{speaker:2}{text:1}{label:1}*")
    values = {*data.train.targets["label"], *data.test.targets["label"]}
    assert values == {"W", "F"}
    assert {"speaker", "room", "text"} <= set(data.train.groups)


def test_the_label_alone_may_hold_what_parts_the_fields(tmp_path):
    names = [f"{who}_{word}_{i}.wav" for who in "ab" for word in ("up", "turn_left") for i in "12"]
    data = sm.read(folder(tmp_path, names), pattern="{speaker}_{label}_{index}")
    assert {*data.train.targets["label"], *data.test.targets["label"]} == {"up", "turn_left"}
    assert {*data.train.groups["speaker"], *data.test.groups["speaker"]} == {"a", "b"}


def test_speech_commands_bring_their_parts_and_their_speakers(tmp_path):
    names = [
        f"{word}/{s:08x}_nohash_{i}.wav" for word in ("yes", "no") for s in range(9) for i in (0, 1)
    ]
    folder(tmp_path, [*names, "_background_noise_/pink.wav", "._hidden.wav"])
    (tmp_path / "testing_list.txt").write_text("\n".join(names[:4]) + "\n")
    (tmp_path / "validation_list.txt").write_text(names[8] + "\n")
    name, found = recognised(tmp_path, {})
    assert name == "speech"
    data = sm.read(tmp_path)
    assert data.valid is not None
    assert (len(data.train), len(data.valid), len(data.test)) == (31, 1, 4)
    assert data.test.groups["speaker"] == ["00000000", "00000000", "00000001", "00000001"]
    assert set(data.train.targets["label"]) == {"yes", "no"}
    assert "1 of _background_noise_ left out" in data.notes[0]
    assert "testing_list.txt and validation_list.txt" in data.notes[1]
    assert found.arguments["pattern"] == "{label}/{speaker}_nohash_{index}"


def test_folders_called_train_and_test_are_the_parts(tmp_path):
    names = [
        f"{p}/{c}/{i}.wav" for p in ("train", "test") for c in ("cat", "dog") for i in range(4)
    ]
    data = sm.read(folder(tmp_path, names))
    assert (len(data.train), len(data.test)) == (8, 8)
    assert all("/test/" in str(path) for path in data.test.inputs)


@pytest.mark.parametrize(
    ("names", "says"),
    [([f"Actor_{a:02}/0{a}-0{e}-{i}.wav" for a in (1, 2) for e in (1, 2) for i in (1, 2)],
      "Several parts"),
     ([f"{s}/{c}/{i}.wav" for s in (19, 26) for c in (5, 7) for i in range(4)], "Several parts"),
     ([f"clip{c}.wav" for c in "abcdefgh"], "neither folders nor names"),
     (["a.wav", "b/c.wav", "b/d.wav"], "different depths")],
    ids=["speakers' folders", "two levels", "nothing", "depths"],
)  # fmt: skip
def test_a_folder_that_leaves_choices_is_refused_with_them(tmp_path, names, says):
    with pytest.raises(InputError, match=says) as error:
        recognised(folder(tmp_path, names), {})
    assert "dataset.pattern=" in str(error.value)


def table(root: Path, text: str) -> Path:
    folder(root, [f"audio/{i}.wav" for i in range(6)])
    (root / "meta").mkdir()
    (root / "meta" / "labels.csv").write_text(text)
    return root


def test_a_table_that_names_the_files_is_found(tmp_path):
    rows = "".join(f"{i}.wav,{i % 2},{'ab'[i % 2]}\n" for i in range(5))
    table(tmp_path, "filename,fold,category\n" + rows)
    _, found = recognised(tmp_path, {})
    assert found.arguments == {"labels": "meta/labels.csv", "target": "category"}
    data = sm.read(tmp_path, test=0.4)
    assert sorted([*data.train.targets["category"], *data.test.targets["category"]]) == [*"aaabb"]
    assert "1 files without a row left out" in data.notes[1]
    assert set(sm.read(tmp_path, "fold", group_by="category", test=0.4).train.groups) == {
        "category"
    }


def test_a_column_of_numbers_is_a_regression(tmp_path):
    table(tmp_path, "file,age\n" + "".join(f"audio/{i},{i + 0.5}\n" for i in range(6)))
    data = sm.read(tmp_path)
    assert data.head == "regression"
    assert sorted([*data.train.targets["age"], *data.test.targets["age"]])[0] == 0.5


@pytest.mark.parametrize(
    ("text", "options", "says"),
    [("file,label\n" + "".join(f"{i}.wav,\n" for i in range(6)), {},
      r"labels\.csv, line 2 has no 'label'"),
     ("file,label\n0.wav,a\n1.wav,b\n0.wav,b\n", {}, "line 4 says 'b' of 'audio/0.wav'"),
     ("file,x,y\n" + "".join(f"{i}.wav,1,2\n" for i in range(6)), {},
      "Choose one with --target: 'x', 'y'"),
     ("file,x\n" + "".join(f"{i}.wav,1\n" for i in range(6)), {"target": "z"}, "no column 'z'"),
     ("file,x\nnone.wav,a\nsuch.wav,b\n", {"labels": "meta/labels.csv"}, "No column of")],
)  # fmt: skip
def test_a_table_that_leaves_questions_is_refused(tmp_path, text, options, says):
    with pytest.raises(InputError, match=says):
        sm.read(table(tmp_path, text), **options)


def test_broken_files_are_named_together_before_anything_is_trained(tmp_path):
    folder(tmp_path, DIGITS)
    for name in DIGITS[:7]:
        (tmp_path / name).write_bytes(GOOD[:100])
    with pytest.raises(InputError) as error:
        sm.read(tmp_path, pattern="{label}_{speaker}_{index}")
    assert len(error.value.problems) == 6
    assert DIGITS[0] in error.value.problems[0]
    assert "2 more" in error.value.problems[5]


def test_a_single_recording_is_no_dataset_and_other_folders_are_left_to_others(tmp_path):
    write(tmp_path / "a.wav", NOISE)
    with pytest.raises(InputError, match="is one recording"):
        recognised(tmp_path / "a.wav", {})
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("ID3 is a tag")
    from seqmodels.data.speech.dataset import look

    assert look(tmp_path / "texts", {}) is None
    assert look(tmp_path / "texts" / "a.txt", {}) is None


def test_texts_called_wav_are_refused_as_recordings_and_are_no_folder_of_texts(tmp_path):
    for i in range(12):
        path = tmp_path / ("cats" if i % 2 else "dogs") / f"{i}.{'WAV' if i < 3 else 'wav'}"
        path.parent.mkdir(exist_ok=True)
        path.write_text("Some words about animals, and no sound at all.")
    assert recognised(tmp_path, {})[0] == "speech"
    with pytest.raises(InputError, match=r"cats/1\.WAV' is no sound file"):
        sm.read(tmp_path)
    with pytest.raises(InputError, match=r"9\.wav' is no sound file.*Give WAV or FLAC"):
        recognised(tmp_path / "cats" / "9.wav", {})


def test_a_run_learns_high_from_low_and_answers_for_files(tmp_path, capsys):
    from typer.testing import CliRunner

    from seqmodels.cli import app

    for i in range(40):
        pitch = {"low": 300, "high": 2000}
        for word, hertz in pitch.items():
            noise = RNG.normal(0, 0.01, 1200)
            write(
                tmp_path / "data" / word / f"{i}.wav",
                tone(hertz * RNG.uniform(0.8, 1.2), 0.15) + noise,
            )
    run = tmp_path / "run"
    command = ["train", str(tmp_path / "data"), "--epochs", "6", "--out", str(run), "--quiet"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert json.loads((run / "scores.json").read_text())["scores"]["accuracy"] == 1
    write(tmp_path / "new.wav", tone(2100, 0.2, 16000), rate=16000)
    answer = CliRunner().invoke(app, ["predict", str(run), str(tmp_path / "new.wav")])
    assert answer.exit_code == 0, answer.output
    assert "new.wav,high" in answer.stdout
    many = CliRunner().invoke(app, ["predict", str(run), str(tmp_path / "data" / "low")])
    assert many.stdout.count(",low,") == 40
    listed = CliRunner().invoke(app, ["predict", str(run), "-"], input=f"{tmp_path}/new.wav\n")
    assert listed.stdout == answer.stdout


def test_spoken_digits_are_recognised(shared_data):
    root = shared_data / "fsdd" / "recordings"
    data = sm.read(root, pattern="{label}_{speaker}_{index}", test_where="index in 0-4")
    assert (len(data.train), len(data.test)) == (2700, 300)
    few = [data.train.inputs[i] for i in range(0, 2700, 300)]
    rows = data.encoder.fit(few).encode(few)
    assert data.encoder.rate == 8000
    for path, row in zip(few, rows, strict=True):
        assert len(row) == 1 + (len(sound.read(path).samples) - 200) // 80


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
