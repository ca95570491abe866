"""Every code block of the README and of the pages runs, and every link leads somewhere.

Python blocks of a page share one namespace; a block with a title is a file, written into the
page's working folder first. In a console block a line after `$ ` is a command, and what it says
must be what the page says. Data that would have to be downloaded are small stand-ins, made
here, below `$SEQMODELS_DATA`.
"""

import os
import re
import shutil
import subprocess
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from seqmodels.core import registry

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
CODE = ("python", "bash", "console")
OUTPUT = ("text", "json", "toml")  # shown, not run
FENCE = re.compile(
    r"^(?P<fence>`{3,}) *(?P<language>[^\s`]*)(?P<rest>[^\n`]*)\n(?P<body>.*?)^(?P=fence) *$",
    re.DOTALL | re.MULTILINE,
)
SNIPPET = re.compile(r'^--8<-- "([^"]+)"$', re.MULTILINE)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)[^)]*\)|(?:src|href)=\"([^\"]+)\"")
INSTALL = re.compile(r"^(?:python -m )?pip install [^&\n]*(?:&& *)?", re.MULTILINE)
TESTS = "pytest"  # what .ci/run runs; here it would run itself


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    page: Path
    line: int
    language: str
    title: str | None
    body: str


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found = []
    for match in FENCE.finditer(text):
        title = re.search(r'title="([^"]+)"', match["rest"])
        body = SNIPPET.sub(lambda one: (ROOT / one[1]).read_text(encoding="utf-8"), match["body"])
        line = text.count("\n", 0, match.start()) + 2
        found.append(Block(page, line, match["language"], title and title[1], body))
    return found


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_block_of_a_page_runs(page, workshop, capfd):
    workshop.run(blocks(page))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_no_block_of_a_page_is_overlooked(page):
    text = page.read_text(encoding="utf-8")
    assert len(re.findall(r"^ *(?:```|~~~)", text, re.MULTILINE)) == 2 * len(blocks(page))
    unknown = {block.language for block in blocks(page)} - {*CODE, *OUTPUT}
    assert not unknown, f"blocks of {name(page)} that are neither code nor output: {unknown}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_of_a_page_lead_somewhere(page):
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    links = [inline or attribute for inline, attribute in LINK.findall(text)]
    files = [link.partition("#")[0] for link in links if "://" not in link]
    broken = [file for file in files if file and not (page.parent / file).exists()]
    assert not broken


def test_every_page_is_in_the_navigation():
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2]
    listed = set(re.findall(r"[\w/-]+\.md", navigation))
    pages = {page.relative_to(ROOT / "docs").as_posix() for page in PAGES[1:]}
    assert pages <= listed
    assert listed - pages <= {"results.md"}  # a benchmark writes it


def test_the_readme_has_one_line_that_installs_and_tests():
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("# Run the tests\n")[2]
    assert section.lstrip().startswith('```bash\npip install -e ".[dev]" && pytest\n```')


def test_pages_ask_no_other_server_for_anything():
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    styles = (ROOT / "docs" / "style.css").read_text(encoding="utf-8")
    pictures = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "docs").rglob("*.svg"))
    assert "font: false" in settings
    assert "http" not in settings + styles
    assert not re.search(r"url\(['\"]?http|href=['\"]http", pictures)


