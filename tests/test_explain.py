"""Contributions of steps to an output, and inputs drawn with them."""

import numpy as np
import pytest

import seqmodels as sm
from seqmodels.encoders import SeriesEncoder, SpeechEncoder, StrokeEncoder, TextEncoder
from seqmodels.heads import Binary, Regression
from seqmodels.model.explain import Explained, Explainer
from seqmodels.model.sequence_model import SequenceModel
from seqmodels.nn.backbone import Backbone
from seqmodels.plots import charts
from seqmodels.report import run_report
from seqmodels.report.worst import shown


@pytest.mark.parametrize("engine", ["native", "fused", "keras"])
def test_contributions_of_words_make_up_the_difference(engine, monkeypatch):
    monkeypatch.setenv("SEQMODELS_LSTM", engine)
    texts = ["a good film with a dull end", "bad"]
    encoder = TextEncoder(words=20).fit(texts)
    try:
        model = SequenceModel(encoder, Backbone(units=6, embed=5), Binary().fit(["x", "y"]), seed=1)
    except sm.InputError as error:
        pytest.skip(str(error))
    spread(model)
    rows = encoder.encode([*texts, "a good film with a"])
    found = Explainer(model).explain(rows[0], np.ones(1))
    assert found.gap < 0.02
    assert found.parts.shape == (7,)
    assert np.abs(found.parts).max() > 1e-3
    answer = model.answer(rows.take([0])).scores
    assert answer is not None
    assert 1 / (1 + np.exp(-found.output)) == pytest.approx(answer[0, 1], abs=1e-5)


@pytest.mark.parametrize("text", ["good not bad not good", "good", "not bad"])
def test_ngrams_that_speak_beside_the_lstm_are_explained_with_it(text):
    encoder = TextEncoder().fit(["not good", "good not bad", "bad"])
    head = Binary().fit(["a", "b"])
    model = SequenceModel(
        encoder, Backbone(units=4, ngrams=3, ngram_buckets=50, word_dropout=0.3), head
    )
    rng = np.random.default_rng(0)
    for weight in model.network.weights:
        if weight.dtype == "float32":
            weight.assign(rng.normal(size=weight.shape) / 2)
    ids = encoder.encode([text])[0]
    found = Explainer(model).explain(ids, np.ones(1))
    x = {"x": ids[None].astype(np.int32), "lengths": np.int32([len(ids)])}
    assert found.output == pytest.approx(np.asarray(model.network(x))[0, 0], rel=1e-4)
    x["x"] *= 0
    assert found.baseline == pytest.approx(np.asarray(model.network(x))[0, 0], rel=1e-4)
    assert found.gap < 0.01


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("sizes", [{"skip": True}, {"embed": 4, "bidirectional": True}])
def test_contributions_of_steps_make_up_the_difference(layers, sizes):
    rng = np.random.default_rng(0)
    windows = [rng.normal(size=(9, 3)) for _ in range(4)]
    encoder = SeriesEncoder(continues=(0,)).fit(windows)
    head = Regression().fit([1.0, 2.0, 4.0, 5.0])
    model = SequenceModel(encoder, Backbone(units=6, layers=layers, **sizes), head, seed=2)
    spread(model)
    found = Explainer(model).explain(encoder.encode(windows)[1], np.ones(1))
    assert found.gap < 0.02
    assert found.parts.sum() == pytest.approx(found.output - found.baseline, abs=0.02)


def test_a_step_that_says_nothing_contributes_nothing():
    encoder = SeriesEncoder(mean=(0.0,), std=(1.0,))
    head = Binary().fit(["a", "b"])
    model = SequenceModel(encoder, Backbone(units=4), head)
    found = Explainer(model).explain(np.array([[0.0], [2.0], [0.0]], np.float32), np.ones(1))
    assert found.parts[[0, 2]].tolist() == [0, 0]
    assert found.parts[1] != 0


def spread(model: SequenceModel) -> None:
    """Give an untrained model answers that differ."""
    rng = np.random.default_rng(7)
    for weight in model.network.weights:
        if "embedding" in weight.path or "outputs" in weight.path:
            weight.assign(rng.normal(size=weight.shape))


def test_a_text_is_shown_as_it_was_with_what_each_word_contributed():
    encoder = TextEncoder(length=3, keep="end").fit(["not at all, GOOD film"])
    pieces = encoder.draw("Not at all, GOOD film!", np.array([0.1, -0.4, 0.2]))
    assert "".join(piece for piece, _ in pieces) == "Not at all, GOOD film!"
    assert [piece for piece in pieces if piece[1] is not None] == [
        ("all", 0.25), ("GOOD", -1.0), ("film", 0.5),
    ]  # fmt: skip
    assert encoder.draw("Caf\u0065\u0301 au lait", np.array([1.0, 2.0, 3.0]))


