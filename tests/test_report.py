"""What a run says of itself: the page it leaves, and the same story in the terminal."""

import base64
import csv
import dataclasses
import html
import io
import itertools
import json
import re
import shutil
import subprocess
import sys
from importlib.resources import files

import numpy as np
import pytest
from rich.console import Console
from test_run import QUICK, dataset

import seqmodels as sm
from seqmodels.cli.terminal.reported import bars
from seqmodels.cli.terminal.scores import print_scores
from seqmodels.encoders import SeriesEncoder, SpeechEncoder, StrokeEncoder, TextEncoder
from seqmodels.evaluation.scores import Evaluation, Gain
from seqmodels.heads import Binary, Multiclass, Regression
from seqmodels.heads.base import Prediction
from seqmodels.model.explain import Explained, Explainer
from seqmodels.model.sequence_model import SequenceModel
from seqmodels.nn.backbone import Backbone
from seqmodels.plots import charts
from seqmodels.report import pages, run_report
from seqmodels.report.answers import Answers, ordered, wilson
from seqmodels.report.story import Story, _narrow
from seqmodels.report.worst import shown
from seqmodels.runs.rendered import Opened

HOSTILE = "</div><script>alert(1)</script> $\\foo$ $x^{ $ bad"


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> sm.Run:
    data = dataset()
    data.test.inputs[:3] = [HOSTILE, "the film was " + "long" * 200, HOSTILE]  # type: ignore[index]
    return sm.train(
        data, head="binary", target="mood", settings=QUICK, quiet=True,
        out=tmp_path_factory.mktemp("runs") / "run", learning_rate=0.003,
        allow_leak="a test", 
    )  # fmt: skip


@pytest.fixture(scope="module")
def page(run) -> str:
    return (run.path / "report.html").read_text(encoding="utf-8")


def svg(drawn: pages.Drawn) -> str:
    """Return a figure of a page as text."""
    return base64.b64decode(drawn.image.removeprefix("data:image/svg+xml;base64,")).decode()


def tables(page: str) -> dict[str, list[dict[str, str]]]:
    """Return the tables of a page by the name that they are saved under."""
    found = re.findall(r'download="([^"]+)" href="data:text/csv;base64,([^"]+)"', page)
    return {
        name: list(csv.DictReader(io.StringIO(base64.b64decode(data).decode())))
        for name, data in found
    }


def test_the_page_fetches_nothing(page):
    addresses = re.findall(r'(?:href|src)="([^"]*)"|url\(([^)]*)\)', page)
    assert all(one.startswith(("data:", "#")) for pair in addresses for one in pair if one)
    assert "http" not in page
    assert "<script" not in page


def test_every_figure_has_its_numbers_as_csv(page):
    assert page.count("<figure>") == page.count("<img ") == page.count("download=") > 6
    for name, rows in tables(page).items():
        assert re.fullmatch(r"[a-z0-9-]+\.csv", name)
        assert rows
        numbers = [v for row in rows for v in row.values() if re.fullmatch(r"-?[\d.e+-]+", v)]
        assert numbers
        assert np.isfinite([float(number) for number in numbers]).all(), name


def test_the_numbers_of_a_figure_are_those_of_the_run(run, page):
    found = tables(page)
    losses = [float(row["valid"]) for row in found["learning-curve-loss.csv"]]
    assert losses == pytest.approx(run.history["valid_loss"].tolist())
    assert sum(int(row["examples"]) for row in found["confusion-matrix.csv"]) == 100
    assert sum(int(row["n"]) for row in found["reliability.csv"]) == 100
    model = found["accuracy-and-baselines.csv"][0]
    assert float(model["value"]) == pytest.approx(run.scores["accuracy"])


def test_figures_have_the_colours_of_the_page_and_a_name(page):
    for one in re.findall(r"<img .*?>", page, flags=re.S):
        assert re.match(r'<img class="drawn" alt="[^"]+" src="data:image/svg', one)
    (dark,) = re.findall(
        r"@media screen and \(prefers-color-scheme: dark\) \{\s+\.drawn (.*?\})", page
    )
    assert "invert(1)" in dark, "figures are light on a dark page"
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page


