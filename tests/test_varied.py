"""What an encoder varies while a model learns stays a drawing, or a recording, of its kind."""

import dataclasses

import numpy as np
import pytest

from seqmodels import InputError
from seqmodels.core import batches
from seqmodels.encoders import SpeechEncoder, StrokeEncoder, varied
from seqmodels.testing import check_encoder

RNG = np.random.default_rng(0)
DRAWINGS = [RNG.normal(0, 20, (steps, 2)).cumsum(axis=0).tolist() for steps in (9, 2, 14, 1, 30)]
RATE = 8000
SOUNDS = [(RNG.normal(0, 0.1, 200 + 80 * steps), RATE) for steps in (0, 9, 30, 17)]
OPTIONS = [{}, {"tempo": 0.2}, {"gain": 6.0}, {"masks": 0.3},
           {"tempo": 0.2, "gain": 6.0, "masks": 0.3}]  # fmt: skip


def batch(encoder, inputs):
    rows = encoder.encode(inputs)
    return batches.padded(rows, np.arange(len(rows)))


def varied_by(encoder, inputs, seed=0):
    return encoder.vary(*batch(encoder, inputs), np.random.default_rng(seed))


@pytest.mark.parametrize("form", ["points", "offsets"])
def test_a_stroke_encoder_that_varies_keeps_its_promises(form):
    check_encoder(StrokeEncoder(elastic=0.1, form=form), DRAWINGS)


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("bands", [1, 12])
def test_a_speech_encoder_that_varies_keeps_its_promises(options, bands):
    check_encoder(SpeechEncoder(rate=RATE, bands=bands, **options), SOUNDS)


@pytest.mark.parametrize("encoder", [StrokeEncoder(), SpeechEncoder(rate=RATE, bands=12)])
def test_nothing_is_varied_where_nothing_is_asked_for(encoder):
    inputs = SOUNDS if isinstance(encoder, SpeechEncoder) else DRAWINGS
    encoder = encoder.fit(inputs)
    for value, given in zip(varied_by(encoder, inputs), batch(encoder, inputs), strict=True):
        np.testing.assert_array_equal(value, given)


def test_a_varied_drawing_is_what_the_encoder_makes_of_its_points():
    encoder = StrokeEncoder(elastic=0.1).fit(DRAWINGS)
    x, lengths = varied_by(encoder, DRAWINGS)
    plain = batch(encoder, DRAWINGS)[0]
    assert lengths.tolist() == [len(drawing) for drawing in DRAWINGS]
    assert abs(x - plain).max() > 0.1, "it is another"
    points = [row[:length, [0, 1, 4]] for row, length in zip(x, lengths, strict=True)]
    np.testing.assert_allclose(batch(encoder, points)[0], x, atol=1e-5)


def test_near_places_are_moved_alike_and_by_the_spread_that_is_asked_for():
    places = RNG.uniform(-0.5, 0.5, (4000, 1, 2))
    moved = varied.field(np.concatenate([places, places + 1e-3], axis=1), 0.05, RNG)
    assert moved.std() == pytest.approx(0.05, rel=0.1)
    assert abs(moved[:, 0] - moved[:, 1]).mean() < 1e-3


def test_a_stretched_recording_begins_and_ends_as_it_did():
    x = np.arange(12, dtype=np.float32).reshape(2, 6, 1)
    lengths = np.array([6, 3], np.int32)
    x[1, 3:] = 0
    y, new = varied.stretched(x, lengths, np.array([0.5, 2.0]))
    assert new.tolist() == [3, 6]
    np.testing.assert_allclose(y[0, :, 0], [0, 2.5, 5, 0, 0, 0])
    np.testing.assert_allclose(y[1, :, 0], [6, 6.4, 6.8, 7.2, 7.6, 8], rtol=1e-6)


def test_a_gain_is_the_same_number_of_decibels_in_every_band_and_frame():
    encoder = SpeechEncoder(rate=RATE, bands=12, gain=6.0).fit(SOUNDS)
    x, lengths = varied_by(encoder, SOUNDS)
    given, _ = batch(encoder, SOUNDS)
    louder = [((x - given)[i, :length] * encoder.std) for i, length in enumerate(lengths)]
    for row in louder:
        np.testing.assert_allclose(row, row[0, 0], atol=1e-3)
        assert 0.01 < abs(row[0, 0]) <= 6


def test_masks_hide_one_block_of_frames_and_one_of_bands():
    sizes = []
    for seed in range(50):
        x, lengths = np.ones((2, 20, 10), np.float32), np.array([20, 10], np.int32)
        x[1, 10:] = 0
        varied.hide(x, lengths, 0.5, np.random.default_rng(seed))
        frames = np.flatnonzero(~x[0].any(axis=1))
        bands = np.flatnonzero(~x[0].any(axis=0))
        for hidden in (frames, bands):
            assert len(hidden) == 0 or np.ptp(hidden) == len(hidden) - 1, "one block"
        assert (x[0] == 0).sum() == 10 * len(frames) + 20 * len(bands) - len(frames) * len(bands)
        sizes.append((len(frames), len(bands), int((~x[1, :10].any(axis=1)).sum())))
    assert np.max(sizes, axis=0).tolist() == [10, 5, 5], "up to half of what is there"
    assert np.min(sizes, axis=0).tolist() == [0, 0, 0]


@pytest.mark.parametrize("elastic", [-0.1, float("nan"), float("inf")])
def test_drawings_cannot_be_varied_by_less_than_nothing(elastic):
    with pytest.raises(InputError, match="elastic from 0"):
        StrokeEncoder(elastic=elastic)


@pytest.mark.parametrize("options", [{"tempo": 1.0}, {"masks": 1.5}, {"gain": -3.0}])
def test_recordings_cannot_be_varied_by_less_than_nothing_or_by_all(options):
    with pytest.raises(InputError, match=next(iter(options))):
        SpeechEncoder(**options)


def test_what_is_varied_has_no_part_in_how_a_drawing_is_read():
    encoder = StrokeEncoder(elastic=0.1).fit(DRAWINGS)
    plain = dataclasses.replace(encoder, elastic=0.0)
    np.testing.assert_array_equal(batch(encoder, DRAWINGS)[0], batch(plain, DRAWINGS)[0])
