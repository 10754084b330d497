"""Name the tones over a chord by their degree, and find the degree over another chord.

A third stays a third whether the chord is major or minor, and the third of a suspended chord is
what is suspended: patterns keep their meaning when the chord changes under them.
"""

from __future__ import annotations

from functools import lru_cache

from toolkit.style.chord import QUALITIES, Chord
from toolkit.style.scales import available_tensions, avoid_notes, chord_scale

ROOT, THIRD, FIFTH, SEVENTH = 0, 2, 4, 6

_USUAL = (0, 1, 1, 2, 2, 3, 3, 4, 5, 5, 6, 6)
_PLACES = ((0,), (2, 1, 3), (4, 3), (5, 6), (7, 6, 8), (9, 8), (10, 11))
_HELD_BEATS = 1.0


def degree_of(pitch: int, chord: Chord) -> int:
    """Return the degree 0..6 of a pitch over a chord.

    Examples
    --------
    >>> degree_of(64, Chord(0)), degree_of(63, Chord(0, "m")), degree_of(65, Chord(0, "sus4"))
    (2, 2, 2)
    >>> degree_of(69, Chord(0, "dim7")), degree_of(69, Chord(0, "6"))
    (6, 5)
    """
    above = (pitch - chord.root) % 12
    spelled = _spelled(chord.quality)
    return next((degree for degree, step in spelled.items() if step == above), _USUAL[above])


def pitch_class_of(degree: int, chord: Chord, key: str, duration: float) -> int:
    """Return the pitch class 0..11 that a degree is over a chord.

    What is held for a beat or longer is a tone of the chord or a tension that it takes; a degree
    that is neither becomes the tone of the chord below it. What passes is of the chord's scale.

    Parameters
    ----------
    degree : int
        0..6.
    chord : Chord
        What sounds.
    key : str
        Such as ``F# minor``.
    duration : float
        In beats.
    """
    spelled = _spelled(chord.quality)
    if degree in spelled:
        return (chord.root + spelled[degree]) % 12
    if duration < _HELD_BEATS:
        steps = {(each - chord.root) % 12 for each in chord_scale(chord, key)}
    else:
        steps = {each % 12 for each in available_tensions(chord, key)}
        # A plain chord stays plain: what is held over it is its own.
        steps = steps if chord.is_extended else set()
    avoided = {(each - chord.root) % 12 for each in avoid_notes(chord)}
    allowed = steps - avoided if duration >= _HELD_BEATS else steps
    found = [step for step in _PLACES[degree] if step in allowed]
    return (chord.root + (found[0] if found else _below(degree, spelled))) % 12


def _below(degree: int, spelled: dict[int, int]) -> int:
    if degree == SEVENTH:
        return 0
    return spelled[max(each for each in spelled if each <= degree)]


@lru_cache(maxsize=64)
def _spelled(quality: str) -> dict[int, int]:
    """Return the semitones of a quality's tones by their degree."""
    root, *others = QUALITIES[quality]
    found = {ROOT: root}
    found[THIRD] = others[0]
    found[FIFTH] = others[1]
    if len(others) > 2:
        found[5 if quality in ("6", "m6") else SEVENTH] = others[2]
    return found
