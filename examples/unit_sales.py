"""In which quarter of all sales will next month's be? 350 products and agencies, one model.

    python examples/unit_sales.py --data FOLDER

FOLDER holds sales/stallion.csv. About a minute on two cores.
"""

from pathlib import Path

import typer

import seqmodels as sm

YEAR = [31.0, 28.5, 40.2, 44.0, 51.3, 55.0, 61.8, 58.4, 49.9, 42.7, 38.0, 60.1]  # hectolitres


def main(data: Path | None = None, limit: int | None = None, epochs: int | None = None) -> None:
    run = sm.train("series", preset="sales-quartile", data=data, limit=limit, epochs=epochs)

    print("Right quarter on the latest months:")
    for rule, scores in {"LSTM": run.scores, **run.baselines}.items():
        print(f"  {rule}: {scores['accuracy']:.1%}")

    answer = run.predict([YEAR]).rows()[0]
    print(f"After the year above, next month will be {answer.pop('answer')} hectolitres:")
    for quarter, probability in answer.items():
        print(f"  {quarter} = {probability:.0%}")


if __name__ == "__main__":
    typer.run(main)
