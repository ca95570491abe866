"""The benchmark of speed: its processes, its ratios and its page, on the smallest piece of work."""

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
SMALL = ["--only", "step", "--contestants", "ours", "--units", "2", "--directions", "1"]
SMALL += ["--length", "5", "--batch", "4", "--rounds", "2"]


@pytest.fixture
def benchmarks(monkeypatch):
    """Make the files beside the command importable, as they are when it runs."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    yield
    for name in set(sys.modules) - before:
        if str(ROOT / "benchmarks") in (getattr(sys.modules[name], "__file__", None) or ""):
            del sys.modules[name]


def made_up(**seconds: list[float]) -> dict[str, Any]:
    """Return a row of a training step in which each contestant took these seconds."""
    titles = {"ours": "seqmodels", "keras": "stock Keras", "torch": "PyTorch"}
    found = {
        titles[who]: {
            "notes": {"engine": "keras"} if who == "ours" else {},
            "measures": [{"wall_s": each, "cpu_s": 2 * each} for each in times],
        }
        for who, times in seconds.items()
    }
    return {"part": "step", "says": "10 units", "unit": "ms", "load_before": 0.1, "found": found}


def test_the_command_measures_a_step_in_a_process_and_writes_its_page(tmp_path):
    command = [sys.executable, str(ROOT / "benchmarks" / "speed.py"), *SMALL]
    command += ["--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    saved = json.loads((tmp_path / "speed.json").read_text())
    (row,) = saved["rows"].values()
    ours = row["found"]["seqmodels"]
    assert ours["notes"]["engine"] in ("native", "fused", "keras")
    assert len(ours["measures"]) == 2
    assert all(one["wall_s"] > 0 and one["cpu_s"] > 0 for one in ours["measures"])
    assert saved["cores"] >= 1
    assert "2 units, one direction" in (tmp_path / "speed.md").read_text()
    assert (tmp_path / "figures" / "speed-growth.png").stat().st_size > 0

    subprocess.run(command, capture_output=True, check=True)
    assert json.loads((tmp_path / "speed.json").read_text()) == saved  # it is not measured again


def test_a_ratio_is_of_medians_so_that_one_slow_round_does_not_count(benchmarks):
    from medians import lines, ratio, spread

    row = made_up(ours=[1.0, 1.0, 50.0], keras=[8.0, 9.0, 50.0])
    assert ratio(row, "stock Keras", "wall_s") == 9.0
    assert ratio(row, "PyTorch", "wall_s") is None
    assert spread(row, "stock Keras") == (1.0, 9.0)
    ours, keras = lines(row)
    assert ours["wall ms"] == 1000.0
    assert keras["CPU, times ours"] == 9.0


def test_a_goal_is_reached_when_wall_and_cpu_time_reach_it(benchmarks):
    from goals import held

    fast = held({"step/10/1": made_up(ours=[1.0], keras=[8.5], torch=[7.5])})
    assert [line["reached"] for line in fast] == ["yes", "no"]
    row = made_up(ours=[1.0], keras=[8.5])
    row["found"]["stock Keras"]["measures"][0]["cpu_s"] = 4.0
    (line,) = held({"step/10/1": row})
    assert line["reached"] == "in wall time"


def test_noise_of_the_seeds_decides_whether_accuracies_are_the_same(benchmarks):
    from goals import held

    def row(ours: list[float]) -> dict[str, Any]:
        made = made_up(ours=[1.0] * 3, keras=[20.0] * 3)
        for who, values in (("seqmodels", ours), ("stock Keras", [0.86, 0.87, 0.88])):
            for one, value in zip(made["found"][who]["measures"], values, strict=True):
                one["test accuracy"] = value
        return made

    same, worse = ([0.86, 0.87, 0.87], [0.80, 0.81, 0.82])
    assert held({"tutorial": row(same)})[-1]["reached"] == "yes"
    assert held({"tutorial": row(worse)})[-1]["reached"] == "no"


def test_every_row_has_a_name_of_its_own_and_is_ours_first(benchmarks, tmp_path):
    from contestants import CONTESTANTS
    from rows import PARTS, Asked, rows_of

    rows = rows_of(list(PARTS), Asked(tmp_path, tmp_path, {}))
    assert len({row.name for row in rows}) == len(rows)
    assert {row.part for row in rows} == set(PARTS)
    for row in rows:
        first, *_ = row.entries.values()
        assert first.contestant == "ours"
        assert {entry.contestant for entry in row.entries.values()} <= set(CONTESTANTS)


def test_a_goal_names_a_row_that_is_measured(benchmarks, tmp_path):
    from goals import GOALS, MEMORY
    from rows import PARTS, Asked, rows_of

    rows = {row.name: row for row in rows_of(list(PARTS), Asked(tmp_path, tmp_path, {}))}
    assert MEMORY in rows
    for goal in GOALS:
        assert set(goal.others) <= set(rows[goal.row].entries)


def test_a_contestant_that_fails_is_named_with_its_error(benchmarks):
    from worker import Worker

    with Worker("ours") as worker, pytest.raises(SystemExit, match=r"seqmodels failed.*no_such"):
        worker.prepare({"work": "no_such"})


def test_a_row_of_quality_tells_the_median_and_the_range_beside_the_best_rival(benchmarks):
    from quality import brief

    def run(seed: int, score: float) -> dict[str, Any]:
        return {"seed": seed, "score": "accuracy", "higher is better": True, "model": score,
                "trivial": {"majority class": 0.5}, "simple": {"length only": 0.6 + seed / 10},
                "CPU minutes": 1.0, "peak MB": 800 + seed}  # fmt: skip

    row = {"row": "ucr/X", "goal": 0.9, "rivals": {"MiniRocket": {"model": 0.8}},
           "anchors": [{"name": "ROCKET", "score": 0.97, "source": "paper"}],
           "runs": [run(0, 0.95), run(1, 0.2), run(2, 0.91)]}  # fmt: skip
    told = brief(row)
    assert told["LSTM"] == 0.91
    assert told["over seeds"] == "0.2 to 0.95 (3)", "one that collapsed stays in"
    assert told["best simple model"] == "0.8 (MiniRocket)"
    assert told["goal"] == "0.9 reached"
    assert told["peak MB"] == 802
    assert brief({**row, "goal": 0.92})["goal"] == "0.92 missed"
    errors = {**row, "runs": [{**one, "higher is better": False} for one in row["runs"]]}
    assert brief(errors)["goal"] == "0.9 missed", "an error of .91"
    assert brief({**errors, "goal": 0.92})["goal"] == "0.92 reached"


def test_a_row_of_quality_that_was_begun_is_gone_on_with(benchmarks, monkeypatch, tmp_path):
    import quality

    asked = []
    monkeypatch.setattr(quality, "_apart", lambda *words, data: asked.append(words) or {"n": words})
    row = quality.Row("x/y", "x", rivals=["MiniRocket"])
    *_, whole = list(quality.measured(row, 2, tmp_path, {}))
    assert asked == [("--one", "x/y", "0"), ("--one", "x/y", "1"), ("--rivals", "x/y")]
    begun = {"runs": whole["runs"], "rivals": {"MiniRocket": 1}}
    asked.clear()
    seen = [len(one["runs"]) for one in quality.measured(row, 4, tmp_path, begun)]
    assert asked == [("--one", "x/y", "2"), ("--one", "x/y", "3")]
    assert seen == [3, 4], "told after every run"
    assert not list(quality.measured(row, 2, tmp_path, {**begun, "runs": [1, 2]}))


def test_rows_of_quality_have_names_of_their_own_and_rivals_that_there_are(benchmarks):
    from quality import ROWS
    from rivals import RIVALS

    assert len({row.name for row in ROWS}) == len(ROWS)
    assert all(name in RIVALS for row in ROWS for name in row.rivals)


def waves(n: int = 240) -> Any:
    """Return a table of two noisy waves."""
    import pandas as pd

    rng = np.random.default_rng(0)
    y, z = (np.sin(np.arange(n) / pace) * 9 + rng.normal(size=n) for pace in (3, 5))
    return pd.DataFrame({"date": pd.date_range("2020-01-01", periods=n), "y": y, "z": 5 * z + 50})


def test_a_row_of_forecasts_is_the_mean_of_its_horizons_and_its_rivals_read_the_same(
    benchmarks, tmp_path
):
    from quality import Row
    from quality_runs import beside, trained
    from scores import STANDARDISED

    waves().to_csv(tmp_path / "waves.csv", index=False)
    settings = {"dataset.target": ("y", "z"), "dataset.window": 20, "dataset.reach": "before"}
    each = {str(ahead): {"dataset.horizon": ahead} for ahead in (2, 4)}
    how = {"settings": settings, "head": "regression", "data": "waves.csv"}
    how = {**how, "epochs": 1, "baselines": False}
    rivals = ["ridge regression", "NLinear, ridge"]
    row = Row("waves/both", "series", how, STANDARDISED, rivals=rivals, each=each)
    found = trained(row, 0, tmp_path)
    assert found["model"] == pytest.approx(np.mean(list(found["each"].values())))
    assert set(found["each"]) == {"2", "4"}
    assert not found["higher is better"]
    assert list(found["trivial"]) == ["last value"]
    told = beside(row, tmp_path)
    assert list(told) == rivals
    for one in told.values():
        assert one["model"] < 0.5 * found["trivial"]["last value"]
    plain = Row("waves/next", "series", {**how, "settings": settings}, rivals=rivals)
    assert 0.5 < beside(plain, tmp_path)["ridge regression"]["model"] < 5.5, "in its own units"


def test_errors_are_told_in_spreads_of_the_training_rows(benchmarks):
    from scores import STANDARDISED, of_numbers

    from seqmodels.training.prepare import split
    from seqmodels.training.settings import resolve

    frame = waves()
    settings = {"dataset.target": ("y", "z"), "dataset.window": 9, "dataset.horizon": 3,
                "dataset.valid": 30, "dataset.test": 50, "dataset.reach": "before"}  # fmt: skip
    plan = resolve("series", data=frame, head="regression", settings=settings)
    parts = split(plan.made(), plan)
    truth = parts.test.target("value").to_numpy()
    spread = frame[["y", "z"]].iloc[:160].std(ddof=0).to_numpy()
    off = np.repeat(spread, 3) * 2.0
    told = of_numbers(truth + off, truth, STANDARDISED, plan.head, parts)
    assert told == pytest.approx(4.0, rel=1e-6), "160 rows train, 30 and 50 are held out"


def test_a_ridge_regression_is_that_of_scikit_learn_at_the_strength_it_chose(benchmarks):
    import rivals
    from sklearn.linear_model import Ridge

    rng = np.random.default_rng(0)
    x, weights = rng.normal(size=(100, 6)), rng.normal(size=(6, 2))
    y = x @ weights + rng.normal(size=(100, 2)) + 7
    told = rivals.ridge(list(x), y, list(x[:9]))
    scaled = (x - x.mean(axis=0)) / x.std(axis=0)
    known = [Ridge(alpha=one).fit(scaled, y).predict(scaled[:9]) for one in rivals.STRENGTHS]
    assert min(np.abs(told - one).max() for one in known) < 1e-8
    assert np.abs(told - y[:9]).mean() < 1


def test_warping_finds_the_cheapest_way_within_its_band(benchmarks):
    from rivals import WARP, _warped

    rng = np.random.default_rng(0)
    for _ in range(20):
        one, other = (rng.normal(size=(rng.integers(1, 20), 2)) for _ in range(2))
        band = max(abs(len(one) - len(other)), math.ceil(WARP * max(len(one), len(other))))
        found = np.full((len(one) + 1, len(other) + 1), np.inf)
        found[0, 0] = 0
        for i, j in np.ndindex(len(one), len(other)):
            if abs(i - j) <= band:
                before = min(found[i, j], found[i, j + 1], found[i + 1, j])
                found[i + 1, j + 1] = np.square(one[i] - other[j]).sum() + before
        assert _warped(one, other[None])[0] == pytest.approx(found[-1, -1])


@pytest.mark.parametrize("channels", [1, 2])
def test_rivals_of_sequences_tell_shapes_apart(benchmarks, channels):
    from rivals import dtw, minirocket

    rng = np.random.default_rng(0)
    shapes = {"up": np.linspace(-1, 1, 40), "wave": np.sin(np.arange(40))}
    y = [name for name in shapes for _ in range(12)]
    x = [np.stack([shapes[name] + rng.normal(size=40) / 4] * channels, axis=1) for name in y]
    for rival in (dtw, minirocket):
        answers = list(rival(x[::2], y[::2], [one[:37] for one in x[1::2]]))
        assert answers == y[1::2]


@pytest.mark.parametrize("name", ["TF-IDF of pairs, logistic", "NB-SVM of pairs"])
def test_rivals_of_texts_read_pairs_of_words(benchmarks, name):
    from rivals import RIVALS

    texts = ["not good", "good not bad", "bad", "not bad good", "good", "bad not good"] * 5
    y = ["-", "+", "-", "+", "+", "-"] * 5
    assert list(RIVALS[name](texts, y, texts[:6])) == y[:6]


def test_what_a_default_is_worth_is_counted_in_pairs_of_the_same_data_and_seed(benchmarks):
    from ablations import DEFAULTS, compared, named, page

    one = next(default for default in DEFAULTS if default.family == "sequences")
    row = one.rows[0]
    taken = {"score": "accuracy", "higher is better": True, "CPU seconds": 2.0}
    found = {
        f"{row}||0": {**taken, "value": 0.9},
        f"{row}|{named(one)}|0": {**taken, "value": 0.8, "CPU seconds": 1.0},
        f"{row}||1": {**taken, "value": 0.7},
        f"{row}|{named(one)}|1": {**taken, "value": 0.72, "CPU seconds": 1.0},
        f"{row}|{named(one)}|2": {**taken, "value": 0.1},
    }
    told = compared(one, found)
    assert told["better by"] == "4.00 ± 6.00"
    assert (told["pairs"], told["better in"], told["worse in"]) == (2, 1, 1)
    assert told["CPU time"] == "2.00x"
    assert f"| {one.what} | 4.00 ± 6.00 |" in page(found)
    assert compared(one, {}) == {}


def test_an_error_is_better_by_the_share_that_it_is_smaller_by(benchmarks):
    from ablations import DEFAULTS, compared, named

    one = next(default for default in DEFAULTS if default.family == "forecasts")
    row = one.rows[0]
    error = {"score": "mae", "higher is better": False, "CPU seconds": 1.0}
    found = {
        f"{row}||0": {**error, "value": 9.0},
        f"{row}|{named(one)}|0": {**error, "value": 10.0},
    }
    assert compared(one, found)["better by"].startswith("10.00 ±")


def test_every_default_is_of_rows_that_there_are(benchmarks):
    from ablations import DEFAULTS, FAMILIES
    from quality import ROWS

    names = {row.name for row in ROWS}
    for one in DEFAULTS:
        assert set(one.rows) <= names
        assert one.family in FAMILIES


def test_what_a_run_costs_beside_its_training_has_a_limit(benchmarks):
    from goals import held

    for whole, reached in ((11.0, "yes"), (12.0, "no")):
        made = made_up(ours=[1.0])
        made["found"]["seqmodels"]["measures"][0] |= {"whole CPU s": whole, "training CPU s": 5.0}
        (line,) = (one for one in held({"tutorial": made}) if one["beside"] == "training")
        assert line["reached"] == reached


def test_the_run_without_baselines_has_a_goal_of_its_own(benchmarks):
    from goals import held

    made = made_up(ours=[1.0], keras=[9.0])
    made["found"]["seqmodels --no-baselines"] = made_up(ours=[0.9])["found"]["seqmodels"]
    for each in made["found"].values():
        each["measures"][0]["test accuracy"] = 0.86
    lines = {line["work"]: line for line in held({"tutorial": made})}
    assert lines["tutorial, five epochs end to end"]["reached"] == "yes"
    assert lines["tutorial with --no-baselines"]["wall"] == "10x"


def test_reviews_are_made_up_that_the_dataset_reads(benchmarks, tmp_path):
    import guard

    from seqmodels.data.texts.imdb import imdb

    found = imdb(str(guard.made_up(tmp_path, 40)))
    assert len(found.train) + len(found.valid or ()) == len(found.test) == 40
    assert set(found.test.target("sentiment")) == {"neg", "pos"}


def test_files_that_changed_since_the_figures_are_named(benchmarks, monkeypatch):
    import stale

    said = {"log": "abc1234\n", "diff": "seqmodels/nn/lstm.py\npyproject.toml\n"}
    monkeypatch.setattr(stale, "git", lambda command, *_: said[command])
    rows = {"a": {"commit": "def5678-dirty"}, "b": {}, "c": {}}
    assert stale.commits(rows) == {"def5678-dirty": ["a"], "abc1234": ["b", "c"]}
    first, second = stale.lines(stale.commits(rows))
    assert "1 row " in first
    assert "def5678" in first
    assert "seqmodels/nn/lstm.py, pyproject.toml" in second
