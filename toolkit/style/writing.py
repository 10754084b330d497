"""Write an arrangement down as it stands on the page: even eighths, one tempo."""

from __future__ import annotations

from toolkit.style.arrangement import Arrangement
from toolkit.style.lead_sheet import LeadSheet
from toolkit.values import DRUMS, Note, Notes


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
    return Notes(
        notes,
        tempo_map=((0.0, tempo),),
        meters=meters(arrangement.sheet, beat),
        keys=tuple((max(at, 0.0) * beat, name) for at, name in arrangement.sheet.keys),
        chords=tuple(
            (max(span.onset, 0.0) * beat, span.chord.harte) for span in arrangement.sheet.chords
        ),
    )


def meters(sheet: LeadSheet, beat_seconds: float) -> tuple[tuple[float, int, int], ...]:
    """Return where the number of beats of a bar changes, as `toolkit.values.Notes` has it."""
    found: list[tuple[float, int, int]] = []
    for bar in sheet.bars:
        if not found or found[-1][1] != bar.beats:
            found.append((bar.onset * beat_seconds, bar.beats, 4))
    return tuple(found)
