"""The command line: what it says, where it says it, and its exit status."""

import io
import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from seqmodels.cli import app
from seqmodels.cli.terminal import read_text
from seqmodels.cli.terminal.tables import Format, write_answers
from seqmodels.core.errors import InputError

SMALL = ["--set", "dataset.n=200", "--set", "dataset.length=20", "--epochs", "2", "--units", "4"]


def call(*arguments: str, text: str | None = None):
    return CliRunner().invoke(app, list(arguments), input=text)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "adding"
    done = call("train", "adding", *SMALL, "--out", str(path), "--json")
    assert done.exit_code == 0, done.output
    return path


def test_every_command_has_an_example_in_its_help():
    for command in ("list", "train", "evaluate", "predict"):
        done = call(command, "--help")
        assert done.exit_code == 0
        assert f"seqmodels {command}" in done.stdout.replace("`", "")


def test_list_shows_every_dataset_with_what_each_head_predicts():
    found = json.loads(call("list", "--json").stdout)
    assert {"imdb", "handwriting", "series", "digits", "adding"} <= set(found["datasets"])
    assert found["datasets"]["imdb"]["heads"]["regression"]["target"] == "rating"
    shown = call("list").stdout
    assert "imdb" in shown
    assert "multiclass" in shown


def test_list_of_a_dataset_shows_every_setting_with_its_default():
    rows = {row["setting"]: row for row in json.loads(call("list", "imdb", "--json").stdout)}
    assert rows["dataset.words"]["default"] == "20000"
    assert rows["dataset.keep"]["needs"] == "one of 'start', 'end'"
    positive = rows["head.positive (binary)"]["needs"]
    assert positive == "text or a number, or a list of them, or none"
    assert rows["head.bins (multiclass)"]["default"] == "none"
    assert "head.classes (binary)" not in rows, "learned, not set"
    assert {"backbone.units", "training.epochs"} <= set(rows)
    assert "dataset.words" in call("list", "imdb").stdout
    assert call("list", "imbd").exit_code == 2


def test_a_number_among_few_is_reached_from_the_command_line():
    assert call("train", "temporal_order", "--set", "dataset.symbols=3", "--check").exit_code == 0


def test_results_go_to_standard_output_and_the_log_to_standard_error(tmp_path):
    done = call("train", "adding", *SMALL, "--out", str(tmp_path / "r"), "--json")
    found = json.loads(done.stdout)
    evaluation = {"scores", "baselines", "intervals", "lifts", "resampled", "draws"}
    assert set(found) == {"run", "doubts", *evaluation}
    assert found["doubts"] == json.loads((tmp_path / "r" / "run.json").read_text())["doubts"] != []
    assert "epoch 1/2" in done.stderr
    assert "\r" not in done.stderr, "piped output is plain lines"


def test_a_finished_run_shows_scores_beside_the_baseline(tmp_path):
    done = call("train", "adding", *SMALL, "--quiet", "--out", str(tmp_path / "r"))
    assert done.exit_code == 0
    assert "model" in done.stdout
    assert "mean" in done.stdout
    doubts = json.loads((tmp_path / "r" / "run.json").read_text())["doubts"]
    assert done.stderr.splitlines() == [f"Warning: {line}" for line in doubts] != []


def test_a_limit_that_leaves_classes_unknown_is_named(tmp_path):
    done = call("train", "digits", "--limit", "3", "--out", str(tmp_path / "r"))
    assert done.exit_code == 2
    assert "knows the classes seen in training" in done.stderr
    assert "Only 3 examples of each part are used (--limit)." in done.stderr
    assert not (tmp_path / "r").exists()


