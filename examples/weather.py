"""Tomorrow's humidity and temperature in Delhi, beside forecasts that need no learning.

    python examples/weather.py --data FOLDER

FOLDER holds weather/DailyDelhiClimateTrain.csv. About a minute on two cores.
"""

from pathlib import Path

import typer

import seqmodels as sm

WEEK = [  # mean temperature in degrees Celsius, humidity in %, wind in km/h; the last is today
    [24.0, 60.0, 4.5],
    [24.5, 58.0, 6.0],
    [25.1, 55.0, 7.2],
    [25.9, 52.0, 5.1],
    [26.4, 50.0, 3.8],
    [27.0, 47.0, 4.0],
    [27.8, 44.0, 4.9],
]


def main(data: Path | None = None, limit: int | None = None, epochs: int | None = None) -> None:
    run = sm.train("series", preset="delhi-climate", data=data, limit=limit, epochs=epochs)

    print("Mean absolute error on the latest fifth of the days:")
    rows = {"LSTM": run.scores, **run.baselines}
    for measure in (name for name in run.scores if name.startswith("mae ")):
        errors = ", ".join(f"{rule} {scores[measure]:.2f}" for rule, scores in rows.items())
        print(f"  {measure.removeprefix('mae ')}: {errors}")

    tomorrow = run.predict([WEEK]).rows()[0]
    print("After the week above:", {name: round(value, 1) for name, value in tomorrow.items()})


if __name__ == "__main__":
    typer.run(main)
