"""The benchmark of speed: its processes, its ratios and its page, on the smallest piece of work."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

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
