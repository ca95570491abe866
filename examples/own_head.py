"""A head of your own: Poisson counts. `python examples/own_head.py`, half a minute, offline."""

from dataclasses import dataclass, replace

import keras
import numpy as np
import typer
from sklearn.metrics import mean_poisson_deviance

import seqmodels as sm
from seqmodels.encoders import SeriesEncoder


@sm.register_head("counts")
@dataclass(frozen=True, kw_only=True)
class Counts(sm.Head):
    """Poisson regression: `mean`, learned, times the exponential of the network's output."""

    headline, higher_is_better, baseline = "deviance", False, "mean"
    units = property(lambda self: 1)  # type: ignore[assignment]
    mean: float | None = sm.learned()

    def fit(self, targets):
        if np.min(targets) < 0 or np.max(targets) == 0:
            raise sm.InputError("Head 'counts' needs counts from 0 up, and not only zeros.")
        return replace(self, mean=float(np.mean(targets)))

    def encode(self, targets):
        return np.asarray(targets, np.float32)[:, None] / np.float32(self.mean or 1)  # [N, 1]

    def loss(self):
        return _OfExponential()

    def decode(self, outputs):
        return sm.Prediction((self.mean or 1) * np.exp(outputs[:, 0].astype(np.float64)))

    def score(self, targets, prediction):
        return {"deviance": float(mean_poisson_deviance(targets, prediction.answers))}

    def trivial(self, n):
        return sm.Prediction(np.full(n, self.mean))


class _OfExponential(keras.losses.Poisson):
    def call(self, y_true, y_pred):
        return super().call(y_true, keras.ops.exp(y_pred))


def main(epochs: int = 20, n: int = 3000) -> None:
    rng = np.random.default_rng(0)  # calls a day at help desks: busy times come and go
    calls = rng.poisson(np.exp(np.cumsum(rng.normal(0, 0.3, (n, 29)), axis=1)))  # [N, 29]
    train, test = sm.Examples(list(calls[:, :28]), {"next day": calls[:, 28]}).split(0.2, seed=0)
    data = sm.Dataset(train=train, test=test, encoder=SeriesEncoder(scaling="log"))
    run = sm.train(data, head="counts", backbone=sm.Backbone(units=16, dropout=0), epochs=epochs)
    print(run, run.baselines, run.predict([[3, 1, 4, 2, 0, 6, 9]]))


if __name__ == "__main__":
    typer.run(main)
