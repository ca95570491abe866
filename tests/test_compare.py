"""Runs side by side: what compares, which differences are settled, and how it is shown."""

import io
import json
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from made_runs import classes, write_run
from typer.testing import CliRunner

import seqmodels as sm
from seqmodels.cli import app
from seqmodels.evaluation.intervals import Units
from seqmodels.runs.comparison import Comparison, compare

N = 400
TRUTH = np.array(["a", "b"])[np.random.default_rng(1).integers(0, 2, N)]


def answers(share: float, seed: int = 0, of: np.ndarray = TRUTH) -> sm.Prediction:
    """Return answers of which just this share is right."""
    right = np.zeros(len(of), dtype=bool)
    right[np.random.default_rng(seed).permutation(len(of))[: round(share * len(of))]] = True
    return classes(of, right, ("a", "b"))


def run(path, share: float, *, units: int = 8, seed: int = 0, draw: int = 0, **more):
    """Write a run of the head "binary" with this accuracy."""
    asked = {"backbone": {"units": units}, "seed": seed}
    return write_run(path, sm.Binary(), TRUTH, answers(share, draw), **(asked | more))


def row(found: Comparison, name: str):
    return next(one for one in found.rows if one.name.startswith(name))


def test_a_clear_difference_is_beyond_doubt_and_a_small_one_is_not(tmp_path):
    best = run(tmp_path / "best", 0.90, units=8)
    near = run(tmp_path / "near", 0.89, units=16, draw=1)
    far = run(tmp_path / "far", 0.70, units=32, draw=2)
    found = compare([far, near, best])
    assert [one.name for one in found.rows] == ["best", "near", "far"]
    assert [one.verdict for one in found.rows] == ["reference", "undecided", "worse"]
    assert "near may be as good or better" in found.says
    for one in found.rows[1:]:
        assert one.limits is not None
        assert one.limits[0] < one.difference < one.limits[1]
    assert row(found, "far").difference == pytest.approx(-0.20)
    assert "best has a better accuracy than the other" in compare([best, far]).says


def test_a_difference_is_paired(tmp_path):
    """Two runs that err on nearly the same examples differ for sure, by little."""
    given = answers(0.70)
    wrong = np.flatnonzero(given.answers != TRUTH)
    better = given.answers.copy()
    better[wrong[:20]] = TRUTH[wrong[:20]]
    a = write_run(tmp_path / "a", sm.Binary(), TRUTH, given)
    b = write_run(
        tmp_path / "b", sm.Binary(), TRUTH, sm.Prediction(better, given.scores, given.columns),
        backbone={"units": 9},
    )  # fmt: skip
    other = run(tmp_path / "other", 0.75, units=10, draw=5)
    found = compare([a, b], to=a)
    assert row(found, "b").verdict == "better"
    assert compare([a, other], to=a).rows[0].verdict == "undecided", "as much better, on others"
    assert row(found, "a").interval[1] > row(found, "b").interval[0], "though intervals overlap"


def test_where_less_is_better_positive_still_means_better(tmp_path):
    truth = np.random.default_rng(0).normal(size=N)
    for name, off, units in (("near", 0.1, 1), ("far", 0.5, 2)):
        made = sm.Prediction(truth + off)
        write_run(tmp_path / name, sm.Regression(), truth, made, backbone={"units": units})
    found = compare([tmp_path / "far", tmp_path / "near"], to=tmp_path / "far")
    assert [one.name for one in found.rows] == ["near", "far"]
    assert found.rows[0].difference == pytest.approx(0.4, abs=1e-5)
    assert found.rows[0].verdict == "better"


def test_runs_that_differ_only_in_the_seed_make_one_row(tmp_path):
    paths = [run(tmp_path / f"a{s}", share, units=8, seed=s, draw=s)
             for s, share in enumerate((0.80, 0.82, 0.84))]  # fmt: skip
    paths += [run(tmp_path / "b0", 0.60, units=16, draw=9)]
    found = compare(paths)
    first = found.rows[0]
    assert (first.name, first.seeds) == ("units 8 (3 seeds)", (0, 1, 2))
    assert first.score == pytest.approx(0.82)
    assert sorted(first.each) == pytest.approx([0.80, 0.82, 0.84])
    assert found.rows[1].name == "units 16 (1 seed)"
    assert any("units 16 (1 seed): one training" in note for note in found.notes)


