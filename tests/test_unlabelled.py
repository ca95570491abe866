"""Inputs without a target: what word vectors and a first training make of them."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from made_runs import Quiet
from typer.testing import CliRunner

import seqmodels as sm
from seqmodels.cli import app
from seqmodels.core.encoder import Spec
from seqmodels.core.sequences import Sequences
from seqmodels.data.texts.dataset import texts
from seqmodels.encoders import SeriesEncoder, TextEncoder
from seqmodels.heads import Binary, Regression
from seqmodels.model.explain import Explainer
from seqmodels.model.sequence_model import SequenceModel
from seqmodels.nn.backbone import Backbone
from seqmodels.nn.word_vectors import neighbours, reduced
from seqmodels.runs.launch import resume
from seqmodels.training import pseudo_labels
from seqmodels.training.adapting import adapt
from seqmodels.training.config import Training
from seqmodels.training.heuristics import sized
from seqmodels.training.part import Part
from seqmodels.training.prepare import split, without
from seqmodels.training.settings import resolve
from seqmodels.tuning.objective import Objective

GOOD, BAD = ("superb", "lovely", "fine"), ("awful", "dull", "poor")
QUICK = {
    "training.epochs": 4, "training.pseudo_label_threshold": 0.6, "training.learning_rate": 0.02,
    "backbone.units": 4, "backbone.embed": 8,
}  # fmt: skip


def written(count, seed):
    """Return texts that a word of two gives away, and their classes."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, count)
    found = [
        f"{' '.join(rng.choice(GOOD if label else BAD, 2))} film {number} {seed}"
        for number, label in enumerate(labels)
    ]
    return found, ["pos" if label else "neg" for label in labels]


def dataset(unlabelled=None, count=60):
    parts = [sm.Examples(x, {"verdict": y}) for x, y in (written(count, 1), written(40, 2))]
    return sm.Dataset(train=parts[0], test=parts[1], encoder=TextEncoder(), unlabelled=unlabelled)


def learned(unlabelled, head=None, **backbone):
    """Return a model that has learned nothing yet, and its training part."""
    inputs, targets = written(40, 1)
    encoder, head = TextEncoder().fit(inputs), head or Binary().fit(targets)
    sizes = Backbone(**{"units": 3, "embed": 4, "word_vectors": 2, **backbone})
    part = Part.of(encoder, head, sm.Examples(inputs, {"y": targets}), "y")
    more = None if unlabelled is None else encoder.encode(unlabelled)
    part = replace(part, unlabelled=more)
    return SequenceModel(encoder, sizes, head), part


def weights(network):
    return {one.path: np.asarray(one) for one in network.weights}


def same(one, other):
    assert set(one) == set(other)
    for path, value in one.items():
        np.testing.assert_array_equal(value, other[path], err_msg=path)


# Word vectors


def test_words_are_counted_within_a_window_and_never_over_the_end_of_a_text():
    texts = Sequences(np.array([1, 2, 3, 0, 1, 2, 2]), np.array([0, 4]), np.array([4, 3]))
    near = neighbours([texts], 4, 1).toarray()
    assert near.tolist() == [[0, 0, 0, 0], [0, 0, 2, 0], [0, 2, 2, 1], [0, 0, 1, 0]]
    wide = neighbours([texts], 4, 2).toarray()
    assert (wide - near).tolist() == [[0, 0, 0, 0], [0, 0, 1, 1], [0, 1, 0, 0], [0, 1, 0, 0]]
    twice = neighbours([texts, texts], 4, 1).toarray()
    assert (twice == 2 * near).all()


def test_words_that_are_used_alike_have_like_vectors():
    rng = np.random.default_rng(0)
    like = [(1, 2), (3, 4)]  # words that stand for each other; 5 to 9 go with the one, 10 on not
    lines = [
        [rng.choice(like[kind]), *(rng.integers(5, 10, 3) + 5 * kind)]
        for kind in rng.integers(0, 2, 400)
    ]
    told = Sequences(np.concatenate(lines), np.arange(0, 1600, 4), np.full(400, 4))
    table = reduced(neighbours([told], 15, 3), 6, 0)
    assert table.std() == pytest.approx(1, rel=1e-5)
    unit = table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-9)
    assert unit[1] @ unit[2] > 0.8
    assert unit[3] @ unit[4] > 0.8
    assert abs(unit[1] @ unit[3]) < 0.4


