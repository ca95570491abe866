"""Drawings and recordings as so many numbers each, and a support vector machine that reads them.

Rivals, as in `rivals`: strong simple models beside ours. The machine has a radial kernel (Cortes
and Vapnik 1995); its cost is chosen by cross-validation on the training part.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

POINTS = 16  # of a drawing, at equal distances along the pen's way
MOST = 10_000  # training drawings of the machine, whose time grows with their square
CEPSTRA, PARTS = 20, 3  # coefficients of a frame, and parts of a recording


def svm_of_points(train: Sequence[Any], y: Sequence[Any], test: Sequence[Any]) -> Sequence[Any]:
    """Places of 16 points along the pen's way; of more than 10,000 drawings, so many are read.

    A drawing is fitted into a box, as the network's are. Those of whole numbers around 0 with a
    third number are offsets, as MNIST's strokes are written.
    """
    offsets = np.asarray(train[0]).shape[1] > 2
    rows = np.random.default_rng(0).permutation(len(train))[:MOST]
    known = np.stack([_along(train[i], offsets) for i in rows])
    asked = np.stack([_along(one, offsets) for one in test])
    return _svm(known, np.asarray(y)[rows], asked)


def svm_of_sound(train: Sequence[Any], y: Sequence[Any], test: Sequence[Any]) -> Sequence[Any]:
    """Mean and spread of 20 cepstral coefficients (MFCC) in each third of a recording.

    Coefficients are the cosine transform of the log-mel features that the network reads (Davis
    and Mermelstein 1980).
    """
    from scipy.fft import dct

    from seqmodels.core import sound
    from seqmodels.encoders import SpeechEncoder

    encoder = SpeechEncoder(rate=sound.header(train[0]).rate).fit(train)

    def told(inputs: Sequence[Any]) -> np.ndarray:
        found = []
        for frames in encoder.encode(inputs):
            cepstra = np.asarray(dct(frames, norm="ortho"))[:, :CEPSTRA]
            some = np.array_split(np.resize(cepstra, (max(PARTS, len(frames)), CEPSTRA)), PARTS)
            found.append(
                np.concatenate([f(part, axis=0) for part in some for f in (np.mean, np.std)])
            )
        return np.stack(found)

    return _svm(told(train), np.asarray(y), told(test))


def _along(drawing: Any, offsets: bool) -> np.ndarray:
    """Return a drawing as `POINTS` places in its box, [POINTS * 2]."""
    places = np.asarray(drawing, np.float64)[:, :2]
    places = np.cumsum(places, axis=0) if offsets else places
    way = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(places, axis=0), axis=1))])
    at = np.linspace(0, way[-1], POINTS)
    points = np.stack([np.interp(at, way, channel) for channel in places.T], axis=1)
    least, most = points.min(axis=0), points.max(axis=0)
    return ((points - (least + most) / 2) / max(1e-9, (most - least).max())).ravel()


def _svm(x: np.ndarray, y: np.ndarray, x_test: np.ndarray) -> Sequence[Any]:
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    model = make_pipeline(StandardScaler(), SVC())
    return GridSearchCV(model, {"svc__C": [1, 10, 100]}, cv=3).fit(x, y).predict(x_test)
