"""Film reviews: their order, what is missing, and what is given."""

import gzip
import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from reviews_written import OTHERS, REVIEWS, rows_of, tar, write_archive, write_npz

from seqmodels.core.dataset import Dataset
from seqmodels.core.errors import InputError
from seqmodels.core.registry import DATASETS
from seqmodels.data import download
from seqmodels.data.texts.imdb import URL, imdb
from seqmodels.encoders.splitting import split as split_words

pytestmark = pytest.mark.usefixtures("no_network")


def write_tree(folder: Path, reviews: dict[str, str] = REVIEWS) -> Path:
    for name, text in (OTHERS | reviews).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


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
    with pytest.raises(InputError, match=r"word.*unsup/0_0"):
        imdb(write_tree(tmp_path / "wordless"), unlabelled=True)


def test_reviews_without_a_verdict_may_lie_beside_a_source_that_has_none(tmp_path):
    source = write_npz(tmp_path)
    with pytest.raises(InputError, match=r"imdb_unsup\.csv\.gz"):
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
    with pytest.raises(InputError, match=r"large.*test/pos/8_9\.txt"):
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
