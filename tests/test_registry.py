"""Names: one owner each, helpful when wrong, unharmed by a broken plug-in."""

import dataclasses
import importlib
import sys

import pytest

from seqmodels import InputError
from seqmodels.core import registry
from seqmodels.core.registry import (
    DATASETS,
    HEADS,
    Registry,
    RegistryError,
    Source,
    Task,
    nearest,
    register_dataset,
)


def test_close_names_are_suggested():
    with pytest.raises(RegistryError, match="Did you mean 'multiclass'"):
        HEADS.get("multi_class")


def test_an_unknown_name_lists_what_there_is_and_what_to_do():
    with pytest.raises(RegistryError, match=r"Available: .*imdb.*--import MODULE"):
        DATASETS.get("nothing like it")


def test_a_name_belongs_to_one_part():
    table: Registry = Registry("colour", "seqmodels.core.encoder")
    table.register("red")(int)
    with pytest.raises(RegistryError, match=r"the name belongs to builtins\.int"):
        table.register("red")(str)


def test_a_clash_with_a_built_in_shows_at_once():
    with pytest.raises(RegistryError, match=r"belongs to seqmodels\.heads\.binary\.Binary"):
        HEADS.register("binary")(int)


def test_the_same_part_may_be_registered_again():
    table: Registry = Registry("colour", "seqmodels.core.encoder")
    table.register("red")(int)
    table.register("red")(int)
    assert table.get("red") is int


def test_a_broken_plugin_is_named_and_harms_nobody(monkeypatch):
    class Broken:
        name, value = "broken", "broken_module"

        def load(self):
            raise ImportError("no module named foo")

    monkeypatch.setattr(registry, "entry_points", lambda group: [Broken()])
    registry.broken_plugins.cache_clear()
    try:
        assert "multiclass" in list(HEADS)
        with pytest.raises(RegistryError, match=r"Plug-in 'broken' .* did not import"):
            HEADS.get("nothing like it")
    finally:
        registry.broken_plugins.cache_clear()


def test_a_part_without_a_name_cannot_be_saved():
    class Loose:
        pass

    with pytest.raises(RegistryError, match=r"Decorate the class with @register_head"):
        HEADS.dump(Loose())


def test_every_built_in_dataset_runs_under_all_three_heads():
    for name in DATASETS:
        source = DATASETS.get(name)
        if source.make.__module__.startswith("seqmodels."):
            assert set(source.tasks) == {"binary", "multiclass", "regression"}, name
            assert all(task.description for task in source.tasks.values()), name


def test_every_preset_names_settings_that_exist():
    from seqmodels.training.settings import resolve

    for name in DATASETS:
        for preset in DATASETS.get(name).presets:
            resolve(name, preset=None if preset == "default" else preset)


def test_presets_lie_one_over_the_other():
    from seqmodels.training.settings import resolve

    plan = resolve("handwriting", preset="mnist-strokes,best")
    assert plan.backbone.segment_length == 4, "of the first"
    assert plan.backbone.ensemble_size == 3, "of the second"
    assert plan.preset == "mnist-strokes,best"
    first = resolve("series", preset="sales,delhi-temperature")
    last = resolve("series", preset="delhi-temperature,sales")
    assert (first.arguments["window"], last.arguments["window"]) == (7, 12)
    with pytest.raises(InputError, match=r"Unknown preset 'bset' .*Did you mean 'best'"):
        resolve("handwriting", preset="mnist-strokes,bset")


def test_every_family_of_data_has_a_stronger_preset():
    for name in ("texts", "imdb", "strokes", "handwriting", "sequences", "speech", "series"):
        assert "best" in DATASETS.get(name).presets, name


PAINTS = """
from seqmodels.core.registry import Registry
COLOURS = Registry("colour", "paintbox.colours")
"""
COLOURS = """
from paintbox import COLOURS
@COLOURS.register("red")
class Red: ...
@COLOURS.register("blue")
class Blue: ...
"""


@pytest.fixture
def colours(tmp_path, monkeypatch):
    """Return a registry whose parts, in `paintbox.colours`, nobody has looked up yet."""
    folder = tmp_path / "paintbox"
    folder.mkdir()
    (folder / "__init__.py").write_text(PAINTS)
    (folder / "colours.py").write_text(COLOURS)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(registry, "broken_plugins", lambda: ())
    yield importlib.import_module("paintbox").COLOURS
    for name in ("paintbox", "paintbox.colours"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    "look",
    [
        lambda table: table.get("red").__name__ == "Red",
        lambda table: "red" in table,
        lambda table: "violet" not in table,
        lambda table: list(table) == ["blue", "red"],
    ],
)
def test_built_in_parts_are_imported_at_the_first_look_up(colours, look):
    assert "paintbox.colours" not in sys.modules
    assert look(colours)
    assert "paintbox.colours" in sys.modules


def test_a_name_that_is_built_in_is_taken_before_anybody_has_looked(colours):
    with pytest.raises(RegistryError) as caught:
        colours.register("red")(int)
    assert str(caught.value) == (
        "Cannot register builtins.int as colour 'red': the name belongs to "
        "paintbox.colours.Red. Choose another name."
    )


def test_the_decorator_gives_back_what_it_names(colours):
    assert colours.register("green")(int) is int
    assert colours.get("green") is int
    assert colours.name_of(7) == "green"
    assert list(colours) == ["blue", "green", "red"]


