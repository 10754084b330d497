"""Train the bar network: ``python -m toolkit.training.finding_bars STEP FOLDER``.

Folder is ``checkpoints/find-bars``, whose ``material.toml`` names what is heard: the performances
that the beat network hears, and more takes of them. Steps, in this order: ``describe``, which keeps
what is heard in the cache folder; ``train``. `toolkit.training.fitting_paths` fits how far the
network is believed.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from toolkit.models.beat_finder import Config, Model
from toolkit.style.listening import bar_features
from toolkit.training import bar_lessons, beat_lessons, finding_beats
from toolkit.training.beat_lessons import Lessons
from toolkit.training.beat_material import GROUPS, material

Table = npt.NDArray[np.float32]

_NAMES = ("downbeat",)
_WEIGHTS = {"downbeat": 1.0, "length": 0.3}


def loss(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return the weighted cross entropies of all that is said, in nats a beat.

    What only fills up shorter excerpts has targets of 0 and is not asked about.
    """
    asked = targets[..., bar_lessons.COUNTS]
    downbeat = functional.binary_cross_entropy_with_logits(
        outputs[..., bar_features.DOWNBEAT], targets[..., bar_lessons.DOWNBEAT], reduction="none"
    )
    length = finding_beats.one_of(
        outputs[..., bar_features.LENGTH],
        torch.where(asked > 0, targets[..., bar_lessons.LENGTH], -1.0),
    )
    weighed = _WEIGHTS["downbeat"] * finding_beats.mean(downbeat, asked)
    return weighed + _WEIGHTS["length"] * finding_beats.mean(length, asked)


def figures(model: Model, lessons: Lessons) -> dict[str, float]:
    """Return of each group the F-measure of downbeats, beat by beat."""
    return finding_beats.figures(model, lessons, _NAMES, _on_level)


def _on_level(targets: Table) -> npt.NDArray[np.bool_]:
    """Return whether the beats are those of the piece: on others nothing is measured."""
    return np.full(len(targets), targets[:, bar_lessons.LENGTH].max() >= 0)


def describe(folder: Path) -> None:
    """Keep what is heard, and what is not, in the cache folder."""
    recipe = tomllib.loads((folder / "material.toml").read_text(encoding="utf-8"))
    for side in (True, False):
        pieces = material(folder / "material.toml", development=side)
        every = {group: 1 if side else recipe["material"]["every"][group] for group in GROUPS}
        chosen = [
            piece
            for group in GROUPS
            for piece in [each for each in pieces if each.group == group][:: every[group]]
        ]
        path = finding_beats.lessons_file(folder, side, 0, 1)
        beat_lessons.keep(bar_lessons.describe(chosen), path)


def main(step: str, folder: Path) -> None:
    """Do one step."""
    torch.set_num_threads(1)
    if step == "describe":
        describe(folder)
        return
    recipe = tomllib.loads((folder / "material.toml").read_text(encoding="utf-8"))
    table = recipe["config"]
    config = Config(
        bar_features.NUM_FEATURES,
        table["channels"],
        tuple(table["dilations"]),
        bar_features.NUM_OUTPUTS,
        table["dropout"],
    )
    finding_beats.learn(
        folder, config, recipe, figures, loss, _NAMES,
        source="python -m toolkit.training.finding_bars, with material.toml beside this file",
        on="On composers, tunes and songs that the network did not hear, on tracked beats.",
    )  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
