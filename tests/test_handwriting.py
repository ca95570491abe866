"""Drawn and scanned digits: what is in the files, and what is wrong with broken ones."""

import numpy as np
import pytest

from seqmodels import InputError
from seqmodels.core.registry import DATASETS
from seqmodels.data.builtin import digits, handwriting
from seqmodels.data.generated.digits import TEST_SHARE, probe

LINE = " 47,100, 27, 81, 57, 37, 26,  0,  0, 23, 56, 53,100, 90, 40, 98, 8"
NAMES = {str(digit) for digit in range(10)}


@pytest.fixture
def pendigits(tmp_path):
    for name in ("pendigits.tra", "pendigits.tes"):
        (tmp_path / name).write_text(f"{LINE}\r\n{LINE}\n\n")
    return tmp_path


def strokes(**changed):
    """Return the arrays of two drawings, of 3 and 2 points."""
    points = [[9, 9, 0, 0], [1, 0, 1, 0], [0, 1, 1, 1], [5, 5, 0, 0], [2, 2, 1, 1]]
    whole = {
        "points": np.array(points, np.int8),
        "offsets": np.array([0, 3, 5]),
        "labels": np.array([4, 1], np.int8),
    }
    return {name: value for name, value in (whole | changed).items() if value is not None}


@pytest.fixture
def mnist(tmp_path):
    for name in ("train.npz", "test.npz"):
        np.savez(tmp_path / name, **strokes())
    return tmp_path


def test_a_line_of_pendigits_is_eight_points_and_a_digit(pendigits):
    train = handwriting(pendigits).train
    assert train.targets["digit"] == ["8", "8"]
    assert train.inputs[1].tolist()[:2] == [[47, 100], [27, 81]]
    assert train.inputs[1].shape == (8, 2)


def test_the_folder_may_be_named_by_its_parent_or_by_a_file(pendigits, tmp_path_factory):
    assert len(handwriting(pendigits / "pendigits.tra").test) == 2
    parent = tmp_path_factory.mktemp("data")
    pendigits.rename(parent / "pendigits")
    assert len(handwriting(parent).test) == 2


def test_the_files_are_found_where_the_variable_points(pendigits, monkeypatch):
    monkeypatch.setenv("SEQMODELS_DATA", str(pendigits))
    assert len(handwriting().train) == 2


def test_missing_files_are_named_with_their_publisher_and_place(pendigits, monkeypatch):
    (pendigits / "pendigits.tes").unlink()
    with pytest.raises(InputError, match=r"'pendigits.tes' not found in .*archive.ics.uci.edu"):
        handwriting(pendigits)
    monkeypatch.setenv("SEQMODELS_DATA", str(pendigits / "nowhere"))
    monkeypatch.setattr("seqmodels.data.download.cache_folder", lambda: pendigits / "nowhere")
    with pytest.raises(InputError, match=r"SEQMODELS_DATA.*uci.*--data FOLDER"):
        handwriting()
    with pytest.raises(InputError, match=r"train.npz and test.npz.*edwin-de-jong"):
        handwriting(pendigits, source="mnist-strokes")


@pytest.mark.parametrize(
    "line", ["1,2,3", LINE.replace("47", "101"), LINE[:-1] + "10", LINE + "x", "\x00\xff"]
)
def test_a_malformed_line_is_named_with_its_file(pendigits, line):
    (pendigits / "pendigits.tes").write_text(f"{LINE}\n{line}\n", encoding="latin-1")
    with pytest.raises(InputError, match=r"pendigits.tes: .*line 2 is .*Fetch the file again"):
        handwriting(pendigits)


def test_an_empty_file_is_named(pendigits):
    (pendigits / "pendigits.tra").write_text("\n")
    with pytest.raises(InputError, match=r"pendigits.tra is empty"):
        handwriting(pendigits)


def test_strokes_are_drawings_of_offsets_with_the_end_of_digit_left_out(mnist):
    data = handwriting(mnist, source="mnist-strokes")
    assert data.train.targets["digit"] == ["4", "1"]
    assert data.train.inputs[1].tolist() == [[5, 5, 0], [2, 2, 1]]
    encoded = data.encoder.fit(data.train.inputs).encode(data.train.inputs)
    assert encoded[0][:, 4].tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"labels": None}, "no array 'labels'"),
        ({"labels": np.array([4, 10])}, "digits from 0 to 9, got 10"),
        ({"labels": np.array([4.0, 1.0])}, "'labels' needs whole numbers"),
        ({"labels": np.zeros(0, int), "offsets": np.array([0])}, "there are no drawings"),
        ({"offsets": np.array([0, 5])}, "'offsets' needs 3 numbers for 2 labels, got 2"),
        ({"offsets": np.array([0, 6, 5])}, "must rise from 0 to 5"),
        ({"offsets": np.array([0, 5, 5])}, "must rise from 0 to 5"),
        ({"offsets": np.array([0, 3, 4])}, "must rise from 0 to 5"),
        ({"offsets": np.array([0, 2, 5])}, "end of digit"),
        ({"points": np.zeros((5, 3), np.int8)}, r"needs the shape \[L, 4\], got \[5, 3\]"),
        ({"points": np.full((5, 4), 2, np.int8)}, "need 0 or 1"),
        ({"points": np.array([[None] * 4] * 5)}, "not a whole NumPy archive"),
    ],
)
def test_arrays_that_do_not_fit_are_named(mnist, changed, says):
    np.savez(mnist / "test.npz", **strokes(**changed))
    with pytest.raises(InputError, match=rf"test\.npz: .*{says}"):
        handwriting(mnist, source="mnist-strokes")