def test_what_an_input_says_is_text(page):
    assert "<script>alert" not in page
    assert "alert" in html.unescape(page)


def test_tables_name_their_rows_and_columns(page):
    assert page.count("<th ") == page.count("<th scope=") > 10
    assert "<th>" not in page
    headings = [int(level) for level in re.findall(r"<h(\d)", page)]
    assert headings[0] == 1
    assert headings.count(1) == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(headings))


def test_a_browser_shows_the_page_without_a_complaint(run, tmp_path):
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no chromium on this machine")
    done = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
         "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={tmp_path}", "--dump-dom",
         (run.path / "report.html").as_uri()],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert "CONSOLE" not in done.stderr
    assert "ERR_" not in done.stderr
    assert "By class" in done.stdout
    assert done.stdout.count("<img") > 6


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


def answers(truth: str, picks: str, sure: list[float]) -> Answers:
    head = Multiclass().fit(list("abc"))
    columns, n = head.classes or (), len(sure)
    scores = np.full((n, 3), 0.0)
    for i, (pick, p) in enumerate(zip(picks, sure, strict=True)):
        scores[i] = (1 - p) / 2
        scores[i, columns.index(pick)] = p
    prediction = Prediction(np.array(list(picks)), scores, columns)
    found = Answers.of(head, list(truth), prediction, np.arange(1, n + 1))
    assert found is not None
    return found


def test_each_class_has_its_recall_and_precision():
    a, b, c = answers("aaab", "aabb", [0.9] * 4).by_class()
    assert (a["n"], a["recall"], a["answered"], a["precision"]) == (3, 2 / 3, 2, 1)
    assert (b["n"], b["recall"], b["answered"], b["precision"]) == (1, 1, 2, 0.5)
    assert (c["n"], c["recall"], c["precision"]) == (0, None, None)
    assert a["low"] < 2 / 3 < a["high"]


def test_the_worst_mistake_is_the_surest_and_right_answers_are_none():
    found = answers("aabc", "abca", [0.99, 0.6, 0.9, 0.7])
    assert found.worst(6).tolist() == [2, 3, 1]
    assert found.best(3).tolist() == [0]


def test_calibration_is_the_distance_between_said_and_came():
    rows, error, of = answers("aaab", "aaaa", [0.95] * 4).calibration()
    assert [row["n"] for row in rows] == [4]
    assert (rows[0]["came"], rows[0]["said"]) == (0.75, pytest.approx(0.95))
    assert error == pytest.approx(0.2)
    assert of == "the answer"


def test_answers_by_length_are_counted_once():
    found = answers("a" * 60, "a" * 30 + "b" * 30, [0.9] * 60)
    rows = found.by_length()
    assert sum(row["n"] for row in rows) == 60
    assert rows[0]["from"] == 1
    assert rows[-1]["to"] == 60
    assert rows[0]["score"] == 1
    assert rows[-1]["score"] == 0
    assert all(before["to"] < after["from"] for before, after in itertools.pairwise(rows))


def test_numbers_have_errors_by_length_and_a_worst():
    head = Regression().fit([1.0, 2.0, 3.0])
    truth = np.arange(20.0)
    guesses = truth + np.where(np.arange(20) == 13, 5, 0.5)
    found = Answers.of(head, truth, Prediction(guesses), np.arange(20) + 1)
    assert found is not None
    assert found.worst(1).tolist() == [13]
    assert found.by_length()[0]["score"] == pytest.approx(0.5)
    assert found.calibration()[0] == []
    assert found.by_class() == []


def test_a_share_of_all_is_not_certain():
    low, high = wilson(10, 10)
    assert (round(low, 4), round(high, 4)) == (0.7225, 1)  # Wilson's interval of 10 of 10
    assert round(wilson(5, 10)[0], 4) == 0.2366


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


