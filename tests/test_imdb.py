"""Film reviews from each of their sources, and from files that are not what they seem."""

import gzip
import io
import json
import os
import pickle
import random
import subprocess
import sys
import tarfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from seqmodels.core.dataset import Dataset
from seqmodels.core.errors import InputError
from seqmodels.core.examples import Examples
from seqmodels.core.registry import DATASETS
from seqmodels.data import download
from seqmodels.data.texts.imdb import URL, imdb
from seqmodels.encoders.splitting import split as split_words

REVIEWS = {
    "train/pos/0_9.txt": "A <br /><br />GOOD film, don't miss it.",
    "train/pos/10_7.txt": "Fine: café.",
    "train/pos/2_10.txt": "Superb!",
    "train/neg/0_3.txt": "Bad film.",
    "train/neg/1_1.txt": "Awful.",
    "test/pos/0_8.txt": "good",
    "test/neg/0_4.txt": "bad",
}
OTHERS = {"README": "About.", "train/urls_pos.txt": "an address", "train/unsup/0_0.txt": "?"}
WORDS = ["film", "good", "bad", "br", "don't", "fine"]

Change = Callable[[tarfile.TarInfo], None]


def write_tree(folder: Path, reviews: dict[str, str] = REVIEWS) -> Path:
    for name, text in (OTHERS | reviews).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def tar(reviews: dict[str, str] = REVIEWS, change: dict[str, Change] | None = None) -> bytes:
    """Return an archive, unpacked; `change` alters members before they are written."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, text in (OTHERS | reviews).items():
            data = text.encode()
            member = tarfile.TarInfo(f"aclImdb/{name}")
            member.size = len(data)
            (change or {}).get(name, lambda _: None)(member)
            archive.addfile(member, io.BytesIO(data))
    return stream.getvalue()


def write_archive(path: Path, plain: bytes) -> Path:
    path.write_bytes(gzip.compress(plain, mtime=0))
    return path


def lists(*rows: list[int]) -> np.ndarray:
    array = np.empty(len(rows), object)
    array[:] = rows
    return array


def write_npz(folder: Path, **changed: np.ndarray) -> Path:
    arrays = {
        "x_train": lists([2, 1, 4], [6, 5], [3, 1]),
        "y_train": np.array([1, 1, 0]),
        "x_test": lists([2], [3]),
        "y_test": np.array([1, 0]),
    }
    np.savez_compressed(folder / "imdb.npz", **(arrays | changed))  # type: ignore[arg-type]
    index = {word: number for number, word in enumerate(WORDS, start=1)}
    (folder / "imdb_word_index.json").write_text(json.dumps(index))
    return folder / "imdb.npz"


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


def rows_of(part: Examples) -> list[tuple[str, ...]]:
    return list(zip(part.inputs, *part.targets.values(), strict=True))


UNSURE = {"train/unsup/7_0.txt": "Who<br/>knows?", "train/unsup/12_0.txt": "A film."}


def test_reviews_without_a_verdict_are_read_where_they_are_asked_for(tmp_path):
    asked = REVIEWS | UNSURE | {"train/unsup/0_0.txt": "Hm."}
    sources = [
        write_tree(tmp_path / "aclImdb", asked),
        write_archive(tmp_path / "aclImdb_v1.tar.gz", tar(asked)),
    ]
    for source in sources:
        assert imdb(source).unlabelled is None
        found = imdb(source, unlabelled=True)
        assert found.unlabelled == ["Hm.", "A film.", "Who knows?"]
        assert len(found.train) == 5
        assert rows_of(found.train) == rows_of(imdb(source).train)
    with pytest.raises(InputError, match=r"have no word in them: .*unsup/0_0"):
        imdb(write_tree(tmp_path / "wordless"), unlabelled=True)


def test_reviews_without_a_verdict_may_lie_beside_a_source_that_has_none(tmp_path):
    source = write_npz(tmp_path)
    with pytest.raises(InputError, match=r"no imdb_unsup\.csv\.gz beside it"):
        imdb(source, unlabelled=True)
    table = tmp_path / "imdb_unsup.csv.gz"
    table.write_bytes(gzip.compress(b'id,text\n0,"So, so.<br />"\n1,Fine\n'))
    assert imdb(source, unlabelled=True).unlabelled == ["So, so. ", "Fine"]
    for broken in (b"id\n0\n", b"id,text\n", b"id,text\n0,...\n", b"id,text\n0,\xff\n"):
        table.write_bytes(gzip.compress(broken))
        with pytest.raises(InputError, match=r"imdb_unsup\.csv\.gz"):
            imdb(source, unlabelled=True)
    table.write_bytes(b"id,text\n0,plain\n")
    with pytest.raises(InputError, match="no packed CSV"):
        imdb(source, unlabelled=True)


@pytest.fixture(autouse=True)
def no_network(monkeypatch, tmp_path):
    monkeypatch.setattr(download, "cache_folder", lambda: tmp_path / "no cache")
    monkeypatch.setattr(download, "fetch", lambda *_, **__: pytest.fail("would download"))


@pytest.fixture(params=["tree", "archive"])
def written(request, tmp_path) -> Callable[[dict[str, str]], Path]:
    """Return a function that writes reviews in one form and returns where."""
    if request.param == "tree":
        return lambda reviews: write_tree(tmp_path / "aclImdb", reviews)
    return lambda reviews: write_archive(tmp_path / "aclImdb_v1.tar.gz", tar(reviews))


def test_rows_are_pos_then_neg_by_file_name_and_line_breaks_are_gone(written):
    dataset = imdb(written(REVIEWS))
    rows = [(" ".join(text.split()), *answers) for text, *answers in rows_of(dataset.train)]
    assert rows == [
        ("A GOOD film, don't miss it.", "pos", 9),
        ("Fine: café.", "pos", 7),
        ("Superb!", "pos", 10),
        ("Bad film.", "neg", 3),
        ("Awful.", "neg", 1),
    ]
    assert rows_of(dataset.test) == [("good", "pos", 8), ("bad", "neg", 4)]


def test_the_order_in_an_archive_does_not_matter(tmp_path):
    shuffled = dict(random.Random(0).sample(list(REVIEWS.items()), len(REVIEWS)))
    one = imdb(write_archive(tmp_path / "aclImdb_1.tar.gz", tar()))
    other = imdb(write_archive(tmp_path / "aclImdb_2.tar.gz", tar(shuffled)))
    assert rows_of(one.train) == rows_of(other.train)


def test_a_sample_is_announced_on_standard_error(tmp_path, capsys):
    imdb(write_tree(tmp_path / "aclImdb"))
    told = capsys.readouterr()
    assert "sample: 3 in train/pos" in told.err
    assert told.out == ""


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


def test_a_folder_that_holds_several_gives_the_tree_then_the_archive_then_the_npz(tmp_path):
    write_npz(tmp_path)
    assert "rating" not in imdb(tmp_path).train.targets
    write_archive(tmp_path / "aclImdb_some.tar.gz", tar())
    assert len(imdb(tmp_path).train) == 5
    more = REVIEWS | {"train/pos/9_9.txt": "More"}
    write_tree(tmp_path / "aclImdb", more)
    assert len(imdb(tmp_path).train) == 6


def test_without_a_path_the_users_folder_is_read(tmp_path, monkeypatch):
    (tmp_path / "imdb").mkdir()
    write_archive(tmp_path / "imdb" / "aclImdb_mine.tar.gz", tar())
    monkeypatch.setenv(download.DATA_VARIABLE, str(tmp_path))
    assert len(imdb().train) == 5


def test_without_files_the_archive_is_downloaded_and_its_checksum_told(tmp_path, monkeypatch):
    asked = {}

    def fetch(url: str, **more: str) -> Path:
        asked.update(url=url, **more)
        return write_archive(tmp_path / "got.tar.gz", tar())

    monkeypatch.delenv(download.DATA_VARIABLE, raising=False)
    monkeypatch.setattr(download, "fetch", fetch)
    assert len(imdb().train) == 5
    assert asked["url"] == URL
    assert asked["md5"] == "7c2ac02c03563afcf9b574c7e56c153a"


def test_reviews_that_cannot_be_used_are_all_named(written):
    bad = {
        "train/neg/7_2.txt": "",
        "train/neg/8_2.txt": " <br /> ",
        "test/pos/7_5.txt": "neither",
        "test/pos/notes.txt": "notes",
    }
    with pytest.raises(InputError) as caught:
        imdb(written(REVIEWS | bad))
    for name in bad:
        assert name in str(caught.value)


def test_a_review_of_a_million_bytes_is_named(written):
    with pytest.raises(InputError, match=r"too large for a review: '.*test/pos/8_9\.txt'"):
        imdb(written(REVIEWS | {"test/pos/8_9.txt": "far too long " * 100_000}))


def test_a_review_that_is_not_utf8_is_named_and_a_true_replacement_sign_is_none(tmp_path):
    tree = write_tree(tmp_path / "aclImdb", REVIEWS | {"test/neg/1_1.txt": "odd \ufffd sign"})
    imdb(tree)
    (tree / "test/neg/0_4.txt").write_bytes("caf\u00e9".encode("latin-1"))
    with pytest.raises(InputError, match=r"not UTF-8: 'test/neg/0_4\.txt'"):
        imdb(tree)


def test_every_kind_of_review_is_needed(written):
    with pytest.raises(InputError, match="test/neg"):
        imdb(written({k: v for k, v in REVIEWS.items() if not k.startswith("test/neg")}))


def test_missing_folders_of_a_tree_are_named(tmp_path):
    (tmp_path / "mine" / "train" / "pos").mkdir(parents=True)
    with pytest.raises(InputError, match="'train/neg', 'test/pos', 'test/neg'"):
        imdb(tmp_path / "mine")


def test_hidden_files_are_no_reviews(written):
    assert len(imdb(written(REVIEWS | {"train/pos/._0_9.txt": "\0"})).train) == 5


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 0.999])
def test_a_truncated_archive_is_named(tmp_path, share):
    path = write_archive(tmp_path / "aclImdb_v1.tar.gz", tar())
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(InputError, match=r"aclImdb_v1\.tar\.gz is damaged: it ends early"):
        imdb(path)


def test_an_archive_cut_before_it_was_packed_is_named(tmp_path):
    plain = tar()
    end = len(plain.rstrip(b"\0"))
    for cut in (512 * (end // 512), 512 * (end // 512) + 100, 1000):
        with pytest.raises(InputError, match="it ends early"):
            imdb(write_archive(tmp_path / "aclImdb_v1.tar.gz", plain[:cut]))


def test_an_archive_with_a_flipped_bit_is_refused(tmp_path):
    path = write_archive(tmp_path / "aclImdb_v1.tar.gz", tar())
    data = path.read_bytes()
    places = random.Random(0).sample(range(10, len(data)), 60)
    for place in [*places, len(data) - 6]:  # the last lies in the checksum
        path.write_bytes(data[:place] + bytes([data[place] ^ 16]) + data[place + 1 :])
        with pytest.raises(InputError, match=r"aclImdb_v1\.tar\.gz"):
            imdb(path)


def test_the_checksum_after_a_long_end_is_checked_too(tmp_path):
    path = write_archive(tmp_path / "aclImdb_v1.tar.gz", tar() + bytes(3_000_000))
    imdb(path)
    data = path.read_bytes()
    path.write_bytes(data[:-6] + bytes([data[-6] ^ 1]) + data[-5:])
    with pytest.raises(InputError, match="CRC"):
        imdb(path)


def test_a_broken_header_inside_does_not_pass_for_the_end(tmp_path):
    plain = bytearray(tar())
    plain[512 * 8 + 150] ^= 1
    with pytest.raises(InputError, match="damaged"):
        imdb(write_archive(tmp_path / "aclImdb_v1.tar.gz", bytes(plain)))


def test_what_is_no_archive_is_named(tmp_path):
    path = tmp_path / "aclImdb_v1.tar.gz"
    path.write_bytes(b"<html>log in first</html>")
    with pytest.raises(InputError, match=r"damaged: Not a gzipped file"):
        imdb(path)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "../../evil.txt"},
        {"name": "aclImdb/train/pos/../../../evil_9.txt"},
        {"name": "/etc/evil_9.txt"},
        {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd", "size": 0},
        {"type": tarfile.LNKTYPE, "linkname": "aclImdb/README", "size": 0},
        {"type": tarfile.CHRTYPE, "size": 0},
    ],
)
def test_a_tampered_archive_is_refused(tmp_path, change):
    def apply(member: tarfile.TarInfo) -> None:
        for key, value in change.items():
            setattr(member, key, value)

    plain = tar(change={"train/pos/0_9.txt": apply})
    with pytest.raises(InputError, match="holds a member"):
        imdb(write_archive(tmp_path / "aclImdb_v1.tar.gz", plain))
    assert not list(tmp_path.parent.rglob("evil*"))


@pytest.mark.parametrize("name", ["aclImdb/README", "aclImdb/train/pos/0_9.txt"])
def test_a_member_that_announces_a_terabyte_is_refused(tmp_path, name):
    plain = _announce(tar(), name, 1 << 40)
    with pytest.raises(InputError, match="holds a member of 1,099,511,627,776 bytes"):
        imdb(write_archive(tmp_path / "aclImdb_v1.tar.gz", plain))


def _announce(plain: bytes, name: str, size: int) -> bytes:
    start = plain.index(name.encode())
    member = tarfile.TarInfo(name)
    member.size = size
    return plain[:start] + member.tobuf(tarfile.GNU_FORMAT) + plain[start + 512 :]


def test_a_review_that_is_there_twice_is_refused(tmp_path):
    one = tar()
    end = one.index(b"\0" * 1024, one.index(b"aclImdb/test/neg/0_4.txt") + 512)
    start = -(-end // 512) * 512
    with pytest.raises(InputError, match="are there twice"):
        imdb(write_archive(tmp_path / "aclImdb_v1.tar.gz", one[:start] + one))


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
    with pytest.raises(InputError, match="would unpack to 110,000,000"):
        imdb(path)


@pytest.mark.parametrize("name", ["nowhere", "notes.txt", "."])
def test_a_path_without_reviews_says_what_to_give(tmp_path, name):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(InputError, match="No film reviews at"):
        imdb(tmp_path / name)


@pytest.mark.parametrize("arguments", [{"words": 1}, {"length": 0}, {"keep": "middle"}])
def test_wrong_arguments_are_told_before_anything_is_read(arguments):
    with pytest.raises(InputError, match="TextEncoder"):
        imdb("nowhere", **arguments)


def test_the_probe_looks_like_the_dataset_and_fails_like_it(tmp_path):
    source = DATASETS.get("imdb")
    assert source.probe is not None
    write_npz(tmp_path)
    looks: Dataset = source.probe(tmp_path, words=50)
    assert set(looks.train.targets) == {"sentiment"}
    assert looks.encoder == imdb(tmp_path, words=50).encoder
    write_tree(tmp_path / "aclImdb")
    looks = source.probe(tmp_path)
    assert set(looks.train.targets) == {task.target for task in source.tasks.values()}
    assert set(looks.train.targets["rating"]) == {1, 2, 3, 4, 7, 8, 9, 10}
    for bad in ({"path": "nowhere"}, {"words": 1}, {"keep": "middle"}):
        with pytest.raises(InputError):
            source.probe(**bad)


def test_the_probe_downloads_nothing(monkeypatch):
    monkeypatch.delenv(download.DATA_VARIABLE, raising=False)
    probe = DATASETS.get("imdb").probe
    assert probe is not None
    started = time.perf_counter()
    assert len(probe().train) == 8
    assert time.perf_counter() - started < 0.5


def test_the_published_archive_and_keras_arrays_agree(shared_data, capsys):
    whole = imdb(shared_data / "imdb")  # the archive, as it comes before the npz
    assert capsys.readouterr().err == ""
    arrays = imdb(shared_data / "imdb" / "imdb.npz")
    for part, other in ((whole.train, arrays.train), (whole.test, arrays.test)):
        assert len(part) == len(other) == 25_000
        assert Counter(part.targets["sentiment"]) == {"pos": 12_500, "neg": 12_500}
        assert set(part.targets["rating"]) == {1, 2, 3, 4, 7, 8, 9, 10}
        assert part.targets["sentiment"] == other.targets["sentiment"]
    some = range(0, 25_000, 25)
    alike = [
        split_words(whole.train.inputs[i]) == split_words(arrays.train.inputs[i]) for i in some
    ]
    assert np.mean(alike) > 0.99
