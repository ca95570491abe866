"""Settings of `train`: for series sensible sizes, and public tables by name; for drawings."""

from collections.abc import Mapping
from typing import Any

TOGETHER: Mapping[str, Any] = {"backbone.ensemble_size": 3}  # a stronger preset, of numbers

# What a table of the user's own gets. A linear map beside the LSTM (backbone.linear_lags=12) made
# errors on four validation periods 10 % smaller to 2 % larger for sales, 1 % smaller to 1.6 %
# larger in Melbourne, and up to 4 % larger in Delhi: left out.
_ANY = {
    "backbone.units": 32,
    "backbone.skip": True,
    "backbone.subtract_last": True,
    "training.average": 2.0,
}
_FORECAST = {**_ANY, "head": "regression"}
_SMALL = {
    "backbone.units": 32,
    "backbone.subtract_last": False,
    "training.average": 0.0,
    "training.epochs": 60,
    "training.patience": 8,
    "training.batch_size": 64,
    "training.learning_rate": 2e-3,
}
_DIRECTION = {**_SMALL, "head": "binary"}

_DELHI = {
    "dataset.file": "weather/DailyDelhiClimateTrain.csv",
    "dataset.inputs": ("meantemp", "humidity", "wind_speed"),
    "dataset.window": 7,  # on validation no better with 14 or 30
    "dataset.season": 7,
    "dataset.valid": 0.2,  # most of a year: a share of 0.1 is one winter
}
_SALES = {
    "dataset.file": "sales/stallion.csv",
    "dataset.group": ("agency", "sku"),
    "dataset.target": "volume",
    "dataset.window": 12,
    "dataset.season": 12,
    "dataset.valid": 0.25,  # 15 of 60 months: a year to read and three months to foretell
    "dataset.test": 0.25,
}
_LOG = {"dataset.scaling": "log"}
_TRANSFORMER = ("HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT")

PUBLISHERS: Mapping[str, str] = {
    "weather/DailyDelhiClimateTrain.csv": "Kaggle, sumanthvrao/daily-climate-time-series-data",
    "weather/daily-min-temperatures.csv": "GitHub, jbrownlee/Datasets (Bureau of Meteorology)",
    "weather/monthly-sunspots.csv": "GitHub, jbrownlee/Datasets (Zurich observatory)",
    "ett/ETTh1.csv": "GitHub, zhouhaoyi/ETDataset",
    "weather/pollution.csv": "UCI data set 381, Beijing PM2.5 (rename the file)",
    "sales/stallion.csv": "Kaggle, utathya/future-volume-prediction, in one table as GitHub, "
    "sktime/pytorch-forecasting has it (stallion.parquet; save it as CSV)",
}

SERIES_PRESETS: Mapping[str, Mapping[str, Any]] = {
    "default": _ANY,
    "best": TOGETHER,
    "delhi-temperature": {**_FORECAST, **_DELHI, "dataset.target": "meantemp"},
    "delhi-humidity": {**_FORECAST, **_DELHI, "dataset.target": "humidity"},
    "delhi-climate": {**_FORECAST, **_DELHI, "dataset.target": ("humidity", "meantemp")},
    "delhi-direction": {**_DIRECTION, **_DELHI, "dataset.target": "meantemp"},
    "melbourne-temperature": {
        **_FORECAST,
        "dataset.file": "weather/daily-min-temperatures.csv",
        "dataset.time": "Date",
        "dataset.target": "Temp",
        "dataset.irregular": "fill",  # 31 December is left out in leap years
        "dataset.missing": "previous",
        "dataset.season": 7,
    },
    "beijing-pollution": {
        **_FORECAST,
        "dataset.file": "weather/pollution.csv",
        "dataset.time": ("year", "month", "day", "hour"),
        "dataset.target": "pm2.5",
        "dataset.inputs": ("pm2.5", "DEWP", "TEMP", "PRES", "Iws", "Is", "Ir"),
        "dataset.missing": "previous",
        "dataset.window": 24,
        "dataset.season": 24,
    },
    # Parts and horizons (96, 192, 336, 720) are those of the published tables.
    "etth1": {
        **_FORECAST,
        "dataset.file": "ett/ETTh1.csv",
        "dataset.time": "date",
        "dataset.target": _TRANSFORMER,
        "dataset.horizon": 96,
        "dataset.window": 336,
        "dataset.season": 24,
        "dataset.rows": 14_400,
        "dataset.valid": 2_880,
        "dataset.test": 2_880,
        "dataset.reach": "before",
        "head.answer": "mean",  # the tables' error is squared
        "backbone.subtract_last": True,
        "backbone.channel_independent": True,
        "backbone.linear_lags": 336,
        "backbone.segment_length": 48,
        "backbone.embed": 64,
        "backbone.units": 64,
        "backbone.dropout": 0.1,
        "training.epochs": 8,
        "training.patience": 2,
        "training.batch_size": 32,
        "training.learning_rate": 1e-3,
        "training.average": 0.5,
    },
    "sunspots": {
        **_FORECAST,
        "dataset.file": "weather/monthly-sunspots.csv",
        "dataset.time": "Month",
        "dataset.target": "Sunspots",
        "dataset.window": 60,
        "dataset.season": 132,
    },
    "sales": {**_FORECAST, **_SALES, **_LOG, "head.scaling": "log"},
    "sales-quartile": {**_SMALL, **_SALES, **_LOG, "head": "multiclass", "head.scale": "rank"},
    "sales-direction": {**_DIRECTION, **_SALES},
}

DRAWING_PRESET: Mapping[str, Any] = {
    "backbone.units": 64,
    "backbone.bidirectional": True,
    "backbone.summary": "both",
    "training.epochs": 60,
    "training.batch_size": 64,
    "training.learning_rate": 2e-3,
    "training.patience": 10,
    "training.average": 5.0,
}
