"""Words and n-grams beside the LSTM: which there are, and how loud each of them is."""

import numpy as np
import pytest
from made_runs import Quiet

from seqmodels import SequenceModel
from seqmodels.encoders import TextEncoder
from seqmodels.heads import Binary, Multiclass, Regression
from seqmodels.nn import numpy_ops
from seqmodels.nn.backbone import Backbone
from seqmodels.nn.keras_layer import KerasLayer
from seqmodels.nn.layers.ngrams import LOUD, SILENT, Ngrams
from seqmodels.training import loop
from seqmodels.training.adapting import adapt, pulls
from seqmodels.training.config import Training

RNG = np.random.default_rng(0)


def layer(longest=3, **more):
    kind = Ngrams(vocabulary=20, outputs=2, longest=longest, buckets=10_000, **more)
    made = KerasLayer(kind, 0, seed=0, name="ngrams")
    made.by_name["table"].assign(RNG.normal(size=(10_020, 2)))
    return made


def test_the_same_words_in_the_same_order_are_the_same_ngram_wherever_they_stand():
    places = layer().layer.places(
        numpy_ops, np.int32([[5, 6, 7, 9, 5, 6, 7], [6, 5, 7, 9, 7, 6, 5]])
    )
    words, pairs, threes = np.split(places, [7, 13], axis=1)
    assert words.tolist() == [[5, 6, 7, 9, 5, 6, 7], [6, 5, 7, 9, 7, 6, 5]]
    assert pairs[0, 0] == pairs[0, 4]
    assert pairs[0, 1] == pairs[0, 5]
    assert threes[0, 0] == threes[0, 4]
    assert pairs[0, 0] != pairs[1, 0], "order counts"
    assert len(set(threes.ravel())) == 9, "all others differ"
    assert places[:, 7:].min() >= 20


def test_a_row_says_the_sum_of_its_words_and_ngrams_over_the_root_of_their_number():
    made = layer()
    x, lengths = np.int32([[3, 4, 5, 1, 1], [7, 1, 1, 1, 1]]), np.int32([3, 1])
    said = np.asarray(made(x, lengths))
    for row, length in enumerate(lengths):
        parts = made.layer.contributions(made.values(), x[row, :length])
        assert len(parts) == {3: 6, 1: 1}[length], "words, pairs and threes"
        np.testing.assert_allclose(said[row], parts.sum(axis=0), rtol=1e-5)
    np.testing.assert_allclose(said[1], made.values()["table"][7] * LOUD, rtol=1e-6)


def test_words_are_left_out_in_training_alone():
    made = layer(dropout=0.5)
    x, lengths = np.full((300, 1), 4, np.int32), np.full(300, 1, np.int32)
    still = np.asarray(made(x, lengths, training=False))
    drawn = np.asarray(made(x, lengths, training=True))
    assert np.ptp(still, axis=0).max() == 0
    assert set(np.round(drawn[:, 0] / still[0, 0], 4)) == {0, 2}


@pytest.mark.parametrize(
    ("head", "targets"),
    [
        (Binary(), ["yes"] * 30 + ["no"] * 30),
        (Multiclass(), ["a"] * 20 + ["b"] * 20 + ["c"] * 20),
        (Regression(), [*np.linspace(5, 6, 30), *np.linspace(0, 1, 30)]),
    ],
)
def test_a_word_is_as_loud_as_the_targets_of_those_who_have_it_lean(head, targets):
    lean = ["up"] * 30 + ["down"] * 30
    texts = [f"the {word} {'even' if i % 2 else 'odd'}" for i, word in enumerate(lean)]
    texts[0] += " once"
    encoder, head = TextEncoder().fit(texts), head.fit(targets)
    model = SequenceModel(encoder, Backbone(units=2, ngrams=2, ngram_buckets=5000), head)
    rows, y = encoder.encode(texts), head.encode(targets)
    np.testing.assert_allclose(pulls(head, y).mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(pulls(head, y).std(axis=0), 1, rtol=1e-5)
    adapt(model.network, head, rows, y)
    scale = model.network.get_layer("ngrams").values()["scale"].max(axis=1)
    loud = {word: scale[encoder._index[word]] for word in encoder.vocabulary}
    assert loud["up"] > 10 * max(loud["the"], loud["even"], loud["odd"], loud["once"])
    assert loud["once"] > 0, "seen once, and so of little weight"


def test_how_loud_a_word_is_does_not_hang_on_how_often_a_row_has_it():
    rows = [TextEncoder().fit(["a b"]).encode(texts) for texts in (["a b"] * 9, ["a a a b"] * 9)]
    found = []
    for sequences in rows:
        made = Ngrams(vocabulary=3, outputs=1, longest=1, buckets=10)
        new = made.adapt({"scale": np.ones((13, 1))}, sequences, np.ones((9, 1)), None, 0)
        found.append(new["scale"][:3, 0].tolist())
    assert found[0] == found[1]
    assert found[0] == pytest.approx([0, (9 / (9 + SILENT)) ** 2, (9 / (9 + SILENT)) ** 2])


TEXTS, TARGETS = ["good film", "bad film", "good", "bad"] * 8, ["+", "-", "+", "-"] * 8


def trained(epochs, folder=None):
    encoder, head = TextEncoder().fit(TEXTS), Binary().fit(TARGETS)
    sizes = Backbone(units=2, ngrams=2, ngram_buckets=50, word_dropout=0.3)
    model = SequenceModel(encoder, sizes, head)
    part = loop.Part(encoder.encode(TEXTS), head.encode(TARGETS))
    settings = Training(epochs=epochs, batch_size=8, average=1, patience=0)
    loop.fit(
        model.network, head, part, part, settings, seed=0, folder=folder, watch=Quiet()
    )  # fmt: skip
    return model


def test_what_was_learned_before_the_first_step_is_saved(tmp_path):
    model = trained(2)
    scale = model.network.get_layer("ngrams").values()["scale"]
    index = model.encoder._index
    assert scale[index["good"]] > scale[index["film"]]
    model.save(tmp_path / "m")
    again = SequenceModel.load(tmp_path / "m")
    np.testing.assert_array_equal(again.network.get_layer("ngrams").values()["scale"], scale)
    np.testing.assert_array_equal(again.predict(TEXTS).scores, model.predict(TEXTS).scores)


def test_a_training_that_goes_on_ends_as_one_without_a_break(tmp_path):
    trained(1, tmp_path)
    parted, whole = trained(3, tmp_path), trained(3)
    for one, other in zip(parted.network.weights, whole.network.weights, strict=True):
        np.testing.assert_array_equal(np.asarray(one), np.asarray(other), err_msg=one.path)
