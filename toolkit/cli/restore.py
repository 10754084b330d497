"""``restore``: the main job, good without an option."""

from __future__ import annotations

from typing import Annotated

import typer

from toolkit.cli.options import (
    AcceptTruncated,
    AsJson,
    Device,
    Difference,
    DryRun,
    Force,
    Inputs,
    Out,
    Output,
    Preview,
    Quiet,
    Seed,
    Set,
    Strength,
)


def restore(
    inputs: Inputs,
    output: Output = None,
    out: Out = None,
    preset: Annotated[
        str, typer.Option(help="Pipeline: restore measures and decides; see: tonearm pipelines.")
    ] = "restore",
    strength: Strength = 1.0,
    settings: Set = None,
    loudness: Annotated[
        float | None, typer.Option(metavar="LUFS", help="Bring to this loudness, e.g. -23.")
    ] = None,
    preview: Preview = None,
    difference: Difference = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    force: Force = False,
    accept_truncated: AcceptTruncated = False,
    seed: Seed = 0,
    device: Device = "cpu",
    quiet: Quiet = False,
) -> None:
    """Restore recordings: OLD.wav gives OLD.restored.wav and its record, OLD.restored.wav.json.

    Examples: restore old.wav    restore tapes/ --out restored/ --preset tape --difference
    """
    from toolkit.cli.job import Request, perform

    request = Request(
        inputs=tuple(inputs),
        pipeline=preset,
        role="restored",
        output=output,
        out=out,
        strength=strength,
        settings=tuple(settings or ()),
        loudness=loudness,
        preview=preview,
        difference=difference,
        dry_run=dry_run,
        as_json=as_json,
        force=force,
        accept_truncated=accept_truncated,
        seed=seed,
        device=device,
        quiet=quiet,
    )
    code = perform(request)
    if code:
        raise typer.Exit(code)
