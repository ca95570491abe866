"""Old names of arguments, which are accepted beside the new ones for one version."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from seqmodels.core.errors import InputError

Part = TypeVar("Part", bound=Callable[..., Any])
# The new name by the old one; and where the values changed as well, the new value by the old one.
Names = Mapping[str, "str | tuple[str, Mapping[Any, Any]]"]


class RenamedWarning(FutureWarning):
    """An argument or a setting was given under its old name.

    A `FutureWarning`, because Python hides a `DeprecationWarning` from most users.
    """


def renamed(names: Names) -> Callable[[Part], Part]:
    """Return a decorator that lets a function or a dataclass accept old names of its arguments.

    Each use of an old name is a `RenamedWarning`. The attributes of a dataclass can be read by
    their old names, too.
    """

    def accept(part: Part) -> Part:
        call = part.__init__ if isinstance(part, type) else part

        @functools.wraps(call)
        def run(*args: Any, **given: Any) -> Any:
            old = {name: value for name, value in given.items() if name in names}
            if old:  # they win, for `dataclasses.replace` gives all fields by their new names
                rest = {name: value for name, value in given.items() if name not in names}
                given = {**rest, **current(old, names)}
            return call(*args, **given)

        if not isinstance(part, type):
            run.renamed = names  # type: ignore[attr-defined]
            return run  # type: ignore[return-value]
        part.__init__, part.renamed = run, names  # type: ignore[misc, attr-defined]
        part.__getattr__ = functools.partialmethod(_read, names)  # type: ignore[attr-defined]
        return part  # type: ignore[return-value]

    return accept


def names_of(part: Any, group: str = "") -> Names:
    """Return the old names of the arguments of a function or a class.

    Args:
        part: What `renamed` decorates; anything else has no old names.
        group: Put before each name, as in "backbone.".
    """
    return {
        group + old: group + new if isinstance(new, str) else (group + new[0], new[1])
        for old, new in getattr(part, "renamed", {}).items()
    }


def current(given: Mapping[str, Any], names: Names, *, warn: bool = True) -> dict[str, Any]:
    """Return values by their current names.

    Args:
        given: Values by name, old or new; texts as `--set` and `--search` take them, too.
        names: The old names.
        warn: Whether an old name is a `RenamedWarning`; False for what was saved long ago.

    Raises:
        InputError: A value is given under both names.
    """
    found = {}
    for name, value in given.items():
        entry = names.get(name, name)
        new, values = (entry, {}) if isinstance(entry, str) else entry
        if new != name and new in given:
            raise InputError(f"{name!r} is the old name of {new!r}. Give the new one only.")
        if new != name and warn:
            what = f"{name!r} is now called {new!r}{_shown(values)}."
            text = f"{what} The old name works until the next version."
            warnings.warn(text, RenamedWarning, stacklevel=3)
        found[new] = _value(value, values)
    return found


def _value(value: Any, values: Mapping[Any, Any]) -> Any:
    """Return the new value for an old one, of each where several are to be searched."""
    if values and isinstance(value, list | tuple):
        return [_value(one, values) for one in value]
    if values and isinstance(value, str) and "," in value:
        return ",".join(str(_value(one.strip(), values)).lower() for one in value.split(","))
    return values.get(value, value) if isinstance(value, str) else value


def _shown(values: Mapping[Any, Any]) -> str:
    pairs = [f"{old!r} is {str(new).lower()}" for old, new in values.items()]
    return f" ({', '.join(pairs)})" if pairs else ""


def _read(self: Any, names: Names, name: str) -> Any:
    """Return an attribute by its old name."""
    if name not in names:
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
    entry = names[name]
    new, values = (entry, {}) if isinstance(entry, str) else entry
    text = f"{name!r} is now called {new!r}. The old name works until the next version."
    warnings.warn(text, RenamedWarning, stacklevel=2)
    value = getattr(self, new)
    return next((old for old, one in values.items() if one == value), value)
