"""What heads say and show: who refuses which targets, and the numbers that figures hold."""

import numpy as np
import pandas as pd
import pytest

from seqmodels import Binary, Head, InputError, Multiclass, Prediction, Regression
from seqmodels.heads import classes as shared
from seqmodels.plots import charts

TWO = Binary().fit(["neg", "pos"])
TWO_OF_THREE = Binary(positive="c").fit(list("abc"))
THREE = Multiclass().fit(list("abc"))
BINS = Multiclass(bins=2).fit([0.0, 1.0, 2.0, 3.0])
NUMBER = Regression().fit([1.0, 3.0])
PAIR = Regression().fit(pd.DataFrame({"warm": [1.0, 3.0], "wet": [0.0, 1.0]}))
READERS = ("encode", "score", "weighted", "figures")


def read(head: Head, way: str, targets, answer) -> None:
    """Have a head read targets in one of its ways; where it compares, with this answer."""
    given = () if way in ("encode", "naive") else (Prediction(np.array([answer])),)
    getattr(head, way)(targets, *given)


# Who refuses what


@pytest.mark.parametrize("way", READERS)
@pytest.mark.parametrize(
    ("head", "who", "answer"),
    [
        (TWO, "binary", "pos"),
        (TWO_OF_THREE, "binary", "c"),
        (THREE, "multiclass", "a"),
    ],
)
def test_who_needs_a_label_is_said(head, who, answer, way):
    with pytest.raises(InputError, match=f"^Head '{who}' needs a label for every example; row 0"):
        read(head, way, [None], answer)


@pytest.mark.parametrize("way", READERS)
@pytest.mark.parametrize(
    ("head", "who", "known"), [(TWO, "binary", "neg"), (THREE, "multiclass", "a")]
)
def test_an_answer_or_a_target_of_another_model_is_refused(head, who, known, way):
    with pytest.raises(InputError, match=f"^Head '{who}' knows .*; found 'odd' outside"):
        read(head, way, ["odd"], known)
    if way != "encode":
        with pytest.raises(InputError, match=f"^Head '{who}' knows .*; found 'other' outside"):
            read(head, way, [known], "other")


@pytest.mark.parametrize("way", [*READERS, "naive"])
@pytest.mark.parametrize(
    ("head", "who", "answer"), [(NUMBER, "regression", 1.0), (BINS, "multiclass", BINS.classes[0])]
)
def test_who_needs_numbers_is_said(head, who, answer, way):
    with pytest.raises(InputError, match=f"^Head '{who}' needs numbers, got 'x'"):
        read(head, way, ["x"], answer)
    with pytest.raises(
        InputError, match=f"^Head '{who}' needs finite numbers; the target of row 0"
    ):
        read(head, way, [float("nan")], answer)


@pytest.mark.parametrize(
    ("head", "targets", "says"),
    [
        (Binary(), ["a", None], "Head 'binary' needs a label for every example; row 1"),
        (
            Binary(),
            ["a", "a"],
            "Head 'binary' needs examples of 2 classes, found only 'a' in the training part. "
            "There is nothing to tell apart.",
        ),
        (
            Binary(),
            list("abc"),
            "Head 'binary' needs 2 classes, found 3: 'a', 'b', 'c'. Use head 'multiclass', or "
            "name the positive ones: positive='c'.",
        ),
        (
            Binary(positive=("a", "y", "x")),
            list("abc"),
            "Head 'binary' with positive=('a', 'y', 'x') found no example of 'x', 'y'. The "
            "labels are 'a', 'b', 'c'; name some of them, not all.",
        ),
        (
            Binary(positive=("a", "b")),
            list("ab"),
            "Head 'binary' with positive=('a', 'b') found no example of anything else. The "
            "labels are 'a', 'b'; name some of them, not all.",
        ),
        (Multiclass(), ["a", None], "Head 'multiclass' needs a label for every example; row 1"),
        (
            Multiclass(),
            ["a", "a"],
            "Head 'multiclass' needs examples of at least 2 classes, found only 'a' in the "
            "training part. There is nothing to tell apart.",
        ),
        (
            Multiclass(),
            [str(i % 26) for i in range(50)],
            "Head 'multiclass' found 26 classes in 50 training examples, too few of each to "
            "learn from. Use head 'regression' for numbers, or bins=4.",
        ),
        (
            Multiclass(bins=3),
            np.zeros((4, 2)),
            "Head 'multiclass' with bins= needs one number per example, got 2. Use head "
            "'regression' for several.",
        ),
        (
            Multiclass(bins=3),
            [2.5] * 9 + [1.0],
            "Head 'multiclass' cannot cut targets into 3 bins: nearly all are 2.5. There is "
            "nothing to tell apart.",
        ),
        (Multiclass(bins=3), ["low"], "Head 'multiclass' needs numbers, got 'low'. Use head"),
        (
            Regression(),
            ["a", 1, "b", "a"],
            "Head 'regression' needs numbers, got 'a', 'b'. Use head 'multiclass' for labels, or "
            "'binary' where there are two.",
        ),
        (
            Regression(),
            np.zeros((2, 2, 2)),
            "Head 'regression' needs targets of the shape [N] or [N, D], got (2, 2, 2).",
        ),
        (
            Regression(),
            [1.0, float("inf"), float("nan")],
            "Head 'regression' needs finite numbers; the target of row 1, 2 (counted from 0) is "
            "missing or infinite. Leave such rows out.",
        ),
        (
            Regression(),
            [[1.0, 2.5], [3.0, 2.5]],
            "Head 'regression' needs targets that differ; every training target is 2.5. There is "
            "nothing to learn.",
        ),
    ],
)
def test_targets_that_cannot_be_learned_from_are_refused_in_these_words(head, targets, says):
    with pytest.raises(InputError) as error:
        head.fit(targets)
    assert str(error.value).startswith(says)


