"""Large tables, written for the tests."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

HOURS = pd.date_range("2013-01-01", periods=900, freq="h")


def table(times: Any, channels: int = 3, **more: Any) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    numbers = {f"x{i}": rng.normal(size=len(times)).round(4) for i in range(channels)}
    return pd.DataFrame({"date": times, **more, **numbers})


def written(folder: Path, frame: pd.DataFrame, name: str = "table.csv", **options: Any) -> Path:
    frame.to_csv(folder / name, index=False, **options)
    return folder / name


def reviews(count: int) -> list[str]:
    rng = np.random.default_rng(0)
    words = np.array(["ein", "Wort", "don't", "Größe", "x" * 30, "日本", "the"])
    return [" ".join(rng.choice(words, 1 + i % 40)) for i in range(count)]
