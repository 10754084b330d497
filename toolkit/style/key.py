"""Find the key, and where it changes, from how long each pitch class sounds.

The likelihood of a key is that of drawing the sounding pitch classes from its profile; profiles are
those of J. Albrecht and D. Shanahan ("The use of large corpora to train a new type of key-finding
algorithm", 2013). A modulation costs something (D. Temperley, "What's key for key?", 1999), and the
best sequence of keys is found by dynamic programming.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from toolkit.errors import UsageError
from toolkit.io.pitch_names import MINOR_TONICS, PITCH_CLASSES, STEPS, pitch_class
from toolkit.style.switching import best_path, starts
from toolkit.style.tones import sounding
from toolkit.values import Notes

Array = npt.NDArray[np.float64]

KEYS = (
    *(f"{name} major" for name in PITCH_CLASSES),
    *(f"{name} minor" for name in MINOR_TONICS),
)
"""Every key by name: the major ones from C on, then the minor ones."""

_MAJOR = (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081)
_MINOR = (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052)
_PROBE_TONES = (
    (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
)
_WINDOW_SECONDS = 2.0
_EVIDENCE = 3.0  # independent draws a second
_CHANGE = 14.0


def keys(notes: Notes) -> tuple[tuple[float, str], ...]:
    """Return the keys as (time in seconds, name), from time 0; none without pitched notes."""
    edges = np.arange(0, notes.duration + _WINDOW_SECONDS, _WINDOW_SECONDS)
    tones = sounding(notes, edges) if len(edges) > 1 else np.zeros((0, 12))
    if not tones.any():
        return ()
    path = best_path(likelihoods(tones) * _EVIDENCE * _WINDOW_SECONDS, _CHANGE)
    return tuple((float(edges[index]), KEYS[path[index]]) for index in starts(path))


def key(notes: Notes) -> str:
    """Return the one key that fits the whole best, empty without pitched notes."""
    tones = sounding(notes, np.array([0.0, max(notes.duration, 1e-3)]))
    return KEYS[int(likelihoods(tones)[0].argmax())] if tones.any() else ""


def likelihoods(tones: Array) -> Array:
    """Return the mean log probability of a drawn pitch class, shape (..., 24), 0 in silence.

    Parameters
    ----------
    tones : np.ndarray, shape (..., 12)
        How long each pitch class sounds.
    """
    profiles = [np.roll(profile, tonic) for profile in (_MAJOR, _MINOR) for tonic in range(12)]
    logs = np.log(np.array(profiles) / np.sum(profiles, axis=1, keepdims=True))
    total = tones.sum(axis=-1, keepdims=True)
    shares = np.divide(tones, total, out=np.zeros_like(tones), where=total > 0)
    return np.asarray(shares @ logs.T)


def krumhansl_key(notes: Notes) -> str:
    """Return the key whose probe-tone profile correlates best, the classic algorithm (1990)."""
    tones = sounding(notes, np.array([0.0, max(notes.duration, 1e-3)]))[0]
    if not tones.any():
        return ""
    profiles = [np.roll(profile, tonic) for profile in _PROBE_TONES for tonic in range(12)]
    return KEYS[int(np.argmax([np.corrcoef(profile, tones)[0, 1] for profile in profiles]))]


def transposed_key(name: str, semitones: int) -> str:
    """Return a key so many semitones higher.

    Examples
    --------
    >>> transposed_key("A minor", 3)
    'C minor'
    """
    tonic, mode = tonic_and_mode(name)
    names = PITCH_CLASSES if mode == "major" else MINOR_TONICS
    return f"{names[(tonic + semitones) % 12]} {mode}"


def tonic_and_mode(name: str) -> tuple[int, str]:
    """Return the tonic's pitch class and ``major`` or ``minor``, of a key such as ``F# minor``."""
    tonic, _, mode = name.partition(" ")
    names = PITCH_CLASSES if mode == "major" else MINOR_TONICS
    return names.index(tonic), mode


def nearest_transposition(name: str, tonic: str) -> int:
    """Return by how many semitones (-6..5) a key has to move to have another tonic.

    Parameters
    ----------
    name : str
        A key such as ``F# minor``.
    tonic : str
        Such as ``Eb``; a mode after it is not looked at.

    Raises
    ------
    UsageError
        If that is no tonic.

    Examples
    --------
    >>> nearest_transposition("C major", "Bb")
    -2
    """
    letter = tonic.split()[0] if tonic.split() else ""
    if letter[:1].upper() not in STEPS or set(letter[1:]) - {"#", "b"}:
        raise UsageError(f"{tonic!r} is no key", "such as: C, Eb, F#")
    wanted = pitch_class(letter[0].upper() + letter[1:])
    return (wanted - tonic_and_mode(name)[0] + 6) % 12 - 6
