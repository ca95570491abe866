"""A head of your own: classes in an order. `python examples/ordinal_head.py`, offline."""

from dataclasses import dataclass, replace

import keras
import numpy as np

import seqmodels as sm


@sm.register_head("ordinal")
@dataclass(frozen=True, kw_only=True)
class Ordinal(sm.Head):
    """Cumulative link (McCullagh 1980): P(y <= k) = logistic(cut k - output), cuts by shares."""

    headline, higher_is_better, baseline = "classes off", False, "median class"
    units = property(lambda self: 1)  # type: ignore[assignment]
    order: tuple[str | int, ...] | None = None  # the classes, the lowest first; None: sorted
    cuts: tuple[float, ...] | None = sm.learned()

    def fit(self, targets):
        order = self.order or tuple(np.unique(targets).tolist())
        fitted = replace(self, order=order)
        counts = np.bincount(fitted.encode(targets), minlength=len(order)) + 1  # none is 0
        below = np.cumsum(counts)[:-1] / counts.sum()  # [K - 1]
        return replace(fitted, cuts=tuple(np.log(below / (1 - below)).tolist()))

    def encode(self, targets):
        known, found = list(self.order or ()), np.asarray(targets).tolist()
        if len(known) < 2 or not set(found) <= set(known):
            raise sm.InputError(f"Head 'ordinal' needs classes of {known}, got {set(found)}.")
        return np.array([known.index(one) for one in found])  # [N]

    def logits(self, outputs, ops):  # [N, 1] -> [N, K], logarithms of the probabilities
        z = np.array(self.cuts, np.float32) - outputs  # [N, K - 1]
        below, above = -ops.logaddexp(0 * z, -z), -ops.logaddexp(0 * z, z)
        inner = below[:, 1:] + above[:, :-1] + np.log(-np.expm1(-np.diff(self.cuts or ())))
        return ops.concatenate([below[:, :1], inner, above[:, -1:]], 1)

    def loss(self):
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        loss.call = lambda y, x, of=loss.call: of(y, self.logits(x, keras.ops))  # type: ignore
        return loss

    def decode(self, outputs):
        scores = np.exp(self.logits(outputs.astype(np.float64), np))
        median = (np.cumsum(scores, axis=1)[:, :-1] < 0.5).sum(axis=1)
        return sm.Prediction(np.array(self.order)[median], scores, self.order)

    def score(self, targets, prediction):
        off = np.abs(self.encode(targets) - self.encode(prediction.answers.tolist()))
        return {"classes off": float(off.mean()), "accuracy": float((off == 0).mean())}

    def trivial(self, n):
        return self.decode(np.zeros((n, 1)))


if __name__ == "__main__":
    print(sm.train("temporal_order", head="ordinal", target="xs"))
