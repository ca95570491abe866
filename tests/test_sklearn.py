"""The scikit-learn estimators: inputs, tools of scikit-learn, pickles, and mistakes."""

import copy
import pickle
import pickletools
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from seqmodels.core.errors import InputError
from seqmodels.encoders import SeriesEncoder, StrokeEncoder, TextEncoder
from seqmodels.heads import Binary, Multiclass, Regression
from seqmodels.sklearn import SequenceClassifier, SequenceRegressor

RNG = np.random.default_rng(0)
QUICK = {
    "units": 8, "epochs": 25, "learning_rate": 0.02, "dropout": 0, "patience": 0,
    "settings": {"backbone.random_convolutions": 0, "backbone.segment_length": None,
                 "backbone.segment_stride": None, "backbone.max_segments": None,
                 "backbone.segment_scales": 1, "backbone.input_views": False},
}  # fmt: skip
X = RNG.normal(size=(120, 2, 9))  # [N, C, T]
Y = np.where(X[:, 0].sum(axis=1) > 0, "up", "down")
RAGGED = [row[:, : 5 + i % 5] for i, row in enumerate(X)]
TEXTS = [f"{a} {b} film" for a in ("a dull", "an awful", "a fine", "a great") for b in "abcdefghij"]
MOODS = ["bad"] * 20 + ["good"] * 20

FLOAT32 = "the network works in float32: the seventh digit may change with the rows of a batch"
both = parametrize_with_checks(
    [SequenceClassifier(**{**QUICK, "epochs": 40}), SequenceRegressor(**{**QUICK, "epochs": 40})],
    expected_failed_checks=lambda _: {  # held to 1e-5 by `testing.assert_padding_invariant`
        "check_methods_subset_invariance": FLOAT32,
        "check_methods_sample_order_invariance": FLOAT32,
    },
)
api = parametrize_with_checks(
    [SequenceClassifier(**{**QUICK, "epochs": 1}), SequenceRegressor(**{**QUICK, "epochs": 1})],
    legacy=False,
)


@api
def test_scikit_learn_finds_its_interface(estimator, check):
    check(estimator)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # of the checks' own
@both
def test_every_check_of_scikit_learn_passes(estimator, check):
    """All that is asked of a table holds for tables here; one asks for more than float32."""
    check(estimator)


def test_importing_the_estimators_imports_no_tensorflow():
    code = "import seqmodels.sklearn, sys; print({'tensorflow', 'keras'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


@pytest.fixture(scope="module")
def trained():
    return SequenceClassifier(**QUICK).fit(X[:80], Y[:80])


def test_it_learns_what_can_be_learned(trained):
    assert trained.score(X[80:], Y[80:]) > 0.8
    assert trained.classes_.tolist() == ["down", "up"]
    assert trained.n_features_in_ == 2
    assert trained.n_iter_ == len(trained.history_) == QUICK["epochs"]
    assert not any("valid" in name for name in trained.history_[0]), "nothing was held out"


def test_the_same_sequences_in_any_form_have_the_same_answers(trained):
    expected = trained.predict_proba(X[80:])
    np.testing.assert_allclose(expected.sum(axis=1), 1)
    same = {
        "list": list(X[80:]),
        "Series": pd.Series(list(X[80:])),
        "objects": np.array([*X[80:], None], dtype=object)[:-1],
        "float32": X[80:].astype(np.float32),
    }
    for form, given in same.items():
        np.testing.assert_allclose(trained.predict_proba(given), expected, atol=1e-5, err_msg=form)
    last = copy.deepcopy(trained).set_params(channels="last")
    np.testing.assert_allclose(last.predict_proba(X[80:].transpose(0, 2, 1)), expected, atol=1e-6)
    with pytest.raises(ValueError, match="2 channels"):
        last.predict(X[80:])


def test_sequences_of_other_lengths_are_answered(trained):
    assert trained.predict(RAGGED[80:]).shape == (40,)
    assert trained.predict(X[80:, :, :3]).shape == (40,)


def test_a_table_is_sequences_of_one_channel():
    table = pd.DataFrame(X[:, 0], columns=[f"step {i}" for i in range(9)])
    model = SequenceClassifier(**QUICK).fit(table, Y)
    assert model.n_features_in_ == 9
    assert model.feature_names_in_.tolist() == list(table.columns)
    expected = model.predict_proba(table)
    for given in (list(X[:, 0]), X[:, :1]):
        np.testing.assert_allclose(model.predict_proba(given), expected, atol=1e-6)
    with pytest.raises(ValueError, match="feature names"):
        model.predict(table.iloc[:, :5])
    assert model.predict([row[:5] for row in X[:, 0]]).shape == (120,), "a list may be shorter"
    model.set_params(epochs=1).fit(X, Y)
    assert not hasattr(model, "feature_names_in_"), "a second fit forgets the table"


