"""Tables on disk: the form is decided from the content, rows come one by one with their lines."""

import contextlib
import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import seqmodels as sm
from seqmodels.core.errors import InputError
from seqmodels.data.tables import tables
from seqmodels.data.tables.table import Chunks, Start
from seqmodels.data.tables.tables import TableFormat, sniff


def write(folder: Path, content: str | bytes, name: str = "table") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def found(folder: Path, content: str | bytes, **options) -> tuple[tables.Table, list]:
    table = sniff(write(folder, content), **options)
    assert table is not None
    return table, list(table.rows())


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path, mark):
    lines = ["name,size,kind", "one thing,3,a", "two; or | three,4,b", "four,5,a"]
    content = "\n".join(line.replace(",", mark) for line in lines if mark == "," or ";" not in line)
    table, rows = found(tmp_path, content)
    assert (table.delimiter, table.header, table.columns) == (mark, True, ("name", "size", "kind"))
    assert rows[0] == (2, ["one thing", "3", "a"])


def test_a_quoted_field_holds_delimiters_quotes_and_ends_of_lines(tmp_path):
    content = 'text,label\r\n"one, two\r\n""three""",a\r\nfour,b\r\n\r\n"five",a\r\n'
    table, rows = found(tmp_path, content)
    assert table.quotes == "double"
    assert [line for line, _ in rows] == [2, 4, 6]
    assert rows[0][1][1] == "a"
    assert rows[0][1][0].split() == ["one,", "two", '"three"']
    assert rows[2][1] == ["five", "a"]


def test_blanks_before_a_quote_do_not_part_its_field(tmp_path):
    _, rows = found(tmp_path, 'text, label\n"one, two", "a"\n"three, four", "b"\n')
    assert rows[0][1] == ["one, two", "a"]


def test_a_mark_inside_quotes_is_no_delimiter(tmp_path):
    content = "".join(f'"{i % 3}","It#39;s {i}","so it is, he said"\n' for i in range(20))
    assert found(tmp_path, content)[1][4][1] == ["1", "It#39;s 4", "so it is, he said"]


def test_decimal_commas_are_no_delimiters(tmp_path):
    assert found(tmp_path, "1,5;2,5\n3,5;4,5\n")[1][0][1] == ["1,5", "2,5"]


def test_an_unbalanced_quote_swallows_no_rows(tmp_path):
    lines = [f"ham\tsaid {i} things" for i in range(50)]
    lines[3] = 'ham\t"so he went'
    lines[30] = 'spam\tand he "said" no'
    lines[40] = 'ham\tand came back"'
    table, rows = found(tmp_path, "\n".join(lines) + "\n")
    assert table.quotes == "none"
    assert len(rows) == 50
    assert rows[3] == (4, ["ham", '"so he went'])


def test_an_unbalanced_quote_that_a_later_row_closes_swallows_no_rows(tmp_path):
    lines = [f"ham\tsaid {i} things" for i in range(50)]
    lines[3], lines[45], lines[40] = 'ham\t"so he', 'ham\ta "b" c', 'ham\the came"'
    assert len(found(tmp_path, "\n".join(lines))[1]) == 50


def test_quotes_are_plain_when_asked(tmp_path):
    content = 'a\t"one"\nb\t"two"\na\t"three"\n'
    assert found(tmp_path, content)[1][0][1] == ["a", "one"]
    assert found(tmp_path, content, quotes="none")[1][0][1] == ["a", '"one"']


def test_a_quote_that_opens_late_in_a_large_file_is_told_by_its_line(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "HEAD", 500)
    monkeypatch.setattr(tables, "_QUOTED", 500)
    content = 'text,label\n"a, b",c\n' + "one two,d\n" * 500 + '"three,d\n' + "four,e\n" * 9
    with pytest.raises(InputError, match=r"line 503: a quoted field .* quotes='none'"):
        found(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "header"),
    [
        ("text,label\ngood film,pos\nbad film,neg\nnice,pos\n", True),
        ("pos,good film\nneg,bad film\npos,nice\n", False),
        ("1,good film\n2,bad film\n", False),
        ("v1,v2,,\nham,so it is,,\nspam,call now,,\n", True),
        ("date,value\n2020-01-01,1.5\n2020-01-02,2.5\n", True),
        ("1.0,2.0\n3.0,4.0\n", False),
    ],
)
def test_a_header_is_told_from_a_row(tmp_path, content, header):
    assert found(tmp_path, content)[0].header is header


def test_a_header_can_be_said_to_be_there_or_not(tmp_path):
    content = "text,label\ngood film,pos\nbad film,neg\n"
    assert found(tmp_path, content, header=False)[0].columns == ("0", "1")
    assert found(tmp_path, "1,2\n3,4\n", header=True)[0].columns == ("1", "2")


