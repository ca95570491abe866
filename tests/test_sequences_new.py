"""New sequences for a trained model."""

from pathlib import Path

import numpy as np
import pytest
from sequences_written import HEADER, REGRESSION, ROWS, ts, write_labels, write_steps, write_ucr

import seqmodels as sm
from seqmodels.core.errors import InputError
from seqmodels.data.sequences.dataset import inputs
from seqmodels.encoders import SeriesEncoder


def test_a_path_to_a_trained_model_is_one_line(tmp_path):
    rng = np.random.default_rng(0)
    for part in ("TRAIN", "TEST"):
        rows = []
        for i in range(24):
            slope = 1 if i % 2 else -1
            x = slope * np.arange(5 + i % 3) + rng.normal(size=5 + i % 3)
            rows.append(
                f"{','.join(map(str, x))}:{','.join(map(str, -x))}:{'up' if i % 2 else 'down'}"
            )
        ts(tmp_path, rows, name=f"G_{part}.ts")
    from seqmodels.runs.run import inputs_in  # TensorFlow

    run = sm.train(tmp_path, epochs=15, learning_rate=0.02, out=tmp_path / "run", quiet=True)
    assert run.record["dataset"] == "sequences"
    assert run.scores["accuracy"] > 0.9
    assert run.predict([[[0, 0], [1, -1], [2, -2], [3, -3]]]).answers.tolist() == ["up"]
    new = ts(tmp_path, ["0,1,2,3:0,-1,-2,-3:?", "0,-1,-2,-3:0,1,2,3:?"])
    found = inputs_in(run.path, new)
    assert run.predict(found).answers.tolist() == ["up", "down"]
    with pytest.raises(InputError, match=r"2 channels.*have 1"):
        run.predict(inputs_in(run.path, ts(tmp_path, ["0,1,2,3:?"])))


def new(path: Path, **arguments) -> list:
    found = inputs(path, **arguments)
    assert found is not None
    return [np.asarray(one).tolist() for one in found]


GESTURES = [
    [[1, 4], [2, 5], [3, 6]],
    [[1.5, 0], [-2, 0], [30, 0], [4, 1]],
    [[7, 9], [8, 10]],
    [[0, 1], [1, 0], [0, 1]],
    [[2, 3], [2, 3], [2, 3]],
]


def test_a_new_ts_file_is_read_whatever_its_labels_are(tmp_path):
    bare = [row.rpartition(":")[0] for row in ROWS]
    assert new(ts(tmp_path)) == GESTURES
    assert new(ts(tmp_path, [f"{row}:?" for row in bare])) == GESTURES
    assert new(ts(tmp_path, [f"{row}:sideways" for row in bare])) == GESTURES
    assert new(ts(tmp_path, [f"{row}:" for row in bare])) == GESTURES
    header = HEADER.replace("@classLabel true up down", "@classLabel false")
    assert new(ts(tmp_path, bare, header)) == GESTURES
    assert new(ts(tmp_path, bare, header.replace("@classLabel false\n", ""))) == GESTURES
    stamped = ["(0,1),(1,2):(0,3),(1,4)"]
    assert new(ts(tmp_path, stamped, header.replace("ps false", "ps true"))) == [[[1, 3], [2, 4]]]
    assert new(ts(tmp_path, ["(0,1):(0,3):hot"], REGRESSION.partition("(2004")[0])) == [[[1, 3]]]


def test_of_a_new_file_no_other_part_is_looked_for_and_of_a_folder_one_is_asked_for(tmp_path):
    ts(tmp_path, ROWS[:2], name="G_TRAIN.ts")
    assert new(ts(tmp_path, ROWS[2:], name="G_TEST.ts")) == GESTURES[2:]
    with pytest.raises(InputError, match=r"many sequences.*G_TEST\.ts"):
        inputs(tmp_path)


def test_gaps_in_new_files_are_filled_in_as_those_of_the_run_were(tmp_path):
    path = ts(tmp_path, ["1,?,3:1,2,3:?", "1,2:3,4:?"])
    assert new(path, missing="interpolate")[0] == [[1, 1], [2, 2], [3, 3]]
    assert new(path, missing="skip")[0] == [[1, 1], [3, 3]]
    for missing in ("refuse", "drop"):
        with pytest.raises(InputError, match=r"line 10: .*channel 1 in step 2.*1 of 2 sequences"):
            inputs(path, missing=missing)


@pytest.mark.parametrize("place", ["first", "last"])
def test_new_rows_keep_the_place_of_their_label(tmp_path, place):
    path = tmp_path / "new.tsv"
    for label in ("1", "?", "NaN"):
        rows = [[label, 0.5, 1.5, 2, 3], [label, 4, 5, 6, "NaN"]]
        rows = rows if place == "first" else [[*row[1:], label] for row in rows]
        path.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))
        whole = [[[0.5], [1.5], [2], [3]], [[4], [5], [6]]]
        assert new(path, target=place) == whole
        path.write_text(path.read_text().partition("\n")[0])
        assert new(path, target=place) == whole[:1]
        assert new(path, target=place, channels=("x", "y")) == [[[0.5, 1.5], [2, 3]]]


