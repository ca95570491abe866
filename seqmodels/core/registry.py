"""Registries of the parts a user may plug in: datasets, encoders, heads and loggers.

The decorator above a part gives it its name. The package that is a registry's `home` imports
the built-in parts; the entry-point group `seqmodels.plugins` names the modules of other
distributions to import. Both happen on the first look-up, never when `seqmodels` itself is
imported.
"""

import dataclasses
import difflib
import functools
import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import entry_points
from typing import Any, Generic, TypeVar

from seqmodels.core.errors import InputError, some
from seqmodels.core.renamed import renamed

T = TypeVar("T")
P = TypeVar("P")
PLUGINS = "seqmodels.plugins"


class RegistryError(InputError, LookupError):
    """A name is unknown or taken, or its plug-in fails to import."""


@renamed({"says": "description"})
@dataclasses.dataclass(frozen=True)
class Task:
    """Prediction task of a head on one dataset.

    Args:
        target: Name of the target that the head reads; None: the only target.
        description: What is predicted, in a few words.
        head: Arguments that the head needs for this target, such as `{"bins": 4}`.
    """

    target: str | None
    description: str
    head: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Found:
    """How a dataset would read a file or folder that it recognises.

    Args:
        arguments: Detected arguments of the dataset's function, such as the format, the
            encoding, the columns; without the path.
        head: Head used when none is given.
    """

    arguments: Mapping[str, Any]
    head: str


@dataclasses.dataclass(frozen=True)
class Source:
    """A registered dataset: its function and the facts known without calling it.

    Args:
        make: The function; returns a `Dataset`.
        tasks: Task of each head by name; the first is the default. Empty: the user must name a
            head.
        presets: Settings of `train` by preset name; every other preset overrides `"default"`.
        probe: Quick stand-in for `make`: takes the same arguments, raises the same errors for
            missing files and wrong values, and returns a small `Dataset` of the same form in
            well under a second.
        look: Detects the format of a path. Takes an existing `Path` and the arguments that the
            user gave (as text or values). Returns a `Found`, or None if the path is not for
            this dataset. Reads only a little, and decides by content, not by name. Raises
            `InputError` for broken files, and for a choice that the user must make.
        inputs: Reads new data for `predict`. Takes a `Path` and the arguments of `make` that a
            run recorded; returns the inputs in order, without targets. None: the path has
            another format, and the encoder reads it.
        search: Further settings that `tune` searches, by dotted name: a text such as
            "5000,10000,20000" or "16:128:log", or a list of values.
    """

    make: Callable[..., Any]
    tasks: Mapping[str, Task]
    presets: Mapping[str, Mapping[str, Any]]
    probe: Callable[..., Any] | None = None
    look: Callable[..., Found | None] | None = None
    inputs: Callable[..., Any] | None = None
    search: Mapping[str, Any] = dataclasses.field(default_factory=dict)


class Registry(Generic[T]):
    """A table of parts by name, filled by a decorator and read by `get`.

    Args:
        kind: Kind of the parts, for messages: "dataset".
        home: Package of the built-in parts.
    """

    def __init__(self, kind: str, home: str):
        self.kind = kind
        self.home = home
        self._parts: dict[str, T] = {}

    def register(self, name: str) -> Callable[[P], P]:
        """Return a decorator that gives a class a name.

        Raises:
            RegistryError: The name belongs to another part.
        """

        def add(part: P) -> P:
            self.add(name, part)  # type: ignore[arg-type]
            return part

        return add

    def add(self, name: str, part: T) -> None:
        """Register `part` under a name. Registering the same part again (a reload) is allowed.

        Raises:
            RegistryError: The name belongs to another part.
        """
        if not _where(part).startswith("seqmodels."):
            importlib.import_module(self.home)  # so that a clash shows here, not later
        taken = self._parts.get(name)
        if taken is not None and _where(taken) != _where(part):
            raise RegistryError(
                f"Cannot register {_where(part)} as {self.kind} {name!r}: "
                f"the name belongs to {_where(taken)}. Choose another name."
            )
        self._parts[name] = part

    def get(self, name: str) -> T:
        """Return the part called `name`.

        Raises:
            RegistryError: There is no such part; the message gives the nearest name.
        """
        if name not in self._parts:
            self._load()
        if name not in self._parts:
            lines = [
                f"Unknown {self.kind} {name!r}.",
                *_guess(str(name), self._parts),
                f"Available: {', '.join(sorted(self._parts))}.",
                "For a part of your own, import its module first (--import MODULE).",
                *broken_plugins(),
            ]
            raise RegistryError(" ".join(lines))
        return self._parts[name]

    def __iter__(self) -> Iterator[str]:
        self._load()
        return iter(sorted(self._parts))

    def __contains__(self, name: object) -> bool:
        self._load()
        return name in self._parts

    def name_of(self, part: Any) -> str:
        """Return the name under which the class of `part` is registered.

        Raises:
            RegistryError: The class is not registered, so the part cannot be saved.
        """
        return self.name_of_class(type(part))

    def name_of_class(self, kind: type) -> str:
        """Return the name under which a class is registered; raises as `name_of`."""
        for name, entry in self._parts.items():
            if entry is kind:
                return name
        raise RegistryError(
            f"Cannot save {kind.__name__}: it has no {self.kind} name. "
            f"Decorate the class with @register_{self.kind}('...')."
        )

    def dump(self, part: Any) -> dict[str, Any]:
        """Return a dataclass part as JSON types: its registered name, its module, its fields."""
        name = self.name_of(part)
        fields = {f.name: getattr(part, f.name) for f in dataclasses.fields(part) if f.init}
        return {"name": name, "module": type(part).__module__, **fields}

    def restore(self, data: Mapping[str, Any]) -> Any:
        """Rebuild a part from what `dump` returned.

        Raises:
            RegistryError: No part has the name; the message gives the module it was saved from.
            InputError: The fields do not match the part.
        """
        from seqmodels.core.arguments import checked  # pydantic takes a moment to import

        try:
            part: Any = self.get(data["name"])
        except RegistryError as error:
            raise RegistryError(
                f"{error} The part was saved from module {data.get('module')!r}."
            ) from None
        fields = {key: value for key, value in data.items() if key not in ("name", "module")}
        return part(**checked(part, fields, f"{self.kind} {data['name']!r}", saved=True))

    def _load(self) -> None:
        importlib.import_module(self.home)
        broken_plugins()


