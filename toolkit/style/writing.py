"""Write an arrangement down as it stands on the page: even eighths, one tempo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from toolkit.style.arrangement import Arrangement
from toolkit.style.lead_sheet import LeadSheet
from toolkit.values import DRUMS, Note, Notes

_EPSILON = 1e-6


def written(arrangement: Arrangement) -> Notes:
    """Return the arrangement's tones as notes for a score: a beat is a quarter note.

    Bars, keys and chords come from its sheet; the tempo is the one it begins with. Percussion
    with a hit shorter than a sixteenth is written as a sixteenth.
    """
    tempo = arrangement.tempo[0][1]
    beat = 60.0 / tempo
    notes = tuple(
        Note(
            max(tone.onset, 0.0) * beat,
            max(tone.onset + (max(tone.duration, 0.25) if drums else tone.duration), 0.0) * beat,
            tone.pitch,
            min(max(tone.velocity, 0.0), 1.0),
            part.program,
        )
        for part in arrangement.parts
        for drums in (part.program == DRUMS,)
        for tone in part.tones
    )
    return replace(
        marks(arrangement.sheet, lambda at: at * beat), notes=notes, tempo_map=((0.0, tempo),)
    )


def marks(
    sheet: LeadSheet,
    seconds: Callable[[float], float],
    *,
    denominator: int = 4,
    parts: int = 1,
) -> Notes:
    """Return meters, keys and chords of a sheet, without notes and tempo.

    Parameters
    ----------
    sheet : LeadSheet
        A meter is said where it changes, and ``N`` where no chord is.
    seconds : callable
        Where a beat lies in time.
    denominator, parts : int
        What each part of a beat is written as, an eighth being 8, and how many parts it has.
    """
    meters: list[tuple[float, int, int]] = []
    for bar in sheet.bars:
        meter = (bar.beats * parts, denominator)
        if not meters or meters[-1][1:] != meter:
            meters.append((seconds(bar.onset), *meter))
    chords: list[tuple[float, str]] = []
    end = 0.0
    for span in sheet.chords:
        if span.onset > end + _EPSILON:
            chords.append((seconds(end), "N"))
        chords.append((seconds(max(span.onset, 0.0)), span.chord.harte))
        end = span.offset
    if sheet.chords and end < sheet.length - _EPSILON:
        chords.append((seconds(end), "N"))
    keys = tuple((seconds(max(beat, 0.0)), name) for beat, name in sheet.keys)
    return Notes((), meters=tuple(meters), keys=keys, chords=tuple(chords))
