"""``transcribe``: from a recording to notes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from toolkit.cli.options import (
    AcceptTruncated,
    AsJson,
    Device,
    Force,
    Inputs,
    Out,
    Output,
    Preview,
    Quiet,
    Seed,
    Set,
)

if TYPE_CHECKING:
    from toolkit.pipeline import Pipeline


def transcribe(
    inputs: Inputs,
    output: Output = None,
    out: Out = None,
    model: Annotated[
        str, typer.Option(help="Who listens: auto, notes, basic-pitch or transkun (piano).")
    ] = "auto",
    program: Annotated[
        int, typer.Option(help="General MIDI program of the notes; -1: not known, as a piano.")
    ] = -1,
    profile: Annotated[
        str, typer.Option(help="Clean up: raw, clean, or score (tidied for reading).")
    ] = "clean",
    stems: Annotated[
        bool, typer.Option("--stems", help="Separate first, and give each stem a track.")
    ] = False,
    tempo_map: Annotated[
        bool, typer.Option(help="Find beats, meter, key and chords, and write them.")
    ] = True,
    quantize: Annotated[
        bool, typer.Option("--quantize", help="Move notes onto the grid of the beats.")
    ] = False,
    musicxml: Annotated[bool, typer.Option("--musicxml", help="Also a score, .musicxml.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Also a table, .csv.")] = False,
    plot: Annotated[
        bool, typer.Option("--plot", help="Also a picture: notes over spectrogram, .notes.png.")
    ] = False,
    audition: Annotated[
        bool, typer.Option("--audition", help="Also .audition.wav: recording left, notes right.")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="MIDI, score, table and picture.")
    ] = False,
    settings: Set = None,
    preview: Preview = None,
    as_json: AsJson = False,
    force: Force = False,
    accept_truncated: AcceptTruncated = False,
    seed: Seed = 0,
    device: Device = "cpu",
    quiet: Quiet = False,
) -> None:
    """Write down notes: SONG.wav gives SONG.mid and its record, SONG.mid.json.

    Examples: tonearm transcribe song.wav --all    tonearm transcribe band.flac --stems --musicxml
    """
    from toolkit.cli.job import Request, perform

    _refuse_midi(inputs)
    wanted = {
        "musicxml": musicxml or everything,
        "csv": csv or everything,
        "plot": plot or everything,
        "audition": audition,
    }
    heard = {"model": model, "profile": profile}
    request = Request(
        inputs=tuple(inputs),
        pipeline=_pipeline(
            heard if stems else {**heard, "program": program},
            stems=stems,
            tempo_map=tempo_map,
            quantize=quantize,
        ),
        role="",
        output=output,
        out=out,
        settings=tuple(settings or ()),
        preview=preview,
        as_json=as_json,
        force=force,
        accept_truncated=accept_truncated,
        seed=seed,
        device=device,
        quiet=quiet,
        companions=tuple(name for name, is_wanted in wanted.items() if is_wanted),
    )
    code = perform(request)
    if code:
        raise typer.Exit(code)


def _pipeline(heard: dict[str, Any], *, stems: bool, tempo_map: bool, quantize: bool) -> Pipeline:
    """Return the chain that was asked for, so that its record is like any other's."""
    from toolkit.pipeline import Pipeline, Step
    from toolkit.registry import stage_class
    from toolkit.stage import build
    from toolkit.values import Audio, Notes

    def step(key: str, *sources: str, **values: Any) -> Step:
        stage: Any = build(stage_class(key), values)
        return Step(key, stage, sources)

    if stems:
        steps = [step("separate", "input"), step("transcribe-stems", "separate", **heard)]
    else:
        steps = [step("transcribe", "input", **heard)]
    if tempo_map or quantize:
        steps.append(step("annotate", steps[-1].id, "input"))
    if quantize:
        steps.append(step("quantize", steps[-1].id))
    return Pipeline("transcribe", "Write down the notes.", Audio, Notes, tuple(steps))


def _refuse_midi(inputs: Sequence[Path]) -> None:
    """Say so at once where what was given is notes already."""
    from toolkit.errors import InputError
    from toolkit.io.midi import is_midi

    for path in inputs:
        if is_midi(path):
            raise InputError(
                f"{path} is a MIDI file: its notes are written down already",
                "give a recording, such as song.wav",
            )
