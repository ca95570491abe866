"""Tables of texts: which column is what, and real data."""

import json

import pytest
from texts_written import LABELS, REVIEWS, TEXTS, N, csv, every, look, prose, write

from seqmodels.core.errors import InputError
from seqmodels.data.reading import read, recognised
from seqmodels.data.texts import dataset as texts_module  # noqa: F401

STARS = [i % 5 + 1 for i in range(N)]


def test_a_table_is_recognised_and_what_was_decided_is_told(tmp_path):
    path = write(tmp_path, REVIEWS)
    name, found = recognised(path, {})
    assert (name, found.head) == ("texts", "binary")
    dataset = read(path)
    assert dataset.notes == (
        "text column 'review', target 'label', 2 classes, 40 rows; "
        "20 % held out, stratified, seed 0",
    )
    assert every(dataset) == sorted(zip(TEXTS, LABELS, strict=True))
    assert (len(dataset.test), dataset.head) == (8, "binary")


def test_label_and_text_are_told_apart_without_a_header(tmp_path):
    content = "".join(f"{b}\t{a}\n" for a, b in zip(TEXTS, LABELS, strict=True))
    dataset = read(write(tmp_path, content))
    assert every(dataset) == sorted(zip(TEXTS, LABELS, strict=True))


def test_all_kinds_of_tables_give_the_same_examples(tmp_path):
    pandas, _ = pytest.importorskip("pandas"), pytest.importorskip("pyarrow")
    frame = pandas.DataFrame({"review": TEXTS, "label": LABELS})
    frame.to_parquet(tmp_path / "a")
    frame.to_json(tmp_path / "b", orient="records", lines=True)
    frame.to_csv(tmp_path / "c", sep="\t", encoding="utf-8-sig")
    frame.to_csv(tmp_path / "d", sep=";", quoting=1)
    for name in "abcd":
        assert every(read(tmp_path / name)) == sorted(zip(TEXTS, LABELS, strict=True)), name


def test_ids_dates_and_constant_columns_are_no_targets(tmp_path):
    numbers, days = range(7, 7 + N), [f"2020-01-{i % 28 + 1:02}" for i in range(N)]
    header = "number,day,language,review,stars"
    path = write(tmp_path, csv(header, numbers, days, ["en"] * N, TEXTS, STARS))
    found = look(path)
    assert found is not None
    assert (found.arguments["target"], found.head) == ("stars", "multiclass")


def test_several_targets_are_refused_with_the_choices(tmp_path):
    path = write(tmp_path, csv("review,mood,stars", TEXTS, LABELS, STARS))
    with pytest.raises(InputError, match=r"'mood' \(2 classes\), 'stars' \(5 classes\)"):
        look(path)
    found = look(path, target="stars ")
    assert found is not None
    assert found.arguments["target"] == "stars"


def test_a_column_called_label_is_the_target(tmp_path):
    found = look(write(tmp_path, csv("review,mood,label", TEXTS, LABELS, STARS)))
    assert found is not None
    assert found.arguments["target"] == "label"


def test_several_texts_are_refused_with_the_choices_and_can_be_joined(tmp_path):
    content = csv("first,second,label", TEXTS, TEXTS[::-1], LABELS)
    path = write(tmp_path, content)
    with pytest.raises(InputError, match=r"'first', 'second'"):
        look(path)
    joined = read(path, text="first,second")
    assert f"{TEXTS[0]} {TEXTS[-1]}" in {text for text, _ in every(joined)}


def test_a_number_is_a_regression_and_keeps_its_value(tmp_path):
    prices = [i * 1.5 for i in range(N)]
    dataset = read(write(tmp_path, csv("title,price", TEXTS, prices)))
    assert dataset.head == "regression"
    assert every(dataset) == sorted(zip(TEXTS, prices, strict=True))


def test_labels_with_leading_zeros_stay_as_they_are(tmp_path):
    codes = [f"0{i % 3}" for i in range(N)]
    dataset = read(write(tmp_path, csv("title,code", TEXTS, codes)))
    assert {label for _, label in every(dataset)} == {"00", "01", "02"}


def test_a_target_sorted_by_class_is_seen_beyond_the_first_rows(tmp_path):
    many = 1500
    content = csv("review,label", map(prose, range(2 * many)), ["neg"] * many + ["pos"] * many)
    found = look(write(tmp_path, content))
    assert found is not None
    assert found.head == "binary"


def test_a_group_is_on_one_side_and_named(tmp_path):
    writers = [f"w{i % 7}" for i in range(N)]
    path = write(tmp_path, csv("review,label,writer", TEXTS, LABELS, writers))
    dataset = read(path, target="label", group_by="writer")
    sides = [set(part.groups["writer"]) for part in (dataset.train, dataset.test)]
    assert not sides[0] & sides[1]
    assert "no writer on both sides" in dataset.notes[0]


