"""Train the beat networks: ``python -m toolkit.training.finding_beats FOLDER FOLD``.

Folder is ``checkpoints/track-beats-notes``, whose ``material.toml`` names what is heard; fold is 0,
then 1. Two networks are trained, each on half of the composers, and the mean of what both say is
used. What either says of the half that it did not hear is kept in the cache folder: to that
`toolkit.training.fitting_beats` fits the choice among beats.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load, save

from toolkit.cache import cache_dir
from toolkit.models.beat_finder import Config, Network
from toolkit.style.listening import attack_features, attacks
from toolkit.style.listening.attack_features import NUM_OUTPUTS, PERIODS
from toolkit.training.beat_material import FOLDS, Piece, material

Table = npt.NDArray[np.float32]

_NEAR_SECONDS, _NEAR_BEATS = 0.05, 0.12
_PERIOD_SPREAD = 0.05
_WEIGHTS = (1.0, 0.5, 0.25)  # of beats, downbeats, periods in the loss
_DECAY = 0.02


@dataclass(frozen=True, eq=False)
class Lesson:
    """Hold what the network reads of a performance and what it is to say.

    Parameters
    ----------
    piece : Piece
        What is played.
    times : np.ndarray, shape (attacks,)
        In seconds.
    features : np.ndarray, shape (attacks, features)
        As `toolkit.style.listening.attack_features` describes them.
    targets : np.ndarray, shape (attacks, NUM_OUTPUTS + 1)
        Whether it lies on a beat, on a downbeat, how probable each period is, whether it counts.
    """

    piece: Piece
    times: npt.NDArray[np.float64]
    features: Table
    targets: Table


def lesson(piece: Piece) -> Lesson:
    """Return what is learned from a performance."""
    played = piece.play()
    labels, times = attacks.gather(np.array([note.onset for note in played.notes]))
    features = attack_features.describe(played.notes, labels, times)
    periods = np.gradient(played.beats)
    nearest = np.abs(times[:, None] - played.beats).argmin(axis=1)
    away = np.abs(times - played.beats[nearest])
    near = np.minimum(_NEAR_SECONDS, _NEAR_BEATS * periods[nearest])
    centers = np.log(PERIODS)
    wanted = np.log(periods[nearest]).clip(centers[0], centers[-1])
    odds = np.exp(-0.5 * ((wanted[:, None] - centers) / _PERIOD_SPREAD) ** 2) + 1e-6
    first = np.append(played.downbeats, np.inf)
    down = np.abs(times[:, None] - first).min(axis=1) < _NEAR_SECONDS
    counts = (times > played.beats[0] - 0.1) & (times < played.beats[-1] + 0.1)
    columns = (away < near, down, odds / odds.sum(axis=1, keepdims=True), counts)
    return Lesson(piece, times, features, np.column_stack(columns).astype(np.float32))


def train(lessons: Sequence[Lesson], config: Config, training: dict[str, Any]) -> Network:
    """Return a network that learned from all lessons.

    Parameters
    ----------
    lessons : sequence of Lesson
        Of each kind that ``shares`` names, one at least.
    config : Config
        The network's shape.
    training : dict
        ``steps``, ``batch``, ``attacks`` of an excerpt, ``learning_rate``, ``seed`` and ``shares``.
    """
    torch.manual_seed(training["seed"])
    rng = np.random.default_rng(training["seed"])
    model = Network(config)
    heard = np.concatenate([each.features for each in lessons])
    model.mean.data = torch.from_numpy(heard.mean(axis=0))
    model.scale.data = torch.from_numpy(1 / (heard.std(axis=0) + 1e-3))
    shares = np.array(list(training["shares"].values()))
    groups = [[each for each in lessons if each.piece.group == kind] for kind in training["shares"]]
    learned = [each for each in model.parameters() if each.requires_grad]
    optimizer = torch.optim.AdamW(learned, weight_decay=_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, training["learning_rate"], training["steps"]
    )
    model.train()
    for _ in range(training["steps"]):
        kinds = rng.choice(len(groups), training["batch"], p=shares / shares.sum())
        drawn = [groups[kind][int(rng.integers(len(groups[kind])))] for kind in kinds]
        features, targets, mask = _batch(drawn, training["attacks"], rng)
        optimizer.zero_grad()
        loss(model(features, mask), targets).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
    return model.eval()


def _batch(
    drawn: Sequence[Lesson], length: int, rng: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return an excerpt of each lesson: (features, targets, where there are attacks)."""
    features = np.zeros((len(drawn), drawn[0].features.shape[1], length), np.float32)
    targets = np.zeros((len(drawn), NUM_OUTPUTS + 1, length), np.float32)
    mask = np.zeros((len(drawn), 1, length), np.float32)
    for row, each in enumerate(drawn):
        begin = int(rng.integers(max(len(each.times) - length, 0) + 1))
        count = min(length, len(each.times))
        features[row, :, :count] = each.features[begin : begin + length].T
        targets[row, :, :count] = each.targets[begin : begin + length].T
        mask[row, :, :count] = 1
    return torch.from_numpy(features), torch.from_numpy(targets), torch.from_numpy(mask)


