"""Drawings in IAM, stroke-3, Quick Draw, UJI and Omniglot files."""

import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from ink_written import (
    UJI,
    UNIPEN,
    doodles,
    drawings,
    iam,
    objects,
    omniglot,
    sketches,
    ways,
    zipped,
)

import seqmodels as sm
from seqmodels.core.errors import InputError
from seqmodels.data.strokes.dataset import look, strokes


def test_lines_of_iam_have_their_text_their_form_and_their_writer(tmp_path):
    lines = drawings(iam(tmp_path))
    assert len(lines) == 6
    assert lines[1].labels["text"] == "line 2 of a01-000u"
    assert lines[1].groups == {"writer": "1000", "form": "a01-000u"}
    assert lines[1].points.tolist() == [
        [0, 0, 0],
        [0, 0, 0],
        [0, 0, 1],
        [1, 2, 0],
        [1, 2, 0],
        [1, 2, 1],
    ]


def test_the_folder_of_lines_alone_finds_what_is_beside_it(tmp_path):
    lines = drawings(iam(tmp_path) / "lineStrokes")
    assert lines[0].labels["text"] == "line 1 of a01-000u"
    assert lines[0].groups["writer"] == "1000"


def test_free_text_is_refused_with_the_targets_that_can_be_learned(tmp_path):
    with pytest.raises(InputError, match=r"text.*'writer' \(2 kinds\)"):
        sm.read(iam(tmp_path))
    dataset = sm.read(tmp_path, target="writer")
    assert set(dataset.train.targets["writer"]) == {"1000", "1001"}
    assert "writer" not in dataset.train.groups


def test_a_whole_session_brings_its_own_transcription(tmp_path):
    path = tmp_path / "strokesz.xml"
    path.write_text(
        '<WhiteboardCaptureSession><General><Form formID="c03-000z" writerID="10"/></General>'
        '<Transcription><Text>Two words</Text><TextLine id="1" text="Two words"/></Transcription>'
        '<StrokeSet><Stroke><Point x="1" y="2"/></Stroke></StrokeSet></WhiteboardCaptureSession>'
    )
    (one,) = drawings(path)
    assert one.labels == {"text": "Two words"}
    assert one.groups == {"writer": "10", "form": "c03-000z"}


def test_the_published_parts_of_iam_are_kept(tmp_path):
    iam(tmp_path)
    (tmp_path / "trainset.txt").write_text(" a01-000u\n a01-001z\n")
    (tmp_path / "testset_f.txt").write_text(" b02-000\n")
    assert [one.part for one in drawings(tmp_path)] == ["train"] * 4 + ["test"] * 2


@pytest.mark.parametrize("protocol", [None, 0, 2, 4])
def test_pickled_sketches_are_read_without_running_a_pickle(tmp_path, protocol, monkeypatch):
    path = sketches(tmp_path / "cat.npz", protocol)
    monkeypatch.setattr(pickle, "loads", None)
    found = drawings(path)
    assert len(found) == 18
    assert found[4].points.tolist() == ways(4).tolist()
    assert [found[row].part for row in (0, 6, 12)] == ["train", "valid", "test"]


def test_sketches_as_python_2_pickled_them_are_read(tmp_path):
    array = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
    kind = b"cnumpy\ndtype\nU\x02%bK\x00K\x01\x87R(K\x03U\x01%bNNN"
    kind += 2 * b"J\xff\xff\xff\xff" + b"K\x00tb"
    rows = [ways(5), ways(6).astype(">i2")]
    inside = b"".join(
        array
        + b"(K\x01K\x03K\x03\x86"
        + kind % (b"i2", order)
        + b"\x89U\x12"
        + row.tobytes()
        + b"tb"
        for row, order in zip(rows, (b"<", b">"), strict=True)
    )
    whole = array + b"(K\x01K\x02\x85" + kind % (b"O8", b"|") + b"\x89](" + inside + b"etb."
    stream = io.BytesIO()
    header = {"descr": "|O", "fortran_order": False, "shape": (2,)}
    np.lib.format.write_array_header_1_0(stream, header)
    path = zipped(tmp_path / "cat.npz", "train.npy", stream.getvalue() + b"\x80\x02" + whole)
    found = drawings(path)
    assert [one.points.tolist() for one in found] == [ways(5).tolist(), ways(6).tolist()]


def test_a_folder_of_sketches_has_a_class_a_file_and_the_published_parts(tmp_path):
    for name in ("cat", "dog", "sheep"):
        sketches(tmp_path / f"{name}.npz")
    dataset = sm.read(tmp_path)
    assert len(dataset.train) == len(dataset.valid) == len(dataset.test) == 18
    assert set(dataset.test.targets["label"]) == {"cat", "dog", "sheep"}
    assert dataset.encoder.form == "offsets"
    assert dataset.head == "multiclass"


