"""``reimagine``: the same piece in another style."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from toolkit.cli.options import AcceptTruncated, AsJson, Force, Quiet, Seed, Set


def reimagine(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="PIECE", help="A recording, MIDI, MusicXML, or a .json step of a former run."
        ),
    ],
    style: Annotated[
        str | None,
        typer.Option(
            "--style",
            "-s",
            help="One that `tonearm styles` lists, or a .toml file.  [default: jazz-swing]",
        ),
    ] = None,
    style_from: Annotated[
        Path | None,
        typer.Option(
            "--style-from", help="Play it as this MIDI, MusicXML or audio file is accompanied."
        ),
    ] = None,
    style_mix: Annotated[
        list[str] | None,
        typer.Option(
            "--style-mix", help="Mix in so much of another style, such as bossa-nova:0.4; again."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder to make; PIECE.STYLE by default.")
    ] = None,
    ensemble: Annotated[
        str, typer.Option(help="Who plays: trio, quartet, solo-piano, ... ; see: tonearm styles")
    ] = "",
    level: Annotated[
        str, typer.Option(help="Layers that change, of: timbre,rhythm,harmony,melody.")
    ] = "timbre,rhythm,harmony,melody",
    reharm: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="0 colors only, 0.5 as professionals do, 1 bold."),
    ] = None,
    melody: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="0: the tune as it is, 0.5: paraphrased, 1: nearly a solo."
        ),
    ] = None,
    swing: Annotated[
        float, typer.Option(min=0, max=4, help="Ratio of the soloist's eighths; 1 is even.")
    ] = 0.0,
    tempo: Annotated[float, typer.Option(min=0, max=400, help="Beats a minute.")] = 0.0,
    key: Annotated[str, typer.Option(help="Transpose into this key, such as Eb.")] = "",
    lock: Annotated[
        str, typer.Option(help="Bars whose tune and chords stay, such as 1-8,17.")
    ] = "",
    lead_sheet: Annotated[
        Path | None,
        typer.Option("--lead-sheet", help="Take tune and chords from this edited leadsheet.txt."),
    ] = None,
    variations: Annotated[
        int, typer.Option(min=1, max=16, help="Make so many and keep the best as out.*.")
    ] = 1,
    model: Annotated[
        str, typer.Option(help="Who listens to a recording: auto, notes, basic-pitch, transkun.")
    ] = "auto",
    settings: Set = None,
    as_json: AsJson = False,
    force: Force = False,
    accept_truncated: AcceptTruncated = False,
    seed: Seed = 0,
    quiet: Quiet = False,
) -> None:
    """Play a piece in another style: audio, MIDI, score, lead sheet, stems and a report.

    Examples: tonearm reimagine prelude.wav --style jazz-swing -o out/
    tonearm reimagine tune.musicxml --style bossa-nova --reharm 0.3 --variations 3
    tonearm reimagine tune.mid --style-from other.mid --style-mix bossa-nova:0.4
    """
    from toolkit.cli.reimagine_job import Request, perform

    perform(
        Request(
            source=source,
            style=style or "",
            style_from=style_from,
            style_mix=tuple(style_mix or ()),
            out=out,
            ensemble=ensemble,
            level=level,
            reharm=reharm,
            melody=melody,
            swing=swing,
            tempo=tempo,
            key=key,
            lock=lock,
            lead_sheet=lead_sheet,
            variations=variations,
            model=model,
            settings=tuple(settings or ()),
            as_json=as_json,
            force=force,
            accept_truncated=accept_truncated,
            seed=seed,
            quiet=quiet,
        )
    )
