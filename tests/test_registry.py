import importlib.metadata

import pytest

from toolkit import registry
from toolkit.errors import UsageError


def test_every_stage_file_is_a_stage():
    for key in registry.stage_keys():
        assert callable(registry.stage_class(key))


def test_a_users_pipeline_hides_a_shipped_one(tmp_path, monkeypatch):
    (tmp_path / "restore.toml").write_text("mine")
    monkeypatch.setenv("TONEARM_PIPELINES", str(tmp_path))
    assert registry.pipeline_path("restore").read_text() == "mine"
    monkeypatch.delenv("TONEARM_PIPELINES")
    assert registry.pipeline_path("restore").read_text() != "mine"


def test_a_path_is_taken_as_it_is(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text("x")
    assert registry.pipeline_path(str(path)) == path


@pytest.fixture
def plugin(monkeypatch):
    """Install a stage under a given name, as a third-party package would, for one test."""

    def install(name):
        point = importlib.metadata.EntryPoint(
            name, "toolkit.stages.declick:STAGE", "tonearm.stages"
        )
        monkeypatch.setattr(
            registry,
            "entry_points",
            lambda group: importlib.metadata.EntryPoints([point]),
        )
        for cached in (registry.stage_keys, registry.stage_class, registry._foreign):
            cached.cache_clear()

    yield install
    monkeypatch.undo()
    for cached in (registry.stage_keys, registry.stage_class, registry._foreign):
        cached.cache_clear()


def test_third_parties_add_stages_by_entry_point(plugin):
    plugin("foreign-declick")
    assert "foreign-declick" in registry.stage_keys()
    assert registry.stage_class("foreign-declick").__name__ == "Declick"


def test_third_parties_cannot_redefine_a_stage(plugin):
    plugin("declick")
    with pytest.raises(UsageError, match="redefines"):
        registry.stage_keys()