def test_columns_without_a_name_are_called_by_their_number(tmp_path):
    table, _ = found(tmp_path, ",text,label\n0,good film,pos\n1,bad film,neg\n")
    assert table.columns == ("0", "text", "label")


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path):
    content = b"\xef\xbb\xbf" + "text,label\ngoed film,pos\nslecht ö,neg\n".encode()
    assert found(tmp_path, content)[0].columns == ("text", "label")
    assert found(tmp_path, content, header=False)[1][0][1][0] == "text"


def test_latin_1_is_read_when_it_is_named(tmp_path):
    content = "text,label\nça va bien,a\nnot at all,b\n".encode("latin-1")
    with pytest.raises(InputError, match=r"line 2: not in UTF-8 .*encoding='latin-1'"):
        found(tmp_path, content)
    assert found(tmp_path, content, encoding="latin-1")[1][0][1][0] == "ça va bien"


def test_columns_are_read_in_the_order_asked_for(tmp_path):
    table, _ = found(tmp_path, "a,b,c\n1,2,3\n4,5,6\n")
    assert list(table.rows(["c", "a"])) == [(2, ["3", "1"]), (3, ["6", "4"])]
    with pytest.raises(InputError, match=r"no column 'd'. It has 'a', 'b', 'c'"):
        list(table.rows(["d"]))


def test_json_lines_keep_their_types_and_missing_names_are_none(tmp_path):
    content = '{"text": "a", "n": 1}\n\n{"text": null, "x": [1]}\n'
    table, rows = found(tmp_path, content)
    assert (table.kind, table.columns) == ("json lines", ("text", "n", "x"))
    assert rows == [(1, ["a", 1, None]), (3, [None, None, [1]])]


def test_parquet_is_read_like_the_others(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    import pyarrow

    path = tmp_path / "any name"
    parquet.write_table(pyarrow.table({"text": ["a", None], "n": [1, 2]}), path)
    table = sniff(path)
    assert table is not None
    assert table.unit == "row"
    assert list(table.rows(["n", "text"])) == [(1, [1, "a"]), (2, [2, None])]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0",
        b"PK\3\4" + bytes(range(256)),
        b"Just some lines\nof prose, as it were,\nwithout columns.\n",
        b"one\ntwo\nthree\n",
        b"@problemName X\n@data\n1,2,3:a\n4,5,6:b\n",
        b"[[1, 2], [3, 4]]",
        b"<ink>\n<trace>1 2, 3 4</trace>\n</ink>\n",
        b"{not json\n",
    ],
)
def test_what_is_no_table_is_left_to_others(tmp_path, content):
    assert sniff(write(tmp_path, content)) is None


def test_a_file_called_a_table_is_one_even_when_half_of_it_is_broken(tmp_path):
    content = "text,label\none, two, three,a\nfour,b\nfive,a\nsix, seven,b\n"
    assert sniff(write(tmp_path, content)) is None
    table = sniff(write(tmp_path, content, "table.csv"))
    assert table is not None
    with pytest.raises(InputError, match="line 2: 4 fields, where 2 are due"):
        list(table.rows())


def test_a_folder_is_no_table(tmp_path):
    assert sniff(tmp_path) is None


