"""Broken tables of texts are refused with one error."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from texts_written import REVIEWS, TEXTS, N, csv, look, write

from seqmodels.core.errors import InputError
from seqmodels.data.reading import read
from seqmodels.data.texts import dataset as texts_module  # noqa: F401
from seqmodels.data.texts.dataset import texts

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
    with pytest.raises(InputError, match=r"20 different values .*classes"):
        read(write(tmp_path, content), target="name")


def test_nothing_and_nowhere_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"file.*folder"):
        texts()
    with pytest.raises(InputError, match="no file or folder"):
        texts(tmp_path / "nowhere")


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
