"""Make a checkpoint of what training has reached: weights, manifest, card, curves."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import torch

from toolkit.errors import ToolkitError
from toolkit.training import weights
from toolkit.training.loop import LOG, STATE
from toolkit.training.recipe import Recipe
from toolkit.training.sources import Ledger

_CLOCK = frozenset(("minutes", "hours"))


def export(recipe: Recipe, ledger: Ledger) -> Path:
    """Write weights in half precision, manifest, card and curves; return the weight file.

    Raises
    ------
    ToolkitError
        If nothing has been trained yet.
    """
    state_file = recipe.folder / "training" / STATE
    if not state_file.is_file():
        raise ToolkitError(
            f"{recipe.name} has no training to export", f"train it: tonearm train {recipe.folder}"
        )
    state = torch.load(state_file, map_location="cpu", weights_only=True)
    rows = _log(recipe)
    facts = {
        "name": recipe.name, "task": recipe.task, "class": recipe.kind, "arch": recipe.arch,
        "sample_rate": recipe.sample_rate,
    }  # fmt: skip
    path = weights.write(
        recipe.folder, state["average"], facts, recipe.config, _figures(rows[-1]),
        source="tonearm train, with recipe.toml beside this file",
        on="The last validation of the training, on items that it did not hear.",
    )  # fmt: skip
    _draw(rows, recipe.folder / "curves.png")
    text = card(recipe, ledger, rows, sum(value.numel() for value in state["average"].values()))
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
        return [*ledger.performances["midi"], scores, *ledger.performances["font"]]
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


def _figures(row: dict[str, str]) -> dict[str, float]:
    """Return what a line of the log measured, the step as a whole number."""
    measured = {name: float(value) for name, value in row.items() if name not in _CLOCK}
    return measured | {"step": int(row["step"])}


def _draw(rows: list[dict[str, str]], path: Path) -> None:
    """Draw every column of the log over the steps of training."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names = [name for name in rows[0] if name not in {"step", *_CLOCK}]
    figure = Figure(figsize=(3.2 * len(names), 2.6), layout="constrained")
    FigureCanvasAgg(figure)
    for axis, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        axis.plot([float(row["step"]) for row in rows], [float(row[name]) for row in rows])
        axis.set_title(name, fontsize=9)
        axis.set_xlabel("steps", fontsize=8)
        axis.grid(alpha=0.3)
    figure.savefig(path, dpi=90)
