"""Read how a checkpoint is trained."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from toolkit.errors import ToolkitError


@dataclass(frozen=True)
class Recipe:
    """Hold a ``recipe.toml``.

    Parameters
    ----------
    folder : Path
        The checkpoint's, where everything is written.
    name, task, arch : str
        Task is a name in `toolkit.training.tasks.TASKS`, arch a file of ``toolkit/models``.
    kind : str
        Class of the checkpoint: ``subtractive``, ``discriminative`` or ``generative``.
    sample_rate : int
        Hz the network works at.
    config : dict
        Arguments of the architecture's ``Config``.
    task_options : dict
        Arguments of the task.
    steps, batch : int
        Updates, and items in each.
    seconds : float
        Length of an item.
    learning_rate : float
        Its peak; it rises for the first 2 % and falls to zero as a cosine.
    ema : float
        How much of the running average of the weights is kept at each step.
    seed : int
        Of everything random.
    validate_every : int
        Steps between validations.
    card : dict
        Sentences for the model card: summary, limits, measured, hardware; ``unit`` of an example's
        length where it is not audio.
    """

    folder: Path
    name: str
    task: str
    arch: str
    kind: str
    sample_rate: int
    steps: int
    batch: int
    seconds: float
    learning_rate: float = 1e-3
    ema: float = 0.999
    seed: int = 0
    validate_every: int = 1000
    config: dict[str, Any] = field(default_factory=dict)
    card: dict[str, str] = field(default_factory=dict)
    task_options: dict[str, Any] = field(default_factory=dict)

    @property
    def num_samples(self) -> int:
        """Return the length of an item in samples."""
        return round(self.seconds * self.sample_rate)


def read_recipe(path: Path) -> Recipe:
    """Return the recipe in a TOML file.

    Raises
    ------
    ToolkitError
        If it cannot be read, or has too few or unknown keys.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        table["kind"] = table.pop("class")
        table["task_options"] = table.pop("options", {})
        return Recipe(folder=path.parent, **table.pop("training"), **table)
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise ToolkitError(f"cannot use {path}: {error}", "see checkpoints/README.md") from error
