"""Broken and hostile files of drawings are refused with one error."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ink_written import (
    INK,
    TRUTH,
    UJI,
    UNIPEN,
    doodle,
    doodles,
    ink,
    objects,
    omniglot,
    sketches,
    ways,
    zipped,
)

import seqmodels as sm
from seqmodels.core.errors import InputError
from seqmodels.data.strokes.dataset import inputs, look, strokes
from seqmodels.data.strokes.ink import Choice, files, read

BOMB = '<!DOCTYPE ink [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><ink><trace>&b;</trace></ink>'
OUTSIDE = '<!DOCTYPE ink [<!ENTITY a SYSTEM "file:///etc/passwd">]><ink><trace>&a;</trace></ink>'
GOOD = INK.format("<trace>1 2, 3 4</trace>")
BAD = {
    "truncated.inkml": (GOOD[:-15], r"truncated\.inkml, line 1 is not whole XML"),
    "bomb.inkml": (BOMB, "declares entities"),
    "outside.inkml": (OUTSIDE, "declares entities"),
    "deep.inkml": (INK.format("<traceGroup>" * 200), "more than 100 deep"),
    "words.inkml": (INK.format("<trace>1 2, one two</trace>"), "point 2 is 'one two'"),
    "short.inkml": (INK.format("<trace id='t'>1 2, 3</trace>"), "trace t: point 2 has 1 values"),
    "nothing.inkml": (INK.format("<trace>  </trace>"), "no point drawn with the pen down"),
    "lost.inkml": (
        INK.format('<traceGroup><traceView traceDataRef="#x"/></traceGroup>'),
        "refers to '#x', which it does not have",
    ),
    "circle.inkml": (
        INK.format('<traceGroup id="g"><traceView traceDataRef="#g"/></traceGroup>'),
        "in a circle",
    ),
    "channels.inkml": (
        INK.format('<traceFormat><channel name="P"/></traceFormat><trace>1</trace>'),
        "X and Y are needed",
    ),
    "infinite.inkml": (INK.format("<trace>1 2, 1e999 3</trace>"), "no place"),
    "view.inkml": (
        INK.format('<traceGroup><traceView traceDataRef="#t" from="0"/></traceGroup><definitions>'
                   '<trace id="t">1 2</trace></definitions>'),
        "whole numbers are read",
    ),
    "point.xml": (
        '<WhiteboardCaptureSession><StrokeSet><Stroke><Point x="1" y=""/></Stroke></StrokeSet>'
        "</WhiteboardCaptureSession>",
        "point 1 of stroke 1",
    ),
    "cut.ndjson": (doodle("cat", 1) + "\n" + doodle("cat", 2)[:-9], "line 2: .*JSON"),
    "ragged.ndjson": ('{"word": "a", "drawing": [[[1, 2], [3]]]}', "stroke 1 needs as many x as y"),
    "nested.ndjson": ('{"word": "a", "drawing": [[[[1]], [3]]]}', "a place that is no number"),
    "empty.ndjson": ('{"word": "a", "drawing": []}', "no point"),
    "deep.ndjson": ('{"word": "a", "drawing": ' + "[" * 100_000, "line 1: .*JSON"),
    "count.txt": (UJI.format(a="a", n="b").replace("NUMSTROKES 2", "NUMSTROKES 3"), "announces 3"),
    "points.txt": (UJI.format(a="a", n="b").replace("POINTS 2", "POINTS 7"), "line 5 announces 7"),
    "lines.txt": (UJI.format(a="a", n="b") + "WHAT 1\n", "line 11 is 'WHAT 1'"),
    "unipen": (UNIPEN.replace(" 11  25", " 11"), "line 9 is '11'"),
    "0708_01.txt": ("START\n1,2,0\nFINISH\n", "line 3 is 'FINISH'"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_gives_one_error_that_names_it(tmp_path, name):
    text, message = BAD[name]
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        strokes(path)
    assert str(path) in str(caught.value)
    assert len(caught.value.problems) == 1
    with pytest.raises(InputError, match=message):
        look(path, {})


ARRAYS = {
    "pen": ({"train": objects([ways(1) + 5])}, "the pen, must be 0 or 1"),
    "shape": ({"train": objects([ways(1)[:, :2]])}, r"needs points \[T, 3\]"),
    "texts": ({"train": np.array([["a"]])}, "needs drawings"),
    "words": ({"train": objects(["a", "b"])}, "Nothing in it was run"),  # type: ignore[list-item]
    "nan": ({"train": np.full((2, 3, 3), np.nan)}, "NaN"),
    "offsets": ({"points": ways(1), "offsets": np.array([0, 9])}, "must rise from 0 to 3"),
    "labels": (
        {"points": ways(1), "offsets": np.array([0, 3]), "labels": np.arange(2)},
        "1 drawings and 2 labels",
    ),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_a_bad_archive_of_sketches_gives_one_error_that_names_it(tmp_path, name):
    arrays, message = ARRAYS[name]
    path = tmp_path / "bad.npz"
    np.savez(path, **arrays)
    with pytest.raises(InputError, match=message) as caught:
        strokes(path, format="stroke3")
    assert str(path) in str(caught.value)


def test_a_cut_archive_of_sketches_is_named(tmp_path):
    path = sketches(tmp_path / "cat.npz")
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(InputError, match=r"cat\.npz.*zip"):
        sm.read(path)


def test_zips_that_climb_out_explode_or_are_locked_are_refused(tmp_path):
    climbing = zipped(tmp_path / "climbing.zip", "../../a.inkml", GOOD)
    with pytest.raises(InputError, match=r"'\.\./\.\./a\.inkml'"):
        sm.read(climbing)
    zeros = GOOD.encode() + b" " * 30_000_000
    bomb = zipped(tmp_path / "bomb.zip", "a.inkml", zeros, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(InputError, match=r"bomb\.zip: a\.inkml"):
        sm.read(bomb)
    locked = zipped(tmp_path / "locked.zip", "a.inkml", GOOD)
    data = bytearray(locked.read_bytes())
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    data[6] |= 1
    locked.write_bytes(data)
    with pytest.raises(InputError, match=r"encrypted"):
        sm.read(locked)
    cut = tmp_path / "cut.zip"
    cut.write_bytes(omniglot(tmp_path / "whole.zip").read_bytes()[:-40])
    with pytest.raises(InputError, match="not a whole zip"):
        sm.read(cut)


def test_several_formats_in_one_folder_are_a_choice(tmp_path):
    doodles(tmp_path)
    ink(tmp_path, TRUTH.format("a") + "<trace>1 1</trace>")
    with pytest.raises(InputError, match=r"'inkml', 'quickdraw'.*format="):
        sm.read(tmp_path)
    assert sm.read(tmp_path, format="quickdraw").head == "binary"


def test_wrong_choices_say_what_there_is(tmp_path):
    doodles(tmp_path)
    with pytest.raises(InputError, match=r"no target 'wrod'.*'word' \(2 kinds\)"):
        sm.read(tmp_path, target="wrod")
    with pytest.raises(InputError, match=r"'writer'.*'country'"):
        sm.read(tmp_path, group_by="writer")
    with pytest.raises(InputError, match="same 'word', 'cat'"):
        sm.read(tmp_path / "full_raw_cat.ndjson")
    with pytest.raises(InputError, match="needs path="):
        strokes()


SEEDS = {
    "inkml": GOOD.encode(),
    "iam": BAD["point.xml"][0].encode(),
    "quickdraw": doodle("cat", 1, raw=True).encode() + b"\n",
    "uji2": UJI.format(a="a", n="b").encode(),
    "uji": UNIPEN.encode(),
    "omniglot": b"START\n1,2,3\nBREAK\n4,5,6\n",
}


def reads_or_refuses(path: Path, kind: str) -> None:
    named = True
    try:
        with files(path) as listed:
            for one in read(listed, kind, Choice())[0]:
                assert one.points.ndim == 2
                assert len(one.points)
        inputs(path, format=kind)
        look(path, {})
    except InputError as error:
        named = str(path) in str(error)
    assert named


@pytest.mark.slow
@pytest.mark.parametrize("kind", SEEDS)
@settings(
    max_examples=800,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(cut=st.integers(0, 400), put=st.binary(max_size=12), at=st.integers(0, 400))
def test_any_bytes_read_or_are_refused(tmp_path, kind, cut, put, at):
    data = bytearray(SEEDS[kind])
    data[at % len(data) : at % len(data) + cut % 20] = put
    path = tmp_path / "any"
    path.write_bytes(data)
    reads_or_refuses(path, kind)


@pytest.mark.slow
@settings(
    max_examples=800,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(at=st.integers(0, 10_000), put=st.binary(min_size=1, max_size=6))
def test_any_pickle_reads_or_is_refused(tmp_path, at, put):
    whole = sketches(tmp_path / "whole.npz", 2)
    with zipfile.ZipFile(whole) as archive:
        data = bytearray(archive.read("train.npy"))
    at %= len(data)
    data[at : at + len(put)] = put
    path = zipped(tmp_path / "any.npz", "train.npy", bytes(data))
    reads_or_refuses(path, "stroke3")
