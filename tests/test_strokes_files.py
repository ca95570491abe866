"""Drawings from the files in which people have them: read right, refused clearly."""

import io
import json
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import seqmodels as sm
from seqmodels.core.errors import InputError
from seqmodels.data.strokes.dataset import inputs, look, strokes
from seqmodels.data.strokes.ink import Choice, Drawing, files, read, survey

INK = '<ink xmlns="http://www.w3.org/2003/InkML">{}</ink>'
TRUTH = '<annotation type="truth">{}</annotation>'


def drawings(path: Path, **choice) -> list[Drawing]:
    with files(path) as listed:
        (kind,) = survey(listed)
        return list(read(listed, kind, Choice(**choice))[0])


def ink(tmp_path: Path, body: str, name: str = "one.inkml") -> Path:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(INK.format(body), encoding="utf-8")
    return path


def only(tmp_path: Path, body: str) -> list[list[float]]:
    (one,) = drawings(ink(tmp_path, body))
    return one.points.tolist()


def zipped(path: Path, member: str, data: bytes | str, **kinds) -> Path:
    with zipfile.ZipFile(path, "w", **kinds) as archive:
        archive.writestr(member, data)
    return path


# InkML


def test_the_recommendations_own_example_of_differences_comes_out_as_its_table(tmp_path):
    channels = "".join(f'<channel name="{name}"/>' for name in ("X", "Y"))
    switches = "".join(f'<channel name="{name}" type="boolean"/>' for name in ("B1", "B2"))
    body = f"""<traceFormat>{channels}
      <intermittentChannels>{switches}</intermittentChannels></traceFormat>
      <trace id="id4525abc">
      1125 18432,'23'43,"7"-8,3-5,7 -3,6 2,6 8,3 6 T,2 4*T,3 6,3-6 F F</trace>"""
    table = [
        (1125, 18432), (1148, 18475), (1178, 18510), (1211, 18540), (1251, 18567), (1297, 18596),
        (1349, 18633), (1404, 18676), (1461, 18723), (1521, 18776), (1584, 18823),
    ]  # fmt: skip
    assert [tuple(point[:2]) for point in only(tmp_path, body)] == table


def test_differences_as_onenote_writes_them_add_up(tmp_path):
    channels = "".join(f'<channel name="{name}"/>' for name in ("X", "Y", "F", "OA", "OE"))
    body = f"""<definitions><context xml:id="c"><inkSource><traceFormat>{channels}</traceFormat>
      </inkSource></context></definitions><trace contextRef="#c">13321 2997 13359 0
      0,'7'-26'1184'0'0,"-4"-3"-944"0"0,-3 8-240 0 0,-3 11 0 0 0</trace>"""
    assert [point[:2] for point in only(tmp_path, body)] == [
        [13321, 2997], [13328, 2971], [13331, 2942], [13331, 2921], [13328, 2911],
    ]  # fmt: skip


def test_a_star_goes_on_as_before_and_an_exclamation_mark_ends_differences(tmp_path):
    assert only(tmp_path, "<trace>10 20, '5'-1, * *, !7 !8, * 9, #1F -.5e1</trace>") == [
        [10, 20, 0], [15, 19, 0], [20, 18, 0], [7, 8, 0], [7, 9, 0], [31, -5, 1],
    ]  # fmt: skip


def test_a_point_that_was_not_reported_is_left_out(tmp_path):
    assert only(tmp_path, "<trace>1 2, ? 3, 4 5</trace>") == [[1, 2, 0], [4, 5, 1]]


@pytest.mark.parametrize(
    "naming",
    [
        '<traceFormat xml:id="f">{}</traceFormat><trace>{}</trace>',
        "<context><traceFormat>{}</traceFormat></context><trace>{}</trace>",
        '<definitions><context xml:id="c"><inkSource><traceFormat>{}</traceFormat></inkSource>'
        '</context></definitions><trace contextRef="#c">{}</trace>',
        '<definitions><inkSource xml:id="s"><traceFormat>{}</traceFormat></inkSource>'
        '<context xml:id="c" inkSourceRef="#s"/></definitions>'
        '<traceGroup contextRef="#c"><trace>{}</trace></traceGroup>',
        '<definitions><traceFormat xml:id="f">{}</traceFormat></definitions>'
        '<context traceFormatRef="#f"/><trace>{}</trace>',
    ],
)
def test_channels_in_any_order_are_found_wherever_they_are_named(tmp_path, naming):
    channels = "".join(f'<channel name="{name}"/>' for name in ("T", "Y", "F", "X"))
    body = naming.format(channels, "0 2 9 1, 5 4 9 3")
    assert only(tmp_path, body) == [[1, 2, 0], [3, 4, 1]]


