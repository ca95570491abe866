"""Tables of series, written for the tests."""

import numpy as np
import pandas as pd

from seqmodels.core.dataset import Dataset
from seqmodels.core.examples import Examples


def table(rows: int = 100, **columns: object) -> pd.DataFrame:
    """Return daily rows whose value is the row's own number, so that a window tells its rows."""
    dates = pd.date_range("2020-01-01", periods=rows).strftime("%Y-%m-%d")
    return pd.DataFrame({"date": dates, "y": np.arange(rows, dtype=float), **columns})


def every_part(dataset: Dataset) -> list[Examples]:
    assert dataset.valid is not None
    return [dataset.train, dataset.valid, dataset.test]


def rows_of(part: Examples) -> set[float]:
    """Return the rows that a part of `table` reads or foretells."""
    read = {float(step) for window in part.inputs for step in window[:, 0]}
    return read | set(np.ravel(part.targets["value"]).tolist())
