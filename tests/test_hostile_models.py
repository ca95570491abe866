"""Saved models that mean harm: each is refused in words, at once, and nothing is made for it."""

import json
import os
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from forging import NAMES, archive, describe, forge, members, npy, weigh
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import seqmodels as sm
from seqmodels.core import safe_io
from seqmodels.core.registry import ENCODERS, HEADS
from seqmodels.encoders import TextEncoder
from seqmodels.model import saved

WORDS = ["a good film", "a bad film"]


@pytest.fixture(scope="module")
def model() -> sm.SequenceModel:
    encoder = TextEncoder(words=9).fit(WORDS)
    head = sm.Binary().fit(["pos", "neg"])
    return sm.SequenceModel(encoder, sm.Backbone(units=1, embed=2), head, seed=4)


@pytest.fixture
def folder(model, tmp_path):
    model.save(tmp_path / "model")
    return tmp_path / "model"


@pytest.fixture
def nothing_is_built(monkeypatch):
    def build(*_: object) -> None:
        pytest.fail("a network was built")

    monkeypatch.setattr(sm.Backbone, "build", build)


def change(folder, part: str, **fields) -> None:
    """Change fields of one part of model.json, and make all files agree."""
    description = json.loads((folder / "model.json").read_text())
    parts = {name: description[name] for name in ("encoder", "backbone", "head")}
    parts[part] |= fields
    belongs = saved._digest(parts).encode()
    found = members(folder) | {"model.sha256": belongs}
    describe(folder, **parts)
    weigh(folder, archive(found))


def test_what_a_network_will_hold_is_known_without_building_it():
    specs = [sm.Spec(vocabulary=7), sm.Spec(channels=3)]
    sizes = [
        {},
        {"layers": 3, "bidirectional": True, "summary": "both", "embed": 5},
        {"bidirectional": True, "summary": "last"},
        {"summary": "max", "skip": True},
        {"summary": "both", "skip": True, "embed": 2, "dropout": 0},
    ]
    for spec in specs:
        for size in sizes:
            backbone = sm.Backbone(**{"units": 2, **size})
            if spec.vocabulary and backbone.skip:
                continue
            built = backbone.build(spec, 4).weights
            names = ["/".join(p for p in w.path.split("/") if p != "lstm_cell") for w in built]
            shapes = [tuple(w.shape) for w in built]
            assert dict(backbone.weights(spec, 4)) == dict(zip(names, shapes, strict=True))