def test_a_channel_that_grows_the_other_way_is_turned(tmp_path):
    channels = '<channel name="X"/><channel name="Y" orientation="-ve"/>'
    body = f"<traceFormat>{channels}</traceFormat><trace>1 2, 3 4</trace>"
    assert only(tmp_path, body) == [[1, -2, 0], [3, -4, 1]]


def test_a_continued_trace_is_one_stroke_and_a_lifted_pen_draws_nothing(tmp_path):
    body = """<trace xml:id="a" continuation="begin">1 1, 2 2</trace>
      <trace type="penUp">9 9, 8 8</trace>
      <trace continuation="end" priorRef="#a">3 3</trace><trace>5 5</trace>"""
    assert only(tmp_path, body) == [[1, 1, 0], [2, 2, 0], [3, 3, 1], [5, 5, 1]]


EXPRESSION = (
    TRUTH.format("$x+$")
    + '<annotation type="writer">w7</annotation><annotation type="UI">2011_1</annotation>'
    + '<annotationXML type="truth" encoding="Content-MathML"><math><mi>x</mi></math>'
    + '</annotationXML><trace id="0">1 1, 2 2</trace><trace id="1">3 3</trace>'
    + '<trace id="2">4 4, 5 5</trace><traceGroup xml:id="3">'
    + TRUTH.format("Segmentation")
    + '<traceGroup xml:id="4">'
    + TRUTH.format("x")
    + '<traceView traceDataRef="0"/><traceView traceDataRef="#1"/></traceGroup>'
    + '<traceGroup xml:id="5">'
    + TRUTH.format("+")
    + '<traceView traceDataRef="2" from="2"/></traceGroup></traceGroup>'
)


def test_an_expression_is_drawn_once_with_its_truth_and_its_writer(tmp_path):
    (one,) = drawings(ink(tmp_path, EXPRESSION))
    assert len(one.points) == 5
    assert one.labels == {"label": "$x+$", "UI": "2011_1"}
    assert one.groups == {"writer": "w7"}


def test_symbols_of_an_expression_are_drawings_when_asked_for(tmp_path):
    symbols = drawings(ink(tmp_path, EXPRESSION), unit="group")
    assert [one.labels["label"] for one in symbols] == ["x", "+"]
    assert [len(one.points) for one in symbols] == [3, 1]
    assert {one.groups["writer"] for one in symbols} == {"w7"}


def test_formulas_are_refused_as_classes_and_their_symbols_are_learned(tmp_path):
    for number in range(5):
        ink(tmp_path, EXPRESSION.replace("$x+$", f"$x+{number}$"), f"{number}.inkml")
    with pytest.raises(InputError, match=r"No head writes texts yet.*unit='group'"):
        sm.read(tmp_path)
    assert set(sm.read(tmp_path, unit="group").train.targets["label"]) == {"x", "+"}
    ink(tmp_path, "<trace>1 1</trace>", "plain.inkml")
    with pytest.raises(InputError, match=r"1 of 11 drawings have no 'label': '.*plain\.inkml'"):
        sm.read(tmp_path, unit="group")


def test_groups_with_a_transcription_of_their_own_are_drawings(tmp_path):
    group = "<annotationXML type='truth'><Tg_Truth>{}</Tg_Truth></annotationXML><trace>{}</trace>"
    words = [("một", "1 1, 2 2"), ("hai", "3 3")]
    body = "".join(f"<traceGroup>{group.format(*word)}</traceGroup>" for word in words)
    assert [one.labels["label"] for one in drawings(ink(tmp_path, body))] == ["một", "hai"]


