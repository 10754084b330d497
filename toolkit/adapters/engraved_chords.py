"""Chord symbols of Harte's notation (2005) as music21 writes them over a staff."""

from __future__ import annotations

import re
from typing import Any

_KINDS = {
    "": "major",
    "maj": "major",
    "min": "minor",
    "5": "power",
    "7": "dominant-seventh",
    "maj7": "major-seventh",
    "min7": "minor-seventh",
    "minmaj7": "minor-major-seventh",
    "dim": "diminished",
    "dim7": "diminished-seventh",
    "hdim7": "half-diminished-seventh",
    "aug": "augmented",
    "sus2": "suspended-second",
    "sus4": "suspended-fourth",
    "maj6": "major-sixth",
    "min6": "minor-sixth",
    "6": "major-sixth",
    "9": "dominant-ninth",
    "maj9": "major-ninth",
    "min9": "minor-ninth",
    "11": "dominant-11th",
    "13": "dominant-13th",
}
_PATTERN = re.compile(r"([A-G])([#b]*)(?::([^/(]*))?(?:\([^)]*\))?(?:/(.*))?")
_DEGREES = {"1": 0, "2": 2, "3": 4, "4": 5, "5": 7, "6": 9, "7": 11, "9": 14}


def symbol(name: str) -> Any:
    """Return a music21 chord symbol, or None for no chord (``N``) and what has no symbol.

    A quality that is not known is written as the triad it begins with; a bass other than the root
    is kept.
    """
    match = _PATTERN.fullmatch(name)
    if match is None:
        return None
    from music21 import harmony

    letter, accidentals, quality, degree = match.groups()
    root = letter + accidentals.replace("b", "-")
    kind = _KINDS.get(quality or "") or _triad(quality)
    written = harmony.ChordSymbol(root=root, kind=kind, bass=_bass(root, degree))
    written.writeAsChord = False
    return written


def _triad(quality: str) -> str:
    return "minor" if quality.startswith("min") else "major"


def _bass(root: str, degree: str | None) -> str | None:
    """Return the bass that is so many scale degrees above the root, spelled simply."""
    if not degree:
        return None
    number = degree.lstrip("#b")
    if number not in _DEGREES:
        return None
    from music21 import pitch

    alter = degree.count("#") - degree.count("b")
    above = pitch.Pitch(root).pitchClass + _DEGREES[number] + alter
    return str(pitch.Pitch(above % 12).name)
