"""Name the chords that are told apart by ear, and bring richer symbols down to them.

Symbols follow C. Harte et al., "Symbolic representation of musical chords" (2005).
"""

from __future__ import annotations

from toolkit.io.pitch_names import PITCH_CLASSES
from toolkit.style.chord import Chord

QUALITIES: dict[str, tuple[int, ...]] = {
    "maj": (0, 4, 7),
    "min": (0, 3, 7),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "min7": (0, 3, 7, 10),
    "dim": (0, 3, 6),
    "hdim7": (0, 3, 6, 10),
    "sus4": (0, 5, 7),
    "aug": (0, 4, 8),
}
"""Semitones above the root of every quality that is told apart, by its name."""

NO_CHORD = "N"
SYMBOLS = (
    *(f"{name}:{quality}" for quality in QUALITIES for name in PITCH_CLASSES),
    NO_CHORD,
)
"""Every symbol that can be found, such as ``C:maj``, ``F#:hdim7`` or ``N``."""

_PLAINER: dict[str, tuple[str, ...]] = {
    "": ("maj",), "6": ("maj",), "m": ("min",), "m6": ("min",), "mmaj7": ("min",),
    "sus2": ("maj", "min", "sus4"), "sus4": ("sus4",), "7sus4": ("sus4",), "7": ("7",),
    "maj7": ("maj7",), "m7": ("min7",), "dim": ("dim",), "dim7": ("dim",), "m7b5": ("hdim7",),
    "aug": ("aug",), "maj7#5": ("aug",), "aug7": ("7", "aug"),
}  # fmt: skip


def plainer(chord: Chord) -> tuple[str, ...]:
    """Return the names in `QUALITIES` that stand for a chord's quality, the usual one first.

    Examples
    --------
    >>> plainer(Chord(0, "dim7")), plainer(Chord(0, "sus2"))
    (('dim',), ('maj', 'min', 'sus4'))
    """
    return _PLAINER[chord.quality]