def test_check_finds_every_mistake_at_once_each_with_its_fix(tmp_path):
    (tmp_path / "taken").mkdir()
    done = call(
        "train", "imdb", "--head", "multiclass", "--check", "--out", str(tmp_path / "taken"),
        "--set", "dataset.wrods=5", "--set", "dataset.length=long", "--set", "head.bins=1",
        "--set", "backbone.units=0", "--set", "training.epochs=-1", "--set", "colour=blue",
    )  # fmt: skip
    assert done.exit_code == 2
    for said in ("taken' exists", "Did you mean 'words'", "'length' of dataset 'imdb' needs",
                 "'bins' of head 'multiclass'", "'units' of the backbone", "'epochs' of training",
                 "Unknown setting 'colour'"):  # fmt: skip
        assert said in done.stderr, said
    assert "Traceback" not in done.output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["train"], "Name a dataset"),
        (["train", "imbd"], "Did you mean 'imdb'"),
        (["train", "digits", "--head", "multi"], "Did you mean 'multiclass'"),
        (["train", "digits", "--preset", "x"], "Unknown preset 'x'"),
        (["train", "imdb", "--preset", "tutoral"], "Did you mean 'tutorial'"),
        (["train", "digits", "--target", "colour"], "The targets are 'digit'"),
        (["train", "digits", "--set", "head.classes=[1]"], "learns 'classes' from the data"),
        (["train", "digits", "--set", "units"], "--set needs NAME=VALUE"),
        (["train", "digits", "--set", "head.positive=12", "--head", "binary"], "no example of"),
        (["train", "adding", "--data", "x"], "reads no file"),
        (["train", "temporal_order", "--set", "backbone.skip=true"], "needs an encoder of numbers"),
        (["train", "series", "--data", "nowhere.csv"], "nowhere.csv"),
        (["train", "imdb", "--data", "nowhere"], "nowhere"),
        (["train", "--resume", "nowhere"], "not a run directory"),
        (["train", "digits", "--import", "no_such_module"], "no_such_module"),
        (["evaluate", "nowhere"], "not a run directory"),
        (["predict", "nowhere"], "no run or model directory"),
        (["train", "digits", "--seed", "-1"], "from 0"),
        (["train", "digits", "--resume", "somewhere"], "takes no DATASET"),
        (["train", "digits", "--set", "head.threshold=0.4"], "belongs to head 'binary'"),
        (["train", "digits", "--set", "units=4"], "backbone.units"),
        (["train", "digits", "--limit", "1"], "at least 2"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_of_the_users_exits_with_2_and_says_what_to_do(
    arguments, says, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    check = ["--check"] if arguments[0] == "train" and "--resume" not in arguments else []
    done = call(*arguments, *check, text="")
    assert done.exit_code == 2, done.output
    assert says in done.stderr
    assert "Traceback" not in done.output


def test_check_names_a_wrong_budget_and_an_unknown_logger_beside_wrong_settings():
    done = call(
        "train", "digits", "--check", "--budget", "5x", "--log", "nope", "--epochs", "0",
        "--set", "backbone.unitss=3",
    )  # fmt: skip
    assert done.exit_code == 2
    for part in ("'5x'", "'nope'", "'unitss'", "'epochs'"):
        assert part in done.stderr


def test_check_of_a_good_plan_says_so_and_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = call("train", "digits", "--head", "binary", "--check")
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines() == [
        "Dataset 'digits'; head 'binary'.", "Nothing wrong was found."
    ]  # fmt: skip
    assert list(tmp_path.iterdir()) == []


def test_check_of_a_file_says_what_was_decided(tmp_path):
    path = tmp_path / "notes.csv"
    rows = [f"buy {i} bottles of milk,shop\nring your aunt at {i},call" for i in range(20)]
    path.write_text("\n".join(["note,kind", *rows]))
    done = call("train", str(path), "--check")
    assert done.exit_code == 0, done.output
    assert "Dataset 'texts', " in done.stdout
    for decided in ("text=['note']", "target='kind'", "head 'binary'", "40 rows; 20 % held out"):
        assert decided in done.stdout


def test_evaluate_finds_the_scores_again(run):
    done = call("evaluate", str(run), "--json")
    found = json.loads(done.stdout)
    assert found["same_data"]
    saved = json.loads((run / "scores.json").read_text())["scores"]
    assert found["scores"] == pytest.approx(saved)


LINES = "[[0.5, 0], [0.2, 1], [0.1, 1]]\n\n[[0.5, 0]]\n"


def test_predict_answers_each_line_of_standard_input(run):
    done = call("predict", str(run), "-", "--format", "jsonl", text=LINES)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rows) == 2
    assert all(isinstance(row["answer"], float) for row in rows)


def test_predict_reads_and_writes_files(run, tmp_path):
    (tmp_path / "in.jsonl").write_text(LINES)
    out = tmp_path / "out.csv"
    done = call("predict", str(run), str(tmp_path / "in.jsonl"), "--out", str(out))
    assert done.exit_code == 0, done.output
    assert out.read_text().splitlines()[0] == "input,answer"
    assert len(out.read_text().splitlines()) == 3
    assert call("predict", str(run), "-", "--out", str(out), text=LINES).exit_code == 2


def test_predict_answers_the_same_from_the_model_directory_alone(run):
    whole = call("predict", str(run), "-", "--format", "csv", text=LINES).stdout
    bare = call("predict", str(run / "model"), "-", "--format", "csv", text=LINES).stdout
    assert whole == bare


@pytest.mark.parametrize(
    ("text", "says"),
    [("", "no input"), ("not json\n", "Line 1 is not JSON"), ("[]\n", "row 0"),
     ("[[1, 2, 3]]\n", "3"), ("[[NaN, 1]]\n", "finite")],
)  # fmt: skip
def test_input_that_cannot_be_read_is_named(run, text, says):
    done = call("predict", str(run), "-", text=text)
    assert done.exit_code == 2
    assert says in done.stderr


def test_a_dataset_of_ones_own_is_reached_by_import(tmp_path):
    (tmp_path / "my_tides.py").write_text(
        "import seqmodels as sm\n"
        "from seqmodels.encoders import SeriesEncoder\n"
        "@sm.register_dataset('tides')\n"
        "def tides(n: int = 60):\n"
        "    level = [(i * i % 97) / 97 for i in range(n + 3)]\n"
        "    every = sm.Examples([level[i : i + 3] for i in range(n)], {'level': level[3:]})\n"
        "    train, test = every.split(0.3, seed=0)\n"
        "    return sm.Dataset(train=train, test=test, encoder=SeriesEncoder())\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "seqmodels", "train", "tides", "--head", "regression",
         "--import", "my_tides", "--epochs", "1", "--set", "dataset.n=80"],
        capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "runs" / "tides-regression-1" / "model" / "manifest.json").is_file()
    assert "tensorflow" not in done.stderr.lower(), "nothing of TensorFlow's start-up is shown"