def test_twenty_labels_are_named_where_a_positive_one_is_missing():
    labels = [f"label{i}" for i in range(22)]
    with pytest.raises(InputError, match="'label7' and 2 more; name some"):
        Binary(positive="other").fit(labels)


def test_labels_are_refused_with_what_to_do_instead():
    with pytest.raises(InputError) as error:
        shared.labels(np.zeros((2, 3)), "Who")
    assert str(error.value) == (
        "Who needs one label per example, got the shape (2, 3). Use head 'regression' for several "
        "numbers, or name one target."
    )
    with pytest.raises(InputError) as error:
        shared.labels([1.5, 2.0, 2.5, 3.5, 4.5], "Who")
    assert str(error.value) == (
        "Who needs class labels, got numbers such as 1.5, 2.5, 3.5 and 1 more. Use head "
        "'regression', or head 'multiclass' with bins=4 for quartiles."
    )
    with pytest.raises(InputError) as error:
        shared.labels(["", "a"], "Who")
    assert str(error.value) == (
        "Who needs a label for every example; row 0 (counted from 0) has none. Leave such rows out."
    )


def test_a_head_that_has_seen_nothing_says_so():
    for head, what in ((Binary(), "classes"), (Multiclass(), "classes"), (Regression(), "mean")):
        with pytest.raises(InputError, match=f"no {what} yet; call fit first"):
            head.encode(["1"])
    assert Multiclass().units == Regression().units == 0
    for ask in (lambda: Regression().decode(np.ones((1, 1))), lambda: Regression().scaled(1, 1)):
        with pytest.raises(InputError, match=r"^Head 'regression' has no mean yet; call fit first"):
            ask()


def test_a_model_of_two_numbers_refuses_three():
    with pytest.raises(InputError) as error:
        PAIR.encode(np.zeros((1, 3)))
    assert str(error.value) == "Head 'regression' learned 2 numbers per example, got 3."


# What the tests of answers leave open


def test_a_prediction_with_too_few_names_or_scores_is_not_cut_short():
    for odd in (
        Prediction(np.ones((1, 2)), None, ("warm",)),
        Prediction(np.array(["a", "b"]), np.full((1, 2), 0.5), ("a", "b")),
        Prediction(np.array(["a"]), np.full((1, 2), 0.5), ("a",)),
    ):
        with pytest.raises(ValueError, match="zip"):
            odd.rows()


def test_two_classes_are_one_output_and_a_target_of_four_bytes():
    encoded = TWO.encode(["pos", "neg"])
    assert (encoded.tolist(), encoded.dtype, TWO.units) == ([[1], [0]], np.float32, 1)


def test_categories_are_positive_as_labels_are():
    categories = pd.Series(["a", "c", "b"], dtype="category")
    assert TWO_OF_THREE.encode(categories).tolist() == [[0], [1], [0]]
    assert Binary(positive="c").fit(categories).counts == (2, 1)


def test_an_output_on_the_threshold_is_the_second_class_in_training_as_in_answers():
    (metric,) = TWO.metrics()
    metric.update_state(np.array([[1.0], [0.0]]), np.zeros((2, 1)))
    assert float(metric.result()) == 0.5
    assert TWO.decode(np.zeros((1, 1))).answers.tolist() == ["pos"]
    (metric,) = TWO.metrics()
    metric.update_state(np.array([[1.0]]), np.zeros((1, 1)))
    assert float(metric.result()) == 1


