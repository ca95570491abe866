"""Answers per step: heads that read every step, the whole sequence, or predict the next step.

Ids are padded with 0, which is an id like any other: a model or a score that ignored lengths
would take padding for steps.
"""

import json

import numpy as np
import pytest
from toy_heads import Ids, NextStep, Tags, Transcription

import seqmodels as sm
from seqmodels import Backbone, Dataset, Examples, InputError, Sequences, Spec
from seqmodels.runs.predictions import answers_in, predictions_of
from seqmodels.runs.run import Run
from seqmodels.testing import assert_padding_invariant, check_head
from seqmodels.training.callbacks import Callback
from seqmodels.training.check import check
from seqmodels.training.config import Training
from seqmodels.training.loop import fit
from seqmodels.training.part import Part
from seqmodels.training.settings import resolve

SETTINGS = {"training.batch_size": 32, "training.learning_rate": 1e-2, "training.patience": 0}
SIZES = Backbone(units=24, embed=8, dropout=0.0)
TWO_WAYS = Backbone(units=24, embed=8, dropout=0.0, bidirectional=True)
ENDS = ("last", "second last", "before")


def tagged(count, rng):
    """Return ids, and for each the tag of its place from the end: lengths alone decide."""
    inputs = [rng.integers(0, 4, rng.integers(2, 12)).tolist() for _ in range(count)]
    return inputs, [[ENDS[min(len(row) - 1 - i, 2)] for i in range(len(row))] for row in inputs]


def spoken(count, rng):
    """Return ids held for a few steps each, and the text of which they are the signs."""
    inputs, texts = [], []
    for _ in range(count):
        signs = [int(rng.integers(4))]
        while len(signs) < rng.integers(2, 7):
            signs.append(int((signs[-1] + rng.integers(1, 4)) % 4))
        inputs.append([sign for sign in signs for _ in range(rng.integers(2, 4))])
        texts.append("".join("abcd"[sign] for sign in signs))
    return inputs, texts


def counting(count, rng):
    """Return ids that rise by the same number, 1 to 3, modulo 4: known from the second on."""
    rows = []
    for _ in range(count):
        steps = np.arange(rng.integers(2, 9))
        rows.append(((rng.integers(4) + steps * rng.integers(1, 4)) % 4).tolist())
    return rows, None


def dataset(make, name):
    """Return data of a task in three parts."""
    rng = np.random.default_rng(0)

    def part(count):
        inputs, targets = make(count, rng)
        return Examples(inputs, {} if targets is None else {name: targets})

    return Dataset(train=part(600), valid=part(100), test=part(200), encoder=Ids())


def trained(make, head, sizes, path, epochs):
    return sm.train(
        dataset(make, "tag"),
        head=head,
        backbone=sizes,
        out=path,
        quiet=True,
        allow_leak="sequences so short repeat each other",
        settings={**SETTINGS, "training.epochs": epochs},
    )


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    return {
        "steps": trained(tagged, Tags(), TWO_WAYS, folder / "steps", 6),
        "whole": trained(spoken, Transcription(), TWO_WAYS, folder / "whole", 15),
        "next": trained(counting, NextStep(), SIZES, folder / "next", 12),
    }


def test_toy_heads_pass_the_contract():
    check_head(Tags(), [["a", "b"], ["b"], ["a", "a", "b"]])
    check_head(Transcription(), ["ab", "b", "abb"])
    check_head(NextStep(), Sequences.laid([[1, 2], [0, 2, 1]]))


def test_a_tag_for_each_step_is_learned_from_where_a_sequence_ends(runs):
    run = runs["steps"]
    assert run.scores["accuracy"] > 0.99
    assert run.baselines["most frequent tag"]["accuracy"] < 0.75
    assert run.history["valid_accuracy"].iloc[-1] > 0.99


def test_a_text_is_read_to_the_end_and_no_further(runs):
    run = runs["whole"]
    assert run.scores["right"] > 0.95
    assert run.baselines["most frequent text"]["right"] < 0.1


def test_the_next_step_is_known_as_often_as_it_can_be_known(runs):
    rows = dataset(counting, "").test.inputs
    known = sum(len(row) - 2 for row in rows)  # the second step is one of three
    steps = sum(len(row) - 1 for row in rows)
    chance = (steps - known) / 3
    spread = 3 * np.sqrt((steps - known) * 2 / 9)
    found = runs["next"].scores["accuracy"] * steps
    assert known - spread + chance < found < known + chance + spread