def test_a_name_in_a_figure_is_no_formula_and_no_markup():
    names = ["<b>", "$\\foo{$", "#1f5fa8", "c"]
    drawn = pages.drawn(charts.confusion(np.arange(4), np.arange(4), names), "a <name>")
    assert "<b>" not in svg(drawn)
    assert "&lt;b&gt;" in svg(drawn)
    assert "$\\foo{$" in svg(drawn)
    assert ">#1f5fa8<" in svg(drawn)


def told(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "seqmodels", *arguments], capture_output=True, text=True
    )


def test_the_terminal_tells_the_same_story_in_80_columns(run):
    done = told("report", str(run.path))
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    for word in ("majority class", "valid loss", "recall", "steps read", "Worst mistakes"):
        assert word in done.stdout
    story, worst = Opened.of(run.path).story()
    assert re.sub(r"\s+", " ", story.summary) in re.sub(r"\s+", " ", done.stdout)
    assert {one["row"] for one in worst} == {
        int(row) for row in re.findall(r"Mistake, test example (\d+)",
                                       (run.path / "report.html").read_text())
    }  # fmt: skip


def test_the_story_is_json_for_other_programs(run):
    done = told("report", str(run.path), "--json")
    found = json.loads(done.stdout)
    story, worst = Opened.of(run.path).story()
    assert found == json.loads(json.dumps({**dataclasses.asdict(story), "worst": worst}))
    assert found["scores"][0]["headline"]["value"] == run.scores["accuracy"]


def test_a_lost_page_is_made_of_what_is_there(run, tmp_path):
    shutil.copytree(run.path, tmp_path / "r")
    opened = Opened.of(tmp_path / "r")
    assert opened.page(tmp_path / "same.html")
    assert (tmp_path / "same.html").read_bytes() == (run.path / "report.html").read_bytes()
    (tmp_path / "r" / "report.html").unlink()
    assert not opened.page(tmp_path / "other.html")
    other = (tmp_path / "other.html").read_text()
    assert "By class" in other
    assert "integrated gradients" not in other
    with pytest.raises(sm.InputError, match="exists"):
        opened.page(tmp_path / "other.html")


def test_curves_are_bars_between_two_levels():
    assert bars([0, 1, 0.5], 0, 1) == "▁█▅"
    assert len(bars(list(range(1000)), 0, 1000)) <= 32
    assert bars([2, 2], 2, 2) == "▁▁"


def colours() -> list[dict[str, np.ndarray]]:
    """Return the colours of pages by name, of a light scheme and of a dark one, 0 to 255."""
    style = (files("seqmodels") / "report" / "templates" / "style.html").read_text(encoding="utf-8")
    found = []
    for block in re.findall(r":root \{(.*?)\}", style, flags=re.S):
        named = {n: [int(v[i : i + 2], 16) for i in (0, 2, 4)]
                 for n, v in re.findall(r"--(\w+): #(\w{6})", block)}  # fmt: skip
        named |= {n: list(map(int, v.split())) for n, v in re.findall(r"--(\w+): ([\d ]+);", block)}
        found.append({name: np.array(value, float) for name, value in named.items()})
    return found


def contrast(one: np.ndarray, other: np.ndarray) -> float:
    """Return the contrast of two colours as WCAG 2.2 defines it, from 1 to 21."""
    light = []
    for colour in (one, other):
        c = colour / 255
        linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
        light.append(float(linear @ [0.2126, 0.7152, 0.0722]) + 0.05)
    return max(light) / min(light)


def test_text_and_figures_have_the_contrast_of_level_aa():
    assert contrast(np.zeros(3), np.full(3, 255.0)) == pytest.approx(21)
    schemes = colours()
    assert len(schemes) == 2
    for named in schemes:
        paper = named["paper"]
        for name in ("ink", "soft", "mark", "other", "third", "fail", "warn", "pass"):
            assert contrast(named[name], paper) >= 4.5, name
        assert contrast(named["grey"], paper) >= 3  # lines only
        template = (files("seqmodels") / "report" / "templates" / "report.html").read_text(
            encoding="utf-8"
        )
        (alpha,) = set(map(float, re.findall(r"format\(-?([\d.]+) \* part", template)))
        for under, share in (("for", alpha), ("against", alpha), ("mark", charts.DARK)):
            behind = share * named[under] + (1 - share) * paper
            assert contrast(named["ink"], behind) >= 4.5, under


