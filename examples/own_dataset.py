"""A dataset of your own in ten lines: letters in Morse code, keyed by a shaky hand.

    python examples/own_dataset.py
    seqmodels train morse --head binary --import own_dataset    (in the folder examples)

Nothing is downloaded. Half a minute on two cores.
"""

from string import ascii_uppercase

import numpy as np
import typer

import seqmodels as sm
from seqmodels.encoders import SeriesEncoder

SIGNALS = """.- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ...
- ..- ...- .-- -..- -.-- --.."""
CODE = dict(zip(ascii_uppercase, SIGNALS.split(), strict=True))


@sm.register_dataset(
    "morse",
    tasks={
        "multiclass": sm.Task("letter", "which letter was keyed"),
        "binary": sm.Task("letter", "is it a vowel?", {"positive": tuple("AEIOU")}),
        "regression": sm.Task("dashes", "how many dashes it has"),
    },
)
def morse(n: int = 4000, *, shake: float = 0.15, seed: int = 0) -> sm.Dataset:
    """Letters as steps (seconds the key is down, seconds it is up after that).

    Args:
        n: Letters; a fifth of them is the test part.
        shake: Spread of each duration, and of each letter's speed, as a share of it.
        seed: Same seed, same letters.
    """
    rng = np.random.default_rng(seed)
    letters = rng.choice(list(CODE), n).tolist()
    keyed = [[[0.3 if signal == "-" else 0.1, 0.1] for signal in CODE[one]] for one in letters]
    jitter = [rng.normal(1, shake) * rng.normal(1, shake, (len(one), 2)) for one in keyed]
    inputs = [np.array(one) * noise for one, noise in zip(keyed, jitter, strict=True)]  # [T, 2]
    targets = {"letter": letters, "dashes": [CODE[one].count("-") for one in letters]}
    train, test = sm.Examples(inputs, targets).split(0.2, seed, by="letter")
    return sm.Dataset(train=train, test=test, encoder=SeriesEncoder())


def main(epochs: int = 15, n: int = 4000) -> None:
    for head in ("multiclass", "binary", "regression"):
        settings = {"dataset.n": n, "training.learning_rate": 0.01}
        run = sm.train("morse", head=head, epochs=epochs, settings=settings)
        print(run, "beside", run.baselines)


if __name__ == "__main__":
    typer.run(main)