def test_what_is_measured_while_training_counts_real_steps_alone(runs):
    """The validation accuracy of the last epoch equals that of answers to one row at a time."""
    for kind, make in (("steps", tagged), ("next", counting)):
        run, part = runs[kind], dataset(make, "tag").valid
        assert part is not None
        truth = part.targets["tag"] if kind == "steps" else [row[1:] for row in part.inputs]
        right = total = 0
        for row, known in zip(part.inputs, truth, strict=True):
            answers = run.predict([row]).answers[0][: len(known)]
            right, total = right + int(np.sum(answers == np.array(known))), total + len(known)
        assert run.history["valid_accuracy"].iloc[-1] == pytest.approx(right / total, abs=1e-6)


@pytest.mark.parametrize("kind", ["steps", "whole", "next"])
def test_the_same_answers_alone_in_a_batch_and_after_loading(runs, kind):
    run, inputs = runs[kind], spoken(40, np.random.default_rng(5))[0]
    together = run.predict(inputs)
    for i, row in enumerate(inputs):
        assert run.predict([row]).rows() == together.part(i, i + 1).rows()
    assert sm.load(run.path).predict(inputs).rows() == together.rows()
    assert_padding_invariant(run.model, inputs)


@pytest.mark.parametrize("kind", ["steps", "whole", "next"])
def test_predictions_are_written_and_read_as_they_were_scored(runs, kind):
    run = runs[kind]
    frame = predictions_of(run.path, run.model.head, 200)
    truth, answers = answers_in(frame, run.model.head)
    again = run.model.head.score(truth, answers)
    assert again == pytest.approx(run.scores)
    assert len(answers) == 200
    assert (run.path / "report.html").is_file()


def test_intervals_resample_sequences_not_steps(runs):
    found = runs["next"].evaluation
    assert found.resampled == "examples"
    low, high = found.intervals["model"]["accuracy"]
    assert 0.01 < high - low < 0.2  # 200 sequences; of 800 steps it would be half as wide


@pytest.mark.parametrize("kind", ["steps", "whole", "next"])
def test_a_finished_run_is_opened_and_its_answers_are_json(runs, kind):
    run = Run(runs[kind].path)
    rows = run.predict([[0, 0, 1, 1]]).rows()
    assert json.loads(json.dumps(rows)) == rows
    assert "answer" in rows[0]


