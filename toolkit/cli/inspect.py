"""``inspect``: what a recording is and what it suffers from."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from toolkit.cli.options import AcceptTruncated, AsJson
from toolkit.cli.terminal import progress, result


def inspect(
    inputs: Annotated[list[Path], typer.Argument(metavar="IN...", help="Audio files.")],
    as_json: AsJson = False,
    accept_truncated: AcceptTruncated = False,
    plot: Annotated[
        Path | None, typer.Option(metavar="PNG", help="Also draw the spectrograms on one scale.")
    ] = None,
) -> None:
    """Measure recordings: format, chunks, bandwidth, noise, clicks, hum, clipping, groove."""
    from toolkit.dsp.measure import measure
    from toolkit.io import audio_file
    from toolkit.provenance import finite
    from toolkit.report.words import found
    from toolkit.run import Run

    rows = []
    pictures = []
    for path in inputs:
        with progress(path.name, ("read", "measure")) as callback:
            run = Run(progress=callback)
            recording = audio_file.read(
                path, run.for_step("read"), accept_truncated=accept_truncated
            )
            condition = measure(recording.audio, run.for_step("measure"))
        if plot is not None:
            pictures.append((path.name, recording.audio))
        if as_json:
            rows.append(
                {
                    "input": str(path),
                    "sha256": recording.sha256,
                    "format": asdict(recording.format),
                    "num_samples": recording.audio.num_samples,
                    "warnings": list(recording.warnings),
                    "condition": finite(asdict(condition)),
                }
            )
            continue
        result(str(path))
        for line in (*found(condition), *(f"warning: {each}" for each in recording.warnings)):
            result(f"  {line}")
    if as_json:
        result(json.dumps(rows, indent=2))
    if plot is not None:
        from toolkit.report.spectrogram import draw

        draw(pictures, plot)