def test_new_rows_of_a_run_that_found_its_labels_itself_tell_them_too(tmp_path):
    path = write_ucr(tmp_path / "new.tsv", "\t")
    assert new(path) == new(path, target="first")


def test_a_new_arff_file_may_lack_its_last_attribute(tmp_path):
    path, steps = tmp_path / "g.arff", "".join(f"@attribute a{i} numeric\n" for i in range(5))
    path.write_text(f"@relation g\n{steps}@attribute k {{1,2}}\n@data\n1,2,3,4,5,?\n")
    assert new(path) == [[[1], [2], [3], [4], [5]]]
    path.write_text(f"@relation g\n{steps}@data\n1,2,3,4,5\n")
    assert new(path) == [[[1], [2], [3], [4], [5]]]
    quoted = "@attribute b relational\n@attribute t0 numeric\n@attribute t1 numeric\n@end b\n"
    path.write_text(f"@relation b\n{quoted}@data\n'1,2\\n3,4'\n")
    assert new(path) == [[[1, 3], [2, 4]]]
    path.write_text(f"@relation b\n{quoted}@attribute k {{a}}\n@data\n'1,2\\n3,4',?\n")
    assert new(path) == [[[1, 3], [2, 4]]]


def test_a_new_table_of_rows_needs_no_column_of_labels(tmp_path):
    header = [f"{axis}_{i}" for axis in "xyz" for i in range(1, 6)]
    expected = [[[i, i + 5, i + 10] for i in range(5)]]
    for extra, cells in ((["label"], ["?"]), ([], []), (["note", "label"], ["bent", ""])):
        write_labels(tmp_path, [[*header, *extra], [*range(15), *cells]], "new.csv")
        (found,) = inputs(tmp_path / "new.csv", target="label") or []
        assert list(found.columns) == ["x", "y", "z"]
        assert new(tmp_path / "new.csv", target="label") == expected
    write_labels(tmp_path, [[f"t{i}" for i in range(5)], range(5)], "five.csv")
    assert new(tmp_path / "five.csv", target="label") == [[[i] for i in range(5)]]
    plain = [["a", *range(6)], ["b", *range(6)]]
    write_labels(tmp_path, plain, "plain.csv")
    assert new(tmp_path / "plain.csv", target="0") == [[[i] for i in range(6)]] * 2
    write_labels(tmp_path, [row[1:] for row in plain], "plain.csv")
    assert new(tmp_path / "plain.csv", target="0") == [[[i] for i in range(6)]] * 2


def test_a_new_folder_of_tables_needs_no_labels_and_a_table_alone_is_one_sequence(tmp_path):
    for i in (2, 1):
        write_steps(tmp_path / f"walk{i}.csv", [[0, i, 5], [1, i, 6]])
    expected = [[[1, 5], [1, 6]], [[2, 5], [2, 6]]]
    assert new(tmp_path) == expected
    write_labels(tmp_path, [["file", "kind"], ["walk1", "?"], ["walk2", "?"]])
    (tmp_path / "notes.txt").write_text("Recorded by hand, and then\nby foot.\n")
    assert new(tmp_path, target="kind") == expected
    assert new(tmp_path / "walk2.csv", channels=("y",)) == [[[5], [6]]]
    (tmp_path / "walk3.csv").write_text("time,x,y\n0,1,far\n")
    with pytest.raises(InputError, match=r"walk3\.csv, line 2: value 2 is 'far'"):
        inputs(tmp_path)


def test_channels_of_a_new_table_are_told_by_name_whatever_their_order(tmp_path):
    write_steps(tmp_path / "walk.csv", [[0, 1, 2], [1, 3, 4]], header="time,y,x")
    (walk,) = inputs(tmp_path / "walk.csv") or []
    encoder = SeriesEncoder(columns=("x", "y")).fit([[[0, 0], [1, 1]]])
    assert encoder.encode([walk]).values.argmax(axis=1).tolist() == [0, 0]
    assert encoder.show(walk) == "2 steps, the last: x 4, y 3"


def test_new_steps_in_json_are_left_to_the_encoder(tmp_path):
    for text in ("[[1, 2], [3, 4]]\n[[1, 2]]\n", "[1, 2, 3, 4, 5, 6, 7]\n" * 3, "[1, 2]\n"):
        (tmp_path / "new.jsonl").write_text(text)
        for target in (None, "first", "label", "0"):
            assert inputs(tmp_path / "new.jsonl", target=target) is None
