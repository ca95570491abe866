"""What a test part shares with training is found, and what it does not share is let be."""

import dataclasses

import numpy as np
import pytest

import seqmodels as sm
from seqmodels.audit.checks import audit
from seqmodels.encoders import SeriesEncoder, TextEncoder

WORDS = [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in "aeiou" for c in "bdfgklmnprst"]


def texts(n: int, seed: int, words: int = 20) -> sm.Examples:
    """Texts of random words that have nothing to do with their class."""
    rng = np.random.default_rng(seed)
    said = [" ".join(rng.choice(WORDS, words)) for _ in range(n)]
    return sm.Examples(said, {"mood": rng.choice(["bad", "good"], n).tolist()})


def walks(n: int, seed: int, steps: int = 40, channels: int = 2) -> sm.Examples:
    """Random walks that have nothing to do with their class."""
    rng = np.random.default_rng(seed)
    rows = [rng.normal(size=(steps, channels)).cumsum(axis=0) for _ in range(n)]
    return sm.Examples(rows, {"kind": rng.choice(["a", "b", "c"], n).tolist()})


def of_texts(train: sm.Examples, test: sm.Examples, **more) -> sm.Dataset:
    return sm.Dataset(train=train, test=test, encoder=TextEncoder(), **more)


def of_steps(train: sm.Examples, test: sm.Examples, **more) -> sm.Dataset:
    return sm.Dataset(train=train, test=test, encoder=SeriesEncoder(), **more)


def change(examples: sm.Examples, **fields) -> sm.Examples:
    return dataclasses.replace(examples, **fields)


def found(data: sm.Dataset, kind: str, **asked):
    """Return the one finding of a kind."""
    findings = [one for one in audit(data, **asked).findings if one.kind == kind]
    assert len(findings) == 1, audit(data, **asked).lines()
    return findings[0]


@pytest.mark.parametrize("quick", [False, True])
def test_data_without_leaks_pass(quick):
    assert audit(of_texts(texts(200, 1), texts(100, 2)), quick=quick).findings == ()
    assert audit(of_steps(walks(200, 1), walks(100, 2)), quick=quick).findings == ()


def test_a_text_on_both_sides_is_found_whatever_its_case_and_spaces():
    train, test = texts(200, 1), texts(100, 2)
    test.inputs[7] = "  " + train.inputs[31].upper().replace(" ", "\n ") + " "  # type: ignore[index]
    one = found(of_texts(train, test), "duplicates")
    assert (one.level, one.count) == ("WARN", 1)
    assert one.pairs == ((("train", 31), ("test", 7)),)


def test_many_copies_fail():
    train, test = texts(200, 1), texts(100, 2)
    test.inputs[:25] = train.inputs[50:75]  # type: ignore[index]
    assert found(of_texts(train, test), "duplicates").level == "FAIL"
    test.inputs[24] = texts(1, 3).inputs[0]  # type: ignore[index]
    assert found(of_texts(train, test), "duplicates").level == "WARN"


def test_a_copy_in_the_validation_part_counts_as_seen():
    train, valid, test = walks(100, 1), walks(50, 2), walks(50, 3)
    test.inputs[3] = valid.inputs[8]  # type: ignore[index]
    assert found(of_steps(train, test, valid=valid), "duplicates").pairs == (
        (("valid", 8), ("test", 3)),
    )


def test_the_same_with_another_class_is_found():
    train, test = walks(100, 1), walks(50, 2)
    test.inputs[5] = train.inputs[9]  # type: ignore[index]
    train.targets["kind"][9], test.targets["kind"][5] = "a", "b"
    one = found(of_steps(train, test), "contradictions")
    assert one.pairs == ((("train", 9), ("test", 5)),)
    test.targets["kind"][5] = "a"
    assert "contradictions" not in {f.kind for f in audit(of_steps(train, test)).findings}


def test_an_edited_text_is_found():
    train, test = texts(200, 1), texts(100, 2)
    words = train.inputs[12].split()
    words[4] = "otherwise"
    test.inputs[40] = " ".join(words)  # type: ignore[index]
    one = found(of_texts(train, test), "near-duplicates")
    assert one.pairs == ((("train", 12), ("test", 40)),)


