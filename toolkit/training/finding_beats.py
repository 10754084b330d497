"""Train the beat network: ``python -m toolkit.training.finding_beats STEP FOLDER``.

Folder is ``checkpoints/track-beats-notes``, whose ``material.toml`` names what is heard. Steps, in
this order: ``describe``, which keeps what is heard in the cache folder (``describe FOLDER 0 2`` and
``1 2`` share the work); ``train``. What the network says of the composers, tunes and songs that are
kept back for development tells how well it does; `toolkit.training.fitting_beats` fits the choice
among beats to them.
"""

from __future__ import annotations

import json
import sys
import time
import tomllib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from toolkit.cache import cache_dir
from toolkit.models.beat_finder import Config, Model
from toolkit.style.listening.attack_features import (
    LENGTH,
    NUM_FEATURES,
    PERIOD,
    PERIODS,
    PHASE,
)
from toolkit.training import beat_lessons, weights
from toolkit.training.beat_lessons import Lessons
from toolkit.training.beat_material import GROUPS, material
from toolkit.training.precision import autocast

Table = npt.NDArray[np.float32]

_PERIOD_SPREAD = 0.05
_WEIGHTS = {"beat": 1.0, "downbeat": 0.6, "period": 0.25, "length": 0.25, "phase": 0.3}
_DECAY = 0.02
_WARM_SHARE = 0.08


Look = Callable[[Model, dict[str, float]], None]
Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
Counted = Callable[[Table], npt.NDArray[np.bool_]]

NAMES = ("beat", "downbeat")
"""Of the first outputs, which are measured."""


def train(
    lessons: Lessons,
    config: Config,
    recipe: dict[str, Any],
    look: Look | None = None,
    value_of: Loss | None = None,
) -> Model:
    """Return a network that learned from all lessons.

    Parameters
    ----------
    lessons : Lessons
        Of each group that ``shares`` names, one at least.
    config : Config
        The network's shape.
    recipe : dict
        ``steps``, ``batch``, ``excerpt`` of so many attacks or beats, ``learning_rate``, ``seed``,
        ``every`` so many steps it is looked at, and ``shares`` of `GROUPS`.
    look : callable, optional
        Gets the network and how far it is each time it is looked at.
    value_of : callable, optional
        Returns the loss of outputs and targets; `loss` by default.
    """
    value_of = value_of or loss
    torch.manual_seed(recipe["seed"])
    rng = np.random.default_rng(recipe["seed"])
    model = Model(config)
    some = lessons.features[rng.integers(len(lessons.features), size=100_000)].astype(np.float32)
    model.mean.data = torch.from_numpy(some.mean(axis=0))
    model.scale.data = torch.from_numpy(1 / (some.std(axis=0) + 1e-2))
    members = [np.flatnonzero(lessons.groups == GROUPS.index(group)) for group in recipe["shares"]]
    shares = np.array(list(recipe["shares"].values()))
    learned = [each for each in model.parameters() if each.requires_grad]
    optimizer = torch.optim.AdamW(learned, weight_decay=_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, recipe["learning_rate"], recipe["steps"], pct_start=_WARM_SHARE
    )
    begun, total = time.monotonic(), 0.0
    for step in range(1, recipe["steps"] + 1):
        kinds = rng.choice(len(shares), recipe["batch"], p=shares / shares.sum())
        drawn = [int(rng.choice(members[kind])) for kind in kinds]
        features, targets, mask = batch(lessons, drawn, recipe["excerpt"], rng)
        model.train()
        optimizer.zero_grad()
        with autocast(torch.device("cpu")):
            outputs = model(features, mask)
        value = value_of(outputs.float(), targets)
        value.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(learned, 1.0)
        optimizer.step()
        schedule.step()
        total += value.item()
        if look and step % recipe["every"] == 0:
            seconds = round(time.monotonic() - begun)
            look(
                model.eval(),
                {"step": step, "seconds": seconds, "loss": round(total / recipe["every"], 4)},
            )
            total = 0.0
    return model.eval()


