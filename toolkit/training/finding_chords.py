"""Train the chord network: ``python -m toolkit.training.finding_chords FOLDER``.

Folder is ``checkpoints/recognize-chords``, whose ``material.toml`` names what is heard. Weights and
manifest are written there; what was validated stands in the manifest.
"""

from __future__ import annotations

import copy
import csv
import itertools
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from toolkit.cache import cache_dir
from toolkit.evaluation import chord_corpora, style_items, works
from toolkit.models.chord_finder import Config, Model
from toolkit.training import chord_charts, chord_lessons, chord_material, weights
from toolkit.training.chord_lessons import UNKNOWN, Sheet
from toolkit.training.chord_material import Lesson

_WEIGHTS = {"chord": 1.0, "bass": 0.3, "key": 0.15, "function": 0.2, "change": 0.3}
_DECAY = 0.01
_VALIDATE_EVERY = 300
_AVERAGE = 0.99
_MOST_NOTES = 2500
_WRONG_SHARE = 0.25

Outputs = Mapping[str, Tensor]
Mask = npt.NDArray[np.bool_]


def left_out() -> frozenset[str]:
    """Return the works that some suite reports on: none of them is heard."""
    items = {item.source for item in style_items.ITEMS}
    return frozenset({*items, *works.HELD_OUT, *works.HELD_OUT_BEATS})


def material(table: dict[str, Any], split: str, folder: Path) -> Iterator[tuple[Lesson, bool]]:
    """Yield lessons, and whether they are heard through the transcriber.

    Parameters
    ----------
    table : dict
        Of a recipe: ``[material]`` or ``[validation]``.
    split : str
        ``train`` or ``validation``, of the charts.
    folder : Path
        The recipe's, beside which the list of chorales lies.
    """
    charts = table["charts"]
    for songs in table["songs"]:
        for number in range(songs["first"], songs["last"] + 1, songs["step"]):
            song = chord_material.song(number)
            yield song, False
            if songs["heard"]:
                yield chord_material.some(song), True
    books = (chord_corpora.corpus(name, split) for name in ("standards", "imaginary"))
    mixed = itertools.chain.from_iterable(zip(*books, strict=False))
    for place, chart in enumerate(itertools.islice(mixed, charts["count"])):
        yield chord_charts.play(chart), False
        if place < charts["heard"]:
            yield chord_material.some(chord_charts.play(chart)), True
    for lesson in _scores(table, folder):
        yield lesson, False
        yield chord_material.some(lesson), True


def _scores(table: dict[str, Any], folder: Path) -> Iterator[Lesson]:
    """Yield analyses, and scores with the chords that the rules find in them."""
    if "chorales" not in table:
        return
    without = left_out()
    yield from chord_material.analyses(without)
    listed = tomllib.loads((folder.parent / "track-beats-notes" / "material.toml").read_text())
    chorales = [each for each in listed["material"]["scores"]["chorales"] if each not in without]
    for work in (*works.DEVELOPMENT, *chorales[: table["chorales"]]):
        if work in without or work.startswith("monteverdi"):
            continue
        scored = chord_material.scored(work)
        if len(scored.notes) <= _MOST_NOTES:
            yield chord_material.ruled(scored)


def sheets(lessons: Iterator[tuple[Lesson, bool]]) -> Iterator[Sheet]:
    """Yield what is learned: each lesson on its true beats, and on such as a tracker may give."""
    for number, (lesson, heard) in enumerate(lessons):
        played = chord_material.heard(lesson) if heard else lesson
        rng = chord_material.rng_of("grid " + lesson.name)
        manners = [("halves", "true")[number % 2]]
        if heard:
            manners += ["tracked", "shifted"]
        elif rng.random() < _WRONG_SHARE:
            manners.append(str(rng.choice(["shifted", "half", "double"])))
        for manner in manners:
            beats, lines = chord_lessons.grid(played, manner, rng)
            if len(beats) > 8 and len(played.notes) > 8:
                yield chord_lessons.sheet(played, beats, lines, heard=heard)