def test_parts_are_those_that_folders_name(tmp_path):
    for folder in ("TrainINKML", "CROHME2013_valid", "TestINKML_2013"):
        for number in range(4):
            body = TRUTH.format("ab"[number % 2]) + f"<trace>0 0, {number + 1} 1</trace>"
            ink(tmp_path, body, f"{folder}/{number}.inkml")
    dataset = sm.read(tmp_path)
    sizes = [len(part) for part in (dataset.train, dataset.valid, dataset.test) if part]
    assert sizes == [4, 4, 4]
    assert "published parts" in dataset.notes[0]


def test_labels_from_a_table_and_from_folders_stand_in_for_missing_ones(tmp_path):
    for number in range(4):
        body = f'<annotation type="UI">iso{number}</annotation><trace>0 0, 1 {number}</trace>'
        ink(tmp_path / "table", body, f"iso{number}.inkml")
        ink(tmp_path / "folders", "<trace>0 0, 1 1</trace>", f"{'ab'[number % 2]}/{number}.inkml")
    rows = "\n".join(f"iso{number}, {'xy'[number % 2]}" for number in range(4))
    (tmp_path / "table" / "iso_GT.txt").write_text(rows)
    labels = sm.read(tmp_path / "table").train.targets["label"]
    assert set(labels) <= {"x", "y"}
    assert set(sm.read(tmp_path / "folders").train.targets["folder"]) == {"a", "b"}


# IAM on-line


def iam(tmp_path: Path, lines: int = 2, writer: bool = True) -> Path:
    stroke = '<Stroke colour="black" start_time="1" end_time="2">{}</Stroke>'
    point = '<Point x="{}" y="{}" time="1.5"/>'
    body = "".join(stroke.format(point.format(i, 2 * i) * 3) for i in range(2))
    session = "<WhiteboardCaptureSession>{}</WhiteboardCaptureSession>"
    xml = '<?xml version="1.0" encoding="ISO-8859-1"?>\n' + session
    for form in ("a01-000u", "a01-001z", "b02-000"):
        place = Path(form[:3], form[:7])
        for number in range(1, lines + 1):
            path = tmp_path / "lineStrokes" / place / f"{form}-{number:02}.xml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(xml.format(f"<StrokeSet>{body}</StrokeSet>"), encoding="latin-1")
        path = tmp_path / "ascii" / place / f"{form}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        said = "\n".join(f"line {number} of {form}" for number in range(1, lines + 1))
        path.write_text(f"OCR:\n\nlime 1\n\nCSR:\n\n{said}\n")
        path = tmp_path / "original" / place / f"strokes{form[7:]}.xml"
        path.parent.mkdir(parents=True, exist_ok=True)
        general = f'<General><Form id="{form}" writerID="100{form[6]}"/></General>' * writer
        path.write_text(xml.format(f"{general}<StrokeSet>{body}</StrokeSet>"), encoding="latin-1")
    return tmp_path


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
    with pytest.raises(InputError, match=r"No head writes texts yet.*'writer' \(2 kinds\)"):
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


# stroke-3


def ways(row: int) -> np.ndarray:
    return np.array([[row, 1, 0], [2, -3, 0], [0, row, 1]], dtype=np.int16)


def objects(rows: list[np.ndarray]) -> np.ndarray:
    array = np.empty(len(rows), dtype=object)
    array[:] = rows
    return array


