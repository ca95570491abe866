"""Simple models beside the network: what they read, what they find, and that they harm no run."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import seqmodels as sm
from seqmodels.cli import app
from seqmodels.core.encoder import Spec
from seqmodels.core.sequences import Scaled, Sequences
from seqmodels.core.storage import Writer
from seqmodels.evaluation import baselines, features
from seqmodels.heads import Binary, Multiclass, Regression
from seqmodels.runs.run import rescore

IDS, NUMBERS = Spec(vocabulary=50), Spec(channels=2)


@dataclass
class Part:
    sequences: Sequences
    y: np.ndarray


def simple(*given: Any, **more: Any) -> Any:
    return baselines.simple(*given, **more)


def laid(rows: list[np.ndarray]) -> Sequences:
    lengths = np.array([len(row) for row in rows])
    return Sequences(np.concatenate(rows), np.cumsum(lengths) - lengths, lengths)


def texts(n: int, seed: int, length: Any = None) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.integers(2, 50, length or rng.integers(3, 30)) for _ in range(n)]


def drawn(n: int, seed: int, length: int | None = None) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [
        rng.normal(size=(length or rng.integers(1, 12), 2)).astype(np.float32) for _ in range(n)
    ]


def parts(make: Any, label: Any, head: Any, sizes: Any = (400, 100, 200)) -> tuple[Any, Any, Any]:
    """Return the encoded parts, the fitted head and the test targets; `make(n, seed)`."""
    rows = [make(n, seed) for seed, n in enumerate(sizes)]
    targets = [[label(row) for row in part] for part in rows]
    head = head.fit(targets[0])
    named = zip(("train", "valid", "test"), rows, targets, strict=True)
    return {k: Part(laid(x), head.encode(t)) for k, x, t in named}, head, targets[2]


def accuracy(head: Any, truth: Any, found: Any, name: str) -> float:
    return head.score(truth, found.predictions[name])["accuracy"]


def with_word(n: int, seed: int) -> list[np.ndarray]:
    """Return texts of which each second one has the word 1 somewhere, all of one length."""
    rows = texts(n, seed, 20)
    for i, row in enumerate(rows):
        if i % 2:
            row[i % 20] = 1
    return rows


# --- what each of them finds


def test_a_length_that_tells_the_class_is_found_even_when_it_is_neither_short_nor_long():
    encoded, head, truth = parts(texts, lambda row: 10 <= len(row) < 20, Binary())
    found = simple(head, IDS, encoded)
    assert accuracy(head, truth, found, "length only") > 0.9
    assert list(found.predictions) == ["length only", "bag of words"]
    assert found.seconds > 0
    assert found.notes == ()


def test_a_word_that_tells_the_class_is_found_wherever_it_stands():
    encoded, head, truth = parts(with_word, lambda row: str(1 in row), Binary())
    found = simple(head, IDS, encoded)
    assert accuracy(head, truth, found, "bag of words") > 0.97


def test_lengths_that_are_all_the_same_are_no_baseline():
    encoded, head, _ = parts(with_word, lambda row: str(1 in row), Binary())
    assert list(simple(head, IDS, encoded).predictions) == ["bag of words"]


def test_a_bag_of_words_knows_no_order():
    encoded, head, truth = parts(
        lambda n, seed: texts(n, seed, 20), lambda row: row[0] > 25, Binary()
    )
    found = simple(head, IDS, encoded)
    reordered = Sequences(
        np.concatenate([row[::-1] for row in encoded["test"].sequences]),
        encoded["test"].sequences.starts,
        encoded["test"].sequences.lengths,
    )
    other = simple(head, IDS, encoded | {"test": Part(reordered, encoded["test"].y)})
    one, two = (f.predictions["bag of words"].scores for f in (found, other))
    np.testing.assert_allclose(one, two, atol=1e-6)
    assert accuracy(head, truth, found, "bag of words") < 0.75


@pytest.mark.parametrize(
    "label",
    [
        lambda row: row[:, 0].mean() > 0,
        lambda row: row[:, 1].max() > 1.2,
        lambda row: row[-1, 0] > row[0, 0],
        lambda row: np.abs(np.diff(row[:, 1])).sum() > 1.1 * (len(row) - 1),
        lambda row: len(row) > 6,
    ],
    ids=["mean", "most", "last less first", "unrest", "length"],
)
def test_what_a_simple_statistic_tells_is_found(label):
    encoded, head, truth = parts(
        drawn, lambda row: str(bool(label(row))), Binary(), (600, 100, 300)
    )
    found = simple(head, NUMBERS, encoded)
    assert accuracy(head, truth, found, "simple statistics") > 0.9
    assert "linear on the steps" not in found.predictions  # lengths differ


def test_a_step_that_is_the_answer_is_read_by_the_linear_model():
    label = lambda row: float(3 * row[-2, 1] + 10)  # noqa: E731
    encoded, head, truth = parts(lambda n, seed: drawn(n, seed, 9), label, Regression())
    found = simple(head, NUMBERS, encoded)
    assert head.score(truth, found.predictions["linear on the steps"])["r2"] > 0.999
    assert head.score(truth, found.predictions["simple statistics"])["r2"] < 0.9


def test_classes_that_are_several_have_an_answer_each():
    label = lambda row: "abc"[int(np.digitize(row[:, 0].mean(), [-0.2, 0.2]))]  # noqa: E731
    encoded, head, truth = parts(drawn, label, Multiclass(), (900, 100, 300))
    found = simple(head, NUMBERS, encoded)
    assert accuracy(head, truth, found, "simple statistics") > 0.85
    assert found.predictions["simple statistics"].scores.shape == (300, 3)


# --- features, against plain loops


@pytest.mark.parametrize("chunk", [7, 2**20])
def test_counts_are_those_of_a_loop(monkeypatch, chunk):
    monkeypatch.setattr(features, "CHUNK", chunk)
    rows = texts(40, 3)
    part = laid(rows).take(np.arange(40)[::-2])
    expected = [np.bincount(rows[i], minlength=50) for i in range(39, -1, -2)]
    np.testing.assert_array_equal(features._counts(part, 50).toarray(), expected)


@pytest.mark.parametrize("chunk", [30, 2**20])
def test_statistics_are_those_of_a_loop(monkeypatch, chunk):
    monkeypatch.setattr(features, "CHUNK", chunk)
    rows = drawn(30, 5)
    found = features._of_channels(laid(rows))

    def slope(row: np.ndarray) -> np.ndarray:
        return np.polyfit(np.arange(len(row)), row, 1)[0] if len(row) > 1 else np.zeros(2)

    def way(row: np.ndarray) -> np.ndarray:
        return np.abs(np.diff(row, axis=0)).mean(axis=0) if len(row) > 1 else np.zeros(2)

    for row, numbers in zip(rows, found, strict=True):
        quantiles = np.quantile(row, features.SHARES, axis=0, method="nearest")
        loop = [row.mean(0), row.std(0), *quantiles, row[0], row[-1], slope(row), way(row)]
        mean, std, *ordered = np.split(numbers[:-2], len(loop))
        for got, expected in zip([mean, std, *ordered], loop, strict=True):
            np.testing.assert_allclose(got, expected, atol=2e-5)
        assert numbers[-2] == len(row)
        assert numbers[-1] == pytest.approx(np.log(len(row)))


@pytest.mark.parametrize("held", ["in memory", "scaled when read", "on disk"])
def test_windows_that_overlap_are_read_wherever_their_steps_lie(held):
    series = np.random.default_rng(0).normal(size=(300, 2)).astype(np.float32)
    values: Any = series
    if held == "scaled when read":
        values = Scaled(series * 2 + 1, np.ones(2), np.full(2, 2.0))
    elif held == "on disk":
        writer = Writer(np.float32, (2,), on_disk=True)
        writer.append(series)
        values = writer.done()
    windows = Sequences(values, np.arange(280), np.full(280, 20))
    found = features._last(windows, 5)
    expected = np.stack([series[i + 15 : i + 20].ravel() for i in range(280)])
    np.testing.assert_allclose(found, expected, atol=1e-6)
    statistics = features._of_channels(windows)
    np.testing.assert_allclose(statistics[7, :2], series[7:27].mean(axis=0), atol=1e-6)


# --- bounds, and what goes wrong


def test_of_too_many_examples_some_are_drawn_by_the_seed_and_it_says_so(monkeypatch):
    monkeypatch.setattr(baselines, "TRAIN", 120)
    encoded, head, truth = parts(with_word, lambda row: str(1 in row), Binary())
    found, again, other = (simple(head, IDS, encoded, seed=seed) for seed in (0, 0, 1))
    assert found.notes == (
        "The baseline 'bag of words' is fitted on 120 of 400 training examples, drawn at random.",
    )
    scores = [one.predictions["bag of words"].scores for one in (found, again, other)]
    np.testing.assert_array_equal(scores[0], scores[1])
    assert not np.array_equal(scores[0], scores[2])
    assert len(found.predictions["bag of words"]) == len(truth)


def test_of_too_much_work_fewer_examples_are_taken(monkeypatch):
    encoded, head, _ = parts(with_word, lambda row: str(1 in row), Binary())
    monkeypatch.setattr(baselines, "WORK", 20 * 50 * head.passes)
    assert "on 50 of 400" in simple(head, IDS, encoded).notes[0]
    monkeypatch.setattr(baselines, "HELD", 20 * 30)
    assert "on 30 of 400" in simple(head, IDS, encoded).notes[0]


def test_so_many_answers_that_hardly_any_example_fits_have_no_such_baseline(monkeypatch):
    label = lambda row: float(row[-3, 1])  # noqa: E731
    encoded, head, _ = parts(lambda n, seed: drawn(n, seed, 9), label, Regression())
    read = 9 * 2  # numbers of an example
    monkeypatch.setattr(baselines, "WORK", read * read)
    assert "on 18 of" in " ".join(simple(head, NUMBERS, encoded).notes)
    monkeypatch.setattr(baselines, "WORK", read * (read - 1))
    found = simple(head, NUMBERS, encoded)
    assert "linear on the steps" not in found.predictions
    assert "time for 17 of" in " ".join(found.notes)


def test_a_test_part_that_is_too_large_has_no_such_baseline_and_it_says_so(monkeypatch):
    encoded, head, _ = parts(texts, lambda row: len(row) > 12, Binary())
    monkeypatch.setattr(features, "ROOM", 2400)
    found = simple(head, IDS, encoded)
    assert list(found.predictions) == ["length only"]
    assert "'bag of words' is left out" in found.notes[0]
    assert "2,400" in found.notes[0]


def test_where_windows_are_many_the_linear_model_reads_fewer_of_their_steps(monkeypatch):
    monkeypatch.setattr(features, "ROOM", 200 * 2 * 3)
    label = lambda row: float(row[-3, 1])  # noqa: E731
    encoded, head, truth = parts(lambda n, seed: drawn(n, seed, 9), label, Regression())
    found = simple(head, NUMBERS, encoded)
    assert head.score(truth, found.predictions["linear on the steps"])["r2"] > 0.999


def test_a_baseline_that_fails_is_left_out_and_the_others_stay(monkeypatch):
    encoded, head, _ = parts(texts, lambda row: len(row) > 12, Binary())

    def fails(*_: Any) -> None:
        raise np.linalg.LinAlgError("Singular matrix\nwith details")

    monkeypatch.setattr(features, "_counts", fails)
    found = simple(head, IDS, encoded)
    assert list(found.predictions) == ["length only"]
    assert found.notes == ("The baseline 'bag of words' is left out: Singular matrix",)


def test_numbers_beyond_measure_leave_a_baseline_out_without_a_warning():
    def huge(n: int, seed: int) -> list[np.ndarray]:
        rows = drawn(n, seed, 6)
        rows[0][2] = 3e38
        return rows

    encoded, head, _ = parts(huge, lambda row: float(row[0, 0]), Regression())
    found = simple(head, NUMBERS, encoded)
    assert all(np.isfinite(one.answers).all() for one in found.predictions.values())


def test_one_class_in_what_was_drawn_harms_no_run(monkeypatch):
    monkeypatch.setattr(baselines, "TRAIN", 3)
    encoded, head, truth = parts(texts, lambda row: str(row[0] == 7), Binary())
    found = simple(head, IDS, encoded)
    for one in found.predictions.values():
        assert np.isfinite(list(head.score(truth, one).values())).all()


def test_a_head_without_a_linear_model_has_no_such_baselines(monkeypatch):
    monkeypatch.setattr(Binary, "linear", lambda *_: None)
    encoded, head, _ = parts(texts, lambda row: len(row) > 12, Binary())
    found = simple(head, IDS, encoded)
    assert found.predictions == {}
    assert found.notes == ()


def test_the_test_part_chooses_nothing():
    encoded, head, _ = parts(texts, lambda row: len(row) > 12, Binary())
    whole = simple(head, IDS, encoded)
    few = simple(
        head,
        IDS,
        encoded | {"test": Part(encoded["test"].sequences.take(np.arange(5)), np.zeros((5, 1)))},
    )
    for name, one in whole.predictions.items():
        np.testing.assert_allclose(one.scores[:5], few.predictions[name].scores, atol=1e-6)


# --- in a run


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Any:
    out = tmp_path_factory.mktemp("runs") / "with"
    return sm.train("digits", epochs=1, limit=200, out=out, quiet=True)


def test_a_run_is_scored_beside_simple_models_and_doubts_what_they_beat(run):
    rivals = ["majority class", "simple statistics", "linear on the steps"]
    assert list(run.baselines) == rivals
    assert run.baselines["linear on the steps"]["accuracy"] > 0.8
    assert run.record["usage"]["seconds_baselines"] > 0
    assert any("does not beat 'linear on the steps'" in line for line in run.record["doubts"])
    assert any("single epoch" in line for line in run.record["doubts"])


def test_warnings_are_in_the_report(run):
    assert "The LSTM does not beat" in (run.path / "report.html").read_text(encoding="utf-8")


def test_a_run_scored_again_has_the_same_simple_models(run):
    _, found, same = rescore(run.path)
    assert same
    for name, scores in run.baselines.items():
        assert found.baselines[name] == pytest.approx(scores, abs=1e-6)


def test_without_baselines_none_are_fitted_then_or_later(tmp_path, monkeypatch):
    monkeypatch.setattr("seqmodels.runs.pipeline.simple", None)
    monkeypatch.setattr("seqmodels.runs.run.simple", None)
    out = tmp_path / "without"
    CliRunner().invoke(
        app,
        ["train", "digits", "--epochs", "1", "--limit", "100", "--out", str(out), "--no-baselines"],
        catch_exceptions=False,
    )
    run = sm.Run(out)
    assert run.record["baselines"] is False
    assert list(run.baselines) == ["majority class"]
    assert list(rescore(out)[1].baselines) == ["majority class"]


def test_a_simple_model_that_does_not_fit_the_time_is_left_out_and_said():
    encoded, head, _ = parts(texts, lambda row: "ab"[int(5 in row)], Binary())
    found = simple(head, IDS, encoded, seconds=0.0)
    assert not found.predictions
    assert all("does not fit the budget" in line for line in found.notes)
    assert len(found.notes) == len(found.left_out) == 2
    assert set(simple(head, IDS, encoded, seconds=1000.0).predictions) == set(
        simple(head, IDS, encoded).predictions
    )
