"""``train``: make a checkpoint by its recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from toolkit.cli.terminal import result, say


def train(
    recipe: Annotated[Path, typer.Argument(help="A recipe.toml, or the folder it lies in.")],
    minutes: Annotated[
        float | None, typer.Option(help="Stop after so long; the next call goes on from there.")
    ] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    prepare_only: Annotated[
        bool, typer.Option("--prepare", help="Fetch and render the music, and train nothing.")
    ] = False,
    export_only: Annotated[
        bool, typer.Option("--export", help="Write the checkpoint from what was reached so far.")
    ] = False,
) -> None:
    """Train a checkpoint on music that is fetched and rendered here; resumes where it stopped.

    The recipe's folder gets the weights, the manifest, the card, the curves and, below training/,
    the log and the state to go on from. A GPU is used with --device cuda; two CPU cores need hours.
    """
    from toolkit.training.export import export
    from toolkit.training.loop import LOG
    from toolkit.training.loop import train as run_training
    from toolkit.training.recipe import read_recipe
    from toolkit.training.sources import read_ledger
    from toolkit.training.tasks import task_of

    plan = read_recipe(recipe / "recipe.toml" if recipe.is_dir() else recipe)
    ledger = read_ledger(plan.folder.parent / "sources.toml")
    task = task_of(plan)
    if not export_only:
        for track in task.prepare(ledger):
            say(f"prepared {track.parent.name}/{track.stem}")
        corpus = task.open_corpus(ledger)
        result(f"{corpus.hours:.1f} hours of music")
        if prepare_only:
            return

        def tell(step: int, steps: int, figures: dict[str, Any]) -> None:
            values = "  ".join(f"{name} {value:.4g}" for name, value in figures.items())
            say(f"step {step}/{steps}  {values}")

        run_training(
            plan,
            task,
            corpus,
            device=device,
            minutes=float("inf") if minutes is None else minutes,
            progress=tell,
        )
        if not (plan.folder / "training" / LOG).is_file():
            result("kept where it stands; there is nothing to export before a first validation")
            return
    result(f"wrote {export(plan, ledger)}")