def test_the_newest_of_a_part_that_was_loaded_again_counts(colours):
    old = colours.get("red")
    sys.modules.pop("paintbox.colours")
    importlib.import_module("paintbox.colours")
    assert colours.get("red") is not old


def test_what_is_said_of_an_unknown_name(colours, monkeypatch):
    monkeypatch.setattr(registry, "broken_plugins", lambda: ("Plug-in 'oil' did not import.",))
    with pytest.raises(RegistryError) as caught:
        colours.get("rad")
    assert str(caught.value) == (
        "Unknown colour 'rad'. Did you mean 'red'? Available: blue, red. "
        "For a part of your own, import its module first (--import MODULE). "
        "Plug-in 'oil' did not import."
    )
    with pytest.raises(RegistryError, match=r"Unknown colour 5\. Available"):
        colours.get(5)


@pytest.mark.parametrize(
    ("name", "names", "said"),
    [
        ("gold", ["golds", "gild"], 1),
        ("abxy", ["abcd"], 1),
        ("abxyz", ["abcd"], 0),
    ],
)
def test_one_near_name_is_offered_and_a_far_one_is_not(colours, name, names, said):
    for each in names:
        colours.register(each)(type(each, (), {"__qualname__": each}))
    with pytest.raises(RegistryError) as caught:
        colours.get(name)
    assert str(caught.value).count("Did you mean") == said
    assert nearest(name, names).count("Did you mean") == said


def test_the_nearest_name_comes_with_all_of_them_up_to_twenty():
    assert nearest("rad", ["red", "blue"]) == "Did you mean 'red'? Available: 'blue', 'red'."
    assert nearest("q", ["red", "blue"]) == "Available: 'blue', 'red'."
    many = [f"n{i:02}" for i in range(30)]
    assert nearest("q", many).endswith("'n18', 'n19' and 10 more.")


@pytest.fixture
def shade(colours):
    """Return a registered class of parts with a field that is worked out."""

    @colours.register("shade")
    @dataclasses.dataclass(frozen=True)
    class Shade:
        depth: int
        name_of_it: str = "grey"
        double: int = dataclasses.field(init=False, default=0)

    return Shade


def test_a_part_is_dumped_as_its_name_its_module_and_its_fields(colours, shade):
    assert colours.dump(shade(3)) == {
        "name": "shade",
        "module": __name__,
        "depth": 3,
        "name_of_it": "grey",
    }


def test_what_was_dumped_is_restored_as_it_was(colours, shade):
    assert colours.restore(colours.dump(shade(3, "black"))) == shade(3, "black")


def test_a_part_that_cannot_be_restored_says_what_it_needs(colours, shade):
    saved = colours.dump(shade(3))
    with pytest.raises(InputError, match=r"'depth' of colour 'shade' needs .*got 'deep'"):
        colours.restore(saved | {"depth": "deep"})
    with pytest.raises(
        RegistryError, match=r"^Unknown colour 'hue'\. .* was saved from module 'elsewhere'\.$"
    ):
        colours.restore(saved | {"name": "hue", "module": "elsewhere"})


def test_a_class_without_a_name_says_how_to_give_it_one(colours):
    with pytest.raises(RegistryError) as caught:
        colours.name_of(1.5)
    assert str(caught.value) == (
        "Cannot save float: it has no colour name. Decorate the class with @register_colour('...')."
    )


def plain():
    """Return nothing; stands for a dataset."""


def other():
    """Return nothing either."""


def test_a_dataset_is_registered_with_all_that_is_known_of_it(monkeypatch):
    monkeypatch.setattr(DATASETS, "_parts", {})
    known = {
        "tasks": {"binary": Task("mood", "the mood")},
        "presets": {"quick": {"training.epochs": 1}},
        "probe": lambda: "probed",
        "look": lambda path, given: None,
        "inputs": lambda path: "read",
    }
    moods = register_dataset("moods", **known)(plain)
    assert moods.__wrapped__ is plain, "its datasets get the name as their family"
    assert DATASETS.get("moods") == Source(moods, **known)
    bare = register_dataset("bare")(plain)
    assert DATASETS.get("bare") == Source(bare, {}, {}, None, None, None)
    register_dataset("bare")(plain)  # a module that is loaded again
    with pytest.raises(RegistryError, match=rf"{__name__}\.other .* belongs to {__name__}\.plain"):
        register_dataset("bare")(other)


def test_each_plugin_is_loaded_once_and_a_broken_one_says_why(monkeypatch):
    class Plugin:
        value = "oil.paint"
        loaded = 0

        def __init__(self, name):
            self.name = name

        def load(self):
            Plugin.loaded += 1
            if self.name == "bad":
                raise ImportError("no oil")

    asked = []
    monkeypatch.setattr(
        registry,
        "entry_points",
        lambda group: asked.append(group) or [Plugin("bad"), Plugin("good")],
    )
    registry.broken_plugins.cache_clear()
    try:
        for _ in range(2):
            assert registry.broken_plugins() == (
                "Plug-in 'bad' (oil.paint) did not import: ImportError('no oil').",
            )
    finally:
        registry.broken_plugins.cache_clear()
    assert asked == ["seqmodels.plugins"]
    assert Plugin.loaded == 2
