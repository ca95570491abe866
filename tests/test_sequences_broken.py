"""Broken files of sequences are refused with one error."""

import contextlib
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sequences_written import HEADER, REGRESSION, ROWS, drawn, ts

import seqmodels as sm
from seqmodels.core.errors import InputError
from seqmodels.data.sequences.dataset import inputs, sequences


def broken(header: str, *rows: str) -> tuple[str, bytes]:
    return "x.ts", (header + "\n".join(rows) + "\n").encode()


BROKEN = {
    "no @data": (broken(HEADER.replace("@data\n", "")), "without a line @data"),
    "no labels": (broken(HEADER.replace("true up down", "false"), "1:2"), "no labels to learn"),
    "no sequences": (broken(HEADER), "holds no sequences"),
    "a word": (broken(HEADER, *ROWS, "1,two:3,4:up"), "line 15, channel 1: value 2 is 'two'"),
    "an empty cell": (broken(HEADER, "1,,2:3,4,5:up"), "line 10, channel 1: value 2 is an empty"),
    "a channel too few": (broken(HEADER, *ROWS, "1,2:up"), "line 15: 1 channels, where x.ts, l"),
    "cut off": (broken(HEADER, *ROWS, "1,2,3"), "line 15: no colon between"),
    "an empty channel": (broken(HEADER, ":1,2:up"), "line 10: channel 1 is empty"),
    "an unknown label": (broken(HEADER, "1:2:left"), "line 10: label 'left' is not among"),
    "no label": (broken(HEADER, "1:2:"), "line 10: no label after the last colon"),
    "unequal lengths": (
        broken(HEADER.replace("Length false", "Length true"), *ROWS),
        "line 11: 4 steps, where x.ts, line 10 has 3",
    ),
    "uneven channels": (broken(HEADER, *ROWS, "1,2,3:4:up"), "line 15: channels of 1 to 3 steps"),
    "a missing value": (broken(HEADER, *ROWS, "1,?:4,5:up"), "channel 1 in step 2 is missing"),
    "NUL bytes": (broken(HEADER, *ROWS, "1,\0:3,4:up"), "line 15: holds a NUL byte"),
    "an underscore": (broken(HEADER, "1_0:2:up"), "value 1 is '1_0'"),
    "a label in Latin-1": (
        ("x.ts", (HEADER + "1:2:").encode() + b"\xe9\n"),
        "line 10: not in UTF-8",
    ),
    "channels that would fill memory": (
        broken(HEADER, "1:" * 200_000 + "1," * 200_000 + "1:up"),
        "line 10: 200,001 channels of 1 to 200,001 values are no sequence",
    ),
    "times that never meet": (
        broken(HEADER, "".join(f"({i},1):" for i in range(3000)) + "up"),
        "line 10: 3,000 channels of 1 to 1 values are no sequence of 3,000 steps",
    ),
    "no timestamps": (
        broken(HEADER.replace("Stamps false", "Stamps true"), ROWS[0]),
        "line 10: no timestamps",
    ),
    "times that fall": (broken(HEADER, "(2,1),(1,1):(1,1):up"), "times need to rise; '1'"),
    "times in words": (broken(HEADER, "(noon,1):(noon,1):up"), "times such as 'noon'"),
    "a pair left open": (broken(HEADER, "(0,1),(1,2:up"), "line 10: '(0,1),(1,2' is not"),
    "a target in words": (broken(REGRESSION, "(0,1):(0,1):hot"), "line 13, target: value 1 is"),
    "rows of two lengths": (
        (
            "x.tsv",
            b"1\t.1\t.2\t.3\t.4\n2\t.1\t.2\t.3\t.4\n1\t.1\t.2\t.3\t.4\n2\t.1\t.2\t.3\t.4\t5\n",
        ),
        "line 4: 6 numbers, where the first row has 5",
    ),
    "a row without values": (
        (
            "x.tsv",
            b"1\t.1\t.2\t.3\t.4\n2\t.1\t.2\t.3\t.4\n1\t.1\t.2\t.3\t.4\n2\tNaN\tNaN\tNaN\t?\n",
        ),
        "line 4: no value",
    ),
    "an arff sequence without quotes": (
        (
            "x.arff",
            b"@relation a\n@attribute a relational\n@attribute t numeric\n@end a\n"
            b"@attribute k {1,2}\n@data\n1,2,1\n",
        ),
        "line 7: the sequence is not between quotes",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_one_clear_error_that_names_the_line(tmp_path, case):
    (name, raw), expected = BROKEN[case]
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(InputError, match=re.escape(expected)) as caught:
        sm.read(tmp_path / name)
    assert len(caught.value.problems) == 1
    assert name in str(caught.value)


def test_a_line_that_never_ends_is_not_read_to_its_end(tmp_path, monkeypatch):
    from seqmodels.data.tables import lines

    monkeypatch.setattr(lines, "LONGEST", 1000)
    path = ts(tmp_path, [*ROWS, "1," * 1000])
    with pytest.raises(InputError, match=r"line 15.*1,000 bytes"):
        sequences(path)


def test_both_parts_need_the_same_channels(tmp_path):
    ts(tmp_path, name="G_TRAIN.ts")
    ts(tmp_path, ["1:up", "2:down"], name="G_TEST.ts")
    with pytest.raises(InputError, match=r"G_TEST.ts, line 10: 1 channels.*G_TRAIN.ts"):
        sm.read(tmp_path)


def test_what_the_header_says_wrongly_is_told_and_the_rows_believed(tmp_path):
    data = drawn(ts(tmp_path, header=HEADER.replace("dimensions 2", "dimensions 3")))
    assert "gestures.ts says @dimensions 3, its sequences have 2" in data.notes


PIECES = [
    *HEADER.splitlines(), "@timeStamps true", "@targetLabel true", "@data", "1,2:3,4:up", ":", ",",
    "(0,1)", "(2020-01-01,1)", "?", "NaN", "\t", "1e999", "@relation r", "@attribute a relational",
    "@attribute k {1,2}", "@attribute b1 numeric", "@end", "'1,2\\n3,4',1", "1\t2\t3\t4\t5", "1,2",
    '{"s": [1, null], "label": "up"}', '{"s": [[1], [2]], "t": [1e999]}', '{"s": [], "label": 1}',
    "label,t0,t1,t2,t3,t4", "up,1,2,3,4,5", "\x00", "\xff", "%", "#", "\"", "-", "\u0661", "1_0",
]  # fmt: skip


@pytest.mark.slow
@settings(max_examples=1500, deadline=None, derandomize=True, database=None)
@given(
    raw=st.one_of(
        st.binary(max_size=300),
        st.lists(
            st.tuples(st.sampled_from(PIECES), st.sampled_from(["\n", "", "\n", ":"])), max_size=25
        ).map(lambda parts: "".join(a + b for a, b in parts).encode("latin-1", "replace")),
        st.lists(st.sampled_from(PIECES), max_size=8).map(
            lambda rows: (HEADER + "\n".join(rows)).encode("latin-1", "replace")
        ),
    ),
    missing=st.sampled_from(["refuse", "interpolate", "previous", "skip", "drop"]),
    target=st.sampled_from([None, "first", "last"]),
)
def test_any_bytes_are_read_or_refused(tmp_path_factory, raw, missing, target):
    path = tmp_path_factory.getbasetemp() / "fuzz"
    path.write_bytes(raw)
    with contextlib.suppress(InputError):
        for one in inputs(path, missing=missing, target=target) or []:
            assert np.isfinite(np.asarray(one)).all()
            assert len(one)
    try:
        data = sequences(path, missing=missing, target=target, test=0.5)
    except InputError:
        return
    for part in (data.train, data.test):
        assert all(np.isfinite(one).all() and len(one) for one in part.inputs)
