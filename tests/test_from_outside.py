"""Each kind of part, added in one file of its own outside of the package, trains and predicts."""

import json
import os
import subprocess
import sys
import textwrap

import pytest

PARTS = {
    "knocks_dataset": '''
        """A dataset: words of dots and dashes, and how many dashes are in each."""

        import numpy as np
        from dashes_encoder import Dashes

        import seqmodels as sm


        @sm.register_dataset("knocks", tasks={"counts": sm.Task("dashes", "how many dashes")})
        def knocks(n: int = 300, seed: int = 0) -> sm.Dataset:
            """Words of one to nineteen marks."""
            rng = np.random.default_rng(seed)
            words = ["".join(rng.choice([".", "-"], rng.integers(1, 20))) for _ in range(n)]
            words = list(dict.fromkeys(words))  # no word is in both parts
            every = sm.Examples(words, {"dashes": [word.count("-") for word in words]})
            train, test = every.split(0.3, seed)
            return sm.Dataset(train=train, test=test, encoder=Dashes())
        ''',
    "dashes_encoder": '''
        """An encoder: a mark is an id."""

        from dataclasses import dataclass

        import numpy as np

        import seqmodels as sm


        @sm.register_encoder("dashes")
        @dataclass(frozen=True, kw_only=True)
        class Dashes(sm.Encoder):
            """A dot is 0, a dash is 1."""

            spec = property(lambda self: sm.Spec(vocabulary=2))

            def fit(self, inputs):
                return self

            def encode(self, inputs):
                lengths = np.array([len(word) for word in inputs])
                ids = np.array([mark == "-" for word in inputs for mark in word], np.int32)
                return sm.Sequences(ids, np.cumsum(lengths) - lengths, lengths)

            def read(self, text):
                return text.split()
        ''',
    "counts_head": '''
        """A head: counts, by a Poisson regression."""

        from dataclasses import dataclass, replace

        import keras
        import numpy as np

        import seqmodels as sm


        @sm.register_head("counts")
        @dataclass(frozen=True, kw_only=True)
        class Counts(sm.Head):
            """The rate is the learned mean times the exponential of the output."""

            headline, higher_is_better, baseline = "error", False, "mean"
            units = property(lambda self: 1)
            mean: float | None = sm.learned()

            def fit(self, targets):
                return replace(self, mean=float(np.mean(targets)))

            def encode(self, targets):
                return np.asarray(targets, np.float32)[:, None]

            def loss(self):
                mean = self.mean

                class Poisson(keras.losses.Loss):
                    def call(self, y_true, y_pred):
                        return keras.ops.mean(mean * keras.ops.exp(y_pred) - y_true * y_pred, -1)

                return Poisson()

            def decode(self, outputs):
                return sm.Prediction(self.mean * np.exp(outputs[:, 0].astype(float)))

            def score(self, targets, prediction):
                return {"error": float(np.abs(prediction.answers - np.asarray(targets)).mean())}

            def trivial(self, n):
                return sm.Prediction(np.full(n, self.mean))
        ''',
    "total_layer": '''
        """A layer: the sum of all steps in place of their mean or maximum."""

        from dataclasses import dataclass
        from typing import ClassVar

        import seqmodels as sm


        @sm.register_layer("total")
        @dataclass(frozen=True, kw_only=True)
        class Total(sm.Layer):
            """The sum of the LSTM's steps."""

            place: ClassVar = "summary"

            def forward(self, ops, weights, x, lengths):
                inside = ops.arange(ops.shape(x)[1])[None, :] < lengths[:, None]  # [B, T]
                return ops.sum(ops.where(inside[:, :, None], x, 0.0), axis=1)  # [B, H]
        ''',
    "records_format": '''
        """A format of tables: lines of `name: value`, a blank line behind each row."""

        from seqmodels.data.tables.lines import lines
        from seqmodels.data.tables.tables import FORMATS, Table, TableFormat


        def pairs(line):
            name, _, value = line.partition(": ")
            return name, value


        def recognise(start):
            head = start.sampled[0]
            if not head or head[0] != "%records":
                return None
            first = head[1 : head.index("")]
            names = tuple(name for name, _ in map(pairs, first))
            return Table(path=start.path, format=FORMAT, columns=names, encoding=start.encoding)


        def chunks(table, names):
            row = {}
            for number, line in enumerate(lines(table.path, table.encoding), start=1):
                if line.strip() and number > 1:
                    name, value = pairs(line)
                    row[name] = value
                elif row:
                    yield [number - len(row)], [[row[name]] for name in names]
                    row = {}


        FORMAT = TableFormat(name="records", recognise=recognise, chunks=chunks)
        FORMATS.insert(0, FORMAT)
        ''',
}
MADE = ["knocks_dataset", "counts_head", "total_layer"]  # the dataset imports its encoder


@pytest.fixture(scope="module")
def call(tmp_path_factory):
    """Return a function that runs the command in a folder with the modules, and that folder."""
    folder = tmp_path_factory.mktemp("outside")
    for name, text in PARTS.items():
        (folder / f"{name}.py").write_text(textwrap.dedent(text))

    def run(*arguments, modules=(), text=None):
        imports = [word for name in modules for word in ("--import", name)]
        done = subprocess.run(
            [sys.executable, "-m", "seqmodels", *map(str, arguments), *imports], input=text,
            capture_output=True, text=True, cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder)},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    run.folder = folder
    return run


def test_a_dataset_an_encoder_a_head_and_a_layer_from_outside_train_together(call):
    assert "knocks" in call("list", modules=MADE)
    call("train", "knocks", "--head", "counts", "--set", "backbone.summary=total", "--epochs", "40",
         "--learning-rate", "0.02", "--out", "run", modules=MADE)  # fmt: skip
    record = json.loads((call.folder / "run" / "run.json").read_text(encoding="utf-8"))
    assert (record["dataset"], record["head"]["name"]) == ("knocks", "counts")
    scores = json.loads((call.folder / "run" / "scores.json").read_text(encoding="utf-8"))
    assert scores["scores"]["error"] < 0.8 * scores["baselines"]["mean"]["error"]
    rows = call("predict", "run", "-", "--format", "jsonl", modules=MADE, text="---------\n.\n")
    many, none = (json.loads(row)["answer"] for row in rows.splitlines())
    assert many > none + 2


def test_a_file_format_from_outside_is_recognised_and_trains(call):
    rows = [
        f"text: the {('tide is low', 'sea is high')[i % 2]} on day {i}\nlevel: {'lh'[i % 2]}\n"
        for i in range(80)
    ]
    (call.folder / "log.records").write_text("%records\n" + "\n".join(rows) + "\n")
    call("train", "log.records", "--epochs", "8", "--learning-rate", "0.02", "--out", "levels",
         modules=["records_format"])  # fmt: skip
    scores = json.loads((call.folder / "levels" / "scores.json").read_text(encoding="utf-8"))
    assert scores["scores"]["accuracy"] == 1
    (call.folder / "new.records").write_text("%records\ntext: the sea is high today\n\n")
    found = call("predict", "levels", "new.records", "--format", "jsonl",
                 modules=["records_format"])  # fmt: skip
    assert json.loads(found)["answer"] == "h"
