"""`seqmodels new` writes parts whose tests pass at once, and overwrites nothing."""

import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from seqmodels.cli import app, scaffold
from seqmodels.core.errors import InputError

KINDS = ("dataset", "encoder", "head", "layer")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def new(*arguments):
    return CliRunner().invoke(app, ["new", *arguments])


def python(*arguments):
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", *arguments],
        capture_output=True, text=True, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )  # fmt: skip


def test_each_kind_is_written_and_its_test_passes_at_once(folder):
    for kind in KINDS:
        done = new(kind, f"my-{kind}")
        assert done.exit_code == 0, done.output
        assert f"pytest test_my_{kind}.py" in done.output
    assert len(list(folder.iterdir())) == 2 * len(KINDS)
    tested = python("pytest", "-q", "-W", "error", "-p", "no:cacheprovider")
    assert tested.returncode == 0, tested.stdout
    listed = python("seqmodels", "list", "--import", "my_dataset", "--import", "my_head")
    assert "my-dataset" in listed.stdout, listed.stderr
    checked = python("ruff", "check", "--select", "E,F,UP,B,N", "--line-length", "100", ".")
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize(
    "name",
    ["", "1st", "Rivers", "a b", "../up", "a/b", "a.py", "a--b", "-a", "a-", "é", "x" * 41,
     "class", "match", "json", "numpy", "sys"],
)  # fmt: skip
def test_a_name_that_cannot_be_is_refused(name, folder):
    done = new("dataset", "--", name)
    assert done.exit_code == 2
    assert not list(folder.iterdir())
    with pytest.raises(InputError, match=r"[Nn]ame"):
        scaffold.write("dataset", name)


@pytest.mark.parametrize(("kind", "name"), [("dataset", "digits"), ("head", "binary")])
def test_a_name_that_is_taken_is_refused(kind, name):
    with pytest.raises(InputError, match=f"There is a {kind} '{name}' already"):
        scaffold.write(kind, name)


def test_nothing_is_overwritten(folder):
    (folder / "test_tides.py").write_text("mine")
    done = new("dataset", "tides")
    assert done.exit_code == 2
    assert [file.name for file in folder.iterdir()] == ["test_tides.py"]
    assert (folder / "test_tides.py").read_text() == "mine"


def test_a_missing_folder_and_an_unknown_kind_are_refused(folder):
    with pytest.raises(InputError, match="no folder"):
        scaffold.write("head", "robust", folder / "none")
    assert new("backbone", "deep").exit_code == 2
