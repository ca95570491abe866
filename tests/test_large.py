"""Data larger than memory: the same answers from disk, to the bit, and a bound on what is held."""

import contextlib
import errno
import gc
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import seqmodels as sm
from seqmodels.core import storage
from seqmodels.core.errors import InputError
from seqmodels.data.series import windows
from seqmodels.data.series.dataset import series
from seqmodels.data.tables import frames
from seqmodels.encoders import TextEncoder, splitting

HOURS = pd.date_range("2013-01-01", periods=900, freq="h")


@pytest.fixture
def on_disk(monkeypatch) -> Callable[[], None]:
    """Return what makes everything from a kilobyte on large, and read in little pieces."""

    def small() -> None:
        monkeypatch.setattr(storage, "LARGE", 1000)
        monkeypatch.setattr(storage, "ROWS", 97)
        monkeypatch.setattr(frames, "PIECE", 2**13)
        monkeypatch.setattr(windows, "WIDE", 1)

    return small


def table(times: Any, channels: int = 3, **more: Any) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    numbers = {f"x{i}": rng.normal(size=len(times)).round(4) for i in range(channels)}
    return pd.DataFrame({"date": times, **more, **numbers})


def written(folder: Path, frame: pd.DataFrame, name: str = "table.csv", **options: Any) -> Path:
    frame.to_csv(folder / name, index=False, **options)
    return folder / name


def reviews(count: int) -> list[str]:
    rng = np.random.default_rng(0)
    words = np.array(["ein", "Wort", "don't", "Größe", "x" * 30, "日本", "the"])
    return [" ".join(rng.choice(words, 1 + i % 40)) for i in range(count)]


# --- arrays and texts on disk


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
    with pytest.raises(InputError, match="'name' has more than 100 different labels"):
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


# --- texts


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
    with pytest.raises(InputError, match=r"row 3 .* is not a text: 'int 4'"):
        TextEncoder().fit(rows)
    encoder = TextEncoder().fit(["a b"])
    with pytest.raises(InputError, match=r"row 2, 4 .* has none: '\.', '!'"):
        encoder.encode(["a", "b", ".", "a", "!"])


# --- series


SERIES = pd.concat([table(HOURS[:300], s=name) for name in "abc"])


def same_windows(path: Path, on_disk: Callable[[], None], **given: Any) -> sm.Dataset:
    """Read a table in memory and from disk, hold one to the other, and return the latter."""
    here = series(path, **given)
    on_disk()
    there = series(path, **given)
    assert there.notes == here.notes
    one, two = (data.encoder.fit(data.train.inputs) for data in (here, there))
    assert one == two
    for name in ("train", "valid", "test"):
        a, b = getattr(here, name), getattr(there, name)
        assert len(a) == len(b)
        ends = [0, len(a) // 2, len(a) - 1]
        assert all(np.array_equal(a.inputs[i], b.inputs[i], equal_nan=True) for i in ends)
        for target in ("value", "direction"):
            values = np.asarray(a.target(target))
            assert np.asarray(b.target(target)).dtype == values.dtype
            assert np.array_equal(np.asarray(b.target(target)), values)
        for rule, forecast in a.naive["value"].items():
            assert np.array_equal(np.asarray(b.naive["value"][rule]), np.asarray(forecast))
        assert np.array_equal(np.asarray(b.times), np.asarray(a.times))
        assert {k: list(v) for k, v in a.groups.items()} == {
            k: list(v) for k, v in b.groups.items()
        }
        x, y = one.encode(a.inputs), two.encode(b.inputs)
        rows = np.arange(len(a))
        assert np.array_equal(x.spans(rows, 5), y.spans(rows, 5))
    assert isinstance(there.train.inputs.values, np.memmap)  # type: ignore[attr-defined]
    return there


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"inputs": ("x1", "x0"), "target": ("x0", "x2"), "horizon": 3, "season": 24, "step": 7},
        {"scaling": "log"},
        {"window": 12, "step": 20},
    ],
    ids=str,
)
def test_a_series_on_disk_has_the_same_windows(tmp_path, on_disk, given):
    data = same_windows(written(tmp_path, table(HOURS)), on_disk, **{"target": "x1", **given})
    assert type(data.train.target("value")).__name__ == "Lagged"


