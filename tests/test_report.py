"""The report of a run: its page, and the same summary in the terminal."""

import base64
import csv
import dataclasses
import html
import io
import itertools
import json
import re
import shutil
import subprocess
import sys
from importlib.resources import files

import numpy as np
import pytest
from rich.console import Console
from test_run import QUICK, dataset

import seqmodels as sm
from seqmodels.cli.terminal.reported import bars
from seqmodels.cli.terminal.scores import print_scores
from seqmodels.plots import charts
from seqmodels.report import pages
from seqmodels.runs.rendered import Opened

HOSTILE = "</div><script>alert(1)</script> $\\foo$ $x^{ $ bad"


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> sm.Run:
    data = dataset()
    data.test.inputs[:3] = [HOSTILE, "the film was " + "long" * 200, HOSTILE]  # type: ignore[index]
    return sm.train(
        data, head="binary", target="mood", settings=QUICK, quiet=True,
        out=tmp_path_factory.mktemp("runs") / "run", learning_rate=0.003,
        allow_leak="a test", 
    )  # fmt: skip


@pytest.fixture(scope="module")
def page(run) -> str:
    return (run.path / "report.html").read_text(encoding="utf-8")


def svg(drawn: pages.Drawn) -> str:
    """Return a figure of a page as text."""
    return base64.b64decode(drawn.image.removeprefix("data:image/svg+xml;base64,")).decode()


def tables(page: str) -> dict[str, list[dict[str, str]]]:
    """Return the tables of a page by the name that they are saved under."""
    found = re.findall(r'download="([^"]+)" href="data:text/csv;base64,([^"]+)"', page)
    return {
        name: list(csv.DictReader(io.StringIO(base64.b64decode(data).decode())))
        for name, data in found
    }


def test_the_page_fetches_nothing(page):
    addresses = re.findall(r'(?:href|src)="([^"]*)"|url\(([^)]*)\)', page)
    assert all(one.startswith(("data:", "#")) for pair in addresses for one in pair if one)
    assert "http" not in page
    assert "<script" not in page


def test_every_figure_has_its_numbers_as_csv(page):
    assert page.count("<figure>") == page.count("<img ") == page.count("download=") > 6
    for name, rows in tables(page).items():
        assert re.fullmatch(r"[a-z0-9-]+\.csv", name)
        assert rows
        numbers = [v for row in rows for v in row.values() if re.fullmatch(r"-?[\d.e+-]+", v)]
        assert numbers
        assert np.isfinite([float(number) for number in numbers]).all(), name


def test_the_numbers_of_a_figure_are_those_of_the_run(run, page):
    found = tables(page)
    losses = [float(row["valid"]) for row in found["learning-curve-loss.csv"]]
    assert losses == pytest.approx(run.history["valid_loss"].tolist())
    assert sum(int(row["examples"]) for row in found["confusion-matrix.csv"]) == 100
    assert sum(int(row["n"]) for row in found["reliability.csv"]) == 100
    model = found["accuracy-and-baselines.csv"][0]
    assert float(model["value"]) == pytest.approx(run.scores["accuracy"])


def test_figures_have_the_colours_of_the_page_and_a_name(page):
    for one in re.findall(r"<img .*?>", page, flags=re.S):
        assert re.match(r'<img class="drawn" alt="[^"]+" src="data:image/svg', one)
    (dark,) = re.findall(
        r"@media screen and \(prefers-color-scheme: dark\) \{\s+\.drawn (.*?\})", page
    )
    assert "invert(1)" in dark, "figures are light on a dark page"
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page


def test_what_an_input_says_is_text(page):
    assert "<script>alert" not in page
    assert "alert" in html.unescape(page)


def test_tables_name_their_rows_and_columns(page):
    assert page.count("<th ") == page.count("<th scope=") > 10
    assert "<th>" not in page
    headings = [int(level) for level in re.findall(r"<h(\d)", page)]
    assert headings[0] == 1
    assert headings.count(1) == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(headings))


def test_a_browser_shows_the_page_without_a_complaint(run, tmp_path):
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no chromium on this machine")
    done = subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
         "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={tmp_path}", "--dump-dom",
         (run.path / "report.html").as_uri()],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert "CONSOLE" not in done.stderr
    assert "ERR_" not in done.stderr
    assert "By class" in done.stdout
    assert done.stdout.count("<img") > 6


def test_a_name_in_a_figure_is_no_formula_and_no_markup():
    names = ["<b>", "$\\foo{$", "#1f5fa8", "c"]
    drawn = pages.drawn(charts.confusion(np.arange(4), np.arange(4), names), "a <name>")
    assert "<b>" not in svg(drawn)
    assert "&lt;b&gt;" in svg(drawn)
    assert "$\\foo{$" in svg(drawn)
    assert ">#1f5fa8<" in svg(drawn)


def told(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "seqmodels", *arguments], capture_output=True, text=True
    )


def test_the_terminal_tells_the_same_story_in_80_columns(run):
    done = told("report", str(run.path))
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    for word in ("majority class", "valid loss", "recall", "steps read", "Worst mistakes"):
        assert word in done.stdout
    story, worst = Opened.of(run.path).story()
    assert re.sub(r"\s+", " ", story.summary) in re.sub(r"\s+", " ", done.stdout)
    assert {one["row"] for one in worst} == {
        int(row) for row in re.findall(r"Mistake, test example (\d+)",
                                       (run.path / "report.html").read_text())
    }  # fmt: skip