def batch(
    drawn: Sequence[Sheet], length: int, rng: np.random.Generator
) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    """Return an excerpt of each sheet: (descriptions, where there are beats, truths by name)."""
    features = np.zeros((len(drawn), length, 12, drawn[0].features.shape[2]), np.float32)
    mask = np.zeros((len(drawn), length), np.float32)
    allowed = np.ones((len(drawn), length, drawn[0].allowed.shape[1]), bool)
    names = ("bass", "key", "function", "change")
    others = {name: np.full((len(drawn), length), UNKNOWN) for name in names}
    for row, each in enumerate(drawn):
        begin = int(rng.integers(max(len(each.features) - length, 0) + 1))
        count = min(length, len(each.features))
        span = slice(begin, begin + count)
        features[row, :count] = each.features[span]
        mask[row, :count] = 1
        allowed[row, :count] = each.allowed[span]
        for name in names:
            others[name][row, :count] = getattr(each, name)[span]
    truth = {name: torch.from_numpy(value) for name, value in others.items()}
    truth["allowed"] = torch.from_numpy(allowed)
    return torch.from_numpy(features), torch.from_numpy(mask), truth


def log_chords(outputs: Outputs) -> Tensor:
    """Return the log probabilities of the chords, no chord last, shape (batch, beats, 109)."""
    chords = outputs["chord"].flatten(2)
    return torch.log_softmax(torch.cat([chords, outputs["none"]], dim=2), dim=2)


def loss(outputs: Outputs, truth: Mapping[str, Tensor]) -> Tensor:
    """Return the weighted cross entropies, in nats a beat of which the truth is known."""
    told = ~truth["allowed"].all(dim=2)
    right = log_chords(outputs).masked_fill(~truth["allowed"], -torch.inf).logsumexp(dim=2)
    total = -_WEIGHTS["chord"] * right[told].sum() / told.sum().clamp_min(1)
    logits = {
        "bass": outputs["bass"].flatten(2),
        "key": outputs["key"].flatten(2),
        "function": outputs["function"],
    }
    for name, each in logits.items():
        known = truth[name] != UNKNOWN
        entropy = torch.nn.functional.cross_entropy(
            each[known], truth[name][known], reduction="sum"
        )
        total = total + _WEIGHTS[name] * entropy / known.sum().clamp_min(1)
    known = truth["change"] != UNKNOWN
    entropy = torch.nn.functional.binary_cross_entropy_with_logits(
        outputs["change"][..., 0][known], truth["change"][known].float(), reduction="sum"
    )
    return total + _WEIGHTS["change"] * entropy / known.sum().clamp_min(1)


def train(
    lessons: Sequence[Sheet],
    held: Sequence[Sheet],
    config: Config,
    training: dict[str, Any],
    log: Path | None = None,
) -> Model:
    """Return a network that learned from all sheets, the running mean of its weights.

    Parameters
    ----------
    lessons, held : sequence of Sheet
        To learn from, and to validate with.
    config : Config
        The network's shape.
    training : dict
        ``steps``, ``batch``, ``beats`` of an excerpt, ``learning_rate``, ``seed`` and ``shares``.
    log : Path, optional
        Where validations are written as they come, with the weights of the last one beside it.
    """
    torch.manual_seed(training["seed"])
    rng = np.random.default_rng(training["seed"])
    model = Model(config)
    mean = copy.deepcopy(model)
    groups = [[each for each in lessons if each.group == kind] for kind in training["shares"]]
    shares = np.array(
        [
            share * bool(group)
            for share, group in zip(training["shares"].values(), groups, strict=True)
        ]
    )
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, training["learning_rate"], training["steps"]
    )
    rows = []
    for step in range(1, training["steps"] + 1):
        model.train()
        kinds = rng.choice(len(groups), training["batch"], p=shares / shares.sum())
        drawn = [groups[kind][int(rng.integers(len(groups[kind])))] for kind in kinds]
        described, mask, truth = batch(drawn, training["beats"], rng)
        optimizer.zero_grad()
        value = loss(model(described, mask), truth)
        value.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        _follow(mean, model)
        if log is not None and (step % _VALIDATE_EVERY == 0 or step == training["steps"]):
            loss_now = round(float(value.detach()), 4)
            rows.append({"step": step, "loss": loss_now} | figures(mean, held))
            _write(log, rows)
            log.with_name(weights.FILE).write_bytes(weights.encode(mean.state_dict()))
    return mean.eval()


