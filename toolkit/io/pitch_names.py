"""Name pitch classes as MIDI files, chord charts and lead sheets do: with few accidentals."""

from __future__ import annotations

PITCH_CLASSES = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
"""Roots of chords and tonics of major keys, from pitch class 0 on."""

MINOR_TONICS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")
"""Tonics of minor keys, from pitch class 0 on."""

STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
"""Pitch classes of the letters."""


def pitch_class(name: str) -> int:
    """Return the pitch class 0..11 of a note name: a capital letter, and any accidentals.

    Examples
    --------
    >>> pitch_class("Bb"), pitch_class("B##"), pitch_class("Cb")
    (10, 1, 11)
    """
    return (STEPS[name[0]] + name.count("#") - name[1:].count("b")) % 12
