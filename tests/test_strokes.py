"""Drawings: what matters is their shape, and faults are named."""

import json
from dataclasses import asdict

import numpy as np
import pytest

from seqmodels import InputError, Sequences
from seqmodels.core.registry import ENCODERS
from seqmodels.encoders import StrokeEncoder

RNG = np.random.default_rng(0)
DRAWINGS = [RNG.normal(0, 20, (steps, 2)).tolist() for steps in (5, 1, 9, 2)]
FITTED = StrokeEncoder().fit(DRAWINGS)


def with_pen(drawing, lifted=()):
    return [[x, y, int(i in lifted)] for i, (x, y) in enumerate(drawing)]


def offsets(drawing):
    return np.diff(np.array(drawing), axis=0, prepend=[[0, 0]])


def test_a_square_is_encoded_as_its_definition_says():
    encoder = StrokeEncoder(scale=(1.0, 1.0))
    square = [[10, 10, 0], [14, 10, 0], [14, 12, 1], [10, 12, 0]]
    expected = [
        [-0.5, -0.25, 0, 0, 0],
        [0.5, -0.25, 1, 0, 0],
        [0.5, 0.25, 0, 0.5, 1],
        [-0.5, 0.25, -1, 0, 0],
    ]
    np.testing.assert_allclose(encoder.encode([square])[0], expected, atol=1e-7)


def test_place_and_size_do_not_matter():
    moved = [(np.array(drawing) * 37 + [1000, -5]).tolist() for drawing in DRAWINGS]
    here, there = FITTED.encode(DRAWINGS), FITTED.encode(moved)
    np.testing.assert_allclose(there.values, here.values, atol=1e-5)


def test_proportions_and_direction_matter():
    wide = (np.array(DRAWINGS[0]) * [3, 1]).tolist()
    mirrored = (np.array(DRAWINGS[0]) * [-1, 1]).tolist()
    plain = FITTED.encode([DRAWINGS[0]]).values
    assert abs(FITTED.encode([wide]).values - plain).max() > 0.1
    assert abs(FITTED.encode([mirrored]).values - plain).max() > 0.1


def test_the_same_drawing_as_points_and_as_offsets_is_encoded_alike():
    by_offsets = StrokeEncoder(form="offsets").fit([offsets(drawing) for drawing in DRAWINGS])
    assert by_offsets.scale == pytest.approx(FITTED.scale)
    encoded = by_offsets.encode([offsets(drawing) for drawing in DRAWINGS])
    np.testing.assert_allclose(encoded.values, FITTED.encode(DRAWINGS).values, atol=1e-5)


def test_the_first_offset_does_not_matter():
    encoder = StrokeEncoder(form="offsets", scale=(1.0, 1.0))
    far = offsets(DRAWINGS[0])
    far[0] = 1e90  # so large that a sum which had it in would lose the rest
    near = encoder.encode([offsets(DRAWINGS[0])])
    np.testing.assert_array_equal(encoder.encode([far]).values, near.values)


def test_without_a_pen_the_drawing_is_one_stroke():
    told = [with_pen(drawing, lifted=[len(drawing) - 1]) for drawing in DRAWINGS]
    np.testing.assert_array_equal(FITTED.encode(told).values, FITTED.encode(DRAWINGS).values)
    assert FITTED.encode([with_pen(DRAWINGS[0], lifted=[1, 4])])[0][:, 4].tolist() == [
        0,
        1,
        0,
        0,
        1,
    ]


@pytest.mark.parametrize("form", ["points", "offsets"])
def test_a_single_point_and_a_resting_pen_are_read(form):
    encoder = StrokeEncoder(form=form)
    rest = [[0, 0], [0, 0]] if form == "offsets" else [[7, 7], [7, 7]]
    encoded = encoder.fit([[[3, 4]], rest]).encode([[[3, 4]], rest])
    assert encoded.values[:, :4].tolist() == [[0, 0, 0, 0]] * 3
    assert encoded.values.dtype == np.float32
    assert encoded.lengths.tolist() == [1, 2]