def test_a_sequence_with_noise_in_another_unit_is_found():
    train, test = walks(200, 1), walks(100, 2)
    rng = np.random.default_rng(0)
    copy = train.inputs[17]
    test.inputs[60] = 2.5 * (copy + 0.01 * copy.std() * rng.normal(size=copy.shape)) + 8  # type: ignore[index]
    one = found(of_steps(train, test), "near-duplicates")
    assert one.pairs == ((("train", 17), ("test", 60)),)


def test_smooth_curves_of_one_kind_are_no_copies():
    rng = np.random.default_rng(0)
    time = np.linspace(0, 6, 60)

    def waves(n: int) -> sm.Examples:
        drawn = rng.uniform(0, 1, (n, 3))
        rows = [(np.sin((1 + a / 5) * time + b) + c * time / 9)[:, None] for a, b, c in drawn]
        return sm.Examples(rows, {"kind": rng.choice(["a", "b"], n).tolist()})

    assert audit(of_steps(waves(200), waves(100))).findings == ()


def test_a_shifted_sequence_is_found():
    train, test = walks(200, 1, steps=60), walks(100, 2)
    test.inputs[8] = train.inputs[3][11:51]  # type: ignore[index]
    one = found(of_steps(train, test), "shifted copies")
    assert one.pairs == ((("train", 3), ("test", 8)),)


def test_windows_that_were_cut_before_the_parts_were_made_are_found():
    series = np.random.default_rng(0).normal(size=(500, 1)).cumsum(axis=0)
    ends = np.arange(20, 500, 4)
    kinds = np.where(ends % 3, "a", "b").tolist()
    every = sm.Examples([series[end - 20 : end] for end in ends], {"kind": kinds})
    train, test = every.split(0.3, 0)
    assert found(of_steps(train, test), "shifted copies").level == "FAIL"


SERIES = np.random.default_rng(0).normal(size=(400, 1)).cumsum(axis=0)


def shared_windows(ends: np.ndarray) -> sm.Examples:
    """Windows of ten steps of one array, each of which foretells the step after it."""
    inputs = sm.Sequences(SERIES, ends - 10, np.full(len(ends), 10))
    return sm.Examples(inputs, {"value": SERIES[ends, 0].tolist()})


def test_views_of_one_array_that_overlap_are_found():
    ends = np.random.default_rng(1).permutation(np.arange(10, 399))
    one = found(of_steps(shared_windows(ends[:300]), shared_windows(ends[300:])), "overlap")
    assert one.level == "FAIL"
    apart = of_steps(shared_windows(np.arange(10, 290)), shared_windows(np.arange(300, 399)))
    assert audit(apart).findings == ()


def timed(n: int, first: int, series: str, seed: int) -> sm.Examples:
    examples = walks(n, seed)
    starts = first + 10.0 * np.arange(n)
    return change(
        examples, times=np.stack([starts, starts + 9], axis=1), groups={"series": [series] * n}
    )


def test_windows_that_overlap_in_their_own_time_are_found():
    train, test = timed(100, 0, "north", 1), timed(40, 1000, "north", 2)
    assert audit(of_steps(train, test)).findings == ()
    late = test.times.copy()  # type: ignore[union-attr]
    late[0] = [985, 993]
    one = found(of_steps(train, change(test, times=late)), "overlap")
    assert (one.level, one.count, one.pairs) == ("FAIL", 1, ((("train", 99), ("test", 0)),))
    other = change(test, times=late, groups={"series": ["south"] * 40})
    assert "overlap" not in {f.kind for f in audit(of_steps(train, other)).findings}


def test_a_test_window_that_only_reads_what_training_knew_is_told():
    train, test = timed(100, 0, "north", 1), timed(40, 1000, "north", 2)
    late = test.times.copy()  # type: ignore[union-attr]
    late[0] = [995, 1005]
    assert found(of_steps(train, change(test, times=late)), "overlap").level == "WARN"


def test_the_future_in_the_past_is_found():
    train, test = timed(100, 1000, "north", 1), timed(50, 0, "north", 2)
    assert found(of_steps(train, test), "future").level == "FAIL"
    other = change(test, groups={"series": ["south"] * 50})
    assert audit(of_steps(train, other)).findings == ()


