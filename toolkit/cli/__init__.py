"""The command line; heavy imports happen inside commands."""

from __future__ import annotations

import os
from typing import Annotated

import typer

import toolkit
from toolkit.cli import (
    analyze,
    batch,
    checkpoints,
    doctor,
    evaluate,
    explain,
    inspect,
    listings,
    reimagine,
    report,
    restore,
    run,
    separate,
    survey,
    train,
    transcribe,
    verify,
)
from toolkit.cli.terminal import guarded

# The linear algebra here is many small systems, which threads of OpenBLAS only slow down; it reads
# this when numpy is first imported, which no module of the command line does by itself.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

app = typer.Typer(
    name="tonearm",
    help="Restore old recordings and re-imagine music.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=True,
)
app.command("restore")(restore.restore)
app.command("run")(run.run)
app.command("separate")(separate.separate)
app.command("transcribe")(transcribe.transcribe)
app.command("reimagine")(reimagine.reimagine)
app.command("batch")(batch.batch)
app.command("report")(report.report)
app.command("verify")(verify.verify)
app.command("survey")(survey.survey)
app.command("analyze")(analyze.analyze)
app.command("inspect")(inspect.inspect)
app.command("explain")(explain.explain)
app.command("styles")(listings.styles)
app.command("stages")(listings.stages)
app.command("pipelines")(listings.pipelines)
app.add_typer(checkpoints.app, name="checkpoints")
app.command("evaluate")(evaluate.evaluate)
app.command("train")(train.train)
app.command("doctor")(doctor.doctor)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tonearm {toolkit.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, help="Show the version and exit.")
    ] = False,
) -> None:
    """Restore old recordings and re-imagine music."""


_restore_app = typer.Typer(
    rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False
)
_restore_app.command("restore")(restore.restore)


def main() -> None:
    """Run ``tonearm``."""
    guarded(typer.main.get_command(app), "tonearm")


def restore_main() -> None:
    """Run ``restore``, which is ``tonearm restore``."""
    guarded(typer.main.get_command(_restore_app), "restore")
