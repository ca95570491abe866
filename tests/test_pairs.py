"""Padding changes no answer, alone, in a batch and after loading: every pair of built-in parts.

A layer is used by the sizes that ask for it. Each layer meets each encoder that it can stand
behind, and each head that it can stand before.
"""

import numpy as np
import pytest
from test_contracts import ENCODER, HEADS, INPUTS, TARGETS

from seqmodels import Backbone, SequenceModel, testing
from seqmodels.core.errors import InputError
from seqmodels.core.registry import LAYERS
from seqmodels.encoders import SeriesEncoder

SMALL = {"units": 4, "embed": 4}
SIZES = {
    "both": {"summary": "both"},
    "last": {"summary": "last"},
    "max": {"summary": "max", "bidirectional": True},
    "mean": {"summary": "mean", "layers": 2},
    "embedding": {"embed": 5},
    "word_dropout": {"word_dropout": 0.3},
    "ngrams": {"ngrams": 3, "ngram_buckets": 40, "word_dropout": 0.3},
    "projection": {"embed": 5},
    "segments": {"segment_length": 3, "segment_stride": 2, "segment_scales": 2, "max_segments": 4},
    "skip": {"skip": True},
    "subtract_last": {"subtract_last": True},
    "linear_lags": {"linear_lags": 4},
    "input_views": {"input_views": True},
    "random_convolutions": {"random_convolutions": 12, "input_views": True},
    "ensemble_mean": {"ensemble_size": 2},
}
FORECASTS = {  # sizes for forecasts of what is read, by the layers that only they have
    "channel_independent": {"channel_independent": True, "subtract_last": True},
    "channels_together": {"channel_independent": True, "linear_lags": 3},
    "level": {"channel_independent": True, "subtract_last": True, "layers": 2},
}
ALWAYS = {"dense", "dropout", "lstm"}  # in every network
FORECAST = SeriesEncoder(continues=(0, 1))


def suits(encoder, sizes):
    spec = ENCODER[encoder].fit(INPUTS[encoder]).spec
    try:
        Backbone(**{**SMALL, **sizes}).check(spec)
    except InputError:
        return False
    return True


PAIRS = [
    (encoder, layer, head)
    for encoder in INPUTS
    for place, (layer, sizes) in enumerate(SIZES.items())
    if suits(encoder, sizes)
    for turn, head in enumerate(TARGETS)
    # Encoders of numbers share the heads out among themselves: each layer meets all of them.
    if encoder == "text" or (turn + place + list(INPUTS).index(encoder)) % len(TARGETS) == 0
]


def check(model, inputs, path):
    testing.assert_padding_invariant(model, inputs)
    together = model.predict(inputs)
    model.save(path / "model")
    again = SequenceModel.load(path / "model")
    for i in range(len(inputs)):
        alone = again.predict(inputs[i : i + 1])
        known = together.part(i, i + 1)
        if known.scores is not None:
            np.testing.assert_allclose(alone.scores, known.scores, atol=1e-5)
        else:
            np.testing.assert_allclose(alone.answers, known.answers, rtol=1e-5, atol=1e-5)


def test_every_built_in_layer_has_sizes_that_use_it():
    built_in = {n for n in LAYERS if LAYERS.get(n).__module__.startswith("seqmodels.")}
    assert set(SIZES) | set(FORECASTS) | ALWAYS == built_in
    encoders = {name: ENCODER[name].fit(INPUTS[name]).spec for name in ("text", "series")}
    for name, sizes in {**SIZES, **FORECASTS}.items():
        spec = FORECAST.fit(INPUTS["series"]).spec if name in FORECASTS else (
            encoders["text" if suits("text", sizes) and not suits("series", sizes) else "series"]
        )  # fmt: skip
        if name == "embedding":
            spec = encoders["text"]
        network = Backbone(**{**SMALL, **sizes}).network(spec, 2)
        used = {type(placed.layer) for placed in (*network.shared, *network.layers)}
        assert LAYERS.get(name) in used or name == "ensemble_mean", name


def test_each_layer_meets_each_head_and_each_encoder_it_suits():
    for layer, sizes in SIZES.items():
        met = [(encoder, head) for encoder, one, head in PAIRS if one == layer]
        assert {encoder for encoder, _ in met} == {e for e in INPUTS if suits(e, sizes)}, layer
        assert {head for _, head in met} == set(TARGETS), layer


@pytest.mark.slow
@pytest.mark.parametrize(("encoder", "layer", "head"), PAIRS)
def test_padding_changes_no_answer(encoder, layer, head, tmp_path):
    fitted = HEADS.get(head)().fit(TARGETS[head])
    sizes = Backbone(**{**SMALL, **SIZES[layer]})
    model = SequenceModel(ENCODER[encoder].fit(INPUTS[encoder]), sizes, fitted, seed=1)
    check(model, INPUTS[encoder], tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("sizes", FORECASTS.values(), ids=FORECASTS)
def test_padding_changes_no_forecast(sizes, tmp_path):
    targets = np.random.default_rng(0).normal(size=(len(INPUTS["series"]), 2))
    fitted = HEADS.get("regression")().fit(targets)
    encoder = FORECAST.fit(INPUTS["series"])
    model = SequenceModel(encoder, Backbone(**{**SMALL, **sizes}), fitted, seed=1)
    check(model, INPUTS["series"], tmp_path)