def test_a_lucky_seed_is_not_called_better(tmp_path):
    """One training of each looks certain; seeds that spread as much as the difference do not."""
    shares = {8: (0.86, 0.78, 0.81), 16: (0.78, 0.84, 0.80)}
    paths = {
        units: [run(tmp_path / f"{units}-{s}", share, units=units, seed=s, draw=s)
                for s, share in enumerate(each)]
        for units, each in shares.items()
    }  # fmt: skip
    lucky = compare([paths[8][0], paths[16][0]])
    assert lucky.rows[1].verdict == "worse", "the two trainings do differ"
    assert any("how much another seed would change it is unknown" in one for one in lucky.notes)
    pooled = compare(paths[8] + paths[16])
    assert [one.verdict for one in pooled.rows] == ["reference", "undecided"]
    assert not any("unknown" in note for note in pooled.notes)


def test_two_seeds_say_little_and_many_say_more(tmp_path):
    widths = []
    for count in (2, 6):
        shares = [0.78, 0.82] * (count // 2)
        paths = [run(tmp_path / f"{count}-a{s}", share, seed=s, draw=s)
                 for s, share in enumerate(shares)]  # fmt: skip
        paths += [run(tmp_path / f"{count}-b{s}", 0.6, units=9, seed=s, draw=s + 20)
                  for s in range(count)]  # fmt: skip
        found = compare(paths)
        low, high = found.rows[1].limits
        widths.append(high - low)
        assert any("seeds say little" in note for note in found.notes) == (count == 2)
    assert widths[0] > 2 * widths[1]


def test_the_more_runs_are_compared_the_wider_are_the_intervals(tmp_path):
    paths = [run(tmp_path / f"r{i}", 0.80, units=i + 1, draw=i) for i in range(8)]
    width = {}
    for count in (2, 8):
        limits = row(compare(paths[:count], to=paths[0]), "r1").limits
        width[count] = limits[1] - limits[0]
    assert width[8] > 1.2 * width[2]
    chosen = [one.limits for one in compare(paths).rows if one.limits]
    named = [one.limits for one in compare(paths, to=compare(paths).rows[0].paths[0]).rows
             if one.limits]  # fmt: skip
    assert np.ptp(chosen, axis=1).mean() > np.ptp(named, axis=1).mean(), "all pairs, not seven"


def test_runs_that_are_the_same_are_hardly_ever_called_different():
    """The promise of the intervals, on draws with a known truth: in 95 of 100 worlds, none is."""
    from seqmodels.runs.comparison.differences import Draws

    rng, wrong, worlds = np.random.default_rng(5), 0, 300
    for _ in range(worlds):
        hits = (rng.random((6, 200)) < 0.8).astype(float)  # six runs, equally good
        counts = rng.multinomial(200, np.full(200, 1 / 200), size=400) / 200
        draws = Draws(hits.mean(axis=1), counts @ hits.T, Units("examples", 200))
        best = int(draws.scores.argmax())
        off = draws.half_widths(best, chosen=True)
        wrong += bool((draws.scores[best] - draws.scores > off).any())
    assert wrong / worlds < 0.09


def test_examples_that_hang_together_are_drawn_together(tmp_path):
    """Errors that come a writer at a time are fewer than they look."""
    writers = np.arange(N) // 40
    found = {}
    for name, units, says in (
        ("single", None, None),
        ("writers", Units("writers", 10, writers), "writers"),
    ):
        made = {"units": units, "resampled": says}
        paths = []
        for lost in (2, 3):  # writers, all of whose examples are answered wrong
            given = classes(TRUTH, writers >= lost, ("a", "b"))
            path, asked = tmp_path / f"{name}-{lost}", {"backbone": {"units": lost}}
            paths.append(write_run(path, sm.Binary(), TRUTH, given, **made, **asked))
        found[name] = compare(paths)
    assert found["single"].rows[1].verdict == "worse"
    assert found["writers"].rows[1].verdict == "undecided", "it is one writer of ten"
    assert found["writers"].resampled == "writers"


def test_runs_that_do_not_compare_are_refused_by_name(tmp_path):
    first = run(tmp_path / "first", 0.8)
    flipped = TRUTH.copy()
    flipped[7] = "a" if TRUTH[7] == "b" else "b"
    others = {
        "their test parts have 400 and 390 examples": (
            sm.Binary(), TRUTH[:390], answers(0.8, of=TRUTH[:390]), {}),
        "1 of 400 test targets differ, the first in row 7": (
            sm.Binary(), flipped, answers(0.8, of=flipped), {}),
        "their test inputs differ, the first in row 0": (
            sm.Binary(), TRUTH, answers(0.8), {"inputs": [f"other {i}" for i in range(N)]}),
        "one answers with head 'binary', the other with 'multiclass'": (
            sm.Multiclass(), TRUTH, answers(0.8), {}),
    }  # fmt: skip
    for i, (says, (head, truth, given, more)) in enumerate(others.items()):
        path = write_run(tmp_path / f"r{i}", head, truth, given, backbone={"units": 9}, **more)
        with pytest.raises(sm.InputError) as refused:
            compare([first, path])
        assert says in str(refused.value)
        assert f"'{first}' and '{path}' do not compare" in str(refused.value)


def test_longer_windows_of_the_same_series_compare(tmp_path):
    truth = np.random.default_rng(0).normal(size=N)
    for steps in (24, 48):
        write_run(
            tmp_path / str(steps), sm.Regression(), truth, sm.Prediction(truth + 1 / steps),
            inputs=[f"{steps} steps" for _ in range(N)], arguments={"window": steps},
        )  # fmt: skip
    found = compare([tmp_path / "24", tmp_path / "48"])
    assert [one.settings for one in found.rows] == [{"dataset.window": 48}, {"dataset.window": 24}]


def test_every_run_that_is_broken_or_unfinished_is_named(tmp_path):
    good = run(tmp_path / "good", 0.8)
    for name in ("halved", "damaged", "headless", "weightless"):
        shutil.copytree(good, tmp_path / name)
    record = json.loads((good / "run.json").read_text())
    (tmp_path / "halved" / "run.json").write_text(json.dumps({**record, "status": "training"}))
    (tmp_path / "damaged" / "predictions.csv").write_text("input,target\n")
    (tmp_path / "headless" / "model" / "model.json").unlink()
    (tmp_path / "weightless" / "model" / "weights.npz").write_bytes(b"PK no")
    (tmp_path / "empty").mkdir()
    names = ("good", "halved", "damaged", "headless", "weightless", "empty", "none")
    done = CliRunner().invoke(app, ["compare", *(str(tmp_path / name) for name in names)])
    assert done.exit_code == 2
    told = [line for line in done.stderr.splitlines() if line.startswith("seqmodels: ")]
    assert len(told) == 6
    for name, line in zip(names[1:], told, strict=True):
        assert f"{tmp_path}/{name}" in line
    assert f"seqmodels train --resume {tmp_path}/halved" in told[0]


def test_one_run_alone_the_same_twice_or_seeds_alone_are_nothing_to_compare(tmp_path):
    a, b = run(tmp_path / "a", 0.8), run(tmp_path / "b", 0.8, seed=1, draw=1)
    with pytest.raises(sm.InputError, match="at least two runs, got 1"):
        compare([a])
    with pytest.raises(sm.InputError, match="is named twice"):
        compare([a, tmp_path / "x" / ".." / "a"])
    with pytest.raises(sm.InputError, match="differ in nothing but the seed"):
        compare([a, b])
    shutil.copytree(a, tmp_path / "copy")
    with pytest.raises(sm.InputError, match="do not differ in what was asked for"):
        compare([a, tmp_path / "copy"])


def test_a_copy_of_a_run_counts_once(tmp_path):
    a, b = run(tmp_path / "a", 0.8), run(tmp_path / "b", 0.7, units=9)
    shutil.copytree(a, tmp_path / "copy")
    found = compare([a, tmp_path / "copy", b])
    assert row(found, "a").seeds == (0,)
    assert any("counts once" in note for note in found.notes)
    again = run(tmp_path / "again", 0.6)
    with pytest.raises(sm.InputError, match="the same seed but different scores"):
        compare([a, again, b])


def test_a_reader_is_told_what_to_keep_in_mind(tmp_path):
    share = max((TRUTH == "a").mean(), (TRUTH == "b").mean())
    paths = [run(tmp_path / "leaky", 0.9, units=1, allow_leak="why not"),
             run(tmp_path / "poor", round(share - 0.02, 2), units=2),
             run(tmp_path / "fair", 0.8, units=3)]  # fmt: skip
    notes = compare(paths).notes
    assert any("leaky was trained although the audit said FAIL" in note for note in notes)
    assert any("poor is no better than the baseline 'majority class'" in note for note in notes)
    assert not any(note.startswith("fair is no better") for note in notes)
    assert any("best of 3 was chosen on the test part" in note for note in notes)
    assert not any("was chosen" in note for note in compare(paths, to=paths[0]).notes)


def test_answers_without_a_fault_have_no_interval_and_break_nothing(tmp_path):
    a, b = run(tmp_path / "a", 1.0), run(tmp_path / "b", 1.0, units=9)
    found = compare([a, b])
    assert [one.interval for one in found.rows] == [None, None]
    assert [one.verdict for one in found.rows] == ["reference", "undecided"]
    found.plot(tmp_path / "all.svg")
    done = CliRunner().invoke(app, ["compare", str(a), str(b)])
    assert done.exit_code == 0, done.output


@pytest.fixture
def three(tmp_path):
    return [str(run(tmp_path / name, share, units=units, draw=units)) for name, share, units in
            (("small", 0.7, 8), ("large", 0.9, 32), ("<i>odd", 0.89, 16))]  # fmt: skip


def test_a_run_with_other_baselines_is_the_same_run_once_more(tmp_path):
    """Whether simple models stand beside it has no say in what was trained."""
    paths = [run(tmp_path / name, 0.9) for name in ("with", "without")]
    scores = json.loads((paths[1] / "scores.json").read_text())
    assert scores["baselines"]
    (paths[1] / "scores.json").write_text(json.dumps({**scores, "baselines": {}, "lifts": {}}))
    other = run(tmp_path / "other", 0.7, units=16, draw=1)
    found = compare([*paths, other])
    assert any("counts once" in note for note in found.notes)


def test_the_table_fits_80_columns_and_marks_without_colour(three, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    done = CliRunner().invoke(app, ["compare", *three])
    assert done.exit_code == 0, done.output
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "…" not in done.stdout
    for word in ("large", "0.900", "reference", "undecided", "worse", "weights", "17", "units"):
        assert word in done.stdout


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_numbers_and_names_of_rows_are_shown_at_every_width(tmp_path, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    name = "digits-multiclass-bidirectional-17"
    paths = [run(tmp_path / name, 0.9), run(tmp_path / "small", 0.7, units=16, draw=1)]
    shown = CliRunner().invoke(app, ["compare", *map(str, paths)]).stdout
    first = shown.split("\n\n")[0].splitlines()
    numbered = [line for line in first if line[:1].isdigit()]
    assert [line.split()[1][:5] for line in numbered] == ["digit", "small"]
    assert "0.900" in numbered[0]
    assert "reference" in numbered[0]
    assert "…" not in "".join(first)
    assert max(map(len, first)) <= columns


def test_json_and_csv_hold_the_same_numbers(three):
    found = json.loads(CliRunner().invoke(app, ["compare", *three, "--json"]).stdout)
    table = pd.read_csv(io.StringIO(CliRunner().invoke(app, ["compare", *three, "--csv"]).stdout))
    assert table["run"].tolist() == [one["name"] for one in found["rows"]]
    assert table["accuracy"].tolist() == [one["score"] for one in found["rows"]]
    assert table["difference low"][1:].tolist() == [one["limits"][0] for one in found["rows"][1:]]
    assert found["rows"][0]["weights"] == 17
    assert found["reference"] == "large"
    both = CliRunner().invoke(app, ["compare", *three, "--csv", "--json"])
    assert both.exit_code == 2


def test_pages_and_figures_are_written_once(three, tmp_path):
    page, plot = tmp_path / "c.html", tmp_path / "c.png"
    call = ["compare", *three, "--page", str(page), "--plot", str(plot)]
    assert CliRunner().invoke(app, call).exit_code == 0
    text = page.read_text()
    assert "&lt;i&gt;odd" in text
    assert "<i>odd" not in text
    assert "http" not in text
    assert plot.read_bytes().startswith(b"\x89PNG")
    again = CliRunner().invoke(app, call)
    assert again.exit_code == 2
    assert "exists" in again.stderr
    wrong = CliRunner().invoke(app, ["compare", *three, "--plot", str(tmp_path / "c.doc")])
    assert wrong.exit_code == 2
    assert ".png or .svg" in wrong.stderr


def test_a_page_opens_without_a_word_on_the_console(three, tmp_path):
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("chromium is not installed")
    compare(three).page(tmp_path / "c.html")
    done = subprocess.run(
        [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
         "--dump-dom", f"--user-data-dir={tmp_path / 'chromium'}", f"file://{tmp_path}/c.html"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "CONSOLE" not in done.stderr
    assert "<i>odd" not in done.stdout
    assert "3 runs compared" in done.stdout


def test_a_notebook_shows_the_sentence_and_the_table(three):
    found = compare(three)
    shown = found._repr_html_()
    assert found.says.replace("<i>", "&lt;i&gt;") in shown
    assert "<i>odd" not in shown
    assert shown.count("<tr") == 4
    assert repr(found).startswith("Comparison('large has the best accuracy")


def test_compare_needs_no_tensorflow(three):
    code = (
        "import sys, seqmodels as sm\n"
        f"sm.compare({three!r})\n"
        "assert not {'tensorflow', 'keras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("columns", [50, 60, 80, 120])
def test_scores_that_have_no_room_are_left_out_and_nothing_is_cut(three, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    out = CliRunner().invoke(app, ["compare", *map(str, three)]).stdout
    assert "…" not in out
    assert "seconds  weights" in out
    assert max(map(len, out.splitlines())) <= columns