def loss(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return the weighted cross entropies of beats, downbeats and periods, in nats an attack."""
    counts = targets[:, -1]
    two = torch.nn.functional.binary_cross_entropy_with_logits(
        outputs[:, :2], targets[:, :2], reduction="none"
    )
    period = -(targets[:, 2:-1] * torch.log_softmax(outputs[:, 2:], dim=1)).sum(dim=1)
    each = _WEIGHTS[0] * two[:, 0] + _WEIGHTS[1] * two[:, 1] + _WEIGHTS[2] * period
    return (each * counts).sum() / counts.sum().clamp_min(1)


def said(model: Network, one: Lesson) -> Table:
    """Return what a network says of a performance, shape (attacks, NUM_OUTPUTS)."""
    with torch.no_grad():
        mask = torch.ones(1, 1, len(one.times))
        outputs = model(torch.from_numpy(one.features.T.copy())[None], mask)[0]
    return np.asarray(outputs.numpy().T)


def figures(lessons: Sequence[Lesson], heard: Sequence[Table]) -> dict[str, float]:
    """Return the share of attacks of which it is rightly said whether they lie on a beat."""
    found = {}
    for group in sorted({each.piece.group for each in lessons}):
        right = [
            float(((outputs[:, 0] > 0) == (one.targets[:, 0] > 0.5)).mean())
            for one, outputs in zip(lessons, heard, strict=True)
            if one.piece.group == group
        ]
        found[f"accuracy_{group}"] = round(float(np.mean(right)), 4)
    return found


def main(folder: Path, fold: int) -> None:
    """Train the network of one fold, and write its weights into the recipe's folder."""
    torch.set_num_threads(1)
    recipe = tomllib.loads((folder / "material.toml").read_text(encoding="utf-8"))
    lessons = [lesson(piece) for piece in material(folder / "material.toml")]
    table = recipe["config"]
    config = Config(
        attack_features.NUM_FEATURES, table["channels"], tuple(table["dilations"]), FOLDS
    )
    model = train([e for e in lessons if e.piece.fold != fold], config, recipe["training"])
    unheard = {
        str(number): said(model, each)
        for number, each in enumerate(lessons)
        if each.piece.fold == fold
    }
    np.savez(unheard_file(folder, fold), **unheard)  # type: ignore[arg-type]
    weights = {key: value.half().contiguous() for key, value in model.state_dict().items()}
    part_file(folder, fold).write_bytes(save(weights))
    measured = figures([lessons[int(number)] for number in unheard], list(unheard.values()))
    if part_file(folder, 1 - fold).is_file():
        export(config, recipe, measured, folder)


def unheard_file(folder: Path, fold: int) -> Path:
    """Return where the outputs are kept of a network on performances that it did not hear."""
    path = cache_dir() / "training" / folder.name / f"unheard-{fold}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def part_file(folder: Path, fold: int) -> Path:
    """Return where the weights of one fold's network are kept."""
    return unheard_file(folder, fold).with_name(f"weights-{fold}.safetensors")


def export(
    config: Config, recipe: dict[str, Any], measured: dict[str, float], folder: Path
) -> None:
    """Write the weights of all folds' networks as one file, and the manifest."""
    weights: dict[str, torch.Tensor] = {}
    for fold in range(FOLDS):
        part = load(part_file(folder, fold).read_bytes())
        weights |= {f"{fold}.{key}": value for key, value in part.items()}
    data = save(weights)
    (folder / "weights.safetensors").write_bytes(data)
    facts = {key: recipe[key] for key in ("name", "task", "class", "arch", "sample_rate")} | {
        "file": "weights.safetensors",
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "licence": "MIT",
        "source": "python -m toolkit.training.finding_beats, with material.toml beside this file",
    }
    lines = [f"{key} = {json.dumps(value)}" for key, value in facts.items()]
    lines += ["", "[config]"]
    lines += [f"{key} = {json.dumps(value)}" for key, value in asdict(config).items()]
    lines += ["", "# On composers and tunes that the network did not hear.", "[metrics]"]
    lines += [f"{key} = {json.dumps(value)}" for key, value in measured.items()]
    (folder / "manifest.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