def test_every_encoder_of_numbers_draws_its_inputs():
    rng = np.random.default_rng(0)
    window = rng.normal(size=(8, 2))
    drawing = np.c_[rng.normal(size=(8, 2)), [0, 0, 1, 0, 0, 0, 0, 1]]
    parts = rng.normal(size=8)
    forecast = {"truth": np.array([1.0]), "answer": np.array([2.0])}
    series = SeriesEncoder(columns=("heat", "wind"), continues=(1,)).fit([window])
    figure = series.draw(window, parts, forecast)
    assert [axes.get_ylabel() for axes in figure.axes] == ["wind", "heat", "contribution"]
    assert {row["contribution"] for row in charts.numbers(figure)} == set(parts)
    assert len(charts.numbers(StrokeEncoder().draw(drawing, parts))) == 8
    sound = (rng.normal(size=1600), 16_000)
    speech = SpeechEncoder().fit([sound])
    frames = int(speech.encode([sound]).lengths[0])
    assert len(charts.numbers(speech.draw(sound, np.ones(frames)))) == frames


def test_parts_that_do_not_make_up_the_difference_are_not_shown(monkeypatch):
    assert Explained(np.array([1.0, 0.97]), 2.0, 0.0).whole
    assert not Explained(np.array([1.0, 0.8]), 2.0, 0.0).whole
    texts = ["a good film", "a dull end"]
    encoder = TextEncoder(words=20).fit(texts)
    head = Binary().fit(["x", "y"])
    model = SequenceModel(encoder, Backbone(units=4, embed=3), head)
    spread(model)
    rows = encoder.encode(texts)
    tested = run_report.Tested(head, ["x", "y"], model.answer(rows), texts, rows, model)
    found = tested.answers()
    assert found is not None
    assert all(len(one.words) > 1 for row in shown(tested, found).values() for one in row)
    monkeypatch.setattr("seqmodels.model.explain.LARGEST_GAP", -1.0)
    for one in (one for row in shown(tested, found).values() for one in row):
        assert len(one.words) == 1
        assert "no contributions are shown" in one.note


def test_points_gather_where_the_output_jumps():
    texts = ["a good film", "a dull end"]
    encoder = TextEncoder(words=20).fit(texts)
    model = SequenceModel(encoder, Backbone(units=4, embed=3), Binary().fit(["x", "y"]))
    spread(model)
    explainer = Explainer(model, points=8)
    seen = []

    def slopes(x, lengths, unit):
        """A step of height 2 at 0.7 of the way."""
        way = (1 + np.tanh(200 * (np.linalg.norm(x - start, axis=(1, 2)) / wide - 0.7))) / 2
        seen.extend(way)
        return (800 * way * (1 - way))[:, None, None] * (end - start) / wide**2, 2 * way

    end, start = explainer._vectors(np.asarray(encoder.encode(texts)[0]))
    wide = np.linalg.norm(end - start)
    explainer._slopes = slopes
    found = explainer.explain(np.asarray(encoder.encode(texts)[0]), np.ones(1))
    assert found.parts.sum() == pytest.approx(2, abs=0.1)
    assert len(seen) < 600


def test_a_picture_has_a_caption_and_the_note_on_its_contributions():
    rng = np.random.default_rng(0)
    windows = [rng.normal(size=(6, 5)) for _ in range(4)]
    encoder = SeriesEncoder().fit(windows)
    head = Binary().fit(["x", "y"])
    model = SequenceModel(encoder, Backbone(units=4), head, seed=1)
    spread(model)
    rows = encoder.encode(windows)
    tested = run_report.Tested(head, ["x", "y"] * 2, model.answer(rows), windows, rows, model)
    found = tested.answers()
    assert found is not None
    ones = [one for row in shown(tested, found).values() for one in row]
    assert ones
    for one in ones:
        assert f"for {head.classes[-1]!r} is " in one.note  # type: ignore[index]
        assert one.picture is not None
        what = "Mistake" if one.truth != one.answer.split()[0] else "Correct answer"
        assert one.picture.name.startswith(f"{what} {one.row}: truth {one.truth}, answer ")


def test_a_window_of_many_channels_is_an_image_and_of_a_forecast_the_rest_is_counted():
    window = np.arange(40.0).reshape(8, 5)
    figure = SeriesEncoder().fit([window]).draw(window, np.ones(8))
    assert np.shape(figure.axes[0].images[0].get_array()) == (5, 8)
    after = {"truth": np.array([1.0]), "answer": np.array([2.0])}
    figure = SeriesEncoder(continues=(1,)).fit([window]).draw(window, None, after)
    assert len(figure.axes) == 3
    assert figure.axes[-1].get_xlabel() == "step read; 2 more channels not drawn"