GOOD = "text,label\n" + "a b,c\nd e,f\n" * 20
MALFORMED = {
    "utf-16": ("text,label\na b,c\n".encode("utf-16"), {}, "UTF-16. Save it as UTF-8"),
    "nul": (GOOD.encode() + b"x\0y,c\n", {}, "line 42: holds a NUL byte"),
    "not utf-8": (GOOD.encode() + b"\xff\xfe,c\n", {}, "line 42: not in UTF-8"),
    "ragged": (GOOD + "a,b,c\n", {}, "line 42: 3 fields, where 2 are due"),
    "short": (GOOD + "a\n", {}, "line 42: 1 fields, where 2 are due"),
    "open quote": (GOOD + '"a, b,c\nd,e\n', {"quotes": "double"}, "line 42: a quoted field"),
    "after a quote": (GOOD + '"c" d,e\n"f, g",h\n', {}, "line 42: a quoted field"),
    "twice": ("a,a\n1,2\n3,4\n", {"header": True}, "'a' is in .* more than once"),
    "no rows": ("text,label\n", {"header": True}, "no rows below its header"),
    "huge field": (GOOD + '"' + "x" * (1 << 22) + '",c\n', {"quotes": "double"}, "line 42"),
    "encoding": (GOOD, {"encoding": "utf-99"}, "Encoding 'utf-99'"),
    "wide encoding": (GOOD, {"encoding": "utf-16"}, "Encoding 'utf-16'"),
    "delimiter": (GOOD, {"delimiter": "::"}, "one character, or 'tab', got '::'"),
    "wrong delimiter": (GOOD + "a;b\n", {"delimiter": ","}, "line 42: 1 fields"),
    "json": ('{"a": 1}\n{"a": \n', {}, "line 2: needs one JSON object a line"),
    "json list": ('{"a": 1}\n[1, 2]\n', {}, "line 2: .*it is '.1, 2.'"),
    "json nested": ('{"a": 1}\n{"a": ' + "[" * 100_000 + "\n", {}, "line 2: .*nested too deep"),
    "json digits": ('{"a": 1}\n{"a": ' + "9" * 5000 + "}\n", {}, "line 2: needs one JSON"),
    "json twice": ('{"a": 1, "a": 2}\n', {}, "'a' is in .* more than once"),
    "json array": ('[\n {"text": "a"},\n {"text": "b"}\n]', {}, "is one JSON array"),
    "old lines": ("text,label\ra b,c\rd e,f\r", {}, "carriage return alone"),
    "parquet": (b"PAR1" + b"x" * 100 + b"PAR1", {}, "not a readable Parquet file"),
    "short parquet": (b"PAR1", {}, "not a readable Parquet file"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_table_gives_one_clear_error(tmp_path, name):
    content, options, message = MALFORMED[name]
    with pytest.raises(InputError, match=message) as caught:
        found(tmp_path, content, **options)
    assert len(caught.value.problems) == 1
    asked = name in ("encoding", "wide encoding", "delimiter")
    assert asked or "table" in str(caught.value), "names the file"


def test_a_line_without_an_end_is_refused_before_it_fills_the_memory(tmp_path, monkeypatch):
    from seqmodels.data.tables import lines

    monkeypatch.setattr(lines, "LONGEST", 1000)
    with pytest.raises(InputError, match="line 42: longer than 1,000 bytes"):
        found(tmp_path, GOOD + "x" * 5000)


def logfmt() -> TableFormat:
    """Return a format of another package: lines such as `date="2020-01-01" y="3"`."""

    def pairs(line: str) -> dict[str, str]:
        return dict(re.findall(r'(\w+)="([^"]*)"', line))

    def recognise(start: Start) -> tables.Table | None:
        first = pairs(start.sampled[0][0])
        return tables.Table(path=start.path, format=mine, columns=tuple(first)) if first else None

    def chunks(table: tables.Table, names: list[str]) -> Chunks:
        rows = [pairs(line) for line in table.path.read_text().splitlines()]
        yield list(range(1, len(rows) + 1)), [[row.get(name) for row in rows] for name in names]

    mine = TableFormat(name="logfmt", recognise=recognise, chunks=chunks)
    return mine


def test_a_format_of_another_package_is_read_as_the_built_in_ones(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "FORMATS", [logfmt(), *tables.FORMATS])
    days = [f"2020-{month:02}-01" for month in range(1, 13)] + [
        f"2021-{month:02}-01" for month in range(1, 13)
    ]
    series = "".join(f'date="{day}" y="{i}.5"\n' for i, day in enumerate(days))
    data = sm.read(write(tmp_path, series), window=1)
    assert data.train.inputs[0].ravel().tolist() == [0.5]
    texts = "".join(f'review="a {i} of a film" mood="{"good" if i % 2 else "bad"}"\n'
                    for i in range(40))  # fmt: skip
    data = sm.read(write(tmp_path, texts))
    assert set(data.train.targets["mood"]) == {"good", "bad"}
    table, rows = found(tmp_path, texts)
    assert (table.kind, rows[3]) == ("logfmt", (4, ["a 3 of a film", "good"]))


def test_what_the_csv_module_is_set_to_stays_as_it_was(tmp_path):
    import csv

    before = csv.field_size_limit()
    table, _ = found(tmp_path, GOOD)
    next(table.rows())
    assert csv.field_size_limit() == before


@pytest.mark.slow
@settings(derandomize=True, max_examples=1500, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=400),
        st.text('a1,;\t|"\n\r {}[]:', max_size=200).map(str.encode),
        st.lists(
            st.dictionaries(st.text(max_size=3), st.none() | st.integers() | st.text()), max_size=5
        ).map(lambda rows: "\n".join(map(json.dumps, rows)).encode()),
        st.binary(max_size=200).map(lambda data: b"PAR1" + data + b"PAR1"),
    )
)
def test_any_bytes_are_read_or_refused(tmp_path_factory, content):
    path = write(tmp_path_factory.mktemp("fuzz"), content)
    with contextlib.suppress(InputError):
        table = sniff(path)
        if table is not None:
            for _, row in table.rows():
                assert len(row) == len(table.columns)


def test_a_hundred_thousand_columns_take_seconds_not_minutes(tmp_path):
    path = tmp_path / "wide.jsonl"
    path.write_text(json.dumps({f"c{i}": i for i in range(99_000)}) + "\n")
    table = sniff(path)
    assert table is not None
    started = time.process_time()
    (row,) = table.head()
    assert row == list(range(99_000))
    assert time.process_time() - started < 10
