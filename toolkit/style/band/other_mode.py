"""Bring a chord into another key, of the other mode too: it keeps its degree."""

from __future__ import annotations

from toolkit.style.chord import Chord
from toolkit.style.key import tonic_and_mode

# The seventh chords on the degrees of both modes, and their triads; minor has its leading tone in
# the dominant alone, as pieces do. On the seventh degree they do not match, a diminished chord here
# and a major one there: both stand for the dominant, which takes their place.
_STEPS = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
_SEVENTHS = {
    "major": ("maj7", "m7", "m7", "maj7", "7", "m7", "m7b5"),
    "minor": ("m7", "m7b5", "maj7", "m7", "7", "maj7", "7"),
}
_DOMINANT, _SEVENTH = 4, 6
_TRIADS = {
    "major": ("", "m", "m", "", "", "m", "dim"),
    "minor": ("m", "dim", "", "m", "", "", ""),
}


def in_key(chord: Chord, mode: str, key: str) -> Chord:
    """Return a chord of C, major or minor, as the chord of another key.

    Parameters
    ----------
    chord : Chord
        In C.
    mode : str
        ``major`` or ``minor``: that of its own key.
    key : str
        Such as ``F# minor``. In the same mode the chord is transposed; in the other one it becomes
        what stands on its degree there, if it stands on one.

    Examples
    --------
    >>> in_key(Chord(9, "m7"), "major", "F major").symbol
    'Dm7'
    >>> in_key(Chord(9, "m7"), "major", "F minor").symbol
    'Dbmaj7'
    """
    tonic, wanted = tonic_and_mode(key)
    if mode == wanted or chord.root not in _STEPS[mode]:
        return chord.transposed(tonic)
    degree = _STEPS[mode].index(chord.root)
    degree = _DOMINANT if degree == _SEVENTH else degree
    qualities = _SEVENTHS if chord.is_extended else _TRIADS
    return Chord((_STEPS[wanted][degree] + tonic) % 12, qualities[wanted][degree])
