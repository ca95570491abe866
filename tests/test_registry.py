"""Names: one owner each, helpful when wrong, unharmed by a broken plug-in."""

import pytest

from seqmodels import registry
from seqmodels.registry import DATASETS, HEADS, Registry, RegistryError


def test_close_names_are_suggested():
    with pytest.raises(RegistryError, match="Did you mean 'multiclass'"):
        HEADS.get("multi_class")


def test_an_unknown_name_lists_what_there_is_and_what_to_do():
    with pytest.raises(RegistryError, match=r"Available: .*imdb.*--import MODULE"):
        DATASETS.get("nothing like it")


def test_a_name_belongs_to_one_part():
    table: Registry = Registry("colour", "seqmodels.data")
    table.register("red")(int)
    with pytest.raises(RegistryError, match=r"the name belongs to builtins\.int"):
        table.register("red")(str)


def test_a_clash_with_a_built_in_shows_at_once():
    with pytest.raises(RegistryError, match=r"belongs to seqmodels\.heads\.binary\.Binary"):
        HEADS.register("binary")(int)


def test_the_same_part_may_be_registered_again():
    table: Registry = Registry("colour", "seqmodels.data")
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
            assert all(task.says for task in source.tasks.values()), name


def test_every_preset_names_settings_that_exist():
    from seqmodels.settings import resolve

    for name in DATASETS:
        for preset in DATASETS.get(name).presets:
            resolve(name, preset=None if preset == "default" else preset)
