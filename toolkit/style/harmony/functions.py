"""Say what a chord does in its key: tonic, subdominant or dominant.

After H. Riemann ("Vereinfachte Harmonielehre", 1893) in today's reading, as W. B. de Haas et al.
tabulate it for chord symbols ("Automatic functional harmonic analysis", 2013). By the distance of
the root above the tonic, for chords that belong to the key or are borrowed from its parallel:

======== ====== === ===== ===== === ==== ======== ===== ===== ==== ===== =====
mode     I      bII ii    bIII  iii IV   #iv      V     bVI   vi   bVII  vii
======== ====== === ===== ===== === ==== ======== ===== ===== ==== ===== =====
major    T      S   S     T     T   S    S        D     S     T    S     D
minor    T      S   S     T     T   S    S        D     T     T    D     D
======== ====== === ===== ===== === ==== ======== ===== ===== ==== ===== =====

A dominant seventh, a diminished seventh and an augmented triad are dominants wherever they stand,
secondary ones of the chord they lead to (and the substitutes a tritone away with them). The
exceptions are on the tonic: a diminished seventh there only delays it, and a dominant seventh is
the tonic of a blues unless the chord a fourth higher follows. A major triad is a secondary dominant
on ii, iii, vi and vii, where the key has a minor or a diminished one.
"""

from __future__ import annotations

from toolkit.style.chord import Chord
from toolkit.style.key import tonic_and_mode

_TABLE = {
    "major": "TSSTTSSDSTSD",
    "minor": "TSSTTSSDTTDD",
}
_DOMINANT = frozenset({"7", "aug7", "7sus4", "aug"})
_SECONDARY = {"major": frozenset({2, 4, 9, 11}), "minor": frozenset({2, 9, 11})}
_DIMINISHED = frozenset({"dim", "dim7"})


def function(chord: Chord, key: str, following: Chord | None = None) -> str:
    """Return ``T``, ``S`` or ``D``.

    Parameters
    ----------
    chord : Chord
        Tensions and bass do not matter.
    key : str
        Such as ``F# minor``.
    following : Chord, optional
        What comes next.

    Examples
    --------
    >>> from toolkit.style.chord import parse
    >>> [function(parse(each), "C major") for each in ("Am7", "Dm7", "D7", "G7", "Bdim", "C")]
    ['T', 'S', 'D', 'D', 'D', 'T']
    """
    tonic, mode = tonic_and_mode(key)
    degree = (chord.root - tonic) % 12
    if chord.quality in _DIMINISHED:
        return "D" if degree else "T"
    if chord.quality in _DOMINANT:
        falls = following is not None and following.root == (chord.root + 5) % 12
        return "D" if degree or falls else "T"
    if chord.quality == "" and degree in _SECONDARY[mode]:
        return "D"
    return _TABLE[mode][degree]
