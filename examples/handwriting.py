"""Digits from pen strokes, by writers the model has never seen; then a digit of your own.

    python examples/handwriting.py --data FOLDER

FOLDER holds UCI's pendigits.tra and pendigits.tes. About a minute on two cores.
"""

from pathlib import Path

import typer

import seqmodels as sm

# Points (x, y) along the pen's way, y upwards: across the top, then down to the left.
SEVEN = [[0, 100], [33, 100], [67, 100], [100, 100], [83, 75], [67, 50], [50, 25], [33, 0]]


def main(data: Path | None = None, limit: int | None = None, epochs: int | None = None) -> None:
    run = sm.train("handwriting", data=data, limit=limit, epochs=epochs)
    guess = run.baselines["majority class"]["accuracy"]
    print(f"{run.scores['accuracy']:.1%} of the test digits are right, {guess:.1%} by guessing.")

    answer = run.predict([SEVEN]).rows()[0]
    print(f"Your digit is read as {answer['answer']}, p = {answer['p(7)']:.2f} that it is a 7.")

    # Another question about the same drawings: another head.
    is_seven = sm.train(
        "handwriting", head=sm.Binary(positive="7"), data=data, limit=limit, epochs=epochs
    )
    print(f"Is it a 7? ROC-AUC {is_seven.scores['roc_auc']:.3f}")
    print(f"Reports with figures: {run.path}/report.html, {is_seven.path}/report.html")


if __name__ == "__main__":
    typer.run(main)
