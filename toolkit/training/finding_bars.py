"""Train the bar network: ``python -m toolkit.training.finding_bars STEP FOLDER``.

Folder is ``checkpoints/find-bars``, whose ``material.toml`` names what is heard: the performances
that the beat network hears, and more takes of them. Steps, in this order: ``describe``, which keeps
what is heard in the cache folder; ``train``. `toolkit.training.fitting_paths` fits how far the
network is believed.
"""

from __future__ import annotations

import json
import sys
import tomllib
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from toolkit.models.beat_finder import Config, Model
from toolkit.style.listening import bar_features
from toolkit.training import bar_lessons, beat_lessons, finding_beats, weights
from toolkit.training.beat_lessons import Lessons
from toolkit.training.beat_material import GROUPS, material

_WEIGHTS = {"downbeat": 1.0, "length": 0.3}


def loss(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return the weighted cross entropies of all that is said, in nats a beat.

    What only fills up shorter excerpts has targets of 0 and is not asked about.
    """
    asked = targets[..., bar_lessons.COUNTS]
    downbeat = functional.binary_cross_entropy_with_logits(
        outputs[..., bar_features.DOWNBEAT], targets[..., bar_lessons.DOWNBEAT], reduction="none"
    )
    length = functional.cross_entropy(
        outputs[..., bar_features.LENGTH].movedim(-1, 1),
        torch.where(asked > 0, targets[..., bar_lessons.LENGTH], -1.0).long(),
        ignore_index=-1,
        reduction="none",
    )
    return _WEIGHTS["downbeat"] * _mean(downbeat, asked) + _WEIGHTS["length"] * _mean(length, asked)


def _mean(values: torch.Tensor, counts: torch.Tensor) -> torch.Tensor:
    return (values * counts).sum() / counts.sum().clamp_min(1)


def figures(model: Model, lessons: Lessons) -> dict[str, float]:
    """Return of each group the F-measure of downbeats, beat by beat."""
    hits = np.zeros((len(GROUPS), 3))
    for number, group in enumerate(lessons.groups):
        span = lessons.span(number)
        targets = lessons.targets[span]
        # On beats of another level nothing is measured.
        if targets[:, bar_lessons.LENGTH].max() >= 0:
            heard = finding_beats.said(model, lessons.features[span].astype(np.float32))
            found = heard[:, bar_features.DOWNBEAT] > 0
            wanted = targets[:, bar_lessons.DOWNBEAT] > 0.5
            hits[group] += [(found & wanted).sum(), found.sum(), wanted.sum()]
    shares = 2 * hits[:, 0] / np.maximum(hits[:, 1] + hits[:, 2], 1)
    return {
        f"downbeat_{group}": round(float(share), 4)
        for group, share, counted in zip(GROUPS, shares, hits.sum(axis=1), strict=True)
        if counted
    }


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
    heard, unheard = (beat_lessons.read(finding_beats.kept(folder, side)) for side in (False, True))
    log = folder / "training" / "log.jsonl"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("", encoding="utf-8")

    def look(model: Model, line: dict[str, float]) -> None:
        measured = figures(model, unheard)
        with log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line | measured) + "\n")
        weights.write(
            folder, model.state_dict(), recipe, asdict(config), measured,
            source="python -m toolkit.training.finding_bars, with material.toml beside this file",
            on="On composers, tunes and songs that the network did not hear, on tracked beats.",
        )  # fmt: skip

    finding_beats.train(heard, config, recipe["training"], look, loss)
    finding_beats.draw(log, ("downbeat",))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