def test_a_writer_on_both_sides_is_found():
    train = change(walks(90, 1), groups={"writer": [f"w{i % 9}" for i in range(90)]})
    test = change(walks(40, 2), groups={"writer": ["w3", *["x"] * 20, *["y"] * 19]})
    one = found(of_steps(train, test), "groups")
    assert (one.level, one.count, one.pairs) == ("WARN", 1, ((("train", 3), ("test", 0)),))
    assert "writer" in one.message
    assert found(of_steps(train, test, group_by="writer"), "groups").level == "FAIL"
    apart = change(test, groups={"writer": ["x"] * 20 + ["y"] * 20})
    assert audit(of_steps(train, apart, group_by="writer")).findings == ()


def test_a_length_that_gives_the_class_away_is_found():
    def part(n: int, seed: int) -> sm.Examples:
        rng = np.random.default_rng(seed)
        rows = [rng.normal(size=(15 + 10 * (i % 3) + rng.integers(5), 1)) for i in range(n)]
        return sm.Examples(rows, {"kind": ["abc"[i % 3] for i in range(n)]})

    assert found(of_steps(part(150, 1), part(60, 2)), "length").level == "FAIL"
    mixed = change(part(60, 2), targets={"kind": walks(60, 1).targets["kind"]})
    assert "length" not in {f.kind for f in audit(of_steps(part(150, 1), mixed)).findings}


def test_a_column_of_labels_is_found():
    def part(n: int, seed: int, spread: float) -> sm.Examples:
        examples, rng = walks(n, seed), np.random.default_rng(seed)
        codes = [{"a": 3.0, "b": 1.0, "c": 2.0}[kind] for kind in examples.targets["kind"]]
        rows = [
            np.concatenate([row, np.full((40, 1), code) + spread * rng.normal()], axis=1)
            for row, code in zip(examples.inputs, codes, strict=True)
        ]
        return change(examples, inputs=rows)

    one = found(of_steps(part(200, 1, 0), part(60, 2, 0)), "giveaway")
    assert one.level == "FAIL"
    assert "Channel 2" in one.message
    assert found(of_steps(part(200, 1, 0.1), part(60, 2, 0.1)), "giveaway").level == "WARN"


def test_a_label_in_a_single_step_is_found():
    def part(n: int, seed: int) -> sm.Examples:
        examples = walks(n, seed)
        for row, kind in zip(examples.inputs, examples.targets["kind"], strict=True):
            row[23, 1] = "abc".index(kind)
        return examples

    one = found(of_steps(part(200, 1), part(60, 2)), "giveaway")
    assert "Channel 1 at step 23" in one.message


def test_a_word_that_is_the_label_is_found():
    def part(n: int, seed: int) -> sm.Examples:
        examples = texts(n, seed)
        said = [
            f"{text} tag{mood}"
            for text, mood in zip(examples.inputs, examples.targets["mood"], strict=True)
        ]
        return change(examples, inputs=said)

    assert "'tag" in found(of_texts(part(200, 1), part(60, 2)), "word").message


def test_a_target_among_the_inputs_is_found():
    def part(n: int, seed: int, leak: bool) -> sm.Examples:
        examples, rng = walks(n, seed), np.random.default_rng(seed)
        answers = rng.normal(size=n)
        for row, answer in zip(examples.inputs, answers, strict=True):
            row[-1, 1] = answer if leak else 0
        return change(examples, targets={"value": answers})

    data = of_steps(part(200, 1, True), part(60, 2, True))
    assert found(data, "target among inputs").level == "FAIL"
    assert audit(of_steps(part(200, 1, False), part(60, 2, False))).findings == ()


def test_a_forecast_may_stay_as_it_is_now():
    series = np.repeat(np.random.default_rng(0).normal(size=8), 50)[:, None]
    series += 1e-9 * np.arange(400)[:, None]

    def part(ends: np.ndarray) -> sm.Examples:
        windows = sm.Sequences(series, ends - 10, np.full(len(ends), 10))
        return sm.Examples(windows, {"value": series[ends, 0]})

    encoder = SeriesEncoder(continues=(0,))
    data = sm.Dataset(train=part(np.arange(10, 290)), test=part(np.arange(300, 399)),
                      encoder=encoder)  # fmt: skip
    assert audit(data).verdict != "FAIL"


def test_rows_that_dominate_training_are_found():
    train = texts(200, 1)
    train.inputs[:30] = [train.inputs[0]] * 30  # type: ignore[index]
    one = found(of_texts(train, texts(100, 2)), "repeats")
    assert "30 times" in one.message


