"""Names for the parts a user may plug in: datasets, encoders, heads and loggers.

A part gets its name in one place, the decorator above it. Built-in parts are imported by
the package that is their `home`; parts of other distributions through the entry-point group
`seqmodels.plugins`, which only says "import me". Both happen on the first look-up, never
when `seqmodels` itself is imported.
"""

import dataclasses
import difflib
import functools
import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import entry_points
from typing import Any, Generic, TypeVar

from seqmodels.core.errors import InputError, some

T = TypeVar("T")
P = TypeVar("P")
PLUGINS = "seqmodels.plugins"


class RegistryError(InputError, LookupError):
    """A name is unknown, taken, or its plug-in does not import."""


@dataclasses.dataclass(frozen=True)
class Task:
    """What a head does with one dataset.

    Args:
        target: Name of the target that the head reads; None: the only one.
        says: What is predicted, in a few words a user understands.
        head: Arguments that the head needs to read this target, such as `{"bins": 4}`.
    """

    target: str | None
    says: str
    head: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Found:
    """What a dataset makes of a file or folder that it can read.

    Args:
        arguments: Of the dataset's function: whatever was decided, such as the format, the
            encoding, the columns. The path is not among them.
        head: The head that suits the target.
    """

    arguments: Mapping[str, Any]
    head: str


@dataclasses.dataclass(frozen=True)
class Source:
    """A registered dataset: its function, and what is known without calling it.

    Args:
        make: The function; returns a `Dataset`.
        tasks: Head name to task; the first is the default. Empty: the user names a head.
        presets: Name to settings of `train`; the others are laid over `"default"`.
        probe: Takes the arguments of `make`, raises as it would for missing files and wrong
            values, and returns a small `Dataset` that looks like it, in well under a second.
        look: Takes a `Path` that exists and the arguments that the user gave (as text, or as
            values), and returns a `Found`, or None where the path holds nothing for it. Reads
            a little of it only, and knows it by content, not by name. Raises `InputError` where
            the path is its own but broken, or leaves several choices: names them.
        inputs: Takes the `Path` of new data and the arguments of `make` that a run recorded,
            and returns the inputs in it in order, no targets needed, so that `predict` reads
            what `train` read; or None where the path holds no such data, but inputs as the
            encoder reads them.
        search: What `tune` searches beside the usual, by dotted name: a text such as
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
    """A table from name to part, filled by a decorator and read by `get`.

    Args:
        kind: What the parts are, for messages: "dataset".
        home: The package that holds the built-in parts.
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
        """Give `part` a name; a second look at the same part (a reload) is welcome.

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
            RegistryError: There is none; says which name is nearest and what to do.
        """
        if name not in self._parts:
            self._load()
        if name not in self._parts:
            lines = [
                f"Unknown {self.kind} {name!r}.",
                *_guess(str(name), self._parts),
                f"Available: {', '.join(sorted(self._parts))}.",
                "One of your own? Import its module first (on the command line --import MODULE).",
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
            RegistryError: It is not registered, so it cannot be saved.
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
        """Turn a dataclass part into JSON types, led by its registered name."""
        name = self.name_of(part)
        fields = {f.name: getattr(part, f.name) for f in dataclasses.fields(part) if f.init}
        return {"name": name, "module": type(part).__module__, **fields}

    def restore(self, data: Mapping[str, Any]) -> Any:
        """Rebuild a part from what `dump` returned.

        Raises:
            RegistryError: No part has the name; says which module it was saved from.
            InputError: The fields are not those of the part.
        """
        from seqmodels.core.arguments import checked  # pydantic takes a moment to import

        try:
            part: Any = self.get(data["name"])
        except RegistryError as error:
            raise RegistryError(
                f"{error} This one was saved from module {data.get('module')!r}."
            ) from None
        fields = {key: value for key, value in data.items() if key not in ("name", "module")}
        return part(**checked(part, fields, f"{self.kind} {data['name']!r}"))

    def _load(self) -> None:
        importlib.import_module(self.home)
        broken_plugins()


@functools.cache
def broken_plugins() -> tuple[str, ...]:
    """Import every installed plug-in once; return a sentence for each that fails.

    One bad plug-in must not take the others along, so that its error is only told.
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

register_encoder = ENCODERS.register
register_head = HEADS.register
register_logger = LOGGERS.register


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
    """Return a decorator that gives a name to a function that returns a `Dataset`.

    Args:
        name: What `train(name)` and `seqmodels train NAME` will call it.
        tasks: What each head does with it; the first is the default. See `Task`.
        presets: Named settings of `train`, as in `{"quick": {"training.epochs": 1}}`.
        probe: A quick stand-in for the function, for `train --check`. See `Source`.
        look: Knows files that it can read, for `train PATH`. See `Source`.
        inputs: Reads new data for `predict`. See `Source`.
        search: What `tune` searches, as in `{"dataset.words": "5000,20000"}`. See `Source`.

    Raises:
        RegistryError: The name belongs to another dataset.
    """

    def add(function: P) -> P:
        more = (probe, look, inputs, search or {})
        DATASETS.add(name, Source(function, tasks or {}, presets or {}, *more))  # type: ignore[arg-type]
        return function

    return add


def nearest(name: str, names: list[str]) -> str:
    """Return what to say after an unknown name: the nearest one, and all of them."""
    return " ".join([*_guess(name, names), f"Available: {some(sorted(names), 20)}."])


def _guess(name: str, names: Iterable[str]) -> list[str]:
    """Return a sentence with the nearest name; none where no name is near."""
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return [f"Did you mean {near!r}?" for near in close]
