"""Arguments by name: checked against a signature, all mistakes found at once."""

import functools
import inspect
import json
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any

import pydantic

from seqmodels.core.errors import InputError
from seqmodels.core.registry import nearest
from seqmodels.core.renamed import current, names_of

_CONFIG = pydantic.ConfigDict(arbitrary_types_allowed=True)


def checked(
    function: Callable[..., Any], given: Mapping[str, Any], who: str, *, saved: bool = False
) -> dict[str, Any]:
    """Return the given arguments, converted to the type hints of `function` (or a class).

    Text is converted to the hint: `"5000"` becomes 5000 for a whole number, `"a,b"` a tuple
    for a tuple, and `"none"` None if the hint allows None. For an argument without a hint, text
    is parsed as JSON, and kept as it is if that fails.

    Args:
        function: A function or a dataclass; its parameters are the allowed names.
        given: Values by argument name.
        who: Owner of the arguments, for messages: "dataset 'imdb'".
        saved: Whether the values are from a file, in which old names are no fault of the user.

    Raises:
        InputError: Unknown names and wrong values, each with the allowed ones.
    """
    hints = signature(function)
    problems, values = [], {}
    for name, value in current(given, names_of(function), warn=not saved).items():
        if name not in hints:
            problems.append(f"Unknown argument {name!r} of {who}. {nearest(name, list(hints))}")
            continue
        try:
            values[name] = _value(hints[name], value)
        except pydantic.ValidationError as error:
            needs = f"Argument {name!r} of {who} needs {type_name(hints[name])}, got {value!r}."
            problems += _own(error) or [needs]
    if problems:
        raise InputError(problems)
    return values


def _own(error: pydantic.ValidationError) -> list[str]:
    """Return the `InputError` of a type's own validator for a wrong value."""
    causes = [one.get("ctx", {}).get("error") for one in error.errors()]
    return [text for cause in causes if isinstance(cause, InputError) for text in cause.problems]


def text_of(value: Any) -> str:
    """Return a value as `--set` takes it: the text from which `checked` makes the value."""
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return ",".join(map(text_of, value))
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def signature(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the type hint of each parameter by name; `Any` for a parameter without a hint.

    Args:
        function: A function, or a dataclass. Hints of own and inherited fields are resolved in
            the module that defines them.
    """
    hints = typing.get_type_hints(function, include_extras=True)
    return {name: hints.get(name, Any) for name in inspect.signature(function).parameters}


def missing(function: Callable[..., Any], given: Mapping[str, Any]) -> list[str]:
    """Return the arguments that have no default and were not given."""
    every = inspect.signature(function).parameters
    return [n for n, p in every.items() if p.default is p.empty and n not in given]


def type_name(hint: Any) -> str:
    """Return a type hint in plain words: `one of 'start', 'end'`."""
    if hint is Any:
        return "any value"
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return "one of " + ", ".join(repr(value) for value in inner)
    if origin in (typing.Union, types.UnionType):
        return _union(inner)
    if origin is typing.Annotated:
        bounds = " and ".join(_bound(one) for one in inner[1:])
        return f"{type_name(inner[0])} {bounds}".strip()
    if origin is tuple:
        kinds = {type_name(one) for one in inner if one is not Ellipsis}
        return f"a list of {' or '.join(sorted(kinds))}"
    plain = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}
    return plain.get(hint, "none" if hint is type(None) else getattr(hint, "__name__", str(hint)))


def _union(inner: tuple[Any, ...]) -> str:
    """Return "text or a number, or a list of them": each type once, lists in short."""
    single = [one for one in inner if typing.get_origin(one) is not tuple and one is not type(None)]
    if {bool, int, float} <= set(single):  # whatever JSON writes without brackets
        single = [one for one in single if one not in (bool, int)]
    words = [" or ".join(dict.fromkeys(map(type_name, single)))] if single else []
    for one in inner:
        if typing.get_origin(one) is tuple:
            of = {kind for kind in typing.get_args(one) if kind is not Ellipsis}
            parts = {part for kind in of for part in typing.get_args(kind) or (kind,)}
            same = parts <= set(inner) and len(parts) > 1
            words.append("a list of them" if same else type_name(one))
    if type(None) in inner:
        words.append("none")
    comma = ", or " if "a list of them" in words else " or "
    return comma.join(words)


def _bound(bound: Any) -> str:
    words = {"gt": "above", "ge": "from", "lt": "below", "le": "at most"}
    found = [f"{word} {getattr(bound, key)}" for key, word in words.items() if hasattr(bound, key)]
    return " and ".join(found)


@functools.cache
def _adapter(hint: Any) -> pydantic.TypeAdapter[Any]:
    try:
        return pydantic.TypeAdapter(hint, config=_CONFIG)
    except pydantic.PydanticUserError:  # a type with a configuration of its own
        return pydantic.TypeAdapter(hint)


def _takes_bool(hint: Any) -> bool:
    """Return whether a type hint allows true and false, other than as numbers."""
    if hint in (Any, bool, object) or typing.get_origin(hint) is typing.Literal:
        return True
    inner = typing.get_args(hint)
    if typing.get_origin(hint) is typing.Annotated:
        return _takes_bool(inner[0])
    numbers = (int, float, type(None))
    return hint not in numbers and (not inner or any(map(_takes_bool, inner)))


def _value(hint: Any, value: Any) -> Any:
    """Return `value` converted to `hint`; text is tried in each form that it may have."""
    adapter = _adapter(hint)
    if isinstance(value, bool) and not _takes_bool(hint):
        return adapter.validate_python(str(value))  # is refused; as a number it would be 0 or 1
    if not isinstance(value, str):
        return adapter.validate_python(value)
    forms: list[Any] = []
    if "," in value and "tuple" in str(hint):
        forms.append(tuple(part.strip() for part in value.split(",")))
    if value.lower() == "none" and type(None) in typing.get_args(hint):
        forms.append(None)
    try:
        parsed = [json.loads(value)]
    except json.JSONDecodeError:
        parsed = []
    if parsed and isinstance(parsed[0], bool) and not _takes_bool(hint):
        parsed = []
    if hint is Any or value[:1] in '[{"':
        forms += parsed
    forms.append(value)
    if "tuple" in str(hint):
        forms.append((value,))
    forms += parsed  # a number among the values of a Literal
    first: pydantic.ValidationError | None = None
    for form in forms:
        try:
            return adapter.validate_python(form)
        except pydantic.ValidationError as error:
            first = first or error
    raise first  # type: ignore[misc]