@pytest.mark.parametrize(
    "form",
    [list, tuple, pd.Series, np.array, lambda x: pd.DataFrame({"review": x}),
     lambda x: np.array(x)[:, None]],
    ids=["list", "tuple", "Series", "array", "DataFrame", "column"],
)  # fmt: skip
def test_texts_in_any_form_are_read_as_words(form):
    model = SequenceClassifier(**{**QUICK, "epochs": 10}).fit(form(TEXTS), MOODS)
    assert isinstance(model.model_.encoder, TextEncoder)
    assert model.predict(form(["a great film", "a dull film"])).tolist() == ["good", "bad"]


@pytest.mark.parametrize(
    "labels",
    [
        np.array([3, 1, 2]), np.array([1.0, -2.0, 10.0]), np.array(["10", "9", "x"]),
        np.array([True, False]), np.array(["b", "a"], dtype=object),
    ],
    ids=str,
)  # fmt: skip
def test_probabilities_stand_in_the_order_of_the_classes(labels):
    which = np.arange(60) % len(labels)
    x = RNG.normal(scale=0.1, size=(60, 4)) + which[:, None]
    model = SequenceClassifier(**QUICK).fit(x, labels[which])
    assert model.classes_.tolist() == sorted(labels.tolist())
    found = model.predict(x)
    assert found.dtype == labels.dtype
    assert model.score(x, labels[which]) > 0.9
    np.testing.assert_array_equal(model.classes_[model.predict_proba(x).argmax(axis=1)], found)


def test_several_numbers_are_answered_in_their_own_units():
    x = RNG.normal(size=(200, 6))
    y = 1e3 * np.stack([x.sum(axis=1), x[:, -1] - 7], axis=1)
    model = SequenceRegressor(**{**QUICK, "units": 16}).fit(x[:150], y[:150])
    assert model.predict(x[150:]).shape == (50, 2)
    dummy = DummyRegressor().fit(x[:150], y[:150])
    assert model.score(x[150:], y[150:]) > 0.5 > dummy.score(x[150:], y[150:])


def test_early_stopping_holds_rows_out_and_trains_less():
    model = SequenceClassifier(**{**QUICK, "epochs": 200, "patience": 2}).fit(X, RNG.permutation(Y))
    assert model.n_iter_ < 200
    assert "valid_loss" in model.history_[0]


def test_the_same_random_state_gives_the_same_model(trained):
    again = clone(trained).fit(X[:80], Y[:80])
    np.testing.assert_array_equal(again.predict_proba(X), trained.predict_proba(X))
    other = clone(trained).set_params(random_state=1).fit(X[:80], Y[:80])
    assert (other.predict_proba(X) != trained.predict_proba(X)).any()


def test_encoder_and_head_may_be_given():
    drawings = [np.cumsum(RNG.normal(size=(5 + i % 4, 2)), axis=0) for i in range(40)]
    model = SequenceClassifier(
        **{**QUICK, "epochs": 1}, encoder=StrokeEncoder(), head=Multiclass(), channels="last"
    )
    model.fit(drawings, ["a", "b"] * 20)
    assert clone(model).get_params()["encoder"] == StrokeEncoder()
    assert isinstance(model.model_.head, Multiclass)
    median = SequenceRegressor(**{**QUICK, "epochs": 1}, head=Regression(answer="median"))
    assert median.fit(X, X[:, 0, 0]).predict(X[:3]).shape == (3,)


def test_a_pickle_holds_plain_files_and_no_network(trained):
    data = pickle.dumps(trained)
    names = {str(arg) for op, arg, _ in pickletools.genops(data) if isinstance(arg, str)}
    assert not {name for name in names if name.split(".")[0] in ("keras", "tensorflow")}
    assert {"model.json", "weights.npz", "manifest.json"} <= names
    again = pickle.loads(data)
    np.testing.assert_array_equal(again.predict_proba(X), trained.predict_proba(X))
    assert again.get_params() == trained.get_params()