def sketches(path: Path, protocol: int | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = {part: objects([ways(row) for row in range(6)]) for part in ("train", "valid", "test")}
    if protocol is None:
        np.savez_compressed(path, **parts)
        return path
    with zipfile.ZipFile(path, "w") as archive:
        for part, rows in parts.items():
            stream = io.BytesIO()
            np.lib.format.write_array_header_1_0(
                stream, {"descr": "|O", "fortran_order": False, "shape": rows.shape}
            )
            archive.writestr(f"{part}.npy", stream.getvalue() + pickle.dumps(rows, protocol))
    return path


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
    with pytest.raises(InputError, match=r"cat\.npz, train.*it asks for.*Nothing in it was run"):
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
    with pytest.raises(InputError, match="Nothing in it was run"):
        strokes(path)


# Quick, Draw!


def doodle(word: str, row: int, raw: bool = False, recognized: bool = True) -> str:
    stroke = [[0, row + 1, 5], [3, 4, 5], *([[0, 16, 33]] if raw else [])]
    record = {"word": word, "countrycode": ["DE", "US"][row % 2], "recognized": recognized}
    return json.dumps({**record, "key_id": str(row), "drawing": [stroke, stroke]})


def doodles(tmp_path: Path) -> Path:
    for word in ("cat", "dog"):
        rows = [doodle(word, row, raw=row % 2 == 0, recognized=row != 3) for row in range(10)]
        (tmp_path / f"full_raw_{word}.ndjson").write_text("\n".join(rows) + "\n")
    return tmp_path


def test_doodles_raw_and_simplified_are_read_and_recognised_ones_can_be_asked_for(tmp_path):
    found = drawings(doodles(tmp_path))
    assert len(found) == 20
    assert found[2].points.tolist() == [[0, 3, 0], [3, 4, 0], [5, 5, 1]] * 2
    assert (found[0].labels, found[0].groups) == ({"word": "cat"}, {"country": "DE"})
    assert len(drawings(tmp_path, recognized=True)) == 18
    assert len(drawings(tmp_path, most=3)) == 6
    dataset = sm.read(tmp_path, recognized="true")
    assert (len(dataset.train) + len(dataset.test), dataset.head) == (18, "binary")


# UJI pen characters

UJI = """//
// UJIpenchars2
WORD {a} trn_UJI_W01-01
  NUMSTROKES 2
  POINTS 2 # 1 2 3 4
  POINTS 1 # 5 6
// Non-ASCII char: {n}
WORD {n} tst_UPV_W18-02
  NUMSTROKES 1
  POINTS 2 # 7 8 9 9
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_uji_knows_writers_sessions_and_parts_in_any_usual_encoding(tmp_path, encoding):
    path = tmp_path / "ujipenchars2.txt"
    path.write_bytes(UJI.format(a="a", n="ñ").replace("\n", "\r\n").encode(encoding))
    first, second = drawings(path)
    assert first.points.tolist() == [[1, 2, 0], [3, 4, 1], [5, 6, 1]]
    assert (first.labels, first.part) == ({"character": "a"}, "train")
    assert first.groups == {"writer": "UJI_W01", "session": "UJI_W01-01"}
    assert (second.labels, second.part) == ({"character": "ñ"}, "test")


UNIPEN = """.VERSION 1.0
.COMMENT Data collected by a test
.HIERARCHY CHARACTER
.COORD X Y
.SEGMENT CHARACTER 0-1 ? "i"
.COMMENT first
.PEN_DOWN
 10 20
 11  25
.PEN_UP
.PEN_DOWN
 10 5
.PEN_UP
.SEGMENT CHARACTER 2 ? "j"
.PEN_DOWN
 1 2
.PEN_UP
"""


def test_the_first_version_of_uji_is_read_by_segments_and_its_file_names_the_writer(tmp_path):
    (tmp_path / "UJIpenchars-w03").write_text(UNIPEN)
    i, j = drawings(tmp_path)
    assert i.points.tolist() == [[10, 20, 0], [11, 25, 1], [10, 5, 1]]
    assert (i.labels, j.labels) == ({"character": "i"}, {"character": "j"})
    assert i.groups == {"writer": "w03"}


# Omniglot


def omniglot(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("__MACOSX/strokes/Greek/._character01", "junk")
        for alphabet in ("Greek", "Latin"):
            for character in (1, 2):
                for drawer in (1, 2, 3):
                    name = (
                        f"strokes/{alphabet}/character{character:02}/0{character}_{drawer:02}.txt"
                    )
                    text = "START\n1,-2,0\n3.5,-4,20\nBREAK\n5,-6,90\nBREAK\n"
                    archive.writestr(name, text)
    return path


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


# Parts, groups, and what is said


def test_a_group_that_published_parts_share_makes_them_drawn_anew(tmp_path):
    rows = []
    for character in "abc":
        for part, writer in (("trn", 1), ("trn", 2), ("tst", 2), ("tst", 3)):
            rows.append(
                f"WORD {character} {part}_UJI_W0{writer}-01\n NUMSTROKES 1\n POINTS 1 # 1 2"
            )
    path = tmp_path / "pen.txt"
    path.write_text("\n".join(rows))
    assert [len(part) for part in (sm.read(path).train, sm.read(path).test)] == [6, 6]
    dataset = sm.read(path, group_by="writer", test=0.3)
    assert not set(dataset.train.groups["writer"]) & set(dataset.test.groups["writer"])
    assert "share a writer" in dataset.notes[0]


def test_drawings_without_a_label_are_named_and_can_be_left_out(tmp_path):
    for number in range(6):
        label = TRUTH.format("ab"[number % 2]) if number else ""
        ink(tmp_path, label + "<trace>0 0, 1 1</trace>", f"{number}.inkml")
    with pytest.raises(InputError, match=r"1 of 6 drawings have no 'label': '.*0\.inkml'"):
        sm.read(tmp_path)
    dataset = sm.read(tmp_path, unlabelled="drop")
    assert len(dataset.train) + len(dataset.test) == 5
    assert any("1 drawings without 'label' left out" in line for line in dataset.notes)


def test_other_kinds_of_files_are_left_to_others(tmp_path):
    (tmp_path / "table.csv").write_text("a,b\n1,2\n")
    (tmp_path / "page.xml").write_text("<?xml version='1.0'?><html><ink/></html>")
    (tmp_path / "rows.jsonl").write_text('{"word": "drawing", "label": 1}\n')
    np.savez(tmp_path / "arrays.npz", x=np.zeros(3))
    np.savez(tmp_path / "series.npz", train=np.zeros((9, 5)), test=np.zeros((9, 5)))
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 and no more")
    (tmp_path / "noise.bin").write_bytes(bytes(range(256)))
    (tmp_path / "empty.txt").write_text("")
    assert look(tmp_path, {}) is None
    assert not any(look(path, {}) for path in tmp_path.iterdir() if path.suffix != ".zip")


def test_a_model_learns_from_sketches_and_answers_for_new_ones(tmp_path):
    rng = np.random.default_rng(0)
    for name, way in (("right", 30), ("left", -30)):
        rows = []
        for _ in range(300):
            row = rng.normal([way, 0, 0], 40, (10, 3)).astype(np.int16)
            row[:, 2] = np.arange(10) == 9
            rows.append(row)
        parts = {"train": objects(rows[:150]), "valid": objects(rows[150:200])}
        np.savez(tmp_path / f"{name}.npz", **parts, test=objects(rows[200:]))
    run = sm.train(
        tmp_path, settings={"training.epochs": 5, "backbone.units": 8}, out=tmp_path / "run"
    )
    assert run.scores["accuracy"] > 0.9
    assert run.predict([[[0, 0, 0], [-60, 5, 0], [-50, 0, 1]]]).answers == ["left"]
    new = [[[60, 5, 0], [50, 0, 1]], [[-60, 5, 0], [-50, 0, 1]]]
    np.savez(tmp_path / "new.npz", points=np.concatenate(new), offsets=[0, 2, 4])
    from seqmodels.runs.run import inputs_in

    found = run.predict(inputs_in(run.path, tmp_path / "new.npz"))
    assert found.answers.tolist() == ["right", "left"]


# New drawings


def bare(path: Path, **arguments) -> list[list[list[float]]]:
    found = inputs(path, **arguments)
    assert found is not None
    return [points.tolist() for points in found]


def test_new_ink_needs_no_label_and_a_folder_of_it_comes_in_order(tmp_path):
    ink(tmp_path, "<trace>3 3</trace>", "b.inkml")
    ink(tmp_path, TRUTH.format("x") + "<trace>1 2</trace>", "a.inkml")
    assert bare(tmp_path, format="inkml") == [[[1, 2, 1]], [[3, 3, 1]]]
    assert bare(tmp_path / "b.inkml", format="inkml", unit=None, limit=1) == [[[3, 3, 1]]]


def test_new_symbols_are_the_innermost_groups_where_nothing_has_a_label(tmp_path):
    path = ink(tmp_path, EXPRESSION.replace(TRUTH.format("x"), "").replace(TRUTH.format("+"), ""))
    path.write_text(path.read_text().replace(TRUTH.format("Segmentation"), ""))
    assert [len(one) for one in bare(path, format="inkml", unit="group")] == [3, 1]
    assert [len(one) for one in bare(path, format="inkml", unit="file")] == [5]


def test_new_doodles_need_no_word_and_all_are_answered_for(tmp_path):
    rows = [json.loads(doodle("cat", row, recognized=row != 1)) for row in range(3)]
    for row in rows:
        del row["word"]
    path = tmp_path / "new.ndjson"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = bare(path, format="quickdraw", recognized=True, limit=1)
    assert [one[0] for one in found] == [[0, 3, 0]] * 3
    assert [one[1][0] for one in found] == [1, 2, 3]


def test_new_drawings_of_every_other_format_are_read(tmp_path):
    path = tmp_path / "new.txt"
    path.write_text(UNIPEN.replace('? "i"', ""))
    assert bare(path, format="uji") == [[[10, 20, 0], [11, 25, 1], [10, 5, 1]], [[1, 2, 1]]]
    path.write_text(UJI.format(a="a", n="b"))
    assert [len(one) for one in bare(path, format="uji2")] == [3, 2]
    assert len(bare(omniglot(tmp_path / "strokes.zip"), format="omniglot")) == 12
    lines = iam(tmp_path / "iam")
    assert len(bare(lines, format="iam")) == len(drawings(lines))


def test_new_sketches_need_no_labels_and_are_read_part_by_part(tmp_path):
    assert bare(sketches(tmp_path / "cat.npz"), format="stroke3") == [
        ways(row).tolist() for _ in range(3) for row in range(6)
    ]
    np.savez(tmp_path / "plain.npz", points=np.concatenate([ways(1), ways(2)]), offsets=[0, 3, 6])
    assert bare(tmp_path / "plain.npz", format="stroke3") == [ways(1).tolist(), ways(2).tolist()]


def test_new_drawings_of_another_format_are_read_if_their_points_are_written_alike(tmp_path):
    path = ink(tmp_path, "<trace>3 3</trace>")
    assert bare(path, format="quickdraw") == [[[3, 3, 1]]]
    with pytest.raises(InputError, match="holds InkML; the model learned from stroke-3"):
        inputs(path, format="stroke3")


def test_new_data_of_another_form_are_left_to_the_encoder_and_broken_ink_is_refused(tmp_path):
    (tmp_path / "steps.json").write_text("[[0, 0, 0], [1, 2, 1]]\n")
    assert inputs(tmp_path / "steps.json", format="inkml") is None
    (tmp_path / "new.inkml").write_text("no ink at all")
    with pytest.raises(InputError, match=r"new\.inkml"):
        inputs(tmp_path / "new.inkml", format="inkml")


# Bad files


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
    with pytest.raises(InputError, match=r"cat\.npz is not a whole zip"):
        sm.read(path)


def test_zips_that_climb_out_explode_or_are_locked_are_refused(tmp_path):
    climbing = zipped(tmp_path / "climbing.zip", "../../a.inkml", GOOD)
    with pytest.raises(InputError, match=r"climb out of it: '\.\./\.\./a\.inkml'"):
        sm.read(climbing)
    zeros = GOOD.encode() + b" " * 30_000_000
    bomb = zipped(tmp_path / "bomb.zip", "a.inkml", zeros, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(InputError, match=r"bomb\.zip: a\.inkml would unpack"):
        sm.read(bomb)
    locked = zipped(tmp_path / "locked.zip", "a.inkml", GOOD)
    data = bytearray(locked.read_bytes())
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    data[6] |= 1
    locked.write_bytes(data)
    with pytest.raises(InputError, match=r"is encrypted\. Unpack"):
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
    with pytest.raises(InputError, match=r"do not say their 'writer'.*'country'"):
        sm.read(tmp_path, group_by="writer")
    with pytest.raises(InputError, match="same 'word', 'cat'"):
        sm.read(tmp_path / "full_raw_cat.ndjson")
    with pytest.raises(InputError, match="needs path="):
        strokes()


# Fuzz

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
