"""Presets of public series, and the network's start from the last value."""

import numpy as np
import pandas as pd
import pytest
from series_written import every_part

from seqmodels.core.registry import DATASETS
from seqmodels.data.series.dataset import series

PRESETS = [name for name, of in DATASETS.get("series").presets.items() if "dataset.file" in of]


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_reads_its_public_table(preset, shared_data):
    settings = DATASETS.get("series").presets[preset]
    args = {key[8:]: value for key, value in settings.items() if key.startswith("dataset.")}
    dataset = series(shared_data, **args)
    encoder = dataset.encoder.fit(dataset.train.inputs)
    for part in every_part(dataset):
        assert len(part) > 100
        assert np.isfinite(np.asarray(part.targets["value"])).all()
        assert set(part.targets["direction"]) == {"up", "down"}
        assert set(part.naive["value"]) == {"last value", "seasonal last value"}
        assert np.isfinite(encoder.encode(part.inputs).values).all()


def test_presets_differ_only_in_settings_that_exist():
    for preset in PRESETS:
        for key in DATASETS.get("series").presets[preset]:
            if key.startswith("dataset."):
                assert key[8:] in series.__annotations__, key


def test_an_untrained_forecast_answers_the_last_value():

    import seqmodels as sm
    from seqmodels.training.prepare import split
    from seqmodels.training.settings import resolve

    days = pd.date_range("2020-01-01", periods=200)
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"date": days, "wet": rng.normal(50, 9, 200), "warm": rng.normal(size=200)}
    )
    plan = resolve(
        "series",
        data=frame,
        settings={"dataset.target": ("warm", "wet"), "dataset.inputs": ("wet", "warm"),
                  "dataset.horizon": 2, "dataset.window": 5},
    )  # fmt: skip
    parts = split(plan.made(), plan)
    model = sm.SequenceModel(
        parts.data.encoder.fit(parts.train.inputs),
        plan.backbone,
        plan.head.fit(parts.train.target("value")),
    )
    naive = parts.test.naive["value"]["last value"].to_numpy()
    np.testing.assert_allclose(model.predict(parts.test.inputs).answers, naive, rtol=1e-4)