def test_a_damaged_pickle_is_refused(trained):
    state = trained.__getstate__()
    weights = bytearray(state["model_"]["weights.npz"])
    weights[len(weights) // 2] ^= 1
    state["model_"] = {**state["model_"], "weights.npz": bytes(weights)}
    with pytest.raises(InputError, match=r"weights\.npz is not as it was saved"):
        SequenceClassifier().__setstate__(state)


def test_it_works_in_the_tools_of_scikit_learn():
    quick = SequenceClassifier(**{**QUICK, "epochs": 4})
    scaled = make_pipeline(StandardScaler(), quick)
    assert scaled.fit(X[:, 0], Y).predict(X[:, 0]).shape == (120,)
    assert scaled.n_features_in_ == 9
    shorter = make_pipeline(FunctionTransformer(lambda rows: [row[:, -4:] for row in rows]), quick)
    search = GridSearchCV(shorter, {"sequenceclassifier__units": [4, np.int64(6)]}, cv=2)
    search.fit(RAGGED, Y)
    assert search.best_estimator_[-1].model_.backbone.units in (4, 6)
    assert cross_val_score(quick, TEXTS, MOODS, cv=2).shape == (2,)
    calibrated = CalibratedClassifierCV(quick, cv=2, ensemble=False).fit(X, Y)
    np.testing.assert_allclose(calibrated.predict_proba(X).sum(axis=1), 1)
    scores = cross_val_score(SequenceRegressor(**{**QUICK, "epochs": 2}), X, X[:, 0, 0], cv=2)
    assert np.isfinite(scores).all()


@pytest.mark.slow
def test_several_searches_run_side_by_side():
    found = cross_val_score(SequenceClassifier(units=4, epochs=1), X, Y, cv=2, n_jobs=1)
    again = cross_val_score(SequenceClassifier(units=4, epochs=1), X, Y, cv=2, n_jobs=2)
    np.testing.assert_allclose(found, again)


def archive(path):
    """Return the sequences [C, T] and the labels of a .ts file without times."""
    rows = path.read_text(encoding="utf-8").partition("@data")[2].split()
    fields = [row.split(":") for row in rows]
    inputs = [np.array([one.split(",") for one in row[:-1]], float) for row in fields]
    return inputs, [row[-1] for row in fields]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["GunPoint", "JapaneseVowels"])
def test_of_real_archives_half_the_majoritys_errors_are_gone(name, shared_data):
    parts = [shared_data / "ucr" / name / f"{name}_{part}.ts" for part in ("TRAIN", "TEST")]
    train, (inputs, labels) = map(archive, parts)
    majority = DummyClassifier().fit(*train).score(inputs, labels)
    model = SequenceClassifier().fit(*train)
    assert 1 - model.score(inputs, labels) < (1 - majority) / 2


BROKEN = {
    "NaN": (X * np.where(np.arange(9) == 4, np.nan, 1), Y, "NaN"),
    "NaN in a list": ([X[0], X[1] * np.nan], ["a", "b"], "row 1, step 0"),
    "infinite": (np.where(X[:, 0] > 2, np.inf, X[:, 0]), Y, "infinity"),
    "nothing": ([], [], "at least 1 sample"),
    "one row": (X[:1], Y[:1], "1 class"),
    "no steps": (X[:, :, :0], Y, "at least one step"),
    "an empty sequence": ([X[0], X[0][:, :0]], ["a", "b"], "row 1"),
    "other channels": ([X[0], X[1][:1]], ["a", "b"], "row 1 has 1"),
    "four dimensions": (X[:, :, :, None], Y, r"\[N, C, T\]"),
    "text among numbers": ([X[0], "b"], ["a", "b"], "row 0"),
    "numbers among texts": (["a", 3, None], ["a", "b", "a"], "row 1, 2"),
    "one text": ("a fine film", ["a"], "needs a list of texts"),
    "a text without a word": (["one", "two", "?!"], ["a", "b", "a"], "row 2"),
    "numbers, no rows": ([1.0, 2.0], ["a", "b"], "Row 0 needs the shape"),
    "a single column of numbers": (X[:, 0, 0], Y, "Reshape your data"),
    "ragged rows of one sequence": ([[[1], [2, 3]], [[1], [2]]], ["a", "b"], "Row 0 is not"),
    "a label missing": (X, np.where(Y == "up", np.nan, 1.0), "y contains NaN"),
    "no labels": (X, None, "requires y"),
    "too few labels": (X, Y[:5], "inconsistent numbers of samples"),
    "one class": (X, ["a"] * 120, "2 classes, got 1 class"),
    "numbers for labels": (X, X[:, 0, 0], "Unknown label type"),
}


@pytest.mark.parametrize(("x", "y", "says"), BROKEN.values(), ids=BROKEN)
def test_data_that_cannot_be_read_are_one_clear_error(x, y, says):
    with pytest.raises(ValueError, match=says):
        SequenceClassifier(**QUICK).fit(x, y)


def test_every_wrong_parameter_is_told_at_once():
    wrong = {"units": 0, "epochs": "many", "validation_fraction": 1, "channels": "middle",
             "encoder": SeriesEncoder, "dropout": 1.0}  # fmt: skip
    with pytest.raises(InputError) as told:
        SequenceClassifier(**wrong).fit(X, Y)
    assert len(told.value.problems) == len(wrong)
    for name in wrong:
        assert any(f"'{name}' of SequenceClassifier" in one for one in told.value.problems), name


def test_a_head_that_answers_other_labels_is_refused():
    with pytest.raises(InputError, match="this one answers 'not "):
        SequenceClassifier(**QUICK, head=Binary(positive=("up", "over"))).fit(
            X, np.where(X[:, 1, 0] > 0, Y, "over")
        )
