"""Features of recordings."""

import numpy as np
import pytest
from scipy import signal
from sound_written import NOISE, RATE, RNG, tone, write

from seqmodels import InputError
from seqmodels.core import sound
from seqmodels.core.sound import Recording
from seqmodels.encoders import SpeechEncoder


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
