from dataclasses import replace
from pathlib import Path

import pytest

from toolkit.errors import ToolkitError, UsageError
from toolkit.evaluation.music import DEVELOPMENT, HELD_OUT
from toolkit.shipped import folder
from toolkit.training.recipe import read_recipe
from toolkit.training.sources import read_ledger
from toolkit.training.tasks import TASKS, task_of

RECIPES = sorted(folder("checkpoints").glob("*/recipe.toml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.parent.name)
def test_every_shipped_recipe_is_read_and_names_a_task(path):
    recipe = read_recipe(path)
    assert recipe.name == path.parent.name
    assert recipe.task in TASKS
    assert callable(task_of(recipe).loss)
    assert {"summary", "limits", "measured", "hardware"} <= set(recipe.card)


def test_unknown_task_is_refused(recipe):
    with pytest.raises(UsageError, match="no training task 'denoize'"):
        task_of(replace(recipe, task="denoize"))


@pytest.mark.parametrize("text", ["", "name = 3", "class = 1\n[training]\nstepz = 3"])
def test_a_broken_recipe_is_refused(tmp_path, text):
    path = tmp_path / "recipe.toml"
    path.write_text(text)
    with pytest.raises(ToolkitError, match="cannot use"):
        read_recipe(path)


def test_no_composer_that_is_reported_on_is_trained_on():
    ledger = read_ledger(folder("checkpoints") / "sources.toml")
    trained = set(ledger.scores["composers"])
    assert not trained & {piece.work.split("/")[0] for piece in HELD_OUT}
    for piece in DEVELOPMENT:
        composer = piece.work.split("/")[0]
        left_out = any(piece.work.startswith(work) for work in ledger.scores["without"])
        assert composer not in trained or left_out, piece.work


def test_the_font_of_the_bench_is_not_trained_with():
    ledger = read_ledger(folder("checkpoints") / "sources.toml")
    assert all("TimGM" not in Path(font["file"]).stem for font in ledger.soundfonts)


def test_every_source_has_a_licence_and_a_credit():
    ledger = read_ledger(folder("checkpoints") / "sources.toml")
    for source in (*ledger.music, *ledger.midi, *ledger.soundfonts):
        assert all(source[key] for key in ("licence", "credit", "package"))
