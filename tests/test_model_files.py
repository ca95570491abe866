"""A saved model: the same answers after load, nothing run from its files, every fault named."""

import json
import pickle
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from forging import archive, describe, forge, members, npy, weigh

import seqmodels as sm
from seqmodels.encoders import TextEncoder

TEXTS = ["a good film", "a bad film", "bad", "good good acting and nothing else", "the plot"]


@pytest.fixture(scope="module")
def model() -> sm.SequenceModel:
    encoder = TextEncoder(words=20, length=10).fit(TEXTS)
    head = sm.Binary().fit(["pos", "neg", "neg", "pos", "pos"])
    return sm.SequenceModel(encoder, sm.Backbone(units=6, bidirectional=True), head, seed=4)


@pytest.fixture
def saved(model, tmp_path):
    model.save(tmp_path / "model")
    return tmp_path / "model"


def test_a_loaded_model_is_the_saved_one(model, saved):
    again = sm.load(saved)
    assert again.encoder == model.encoder
    assert again.head == model.head
    assert again.backbone == model.backbone
    np.testing.assert_allclose(again.predict(TEXTS).scores, model.predict(TEXTS).scores, atol=1e-6)


def test_a_model_answers_the_same_in_a_new_process_alone_and_in_a_batch(model, saved):
    code = (
        "import sys, json, seqmodels as sm\n"
        "model, texts = sm.load(sys.argv[1]), json.loads(sys.argv[2])\n"
        "together = model.predict(texts).scores.tolist()\n"
        "alone = [model.predict([text]).scores[0].tolist() for text in texts]\n"
        "print(json.dumps([together, alone]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(saved), json.dumps(TEXTS)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    together, alone = json.loads(done.stdout)
    expected = model.predict(TEXTS).scores
    np.testing.assert_allclose(together, expected, atol=1e-6)
    np.testing.assert_allclose(alone, expected, atol=1e-6)


def test_nothing_but_plain_files_is_saved(saved):
    assert sorted(path.name for path in saved.iterdir()) == [
        "manifest.json", "model.json", "weights.npz",
    ]  # fmt: skip
    with np.load(saved / "weights.npz", allow_pickle=False) as file:
        assert "lstm_0/forward/recurrent_kernel" in file.files
        assert len(file["model.sha256"]) == 64
        names = set(file.files) - {"model.sha256"}
        assert all(file[name].dtype == np.float32 for name in names)


def test_a_model_is_never_written_over(model, saved):
    with pytest.raises(sm.InputError, match="exists"):
        model.save(saved)


@pytest.mark.parametrize("name", ["model.json", "weights.npz"])
def test_a_missing_file_is_named(saved, name):
    (saved / name).unlink()
    with pytest.raises(sm.InputError, match=rf"{name} is missing"):
        sm.load(saved)


@pytest.mark.parametrize("name", ["model.json", "weights.npz"])
def test_a_truncated_file_is_named(saved, name):
    data = (saved / name).read_bytes()
    (saved / name).write_bytes(data[: len(data) // 2])
    with pytest.raises(sm.InputError, match=rf"{name} is not as it was saved"):
        sm.load(saved)


@pytest.mark.parametrize("name", ["model.json", "weights.npz", "manifest.json"])
def test_a_flipped_byte_anywhere_is_found(saved, name):
    whole = (saved / name).read_bytes()
    for place in np.linspace(0, len(whole) - 2, 40).astype(int):
        data = bytearray(whole)
        data[place] ^= 0x04
        (saved / name).write_bytes(data)
        with pytest.raises(sm.InputError):
            sm.load(saved)


def test_a_change_tells_the_sizes_only_where_they_differ(saved):
    path = saved / "weights.npz"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x04
    path.write_bytes(data)
    with pytest.raises(sm.InputError) as told:
        sm.load(saved)
    assert "sha256" in str(told.value)
    assert "bytes" not in str(told.value)
    path.write_bytes(data[:-1])
    with pytest.raises(sm.InputError, match=f"it has {len(data) - 1:,} bytes of {len(data):,}"):
        sm.load(saved)


def test_both_damaged_files_are_named_at_once(saved):
    (saved / "model.json").unlink()
    (saved / "weights.npz").write_bytes(b"")
    with pytest.raises(sm.InputError, match=r"(?s)model\.json is missing.*weights\.npz is not as"):
        sm.load(saved)


class Bomb:
    def __reduce__(self):
        return (open, ("/tmp/seqmodels-was-here", "w"))


def test_a_pickle_among_the_weights_is_refused_and_never_run(saved):
    was_here = Path("/tmp/seqmodels-was-here")
    was_here.unlink(missing_ok=True)
    pickled = npy(np.array([Bomb()], dtype=object))
    weigh(saved, archive(members(saved) | {"outputs/bias.npy": pickled}))
    with pytest.raises(sm.InputError, match=r"does not fit its model\.json: 'outputs/bias'"):
        sm.load(saved)
    weigh(saved, pickle.dumps(Bomb()).ljust((saved / "weights.npz").stat().st_size, b"."))
    with pytest.raises(sm.InputError, match="is not a file of weights"):
        sm.load(saved)
    assert not was_here.exists()


def test_weights_that_unpack_to_more_than_they_hold_are_refused(saved):
    found = members(saved) | {"outputs/bias.npy": npy(np.zeros(500_000, np.float32))}
    weigh(saved, archive(found, zipfile.ZIP_DEFLATED))
    with pytest.raises(sm.InputError, match="would unpack to more than it holds"):
        sm.load(saved)


def test_weights_of_another_shape_or_name_are_named(saved):
    found = members(saved) | {"outputs/bias.npy": npy(np.zeros(2, np.float32))}
    found["outputs/more.npy"] = npy(np.zeros(1))
    weigh(saved, archive(found))
    with pytest.raises(sm.InputError, match=r"does not fit its .*'outputs/bias', 'outputs/more'"):
        sm.load(saved)


def test_weights_of_another_model_are_refused_although_they_would_fit(model, saved, tmp_path):
    other = sm.SequenceModel(model.encoder, model.backbone, sm.Binary().fit(["no", "yes"]))
    other.save(tmp_path / "other")
    forge(saved, "weights.npz", (tmp_path / "other" / "weights.npz").read_bytes())
    with pytest.raises(sm.InputError, match=r"weights\.npz does not belong to its model\.json"):
        sm.load(saved)
    weigh(saved, (tmp_path / "other" / "weights.npz").read_bytes())  # model.json agrees, too
    with pytest.raises(sm.InputError, match=r"weights\.npz does not belong to its model\.json"):
        sm.load(saved)


def test_a_description_of_another_model_is_refused_although_it_would_fit(saved):
    head = json.loads((saved / "model.json").read_text())["head"]
    describe(saved, head=head | {"classes": ["pos", "neg"]})  # every answer turned round
    with pytest.raises(sm.InputError, match=r"weights\.npz does not belong to its model\.json"):
        sm.load(saved)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 99},
        {"extra": 1},
        {"backbone": {"units": -1}},
        {"backbone": {"units": 6, "wings": 2}},
        {"head": {"name": "binary", "module": "x", "threshold": "high"}},
        {"head": {"name": "os.system", "module": "os"}},
        {"encoder": {"name": "text", "module": "x", "words": [], "vocabulary": ["a"]}},
    ],
    ids=str,
)
def test_an_edited_description_is_refused(saved, change):
    describe(saved, **change)
    with pytest.raises(sm.InputError):
        sm.load(saved)


def test_a_description_of_great_depth_is_refused(saved):
    forge(saved, "model.json", b'{"format":' + b"[" * 100_000 + b"]" * 100_000 + b"}")
    with pytest.raises(sm.InputError, match="nested more than"):
        sm.load(saved)


def test_a_failed_save_leaves_nothing(model, tmp_path, monkeypatch):
    def full(*arguments, **named):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np.lib.format, "write_array", full)
    with pytest.raises(sm.InputError, match="No space left on device"):
        model.save(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_a_model_directory_can_be_copied_anywhere(model, saved, tmp_path):
    shutil.copytree(saved, tmp_path / "elsewhere" / "deeper")
    again = sm.load(tmp_path / "elsewhere" / "deeper")
    assert again.predict(TEXTS).answers.tolist() == model.predict(TEXTS).answers.tolist()
