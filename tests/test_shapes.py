"""Views of the channels, random kernels, and members that learn by themselves."""

import dataclasses

import keras
import numpy as np
import pytest

from seqmodels import Binary, SequenceModel
from seqmodels.core.encoder import Spec
from seqmodels.encoders import SeriesEncoder
from seqmodels.heads import Multiclass
from seqmodels.model.explain import Explainer
from seqmodels.nn import keras_ops, numpy_ops
from seqmodels.nn.backbone import Backbone
from seqmodels.nn.ensemble import each
from seqmodels.nn.keras_layer import KerasLayer
from seqmodels.nn.layers import EnsembleMean, InputViews, RandomConvolutions
from seqmodels.nn.layers.random_convolutions import (
    DILATIONS,
    FAR,
    LEAST,
    LOUD,
    SHARP,
    TAPS,
    drawn,
)

RNG = np.random.default_rng(0)
LENGTHS = np.int32([11, 1, 4, 30])
X = RNG.normal(size=(4, 30, 2)).astype(np.float32)
SIZES = Backbone(
    units=5,
    segment_length=4,
    segment_stride=2,
    segment_scales=3,
    embed=6,
    input_views=True,
    random_convolutions=12,
    ensemble_size=2,
)


def views(x, lengths):
    return InputViews().forward(numpy_ops, {}, x, lengths)


def convolutions():
    """Return random convolutions of two channels, with five outputs."""
    return KerasLayer(RandomConvolutions(count=12, outputs=5), 2, seed=3, name="kernels")


def features(layer, x, lengths):
    return layer.layer.features(numpy_ops, layer.values(), x, lengths)


def test_a_view_is_standardised_by_the_steps_of_its_own_row():
    found = views(X, LENGTHS)
    np.testing.assert_array_equal(found[..., :2], X)
    for i, length in enumerate(LENGTHS):
        own, changes = found[i, :length, 2:4], found[i, :length, 4:]
        np.testing.assert_allclose(own.mean(axis=0), 0, atol=1e-5)
        if length > 1:
            np.testing.assert_allclose(own.std(axis=0), 1, atol=0.01)
            np.testing.assert_allclose((changes**2).mean(axis=0), 1, atol=0.01)
            ratio = changes[1:] / np.diff(own, axis=0)
            np.testing.assert_allclose(ratio, ratio[:1].repeat(len(ratio), 0), rtol=1e-3)
        assert np.all(changes[0] == 0)


def test_how_loud_a_row_is_and_where_it_stands_is_in_one_view_only():
    here, there = (views(x, LENGTHS) for x in (X, 5 * X + 3))
    assert not np.allclose(here[..., :2], there[..., :2])
    np.testing.assert_allclose(here[..., 2:], there[..., 2:], atol=0.02)


def test_what_never_changes_is_zero_in_the_other_views():
    found = views(np.full((1, 6, 1), 7, np.float32), np.int32([6]))
    assert found[0, :, 1:].tolist() == [[0, 0]] * 6


