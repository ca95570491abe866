"""Folders of texts, a file each."""

import pytest
from texts_written import every, folder, look, prose, write

from seqmodels.core.errors import InputError
from seqmodels.data.reading import read, recognised
from seqmodels.data.texts import dataset as texts_module  # noqa: F401
from seqmodels.data.texts.dataset import texts


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


def test_malformed_folders_give_one_clear_error(tmp_path):
    path = folder(tmp_path / "a", train__x=3, train__y=3, test__x=2, test__z=2)
    with pytest.raises(InputError, match=r"'test' .*'z'"):
        read(path)
    path = folder(tmp_path / "b", x=3, y=3)
    write(path, "", "y/empty.txt")
    with pytest.raises(InputError, match=r"'y/empty.txt'"):
        read(path)
    assert len(every(read(path, missing="drop"))) == 6
    write(path, b"some text\0here", "y/1.txt")
    with pytest.raises(InputError, match=r"1.txt' holds a NUL"):
        read(path)
    with pytest.raises(InputError, match="A folder has no columns"):
        texts(path, target="x")