@pytest.mark.parametrize("missing", ["previous", "drop", "interpolate"])
@pytest.mark.parametrize("irregular", ["fill", "ignore"])
def test_gaps_on_disk_are_dealt_with_the_same(tmp_path, on_disk, missing, irregular):
    frame = table(HOURS)
    frame.loc[[5, 6, *range(90, 100), 300, 800], "x1"] = np.nan  # also where a chunk ends
    path = written(tmp_path, frame.drop(index=[3, 400, 401, 402]))
    same_windows(path, on_disk, target="x1", window=10, missing=missing, irregular=irregular)


@pytest.mark.parametrize(
    "times",
    [
        HOURS.strftime("%d/%m/%Y %H:%M"),
        pd.date_range("2013-01-01", periods=900).strftime("%m/%d/%Y"),
        pd.date_range("2013-01-01", periods=900).strftime("%Y%m%d"),
        pd.bdate_range("2010-01-01", periods=900),
        pd.date_range("1900-01-01", periods=900, freq="MS"),
        pd.date_range("1900-01-01", periods=900, freq="BME"),
        pd.period_range("1800Q1", periods=800, freq="Q").astype(str),
        np.arange(900) * 2 + 7,
    ],
    ids=["day-first", "month-first", "digits", "weekdays", "months", "last weekdays of months",
         "quarters", "counts"],
)  # fmt: skip
def test_times_on_disk_count_the_same(tmp_path, on_disk, times):
    same_windows(written(tmp_path, table(times)), on_disk, time="date", target="x1", window=10)


@pytest.mark.parametrize("drop", [[], [4, 50]])
def test_several_series_in_a_table_on_disk(tmp_path, on_disk, drop):
    frames = [
        table(pd.date_range("2013-01-01", periods=250 + ord(name)), s=name).drop(index=drop)
        for name in "abc"
    ]
    given = {"irregular": "fill", "missing": "previous"} if drop else {}
    data = same_windows(
        written(tmp_path, pd.concat(frames)), on_disk, target="x1", group="s", season=7, **given
    )
    assert set(data.train.groups["series"]) == {"a", "b", "c"}


def test_a_table_on_disk_is_sorted_by_series_and_time(tmp_path, on_disk):
    shuffled = SERIES.sample(frac=1, random_state=0)
    given = {"target": "x1", "group": "s", "window": 10}
    data = same_windows(written(tmp_path, shuffled), on_disk, **given)
    ordered = series(written(tmp_path, SERIES, "ordered.csv"), **given)
    assert np.array_equal(data.train.inputs[7], ordered.train.inputs[7])
    assert list(data.test.groups["series"]) == list(ordered.test.groups["series"])


@pytest.mark.parametrize("how", ["first", "last", "mean"])
def test_duplicates_on_disk_are_dealt_with_the_same(tmp_path, on_disk, how):
    again = table(HOURS).iloc[90:300:10]
    again[["x0", "x1", "x2"]] += 5
    frame = pd.concat([table(HOURS), again, again.iloc[:5]])
    same_windows(written(tmp_path, frame), on_disk, target="x1", window=10, duplicates=how)


@pytest.mark.parametrize("name", ["table.parquet", "table.jsonl"])
def test_other_formats_on_disk(tmp_path, on_disk, name):
    frame = table(HOURS)
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
        frame.to_parquet(tmp_path / name)
    else:
        frame.astype({"date": str}).to_json(tmp_path / name, orient="records", lines=True)
    same_windows(tmp_path / name, on_disk, target="x1")


def spoiled(frame: pd.DataFrame, row: int, column: str, cell: object) -> pd.DataFrame:
    frame = frame.astype(object)
    frame.loc[row, column] = cell
    return frame