@functools.cache
def broken_plugins() -> tuple[str, ...]:
    """Import every installed plug-in once; return a sentence for each that fails.

    Errors are returned and not raised, so that a broken plug-in does not affect the others.
    """
    broken = []
    for plugin in entry_points(group=PLUGINS):
        try:
            plugin.load()
        except Exception as error:
            broken.append(f"Plug-in {plugin.name!r} ({plugin.value}) did not import: {error!r}.")
    return tuple(broken)


def _where(part: Any) -> str:
    named = part.make if isinstance(part, Source) else part
    return f"{named.__module__}.{named.__qualname__}"


DATASETS: Registry[Source] = Registry("dataset", "seqmodels.data.builtin")
ENCODERS: Registry[type] = Registry("encoder", "seqmodels.encoders")
HEADS: Registry[type] = Registry("head", "seqmodels.heads")
LOGGERS: Registry[type] = Registry("logger", "seqmodels.training.loggers")
LAYERS: Registry[Any] = Registry("layer", "seqmodels.nn.layers")

register_encoder = ENCODERS.register
register_head = HEADS.register
register_logger = LOGGERS.register
register_layer = LAYERS.register


def register_dataset(
    name: str,
    *,
    tasks: Mapping[str, Task] | None = None,
    presets: Mapping[str, Mapping[str, Any]] | None = None,
    probe: Callable[..., Any] | None = None,
    look: Callable[..., Found | None] | None = None,
    inputs: Callable[..., Any] | None = None,
    search: Mapping[str, Any] | None = None,
) -> Callable[[P], P]:
    """Return a decorator that registers a function that returns a `Dataset`.

    Args:
        name: Name in `train(name)` and `seqmodels train NAME`.
        tasks: What each head predicts; the first is the default. See `Task`.
        presets: Named settings of `train`, as in `{"quick": {"training.epochs": 1}}`.
        probe: A quick stand-in for the function, for `train --check`. See `Source`.
        look: Detects files that the dataset can read, for `train PATH`. See `Source`.
        inputs: Reads new data for `predict`. See `Source`.
        search: Settings that `tune` searches, as in `{"dataset.words": "5000,20000"}`. See
            `Source`.

    Raises:
        RegistryError: The name belongs to another dataset.
    """

    def add(function: P) -> P:
        make = _of_family(function, name)  # type: ignore[arg-type]
        more = (probe, look, inputs, search or {})
        DATASETS.add(name, Source(make, tasks or {}, presets or {}, *more))
        return make  # type: ignore[return-value]

    return add


def _of_family(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Return a function whose datasets carry a name, and so its presets, when given as values."""

    @functools.wraps(function)
    def make(*values: Any, **options: Any) -> Any:
        made = function(*values, **options)
        if not hasattr(made, "family"):  # no Dataset: whoever asked for it says so
            return made
        return dataclasses.replace(made, family=name)

    return make


def nearest(name: str, names: list[str]) -> str:
    """Return the end of a message about an unknown name: the nearest name, and all names."""
    return " ".join([*_guess(name, names), f"Available: {some(sorted(names), 20)}."])


def _guess(name: str, names: Iterable[str]) -> list[str]:
    """Return a sentence with the nearest name; an empty list if no name is near."""
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return [f"Did you mean {near!r}?" for near in close]