def test_kernels_find_what_a_plain_convolution_finds():
    layer = convolutions()
    found = features(layer, X, LENGTHS)
    taps, bias = drawn(2, 12, 1, 3)
    for i, length in enumerate(LENGTHS):
        shares, peaks = [], []
        for apart, kernels, shifts in zip(DILATIONS, taps.astype(float), bias, strict=True):
            value = np.zeros((length, len(shifts))) + shifts
            for t in range(length):
                for k in range(TAPS):
                    place = t + apart * (k - TAPS // 2)
                    if 0 <= place < length:
                        value[t] += X[i, place] @ kernels[2 * k : 2 * k + 2]
            shares += [*np.clip(SHARP * value + 0.5, 0, 1).mean(axis=0)]
            peaks += [*value.max(axis=0)]
        np.testing.assert_allclose(found[i], shares + peaks, atol=1e-4)


def test_a_kernel_is_centred_and_reads_some_channels_of_one_view():
    taps, bias = drawn(3 * 12, 60, 3, 0)
    assert taps.shape == (6, TAPS * 36, 10)
    assert 0.01 <= np.abs(bias).min() <= np.abs(bias).max() <= 10**0.5
    views = []
    for kernel in taps.swapaxes(1, 2).reshape(-1, TAPS, 36):
        np.testing.assert_allclose(kernel.sum(axis=0), 0, atol=1e-6)
        read = np.flatnonzero(np.abs(kernel).sum(axis=0))
        assert len(set(read // 12)) == 1
        assert 1 <= len(read) <= 9
        views.append(read[0] // 12)
    assert views == [0, 1, 2, 0, 1, 2, 0, 1, 2, 0] * len(DILATIONS)
    np.testing.assert_array_equal(taps, drawn(36, 60, 3, 0)[0])
    assert not np.array_equal(taps, drawn(36, 60, 3, 1)[0])


def test_features_are_told_by_what_the_training_rows_had():
    layer = convolutions()
    volume = LOUD / 24**0.5
    batches = [(X[:3], LENGTHS[:3]), (X[3:], LENGTHS[3:]), (X[1:] + 1, LENGTHS[1:])]
    for batch in batches:
        layer(*batch, training=True)
    seen = np.concatenate([features(layer, *batch) for batch in batches])
    np.testing.assert_allclose(layer.values()["mean"], seen.mean(axis=0), atol=1e-4)
    np.testing.assert_allclose(layer.values()["spread"], seen.var(axis=0), atol=1e-3)
    before = layer.values()["mean"]
    assert np.all(np.asarray(layer(X * 9, LENGTHS)) == 0), "nothing is learned yet"
    layer.by_name["told"].assign(np.eye(24, 5))
    told = np.asarray(layer(X, LENGTHS)) / volume
    np.testing.assert_array_equal(layer.values()["mean"], before)
    away = (features(layer, X, LENGTHS) - seen.mean(axis=0)) / (seen.std(axis=0) + LEAST)
    np.testing.assert_allclose(told, np.clip(away, -FAR, FAR)[:, :5], atol=1e-2)
    layer.by_name["told"].assign(np.eye(24, 24)[:, 12:17])  # of the largest values
    told = np.asarray(layer(1e4 * X, LENGTHS)) / volume
    np.testing.assert_allclose(np.abs(told).max(axis=0), FAR, err_msg="none is further away")


def test_members_are_corrected_each_and_answer_together():
    told = [np.float32([[1], [2]]), np.float32([[3], [6]])]
    np.testing.assert_array_equal(EnsembleMean().forward(keras_ops, {}, told, None), [[2], [4]])
    outputs = KerasLayer(EnsembleMean(), 0, name="members")(told, training=True)
    targets, together = each(np.float32([[0], [1]]), outputs)
    assert np.asarray(targets).tolist() == [[0], [1], [0], [1]]
    np.testing.assert_array_equal(together, [[2], [4]])
    targets, together = each(np.int32([4, 5]), told[0])
    assert np.asarray(targets).tolist() == [4, 5]
    np.testing.assert_array_equal(together, told[0])


def test_members_begin_differently_and_the_answer_is_their_mean():
    network = SIZES.build(Spec(channels=2), 3)
    inputs = {"x": X, "lengths": LENGTHS}
    apart = np.asarray(network(inputs, training=True)).reshape(4, 4, 3)  # with what kernels tell
    assert not np.allclose(apart[0], apart[2])
    assert np.all(apart[[1, 3]] == 0), "what kernels find has no say yet"
    layers = [network.get_layer(name).output for name in ("outputs", "member_1_outputs")]
    one, other = keras.Model(network.input, layers)(inputs)
    np.testing.assert_allclose(network(inputs), (one + other) / 4, atol=1e-6)


def test_what_never_learns_is_not_trained_but_kept():
    network = SIZES.build(Spec(channels=2), 3)
    still = {weight.path for weight in network.non_trainable_weights}
    names = ("taps", "bias", "rows", "mean", "spread")
    assert still == {f"{which}kernels/{n}" for which in ("", "member_1_") for n in names}


@pytest.mark.parametrize("head", [Binary(), Multiclass()])
def test_a_model_that_was_saved_answers_as_before(head, tmp_path):
    inputs = [x[:length] for x, length in zip(X, LENGTHS, strict=True)]
    encoder = SeriesEncoder().fit(inputs)
    model = SequenceModel(encoder, SIZES, head.fit(["a", "b", "a", "b"]), seed=1)
    for weight in model.network.weights:
        if not weight.path.endswith(("taps", "bias", "spread")):
            weight.assign(RNG.normal(size=weight.shape))
    model.network({"x": X, "lengths": LENGTHS}, training=True)
    before = model.predict(inputs).scores
    model.save(tmp_path / "model")
    np.testing.assert_array_equal(
        SequenceModel.load(tmp_path / "model").predict(inputs).scores, before
    )


def test_an_explanation_adds_up_to_what_the_members_tell_and_gathers_nothing():
    inputs = [x[:length] for x, length in zip(X, LENGTHS, strict=True)]
    encoder = SeriesEncoder().fit(inputs)
    sizes = dataclasses.replace(SIZES, input_views=False)  # on the way from zero they jump
    model = SequenceModel(encoder, sizes, Binary().fit([0, 1]), seed=1)
    model.network({"x": X, "lengths": LENGTHS}, training=True)
    for weight in model.network.trainable_weights:
        weight.assign(RNG.normal(size=weight.shape) / 3)
    rows = model.network.get_layer("kernels").values()["rows"]
    steps = np.asarray(encoder.encode(inputs)[0])
    found = Explainer(model).explain(steps, np.ones(1))
    answer = np.asarray(model.network({"x": steps[None], "lengths": LENGTHS[:1]}))[0, 0]
    assert found.output == pytest.approx(answer, abs=1e-4)
    assert found.gap < 0.1
    assert model.network.get_layer("kernels").values()["rows"] == rows == len(LENGTHS)