def _follow(mean: Model, model: Model) -> None:
    """Move a running mean of weights towards the weights."""
    with torch.no_grad():
        for kept, new in zip(mean.parameters(), model.parameters(), strict=True):
            kept.lerp_(new, 1 - _AVERAGE)


def figures(model: Model, held: Sequence[Sheet]) -> dict[str, float]:
    """Return by group the share of beats whose chord, root, function and key are right."""
    model.eval()
    sums: dict[str, list[float]] = {}
    for each in held:
        outputs = _said(model, each)
        chord = outputs["chord"].reshape(len(each.features), -1)
        every = np.concatenate([chord, outputs["none"]], axis=1)
        told = np.logical_not(each.allowed.all(axis=1))
        best = every.argmax(axis=1)
        right = np.take_along_axis(each.allowed, best[:, None], axis=1)[:, 0]
        per_root: Mask = each.allowed[:, :-1].reshape(len(best), 12, -1).max(axis=2)
        roots = np.minimum(best // (chord.shape[1] // 12), 11)
        root = np.where(
            best == each.allowed.shape[1] - 1,
            each.allowed[:, -1],
            np.take_along_axis(per_root, roots[:, None], axis=1)[:, 0],
        )
        rows: dict[str, tuple[Mask, Mask]] = {"chord": (right, told), "root": (root, told)}
        for name in ("function", "key"):
            truth = getattr(each, name)
            said = outputs[name].reshape(len(best), -1).argmax(axis=1)
            rows[name] = (said == truth, truth != UNKNOWN)
        for name, (hit, counts) in rows.items():
            if np.any(counts):
                group = each.group.replace(" ", "_")
                sums.setdefault(f"{name}_{group}", []).append(float(np.mean(hit, where=counts)))
    return {name: round(float(np.mean(values)), 4) for name, values in sums.items()}


def _said(model: Model, each: Sheet) -> dict[str, npt.NDArray[np.float32]]:
    with torch.no_grad():
        described = torch.from_numpy(each.features.astype(np.float32))[None]
        outputs = model(described, torch.ones(1, len(each.features)))
    return {name: value[0].numpy() for name, value in outputs.items()}


def _write(path: Path, rows: Sequence[dict[str, float]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)


def export(model: Model, config: Config, recipe: dict[str, Any], measured: dict[str, float],
           folder: Path) -> None:  # fmt: skip
    """Write weights as 16-bit floats, and the manifest."""
    weights.write(
        folder, model.state_dict(), recipe, asdict(config), measured,
        source="python -m toolkit.training.finding_chords, with material.toml beside this file",
        on="On songs and charts that the network did not hear, beat by beat.",
    )  # fmt: skip


def main(folder: Path) -> None:
    """Train the network of a recipe's folder, and write its weights there."""
    torch.set_num_threads(1)
    recipe = tomllib.loads((folder / "material.toml").read_text(encoding="utf-8"))
    held = list(sheets(material(recipe["validation"], "validation", folder)))
    lessons = list(sheets(material(recipe["material"], "train", folder)))
    table = recipe["config"]
    config = Config(channels=table["channels"], dilations=tuple(table["dilations"]))
    log = cache_dir() / "training" / folder.name / "log.csv"
    model = train(lessons, held, config, recipe["training"], log)
    export(model, config, recipe, figures(model.half().float(), held), folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
