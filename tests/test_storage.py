"""Arrays, texts and labels on disk read as those in memory."""

import errno
import gc
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from large_written import reviews

from seqmodels.core import storage
from seqmodels.core.errors import InputError
from seqmodels.encoders import TextEncoder, splitting


@pytest.mark.parametrize(
    "index",
    [
        3,
        -1,
        slice(None),
        slice(3, 900, 4),
        slice(90, 3, -2),
        slice(10, 5),
        np.array([4, 4, -1, 999]),
        np.array([[1, 2], [3, 998]]),
        np.arange(1000) % 3 == 0,
        (slice(2, 9), 1),
        (5, 2),
        (np.array([1, 4]), slice(0, 2)),
        np.array([], int),
    ],
    ids=repr,
)
def test_an_array_on_disk_reads_as_one_in_memory(on_disk, index):
    on_disk()
    numbers = np.random.default_rng(0).normal(size=(1000, 3))
    writer = storage.Writer(float, (3,))
    for first in range(0, 1000, 7):
        writer.append(numbers[first : first + 7])
    mapped = writer.done()
    assert isinstance(mapped, np.memmap)
    assert (mapped.shape, mapped.dtype, len(mapped)) == (numbers.shape, numbers.dtype, 1000)
    assert np.array_equal(mapped[index], numbers[index])


def test_small_arrays_and_texts_stay_in_memory():
    writer = storage.Writer(np.int32)
    writer.append([1, 2])
    assert isinstance(writer.done(), np.ndarray)
    assert storage.texts(["a", "b"]) == ["a", "b"]


def test_texts_on_disk_read_as_a_list_of_them(on_disk):
    on_disk()
    given = [*reviews(3000), "", "half a pair \ud800"]
    texts = storage.texts(iter(given))
    order = np.random.default_rng(0).permutation(len(given))
    assert isinstance(texts, storage.Texts)
    assert list(texts) == given
    assert list(texts[7:2000:3]) == given[7:2000:3]
    mixed: Any = texts.take(order)
    assert list(mixed) == [given[i] for i in order]
    assert mixed.take(np.array([5, 5]))[1] == given[order[5]]
    with pytest.raises(IndexError):
        texts[len(given)]


def test_labels_take_a_byte_each_and_read_as_texts():
    writer = storage.LabelWriter("mood")
    writer.extend(["good", "bad"] * 50_000)
    labels = writer.done()
    assert labels.tolist()[:3] == ["good", "bad", "good"]
    assert labels.memory_usage(deep=True) < 110_000


def test_a_million_labels_are_no_classes(monkeypatch):
    monkeypatch.setattr(storage, "LABELS", 100)
    with pytest.raises(InputError, match=r"'name'.*100"):
        storage.LabelWriter("name").extend(map(str, range(200)))


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts open files as Linux does")
def test_files_are_gone_with_what_reads_them(on_disk, tmp_path, monkeypatch):
    on_disk()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    gc.collect()
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    texts = storage.texts(reviews(1000))
    assert len(os.listdir("/proc/self/fd")) > before  # noqa: PTH208
    assert list(tmp_path.iterdir()) == [], "nothing is left behind, not even by a kill"
    del texts
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_a_full_disk_says_where_to_make_room(on_disk, monkeypatch):
    on_disk()

    class Full:
        def close(self) -> None: ...

        def write(self, data: Any) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(storage.tempfile, "TemporaryFile", lambda **_: Full())
    with pytest.raises(InputError, match=r"No space left on device.*TMPDIR"):
        storage.texts(reviews(1000))


@pytest.mark.parametrize("length", [None, 5])
def test_texts_on_disk_are_encoded_to_the_same_ids(on_disk, monkeypatch, length):
    texts = reviews(2000)
    encoder = TextEncoder(words=6, length=length).fit(texts)
    ids = encoder.encode(texts)
    on_disk()
    monkeypatch.setattr("seqmodels.encoders.text.PIECE", 1000)
    stored: Any = storage.texts(texts)
    again = TextEncoder(words=6, length=length).fit(stored)
    assert again == encoder
    same = again.encode(stored)
    assert isinstance(same.values, np.memmap)
    assert same.values.dtype == ids.values.dtype
    assert np.array_equal(np.asarray(same.values), ids.values)
    assert np.array_equal(same.starts, ids.starts)
    assert np.array_equal(same.lengths, ids.lengths)
    rows = np.array([1999, 3, 40])
    assert same.spans(rows, 3).shape == (3, 3)


def test_words_that_wait_on_disk_are_ranked_the_same(monkeypatch):
    rng = np.random.default_rng(0)
    pieces = [[" ".join(f"w{n}" for n in rng.zipf(1.3, 200))] for _ in range(50)]
    ranked = splitting.frequent(pieces, 300)
    monkeypatch.setattr(splitting, "WORDS", 100)
    assert splitting.frequent(pieces, 300) == ranked
    assert len(ranked) == 300


def test_a_row_that_is_no_text_is_named_whatever_its_piece(monkeypatch):
    monkeypatch.setattr("seqmodels.encoders.text.ROWS", 2)
    rows: Any = ["a", "b", "c", 4, "e"]
    with pytest.raises(InputError, match=r"row 3 .*'int 4'"):
        TextEncoder().fit(rows)
    encoder = TextEncoder().fit(["a b"])
    with pytest.raises(InputError, match=r"row 2, 4 .*'\.', '!'"):
        encoder.encode(["a", "b", ".", "a", "!"])
