"""Make a checkpoint of what training has reached: weights, manifest, card, curves."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path
from typing import Any

import torch

from toolkit.errors import ToolkitError
from toolkit.training.loop import LOG, STATE
from toolkit.training.recipe import Recipe
from toolkit.training.sources import Ledger

WEIGHTS = "weights.safetensors"


def export(recipe: Recipe, ledger: Ledger) -> Path:
    """Write weights in half precision, manifest, card and curves; return the weight file.

    Raises
    ------
    ToolkitError
        If nothing has been trained yet.
    """
    from safetensors.torch import save

    state_file = recipe.folder / "training" / STATE
    if not state_file.is_file():
        raise ToolkitError(
            f"{recipe.name} has no training to export", f"train it: tonearm train {recipe.folder}"
        )
    state = torch.load(state_file, map_location="cpu", weights_only=True)
    weights = {
        key: value.half() if value.is_floating_point() else value
        for key, value in state["average"].items()
    }
    data = save({key: value.contiguous() for key, value in weights.items()})
    path = recipe.folder / WEIGHTS
    path.write_bytes(data)
    rows = _log(recipe)
    (recipe.folder / "manifest.toml").write_text(_manifest(recipe, data, rows), encoding="utf-8")
    _draw(rows, recipe.folder / "curves.png")
    text = card(recipe, ledger, rows, sum(value.numel() for value in weights.values()))
    (recipe.folder / "CARD.md").write_text(text, encoding="utf-8")
    return path


def card(recipe: Recipe, ledger: Ledger, rows: list[dict[str, str]], parameters: int) -> str:
    """Return the model card as Markdown."""
    last = rows[-1]
    figures = ", ".join(
        f"{name} {value}" for name, value in last.items() if name not in {"step", "minutes"}
    )
    return "\n".join(
        [
            f"# {recipe.name}",
            "",
            recipe.card["summary"].strip(),
            "",
            "| | |",
            "| --- | --- |",
            f"| task, class | {recipe.task}, {recipe.kind} |",
            f"| architecture | `toolkit/models/{recipe.arch}.py`, {recipe.config} |",
            f"| parameters | {parameters:,}, kept as 16-bit floats |",
            *([f"| sample rate | {recipe.sample_rate} Hz |"] if _hears(recipe) else []),
            f"| trained | {last['step']} steps of {recipe.batch} × {_lesson(recipe, last)} in "
            f"{float(last['minutes']):.0f} minutes on {recipe.card['hardware']} |",
            f"| at its end | {figures} |",
            "",
            "![curves](curves.png)",
            "",
            "## Limits",
            "",
            recipe.card["limits"].strip(),
            "",
            "## Measured",
            "",
            recipe.card["measured"].strip(),
            "",
            "## What it was trained on",
            "",
            *_sources(recipe, ledger),
            "",
            "None of it is part of this repository; `tonearm train` fetches packages again, says "
            "where to unpack what is none. No work that "
            "`toolkit/evaluation/music.py` holds out is in it, nor the SoundFont that plays them.",
            "",
        ]
    )


def _hears(recipe: Recipe) -> bool:
    """Return whether a network hears audio; others read notes or chords and have no rate."""
    return recipe.sample_rate > 1


def _lesson(recipe: Recipe, last: dict[str, str]) -> str:
    """Return how long an example is, and how much was heard in all where that is audio."""
    if not _hears(recipe):
        return f"{recipe.seconds:g} {recipe.card['unit']}"
    return f"{recipe.seconds:g} s ({float(last['hours']):.1f} h of audio heard)"


def _sources(recipe: Recipe, ledger: Ledger) -> list[str]:
    rows = [
        f"| {source['name']} | `{source['package']}` | {source['licence']} | {source['credit']} |"
        for source in _heard(recipe, ledger)
    ]
    return ["| source | package | licence | credit |", "| --- | --- | --- | --- |", *rows]


def _heard(recipe: Recipe, ledger: Ledger) -> list[dict[str, Any]]:
    """Return what the ledger lists for a task."""
    scores = {**ledger.scores, "name": "scores"}
    scores["credit"] = ", ".join(ledger.scores["composers"])
    if recipe.task == "transcribe":
        return [*ledger.performances["midi"], *ledger.performances["font"]]
    if recipe.task == "separate":
        player = {**ledger.bands["player"], "name": "grooves"}
        songs = {**ledger.bands["songbook"], "name": "songbook"}
        return [player, songs, scores, *ledger.bands["font"]]
    if recipe.task == "choose-patterns":
        player = {**ledger.bands["player"], "name": "grooves"}
        return [player, {**ledger.bands["songbook"], "name": "songbook"}]
    if recipe.task == "tag-voices":
        return list(ledger.voices)
    if recipe.task in ("embellish", "perform"):
        return list(ledger.solos)
    if recipe.task == "model-chords":
        corpus = recipe.task_options["corpus"]
        return [each for each in ledger.charts if each["corpus"] == corpus]
    return [*ledger.music, *ledger.midi, *ledger.soundfonts, scores]


def _log(recipe: Recipe) -> list[dict[str, str]]:
    path = recipe.folder / "training" / LOG
    if not path.is_file():
        raise ToolkitError(
            f"{recipe.name} was never validated", "train it further; the log says how it did"
        )
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _manifest(recipe: Recipe, data: bytes, rows: list[dict[str, str]]) -> str:
    config = "\n".join(f"{key} = {_toml(value)}" for key, value in recipe.config.items())
    last = rows[-1]
    metrics = "\n".join(
        f"{name} = {value}" for name, value in last.items() if name not in {"minutes", "hours"}
    )
    return "\n".join(
        [
            f'name = "{recipe.name}"',
            f'task = "{recipe.task}"',
            f'class = "{recipe.kind}"',
            f'arch = "{recipe.arch}"',
            f"sample_rate = {recipe.sample_rate}",
            f'file = "{WEIGHTS}"',
            f"bytes = {len(data)}",
            f'sha256 = "{hashlib.sha256(data).hexdigest()}"',
            'licence = "MIT"',
            'source = "tonearm train, with recipe.toml beside this file"',
            "",
            "[config]",
            config,
            "",
            "# The last validation of the training, on items that it did not hear.",
            "[metrics]",
            metrics,
            "",
        ]
    )


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_toml(each) for each in value)}]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _draw(rows: list[dict[str, str]], path: Path) -> None:
    """Draw every column of the log over the steps of training."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names = [name for name in rows[0] if name not in {"step", "minutes", "hours"}]
    figure = Figure(figsize=(3.2 * len(names), 2.6), layout="constrained")
    FigureCanvasAgg(figure)
    for axis, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        axis.plot([float(row["step"]) for row in rows], [float(row[name]) for row in rows])
        axis.set_title(name, fontsize=9)
        axis.set_xlabel("steps", fontsize=8)
        axis.grid(alpha=0.3)
    figure.savefig(path, dpi=90)
