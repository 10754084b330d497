"""Every training task by the name that recipes use."""

from __future__ import annotations

import importlib
from typing import cast

from toolkit.errors import UsageError
from toolkit.stage import did_you_mean
from toolkit.training.loop import Task
from toolkit.training.recipe import Recipe

TASKS = {
    "denoise": ("denoising", "Denoising"),
    "declick": ("declicking", "Declicking"),
    "extend-bandwidth": ("extending", "Extending"),
    "separate": ("separating", "Separating"),
    "transcribe": ("transcribing", "Transcribing"),
    "tag-voices": ("tagging", "Tagging"),
    "embellish": ("line_styling", "LineStyling"),
    "perform": ("performing", "Performing"),
    "model-chords": ("chord_language", "ChordLanguage"),
    "choose-patterns": ("pattern_choice", "PatternChoice"),
}
"""Task name to module of this package and class in it, imported when asked for."""


def task_of(recipe: Recipe) -> Task:
    """Return the task that a recipe names, with the recipe's options.

    Raises
    ------
    UsageError
        If there is no such task.
    """
    if recipe.task not in TASKS:
        raise UsageError(
            f"no training task {recipe.task!r}",
            did_you_mean(recipe.task, tuple(TASKS)) or f"known: {', '.join(TASKS)}",
        )
    module, name = TASKS[recipe.task]
    found = getattr(importlib.import_module(f"toolkit.training.{module}"), name)
    return cast(Task, found(**recipe.task_options))