def test_rows_without_a_text_or_a_target_are_named_and_dropped_when_asked(tmp_path):
    content = REVIEWS + '" ",pos\n' + f"{prose(50)},\n" + f"{prose(51)},pos\n"
    path = write(tmp_path, content)
    with pytest.raises(InputError) as caught:
        read(path)
    assert [problem.split(": ")[1].split(". ")[0] for problem in caught.value.problems] == [
        "line 42",
        "line 43",
    ]
    dataset = read(path, missing="drop")
    assert len(every(dataset)) == N + 1
    assert dataset.notes[1:] == (
        "left out, with no text: line 42",
        "left out, with no target: line 43",
    )


def test_a_text_without_a_word_is_left_out_and_told(tmp_path):
    dataset = read(write(tmp_path, REVIEWS + ":-),pos\n"))
    assert dataset.notes[1] == "left out, with no word in the text: line 42"
    assert len(every(dataset)) == N


def test_several_labels_in_a_row_are_refused_with_what_can_be_done(tmp_path):
    labels = ['"1,2"' if i % 5 == 0 else str(i % 3) for i in range(N)]
    path = write(tmp_path, csv("review,moods", TEXTS, labels))
    with pytest.raises(InputError, match=r"several labels .*'1,2'.*several=drop.*several=first"):
        look(path)
    assert len(every(read(path, several="drop"))) == N - 8
    assert {label for _, label in every(read(path, several="first"))} == {"0", "1", "2"}


def test_labels_of_a_json_list_are_several_labels(tmp_path):
    rows = [{"text": t, "labels": [i % 3] if i % 4 else [0, 1]} for i, t in enumerate(TEXTS)]
    path = write(tmp_path, "\n".join(map(json.dumps, rows)))
    with pytest.raises(InputError, match="several labels"):
        look(path)
    assert len(every(read(path, several="drop"))) == N - 10


def test_a_large_table_lies_on_disk_and_gives_the_same_examples(tmp_path, monkeypatch):
    from seqmodels.core import storage

    path = write(tmp_path, csv("review,label,stars", TEXTS, LABELS, STARS))
    small = {name: every(read(path, target=name)) for name in ("label", "stars")}
    monkeypatch.setattr(storage, "LARGE", 100)
    for name, pairs in small.items():
        large = read(path, target=name)
        assert isinstance(large.train.inputs, storage.Texts)
        assert every(large) == pairs


def test_made_up_words_are_words(tmp_path):
    found = look(write(tmp_path, csv("t,c", [f"w{i}11 w{i}22 w{i}33" for i in range(N)], LABELS)))
    assert found is not None
    assert found.arguments["text"] == ("t",)


@pytest.mark.parametrize(
    "content",
    [
        csv("pixels,emotion", [f"{i} {2 * i} {3 * i} {4 * i}" for i in range(N)], STARS),
        "date,value\n" + "".join(f"2020-01-{i:02},{i}.5\n" for i in range(1, 29)),
        csv("", *[[f"{i * j}.25" for i in range(N)] for j in range(1, 9)]),
        csv("agency,date,sold", [f"A_{i % 3}" for i in range(N)], ["2020-01-01"] * N, range(N)),
        '{"word":"cat","timestamp":"2017-03-09 00:28:55 UTC","drawing":[[[1,2],[3,4]]]}\n' * 3,
        "one\ntwo\nthree\n",
        b"RIFF\0\0\0\0WAVE",
    ],
)
def test_what_holds_no_text_is_left_to_others(tmp_path, content):
    assert look(write(tmp_path, content)) is None


def test_sms_spam(shared_data):
    path = shared_data / "sms_spam" / "SMSSpamCollection"
    dataset = read(path)
    assert dataset.notes[0].startswith("text column '1', target '0', 2 classes, 5,574 rows;")
    labels = [label for _, label in every(dataset)]
    assert (labels.count("spam"), len(labels)) == (747, 5572)


def test_product_titles(shared_data):
    path = shared_data / "products" / "pricerunner_aggregate.csv"
    with pytest.raises(InputError, match=r"'5' \(10 classes\), '6' \(10 classes\)"):
        look(path)
    dataset = read(path, "6")
    assert "10 classes, 35,311 rows" in dataset.notes[0]


def test_goemotions(shared_data):
    path = shared_data / "goemotions" / "original" / "train.tsv"
    with pytest.raises(InputError, match="several=drop"):
        look(path)
    dataset = read(path, several="drop", quotes="none")
    assert "28 classes, 43,410 rows" in dataset.notes[0]
    assert len(dataset.train) + len(dataset.test) == 43_410 - 7_102 - 3


@pytest.mark.slow
def test_the_tree_of_film_reviews(shared_data, tmp_path):
    import tarfile

    with tarfile.open(shared_data / "imdb" / "aclImdb_labelled.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    dataset = read(tmp_path / "aclImdb")
    assert (len(dataset.train), len(dataset.test)) == (25_000, 25_000)


def test_a_table_trains_to_a_scored_run(tmp_path):
    import seqmodels as sm

    run = sm.train(
        str(write(tmp_path, REVIEWS)), epochs=1, out=tmp_path / "run", settings={"head": "binary"}
    )
    assert "accuracy" in run.scores