def test_the_story_is_json_for_other_programs(run):
    done = told("report", str(run.path), "--json")
    found = json.loads(done.stdout)
    story, worst = Opened.of(run.path).story()
    assert found == json.loads(json.dumps({**dataclasses.asdict(story), "worst": worst}))
    assert found["scores"][0]["headline"]["value"] == run.scores["accuracy"]


def test_a_lost_page_is_made_of_what_is_there(run, tmp_path):
    shutil.copytree(run.path, tmp_path / "r")
    opened = Opened.of(tmp_path / "r")
    assert opened.page(tmp_path / "same.html")
    assert (tmp_path / "same.html").read_bytes() == (run.path / "report.html").read_bytes()
    (tmp_path / "r" / "report.html").unlink()
    assert not opened.page(tmp_path / "other.html")
    other = (tmp_path / "other.html").read_text()
    assert "By class" in other
    assert "integrated gradients" not in other
    with pytest.raises(sm.InputError, match="exists"):
        opened.page(tmp_path / "other.html")


def test_curves_are_bars_between_two_levels():
    assert bars([0, 1, 0.5], 0, 1) == "▁█▅"
    assert len(bars(list(range(1000)), 0, 1000)) <= 32
    assert bars([2, 2], 2, 2) == "▁▁"


def colours() -> list[dict[str, np.ndarray]]:
    """Return the colours of pages by name, of a light scheme and of a dark one, 0 to 255."""
    style = (files("seqmodels") / "report" / "templates" / "style.html").read_text(encoding="utf-8")
    found = []
    for block in re.findall(r":root \{(.*?)\}", style, flags=re.S):
        named = {n: [int(v[i : i + 2], 16) for i in (0, 2, 4)]
                 for n, v in re.findall(r"--(\w+): #(\w{6})", block)}  # fmt: skip
        named |= {n: list(map(int, v.split())) for n, v in re.findall(r"--(\w+): ([\d ]+);", block)}
        found.append({name: np.array(value, float) for name, value in named.items()})
    return found


def contrast(one: np.ndarray, other: np.ndarray) -> float:
    """Return the contrast of two colours as WCAG 2.2 defines it, from 1 to 21."""
    light = []
    for colour in (one, other):
        c = colour / 255
        linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
        light.append(float(linear @ [0.2126, 0.7152, 0.0722]) + 0.05)
    return max(light) / min(light)


def test_text_and_figures_have_the_contrast_of_level_aa():
    assert contrast(np.zeros(3), np.full(3, 255.0)) == pytest.approx(21)
    schemes = colours()
    assert len(schemes) == 2
    for named in schemes:
        paper = named["paper"]
        for name in ("ink", "soft", "mark", "other", "third", "fail", "warn", "pass"):
            assert contrast(named[name], paper) >= 4.5, name
        assert contrast(named["grey"], paper) >= 3  # lines only
        template = (files("seqmodels") / "report" / "templates" / "report.html").read_text(
            encoding="utf-8"
        )
        (alpha,) = set(map(float, re.findall(r"format\(-?([\d.]+) \* part", template)))
        for under, share in (("for", alpha), ("against", alpha), ("mark", charts.DARK)):
            behind = share * named[under] + (1 - share) * paper
            assert contrast(named["ink"], behind) >= 4.5, under


def test_the_terminal_shows_the_saved_intervals_and_lifts(run):
    text = told("report", str(run.path)).stdout
    saved = json.loads((run.path / "scores.json").read_text())
    assert saved["lifts"]
    for name, lift in saved["lifts"].items():
        (line,) = (line for line in text.splitlines() if line.strip().startswith(name))
        assert f"{lift['low']:.3g} to {lift['high']:.3g}" in line
    low, high = saved["intervals"]["model"]["accuracy"]
    (line,) = (line for line in text.splitlines() if line.strip().startswith("model "))
    assert f"{low:.3g} to {high:.3g}" in line
    assert f"bootstrap over {saved['resampled']}" in text


def test_labels_of_figures_are_not_cut():
    figure, axes = charts.canvas(3, 3)
    axes.set_yticks([0.025, 0.175], ["0.025", "0.175"])
    drawn = svg(pages.drawn(figure, "x"))
    assert ">0.025<" in drawn
    assert ">0.175<" in drawn


def test_a_narrow_terminal_keeps_names_whole_and_sets_limits_below(capsys):
    one = {"value": 0.97, "low": 0.9456, "high": 0.9871}
    gain = {"difference": 0.1, "low": -0.1234, "high": 0.2345, "better": "unclear"}
    rows = [
        {"name": name, "scores": {"accuracy": one}, "headline": one, "gain": ahead}
        for name, ahead in (("model", None), ("linear on the steps", gain))
    ]
    for width, wide, verdict in ((80, True, True), (72, False, True), (40, False, False)):
        console = Console(width=width)
        print_scores(console, rows, "accuracy")
        text = capsys.readouterr().out
        assert max(map(len, text.splitlines())) <= width
        (line,) = (line for line in text.splitlines() if line.startswith("linear"))
        assert line.startswith("linear on the steps ")
        assert "…" not in text
        assert ("0.946 to 0.987" in line, "unclear" in line) == (wide, verdict)
        assert ("(0.946" in text) != wide
