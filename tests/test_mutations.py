"""Mutation testing: how its command reads what it is told, on made-up changes and one real run."""

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DIFF = """\
# seqmodels.data.x_f__mutmut_1: survived
--- seqmodels/data.py
+++ seqmodels/data.py
@@ -1,4 +1,4 @@
 def f(a):
-    return some(
-        a, 1)
+    return some(
+        a, 2)
"""


@pytest.fixture
def mutations(monkeypatch):
    """Return the command as a module."""
    pytest.importorskip("libcst")
    before = set(sys.modules)
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    import mutations

    yield mutations
    for name in set(sys.modules) - before:
        if str(ROOT / "benchmarks") in (getattr(sys.modules[name], "__file__", None) or ""):
            del sys.modules[name]


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("seqmodels.data.x_f__mutmut_1", "f"),
        ("seqmodels.data.x__f__mutmut_1", "_f"),
        ("seqmodels.data.xǁBoxǁopen__mutmut_12", "Box.open"),
        ("seqmodels.data.xǁBoxǁ_open__mutmut_12", "Box._open"),
        ("seqmodels.data.xǁBoxǁ__init____mutmut_3", "Box.__init__"),
    ],
)
def test_a_change_is_known_by_its_function_and_its_lines(mutations, name, function):
    mutant = mutations.named("seqmodels/data.py", name, DIFF)
    assert mutant == (
        "seqmodels/data.py",
        function,
        "return some( a, 1)",
        "return some( a, 2)",
    )


def test_properties_can_be_changed_and_mean_what_they_did(mutations):
    code = (
        "import functools\n"
        "class Box:\n"
        "    @property\n"
        "    def size(self):\n"
        "        return 2 * 3\n"
        "    @staticmethod\n"
        "    def name():\n"
        "        return 'box'\n"
        "@functools.cache\n"
        "def once():\n"
        "    return object()\n"
    )
    moved = mutations.plain(code)
    assert "@property" not in moved
    assert "@functools.cache" not in moved
    assert "@staticmethod" in moved
    names: dict = {}
    exec(moved, names)
    assert names["Box"]().size == 6
    assert names["Box"].name() == "box"
    assert names["once"]() is names["once"]()


def test_a_survivor_without_an_explanation_and_one_too_many_are_told(mutations, monkeypatch):
    known = mutations.Mutant("a.py", "f", "x < 1", "x <= 1")
    new = {"function": "g", "was": "a", "becomes": "b", "status": "survived", "file": "a.py"}
    why = {known: {"changes": "speed", "why": "..."}}
    monkeypatch.setattr(mutations, "explanations", lambda: why)
    told = list(mutations.complaints("a.py", {"left": [new], "unchecked": 0}))
    assert len(told) == 2
    assert "a.py, g: survived\n- a\n+ b" in told[0]
    assert "f: explained, but noticed or gone" in told[1]
    fine = {"left": [{**known._asdict(), "status": "survived", "why": "..."}], "unchecked": 0}
    assert not list(mutations.complaints("a.py", fine))
    assert "5 changes were not tried" in next(
        mutations.complaints("a.py", {"left": [], "unchecked": 5})
    )


def test_the_table_adds_up(mutations):
    one = {"mutants": 9, "killed": 5, "timed_out": 1, "explained": 2, "unexplained": 1}
    rows = mutations.rows(
        {"files": {"a.py": one | {"unchecked": 0}, "b.py": one | {"unchecked": 0}}}
    )
    assert [row["file"] for row in rows] == ["a.py", "b.py", "all"]
    for row in rows:
        assert row["changes"] == sum(
            n for title, n in row.items() if title not in ("file", "changes")
        )
    assert rows[-1]["changes"] == 18


def test_every_explanation_is_of_a_line_that_is_there(mutations):
    assert set(mutations.TESTS) >= {one.file for one in mutations.explanations()}
    for one, told in mutations.explanations().items():
        lines = re.sub(r"\s+", " ", (ROOT / one.file).read_text())
        assert re.sub(r"\s+", " ", one.was) in lines, f"{one.file} has no more: {one.was}"
        assert told["changes"] in ("nothing", "speed", "memory", "wording"), one
        assert told["why"]


def test_the_page_shows_the_counts_that_are_kept(mutations, tmp_path):
    from reliability_page import write_page

    kept = ROOT / "benchmarks" / "results"
    found = json.loads((kept / "reliability.json").read_text())
    write_page(tmp_path / "page.md", found, kept / "mutations.json")
    assert (tmp_path / "page.md").read_text() == (ROOT / "docs" / "reliability.md").read_text()
    files = json.loads((kept / "mutations.json").read_text())["files"].values()
    assert sum(one["unexplained"] + one["unchecked"] for one in files) == 0


FILE = "seqmodels/core/encoder.py"


@pytest.mark.slow
def test_a_change_that_no_test_notices_is_found(mutations, tmp_path, monkeypatch):
    root = tmp_path / "checkout"
    for name in ("seqmodels/core", "tests"):
        (root / name).mkdir(parents=True)
    shutil.copy(ROOT / "pyproject.toml", root)
    for name in ("seqmodels", "seqmodels/core"):
        (root / name / "__init__.py").write_text("")
    twice = "def twice(x):\n    return x * 2 if x > 0 else 0\n"
    (root / "seqmodels" / "core" / "encoder.py").write_text(twice)
    test = "def test_twice():\n    assert twice(3) == 6\n"
    test = f"from seqmodels.core.encoder import twice\n\n\n{test}"
    (root / "tests" / "test_data.py").write_text(test)
    monkeypatch.setattr(mutations, "ROOT", root)
    copy = mutations.copied(tmp_path / "copy", FILE)
    assert mutations.run(copy, minutes=1)
    found = mutations.judged(copy, FILE)
    assert found["killed"] >= 2
    survived = [one["becomes"] for one in found["left"]]
    assert "return x * 2 if x >= 0 else 0" in survived
    assert "return x * 2 if x > 0 else 1" in survived
    assert "return x * 3 if x > 0 else 0" not in survived