def test_a_target_that_counts_the_rows_is_told():
    def numbered(numbers):
        inputs = walks(len(numbers), 1).inputs
        whole = sm.Examples(list(inputs), {"kind": [int(one) for one in numbers]})
        test, train = whole.split(0.7, 3, None)
        return of_steps(train, test)

    one = found(numbered(np.arange(1000, 1090)), "row numbers")
    assert "each number from 1000 to 1089, once" in one.message
    gap = [*range(40), *range(41, 91)]
    for other in (gap, [*range(89), 5], range(0, 180, 2)):
        assert "row numbers" not in {one.kind for one in audit(numbered(list(other))).findings}


def test_a_small_test_part_is_told():
    assert "20 %" in found(of_steps(walks(200, 1), walks(24, 2)), "small test").message


def test_constant_sequences_are_no_copies():
    flat = [np.full((30, 1), float(i % 2)) for i in range(100)]
    rng = np.random.default_rng(0)
    examples = sm.Examples(flat, {"kind": rng.choice(["a", "b"], 100).tolist()})
    assert "duplicates" not in {f.kind for f in audit(of_steps(examples, examples)).findings}


def test_numbers_that_are_missing_do_not_stop_the_audit():
    train, test = walks(100, 1), walks(50, 2)
    for row in train.inputs:
        row[4:9] = np.nan
    assert audit(of_steps(train, test)).verdict == "PASS"


def test_large_data_are_sampled_and_it_is_said():
    train, test = walks(1500, 1, steps=400), walks(500, 2, steps=400)
    said = audit(of_steps(train, test), quick=True).limits
    assert any("of 500 test sequences" in line for line in said)


def test_inputs_that_were_encoded_are_not_encoded_again():
    train, test = walks(100, 1), walks(50, 2)
    test.inputs[3] = train.inputs[8]  # type: ignore[index]
    rows = {"train": sm.Sequences.of(train.inputs), "test": sm.Sequences.of(test.inputs)}
    named = [change(part, inputs=[object()] * len(part)) for part in (train, test)]
    one = found(of_steps(*named), "duplicates", encoded=rows)
    assert one.pairs == ((("train", 8), ("test", 3)),)


def test_the_record_is_json_with_pairs_of_rows():
    import json

    train, test = texts(200, 1), texts(100, 2)
    test.inputs[7] = train.inputs[31]  # type: ignore[index]
    record = json.loads(json.dumps(audit(of_texts(train, test)).record()))
    assert record["verdict"] == "WARN"
    assert record["findings"][0]["pairs"] == [[["train", 31], ["test", 7]]]


@pytest.mark.parametrize("source", ["digits", "reber", "adding", "temporal_order"])
def test_what_is_made_here_does_not_fail(source):
    from seqmodels.core.registry import DATASETS

    assert audit(DATASETS.get(source).make(), quick=True).verdict == "PASS"


def test_pen_digits_pass(shared_data):
    from seqmodels.core.registry import DATASETS

    data = DATASETS.get("handwriting").make(shared_data / "pendigits")
    assert audit(data).verdict == "PASS"


def test_a_forecast_of_real_weather_passes(shared_data):
    from seqmodels.core.registry import DATASETS

    data = DATASETS.get("series").make(shared_data / "ett" / "ETTh1.csv", target="OT")
    assert audit(data).verdict == "PASS"


def test_a_leak_stops_a_training_before_a_directory_is_made(tmp_path):
    train, test = texts(100, 1), texts(40, 2)
    test.inputs[:] = train.inputs[:40]  # type: ignore[index]
    data, out = of_texts(train, test), tmp_path / "run"
    asked = {"head": "binary", "out": out, "quiet": True, "settings": {"training.epochs": 1}}
    with pytest.raises(sm.InputError, match=r"(?s)duplicates.*--allow-leak"):
        sm.train(data, **asked)
    assert not out.exists()
    with pytest.raises(sm.InputError, match="needs a reason"):
        sm.train(data, **asked, allow_leak=" ")
    run = sm.train(data, **asked, allow_leak="copies on purpose")
    assert run.record["allow_leak"] == "copies on purpose"
    assert run.record["audit"]["verdict"] == "FAIL"
    page = (out / "report.html").read_text()
    assert "copies on purpose" in page
    assert "FAIL · duplicates" in page