def test_vectors_are_the_singular_ones_of_how_much_more_often_than_by_chance_words_meet():
    told = np.random.default_rng(0).integers(1, 7, (60, 6))
    told[:20, 3:] = told[:20, :1]  # some words keep to themselves
    counts = neighbours([Sequences.of(list(told))], 7, 2)
    often = counts.toarray().sum(axis=1)
    more = np.zeros((7, 7))
    for a in range(1, 7):
        for b in range(1, 7):  # Levy, Goldberg and Dagan 2015, equations 1, 2 and 4
            by_chance = often[a] * often[b] ** 0.75 / sum(one**0.75 for one in often if one)
            more[a, b] = max(np.log(max(counts[a, b], 1e-300) / by_chance), 0)
    assert 0 < (more == 0)[1:, 1:].mean() < 1
    left, values, _ = np.linalg.svd(more)
    expected = (left * values) @ left.T
    table = reduced(counts, 7, 0).astype(np.float64)
    gram = table @ table.T
    np.testing.assert_allclose(gram / np.trace(gram), expected / np.trace(expected), atol=1e-4)
    assert table.std() == pytest.approx(1, rel=1e-5)


def test_embeddings_start_from_texts_with_and_without_a_target():
    found = []
    for more in (None, ["a film superb lovely", "film fine lovely superb"] * 9):
        model, part = learned(more)
        start = weights(model.network)["embedding/embeddings"]
        adapt(model.network, model.head, part.sequences, part.y, part.unlabelled)
        table = weights(model.network)["embedding/embeddings"]
        assert not np.array_equal(table, start)
        found.append(table)
    assert not np.allclose(*found)
    model, part = learned(None, word_vectors=0)
    start = weights(model.network)
    adapt(model.network, model.head, part.sequences, part.y)
    same(weights(model.network), start)


def test_words_that_never_stand_together_leave_the_embeddings_as_they_were():
    model, part = learned(None)
    alone = Sequences(np.array([1, 2, 3]), np.arange(3), np.ones(3, int))
    start = weights(model.network)
    adapt(model.network, model.head, alone, part.y[:3])
    same(weights(model.network), start)


def test_a_small_vocabulary_fills_what_it_can():
    told = Sequences(np.array([1, 2]), np.zeros(1, int), np.array([2]))
    table = reduced(neighbours([told], 3, 1), 8, 0)
    assert table.shape == (3, 8)
    assert np.isfinite(table).all()
    assert (table[:, 3:] == 0).all()


def test_vectors_are_for_words_alone():
    with pytest.raises(sm.InputError, match=r"word_vectors=\) needs an encoder of tokens"):
        Backbone(word_vectors=5).check(Spec(channels=2))


def test_vectors_are_decided_where_there_are_texts_without_a_target():
    plan = resolve(dataset(), head="binary")
    words, numbers = Spec(vocabulary=9), Spec(channels=2)
    assert sized(plan, words, 600, 60, 50)[0].backbone.word_vectors == 5
    assert "word vectors, for 50 inputs without a target" in sized(plan, words, 600, 60, 50)[1]
    assert sized(plan, words, 600, 60)[0].backbone.word_vectors == 0
    assert sized(plan, numbers, 600, 60, 50)[0].backbone.word_vectors == 0
    asked = resolve(dataset(), head="binary", settings={"backbone.word_vectors": 0})
    assert sized(asked, words, 600, 60, 50)[0].backbone.word_vectors == 0


# Labels from a first training


def taught(model, part, folder=None, watch=None, **more):
    settings = Training(**{"epochs": 3, "batch_size": 8, "patience": 0, "learning_rate": 0.02,
                           "pseudo_label_threshold": 0.55, **more})  # fmt: skip
    how = {"seed": 3, "folder": folder, "watch": watch or Quiet()}
    found = pseudo_labels.labelled(model.network, model.head, part, part, settings, **how)
    return found, settings, how


def test_what_a_first_training_is_sure_of_is_learned_from_as_if_it_had_a_target():
    inputs, truth = written(200, 5)
    model, part = learned(inputs)
    start = weights(model.network)
    found, *_ = taught(model, part)
    same(weights(model.network), start)  # the second training begins anew
    more = len(found.y) - len(part.y)
    assert 50 < more <= 200
    assert len(found.sequences) == len(found.y)
    np.testing.assert_array_equal(found.y[: len(part.y)], part.y)
    assert part.unlabelled is not None
    known = {row.tobytes(): y for row, y in zip(part.unlabelled, truth, strict=True)}
    rows = [found.sequences[i] for i in range(len(part.y), len(found.y))]
    told = ["pos" if y > 0.5 else "neg" for y in found.y[len(part.y) :].ravel()]
    right = [known[row.tobytes()] == label for row, label in zip(rows, told, strict=True)]
    assert np.mean(right) > 0.9
    none, *_ = taught(model, part, pseudo_label_threshold=1.0)
    assert none is part, "nothing is so sure"


