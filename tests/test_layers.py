"""Every layer of the network keeps the promises of a layer, and a network is a list of them."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

import seqmodels as sm
from seqmodels.core import batches
from seqmodels.core.encoder import Spec
from seqmodels.core.registry import LAYERS, RegistryError
from seqmodels.nn import numpy_ops, tracing
from seqmodels.nn.keras_network import weights_of
from seqmodels.nn.layers import Both, Last, Lstm, Max, Mean
from seqmodels.nn.lstm import LSTM
from seqmodels.testing import check_layer

RNG = np.random.default_rng(0)
NUMBERS = Spec(channels=3, continues=(2, 2, 0, 0))
WORDS = Spec(vocabulary=20)
MODELS = sorted(path.parent for path in Path(__file__).parent.glob("golden/*/*/model"))
# Sums of hundreds of terms, and a slope of 20, enlarge the rounding of float32.
ROUNDING = {"random_convolutions": 1e-5}
MORE = {
    "segments": [
        {"length": 3, "stride": 1, "scales": 3},
        {"length": 2, "stride": 1, "max_segments": 3, "scales": 2},
    ],
    "channel_independent": [{"channels": (2, 0)}],
    "channels_together": [{"channels": 2}],
    "lstm": [{"bidirectional": True, "memory": 20}],
    "last": [{"bidirectional": True}],
    "projection": [{"positive": True}],
    "ngrams": [{"longest": 4, "outputs": 3}],
    "linear_lags": [{"lags": 3, "outputs": 2}],
}
LAYER_CASES = [
    pytest.param(name, given, id=f"{name}{i or ''}")
    for name in LAYERS
    for i, given in enumerate([{}, *MORE.get(name, [])])
]


@pytest.mark.parametrize(("name", "given"), LAYER_CASES)
def test_a_built_in_layer_keeps_the_promises_of_a_layer(name, given):
    check_layer(LAYERS.get(name)(**given), tolerance=ROUNDING.get(name, 1e-6))


@dataclass(frozen=True, kw_only=True)
class Wrong(sm.Layer):
    place: ClassVar = "summary"

    def forward(self, ops, weights, x, lengths):
        return ops.mean(x, axis=1)


def test_a_layer_that_reads_padding_is_found(monkeypatch):
    monkeypatch.setitem(LAYERS._parts, "wrong", Wrong)
    with pytest.raises(AssertionError, match="padding"):
        check_layer(Wrong())


def numpy_weights(network: Any) -> dict[str, np.ndarray]:
    return {name: tracing.array_of(weight) for name, weight in weights_of(network).items()}


@pytest.mark.parametrize("place", MODELS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_numpy_alone_answers_as_the_saved_model_did(place):
    model = sm.load(place / "model")
    inputs, expected = (
        json.loads((place / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("inputs", "answers")
    )
    sequences = model.encoder.encode(inputs)
    x, lengths = batches.padded(sequences, np.arange(len(sequences)))
    network = model.backbone.network(model.encoder.spec, model.head.units)
    outputs = network.answer(numpy_weights(model.network), x, lengths)
    np.testing.assert_allclose(outputs, expected["outputs"], atol=1e-5)


SUMMARIES = ("last", "max", "mean", "both")
COMBINED = [  # every two options that go together, in one of these
    (NUMBERS, {"summary": SUMMARIES[i % 4], "bidirectional": i % 2 == 0, **given})
    for i, given in enumerate(
        [
            {
                "skip": True,
                "subtract_last": True,
                "linear_lags": 3,
                "segment_length": 2,
                "embed": 4,
                "input_views": True,
            },
            {
                "skip": True,
                "ensemble_size": 2,
                "layers": 2,
                "chrono_init": 9,
                "input_views": True,
                "linear_lags": 2,
            },
            {
                "random_convolutions": 7,
                "input_views": True,
                "segment_length": 3,
                "segment_stride": 1,
                "segment_scales": 2,
                "subtract_last": True,
            },
            {
                "random_convolutions": 7,
                "linear_lags": 4,
                "ensemble_size": 2,
                "max_segments": 3,
                "segment_length": 2,
                "embed": 3,
            },
            {
                "channel_independent": True,
                "subtract_last": True,
                "linear_lags": 4,
                "segment_length": 3,
                "segment_stride": 2,
                "embed": 4,
            },
            {
                "channel_independent": True,
                "ensemble_size": 2,
                "skip": True,
                "layers": 2,
                "max_segments": 4,
                "segment_length": 2,
            },
        ]
    )
] + [
    (WORDS, {"summary": SUMMARIES[i % 4], "bidirectional": i % 2 == 1, **given})
    for i, given in enumerate(
        [
            {"word_dropout": 0.2, "ngrams": 3, "ngram_buckets": 30},
            {"layers": 2, "embed": 5, "word_vectors": 2, "ngrams": 1},
            {"word_dropout": 0.2, "chrono_init": 12, "layers": 2},
            {"embed": 3, "ngrams": 2, "ngram_buckets": 9, "word_vectors": 2, "word_dropout": 0.1},
        ]
    )
]


def batch(spec: Spec) -> tuple[np.ndarray, np.ndarray]:
    lengths = np.array([11, 1, 4, 8], np.int32)
    if spec.vocabulary:
        return RNG.integers(0, spec.vocabulary, (4, 11)).astype(np.int32), lengths
    return RNG.normal(size=(4, 11, 3)).astype(np.float32), lengths


@pytest.mark.parametrize("case", range(len(COMBINED)))
def test_numpy_and_keras_agree_whatever_the_options(case):
    spec, sizes = COMBINED[case]
    backbone = sm.Backbone(units=5, **sizes)
    model = backbone.build(spec, 4, seed=case)
    for weight in model.trainable_weights:
        weight.assign(RNG.normal(size=weight.shape) / 3)
    x, lengths = batch(spec)
    right = np.asarray(model({"x": x, "lengths": lengths}))
    found = backbone.network(spec, 4).answer(numpy_weights(model), x, lengths)
    np.testing.assert_allclose(found, right, rtol=0, atol=1e-6 * max(1, np.abs(right).max()))


def test_answering_with_numpy_imports_no_tensorflow():
    code = (
        "import sys, numpy as np, seqmodels as sm\n"
        "network = sm.Backbone(units=3).network(sm.Spec(channels=2), 1)\n"
        "weights = {name: np.zeros(w.shape) for name, w in network.weights()}\n"
        "y = network.answer(weights, np.ones((2, 4, 2)), np.array([4, 2]))\n"
        "print(y.shape, [m for m in ('keras', 'tensorflow', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[0] == "(2, 1) []"


@pytest.mark.parametrize("two_ways", [False, True])
@pytest.mark.parametrize("kind", [Last, Max, Mean, Both])
def test_an_engine_summarises_as_the_formula_does(kind, two_ways):
    x, lengths = batch(NUMBERS)
    fast = LSTM(4, bidirectional=two_ways, states=kind.states)
    every = LSTM(4, bidirectional=two_ways, states=())
    fast(x, lengths), every(x, lengths)
    every.set_weights(fast.get_weights())
    layer = kind(bidirectional=two_ways) if kind is Last else kind()
    steps = np.asarray(every(x, lengths))
    found = layer.forward(numpy_ops, {}, steps, lengths)
    np.testing.assert_allclose(found, np.asarray(fast(x, lengths)), atol=1e-6)


def test_an_lstm_goes_on_from_the_state_that_it_returned():
    x, lengths = batch(NUMBERS)
    x, lengths = np.concatenate([x, x], axis=1), np.full(4, 22, np.int32)
    half = np.full(4, 11, np.int32)
    layer = LSTM(4, states=())
    whole = np.asarray(layer(x, lengths))
    first, states = layer(x[:, :11], half, return_state=True)
    second, _ = layer(x[:, 11:], half, initial=states, return_state=True)
    np.testing.assert_allclose(np.concatenate([first, second], axis=1), whole, atol=1e-6)
    weights = {f"forward/{w.name}": np.asarray(w.value.numpy()) for w in layer.weights}
    _, kept = Lstm(units=4).read(numpy_ops, weights, x[:, :11], half)
    found, _ = Lstm(units=4).read(numpy_ops, weights, x[:, 11:], half, initial=kept)
    np.testing.assert_allclose(found, whole[:, 11:], atol=1e-6)


# Every step


@pytest.mark.parametrize(
    ("spec", "sizes"),
    [
        (WORDS, {"bidirectional": True, "word_dropout": 0.2}),
        (NUMBERS, {"segment_length": 2, "embed": 4}),
    ],
)
def test_a_network_for_steps_returns_them_all_and_how_many_there_are(spec, sizes):
    backbone = sm.Backbone(units=4, **sizes)
    model = backbone.build(spec, 2, reads="whole")
    x, lengths = batch(spec)
    outputs, counts = (np.asarray(one) for one in model({"x": x, "lengths": lengths}))
    expected = [6, 1, 2, 4] if backbone.segment_length else lengths.tolist()
    assert counts.tolist() == expected
    assert outputs.shape == (4, max(expected), 2)
    found, also = backbone.network(spec, 2, "whole").answer(numpy_weights(model), x, lengths)
    assert also.tolist() == expected
    for i, count in enumerate(expected):
        np.testing.assert_allclose(found[i, :count], outputs[i, :count], atol=1e-6)
        alone = {"x": x[i : i + 1, : lengths[i]], "lengths": lengths[i : i + 1]}
        np.testing.assert_allclose(np.asarray(model(alone)[0])[0], outputs[i, :count], atol=1e-6)


@pytest.mark.parametrize(
    ("reads", "spec", "sizes", "named"),
    [
        ("steps", NUMBERS, {"skip": True}, "skip"),
        ("steps", NUMBERS, {"channel_independent": True}, "channel_independent"),
        ("steps", NUMBERS, {"random_convolutions": 6, "linear_lags": 2}, "linear_lags"),
        ("whole", NUMBERS, {"ensemble_size": 2}, "ensemble_size"),
        ("next", WORDS, {"bidirectional": True}, "bidirectional"),
        ("next", WORDS, {"ngrams": 2}, "ngrams"),
    ],
)
def test_what_reads_whole_sequences_is_refused_for_steps(reads, spec, sizes, named):
    with pytest.raises(sm.InputError, match=f"Backbone\\({named}="):
        sm.Backbone(**sizes).build(spec, 4, reads=reads)


# A layer of one's own


def test_a_summary_that_is_not_registered_is_refused_with_what_to_do():
    for name in ("attention_of_nobody", "segments"):
        with pytest.raises(sm.InputError, match=f"(?s)--import MODULE.*{name}"):
            sm.train("digits", settings={"backbone.summary": name})


def test_a_name_that_is_taken_is_refused():
    with pytest.raises(RegistryError, match="layer 'max'"):
        sm.register_layer("max")(Wrong)


def test_a_layer_of_ones_own_trains_loads_and_predicts_from_the_command_line(tmp_path):
    examples = Path(__file__).parents[1] / "examples"
    (tmp_path / "attention_pooling.py").write_text((examples / "attention_pooling.py").read_text())

    def command(*arguments: str, given: str | None = None) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "seqmodels", *arguments],
            cwd=tmp_path, capture_output=True, text=True, input=given,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    own = ["--import", "attention_pooling"]
    asked = ["--set", "backbone.summary=attention", "--set", "dataset.n=300", "--epochs", "1"]
    command("train", "temporal_order", *own, *asked, "--out", "run", "--quiet")
    record = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert record["backbone"]["summary"] == "attention"
    assert "summary/context" in np.load(tmp_path / "run" / "model" / "weights.npz").files
    command("evaluate", "run", *own)
    with pytest.raises(AssertionError, match="attention"):
        command("evaluate", "run")
