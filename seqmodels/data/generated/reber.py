"""Strings of the embedded Reber grammar, and strings that nearly are."""

import random
from collections.abc import Iterator
from typing import Annotated

from annotated_types import Ge, Le

from seqmodels.core.dataset import Dataset
from seqmodels.core.errors import InputError
from seqmodels.core.examples import Examples
from seqmodels.core.registry import Task, register_dataset
from seqmodels.data.generated.simulated import LEAST, check, streams
from seqmodels.encoders.text import TextEncoder

SYMBOLS = "BTPSXVE"
# State to symbol to next state; a string is complete in state 7.
REBER = {
    0: {"B": 1},
    1: {"T": 2, "P": 3},
    2: {"S": 2, "X": 4},
    3: {"T": 3, "V": 5},
    4: {"X": 3, "S": 6},
    5: {"P": 4, "V": 6},
    6: {"E": 7},
}
LONGEST = 30  # symbols of a string; 48,858 strings of the grammar have no more
MOST = 60_000  # training examples for which there are enough


@register_dataset(
    "reber",
    tasks={
        "binary": Task("grammatical", "is it a string of the grammar?", {"positive": "yes"}),
        "multiclass": Task("fault", "what is wrong with it: none, outer or inner"),
        "regression": Task("readable", "how many symbols can be read before the fault"),
    },
    presets={
        "default": {
            "backbone.units": 32,
            "backbone.embed": 8,
            "backbone.dropout": 0.0,
            "backbone.chrono_init": 30,
            "backbone.summary": "last",
            "training.epochs": 60,
            "training.batch_size": 64,
            "training.learning_rate": 5e-3,
            "training.patience": 15,
        },
    },
)
def reber(
    n: Annotated[int, Ge(LEAST), Le(MOST)] = 10_000, *, seed: Annotated[int, Ge(0)] = 0
) -> Dataset:
    """The embedded Reber grammar of the 1997 LSTM paper: which strings are its own?

    The grammar (Reber 1967; embedded by Smith & Zipser 1989) writes B, then T or P, then a
    string of the plain grammar, then the same T or P again, then E. Whoever judges a string
    must keep its second symbol in mind while the inner string goes by. A string is a text
    with spaces between its symbols: "B T B P V V E T E".

    Half of the examples are grammatical, 9 to 30 symbols long, as evenly over these lengths
    as the grammar has strings. Each has a near miss of the same length beside it in the same
    part: for every other one with the wrong T or P before the last E (fault "outer"), else
    with one symbol of the inner string changed so that it is not grammatical ("inner"). So
    the length gives nothing away, and always answering "yes" is right half the time.

    Targets: "grammatical", "yes" or "no"; "fault", "none", "outer" or "inner"; "readable", how
    many symbols from the start some string of the grammar begins with: the whole length where
    there is no fault, all but the last two where it is outer.

    This differs from Experiment 1 of Hochreiter & Schmidhuber (1997, Neural Computation 9(8)),
    where the network predicts which symbols may come next at every step, from 256 training
    strings, all grammatical, and succeeds if it never errs on those and on 256 others. Here it
    judges whole strings, right and wrong ones. Success in the paper's spirit is the same: no
    error on the test part.

    No string occurs twice, so that none of the test part is in training, as in the paper.

    Args:
        n: Training examples, from 20 to 60,000. A tenth as many are for validation, a quarter
            for test.
        seed: Same seed, same examples; from 0.

    Raises:
        InputError: An argument is out of its range.
    """
    check("reber", n=(n, LEAST), seed=(seed, 0))
    if n > MOST:
        raise InputError(f"Dataset 'reber' needs n up to {MOST}, got {n!r}: strings run out.")
    rng = random.Random(seed)
    sizes = [size for _, size in streams(n, seed)]
    pairs = [-(-size // 2) for size in sizes]  # a string and its near miss
    strings = _evenly(rng, sum(pairs))
    taken = set(strings)
    parts = []
    for size, count in zip(sizes, pairs, strict=True):
        mine, strings = strings[:count], strings[count:]
        parts.append(_examples(rng, mine, taken, size))
    encoder = TextEncoder(words=len(SYMBOLS) + 1, length=None)
    return Dataset(train=parts[0], valid=parts[1], test=parts[2], encoder=encoder)


def readable(string: str) -> int:
    """Return how many symbols of `string`, from its start, the embedded grammar can read."""
    return _walk(string)[0]


def grammatical(string: str) -> bool:
    """Return whether `string`, such as "BTBPVVETE", is one of the embedded grammar's."""
    return _walk(string)[1] == "done"


def _embedded() -> dict[str, dict[str, str]]:
    """Return the embedded grammar as one table: what it has to remember is in the state."""
    table: dict[str, dict[str, str]] = {"": {"B": "B"}, "B": {}, "last": {"E": "done"}, "done": {}}
    for outer in "TP":
        table["B"][outer] = f"{outer}0"
        for state, moves in REBER.items():
            table[f"{outer}{state}"] = {symbol: f"{outer}{to}" for symbol, to in moves.items()}
        table[f"{outer}7"] = {outer: "last"}
    return table


EMBEDDED = _embedded()


def _walk(string: str) -> tuple[int, str]:
    """Return the symbols read, and the state then; "fault" if one could not be read."""
    state = ""
    for count, symbol in enumerate(string):
        if symbol not in EMBEDDED[state]:
            return count, "fault"
        state = EMBEDDED[state][symbol]
    return len(string), state


def every_string(longest: int) -> Iterator[str]:
    """Yield each string of the embedded grammar that has at most `longest` symbols, once."""
    begun = [("", "")]
    while begun:
        string, state = begun.pop()
        if state == "done":
            yield string
        elif len(string) < longest:
            begun += [(string + symbol, to) for symbol, to in EMBEDDED[state].items()]


def _evenly(rng: random.Random, count: int) -> list[str]:
    """Return `count` strings in random order: of each length as many, where there are."""
    groups: dict[int, list[str]] = {}
    for string in every_string(LONGEST):
        groups.setdefault(len(string), []).append(string)
    ranked = []
    for group in groups.values():
        rng.shuffle(group)
        ranked += enumerate(group)
    chosen = [string for _, string in sorted(ranked)[:count]]
    rng.shuffle(chosen)
    return chosen


def _examples(rng: random.Random, strings: list[str], taken: set[str], n: int) -> Examples:
    """Return `n` examples: strings, and a near miss of each that is not `taken` yet."""
    rows = []
    for i, string in enumerate(strings):
        fault = ("outer", "inner")[i % 2]
        while (miss := _spoil(rng, string, fault)) in taken:
            pass
        taken.add(miss)
        rows += [(string, "none"), (miss, fault)]
    rows = rows[:n]
    rng.shuffle(rows)
    return Examples(
        [" ".join(string) for string, _ in rows],
        {
            "grammatical": ["yes" if fault == "none" else "no" for _, fault in rows],
            "fault": [fault for _, fault in rows],
            "readable": [readable(string) for string, _ in rows],
        },
    )


def _spoil(rng: random.Random, string: str, fault: str) -> str:
    """Return a grammatical string with one symbol changed, so that it no longer is."""
    while True:
        if fault == "outer":
            place, symbol = len(string) - 2, "P" if string[-2] == "T" else "T"
        else:
            place, symbol = rng.randrange(2, len(string) - 2), rng.choice(SYMBOLS)
        changed = string[:place] + symbol + string[place + 1 :]
        if not grammatical(changed):
            return changed