@pytest.mark.parametrize("content", [b"", b"text", "half", "one array"])
def test_a_file_that_is_no_whole_archive_is_named(mnist, content):
    file = mnist / "train.npz"
    if content == "one array":
        with file.open("wb") as handle:
            np.save(handle, np.zeros(3))
    else:
        whole = file.read_bytes()
        file.write_bytes(whole[: len(whole) // 2] if content == "half" else content)
    with pytest.raises(InputError, match=r"train\.npz: it is not a whole NumPy archive"):
        handwriting(mnist, source="mnist-strokes")


def test_an_unknown_source_is_refused():
    with pytest.raises(InputError, match="'pendigits', 'mnist-strokes', got 'crayon'"):
        handwriting(source="crayon")  # type: ignore[arg-type]


def test_pendigits_is_as_published(shared_data):
    data = handwriting(shared_data)
    assert (len(data.train), len(data.test)) == (7494, 3498)
    assert set(data.train.targets["digit"]) == set(data.test.targets["digit"]) == NAMES
    assert data.test.targets["digit"].count("0") == 363
    steps = data.encoder.fit(data.train.inputs).encode(data.test.inputs)
    assert set(steps.lengths) == {8}
    assert np.isfinite(steps.values).all()


def test_the_encoded_points_tell_the_digits_apart(shared_data):
    from sklearn.neighbors import KNeighborsClassifier

    data = handwriting(shared_data)
    train, valid = data.train.split(0.2, seed=0, by="digit")
    encoder = data.encoder.fit(train.inputs)
    flat = [encoder.encode(part.inputs).values.reshape(len(part), -1) for part in (train, valid)]
    nearest = KNeighborsClassifier(3).fit(flat[0], train.targets["digit"])
    assert nearest.score(flat[1], valid.targets["digit"]) > 0.98


def test_mnist_strokes_are_as_published(shared_data):
    data = handwriting(shared_data, source="mnist-strokes")
    assert (len(data.train), len(data.test)) == (60_000, 10_000)
    assert data.train.targets["digit"].count("1") == 6742
    assert data.test.inputs.lengths.max() == 108  # type: ignore[attr-defined]
    steps = data.encoder.fit(data.test.inputs).encode(data.test.inputs)
    assert len(steps.values) == 394_103
    assert steps.values[:, 4].sum() >= 10_000  # the pen is lifted at each end


def test_scanned_digits_are_split_by_digit_and_by_seed():
    data = digits()
    assert len(data.train) + len(data.test) == 1797
    assert len(data.test) == pytest.approx(TEST_SHARE * 1797, abs=5)
    for name in NAMES:
        share = data.test.targets["digit"].count(name) / 1797
        assert share == pytest.approx(0.025, abs=0.002)
    assert data.train.inputs[0].shape == (8, 8)
    assert data.train.inputs.values.min() == 0  # type: ignore[attr-defined]
    assert data.train.inputs.values.max() == 16  # type: ignore[attr-defined]
    shown = [data.train.inputs[i].tobytes() for i in range(len(data.train))]
    assert not {row.tobytes() for row in data.test.inputs} & set(shown)
    assert digits().test.targets == data.test.targets
    assert digits(seed=1).test.targets != data.test.targets
    with pytest.raises(InputError, match="seed from 0"):
        digits(seed=-1)


def test_the_probe_of_digits_looks_like_digits():
    small = probe(seed=3)
    assert set(small.train.targets["digit"]) == set(small.test.targets["digit"]) == NAMES
    assert small.train.inputs[0].shape == (8, 8)
    with pytest.raises(InputError, match="seed from 0"):
        probe(seed=-1)


@pytest.mark.parametrize("name", ["digits", "handwriting"])
def test_each_head_has_a_task_and_the_positive_label_exists(name):
    source = DATASETS.get(name)
    assert next(iter(source.tasks)) == "multiclass"
    assert set(source.tasks) == {"binary", "multiclass", "regression"}
    assert source.tasks["binary"].head["positive"] in NAMES
    assert "default" in source.presets
