"""The series encoder, and tables of new steps for it."""

import json

import numpy as np
import pandas as pd
import pytest
from series_written import table

from seqmodels.core.errors import InputError
from seqmodels.core.registry import ENCODERS
from seqmodels.core.sequences import Sequences
from seqmodels.data.tables.frames import frame_in
from seqmodels.encoders.series import SeriesEncoder


def fitted(**args: object) -> SeriesEncoder:
    steps = np.column_stack([np.arange(9.0), np.full(9, 0.1), -np.arange(9.0) * 1e6])
    return SeriesEncoder(columns=("a", "b", "c"), **args).fit([steps])


@pytest.mark.parametrize("scaling", ["standard", "log"])
def test_encoded_training_steps_are_standardised_and_a_constant_is_zero(scaling):
    steps = np.column_stack([np.arange(9.0), np.full(9, 0.1), -np.arange(9.0) * 1e6])
    encoded = fitted(scaling=scaling).encode([steps]).values
    assert encoded.dtype == np.float32
    assert encoded.mean(axis=0) == pytest.approx([0, 0, 0], abs=1e-6)
    assert encoded.std(axis=0) == pytest.approx([1, 0, 1], abs=1e-6)


def test_log_scaling_keeps_the_sign_and_the_order():
    values = np.array([-1e6, -10, 0, 10, 1e6])
    encoded = SeriesEncoder(scaling="log").fit([values]).encode([values]).values[:, 0]
    assert encoded[2] == pytest.approx(0, abs=1e-9)
    assert (np.diff(encoded) > 0).all()
    assert encoded[4] / encoded[3] == pytest.approx(np.log1p(1e6) / np.log1p(10))


def test_scaling_learns_only_from_steps_that_a_window_reads():
    values = np.array([1e9, 0, 2, 7e9, np.nan, 4, 6, np.nan])[:, None]
    windows = Sequences(values, np.array([1, 5]), np.array([2, 2]))
    assert SeriesEncoder().fit(windows).mean == (3.0,)
    assert SeriesEncoder(length=1).fit(windows).mean == (4.0,)


def test_windows_of_one_array_go_on_sharing_it():
    windows = Sequences(np.arange(100.0)[:, None], np.arange(10, 90), np.full(80, 10))
    encoder = SeriesEncoder().fit(windows)
    encoded = encoder.encode(windows)
    assert len(encoded.values) == 89
    alone = encoder.encode([windows[7]])
    assert (encoded[7] == alone[0]).all()


def test_a_number_that_is_missing_is_named_by_row_step_and_channel():
    rows = [np.zeros((3, 3)), np.zeros((4, 3))]
    rows[1][2, 1] = np.nan
    with pytest.raises(InputError, match=r"row 1, step 2.*channel 'b'.*nan"):
        fitted().encode(rows)
    with pytest.raises(InputError, match="row 1, step 2"):
        SeriesEncoder().fit(rows)


def test_missing_numbers_that_no_window_reads_do_no_harm():
    values = np.array([np.nan, 1, 2, np.nan, 3, np.nan])[:, None]
    windows = Sequences(values, np.array([1, 4, 2]), np.array([2, 1, 1]))
    encoded = SeriesEncoder().fit(windows).encode(windows)
    assert np.isfinite(encoded.values).all()


def test_the_wrong_number_of_channels_is_named():
    with pytest.raises(InputError, match=r"3 channels.*'a', 'b', 'c'.*2"):
        fitted().encode([np.zeros((4, 2))])
    with pytest.raises(InputError, match=r"2 channels.*3"):
        SeriesEncoder(columns=("a", "b")).fit([np.zeros((4, 3))])


def test_length_keeps_the_last_steps():
    encoder = SeriesEncoder(length=2).fit([[-9.0, 1, 3]])
    assert encoder.encode([[9.0, 1, 3]])[0].ravel().tolist() == [-1, 1]  # [T, 1]
    assert encoder.mean == (2.0,)


def test_a_csv_with_the_columns_is_one_input():
    text = "when,c,a,b\n1,30,10,20\n2,31,11,21\n\n"
    frame = frame_in(text, fitted().table_columns)
    assert frame[["a", "b", "c"]].to_numpy().tolist() == [[10, 20, 30], [11, 21, 31]]
    assert np.array_equal(
        fitted().encode([frame])[0], fitted().encode([[[10, 20, 30], [11, 21, 31]]])[0]
    )


def test_json_lines_are_an_input_each():
    inputs = fitted().read("[[1, 2, 3]]\n[[1, 2, 3], [4, 5, 6]]\n")
    assert [len(one) for one in fitted().encode(inputs)] == [1, 2]


