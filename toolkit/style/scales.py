"""Say which scale belongs to a chord in its key, which tensions it takes and which notes it avoids.

Chord scales after M. Levine ("The Jazz Theory Book", 1995): the modes of the major, melodic minor
and harmonic minor scales and the symmetric ones. Of the scales that contain a chord, the one that
shares most with the key is meant: Dm7 is Dorian in C major and Phrygian in Bb major, G7 is
Mixolydian in C major and Phrygian dominant in C minor.
"""

from __future__ import annotations

from functools import lru_cache

from toolkit.style.chord import QUALITIES, TENSIONS, Chord
from toolkit.style.key import tonic_and_mode

_IONIAN = (0, 2, 4, 5, 7, 9, 11)
_DORIAN = (0, 2, 3, 5, 7, 9, 10)
_PHRYGIAN = (0, 1, 3, 5, 7, 8, 10)
_LYDIAN = (0, 2, 4, 6, 7, 9, 11)
_MIXOLYDIAN = (0, 2, 4, 5, 7, 9, 10)
_AEOLIAN = (0, 2, 3, 5, 7, 8, 10)
_LOCRIAN = (0, 1, 3, 5, 6, 8, 10)
_MELODIC_MINOR = (0, 2, 3, 5, 7, 9, 11)
_HARMONIC_MINOR = (0, 2, 3, 5, 7, 8, 11)
_LYDIAN_DOMINANT = (0, 2, 4, 6, 7, 9, 10)
_PHRYGIAN_DOMINANT = (0, 1, 4, 5, 7, 8, 10)
_ALTERED = (0, 1, 3, 4, 6, 8, 10)
_HALF_WHOLE = (0, 1, 3, 4, 6, 7, 9, 10)
_WHOLE_HALF = (0, 2, 3, 5, 6, 8, 9, 11)
_WHOLE_TONE = (0, 2, 4, 6, 8, 10)
_LOCRIAN_SHARP_TWO = (0, 2, 3, 5, 6, 8, 10)
_LYDIAN_AUGMENTED = (0, 2, 4, 6, 8, 9, 11)

_MAJOR_SCALES = (_IONIAN, _LYDIAN)
_MINOR_SCALES = (_DORIAN, _AEOLIAN, _PHRYGIAN)
_DOMINANT_SCALES = (_PHRYGIAN_DOMINANT, _MIXOLYDIAN, _LYDIAN_DOMINANT, _ALTERED, _HALF_WHOLE)
_RESOLVING = frozenset({_PHRYGIAN_DOMINANT, _ALTERED, _HALF_WHOLE})
_SCALES: dict[str, tuple[tuple[int, ...], ...]] = {
    "": (_IONIAN, _MIXOLYDIAN, _LYDIAN),
    "m": (_DORIAN, _AEOLIAN, _PHRYGIAN, _MELODIC_MINOR),
    "dim": (_LOCRIAN, _LOCRIAN_SHARP_TWO),
    "aug": (_LYDIAN_AUGMENTED, _WHOLE_TONE),
    "sus2": (_MIXOLYDIAN, _IONIAN, _DORIAN),
    "sus4": (_MIXOLYDIAN, _IONIAN, _DORIAN),
    "6": _MAJOR_SCALES,
    "m6": (_DORIAN, _MELODIC_MINOR),
    "7": _DOMINANT_SCALES,
    "maj7": _MAJOR_SCALES,
    "m7": _MINOR_SCALES,
    "mmaj7": (_MELODIC_MINOR, _HARMONIC_MINOR),
    "m7b5": (_LOCRIAN, _LOCRIAN_SHARP_TWO),
    "dim7": (_WHOLE_HALF,),
    "7sus4": (_MIXOLYDIAN, _DORIAN, _PHRYGIAN),
    "aug7": (_WHOLE_TONE, _ALTERED),
    "maj7#5": (_LYDIAN_AUGMENTED,),
}
_DOMINANTS = frozenset({"7", "aug7", "7sus4"})
_KEY_WEIGHTS = {
    "major": {0: 1.0, 2: 1.0, 4: 1.0, 5: 1.0, 7: 1.0, 9: 1.0, 11: 1.0},
    "minor": {0: 1.0, 2: 1.0, 3: 1.0, 5: 1.0, 7: 1.0, 8: 1.0, 10: 1.0, 11: 0.5, 9: 0.25},
}