@pytest.mark.parametrize(
    ("part", "fields"),
    [
        ("backbone", {"units": 10**9}),
        ("backbone", {"units": 10**400}),
        ("backbone", {"layers": 10**6}),
        ("backbone", {"layers": 10**15}),
        ("backbone", {"embed": 10**12}),
        ("encoder", {"vocabulary": [f"word{i}" for i in range(200_000)]}),
        ("encoder", {"vocabulary": []}),
        ("head", {"name": "multiclass", "threshold": 1}),
        ("head", {"name": "regression", "mean": [0.0] * 10**5}),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_asks_for_another_size_is_refused_before_it_is_built(
    folder, nothing_is_built, part, fields
):
    if "name" in fields:
        describe(folder, **{part: {"module": "x", **fields}})
    else:
        change(folder, part, **fields)
    with pytest.raises(sm.InputError):
        sm.load(folder)


@pytest.mark.parametrize("name", NAMES)
def test_a_flipped_byte_at_any_place_is_named(folder, nothing_is_built, name):
    whole = (folder / name).read_bytes()
    rng = np.random.default_rng(1)
    for place in range(len(whole)):
        data = bytearray(whole)
        data[place] ^= int(rng.integers(1, 256))
        (folder / name).write_bytes(data)
        with pytest.raises(sm.InputError, match=name.replace(".", r"\.")):
            sm.load(folder)
    (folder / name).write_bytes(whole)


@pytest.mark.parametrize("name", NAMES)
def test_a_pipe_a_link_and_a_folder_in_place_of_a_file_are_named(folder, name):
    place, kept = folder / name, folder.parent / "kept"
    place.rename(kept)
    os.mkfifo(place)
    with pytest.raises(sm.InputError, match=rf"{name} is not a plain file"):
        sm.load(folder)
    place.unlink()
    place.symlink_to(kept)
    with pytest.raises(sm.InputError, match=rf"{name} is a link"):
        sm.load(folder)
    place.unlink()
    place.mkdir()
    with pytest.raises(sm.InputError, match=rf"{name} is not a plain file"):
        sm.load(folder)


def test_every_file_that_is_wrong_is_named_at_once(folder):
    (folder / "model.json").unlink()
    os.mkfifo(folder / "model.json")
    (folder / "weights.npz").write_bytes(b"")
    with pytest.raises(sm.InputError) as caught:
        sm.load(folder)
    assert ["model.json" in one for one in caught.value.problems] == [True, False]
    assert "weights.npz" in caught.value.problems[1]


@pytest.mark.parametrize("name", ["../model.json", "/etc/passwd", "model.json\0", "extra.py"])
def test_a_manifest_names_no_other_files(folder, name):
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][name] = manifest["files"]["model.json"]
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    with pytest.raises(sm.InputError, match=r"manifest\.json is damaged"):
        sm.load(folder)


def test_other_files_of_the_folder_are_never_opened(folder, model):
    os.mkfifo(folder / "model.py")
    (folder / "__init__.py").write_text("raise SystemExit")
    assert sm.load(folder).head == model.head


def test_a_huge_file_without_anything_in_it_is_not_read(folder):
    for name in NAMES:
        whole = (folder / name).read_bytes()
        with (folder / name).open("wb") as file:
            file.truncate(2**40)
        with pytest.raises(sm.InputError, match=rf"{name} has 1,099,511,627,776 bytes"):
            sm.load(folder)
        (folder / name).write_bytes(whole)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b'{"format": 2, "format": 2}', "a name twice"),
        (b'{"format": NaN}', "not finite"),
        (b'{"format": 1e999}', "not finite"),
        (b'{"format": ' + b"1" * 5000 + b"}", "damaged"),
        (b'{"format": ' + b'{"a":' * 5000 + b"1" + b"}" * 5001, "nested more than 32 deep"),
        (b"\xff\xfe", "damaged"),
        (b"[]", "is of format"),
        (b"", "damaged"),
        (b'{"format": 3}', "A newer seqmodels may open it"),
        (b'{"format": true}', "is of format"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_json_is_held_to_what_it_may_be(folder, text, why):
    forge(folder, "model.json", text)
    with pytest.raises(sm.InputError, match=why) as caught:
        sm.load(folder)
    assert "model.json" in str(caught.value)


def test_brackets_in_a_text_are_no_depth(tmp_path):
    text = '"' + "[" * 100 + '\\"' + "{" * 100 + '"'
    assert safe_io.parsed(f"[{text}]".encode(), tmp_path) == [json.loads(text)]


@pytest.mark.parametrize("part", ["encoder", "head"])
@pytest.mark.parametrize("fields", [{}, {"name": []}, {"name": "x" * 10**5, "module": "y"}])
def test_a_part_without_a_proper_name_is_refused(folder, part, fields):
    describe(folder, **{part: fields})
    with pytest.raises(sm.InputError, match=rf"model\.json.*{part}"):
        sm.load(folder)


def test_a_part_that_cannot_be_made_of_its_fields_is_the_files_fault(folder, monkeypatch):
    def breaks(_: object) -> None:
        raise IndexError("list index out of range")

    monkeypatch.setattr(ENCODERS, "restore", breaks)
    with pytest.raises(sm.InputError, match=r"model\.json does not describe a model .*IndexError"):
        sm.load(folder)


@pytest.mark.parametrize(
    "forged",
    [
        npy(np.zeros(1)),
        npy(np.zeros(1, ">f4")),
        npy(np.zeros((1, 1), np.float32)),
        npy(np.array([None])),
        npy(np.zeros(1, np.float32))[:-1],
        npy(np.zeros(1, np.float32)) + b"more",
        npy(np.zeros(1, np.float32)).replace(b"(1,)", b"(-1,)"),
        b"\x93NUMPY\x09\x00" + b"?" * 100,
        b"no array",
        b"",
    ],
    ids=lambda data: str(data[-40:]),
)
def test_an_array_that_is_not_what_it_should_be_is_refused(folder, forged, nothing_is_built):
    weigh(folder, archive(members(folder) | {"outputs/bias.npy": forged}))
    with pytest.raises(sm.InputError, match=r"weights\.npz"):
        sm.load(folder)


def test_an_archive_with_a_name_twice_is_refused(folder, nothing_is_built):
    found = members(folder)
    path = folder.parent / "twice"
    with zipfile.ZipFile(path, "w") as file:
        for name, data in found.items():
            file.writestr(name, data)
        with pytest.warns(UserWarning, match="Duplicate"):
            file.writestr("outputs/bias.npy", found["outputs/bias.npy"])
    weigh(folder, path.read_bytes())
    with pytest.raises(sm.InputError, match="a name twice"):
        sm.load(folder)


@pytest.mark.parametrize(
    "magic", [b"\x89HDF\r\n\x1a\n", b"PK\x05\x06", b"\x80\x04\x95", b"\x1f\x8b"]
)
def test_another_kind_of_file_called_weights_is_refused(folder, nothing_is_built, magic):
    weigh(folder, magic.ljust((folder / "weights.npz").stat().st_size, b"\0"))
    with pytest.raises(sm.InputError, match=r"weights\.npz (is not a file|does not fit)"):
        sm.load(folder)


@pytest.mark.parametrize("field", ["file_size", "compress_size"])
def test_an_archive_that_lies_about_its_sizes_is_refused(folder, nothing_is_built, field):
    path = folder.parent / "lies"
    with zipfile.ZipFile(path, "w") as file:
        for name, data in members(folder).items():
            file.writestr(name, data)
        setattr(file.infolist()[-1], field, 2**40)  # written into the list at the end, as zip64
    weigh(folder, path.read_bytes())
    with pytest.raises(sm.InputError, match="would unpack to more than it holds"):
        sm.load(folder)


def test_a_file_that_grows_while_it_is_read_is_named(folder):
    path = folder / "model.json"
    with pytest.raises(sm.InputError, match="was written while it was read"):  # noqa: SIM117
        with safe_io.plain(path, 2**20), path.open("ab") as other:
            other.write(b" ")


def test_every_encoder_and_head_has_a_name_that_is_no_path():
    for name in (*ENCODERS, *HEADS):
        assert name.replace("_", "").isalnum()


def test_absurd_models_are_refused_in_little_memory(folder):
    copies = []
    for fields in ({"units": 10**9}, {"layers": 10**7}, {"embed": 10**10}):
        copies.append(folder.parent / next(iter(fields)))
        sm.load(folder).save(copies[-1])
        change(copies[-1], "backbone", **fields)
    code = (
        "import sys, resource, seqmodels as sm\n"
        "from seqmodels.model.sequence_model import SequenceModel\n"
        "used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + 2**26, -1))\n"
        "for path in sys.argv[1:]:\n"
        "    try: SequenceModel.load(path)\n"
        "    except sm.InputError as error: print('does not fit' in str(error))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, copies)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["True"] * 3


@pytest.mark.slow
@settings(max_examples=400, deadline=2000, suppress_health_check=list(HealthCheck))
@given(name=st.sampled_from(NAMES), data=st.data())
def test_any_bytes_in_place_of_a_file_are_refused(tmp_path_factory, model, name, data):
    folder = tmp_path_factory.mktemp("any") / "model"
    model.save(folder)
    whole = (folder / name).read_bytes()
    cut, more = data.draw(st.integers(0, len(whole))), data.draw(st.binary(max_size=300))
    after = data.draw(st.sampled_from([0, cut, cut + len(more), len(whole)]))
    other = whole[:cut] + more + whole[after:]
    agrees = data.draw(st.booleans())
    if agrees and name == "weights.npz":
        weigh(folder, other)
    elif agrees and name == "model.json":
        forge(folder, name, other)
    else:
        (folder / name).write_bytes(other)
    try:
        again = sm.load(folder)
    except sm.InputError:
        return
    before, after = model.network.get_weights(), again.network.get_weights()
    assert again.encoder == model.encoder
    assert again.head == model.head
    assert all(map(np.array_equal, before, after)) or (agrees and name == "weights.npz")