def test_nothing_is_taught_where_nothing_is_asked_for_or_there_is_nothing_to_label():
    model, part = learned(written(20, 5)[0])
    assert taught(model, part, pseudo_label_threshold=None)[0] is part
    assert Training().pseudo_label_threshold is None, "held-out reviews were answered no better"
    model, part = learned(None)
    assert taught(model, part)[0] is part
    numbers = Regression().fit([1.0, 2.0])
    inputs = written(40, 1)[0]
    encoder = TextEncoder().fit(inputs)
    part = Part.of(encoder, numbers, sm.Examples(inputs, {"y": range(40)}), "y")
    part = replace(part, unlabelled=part.sequences)
    model = SequenceModel(encoder, Backbone(units=2, word_vectors=2), numbers)
    assert taught(model, part)[0] is part, "a number is never sure"


class Broken(Quiet):
    """A watch that ends a training at its first word of the second epoch."""

    def say(self, text):
        if "epoch 2" in text:
            raise KeyboardInterrupt


def test_a_first_training_that_was_stopped_goes_on_to_the_bit(tmp_path):
    inputs = written(200, 5)[0]
    whole, *_ = taught(*learned(inputs))
    model, part = learned(inputs)
    with pytest.raises(KeyboardInterrupt):
        taught(model, part, folder=tmp_path, watch=Broken())
    assert list((tmp_path / pseudo_labels.FOLDER).glob("*.npz"))
    parted, *_ = taught(*learned(inputs), folder=tmp_path)
    np.testing.assert_array_equal(parted.y, whole.y)
    for one, other in zip(parted.sequences, whole.sequences, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_run_that_was_stopped_while_it_was_taught_ends_as_one_that_was_not(tmp_path, monkeypatch):
    data = dataset(written(150, 5)[0])
    asked: dict[str, Any] = {"head": "binary", "quiet": True, "baselines": False}
    asked["settings"] = QUICK
    whole = sm.train(data, out=tmp_path / "whole", **asked)
    with monkeypatch.context() as patch:
        patch.setattr(
            pseudo_labels._FirstTraining, "epoch", lambda self, row: 1 / (row["epoch"] < 2)
        )
        with pytest.raises(ZeroDivisionError):
            sm.train(data, out=tmp_path / "parted", **asked)
    parted = resume(tmp_path / "parted", dataset=data, quiet=True)
    same(weights(parted.model.network), weights(whole.model.network))
    assert parted.scores == whole.scores
    told = [line for line in whole.record["decided"] if "pseudo-labels" in line]
    assert len(told) == 1
    assert whole.record["examples"]["train"] == 54, "what has a target"
    asked["settings"] = QUICK | {"backbone.word_vectors": 5}
    again = sm.train(dataset(), out=tmp_path / "without", **asked)
    assert again.record["fingerprint"]["train"] != whole.record["fingerprint"]["train"]
    assert again.record["fingerprint"]["test"] == whole.record["fingerprint"]["test"]
    loaded = sm.load(tmp_path / "whole")
    inputs = data.test.inputs
    np.testing.assert_array_equal(loaded.predict(inputs).scores, whole.model.predict(inputs).scores)
    steps = loaded.encoder.encode(inputs[:1])[0]
    assert Explainer(loaded).explain(steps, np.ones(1)).whole


def test_a_trial_of_tuning_is_taught_as_a_run_is_and_leaves_copies_out():
    class Told(Quiet):
        lines: list[str] = []  # noqa: RUF012  of this test alone

        def say(self, text):
            self.lines.append(text)

    inputs, known = written(150, 5)[0], dataset().train.inputs
    plan = resolve(dataset([*inputs, *known[:9]]), head="binary", settings=QUICK)
    Objective(plan)({}, Told())
    (line,) = [one for one in Told.lines if "pseudo-labels" in one]
    assert line.startswith("Of 150 inputs without a target")


def test_within_a_budget_there_is_one_training(tmp_path):
    run = sm.train(
        dataset(written(50, 5)[0]), head="binary", quiet=True, settings=QUICK, budget="60s",
        baselines=False, out=tmp_path / "run",
    )  # fmt: skip
    assert run.record["training"]["pseudo_label_threshold"] is None
    assert "Within a budget no first training labels what has no target." in run.record["decided"]


def test_inputs_that_are_in_a_part_as_well_are_left_out(tmp_path):
    fresh = written(30, 5)[0]
    data = dataset([*fresh, *written(40, 2)[0][:7]])
    run = sm.train(
        data, head="binary", quiet=True, settings=QUICK, baselines=False, out=tmp_path / "run"
    )
    assert "7 inputs without a target are in another part too: left out." in run.record["decided"]
    rows = Sequences(np.array([1, 2, 1, 2, 3]), np.array([0, 2]), np.array([2, 3]))
    assert without(rows, [rows]) is None
    kept = without(rows, [rows.take([0])])
    assert kept is not None
    assert [row.tolist() for row in kept] == [[1, 2, 3]]


def test_a_limit_holds_for_what_has_no_target_too():
    plan = resolve(dataset(written(50, 5)[0]), head="binary", limit=10)
    more = split(plan.made(), plan).unlabelled
    assert more is not None
    assert len(more) == 10


def test_what_cannot_be_read_is_told_of_with_its_row(tmp_path):
    data = dataset(["fine film", "..."])
    with pytest.raises(sm.InputError, match=r"In the unlabelled part: .*row 1"):
        sm.train(data, head="binary", quiet=True, out=tmp_path / "run")
    with pytest.raises(sm.InputError, match="no inputs in unlabelled="):
        dataset([])


def test_numbers_without_a_target_are_labelled_too(tmp_path):
    rng = np.random.default_rng(0)

    def part(count):
        up = rng.integers(0, 2, count)
        rows = [np.linspace(0, s or -1, 9)[:, None] + rng.normal(0, 0.1, (9, 1)) for s in up]
        return rows, ["up" if one else "down" for one in up]

    train, test = (sm.Examples(x, {"way": y}) for x, y in (part(60), part(30)))
    more = part(50)[0]
    data = sm.Dataset(train=train, test=test, encoder=SeriesEncoder(), unlabelled=more)
    run = sm.train(
        data, head="binary", quiet=True, baselines=False, out=tmp_path / "run",
        settings={"training.epochs": 20, "training.learning_rate": 0.01,
                  "training.pseudo_label_threshold": 0.7},
    )  # fmt: skip
    assert any("pseudo-labels" in line for line in run.record["decided"])
    assert run.scores["accuracy"] > 0.9


# Texts of one's own


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "reviews.csv"
    pairs = zip(*written(50, 1), strict=True)
    rows = [f"{i},{text},{label}" for i, (text, label) in enumerate(pairs)]
    path.write_text("\n".join(["id,review,label", *rows]))
    return path


def test_texts_without_a_target_come_from_a_table_a_folder_or_lines(table, tmp_path):
    more = tmp_path / "more.csv"
    more.write_text("id,review\n1,so slow a film\n2,at sea once more\n")
    lines = tmp_path / "more.txt"
    lines.write_text("so slow a film\n\nat sea once more\n")
    folder = tmp_path / "more"
    folder.mkdir()
    for name, text in (("b", "at sea once more"), ("a", "so slow a film")):
        (folder / f"{name}.txt").write_text(text)
    for path in (more, lines, folder):
        found = texts(table, target="label", text=("review",), unlabelled=path)
        assert list(found.unlabelled or ()) == ["so slow a film", "at sea once more"]
        assert any("2 texts without a target" in line for line in found.notes)
    assert texts(table, target="label").unlabelled is None


def test_texts_without_a_target_that_are_not_there_are_named(table, tmp_path):
    with pytest.raises(sm.InputError, match=r"no file or folder .*nowhere.* Check unlabelled="):
        texts(table, target="label", unlabelled=tmp_path / "nowhere")
    empty = tmp_path / "empty.txt"
    empty.write_text("\n...\n")
    with pytest.raises(sm.InputError, match=r"empty\.txt.* no line with a word"):
        texts(table, target="label", unlabelled=empty)


def test_texts_without_a_target_are_named_on_the_command_line(table, tmp_path):
    lines = tmp_path / "more.txt"
    lines.write_text("\n".join(written(80, 5)[0]))
    words = [
        "train", str(table), "--target", "label", "--epochs", "2", "--out", str(tmp_path / "run"),
        "--set", f"dataset.unlabelled={lines}", "--json", "--allow-leak", "made up",
    ]  # fmt: skip
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["arguments"]["unlabelled"] == str(lines)
    assert record["backbone"]["word_vectors"] == 5
