"""A package of somebody else's, built and installed, adds a dataset and a head by name."""

import os
import subprocess
import sys
import textwrap

import pytest

PYPROJECT = """
    [build-system]
    requires = ["setuptools>=77"]
    build-backend = "setuptools.build_meta"

    [project]
    name = "seqmodels-harbour"
    version = "1.0"

    [project.entry-points."seqmodels.plugins"]
    harbour = "harbour"

    [tool.setuptools]
    py-modules = ["harbour"]
"""

MODULE = '''
    """Ships that call at a harbour: how many come tomorrow."""

    from dataclasses import dataclass, replace

    import numpy as np

    import seqmodels as sm
    from seqmodels.encoders import SeriesEncoder


    @sm.register_head("counts")
    @dataclass(frozen=True, kw_only=True)
    class Counts(sm.Head):
        """How many: the rate of a Poisson distribution.

        Args:
            mean: Learned. Of the counts.
        """

        headline, higher_is_better, baseline = "deviance", False, "mean"
        mean: float | None = sm.learned()

        def fit(self, targets):
            return replace(self, mean=float(np.mean(targets)))

        def encode(self, targets):
            return np.asarray(targets, np.float32)[:, None]

        @property
        def units(self):
            return 1

        def loss(self):
            import keras

            class Poisson(keras.losses.Loss):
                def call(self, y_true, y_pred):
                    return keras.ops.mean(keras.ops.exp(y_pred) - y_true * y_pred, axis=-1)

            return Poisson()

        def decode(self, outputs):
            return sm.Prediction(np.exp(outputs[:, 0].astype(float)))

        def score(self, targets, prediction):
            y, rate = np.asarray(targets, float), prediction.answers
            terms = np.where(y > 0, y * np.log(np.maximum(y, 1) / rate), 0) - (y - rate)
            return {"deviance": float(2 * terms.mean())}

        def trivial(self, n):
            return sm.Prediction(np.full(n, self.mean))


    @sm.register_dataset("ships", tasks={"counts": sm.Task("calls", "ships that call")})
    def ships(n: int = 300, seed: int = 0) -> sm.Dataset:
        """Ships at a harbour, by the wind of the days before."""
        rng = np.random.default_rng(seed)
        wind = [rng.uniform(0, 2, rng.integers(2, 6)) for _ in range(n)]
        calls = [int(rng.poisson(np.exp(1.5 - days[-1]))) for days in wind]
        train, test = sm.Examples(wind, {"calls": calls}).split(0.3, seed)
        return sm.Dataset(train=train, test=test, encoder=SeriesEncoder())
'''


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Build the package as a wheel and install it in a folder of its own."""
    source, target = tmp_path_factory.mktemp("harbour"), tmp_path_factory.mktemp("site")
    (source / "pyproject.toml").write_text(textwrap.dedent(PYPROJECT))
    (source / "harbour.py").write_text(textwrap.dedent(MODULE))
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target),
         "--no-build-isolation", str(source)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return target


def seqmodels(installed, folder, *arguments):
    env = {**os.environ, "PYTHONPATH": str(installed)}
    return subprocess.run(
        [sys.executable, "-m", "seqmodels", *arguments],
        capture_output=True, text=True, cwd=folder, env=env,
    )  # fmt: skip


def test_an_installed_package_adds_a_dataset_and_a_head(installed, tmp_path):
    listed = seqmodels(installed, tmp_path, "list")
    assert "ships" in listed.stdout, listed.stderr
    trained = seqmodels(
        installed, tmp_path, "train", "ships", "--epochs", "25", "--learning-rate", "0.01",
        "--out", "run",
    )  # fmt: skip
    assert trained.returncode == 0, trained.stderr
    answered = seqmodels(installed, tmp_path, "predict", "run", "-")
    assert answered.returncode == 2, "nothing was given"


def test_its_parts_keep_the_contracts(installed, tmp_path):
    code = (
        "import numpy as np, seqmodels as sm\n"
        "from seqmodels import testing\n"
        "from seqmodels.core.registry import DATASETS, HEADS\n"
        "data = DATASETS.get('ships').make()\n"
        "testing.check_dataset(data, {'counts': ('calls', {})})\n"
        "testing.check_head(HEADS.get('counts')(), [0, 1, 5, 2])\n"
        "run = sm.train('ships', epochs=25, learning_rate=0.01, quiet=True)\n"
        "assert run.scores['deviance'] < run.baselines['mean']['deviance']\n"
        "testing.assert_padding_invariant(run.model, data.test.inputs[:8])\n"
        "print(sm.load(run.path).predict([[0.1, 0.2]]).answers.tolist())\n"
    )
    env = {**os.environ, "PYTHONPATH": str(installed)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=env
    )
    assert done.returncode == 0, done.stderr


def test_a_model_whose_plugin_is_gone_says_which_module_it_needs(installed, tmp_path):
    done = seqmodels(installed, tmp_path, "train", "ships", "--epochs", "1", "--out", "run")
    assert done.returncode == 0, done.stderr
    gone = subprocess.run(
        [sys.executable, "-m", "seqmodels", "predict", "run", "-"],
        input="[[1]]\n", capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert gone.returncode == 2
    assert "'harbour'" in gone.stderr
