"""Keras's imdb.npz: ids become words, and a pickle is not run."""

import io
import os
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from reviews_written import lists, rows_of, write_npz

from seqmodels.core.errors import InputError
from seqmodels.data.texts.imdb import imdb

pytestmark = pytest.mark.usefixtures("no_network")


def replace_member(path: Path, name: str, data: bytes) -> None:
    with zipfile.ZipFile(path) as archive:
        members = {each: archive.read(each) for each in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, old in members.items():
            archive.writestr(each, data if each == name else old)


def npy(packed: bytes, rows: int = 3) -> bytes:
    """Return an array file whose values are the pickle `packed`."""
    stream = io.BytesIO()
    header = {"descr": "|O", "fortran_order": False, "shape": (rows,)}
    np.lib.format.write_array_header_1_0(stream, header)
    return stream.getvalue() + packed


def test_keras_arrays_become_words(tmp_path):
    dataset = imdb(write_npz(tmp_path))
    assert rows_of(dataset.train) == [
        ("good film", "pos"),
        ("fine don't", "pos"),
        ("bad film", "neg"),
    ]
    assert rows_of(dataset.test) == [("good", "pos"), ("bad", "neg")]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_protocol_of_pickle_is_read(tmp_path, protocol):
    path = write_npz(tmp_path)
    rows = lists([1, 1], [2], [3])
    replace_member(path, "x_train.npy", npy(pickle.dumps(rows, protocol)))
    assert imdb(path).train.inputs == ["film film", "good", "bad"]


class Hostile:
    def __init__(self, touched: Path):
        self.touched = touched

    def __reduce__(self):
        return os.mkdir, (str(self.touched),)


@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize("inside", [False, True])
def test_a_hostile_pickle_is_refused_without_running(tmp_path, protocol, inside):
    path, touched = write_npz(tmp_path), tmp_path / "touched"
    hostile = Hostile(touched)
    packed = pickle.dumps(lists([1], [2], [hostile]) if inside else hostile, protocol)  # type: ignore[list-item]
    replace_member(path, "x_train.npy", npy(packed))
    with pytest.raises(InputError, match=r"imdb\.npz.*it asks for (posix|nt)\.mkdir"):
        imdb(path)
    assert not touched.exists()
    with np.load(path, allow_pickle=True) as arrays:
        _ = arrays["x_train"]
    assert touched.exists()  # it was a real one


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        pickle.dumps(5),
        pickle.dumps(lists([1], [2], ["text"])),  # type: ignore[list-item]
        pickle.dumps(lists([1], [2], [1.5])),  # type: ignore[list-item]
        pickle.dumps(lists([1], [2], [[1]])),  # type: ignore[list-item]
        pickle.dumps(lists([1], [2], [2**40])),
        pickle.dumps(lists([1], [2])),
        pickle.dumps(lists(*[[1] * 2000] * 3)),  # three times the same list: small, yet large
        b"cbuiltins\neval\n(S'1'\ntR.",
    ],
)
def test_a_pickle_of_something_else_is_refused(tmp_path, packed):
    path = write_npz(tmp_path)
    replace_member(path, "x_train.npy", npy(packed))
    with pytest.raises(InputError, match=r"Cannot read .*imdb\.npz"):
        imdb(path)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited as Linux does")
@pytest.mark.parametrize(
    "step",
    [
        b"r\xff\xff\xff\x7f",  # the memo's place 2**31 - 1, for which C's unpickler allots 32 GiB
        b"p2147483647\n",
        b"\x96" + (2**34).to_bytes(8, "little"),  # a bytearray of 16 GiB, of which nothing comes
        b"B\xff\xff\xff\x7f",
        b"\x95" + (2**40).to_bytes(8, "little"),  # a frame
    ],
    ids=str,
)
def test_a_pickle_gets_no_memory_for_what_it_only_announces(tmp_path, step):
    path = write_npz(tmp_path)
    replace_member(path, "x_train.npy", npy(b"\x80\x04](K\x01" + step + b"e."))
    code = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from seqmodels.data.texts.keras_imdb import read_npz\n"
        "used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + 2**26, -1))\n"
        "try: read_npz(Path(sys.argv[1]))\n"
        "except ValueError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True, check=True
    )
    assert "are not lists of whole numbers: " in done.stdout
    assert "MemoryError" not in done.stdout


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"x_train": lists([2], [3], [7])}, "row 2 .*ids from 7 to 7.*words 1 to 6"),
        ({"x_train": lists([2], [0], [1])}, "row 1 .*ids from 0"),
        ({"x_train": lists([2], [4], [])}, "without a word, in row 1, 2"),
        ({"x_train": np.array([[1, 2], [3, 1]])}, "one dimension"),
        ({"x_train": np.array([1, 2, 3])}, "not lists"),
        ({"y_train": np.array([1, 0])}, "3 reviews, 2 labels"),
        ({"y_train": np.array([1, 1, 1])}, "both labels"),
        ({"y_train": np.array([1, 0, 2])}, "both labels"),
        ({"y_train": np.array([1.0, 0, 1])}, "whole numbers"),
    ],
)
def test_arrays_that_are_not_reviews_are_refused(tmp_path, changed, message):
    with pytest.raises(InputError, match=message):
        imdb(write_npz(tmp_path, **changed))


def test_an_npz_that_lacks_a_part_or_its_word_list_is_named(tmp_path):
    path = write_npz(tmp_path)
    (tmp_path / "imdb_word_index.json").write_text('{"a": 2}')
    with pytest.raises(InputError, match="do not count from 1"):
        imdb(path)
    (tmp_path / "imdb_word_index.json").unlink()
    with pytest.raises(InputError, match=r"imdb_word_index\.json.*missing"):
        imdb(path)
    write_npz(tmp_path)
    np.savez(path, x_train=np.zeros(3))
    with pytest.raises(InputError, match=r"no 'x_train\.npy'|are float64"):
        imdb(path)
    path.write_bytes(b"PK no zip")
    with pytest.raises(InputError, match="does not unpack"):
        imdb(path)


def test_a_zip_that_would_unpack_to_very_much_is_refused_unread(tmp_path):
    path = write_npz(tmp_path)
    replace_member(path, "x_train.npy", bytes(110_000_000))
    assert path.stat().st_size < 1_000_000
    with pytest.raises(InputError, match="110,000,000"):
        imdb(path)
