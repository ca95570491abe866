"""An LSTM with a forget gate in plain NumPy and float64, with its gradients: what is right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ALL = ("steps", "h", "c")
OVER_TIME = ("peak", "mean")


@dataclass(frozen=True)
class Case:
    """Weights, right-padded rows and where they start: float64 numbers that float32 can hold."""

    kernel: np.ndarray  # [C, 4H]
    turn: np.ndarray  # [H, 4H]
    bias: np.ndarray  # [4H]
    x: np.ndarray  # [B, T, C]
    h: np.ndarray  # [B, H]
    c: np.ndarray  # [B, H]
    lengths: np.ndarray  # [B]
    backward: bool = False

    @property
    def mask(self) -> np.ndarray:
        """Which steps are real, [B, T, 1]."""
        return (np.arange(self.x.shape[1]) < self.lengths[:, None])[:, :, None]


def drawn(batch, steps, channels, units, *, backward=False, seed=0):
    """Rows of 1 to `steps` steps, the longest and the shortest among them where they fit."""
    rng = np.random.default_rng(seed)

    def normal(scale, *shape):
        return rng.normal(scale=scale, size=shape).astype(np.float32).astype(np.float64)

    lengths = rng.integers(1, steps + 1, batch)
    lengths[0], lengths[1:2] = steps, 1
    return Case(
        kernel=normal(channels**-0.5, channels, 4 * units),
        turn=normal(units**-0.5, units, 4 * units),
        bias=normal(0.5, 4 * units),
        x=normal(1, batch, steps, channels),
        h=normal(0.5, batch, units),
        c=normal(0.5, batch, units),
        lengths=rng.permutation(lengths).astype(np.int32),
        backward=backward,
    )


def pulls_of(case, wanted=ALL):
    """Gradients that come from above, none of them in the padding."""
    rng = np.random.default_rng(1)
    pulls = {name: rng.normal(size=case.h.shape) for name in ("h", "c")}
    pulls["steps"] = rng.normal(size=(*case.x.shape[:2], case.h.shape[1])) * case.mask
    pulls["mean"] = rng.normal(size=case.h.shape)
    pulls["peak"] = rng.normal(size=case.h.shape) * _peaks(case)
    return {name: pulls[name].astype(np.float32).astype(np.float64) for name in wanted}


def _peaks(case):
    """Where a feature's largest value is so clear that float32 finds it at the same step."""
    steps = np.where(case.mask, reference(case, {})["steps"], -9)
    largest = np.sort(steps, axis=1)[:, -2:]
    return (largest[:, -1] - largest[:, 0] > 1e-4) | (case.lengths == 1)[:, None]


def turned(rows, lengths):
    """Each row's real steps from the last to the first, its padding where it was."""
    return np.stack([np.r_[row[:n][::-1], row[n:]] for row, n in zip(rows, lengths, strict=True)])


def reference(case, pulls):
    """The answers of an LSTM with a forget gate, and its gradients by the chain rule."""
    x, h, c, mask = np.where(case.mask, case.x, 0), case.h, case.c, case.mask
    above = pulls.get("steps", np.zeros((*x.shape[:2], h.shape[1])))
    if case.backward:
        x, above = turned(x, case.lengths), turned(above, case.lengths)
    steps, past, terms = np.zeros_like(above), [], []
    for t in range(x.shape[1]):
        i, f, g, o = np.split(x[:, t] @ case.kernel + h @ case.turn + case.bias, 4, axis=1)
        i, f, o = (1 / (1 + np.exp(-gate)) for gate in (i, f, o))
        g = np.tanh(g)
        cell = f * c + i * g
        terms.append(np.maximum(abs(f * c), abs(i * g)).max(initial=0))
        past.append((h, c, i, f, g, o, np.tanh(cell)))
        h = np.where(mask[:, t], o * np.tanh(cell), h)
        c = np.where(mask[:, t], cell, c)
        steps[:, t] = h * mask[:, t]
    answers = {"steps": steps, "h": h, "c": c, "largest of a cell": max(terms)}
    answers["peak"] = np.where(mask, steps, -np.inf).max(1)
    answers["mean"] = steps.sum(1) / case.lengths[:, None]

    if "mean" in pulls:
        above = above + mask * (pulls["mean"] / case.lengths[:, None])[:, None]
    if "peak" in pulls:
        above = above + pulls["peak"][:, None] * (mask & (steps == answers["peak"][:, None]))
    dh, dc = pulls.get("h", np.zeros_like(h)), pulls.get("c", np.zeros_like(c))
    dx, kernel = np.zeros_like(x), np.zeros_like(case.kernel)
    turn, bias, terms = np.zeros_like(case.turn), np.zeros_like(case.bias), []
    for t in reversed(range(x.shape[1])):
        h, c, i, f, g, o, squashed = past[t]
        dh = dh + above[:, t]
        cell = dc + dh * o * (1 - squashed**2)
        gates = [cell * g * i * (1 - i), cell * c * f * (1 - f), cell * i * (1 - g**2)]
        dz = np.concatenate([*gates, dh * squashed * o * (1 - o)], axis=1) * mask[:, t]  # [B, 4H]
        terms.append(abs(dz).max(initial=0))
        dx[:, t] = dz @ case.kernel.T
        kernel, turn, bias = kernel + x[:, t].T @ dz, turn + h.T @ dz, bias + dz.sum(0)
        dh, dc = np.where(mask[:, t], dz @ case.turn.T, dh), np.where(mask[:, t], cell * f, dc)
    if case.backward:
        answers["steps"], dx = turned(answers["steps"], case.lengths), turned(dx, case.lengths)
    gradients = {"dx": dx, "dh": dh, "dc": dc, "kernel": kernel, "turn": turn, "bias": bias}
    return answers | gradients | {"largest of a gate": max(terms)}
