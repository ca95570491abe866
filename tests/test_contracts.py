"""Every registered part keeps the promises in `seqmodels.testing`: the registry is walked."""

import numpy as np
import pytest

from seqmodels import Backbone, SequenceModel, testing
from seqmodels.core.registry import DATASETS, ENCODERS, HEADS
from seqmodels.encoders import SeriesEncoder, SpeechEncoder, StrokeEncoder, TextEncoder
from seqmodels.training.settings import resolve

RNG = np.random.default_rng(0)
LENGTHS = (3, 1, 9, 4, 17, 2)

ENCODER = {
    "text": TextEncoder(words=30, length=None),
    "series": SeriesEncoder(),
    "strokes": StrokeEncoder(),
    "speech": SpeechEncoder(rate=8000, bands=6),
}
INPUTS = {
    "text": [" ".join(RNG.choice(list("abcdefg"), n)) for n in LENGTHS],
    "series": [RNG.normal(size=(n, 2)) for n in LENGTHS],
    "strokes": [RNG.normal(size=(n, 2)) for n in LENGTHS],
    "speech": [(RNG.uniform(-1, 1, 200 + 80 * n), 8000) for n in LENGTHS],
}
TARGETS = {
    "binary": ["no", "yes", "yes", "no", "no", "yes"],
    "multiclass": ["a", "b", "c", "a", "d", "b"],
    "regression": [1.5, 2.5, -3.0, 0.0, 9.0, 4.0],
}
BACKBONES = {
    "one layer": Backbone(units=8),
    "two layers, both ends, projected": Backbone(units=4, layers=2, bidirectional=True, embed=5),
    "last state": Backbone(units=8, summary="last"),
    "last state, both ends": Backbone(units=8, summary="last", bidirectional=True),
    "mean": Backbone(units=8, summary="mean"),
    "maximum": Backbone(units=8, summary="max"),
}
OFFLINE = ("adding", "digits", "reber", "temporal_order")


def test_the_tables_here_hold_every_built_in_part():
    built_in = {n for n in ENCODERS if ENCODERS.get(n).__module__.startswith("seqmodels.")}
    assert set(ENCODER) == set(INPUTS) == built_in
    built_in = {n for n in HEADS if HEADS.get(n).__module__.startswith("seqmodels.")}
    assert set(TARGETS) == built_in


def build(encoder: str, head: str, backbone: Backbone) -> SequenceModel:
    fitted = HEADS.get(head)().fit(TARGETS[head])
    return SequenceModel(ENCODER[encoder].fit(INPUTS[encoder]), backbone, fitted, seed=1)


@pytest.mark.parametrize("encoder", INPUTS)
@pytest.mark.parametrize("head", TARGETS)
def test_padding_does_not_change_an_answer(encoder, head):
    testing.assert_padding_invariant(build(encoder, head, Backbone(units=8)), INPUTS[encoder])


@pytest.mark.parametrize("backbone", BACKBONES.values(), ids=BACKBONES)
@pytest.mark.parametrize("encoder", ["text", "series"])
def test_padding_does_not_change_an_answer_whatever_the_backbone(backbone, encoder):
    testing.assert_padding_invariant(build(encoder, "multiclass", backbone), INPUTS[encoder])


def test_padding_does_not_change_an_answer_about_shapes():
    sizes = Backbone(
        units=8,
        segment_length=4,
        segment_scales=3,
        embed=5,
        input_views=True,
        random_convolutions=12,
        ensemble_size=2,
    )
    testing.assert_padding_invariant(build("series", "multiclass", sizes), INPUTS["series"])


def test_padding_does_not_change_an_answer_that_skips_the_lstm():
    model = build("series", "regression", Backbone(units=8, skip=True))
    testing.assert_padding_invariant(model, INPUTS["series"])


def test_the_padding_check_can_fail(monkeypatch):
    from seqmodels.nn.layers import Skip

    def reads_padding(self, ops, weights, x, lengths):
        return x[:, -1]

    monkeypatch.setattr(Skip, "forward", reads_padding)
    model = build("series", "regression", Backbone(units=8, skip=True))
    with pytest.raises(AssertionError, match="alone"):
        testing.assert_padding_invariant(model, INPUTS["series"])


@pytest.mark.parametrize("name", INPUTS)
def test_encoder(name):
    testing.check_encoder(ENCODER[name], INPUTS[name])


def longer(x, lengths, rng):
    return x, lengths + 1


def beyond(x, lengths, rng):
    return x, np.maximum(1, lengths - 1)  # what was the last step is still there


def as_it_likes(x, lengths, rng):
    return x * RNG.random(dtype=np.float32), lengths


def without_steps(x, lengths, rng):
    return x[:, :0], lengths * 0


def wide(x, lengths, rng):
    return x.astype(float), lengths


@pytest.mark.parametrize("vary", [longer, beyond, as_it_likes, without_steps, wide])
def test_an_encoder_that_varies_a_batch_into_none_is_found(vary, monkeypatch):
    monkeypatch.setattr(SeriesEncoder, "vary", staticmethod(vary))
    with pytest.raises(AssertionError):
        testing.check_encoder(ENCODER["series"], INPUTS["series"])


@pytest.mark.parametrize("name", TARGETS)
def test_head(name):
    testing.check_head(HEADS.get(name)(), TARGETS[name])


@pytest.mark.parametrize("name", OFFLINE)
def test_offline_dataset(name):
    check(name)


@pytest.mark.parametrize("source", ["pendigits", "mnist-strokes"])
def test_handwriting(source, shared_data, monkeypatch):
    monkeypatch.setenv("SEQMODELS_DATA", str(shared_data))
    check("handwriting", {"dataset.source": source})


def test_imdb(shared_data, monkeypatch):
    monkeypatch.setenv("SEQMODELS_DATA", str(shared_data))
    check("imdb")


@pytest.mark.parametrize(
    "preset", [name for name, of in DATASETS.get("series").presets.items() if "dataset.file" in of]
)
def test_series(preset, shared_data, monkeypatch):
    monkeypatch.setenv("SEQMODELS_DATA", str(shared_data))
    plan = resolve("series", preset=preset)
    head = HEADS.dump(plan.head)["name"]
    bins = {"bins": plan.head.bins} if head == "multiclass" else {}
    testing.check_dataset(plan.make(), {head: (plan.target, bins)})


def check(name: str, settings: dict | None = None) -> None:
    dataset = resolve(name, settings=settings).make()
    tasks = DATASETS.get(name).tasks
    assert len(tasks) == 3, "every built-in dataset runs under all three heads"
    testing.check_dataset(dataset, {head: (t.target, dict(t.head)) for head, t in tasks.items()})
