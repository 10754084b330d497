"""``run``: any pipeline by name or file, or a record over again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from toolkit.cli.options import (
    AcceptTruncated,
    AsJson,
    Device,
    Difference,
    DryRun,
    Force,
    Out,
    Output,
    Preview,
    Quiet,
    Seed,
    Set,
    Strength,
)


def run(
    pipeline: Annotated[
        str | None, typer.Argument(help="Name, or path of a .toml file; none with --replay.")
    ] = None,
    inputs: Annotated[
        list[Path] | None,
        typer.Argument(metavar="IN...", help="Files, folders, or - for a stream."),
    ] = None,
    output: Output = None,
    out: Out = None,
    replay: Annotated[
        Path | None,
        typer.Option(metavar="RECORD", help="Do again what a record says, and compare."),
    ] = None,
    strength: Strength = 1.0,
    settings: Set = None,
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
    """Run a pipeline: IN.wav gives IN.PIPELINE.wav and its record.

    Examples: tonearm run degrade-shellac piano.wav    tonearm run --replay old.restored.wav.json
    """
    from toolkit.cli.job import Request, perform
    from toolkit.errors import UsageError

    if replay is not None:
        from toolkit.cli.replay import perform_replay

        # With --replay there is no pipeline to name: the one positional is the input's new place.
        place = Path(pipeline) if pipeline else None
        code = perform_replay(replay, place, output, device=device, force=force)
    elif pipeline is None or not inputs:
        raise UsageError("give a pipeline and an input", "try: tonearm run restore old.wav")
    else:
        request = Request(
            inputs=tuple(inputs),
            pipeline=pipeline,
            role="restored" if pipeline == "restore" else Path(pipeline).stem,
            output=output,
            out=out,
            strength=strength,
            settings=tuple(settings or ()),
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
