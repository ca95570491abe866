"""Parts of drawings, and new drawings for a trained model."""

import json
from pathlib import Path

import numpy as np
import pytest
from ink_written import (
    EXPRESSION,
    TRUTH,
    UJI,
    UNIPEN,
    doodle,
    drawings,
    iam,
    ink,
    objects,
    omniglot,
    sketches,
    ways,
)

import seqmodels as sm
from seqmodels.core.errors import InputError
from seqmodels.data.strokes.dataset import inputs, look


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
    with pytest.raises(InputError, match=r"1 of 6.*'label'.*0\.inkml"):
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
    with pytest.raises(InputError, match=r"InkML.*stroke-3"):
        inputs(path, format="stroke3")


def test_new_data_of_another_form_are_left_to_the_encoder_and_broken_ink_is_refused(tmp_path):
    (tmp_path / "steps.json").write_text("[[0, 0, 0], [1, 2, 1]]\n")
    assert inputs(tmp_path / "steps.json", format="inkml") is None
    (tmp_path / "new.inkml").write_text("no ink at all")
    with pytest.raises(InputError, match=r"new\.inkml"):
        inputs(tmp_path / "new.inkml", format="inkml")