@pytest.mark.parametrize(
    ("text", "said"),
    [("when,a,b\n1,2,3\n", "lacks 'c'"), ("a,b,c\n1,2,\n", "Row 0.*column 'c', got ''")],
)
def test_a_csv_that_cannot_be_read_says_why(text, said):
    with pytest.raises(InputError, match=said):
        frame_in(text, fitted().table_columns)


def test_a_data_frame_is_read_by_column_name():
    frame = pd.DataFrame({"c": [3.0], "x": ["?"], "b": [2.0], "a": [1.0]})
    assert (fitted().encode([frame])[0] == fitted().encode([[[1, 2, 3]]])[0]).all()
    with pytest.raises(InputError, match=r"Row 0.*'b'"):
        fitted().encode([frame[["a", "c"]]])


def test_an_encoder_survives_json():
    encoder = fitted(scaling="log", length=4)
    assert ENCODERS.restore(json.loads(json.dumps(ENCODERS.dump(encoder)))) == encoder


def test_an_encoder_refuses_settings_it_does_not_know():
    with pytest.raises(InputError) as caught:
        SeriesEncoder(scaling="cubic", length=0)  # type: ignore[arg-type]
    assert len(caught.value.problems) == 2


def test_an_example_shows_its_last_step_by_name():
    assert fitted().show(np.ones((30, 3))) == "30 steps, the last: a 1, b 1, c 1"


def fitted_on(encoder, text):
    return encoder.fit([frame_in(text, encoder.table_columns)])


TABLE = "date,price\n2024-01-01,5\n2024-01-02,6\n2024-01-03,7\n"


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_table_is_read_whatever_parts_its_cells(mark):
    encoder = SeriesEncoder(columns=("price",), time=("date",))
    encoder = fitted_on(encoder, TABLE.replace(",", mark))
    assert encoder.mean == (6.0,)


@pytest.mark.parametrize(
    "rows", [["2024-01-02,6", "2024-01-01,5"], ["2024-01-01,5", "2024-01-01,6"]]
)
def test_a_table_whose_times_do_not_rise_is_refused(rows):
    encoder = SeriesEncoder(columns=("price",), time=("date",))
    with pytest.raises(InputError, match=r"row 1.*'2024-01-01'"):
        fitted_on(encoder, "\n".join(["date,price", *rows]))


def test_a_frame_whose_times_do_not_rise_is_refused():
    frame = table(9)
    encoder = SeriesEncoder(columns=("y",), time=("date",)).fit([frame])
    same = encoder.encode([frame])
    with pytest.raises(InputError, match=r"row 1.*Sort"):
        encoder.encode([frame[::-1]])
    np.testing.assert_array_equal(encoder.encode([frame.drop(columns="date")])[0], same[0])


def test_times_in_several_columns_are_compared_as_numbers():
    encoder = SeriesEncoder(columns=("price",), time=("month", "hour"))
    assert fitted_on(encoder, "month,hour,price\n9,23,1\n10,0,2\n").mean == (1.5,)
    with pytest.raises(InputError, match="row 1"):
        fitted_on(encoder, "month,hour,price\n10,0,2\n9,23,1\n")


def test_a_table_without_its_times_is_taken_in_its_order():
    encoder = SeriesEncoder(columns=("price",), time=("date",))
    frame = frame_in("price\n3\n1\n", ("price",))
    (steps,) = encoder.fit([frame]).encode([frame])
    assert steps.ravel().tolist() == [1, -1]


def test_predict_reads_json_lines_or_one_table_from_a_text():
    from types import SimpleNamespace
    from typing import Any

    from seqmodels.runs.run import inputs_of

    model: Any = SimpleNamespace(encoder=SeriesEncoder(columns=("price",)))
    assert inputs_of(model, "\ufeff[[1], [2]]\n[[3]]\n") == [[[1], [2]], [[3]]]
    assert [len(one) for one in inputs_of(model, "\ufeff" + TABLE)] == [3]
    model = SimpleNamespace(encoder=SeriesEncoder())
    with pytest.raises(InputError, match="JSON"):
        inputs_of(model, TABLE)


@pytest.mark.parametrize(
    "text",
    ['price\n"1\n', "price\nhigh\n", "date,price\n2024-01-01\n", "price\n1\n\nx\n"],
)
def test_a_table_with_a_broken_line_is_refused(text):
    with pytest.raises(InputError, match=r"Line 2|Row [01].*'price'"):
        frame_in(text, ("price",))


def test_a_decimal_comma_is_read_beside_semicolons():
    assert frame_in("date;price\na;1,5\nb;2\n", ("price",))["price"].tolist() == [1.5, 2]