class Workshop:
    """A folder in which the blocks of one page run one after the other."""

    def __init__(self, folder: Path, environment: dict[str, str]):
        self.folder = folder
        self.environment = environment
        self.module = types.ModuleType(f"page_{folder.name}")
        sys.modules[self.module.__name__] = self.module  # where dataclasses look names up

    def run(self, page: list[Block]) -> None:
        for block in page:
            if block.title:
                (self.folder / block.title).write_text(block.body, encoding="utf-8")
            if block.language == "python":
                place = f"{name(block.page)}, block at line {block.line}"
                code = "\n" * (block.line - 1) + block.body
                exec(compile(code, place, "exec", dont_inherit=True), vars(self.module))
            elif block.language == "bash":
                self._shell(block)
            elif block.language == "console":
                self._console(block)

    def _shell(self, block: Block) -> None:
        lines = [line for line in INSTALL.sub("", block.body).splitlines() if line != TESTS]
        if not any(lines):
            return
        done = self._bash("\n".join(lines))
        place = f"{name(block.page)}, block at line {block.line}"
        assert done.returncode == 0, f"{place}:\n{block.body}\n{done.stdout}"

    def _console(self, block: Block) -> None:
        parts = re.split(r"^\$ (.*)\n", block.body, flags=re.MULTILINE)
        for command, said in zip(parts[1::2], parts[2::2], strict=True):
            assert self._bash(command).stdout.split() == said.split()

    def _bash(self, script: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", script],
            cwd=self.folder, env=self.environment, text=True, timeout=600,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip


@pytest.fixture
def workshop(stand_ins, tmp_path, monkeypatch) -> Iterator[Workshop]:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("SEQMODELS_DATA", str(stand_ins))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    monkeypatch.setenv("PATH", tools)
    monkeypatch.setenv("COLUMNS", "100")
    for table in (registry.DATASETS, registry.ENCODERS, registry.HEADS, registry.LAYERS):
        list(table)  # the built-in parts stay; what a page registers goes
        monkeypatch.setattr(table, "_parts", dict(table._parts))
    modules = set(sys.modules)
    made = Workshop(tmp_path / "work", dict(os.environ))
    yield made
    for module in set(sys.modules) - modules:
        if getattr(sys.modules[module], "__file__", "") in (None, "") or module.startswith("page_"):
            del sys.modules[module]


@pytest.fixture(scope="session")
def stand_ins(tmp_path_factory) -> Path:
    """Small made-up data in the form of the published files."""
    folder = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    for make in (reviews, drawings, weather, sales):
        make(folder, rng)
    return folder


def reviews(folder: Path, rng: np.random.Generator) -> None:
    words = ["the", "a", "film", "plot", "cast", "story", "scene", "music", "was", "and", "with"]
    verdicts = {"pos": ["wonderful", "moving", "superb"], "neg": ["dull", "awful", "a mess"]}
    stars = {"pos": [7, 8, 9, 10], "neg": [1, 2, 3, 4]}
    for part in ("train", "test"):
        for label, said in verdicts.items():
            place = folder / "imdb" / "aclImdb" / part / label
            place.mkdir(parents=True)
            for i in range(100):
                text = [*rng.choice(words, rng.integers(3, 12)), str(rng.choice(said)), "indeed"]
                (place / f"{i}_{stars[label][i % 4]}.txt").write_text(" ".join(text) + ".")


def drawings(folder: Path, rng: np.random.Generator) -> None:
    (folder / "pendigits").mkdir()
    shapes = rng.integers(10, 90, (10, 16))
    for ending, n in (("tra", 300), ("tes", 100)):
        digits = np.arange(n) % 10
        points = np.clip(shapes[digits] + rng.integers(-9, 10, (n, 16)), 0, 100)
        lines = [",".join(map(str, [*row, d])) for row, d in zip(points, digits, strict=True)]
        (folder / "pendigits" / f"pendigits.{ending}").write_text("\n".join(lines) + "\n")


def weather(folder: Path, rng: np.random.Generator) -> None:
    (folder / "weather").mkdir()
    days = np.datetime64("2013-01-01") + np.arange(400)
    season = np.sin(np.arange(400) / 58)
    lines = ["date,meantemp,humidity,wind_speed,meanpressure"]
    for day, s, noise in zip(days, season, rng.normal(size=(400, 4)), strict=True):
        warm, damp = 25 + 9 * s + noise[0], 60 - 20 * s + 5 * noise[1]
        wind, pressure = 6 + abs(noise[2]), 1005 - 8 * s + noise[3]
        lines.append(f"{day},{warm:.2f},{damp:.2f},{wind:.2f},{pressure:.2f}")
    (folder / "weather" / "DailyDelhiClimateTrain.csv").write_text("\n".join(lines) + "\n")


def sales(folder: Path, rng: np.random.Generator) -> None:
    (folder / "sales").mkdir()
    months = np.arange("2013-01", "2018-01", dtype="datetime64[M]")
    lines = ["agency,sku,volume,date"]
    for agency in range(4):
        for sku in range(3):
            level = rng.uniform(20, 500)
            for i, month in enumerate(months):
                volume = level * (1 + 0.3 * np.sin(i * np.pi / 6)) * rng.uniform(0.8, 1.2)
                lines.append(f"Agency_{agency:02},SKU_{sku:02},{volume:.3f},{month}-01")
    (folder / "sales" / "stallion.csv").write_text("\n".join(lines) + "\n")


def test_a_block_that_fails_is_seen(workshop, tmp_path):
    page = ROOT / "README.md"
    with pytest.raises(AssertionError, match="block at line 3"):
        workshop.run([Block(page, 3, "bash", None, "false\ntrue\n")])
    with pytest.raises(AssertionError):
        workshop.run([Block(page, 3, "console", None, "$ echo one\ntwo\n")])
    with pytest.raises(NameError):
        workshop.run([Block(page, 3, "python", None, "nothing_of_the_kind\n")])


def test_stand_ins_are_not_real_data(stand_ins):
    assert shutil.disk_usage(stand_ins)
    assert sum(file.stat().st_size for file in stand_ins.rglob("*")) < 5_000_000