def test_a_module_that_imports_keras_shows_what_it_says_and_nothing_of_tensorflow(tmp_path):
    (tmp_path / "loud.py").write_text(
        "import atexit, logging, sys, keras\n"
        "print('hear, hear', file=sys.stderr)\n"
        "log = logging.getLogger('loud')\n"
        "log.addHandler(logging.StreamHandler())\n"
        "atexit.register(log.warning, 'the last word')\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "seqmodels", "list", "--import", "loud"],
        capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0
    assert done.stderr.splitlines() == ["hear, hear", "the last word"]


def test_a_fault_of_ours_exits_with_1(tmp_path):
    (tmp_path / "my_fault.py").write_text(
        "import seqmodels as sm\n@sm.register_dataset('fault')\ndef fault():\n    return 1 / 0\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "seqmodels", "train", "fault", "--head", "binary",
         "--import", "my_fault", "--check"],
        capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr


def test_check_tries_a_head_of_ones_own_before_anything_is_trained(tmp_path, monkeypatch):
    from dataclasses import dataclass

    import seqmodels as sm
    from seqmodels.core.registry import HEADS

    @dataclass(frozen=True, kw_only=True)
    class HalfDone(sm.Regression):
        headline = "deviance"

    monkeypatch.setitem(HEADS._parts, "half_done", HalfDone)
    done = call("train", "adding", "--head", "half_done", "--target", "sum", "--check")
    assert done.exit_code == 2
    assert "needs to compute the headline 'deviance'" in done.stderr


def test_a_module_that_is_not_there_is_met_with_advice():
    done = call("list", "--import", "no_such_module")
    assert done.exit_code == 2
    assert "Check the name, or run where the module is" in done.stderr


def test_standard_input_that_is_no_text_is_called_so(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfe\xff")))
    with pytest.raises(InputError, match="Standard input is not UTF-8"):
        read_text("-")


def test_answers_of_ten_classes_stay_readable_at_80_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    probabilities = {f"p({digit})": 0.91 if digit == 4 else 0.01 for digit in range(10)}
    row = {"input": "a long input " * 20, "answer": "4", **probabilities}
    shown = io.StringIO()
    write_answers([row, row], Format.table, shown)
    _, *lines = shown.getvalue().splitlines()
    assert len(lines) == 2, "a line for each input"
    for line in lines:
        assert len(line) <= 80
        assert line.startswith("a long input")
        assert "4 91.0 %" in line
    two = {"input": "a long input " * 20, "answer": "yes", "p(no)": 0.25, "p(yes)": 0.75}
    shown = io.StringIO()
    write_answers([two], Format.table, shown)
    assert "p(no)" in shown.getvalue()
    assert "0.25" in shown.getvalue()
