"""The thresholds of the audit that a first small file meets, and how a finding is traced."""

import numpy as np
from test_audit import WORDS, change, found, of_steps, of_texts, texts, walks

import seqmodels as sm
from seqmodels.audit.checks import audit


def edited(n: int, seed: int, of: int) -> sm.Examples:
    """Texts of families: `of` of each, in which one word is another."""
    rng, families = np.random.default_rng(seed), texts(-(-n // of), seed).inputs
    said = []
    for i in range(n):
        words = families[i // of].split()
        words[rng.integers(20)] = str(rng.choice(WORDS))
        said.append(" ".join(words))
    return sm.Examples(said, {"mood": rng.choice(["bad", "good"], n).tolist()})


def test_a_test_part_of_nearly_training_texts_fails_though_they_are_near_each_other():
    train, test = edited(300, 5, of=5).split(0.2, 0)
    one = found(of_texts(train, test), "near-duplicates")
    assert one.count > 50
    assert one.level == "FAIL"
    half = change(test, inputs=[*test.inputs[:32], *texts(28, 9).inputs])
    assert found(of_texts(train, half), "near-duplicates").level == "FAIL"
    fewer = change(test, inputs=[*test.inputs[:28], *texts(32, 9).inputs])
    assert found(of_texts(train, fewer), "near-duplicates").level == "WARN"


def test_texts_of_few_words_that_are_alike_are_told_and_stop_nothing():
    def part(n: int, seed: int, words: int) -> sm.Examples:
        rng = np.random.default_rng(seed)
        said = [f"{' '.join(WORDS[:9])} {' '.join(rng.choice(WORDS[:words], 3))}" for _ in range(n)]
        return sm.Examples(said, {"mood": rng.choice(["bad", "good"], n).tolist()})

    few = of_texts(part(200, 1, 100), part(60, 2, 100))
    assert found(few, "near-duplicates").level == "WARN"
    symbols = of_texts(part(200, 1, 30), part(60, 2, 30))
    assert "near-duplicates" not in {one.kind for one in audit(symbols).findings}


def test_a_group_that_is_the_class_in_another_spelling_is_told_and_not_advised():
    def part(n: int, seed: int, code: dict[str, str]) -> sm.Examples:
        examples = texts(n, seed)
        return change(examples, groups={"code": [code[mood] for mood in examples.targets["mood"]]})

    spelled = {"good": "7", "bad": "3"}
    data = of_texts(part(200, 1, spelled), part(60, 2, spelled))
    one = found(data, "giveaway")
    assert one.level == "WARN"
    assert "'code' gives the target away" in one.message
    assert "--group-by" not in " ".join(audit(data).lines())
    other = part(60, 2, {"good": "3", "bad": "7"})
    assert {one.kind for one in audit(of_texts(part(200, 1, spelled), other)).findings} == {
        "groups"
    }


def test_patients_of_one_diagnosis_each_are_still_to_be_kept_apart():
    def part(n: int, seed: int) -> sm.Examples:
        rng = np.random.default_rng(seed)
        who = rng.integers(20, size=n)
        kinds = np.where(who % 2, "ill", "well").tolist()
        return change(walks(n, seed), targets={"kind": kinds}, groups={"patient": who})

    one = found(of_steps(part(200, 1), part(60, 2)), "groups")
    assert "--group-by patient" in one.message


def wordy(n: int, seed: int, kinds: int) -> sm.Examples:
    """Texts of more words where the class is "good", of `kinds` lengths each."""
    rng, moods = np.random.default_rng(seed), ["bad", "good"] * (n // 2)
    said = [
        " ".join(rng.choice(WORDS, (5 if mood == "bad" else 30) + rng.integers(kinds)))
        for mood in moods
    ]
    return sm.Examples(said, {"mood": moods})


def test_the_length_of_texts_is_told_in_words_and_stops_no_toy_file():
    one = found(of_texts(wordy(200, 1, 9), wordy(60, 2, 9)), "length")
    assert one.level == "FAIL"
    assert "number of words" in one.message
    assert "length=" not in one.message
    assert found(of_texts(wordy(200, 1, 9), wordy(48, 2, 9)), "length").level == "WARN"
    assert found(of_texts(wordy(200, 1, 2), wordy(60, 2, 2)), "length").level == "WARN"


def test_a_pair_shows_both_inputs_and_whether_they_are_equal_or_near():
    train, test = texts(200, 1), texts(100, 2)
    test.inputs[7] = train.inputs[31]  # type: ignore[index]
    words = train.inputs[12].split()
    words[4] = "otherwise"
    test.inputs[40] = " ".join(words)  # type: ignore[index]
    data = of_texts(train, test)
    same, near = found(data, "duplicates"), found(data, "near-duplicates")
    start = train.inputs[31][:39].rstrip() + "…"
    assert same.traces() == [f"train row 31 = test row 7: {start!r} = {start!r}"]
    assert near.traces()[0].startswith("train row 12 ~ test row 40: ")
    assert " ~ '" in near.traces()[0]
    assert "counted from 0" in audit(data).lines()[0]
    record = audit(data).record()["findings"][0]
    assert record["inputs"] == [[start, start]]
    assert record["rows"] is None


def test_a_pair_of_held_out_rows_is_traced_to_the_rows_that_were_read():
    from seqmodels.data.parts import held_out

    examples = texts(200, 1)
    examples.inputs[150] = examples.inputs[3]  # type: ignore[index]
    for seed in range(20):
        train, test, _ = held_out(examples, test=0.5, seed=seed)
        if (3 in train.rows) != (150 in train.rows):
            break
    one = found(of_texts(train, test), "duplicates")
    assert one.rows is not None
    assert sorted(one.rows[0]) == [3, 150]
    assert f"(rows {one.rows[0][0]} and {one.rows[0][1]} as read)" in one.traces()[0]