def batch(
    lessons: Lessons, drawn: list[int], length: int, rng: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return an excerpt of each lesson: (features, targets, where there are attacks)."""
    features = np.zeros((len(drawn), length, lessons.features.shape[1]), np.float32)
    targets = np.zeros((len(drawn), length, lessons.targets.shape[1]), np.float32)
    mask = np.zeros((len(drawn), length, 1), np.float32)
    for row, number in enumerate(drawn):
        span = lessons.span(number)
        begin = span.start + int(rng.integers(max(span.stop - span.start - length, 0) + 1))
        end = min(begin + length, span.stop)
        features[row, : end - begin] = lessons.features[begin:end]
        targets[row, : end - begin] = lessons.targets[begin:end]
        mask[row, : end - begin] = 1
    return torch.from_numpy(features), torch.from_numpy(targets), torch.from_numpy(mask)


def loss(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return the weighted cross entropies of all that is said, in nats an attack."""
    counts = targets[..., beat_lessons.COUNTS]
    two = functional.binary_cross_entropy_with_logits(
        outputs[..., :2], targets[..., : beat_lessons.DOWNBEAT + 1], reduction="none"
    )
    centers = torch.log(torch.from_numpy(PERIODS).float())
    wanted = targets[..., beat_lessons.LOG_PERIOD].clamp(centers[0], centers[-1])
    odds = torch.exp(-0.5 * ((wanted[..., None] - centers) / _PERIOD_SPREAD) ** 2) + 1e-6
    odds = odds / odds.sum(dim=-1, keepdim=True)
    parts = {
        "beat": two[..., 0],
        "downbeat": two[..., 1],
        "period": -(odds * torch.log_softmax(outputs[..., PERIOD], dim=-1)).sum(dim=-1),
        "length": one_of(outputs[..., LENGTH], targets[..., beat_lessons.LENGTH]),
        "phase": one_of(outputs[..., PHASE], targets[..., beat_lessons.PHASE]),
    }
    each = torch.stack([_WEIGHTS[name] * part for name, part in parts.items()]).sum(dim=0)
    return mean(each, counts)


def mean(values: torch.Tensor, counts: torch.Tensor) -> torch.Tensor:
    """Return the mean of what counts, 0 if nothing does."""
    return (values * counts).sum() / counts.sum().clamp_min(1)


def one_of(logits: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Return the cross entropies of classes, 0 where the class is -1."""
    return functional.cross_entropy(
        logits.movedim(-1, 1), wanted.long(), ignore_index=-1, reduction="none"
    )


def said(model: Model, features: Table) -> Table:
    """Return what a network says of a performance, shape (attacks, NUM_OUTPUTS)."""
    with torch.no_grad():
        mask = torch.ones(1, len(features), 1)
        outputs = model(torch.from_numpy(features)[None], mask)[0]
    return np.asarray(outputs.numpy())


def figures(
    model: Model,
    lessons: Lessons,
    names: tuple[str, ...] = NAMES,
    counted: Counted = lambda targets: targets[:, beat_lessons.COUNTS] > 0.5,
) -> dict[str, float]:
    """Return of each group the F-measures of the first outputs, step by step.

    Parameters
    ----------
    model : Model
        The network.
    lessons : Lessons
        Such as it did not learn from.
    names : tuple of str
        Of the outputs, which are log odds, and of the columns of targets that are like them.
    counted : callable
        Returns which steps count, by the targets of a performance.
    """
    count = len(names)
    hits = np.zeros((len(GROUPS), count, 3))
    for number, group in enumerate(lessons.groups):
        span = lessons.span(number)
        counts = counted(lessons.targets[span])
        if counts.any():
            heard = said(model, lessons.features[span].astype(np.float32))[counts, :count] > 0
            wanted = lessons.targets[span][counts, :count] > 0.5
            right = (heard & wanted).sum(axis=0)
            hits[group] += np.stack([right, heard.sum(axis=0), wanted.sum(axis=0)], axis=1)
    shares = 2 * hits[..., 0] / np.maximum(hits[..., 1] + hits[..., 2], 1)
    return {
        f"{name}_{group}": round(float(shares[row, column]), 4)
        for row, group in enumerate(GROUPS)
        for column, name in enumerate(names)
        if hits[row].any()
    }


def describe(folder: Path, shard: int, shards: int) -> None:
    """Keep what is heard, and what is not, in the cache folder."""
    for side in (True, False):
        pieces = material(folder / "material.toml", development=side)
        path = lessons_file(folder, side, shard, shards)
        beat_lessons.keep(beat_lessons.describe(pieces[shard::shards]), path)


def lessons_file(folder: Path, development: bool, shard: int, shards: int) -> Path:
    """Return where one part of what is heard is kept."""
    name = f"{'development' if development else 'heard'}-{shard}-of-{shards}.npz"
    path = cache_dir() / "training" / folder.name / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def kept(folder: Path, development: bool) -> list[Path]:
    """Return the parts that there are of what is heard, or is not."""
    name = lessons_file(folder, development, 0, 1).name.split("-")[0]
    return sorted((cache_dir() / "training" / folder.name).glob(f"{name}-*-of-*.npz"))


def main(step: str, folder: Path, shard: int = 0, shards: int = 1) -> None:
    """Do one step."""
    torch.set_num_threads(1)
    if step == "describe":
        describe(folder, shard, shards)
        return
    recipe = tomllib.loads((folder / "material.toml").read_text(encoding="utf-8"))
    table = recipe["config"]
    config = Config(NUM_FEATURES, table["channels"], tuple(table["dilations"]))
    learn(
        folder, config, recipe, figures,
        source="python -m toolkit.training.finding_beats, with material.toml beside this file",
        on="On composers, tunes and songs that the network did not hear.",
    )  # fmt: skip


def learn(
    folder: Path,
    config: Config,
    recipe: dict[str, Any],
    measure: Callable[[Model, Lessons], dict[str, float]],
    value_of: Loss | None = None,
    names: tuple[str, ...] = NAMES,
    *,
    source: str,
    on: str,
) -> None:
    """Train on the lessons that are kept; write weights, manifest and log, and last a curve.

    Parameters
    ----------
    folder : Path
        Of the checkpoint.
    config : Config
        The network's shape.
    recipe : dict
        Of ``material.toml``.
    measure : callable
        Returns figures of what is not heard.
    value_of : callable, optional
        As `train` takes it.
    names : tuple of str
        As `draw` takes them.
    source, on : str
        As `toolkit.training.weights.write` takes them.
    """
    heard, unheard = (beat_lessons.read(kept(folder, side)) for side in (False, True))
    log = folder / "training" / "log.jsonl"
    log.parent.mkdir(exist_ok=True)
    log.write_text("", encoding="utf-8")

    def look(model: Model, line: dict[str, float]) -> None:
        measured = measure(model, unheard)
        with log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line | measured) + "\n")
        state = model.state_dict()
        weights.write(folder, state, recipe, asdict(config), measured, source=source, on=on)

    train(heard, config, recipe["training"], look, value_of)
    draw(log, names)


def draw(log: Path, names: tuple[str, ...] = NAMES) -> None:
    """Draw the log's figures of what is not heard over the steps, as ``curve.png`` beside it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    steps = [row["step"] for row in rows]
    figure = Figure(figsize=(3.2 + 3.2 * len(names), 3.0), layout="constrained")
    FigureCanvasAgg(figure)
    loss_axis, *axes = figure.subplots(1, 1 + len(names))
    loss_axis.plot(steps, [row["loss"] for row in rows])
    loss_axis.set_title("loss of what is heard", fontsize=9)
    for axis, name in zip(axes, names, strict=True):
        for group in GROUPS:
            if f"{name}_{group}" in rows[0]:
                axis.plot(steps, [row[f"{name}_{group}"] for row in rows], label=group)
        axis.set_title(f"{name}, one by one, not heard", fontsize=9)
        axis.legend(fontsize=7)
    for axis in (loss_axis, *axes):
        axis.set_xlabel("steps", fontsize=8)
        axis.grid(alpha=0.3)
    figure.savefig(log.with_name("curve.png"), dpi=90)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *map(int, sys.argv[3:]))
