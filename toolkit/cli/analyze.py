"""``analyze``: tempo, meter, beats, key, chords, tuning and swing of recordings and MIDI files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolkit.cli.options import AcceptTruncated, AsJson
from toolkit.cli.terminal import progress, result, table

if TYPE_CHECKING:
    from toolkit.run import Progress
    from toolkit.style.listening.overview import Overview

_MIDI = (".mid", ".midi")


def analyze(
    inputs: Annotated[list[Path], typer.Argument(metavar="IN...", help="Audio or MIDI files.")],
    as_json: AsJson = False,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write the beats as a table.")
    ] = None,
    lab: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write the chords as .lab text.")
    ] = None,
    by_sound: Annotated[
        bool,
        typer.Option("--by-sound", help="Do not transcribe recordings: no bars, no swing."),
    ] = False,
    accept_truncated: AcceptTruncated = False,
) -> None:
    """Find tempo, meter, beats, downbeats, key, chords, tuning and swing.

    A recording is transcribed first; where no beat is found in its notes, its sound is gone by.

    Examples: tonearm analyze song.wav    tonearm analyze song.mid --csv beats.csv --lab chords.lab
    """
    from toolkit.errors import UsageError

    if len(inputs) > 1 and (csv is not None or lab is not None):
        raise UsageError(
            f"{len(inputs)} inputs cannot share one table", "give --csv and --lab with one input"
        )
    found = []
    for path in inputs:
        with progress(path.name, ("read", "transcribe")) as callback:
            overview = _overview(path, callback, by_sound, accept_truncated)
        found.append({"input": str(path), **overview.plain()})
        if csv is not None:
            csv.write_text(overview.csv(), encoding="utf-8")
        if lab is not None:
            lab.write_text(overview.lab(), encoding="utf-8")
        if not as_json:
            _show(path, overview)
    if as_json:
        result(json.dumps(found, indent=2))


def _overview(path: Path, callback: Progress, by_sound: bool, accept_truncated: bool) -> Overview:
    from toolkit.io import audio_file, midi
    from toolkit.run import Run
    from toolkit.style.listening import overview

    if path.suffix.lower() in _MIDI:
        return overview.of_notes(midi.read(path))
    from toolkit.checkpoints import shipped
    from toolkit.dsp.tuning import tuning_cents
    from toolkit.registry import stage_class

    run = Run(progress=callback)
    audio = audio_file.read(path, run.for_step("read"), accept_truncated=accept_truncated).audio
    if by_sound:
        return overview.of_audio(audio)
    run = replace(run.for_step("transcribe"), checkpoints=shipped())
    found = overview.of_notes(stage_class("transcribe")()(audio, run))
    if not len(found.pulse.beats):
        return overview.of_audio(audio)
    return replace(found, duration=audio.duration, tuning_cents=tuning_cents(audio))


def _show(path: Path, overview: Overview) -> None:
    plain = overview.plain()
    result(str(path))
    rows = [
        ("  tempo", f"{plain['tempo']} beats a minute" if plain["tempo"] else "unknown"),
        ("  meter", plain["meter"] or "unknown"),
        ("  beats", f"{len(plain['beats'])}, downbeats {len(plain['downbeats'])}"),
        ("  key", plain["key"] or "unknown"),
    ]
    if plain["tuning_cents"] is not None:
        rows.append(("  tuning", f"{plain['tuning_cents']:+.1f} cents from A = 440 Hz"))
    if plain["swing_ratio"] is not None:
        rows.append(("  swing", f"{plain['swing_ratio']:.2f} to 1"))
    for line in table(rows):
        result(line)
    if plain["keys"][1:]:
        result("  keys    " + ", ".join(f"{time:.2f} {name}" for time, name in plain["keys"]))
    for line in overview.lab().splitlines():
        result(f"  {line}")