@pytest.mark.parametrize("form", ["points", "offsets"])
def test_a_drawing_is_encoded_alike_alone_and_beside_any_other(form):
    encoder = StrokeEncoder(form=form, scale=(0.3, 0.1))
    others = [*DRAWINGS, [[1e90, 1e90], [3e90, -1e90], [0, 0]]]
    together = encoder.encode(others)
    for i, drawing in enumerate(others):
        np.testing.assert_array_equal(together[i], encoder.encode([drawing])[0])
    assert np.isfinite(together.values).all()


@pytest.mark.parametrize("form", ["points", "offsets"])
def test_drawings_taken_out_of_a_shared_array_are_read_in_their_order(form):
    encoder = StrokeEncoder(form=form, scale=(0.3, 0.1))
    raw = Sequences.of(DRAWINGS)
    order = [3, 0, 2, 0]
    taken = encoder.encode(raw.take(order))
    expected = encoder.encode([DRAWINGS[i] for i in order])
    for one, other in zip(taken, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_scale_is_learned_from_the_drawings_given_only():
    raw = Sequences.of(DRAWINGS)
    assert StrokeEncoder().fit(raw.take([0, 2])).scale == pytest.approx(
        StrokeEncoder().fit([DRAWINGS[0], DRAWINGS[2]]).scale
    )
    encoded = FITTED.encode(DRAWINGS).values
    assert np.sqrt(np.mean(encoded[:, :2] ** 2)) == pytest.approx(1)
    assert np.sqrt(np.mean(encoded[:, 2:4] ** 2)) == pytest.approx(1)


@pytest.mark.parametrize("form", ["points", "offsets"])
def test_what_is_cut_off_has_no_part_in_the_answer(form):
    encoder = StrokeEncoder(form=form, length=3, scale=(1.0, 1.0))
    cut = encoder.encode(DRAWINGS)
    assert cut.lengths.tolist() == [3, 1, 3, 2]
    uncut = StrokeEncoder(form=form, scale=(1.0, 1.0))
    first = uncut.encode([with_pen(drawing[:3]) for drawing in DRAWINGS])
    np.testing.assert_array_equal(cut.values[:, :4], first.values[:, :4])


def test_fit_leaves_the_encoder_as_it_was_and_json_brings_it_back():
    plain = StrokeEncoder(length=4)
    fitted = plain.fit(DRAWINGS)
    assert plain.scale is None
    again = ENCODERS.restore(json.loads(json.dumps(ENCODERS.dump(fitted))))
    assert again == fitted
    assert asdict(again)["length"] == 4


def test_every_wrong_number_is_named_with_its_row():
    bad = [with_pen(drawing) for drawing in DRAWINGS]
    bad[0][2][0] = float("nan")
    bad[2][1][1] = float("inf")
    bad[3][0][2] = 2
    with pytest.raises(InputError) as caught:
        FITTED.encode(bad)
    x, y, pen = caught.value.problems
    assert "in x (channel 0) of row 0 " in x
    assert "in y (channel 1) of row 2 " in y
    assert "got 2.0 in row 3 " in pen


@pytest.mark.parametrize("drawing", [[1, 2, 3], [[1], [2]], [[1, 2, 0, 0]]])
def test_points_of_one_or_four_numbers_are_refused(drawing):
    with pytest.raises(InputError, match=r"needs points of 2 or 3 numbers .* of [14]\."):
        FITTED.encode([drawing])


def test_an_encoder_that_was_not_fitted_and_wrong_arguments_say_so():
    with pytest.raises(InputError, match="call fit"):
        StrokeEncoder().encode(DRAWINGS)
    with pytest.raises(InputError) as caught:
        StrokeEncoder(form="pixels", length=0)  # type: ignore[arg-type]
    assert len(caught.value.problems) == 2


def test_lines_of_json_are_read_and_shown():
    read = FITTED.read("[[0, 0], [3, 4]]\n\n[[1, 1, 1]]\n")
    assert [FITTED.show(drawing) for drawing in read] == ["2 points", "1 point"]
    assert FITTED.encode(read[:1]).lengths.tolist() == [2]