def test_plain_sketches_need_no_pickle(tmp_path):
    path = tmp_path / "shapes.npz"
    points = np.concatenate([ways(row) for row in range(4)])
    np.savez(path, points=points, offsets=np.arange(5) * 3, labels=np.array(["a", "b"] * 2))
    found = drawings(path)
    assert [one.labels["label"] for one in found] == ["a", "b", "a", "b"]
    assert found[3].points.tolist() == ways(3).tolist()


def test_a_pickle_that_asks_for_anything_else_is_refused_and_nothing_is_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return Path.touch, (tmp_path / "sprung",)

    path = tmp_path / "cat.npz"
    rows = objects([ways(0), Trap()])  # type: ignore[list-item]
    np.savez(path, train=rows, test=rows)
    with pytest.raises(InputError, match=r"cat\.npz, train.*asks for.*run"):
        strokes(path)
    assert not (tmp_path / "sprung").exists()


def test_a_pickle_with_a_huge_memo_takes_no_memory(tmp_path):
    path = tmp_path / "cat.npz"
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        stream, {"descr": "|O", "fortran_order": False, "shape": (1,)}
    )
    trap = b"\x80\x02]r\xff\xff\xff\x7f."  # memoises an empty list as number 2 ** 31 - 1
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("train.npy", stream.getvalue() + trap)
    with pytest.raises(InputError, match=r"Nothing.*run"):
        strokes(path)


def test_doodles_raw_and_simplified_are_read_and_recognised_ones_can_be_asked_for(tmp_path):
    found = drawings(doodles(tmp_path))
    assert len(found) == 20
    assert found[2].points.tolist() == [[0, 3, 0], [3, 4, 0], [5, 5, 1]] * 2
    assert (found[0].labels, found[0].groups) == ({"word": "cat"}, {"country": "DE"})
    assert len(drawings(tmp_path, recognized=True)) == 18
    assert len(drawings(tmp_path, most=3)) == 6
    dataset = sm.read(tmp_path, recognized="true")
    assert (len(dataset.train) + len(dataset.test), dataset.head) == (18, "binary")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_uji_knows_writers_sessions_and_parts_in_any_usual_encoding(tmp_path, encoding):
    path = tmp_path / "ujipenchars2.txt"
    path.write_bytes(UJI.format(a="a", n="ñ").replace("\n", "\r\n").encode(encoding))
    first, second = drawings(path)
    assert first.points.tolist() == [[1, 2, 0], [3, 4, 1], [5, 6, 1]]
    assert (first.labels, first.part) == ({"character": "a"}, "train")
    assert first.groups == {"writer": "UJI_W01", "session": "UJI_W01-01"}
    assert (second.labels, second.part) == ({"character": "ñ"}, "test")


def test_the_first_version_of_uji_is_read_by_segments_and_its_file_names_the_writer(tmp_path):
    (tmp_path / "UJIpenchars-w03").write_text(UNIPEN)
    i, j = drawings(tmp_path)
    assert i.points.tolist() == [[10, 20, 0], [11, 25, 1], [10, 5, 1]]
    assert (i.labels, j.labels) == ({"character": "i"}, {"character": "j"})
    assert i.groups == {"writer": "w03"}


def test_omniglots_zip_is_read_in_place_with_alphabets_characters_and_drawers(tmp_path):
    found = drawings(omniglot(tmp_path / "strokes.zip"))
    assert len(found) == 12
    assert found[0].points.tolist() == [[1, -2, 0], [3.5, -4, 1], [5, -6, 1]]
    assert found[0].labels == {"character": "Greek/character01", "alphabet": "Greek"}
    assert found[0].groups == {"drawer": "Greek/01"}
    assert list(tmp_path.iterdir()) == [tmp_path / "strokes.zip"]


def test_a_zip_in_a_folder_is_found_and_two_are_a_choice(tmp_path):
    omniglot(tmp_path / "one.zip")
    assert look(tmp_path, {}).arguments == {"format": "omniglot"}  # type: ignore[union-attr]
    omniglot(tmp_path / "two.zip")
    with pytest.raises(InputError, match=r"'one\.zip', 'two\.zip'"):
        look(tmp_path, {})


def test_real_omniglot_has_its_five_alphabets(shared_data):
    path = shared_data / "omniglot_strokes" / "strokes_background_small1.zip"
    dataset = sm.read(path, target="alphabet", group_by="drawer")
    assert len(dataset.train) + len(dataset.test) == 2720
    assert len(set(dataset.train.targets["alphabet"])) == 5
    assert not set(dataset.train.groups["drawer"]) & set(dataset.test.groups["drawer"])