def test_a_class_that_nobody_answers_scores_nothing():
    answers = Prediction(np.array(["neg", "neg"]))
    assert TWO.score(["neg", "neg"], answers)["f1"] == 0
    assert TWO.weighted(["neg", "neg"], answers)(np.ones(2))["f1"] == 0
    others = Prediction(np.array(["a", "a"]))
    assert THREE.score(["a", "b"], others)["macro_f1"] == pytest.approx((2 / 3 + 0) / 2)


def test_numerals_of_one_value_are_in_the_order_of_their_text():
    assert shared.ranked(["1", "01", "1.0"])[0] == ("01", "1", "1.0")


def test_categories_that_are_no_labels_are_refused():
    with pytest.raises(InputError, match=r"^Who needs class labels, got numbers such as 1\.5"):
        shared.labels(pd.Series([1.5, 2.5], dtype="category"), "Who")


def test_the_last_class_is_counted_where_it_does_not_occur():
    assert shared.occurrences(np.array([0, 1, 0]), ("a", "b", "c")) == {"a": 2, "b": 1, "c": 0}


def test_the_area_of_light_weights_is_that_of_heavy_ones():
    truth, scores = np.array([0, 1, 0, 1]), np.array([0.1, 0.2, 0.3, 0.4])
    for weight in (0.01, 1, 100):
        area = shared.roc_auc(truth, scores)(np.full((1, 4), weight))
        assert area == pytest.approx(0.75)


# What a figure holds


def test_the_confusion_counts_each_class_and_its_answer():
    expected = [
        {"truth": "neg", "answer": "neg", "examples": 1},
        {"truth": "neg", "answer": "pos", "examples": 2},
        {"truth": "pos", "answer": "pos", "examples": 1},
    ]
    answers = Prediction(np.array(["neg", "pos", "pos", "pos"]))
    for head in (TWO, Multiclass().fit(["neg", "pos"])):
        drawn = head.figures(["neg", "neg", "neg", "pos"], answers)
        assert list(drawn) == ["confusion"]
        assert charts.numbers(drawn["confusion"]) == expected
    numbers = Multiclass().fit([7, 8]).figures([8, 7], Prediction(np.array([7, 7])))
    assert charts.numbers(numbers["confusion"]) == [
        {"truth": "7", "answer": "7", "examples": 1},
        {"truth": "8", "answer": "7", "examples": 1},
    ]


def test_the_roc_is_that_of_the_second_class_and_needs_both():
    second = np.array([0.1, 0.4, 0.8, 0.3])
    answers = Prediction(
        np.array(["neg", "neg", "pos", "neg"]), np.stack([1 - second, second], 1), TWO.classes
    )
    drawn = TWO.figures(["neg", "neg", "pos", "pos"], answers)
    assert list(drawn) == ["confusion", "roc"]
    model = [row for row in charts.numbers(drawn["roc"]) if row["series"] == "model, area 0.750"]
    points = {(row["x"], row["y"]) for row in model}
    assert {(0.0, 0.0), (0.0, 0.5), (0.5, 0.5), (0.5, 1.0), (1.0, 1.0)} == points
    assert drawn["roc"].axes[0].get_ylabel() == "'pos' found"
    assert list(TWO.figures(["pos"] * 4, answers)) == ["confusion"]


@pytest.mark.parametrize("columns", [1, 2])
def test_numbers_are_drawn_against_the_truth_and_in_order(columns):
    truth = pd.DataFrame({"warm": [1.0, 2.0, 4.0], "wet": [0.1, 0.2, 0.3]}).iloc[:, :columns]
    head = Regression().fit(truth if columns == 2 else truth["warm"].to_numpy())
    names = list(truth.columns) if columns == 2 else ["answer"]
    answers = truth.to_numpy() + 0.5
    drawn = head.figures(truth, Prediction(answers[:, 0] if columns == 1 else answers))
    assert list(drawn) == ["predicted against actual", "in order"]
    rows = charts.numbers(drawn["predicted against actual"])
    order = charts.numbers(drawn["in order"])
    for i, name in enumerate(names):
        pairs = [(row["x"], row["y"]) for row in rows if row["panel"] == name]
        assert pairs == [(x, x + 0.5) for x in truth.iloc[:, i]]
        panel = "Predicted and actual, in order" if i == 0 else name
        both = {
            series: [row["y"] for row in order if (row["panel"], row["series"]) == (panel, series)]
            for series in ("actual", "predicted")
        }
        assert both == {
            "actual": truth.iloc[:, i].tolist(),
            "predicted": answers[:, i].tolist(),
        }
    assert [axes.get_ylabel() for axes in drawn["in order"].axes] == names
