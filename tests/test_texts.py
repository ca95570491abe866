"""Texts of your own: which column is which, what is refused and how, what was decided is told."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqmodels.core.errors import InputError
from seqmodels.core.registry import DATASETS, Found
from seqmodels.data.reading import read, recognised
from seqmodels.data.texts import dataset as texts_module  # noqa: F401
from seqmodels.data.texts.dataset import texts

SENTENCE = "a film about the sea and those who sail it slowly home again"
WORDS = SENTENCE.split()


def prose(number: int) -> str:
    return " ".join(WORDS[(number * step) % len(WORDS)] for step in range(1, 7)) + f" {number}"


def write(folder: Path, content: str | bytes, name: str = "reviews") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def csv(header: str, *columns: Sequence[object]) -> str:
    rows = [",".join(map(str, row)) for row in zip(*columns, strict=True)]
    return "\n".join([header, *rows] if header else rows) + "\n"


N = 40
TEXTS = [prose(i) for i in range(N)]
LABELS = ["pos" if i % 4 else "neg" for i in range(N)]
STARS = [i % 5 + 1 for i in range(N)]
REVIEWS = csv("review,label", TEXTS, LABELS)


def look(path: Path, **given: object) -> Found | None:
    found = DATASETS.get("texts").look
    assert found is not None
    return found(path, given)


def every(dataset) -> list[tuple[str, object]]:
    """Return all texts with their targets, whatever the part."""
    parts = (dataset.train, dataset.test)
    name = next(iter(dataset.train.targets))
    return sorted(
        pair for part in parts for pair in zip(part.inputs, part.targets[name], strict=True)
    )


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
    with pytest.raises(InputError, match=r"several columns of text: 'first', 'second'"):
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


# Folders.


def folder(tmp_path: Path, **classes: int) -> Path:
    for name, count in classes.items():
        for i in range(count):
            write(tmp_path, prose(i), f"{name.replace('__', '/')}/{i}.txt")
    return tmp_path


def test_a_folder_of_class_folders_is_read_and_a_test_part_held_out(tmp_path):
    path = folder(tmp_path, space=10, cars=10, sport=10)
    name, found = recognised(path, {})
    assert (name, found.head) == ("texts", "multiclass")
    dataset = read(path)
    assert {label for _, label in every(dataset)} == {"space", "cars", "sport"}
    assert (len(dataset.train), len(dataset.test)) == (24, 6)


def test_parts_are_those_of_the_folders_and_unlabelled_texts_are_left_out(tmp_path):
    path = folder(
        tmp_path, train__pos=6, train__neg=5, train__unsup=9, test__pos=3, test__neg=4
    )  # fmt: skip
    write(path, "urls", "train/urls_pos.txt")
    dataset = read(path)
    assert (len(dataset.train), len(dataset.test), dataset.head) == (11, 7, "binary")
    assert "parts are those of the folders: 11 train, 7 test" in dataset.notes[0]
    assert dataset.notes[1] == "left out, as no class: 'train/unsup'"
    assert every(read(path.parent / path.name)) == every(dataset)


def test_parts_may_have_longer_names_and_files_none(tmp_path):
    for part, count in (("news-train", 4), ("news-test", 2)):
        for label in ("sci.space", "rec.autos"):
            for i in range(count):
                write(tmp_path, prose(i), f"{part}/{label}/{50_000 + i}")
    dataset = read(tmp_path)
    assert (len(dataset.train), len(dataset.test)) == (8, 4)
    assert set(dataset.train.targets["class"]) == {"sci.space", "rec.autos"}


def test_a_folder_in_latin_1_names_the_file_until_the_encoding_is_given(tmp_path):
    path = folder(tmp_path, a=3, b=3)
    write(path, "déjà vu encore".encode("latin-1"), "b/odd.txt")
    with pytest.raises(InputError, match=r"odd.txt', line 1: not in UTF-8.*latin-1"):
        read(path)
    assert "déjà vu encore" in {text for text, _ in every(read(path, encoding="latin-1"))}


def test_folders_of_other_things_are_left_to_others(tmp_path):
    for i in range(3):
        write(tmp_path, "START\n12.0,-33.0,0.0\n13.0,-34.0,8.0\nBREAK\n", f"strokes/a{i}/1.txt")
        write(tmp_path, b"RIFF\0\0\0\0WAVE", f"speech/a{i}/1.wav")
        write(tmp_path, "a,b\n1,2\n", f"tables/a{i}/1.csv")
        write(tmp_path, "Read me, I am text.", f"mixed/a{i}/README")
        write(tmp_path, b"\x89PNG\0\0\0", f"mixed/a{i}/picture")
    for name in ("strokes", "speech", "tables", "mixed", ""):
        assert look(tmp_path / name) is None, name


# What is refused.

MALFORMED = {
    "no target": (csv("review,language", TEXTS, ["en"] * N), {}, "no column to predict.*language"),
    "only texts": (csv("id,review", range(N), TEXTS), {}, "no column to predict.*'id'"),
    "absent target": (REVIEWS, {"target": "lable"}, "no column 'lable'. Did you mean 'label'"),
    "absent text": (REVIEWS, {"text": "reviews"}, "no column 'reviews'. Did you mean 'review'"),
    "absent group": (REVIEWS, {"group_by": "writer"}, "no column 'writer'"),
    "same column": (REVIEWS, {"text": "label", "target": "label"}, "text and the target"),
    "one class": (csv("review,mood", TEXTS, ["a"] * N), {"target": "mood"}, "different values"),
    "mixed types": (
        csv("review,price", TEXTS, [*range(0, 3 * N - 3, 3), "dear"]),
        {"target": "price"},
        "has numbers, but also 'dear'",
    ),
    "too many classes": (
        csv("review,name", TEXTS, [f"name{i}" for i in range(N)]),
        {"target": "name"},
        "40 different values in 40 rows.*too many for classes",
    ),
    "number for a text": (
        '{"review": "one two three", "label": 1}\n{"review": "four five six", "label": 0}\n'
        '{"review": 7, "label": 1}\n',
        {"text": "review", "target": "label"},
        "line 3: the text is int 7",
    ),
    "ragged": (REVIEWS + "a, b,pos\n", {}, "line 42: 3 fields"),
    "nul": (REVIEWS + "a\0b,pos\n", {}, "line 42: holds a NUL"),
    "latin-1": (REVIEWS.encode() + b"caf\xe9 au lait,pos\n", {}, "line 42: not in UTF-8"),
    "utf-16": (REVIEWS.encode("utf-16"), {}, "UTF-16"),
    "packed": (b"\x1f\x8b\x08" + b"x" * 20, {}, "Unpack it first"),
    "unknown argument": (REVIEWS, {"window": 8}, "Unknown argument 'window'"),
    "wrong argument": (REVIEWS, {"quotes": "single"}, "'quotes' .* needs one of"),
    "no text": (REVIEWS + ",pos\n", {}, "rows with no text: line 42"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_table_gives_one_clear_error(tmp_path, name):
    content, options, message = MALFORMED[name]
    path = write(tmp_path, content)
    with pytest.raises(InputError, match=message) as caught:
        read(path, **options)
    assert len(caught.value.problems) == 1


def test_a_million_classes_are_refused(tmp_path, monkeypatch):
    from seqmodels.data.texts import columns as _text_columns

    monkeypatch.setattr(_text_columns, "_CLASSES", 15)
    content = csv("review,name", TEXTS, [f"name{i // 2}" for i in range(N)])
    with pytest.raises(InputError, match=r"20 different values .* too many for classes"):
        read(write(tmp_path, content), target="name")


def test_malformed_folders_give_one_clear_error(tmp_path):
    path = folder(tmp_path / "a", train__x=3, train__y=3, test__x=2, test__z=2)
    with pytest.raises(InputError, match=r"'test' .* classes that the training part has not: 'z'"):
        read(path)
    path = folder(tmp_path / "b", x=3, y=3)
    write(path, "", "y/empty.txt")
    with pytest.raises(InputError, match=r"Empty files in .*: 'y/empty.txt'"):
        read(path)
    assert len(every(read(path, missing="drop"))) == 6
    write(path, b"some text\0here", "y/1.txt")
    with pytest.raises(InputError, match=r"1.txt' holds a NUL"):
        read(path)
    with pytest.raises(InputError, match="A folder has no columns"):
        texts(path, target="x")


def test_nothing_and_nowhere_are_refused(tmp_path):
    with pytest.raises(InputError, match="needs a file or a folder"):
        texts()
    with pytest.raises(InputError, match="no file or folder"):
        texts(tmp_path / "nowhere")


# Real data.


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


@pytest.mark.slow
@settings(derandomize=True, max_examples=800, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.lists(st.tuples(st.text("ab é\"'\n,.", max_size=30), st.text("01ab,", max_size=3))).map(
            lambda rows: "\n".join(f"{a},{b}" for a, b in rows).encode()
        ),
        st.lists(
            st.dictionaries(
                st.sampled_from(["text", "label", "x"]),
                st.none() | st.booleans() | st.floats() | st.text() | st.lists(st.integers()),
            )
        ).map(lambda rows: "\n".join(map(json.dumps, rows)).encode()),
    )
)
def test_any_bytes_are_read_or_refused(tmp_path_factory, content):
    path = write(tmp_path_factory.mktemp("fuzz"), content)
    try:
        if look(path) is None:
            return
        dataset = read(path, missing="drop")
    except InputError:
        return
    dataset.encoder.fit(dataset.train.inputs).encode(dataset.train.inputs)