def test_segments_make_fewer_outputs_and_a_transcription_still_fits(tmp_path):
    rng = np.random.default_rng(1)
    inputs, texts = spoken(300, rng)
    steps = [np.eye(4)[row].repeat(2, axis=0) for row in inputs]
    data = Dataset(
        train=Examples(steps[:200], {"text": texts[:200]}),
        test=Examples(steps[200:], {"text": texts[200:]}),
        encoder=sm.read(steps, ["a", "b"] * 150).encoder,
    )
    sizes = Backbone(units=24, embed=16, segment_length=2, bidirectional=True, dropout=0.0)
    run = sm.train(
        data, head=Transcription(), backbone=sizes, quiet=True,
        out=tmp_path / "run", settings={**SETTINGS, "training.epochs": 2},
    )  # fmt: skip
    outputs = run.model.outputs(run.model.encoder.encode(steps[:3]))
    assert outputs.lengths.tolist() == [len(row) // 2 for row in steps[:3]]


def test_targets_that_do_not_fit_the_steps_are_refused_before_training(tmp_path):
    inputs, tags = tagged(60, np.random.default_rng(0))
    tags[7] = tags[7][:-1]
    named = r"train part.*one target for each step; row 7 "  # as given: validation is drawn later
    data = Dataset(
        train=Examples(inputs[:40], {"tag": tags[:40]}),
        test=Examples(inputs[40:], {"tag": tags[40:]}),
        encoder=Ids(),
    )
    with pytest.raises(InputError, match=named):
        sm.train(data, head=Tags(), out=tmp_path / "run", quiet=True)
    with pytest.raises(InputError, match=named):
        check(resolve(data, head=Tags()))
    assert not (tmp_path / "run").exists()


def test_a_sequence_of_one_step_has_no_next(tmp_path):
    inputs, _ = counting(40, np.random.default_rng(0))
    data = Dataset(train=Examples([*inputs, [1]], {}), test=Examples(inputs, {}), encoder=Ids())
    with pytest.raises(InputError, match=r"train part.*at least 2 steps.*row 40 "):
        sm.train(data, head=NextStep(), out=tmp_path / "run", quiet=True)


@pytest.mark.parametrize(
    ("reads", "sizes"),
    [
        ("steps", {"ngrams": 2}),
        ("whole", {"ngrams": 1}),
        ("next", {"bidirectional": True}),
        ("steps", {"segment_length": 2}),
        ("whole", {"random_convolutions": 10}),
        ("next", {"subtract_last": True}),
        ("steps", {"ensemble_size": 2}),
    ],
)
def test_sizes_that_read_whole_sequences_are_refused(reads, sizes):
    words = "ngrams" in sizes or "bidirectional" in sizes
    spec = Spec(vocabulary=5) if words else Spec(channels=2)
    with pytest.raises(InputError, match=next(iter(sizes))):
        Backbone(**sizes).check(spec, reads)


def test_presets_give_way_to_what_a_head_reads():
    rng = np.random.default_rng(0)
    data = sm.read([rng.normal(size=(9, 2)) for _ in range(60)], ["a", "b"] * 30)
    assert resolve(data, head="binary").backbone.random_convolutions
    resolve(data, head=Tags()).backbone.check(Spec(channels=2), "steps")


@pytest.mark.parametrize(
    ("make", "head", "reads"),
    [(tagged, Tags(), "steps"), (spoken, Transcription(), "whole"), (counting, NextStep(), "next")],
)
def test_the_loss_is_that_of_rows_without_padding(make, head, reads):
    """A network that stays as it is has one loss: in batches, row by row, and on validation."""
    data = dataset(make, "tag").train.take(np.arange(90))
    head = head.fit(Ids().spec if reads == "next" else data.targets["tag"])
    part = Part.of(Ids(), head, data, "tag")

    def row(batch_size):
        network = SIZES.build(Ids().spec, head.units, 0, reads)
        settings = Training(epochs=1, batch_size=batch_size, learning_rate=1e-12, average=0)
        return fit(network, head, part, part, settings, seed=0, folder=None, watch=Callback())[0]

    padded, alone = row(30), row(1)
    assert padded["loss"] == pytest.approx(padded["valid_loss"], rel=1e-4)
    if reads != "whole":  # an epoch weighs by steps; batches of one row too
        assert padded["accuracy"] == pytest.approx(padded["valid_accuracy"], abs=1e-6)
    assert padded["loss"] == pytest.approx(alone["loss"], rel=1e-4)


class Stops(Callback):
    """Stops the training within an epoch, and hears no more."""

    def __init__(self, epoch, done):
        self.at = epoch, done

    def step(self, epoch, done, steps, measures):
        if (epoch, done) == self.at:
            raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("make", "head", "reads"), [(tagged, Tags(), "steps"), (spoken, Transcription(), "whole")]
)
def test_a_training_that_was_stopped_goes_on_to_the_bit(tmp_path, make, head, reads):
    data = dataset(make, "tag")
    head = head.fit(data.train.targets["tag"])
    train, valid = (
        Part.of(data.encoder, head, one, "tag") for one in (data.train, data.valid or data.test)
    )
    settings = Training(epochs=3, batch_size=32)

    def network():
        return TWO_WAYS.build(data.encoder.spec, head.units, 0, reads)

    def go(net, folder, watch):
        return fit(net, head, train, valid, settings, seed=0, folder=folder, watch=watch)

    whole, broken, resumed = network(), network(), network()
    history = go(whole, None, Callback())
    with pytest.raises(KeyboardInterrupt):
        go(broken, tmp_path, Stops(3, 5))
    again = go(resumed, tmp_path, Callback())
    for row, other in zip(history, again, strict=True):
        assert {**row, "seconds": 0} == {**other, "seconds": 0}
    for one, other in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


class Floats(Ids):
    """States ids, and returns numbers."""

    def encode(self, inputs):
        return Sequences.of(inputs)


def test_steps_of_another_form_than_the_spec_are_refused(tmp_path):
    inputs, _ = counting(40, np.random.default_rng(0))
    data = Dataset(
        train=Examples(inputs, {"y": [0, 1] * 20}),
        test=Examples(inputs, {"y": [0, 1] * 20}),
        encoder=Floats(),
    )
    with pytest.raises(InputError, match="ids"):
        sm.train(data, head="binary", out=tmp_path / "run", quiet=True)
