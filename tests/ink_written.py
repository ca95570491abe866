"""Files of drawings as people have them, written for the tests."""

import io
import json
import pickle
import zipfile
from pathlib import Path

import numpy as np

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


def zipped(path: Path, member: str, data: bytes | str, **kinds) -> Path:
    with zipfile.ZipFile(path, "w", **kinds) as archive:
        archive.writestr(member, data)
    return path


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


def doodle(word: str, row: int, raw: bool = False, recognized: bool = True) -> str:
    stroke = [[0, row + 1, 5], [3, 4, 5], *([[0, 16, 33]] if raw else [])]
    record = {"word": word, "countrycode": ["DE", "US"][row % 2], "recognized": recognized}
    return json.dumps({**record, "key_id": str(row), "drawing": [stroke, stroke]})


def doodles(tmp_path: Path) -> Path:
    for word in ("cat", "dog"):
        rows = [doodle(word, row, raw=row % 2 == 0, recognized=row != 3) for row in range(10)]
        (tmp_path / f"full_raw_{word}.ndjson").write_text("\n".join(rows) + "\n")
    return tmp_path


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