REFUSED = {
    "no number": (spoiled(table(HOURS), 800, "x1", "oops"), {}, r"'oops' in row 800 \("),
    "no time": (spoiled(table(HOURS), 800, "date", "never"), {}, r"got 'never' in row 800 \("),
    "a time missing": (spoiled(table(HOURS), 800, "date", None), {}, r"in row 800 \("),
    "no count": (spoiled(table(np.arange(900)), 800, "date", "x"), {"time": "date"}, "row 800"),
    "series not told apart": (SERIES, {}, r"several series.*'s'"),
    "a time twice": (
        pd.concat([table(HOURS), table(HOURS).iloc[800:801]]).sort_values("date"), {},
        r"1 rows with duplicate times, such as '2013-02-03 08:00:00'",
    ),
    "a value missing": (spoiled(table(HOURS), 800, "x1", None), {}, r"lacks 1 of 900 values"),
    "a gap": (table(HOURS).drop(index=[800]), {}, r"1 steps unlike the usual one.*02-03 09:00"),
    "a gap to fill with nothing": (
        table(HOURS).drop(index=[800]), {"irregular": "fill"}, r"Set missing='previous'",
    ),
    "off the grid": (
        spoiled(table(HOURS), 800, "date", pd.Timestamp("2013-02-03 08:20")),
        {"irregular": "fill", "missing": "drop"}, r"no multiple of the usual one",
    ),
    "a column for each series": (table(HOURS), {"layout": "columns"}, "too large to be turned"),
    "a part too short": (table(HOURS), {"window": 500}, "The valid part of table.csv has no"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_a_table_on_disk_refuses(tmp_path, on_disk, case):
    frame, given, says = REFUSED[case]
    on_disk()
    given = {"target": ("x1",), **given}
    with pytest.raises(InputError, match=says) as caught:
        series(written(tmp_path, frame), **given)
    assert len(caught.value.problems) <= 3  # one for each part


@pytest.mark.parametrize("spoil", ["ragged", "latin-1", "truncated quotes"])
def test_a_broken_table_on_disk_is_one_clear_error(tmp_path, on_disk, spoil):
    lines = table(HOURS).to_csv(index=False).splitlines()
    if spoil == "ragged":
        lines[700] += ",1,2,3"
    if spoil == "latin-1":
        lines[700] += "é"
    if spoil == "truncated quotes":
        lines[700] = '"' + lines[700]
    path = tmp_path / "table.csv"
    path.write_bytes("\n".join(lines).encode("latin-1"))
    on_disk()
    with pytest.raises(InputError) as caught:
        series(path, target="x1")
    assert len(caught.value.problems) == 1
    assert "table.csv" in str(caught.value)


BYTES = table(HOURS[:300]).to_csv(index=False).encode()


@pytest.mark.slow
@settings(derandomize=True, max_examples=300, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(
    changes=st.lists(st.tuples(st.integers(0, len(BYTES) - 1), st.binary(max_size=6)), max_size=4),
    end=st.integers(100, len(BYTES)),
    policies=st.sampled_from([{}, {"irregular": "fill", "missing": "previous"}]),
)
def test_any_bytes_are_read_from_disk_or_refused(tmp_path, on_disk, changes, end, policies):
    on_disk()
    damaged = bytearray(BYTES[:end])
    for place, new in changes:
        damaged[place : place + len(new)] = new
    path = tmp_path / "table.csv"
    path.write_bytes(damaged)
    with contextlib.suppress(InputError):
        data = series(path, time="date", target="x1", window=5, **policies)
        data.encoder.fit(data.train.inputs).encode(data.test.inputs)


# --- training


def trained(path: Path, out: Path, **options: Any) -> tuple[sm.Run, dict[str, Any]]:
    run = sm.train(path, out=out, epochs=1, quiet=True, **options)
    return run, json.loads((out / "run.json").read_text())


@pytest.mark.parametrize("kind", ["texts", "series"])
def test_a_run_from_disk_is_the_same_to_the_bit(tmp_path, on_disk, kind):
    if kind == "series":
        path, options = written(tmp_path, table(HOURS)), {"target": "x1"}
    else:
        rows = reviews(400)
        labels = ["long" if len(text.split()) > 20 else "short" for text in rows]
        path = written(tmp_path, pd.DataFrame({"review": rows, "label": labels}))
        options = {"allow_leak": "made up", "settings": {"backbone.units": 4}}
    here, record = trained(path, tmp_path / "here", **options)
    on_disk()
    there, again = trained(path, tmp_path / "there", **options)
    assert again["fingerprint"] == record["fingerprint"]
    assert there.scores == here.scores
    answers = [(tmp_path / name / "predictions.csv").read_text() for name in ("here", "there")]
    assert answers[0] == answers[1]


CHILD = """
import json, sys, threading, time
import tensorflow, keras
import seqmodels as sm

def held():
    with open("/proc/self/status") as file:
        status = dict(line.split(":", 1) for line in file)
    return int(status["RssAnon"].split()[0]) * 1024

idle = most = held()

def watch():
    global most
    while True:
        most = max(most, held())
        time.sleep(0.02)

threading.Thread(target=watch, daemon=True).start()
options = json.loads(sys.argv[3])
run = sm.train(sys.argv[1], out=sys.argv[2], epochs=1, quiet=True, **options)
print(json.dumps({"above idle": most - idle, "scores": run.scores}))
"""
GIGA = 10**9


def held(path: Path, out: Path, **options: Any) -> dict[str, Any]:
    """Train in a process of its own; return its peak of anonymous memory beside TensorFlow, bytes.

    Pages of mapped files are left out: the system takes them back when memory is short.
    """
    command = [sys.executable, "-c", CHILD, str(path), str(out), json.dumps(options)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def room(folder: Path) -> None:
    """Skip where the disk has no room for the table and what is read of it, twice at once."""
    free = shutil.disk_usage(folder).free
    if free < 12 * GIGA:
        pytest.skip(f"needs 12 GB of disk below {folder}, {free / GIGA:.1f} are free")


@pytest.mark.slow
def test_two_gigabytes_of_reviews_train_in_less_than_one_of_memory(tmp_path):
    room(tmp_path)
    path, rng = tmp_path / "reviews.csv", np.random.default_rng(0)
    words = np.array([f"w{n:x}" for n in range(60_000)])
    number = 0
    with path.open("w") as file:
        file.write("review,label\n")
        while file.tell() < 2 * GIGA:
            for row in words[np.minimum(rng.zipf(1.2, (2000, 200)), len(words)) - 1]:
                number += 1
                mood = ("awful", "lovely")[number % 2] if rng.random() < 0.9 else "fair"
                label = ("negative", "positive")[number % 2]
                file.write(f'"{" ".join(row)}, {mood} {number}",{label}\n')
    settings = {"backbone.units": 4, "backbone.embed": 4, "training.batch_size": 512}
    found = held(path, tmp_path / "run", settings={**settings, "dataset.length": 50})
    path.unlink()
    assert found["above idle"] < GIGA
    assert found["scores"]["accuracy"] > 0.9


@pytest.mark.slow
def test_two_gigabytes_of_a_series_train_in_less_than_one_of_memory(tmp_path):
    room(tmp_path)
    path, rng = tmp_path / "series.csv", np.random.default_rng(0)
    rows = 0
    with path.open("w") as file:
        file.write("date,x0,x1,x2,x3,x4,x5,x6\n")
        while file.tell() < 2 * GIGA:
            times = pd.date_range("1970-01-01", periods=100_000, freq="min") + pd.Timedelta(
                minutes=rows
            )
            walk = rng.normal(size=(len(times), 7)).cumsum(axis=0)
            frame = pd.DataFrame(walk, index=times)
            frame.to_csv(file, header=False, float_format="%.4f")
            rows += len(times)
    settings: dict[str, Any] = {"backbone.units": 4, "training.batch_size": 512}
    settings["dataset.step"] = 20
    settings["dataset.inputs"] = [f"x{i}" for i in range(7)]
    found = held(path, tmp_path / "run", target="x0", settings=settings)
    path.unlink()
    assert found["above idle"] < GIGA
