"""Put a reference into one key and one register, so that what it is in changes nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from toolkit.errors import InputError
from toolkit.style import key
from toolkit.style.chord import parse
from toolkit.values import DRUMS, Note, Notes

_MIDDLE = 58.0
"""Where the mean pitch of any reference comes to lie, half an octave up or down."""


def neutral(notes: Notes) -> Notes:
    """Return notes in C, major or minor, in the octaves whose mean pitch is nearest to the middle.

    All transpositions of a piece give the same result.

    Parameters
    ----------
    notes : Notes
        Drums stay as they are; chords and keys beside the notes move along.
    """
    pitched = [note.pitch for note in notes if note.program != DRUMS]
    if not pitched:
        return notes
    tonic, _ = key.tonic_and_mode(key.key(notes) or "C major")
    # Of -tonic, -tonic + 12, ... the one that brings the mean nearest to the middle.
    wanted = _MIDDLE - float(np.mean(pitched))
    shift = -tonic + 12 * int(np.floor((wanted + tonic) / 12 + 0.5))
    shift = _within(shift, min(pitched), max(pitched))
    return transposed(notes, shift)


def transposed(notes: Notes, semitones: int) -> Notes:
    """Return notes, keys and chords so many semitones higher, pitches held within MIDI's."""
    moved = tuple(
        note if note.program == DRUMS else _higher(note, semitones) for note in notes.notes
    )
    return replace(
        notes,
        notes=moved,
        keys=tuple((time, _key(name, semitones)) for time, name in notes.keys),
        chords=tuple((time, _chord(name, semitones)) for time, name in notes.chords),
    )


def _within(shift: int, low: int, high: int) -> int:
    """Return a shift by octaves that keeps most extreme pitches MIDI numbers, where one does."""
    while low + shift < 0:
        shift += 12
    while high + shift > 127 and low + shift >= 12:
        shift -= 12
    return shift


def _higher(note: Note, semitones: int) -> Note:
    return replace(note, pitch=min(max(note.pitch + semitones, 0), 127))


def _key(name: str, semitones: int) -> str:
    return key.transposed_key(name, semitones) if name in key.KEYS else name


def _chord(name: str, semitones: int) -> str:
    try:
        return parse(name).transposed(semitones).harte
    except InputError:
        # What is no chord, such as N, is none in any key.
        return name
