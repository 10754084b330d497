"""``restore``: the main job, good without an option."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Inputs = Annotated[
    list[Path], typer.Argument(metavar="IN...", help="Files, folders, or - for a stream.")
]
Output = Annotated[
    Path | None, typer.Option("-o", "--output", help="Name of the one result; - for a stream.")
]
Out = Annotated[Path | None, typer.Option(help="Folder for results; the input's tree is kept.")]
Strength = Annotated[float, typer.Option(help="How much of everything, 0 (nothing) to 1.")]
Set = Annotated[
    list[str] | None, typer.Option("--set", help="One parameter: step.parameter=value; repeatable.")
]
Preview = Annotated[
    str | None, typer.Option(metavar="30s[@1m20s]", help="Only an excerpt, as NAME.preview.")
]
Difference = Annotated[
    bool, typer.Option("--difference", help="Also write what was taken away, as NAME.removed.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Measure and show what would be done; write nothing.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Results as JSON on standard output.")]
Force = Annotated[
    bool, typer.Option("--force", help="Replace earlier results; never the input itself.")
]
AcceptTruncated = Annotated[
    bool,
    typer.Option("--accept-truncated", help="Use what is there of a file cut short; noted."),
]
Seed = Annotated[int, typer.Option(help="Of dither and of stages that draw numbers.")]
Device = Annotated[str, typer.Option(help="Where networks run: cpu, cuda or mps.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No findings, only results and errors.")]


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
