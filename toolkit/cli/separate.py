"""``separate``: a recording into a folder of stems."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from toolkit.cli.options import (
    AcceptTruncated,
    AsJson,
    Device,
    Force,
    Out,
    Quiet,
    Seed,
)


def separate(
    inputs: Annotated[list[Path], typer.Argument(metavar="IN...", help="Files or folders.")],
    out: Out = None,
    model: Annotated[
        str,
        typer.Option(help="band (bundled), a demucs model by name (htdemucs …), or its file."),
    ] = "band",
    stems: Annotated[
        str | None,
        typer.Option(metavar="A,B", help="Only these; 'rest' is the sum of all others."),
    ] = None,
    shifts: Annotated[
        int, typer.Option(help="Moved passes of a demucs model to average, 0 to 20.")
    ] = 0,
    overlap: Annotated[
        float, typer.Option(help="Share of a demucs segment that overlaps the next, 0 to 0.5.")
    ] = 0.25,
    format: Annotated[
        str,
        typer.Option(help="same (as the input), pcm_s16, pcm_s24, float32 or flac."),
    ] = "same",
    plot: Annotated[
        bool, typer.Option("--plot", help="Also draw spectrogram.png, a picture for each stem.")
    ] = False,
    as_json: AsJson = False,
    force: Force = False,
    accept_truncated: AcceptTruncated = False,
    seed: Seed = 0,
    device: Device = "cpu",
    quiet: Quiet = False,
) -> None:
    """Split recordings into stems: SONG.wav gives the folder SONG.stems/ and its record.

    Examples: tonearm separate song.wav    tonearm separate song.wav --stems piano,rest --plot
    """
    from toolkit.cli.stem_job import Request, perform

    code = perform(
        Request(
            inputs=tuple(inputs),
            out=out,
            model=model,
            stems=tuple(each.strip() for each in stems.split(",")) if stems else (),
            shifts=shifts,
            overlap=overlap,
            format=format,
            plot=plot,
            as_json=as_json,
            force=force,
            accept_truncated=accept_truncated,
            seed=seed,
            device=device,
            quiet=quiet,
        )
    )
    if code:
        raise typer.Exit(code)