def test_the_terminal_shows_the_saved_intervals_and_lifts(run):
    text = told("report", str(run.path)).stdout
    saved = json.loads((run.path / "scores.json").read_text())
    assert saved["lifts"]
    for name, lift in saved["lifts"].items():
        (line,) = (line for line in text.splitlines() if line.strip().startswith(name))
        assert f"{lift['low']:.3g} to {lift['high']:.3g}" in line
    low, high = saved["intervals"]["model"]["accuracy"]
    (line,) = (line for line in text.splitlines() if line.strip().startswith("model "))
    assert f"{low:.3g} to {high:.3g}" in line
    assert f"bootstrap over {saved['resampled']}" in text


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


def test_labels_of_figures_are_not_cut():
    figure, axes = charts.canvas(3, 3)
    axes.set_yticks([0.025, 0.175], ["0.025", "0.175"])
    drawn = svg(pages.drawn(figure, "x"))
    assert ">0.025<" in drawn
    assert ">0.175<" in drawn


def test_a_model_that_is_worse_is_behind():
    row = {"headline": {"value": 0.7, "low": None, "high": None}}
    gain = {"difference": -0.1, "low": -0.15, "high": -0.05}
    text = run_report.sentence(row, {**row, "name": "x", "gain": gain}, "accuracy", 10)
    assert "behind by 0.1 (0.05 to 0.15)" in text


def test_intervals_that_are_too_narrow_say_so():
    assert _narrow("examples") == _narrow("") == ""
    assert "blocks of 12 windows" in _narrow("blocks of 12 windows")
    assert "too narrow" in _narrow("speakers")


def test_classes_are_in_one_order_numbers_by_size_and_names_by_count():
    assert ordered(["10", "9", "-1"], [5, 1, 3]) == [2, 1, 0]
    assert ordered(["b", "a", "10"], [2, 7, 2]) == [1, 0, 2]
    assert [row["class"] for row in answers("bbca", "abca", [0.9] * 4).by_class()] == [*"bac"]


def test_a_narrow_terminal_keeps_names_whole_and_sets_limits_below(capsys):
    one = {"value": 0.97, "low": 0.9456, "high": 0.9871}
    gain = {"difference": 0.1, "low": -0.1234, "high": 0.2345, "better": "unclear"}
    rows = [
        {"name": name, "scores": {"accuracy": one}, "headline": one, "gain": ahead}
        for name, ahead in (("model", None), ("linear on the steps", gain))
    ]
    for width, wide, verdict in ((80, True, True), (72, False, True), (40, False, False)):
        console = Console(width=width)
        print_scores(console, rows, "accuracy")
        text = capsys.readouterr().out
        assert max(map(len, text.splitlines())) <= width
        (line,) = (line for line in text.splitlines() if line.startswith("linear"))
        assert line.startswith("linear on the steps ")
        assert "…" not in text
        assert ("0.946 to 0.987" in line, "unclear" in line) == (wide, verdict)
        assert ("(0.946" in text) != wide


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


def test_the_verdict_is_about_the_rival_that_is_hardest_to_beat():
    """The best baseline by its score may be surely beaten while another one is not."""
    lifts = {"mean": Gain(0.05, 0.01, 0.09), "simple": Gain(0.06, -0.02, 0.14)}
    scores = {"model": 0.9, "mean": 0.85, "simple": 0.84}
    found = Evaluation(
        {"accuracy": scores.pop("model")},
        {name: {"accuracy": value} for name, value in scores.items()},
        gains=lifts,
    )
    record = {"dataset": "d", "head": {"name": "binary"}, "examples": {"test": 9}, "training": {}}
    history = [{"epoch": 1, "loss": 1.0, "valid_loss": 1.0}]
    told = Story.of(record, history, found, "accuracy", True, None)
    assert told.verdict == "not clearly better than simple"
    assert "The best baseline, mean, has 0.85" in told.summary
