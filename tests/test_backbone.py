"""The network between encoder and head: what its sizes mean, and that padding changes nothing."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from made_runs import Quiet

from seqmodels import SequenceModel
from seqmodels.core.encoder import Spec
from seqmodels.core.errors import InputError
from seqmodels.encoders import SeriesEncoder
from seqmodels.heads import Binary, Regression
from seqmodels.nn import numpy_ops
from seqmodels.nn.backbone import Backbone
from seqmodels.nn.keras_layer import KerasLayer
from seqmodels.nn.keras_network import weights_of
from seqmodels.nn.layers import (
    ChannelIndependent,
    LinearLags,
    Segments,
    SubtractLast,
    WordDropout,
)
from seqmodels.training import loop
from seqmodels.training.averaging import Average
from seqmodels.training.config import Training

RNG = np.random.default_rng(0)
NUMBERS = Spec(channels=3, continues=(2, 2, 0, 0))
WORDS = Spec(vocabulary=20)
SMALL = {"units": 6, "dropout": 0.0}
ROUNDING: Any = {"rtol": 1e-6, "atol": 1e-6}  # float32 holds seven digits
VARIANTS = {
    "segments": (NUMBERS, Backbone(**SMALL, segment_length=4, embed=5)),
    "overlapping segments": (
        NUMBERS,
        Backbone(**SMALL, segment_length=4, segment_stride=3, bidirectional=True),
    ),
    "every segment": (
        NUMBERS,
        Backbone(**SMALL, segment_length=3, segment_stride=1, embed=5, layers=2),
    ),
    "several scales": (
        NUMBERS,
        Backbone(**SMALL, segment_length=4, segment_stride=2, segment_scales=3, embed=5),
    ),
    "some segments": (
        NUMBERS,
        Backbone(**SMALL, segment_length=3, segment_stride=1, max_segments=4, segment_scales=2),
    ),
    "views": (NUMBERS, Backbone(**SMALL, input_views=True, segment_length=2, embed=4)),
    "kernels": (NUMBERS, Backbone(**SMALL, random_convolutions=20)),
    "members": (
        NUMBERS,
        Backbone(**SMALL, ensemble_size=3, input_views=True, random_convolutions=6, embed=5),
    ),
    "a linear map": (NUMBERS, Backbone(**SMALL, subtract_last=True, skip=True, linear_lags=6)),
    "a linear map of each channel": (
        NUMBERS,
        Backbone(**SMALL, channel_independent=True, subtract_last=True, linear_lags=6),
    ),
    "from the last step": (NUMBERS, Backbone(**SMALL, subtract_last=True, skip=True)),
    "channels apart": (
        NUMBERS,
        Backbone(**SMALL, channel_independent=True, subtract_last=True, segment_length=2, embed=4),
    ),
    "blanks": (WORDS, Backbone(**SMALL, word_dropout=0.3)),
    "pairs": (WORDS, Backbone(**SMALL, word_dropout=0.3, ngrams=2, ngram_buckets=50)),
    "long n-grams": (WORDS, Backbone(**SMALL, ngrams=4, ngram_buckets=50)),
}


def batch(spec: Spec, lengths: list[int]) -> tuple[np.ndarray, np.ndarray]:
    shape = (len(lengths), max(lengths))
    if spec.vocabulary:
        return RNG.integers(0, spec.vocabulary, shape).astype(np.int32), np.int32(lengths)
    return RNG.normal(size=(*shape, spec.channels or 0)).astype(np.float32), np.int32(lengths)


@pytest.mark.parametrize("name", VARIANTS)
def test_padding_does_not_change_an_answer(name):
    spec, backbone = VARIANTS[name]
    network = backbone.build(spec, 4)
    for weight in network.trainable_weights:  # of zeros some say nothing yet
        weight.assign(RNG.normal(size=weight.shape) / 3)
    x, lengths = batch(spec, [11, 1, 4, 5, 8])
    together = np.asarray(network({"x": x, "lengths": lengths}))
    for i, length in enumerate(lengths):
        alone = {"x": x[i : i + 1, :length], "lengths": lengths[i : i + 1]}
        np.testing.assert_allclose(np.asarray(network(alone))[0], together[i], **ROUNDING)
        more = np.full((1, 17, *x.shape[2:]), 7, x.dtype)
        more[0, :length] = x[i, :length]
        padded = {"x": more, "lengths": lengths[i : i + 1]}
        np.testing.assert_allclose(np.asarray(network(padded))[0], together[i], **ROUNDING)


@pytest.mark.parametrize("name", VARIANTS)
def test_weights_are_known_before_a_network_is_built(name):
    spec, backbone = VARIANTS[name]
    network = backbone.build(spec, 4)
    built = {name: weight.shape for name, weight in weights_of(network).items()}
    assert built == dict(backbone.weights(spec, 4))


def test_a_linear_map_reads_the_last_steps_and_zeros_before_a_short_row():
    x = np.arange(12, dtype=np.float32).reshape(2, 6, 1) + 1
    found = LinearLags(lags=3).recent(numpy_ops, x, np.int32([6, 2]))
    assert found.tolist() == [[4, 5, 6], [0, 7, 8]]


def cut(x, lengths, **sizes):
    """Return the segments of rows, and how many of each row are real."""
    layer = Segments(**sizes)
    return layer.forward(numpy_ops, {}, x, lengths), layer.steps(numpy_ops, lengths)


def test_a_segment_holds_its_steps_and_zeros_past_the_end_of_a_row():
    x = np.arange(1, 13, dtype=np.float32).reshape(1, 6, 2)
    pieces, counts = cut(x, np.int32([5]), length=4, stride=4)
    assert np.asarray(counts).tolist() == [2]
    assert np.asarray(pieces)[0].tolist() == [
        [1, 2, 3, 4, 5, 6, 7, 8],
        [9, 10, 0, 0, 0, 0, 0, 0],
    ]
    pieces, counts = cut(x, np.int32([5]), length=4, stride=1)
    assert np.asarray(counts).tolist() == [2]
    assert np.asarray(pieces)[0, :2].tolist() == [
        [1, 2, 3, 4, 5, 6, 7, 8],
        [3, 4, 5, 6, 7, 8, 9, 10],
    ]
    assert np.asarray(cut(x[:, :1], np.int32([1]), length=4, stride=1)[0]).tolist() == [
        [[1, 2, 0, 0, 0, 0, 0, 0]]
    ]


def test_segments_of_a_long_row_begin_further_apart():
    x = np.arange(1, 24, dtype=np.float32).reshape(1, 23, 1).repeat(4, axis=0)
    pieces, counts = cut(x, np.int32([23, 5, 1, 22]), length=2, stride=1, max_segments=4)
    assert np.asarray(counts).tolist() == [4, 4, 1, 4]
    assert np.asarray(pieces)[0].tolist() == [[1, 2], [8, 9], [15, 16], [22, 23]]
    assert np.asarray(pieces)[1].tolist() == [[1, 2], [2, 3], [3, 4], [4, 5]]
    assert np.asarray(pieces)[2, 0].tolist() == [1, 0]
    assert np.asarray(pieces)[3].tolist() == [[1, 2], [8, 9], [15, 16], [22, 0]]
    pieces, counts = cut(x[:2, :6], np.int32([6, 5]), length=2, stride=1, max_segments=4)
    assert np.asarray(counts).tolist() == [3, 4]
    assert np.asarray(pieces)[0, :3].tolist() == [[1, 2], [3, 4], [5, 6]]


def test_a_scale_reads_as_many_steps_around_the_same_middle_twice_as_far_apart():
    x = np.arange(1, 12, dtype=np.float32).reshape(1, 11, 1)
    pieces, counts = cut(x, np.int32([9]), length=4, stride=2, scales=3)
    assert np.asarray(counts).tolist() == [4]
    assert np.asarray(pieces)[0, 1].tolist() == [3, 4, 5, 6, 1, 3, 5, 7, 0, 1, 5, 9]
    plain, as_many = cut(x, np.int32([9]), length=4, stride=2)
    np.testing.assert_array_equal(plain, pieces[..., :4])
    np.testing.assert_array_equal(counts, as_many)


def test_steps_are_told_by_their_difference_to_the_last_real_one():
    x = np.float32([[[1], [4], [9]], [[2], [5], [7]]])
    found = np.asarray(SubtractLast().forward(numpy_ops, {}, x, np.int32([3, 2])))
    assert found[0, :, 0].tolist() == [-8, -5, 0]
    assert found[1, :2, 0].tolist() == [-3, 0]


def test_a_level_that_was_never_seen_changes_nothing_but_the_level():
    network = Backbone(**SMALL, subtract_last=True).build(NUMBERS, 2)
    x, lengths = batch(NUMBERS, [9, 5])
    here, there = (np.asarray(network({"x": x + up, "lengths": lengths})) for up in (0, 50))
    np.testing.assert_allclose(here, there, atol=1e-4)


def test_channels_apart_are_rows_of_their_own():
    x, lengths = batch(NUMBERS, [3, 2])
    layer = ChannelIndependent(channels=(2, 0))
    rows, counts = layer.forward(numpy_ops, {}, x, lengths), layer.steps(numpy_ops, lengths)
    assert np.asarray(counts).tolist() == [3, 3, 2, 2]
    assert np.asarray(rows)[:, :, 0].tolist() == [
        x[i, :, c].tolist() for i in (0, 1) for c in (2, 0)
    ]


def forecast(**sizes):
    """Return a model of three channels that foretells the next two steps of two of them."""
    rng = np.random.default_rng(1)
    series = [rng.normal(size=(12, 3)).cumsum(axis=0) for _ in range(40)]
    targets = np.stack([s[-1, [2, 2, 0, 0]] + rng.normal(size=4) / 9 for s in series])
    encoder = SeriesEncoder(continues=NUMBERS.continues).fit(series)
    head = Regression().fit(targets)
    return SequenceModel(encoder, Backbone(**SMALL, **sizes), head), series, targets


def test_a_forecast_channel_by_channel_starts_from_the_last_value():
    model, series, _ = forecast(
        channel_independent=True, subtract_last=True, segment_length=3, embed=4, linear_lags=5
    )
    now = np.stack([s[-1, [2, 2, 0, 0]] for s in series])
    np.testing.assert_allclose(model.predict(series).answers, now, rtol=1e-4, atol=1e-4)


def test_a_channel_apart_has_no_say_in_the_future_of_another():
    model, series, targets = forecast(channel_independent=True, subtract_last=True)
    rows = loop.Part(model.encoder.encode(series), model.head.encode(targets))
    fitted(model, rows, Training(epochs=3, batch_size=8, learning_rate=0.02))
    other = [s + np.array([0, 99, 0]) for s in series]
    before = model.predict(series).answers
    assert np.abs(before - np.stack([s[-1, [2, 2, 0, 0]] for s in series])).max() > 1e-3, "learned"
    np.testing.assert_allclose(model.predict(other).answers, before, rtol=1e-5)
    other = [s * np.array([1, 1, 2]) for s in series]
    np.testing.assert_allclose(model.predict(other).answers[:, 2:], before[:, 2:], rtol=1e-5)


@pytest.mark.parametrize("name", [n for n, (spec, _) in VARIANTS.items() if spec is NUMBERS])
def test_what_is_saved_answers_as_before(name, tmp_path):
    sizes = dataclasses.asdict(VARIANTS[name][1])
    model, series, _ = forecast(**{k: v for k, v in sizes.items() if k not in SMALL})
    model.save(tmp_path / "m")
    again = SequenceModel.load(tmp_path / "m")
    np.testing.assert_allclose(
        again.predict(series).answers, model.predict(series).answers, rtol=1e-6
    )


@pytest.mark.parametrize(
    ("spec", "sizes", "says"),
    [
        (WORDS, {"segment_length": 3}, "segment_length.*encoder of numbers"),
        (WORDS, {"subtract_last": True}, "subtract_last.*encoder of numbers"),
        (NUMBERS, {"word_dropout": 0.1}, "word_dropout.*encoder of tokens"),
        (NUMBERS, {"ngrams": 2}, "ngrams.*encoder of tokens"),
        (NUMBERS, {"segment_stride": 2}, "leaves steps out"),
        (NUMBERS, {"segment_length": 2, "segment_stride": 3}, "leaves steps out"),
        (Spec(channels=2), {"channel_independent": True}, "needs a forecast"),
        (
            Spec(channels=2, continues=(0, 1, 0)),
            {"channel_independent": True},
            "one channel after the other",
        ),
    ],
)
def test_sizes_that_do_not_suit_the_data_are_refused(spec, sizes, says):
    with pytest.raises(InputError, match=says):
        Backbone(**sizes).check(spec)


def test_channels_apart_need_a_head_of_numbers():
    encoder = SeriesEncoder(continues=(0,)).fit([np.arange(5.0)])
    head = Binary().fit(["a", "b"])
    with pytest.raises(InputError, match="use head 'regression'"):
        SequenceModel(encoder, Backbone(channel_independent=True), head)


def test_words_are_blanked_in_training_alone():
    x, lengths = np.ones((200, 50), np.int32), np.full(200, 50, np.int32)
    layer = KerasLayer(WordDropout(rate=0.3), 0, seed=1, name="blanks")
    assert (np.asarray(layer(x, lengths, training=False)) == 1).all()
    drawn = [np.asarray(layer(x, lengths, training=True)) for _ in range(2)]
    assert set(np.unique(drawn[0])) == {0, 1}
    assert abs((drawn[0] == 0).mean() - 0.3) < 0.02
    assert (drawn[0] != drawn[1]).any()


def fitted(model, rows, settings, **how):
    given = {"seed": 0, "folder": None, "watch": Quiet()} | how
    return loop.fit(model.network, model.head, rows, rows, settings, **given)


def test_an_average_forgets_exponentially():
    import keras

    weight = keras.Variable(np.float32([0.0]))
    average = Average([weight], epochs=1, steps=2)
    assert average.every == 1
    kept = np.exp(-0.5)
    for value in (4.0, 1.0, 7.0):
        weight.assign([value])
        average.take()
    shares = np.array([kept**2, kept, 1.0])
    with average.in_place():
        assert weight.numpy()[0] == pytest.approx((shares @ [4, 1, 7]) / shares.sum())
    assert weight.numpy()[0] == 7.0


def test_an_average_of_nothing_is_the_newest_weights():
    average = Average([], epochs=0, steps=5)
    assert not any(average.due(step) for step in range(10))


@pytest.mark.parametrize("patience", [0, 3])
def test_averaged_weights_are_those_that_were_validated_and_are_kept(patience):
    settings = Training(epochs=4, batch_size=8, learning_rate=0.02, patience=patience, average=2)
    model, series, targets = forecast(skip=True)
    rows = loop.Part(model.encoder.encode(series), model.head.encode(targets))
    history = fitted(model, rows, settings)
    losses = [row["valid_loss"] for row in history]
    kept = np.square(model.head.encode(model.predict(series).answers) - rows.y).mean()
    assert kept == pytest.approx(min(losses) if patience else losses[-1], rel=1e-4)
    plain, *_ = forecast(skip=True)
    newest = fitted(plain, rows, dataclasses.replace(settings, average=0))
    assert [row["valid_loss"] for row in newest] != losses
    assert newest[0]["loss"] == history[0]["loss"], "averaging changes no step"


def test_an_averaged_training_goes_on_bit_for_bit(tmp_path):
    settings = Training(epochs=4, batch_size=8, patience=0, average=2)
    whole, series, targets = forecast(skip=True)
    rows = loop.Part(whole.encoder.encode(series), whole.head.encode(targets))
    fitted(whole, rows, settings)
    seed = SequenceModel(whole.encoder, whole.backbone, whole.head)
    fitted(seed, rows, dataclasses.replace(settings, epochs=2), folder=tmp_path)
    again = SequenceModel(whole.encoder, whole.backbone, whole.head)
    fitted(again, rows, settings, folder=tmp_path)
    for one, other in zip(whole.network.weights, again.network.weights, strict=True):
        assert (np.asarray(one) == np.asarray(other)).all()


def test_the_channels_that_are_foretold_are_named_once():
    assert NUMBERS.forecast_channels == (2, 0)
    assert Spec(channels=1).forecast_channels == ()
