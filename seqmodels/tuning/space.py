"""The searched settings, by dotted name: each has a range of numbers or a few choices."""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seqmodels.core.arguments import checked, signature, text_of, type_name
from seqmodels.core.errors import InputError
from seqmodels.core.registry import nearest
from seqmodels.core.renamed import current, names_of
from seqmodels.nn.backbone import Backbone
from seqmodels.training.config import Training
from seqmodels.training.values import old_names

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

# Searched for every dataset; a dataset adds its own with `register_dataset(search=...)`.
USUAL = {
    "training.learning_rate": "0.0003:0.03:log",
    "backbone.units": "16:128:log",
    "backbone.layers": "1:2",
    "backbone.dropout": "0:0.6",
}
DIGITS = 3  # of a number that is tried: the number that is shown is the number that is used
REFUSED = {
    "training.valid": "all trials are compared on the same validation part",
    "dataset.path": "all trials are compared on the same data",
}

Given = str | Sequence[Any]  # "16:128:log", "5000,10000", or (5000, 10000)


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both included.

    Args:
        log: Whether to draw uniformly in the logarithm: as often from 10 to 20 as from 20 to 40.
        whole: Whether the numbers are whole.
        step: Distance between the numbers; None: any number.
    """

    low: float
    high: float
    log: bool
    whole: bool
    step: float | None = None

    def distribution(self) -> BaseDistribution:
        """Return the distribution for Optuna."""
        from optuna.distributions import FloatDistribution, IntDistribution

        if self.whole:
            step = int(self.step or 1)
            return IntDistribution(int(self.low), int(self.high), log=self.log, step=step)
        return FloatDistribution(self.low, self.high, log=self.log, step=self.step)

    def value(self, drawn: Any) -> int | float:
        """Return the number to try for a drawn one, rounded to three digits within the range."""
        if self.whole:
            return int(drawn)
        return min(max(float(f"{drawn:.{DIGITS}g}"), self.low), self.high)

    def drawn(self, value: Any) -> Any:
        """Return the number for Optuna; None where the value is outside the range."""
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not self.low <= value <= self.high:
            return None
        off = self.step and abs((value - self.low) / self.step % 1 - 0.5) < 0.5 - 1e-9
        return None if off else value


@dataclass(frozen=True)
class Choices:
    """A few values.

    Args:
        texts: The choices as a user writes them.
        values: Their values.
    """

    texts: tuple[str, ...]
    values: tuple[Any, ...]

    def distribution(self) -> BaseDistribution:
        """Return the distribution for Optuna, over the texts."""
        from optuna.distributions import CategoricalDistribution

        return CategoricalDistribution(self.texts)

    def value(self, drawn: Any) -> Any:
        """Return the value for a drawn text."""
        return self.values[self.texts.index(drawn)]

    def drawn(self, value: Any) -> Any:
        """Return the text for a value; None where the value is no choice."""
        return self.texts[self.values.index(value)] if value in self.values else None


Space = Mapping[str, Range | Choices]


def space(
    asked: Mapping[str, Given],
    declared: Mapping[str, Given],
    fixed: Mapping[str, Any],
    make: Callable[..., Any],
    who: str,
) -> dict[str, Range | Choices]:
    """Return the space: the usual settings, the dataset's and the user's, without fixed ones.

    Args:
        asked: Entries of the user: "LOW:HIGH", "LOW:HIGH:log", "LOW:HIGH:STEP" or "A,B,C"; a
            list of values; or "" for all values of a setting, where these are few.
        declared: Entries of the dataset.
        fixed: Settings to which the user gave a value.
        make: The dataset's function.
        who: The dataset, for messages: "dataset 'imdb'".

    Raises:
        InputError: Some entries cannot be searched; lists each with its fix.
    """
    names = old_names(make)
    asked, declared, fixed = (current(one, names) for one in (asked, declared, fixed))
    given = {**USUAL, **declared, **asked}
    problems = [
        f"{name!r} is both searched and fixed. Leave out one." for name in asked if name in fixed
    ]
    try:
        found = entries({n: one for n, one in given.items() if n not in fixed}, make, who)
    except InputError as error:
        raise InputError(problems + error.problems) from None
    if not found:
        problems.append("Nothing is left to search: every setting is fixed.")
    if problems:
        raise InputError(problems)
    return found


def entries(
    given: Mapping[str, Given], make: Callable[..., Any], who: str
) -> dict[str, Range | Choices]:
    """Return the entries of a space, checked by the signatures; arguments as those of `space`."""
    parts: dict[str, tuple[Callable[..., Any], str]] = {
        "dataset": (make, who),
        "backbone": (Backbone, "the backbone"),
        "training": (Training, "training"),
    }
    problems, found = [], {}
    for name, one in given.items():
        try:
            found[name] = _entry(name, one, parts)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return found


def texts_of(space: Space) -> dict[str, str]:
    """Return a space as `--search` takes it."""
    shown = {}
    for name, entry in space.items():
        if isinstance(entry, Choices):
            shown[name] = ",".join(entry.texts)
            continue
        words = [f"{entry.low:.12g}", f"{entry.high:.12g}"]
        if entry.log:
            words.append("log")
        elif entry.step is not None:
            words.append(f"{entry.step:.12g}")
        shown[name] = ":".join(words)
    return shown


def _entry(
    name: str, given: Given, parts: Mapping[str, tuple[Callable[..., Any], str]]
) -> Range | Choices:
    group, _, argument = name.partition(".")
    if group == "head":
        raise InputError(
            f"{name!r} cannot be searched: all trials predict with the same head. Fix it: "
            f"--set {name}=VALUE."
        )
    if name in REFUSED:
        raise InputError(f"{name!r} cannot be searched: {REFUSED[name]}.")
    if group not in parts or not argument:
        raise InputError(
            f"Unknown setting {name!r}. A setting starts with its group, as in "
            f"{', '.join(f'{one}.{argument or name}' for one in parts)}."
        )
    part, who = parts[group]
    [argument] = current({argument: None}, names_of(part), warn=False)  # a search of long ago
    hints = signature(part)
    if argument not in hints:
        raise InputError(
            f"Unknown argument {argument!r} of {who}. {nearest(argument, list(hints))}"
        )

    def read(text: str) -> Any:
        return checked(part, {argument: text}, who)[argument]

    if isinstance(given, str):
        written = given.strip()
        if not written:
            return _all(name, hints[argument])
        numbers = written.split(":")
        if len(numbers) > 1 and _is_number(numbers[0]) and _is_number(numbers[1]):
            return _range(name, numbers, read)
        texts = [text.strip() for text in written.split(",")]
    else:
        texts = [text_of(value) for value in given]
    if len(set(texts)) < 2 or len(set(texts)) < len(texts):
        raise InputError(
            f"To search {name!r} needs a range, as in {name}=16:128:log, or two or more different "
            f"values, as in {name}=16,32,64; got {','.join(texts)!r}."
        )
    return Choices(tuple(texts), tuple(map(read, texts)))


def _range(name: str, texts: Sequence[str], read: Callable[[str], Any]) -> Range:
    low, high = read(texts[0]), read(texts[1])
    if any(isinstance(end, bool) or not isinstance(end, int | float) for end in (low, high)):
        raise InputError(f"{name!r} is not a number and has no range. Give values: {name}=A,B.")
    more, whole = texts[2:], isinstance(low, int) and isinstance(high, int)
    log = more == ["log"]
    step = float(more[0]) if len(more) == 1 and _is_number(more[0]) else None
    checks = {
        f"ends in 'log' or a step, got {':'.join(more)!r}": not more or log or step is not None,
        f"needs its low end first, got {':'.join(texts)!r}": low < high,
        f"with 'log' starts above 0, got {low}": not log or low > 0,
        "needs a step above 0, and a whole one between whole numbers": step is None
        or (step > 0 and (not whole or step == int(step))),
    }
    problems = [f"The range of {name!r} {why}." for why, holds in checks.items() if not holds]
    if problems:
        raise InputError(problems)
    return Range(low, high, log, whole, step)


def _all(name: str, hint: Any) -> Choices:
    """Return all values of a setting, from its type."""
    values: tuple[Any, ...] = ()
    if hint is bool:
        values = (False, True)
    for one in (hint, *typing.get_args(hint)):  # a Literal, by itself or beside other types
        if typing.get_origin(one) is typing.Literal:
            values = typing.get_args(one)
    if len(values) < 2:
        raise InputError(
            f"{name!r} needs {type_name(hint)}: say which to search, as in {name}=16:128:log or "
            f"{name}=16,32,64."
        )
    return Choices(tuple(map(text_of, values)), values)


def _is_number(text: str) -> bool:
    try:
        return float(text) == float(text)
    except ValueError:
        return False