def is_dominant(chord: Chord) -> bool:
    """Return whether a chord has a minor seventh above a major third or a fourth."""
    return chord.quality in _DOMINANTS


@lru_cache(maxsize=4096)
def chord_scale(chord: Chord, key: str) -> tuple[int, ...]:
    """Return the pitch classes of a chord's scale in a key, from the root upward.

    Parameters
    ----------
    chord : Chord
        Its own tensions are always in its scale.
    key : str
        Such as ``F# minor``.

    Examples
    --------
    >>> chord_scale(Chord(7, "7"), "C minor")
    (7, 8, 11, 0, 2, 3, 5)
    """
    tonic, mode = tonic_and_mode(key)
    weights = _KEY_WEIGHTS[mode]
    own = {TENSIONS[name] % 12 for name in chord.tensions}
    choices = _SCALES[chord.quality]
    fits = [scale for scale in choices if own <= set(scale)] or [choices[0]]
    if is_dominant(chord) and not weights.get((chord.root - tonic) % 12):
        # A tritone substitute or a back-door dominant resolves by step: its fourth is raised.
        fits = [scale for scale in fits if scale not in _RESOLVING] or fits
    elif is_dominant(chord):
        fits = [scale for scale in fits if scale not in (_ALTERED, _HALF_WHOLE)] or fits

    def shared(scale: tuple[int, ...]) -> float:
        inside = sum(weights.get((chord.root + step - tonic) % 12, 0.0) for step in scale)
        return inside / len(scale)

    best = max(fits, key=shared)
    steps = sorted({*best, *own})
    return tuple((chord.root + step) % 12 for step in steps)


@lru_cache(maxsize=4096)
def avoid_notes(chord: Chord) -> frozenset[int]:
    """Return the pitch classes that no accompaniment holds against a chord, whatever the key.

    They are a semitone above a chord tone (a fourth over a major third, a minor sixth over a
    fifth), the other third and the other seventh; dominants bear their alterations, and what the
    chord spells out is allowed.
    """
    tones = QUALITIES[chord.quality]
    above = {(step + 1) % 12 for step in tones}
    if 4 in tones:
        above.add(3)
    if 3 in tones:
        above.add(4)
    if 5 in tones and 3 not in tones:
        above |= {3, 4}
    above |= {11} if 10 in tones else ({10} if 11 in tones else set())
    if is_dominant(chord):
        above -= {1, 3, 8}
    if chord.quality == "dim7":
        above = {1, 4, 7, 10}
    above -= {step % 12 for step in tones}
    avoided = {(chord.root + step) % 12 for step in above}
    return frozenset(avoided - set(chord.pitch_classes) - {chord.bass})


@lru_cache(maxsize=4096)
def available_tensions(chord: Chord, key: str) -> tuple[int, ...]:
    """Return semitones above the root, 13..21, of all tensions a chord takes in a key.

    They lie in the chord's scale and are no avoid-notes; a tension that the chord spells out
    displaces the other ones of its degree.
    """
    scale = {(each - chord.root) % 12 for each in chord_scale(chord, key)}
    avoided = {(each - chord.root) % 12 for each in avoid_notes(chord)}
    tones = {step % 12 for step in QUALITIES[chord.quality]}
    spelled = {degree(name) for name in chord.tensions}
    found = []
    for name, semitones in TENSIONS.items():
        step = semitones % 12
        free = degree(name) not in spelled and step in scale and step not in avoided | tones
        if free or name in chord.tensions:
            found.append(semitones)
    return tuple(found)


def degree(tension: str) -> int:
    """Return 9, 11 or 13 for a key of `TENSIONS`."""
    return int(tension.lstrip("#b"))


@lru_cache(maxsize=64)
def key_scale(key: str) -> tuple[int, ...]:
    """Return a key's pitch classes from the tonic: major, or minor with the leading tone."""
    tonic, mode = tonic_and_mode(key)
    steps = _IONIAN if mode == "major" else _HARMONIC_MINOR
    return tuple((tonic + step) % 12 for step in steps)
