"""InkML: traces, groups, labels and parts."""

from pathlib import Path

import pytest
from ink_written import EXPRESSION, TRUTH, drawings, ink

import seqmodels as sm
from seqmodels.core.errors import InputError


def only(tmp_path: Path, body: str) -> list[list[float]]:
    (one,) = drawings(ink(tmp_path, body))
    return one.points.tolist()


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
    with pytest.raises(InputError, match=r"text.*unit='group'"):
        sm.read(tmp_path)
    assert set(sm.read(tmp_path, unit="group").train.targets["label"]) == {"x", "+"}
    ink(tmp_path, "<trace>1 1</trace>", "plain.inkml")
    with pytest.raises(InputError, match=r"1 of 11.*'label'.*plain\.inkml"):
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
