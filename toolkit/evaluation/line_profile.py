"""Describe a melodic line by its rhythm and its steps, and by two numbers of how it is played.

Places in the beat are those of even eighths, so that a judge of lines learns what is played and
not that a human played it. Of the playing it is told the swing ratio and the delay on the beat.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from toolkit.evaluation.versions import DURATION, ONSET, PITCH

Array = npt.NDArray[np.float64]

_GAPS = np.array([0.0, 0.29, 0.42, 0.6, 0.85, 1.2, 1.7, 2.5, np.inf])
_SIZES = np.array([0, 1, 2, 3, 4, 5, 6, 8, 12, 200])
_PLACES = np.array([0.0, 0.25, 1 / 3, 0.5, 2 / 3, 0.75])
_MAJOR = (0, 2, 4, 5, 7, 9, 11)
_WINDOW = 32


def line_profile(notes: Array, beats_per_bar: int, ratio: float = 1.0, delay: float = 0.0) -> Array:
    """Return the features of a line.

    Parameters
    ----------
    notes : np.ndarray, shape (notes, 3)
        Onset, duration, pitch, in beats of the line's own pulse, ascending; one at a time.
    beats_per_bar : int
        Of the music; beat 0 is a downbeat.
    ratio : float
        Of the first eighth of a beat to the second, as played; 1 where there are too few.
    delay : float
        By how many seconds notes on the beat come late.

    Returns
    -------
    np.ndarray, shape (`NUM_FEATURES`,)
        Shares; zeros for fewer than four notes.
    """
    if len(notes) < 4:
        return np.zeros(NUM_FEATURES)
    onset, pitch = notes[:, ONSET], notes[:, PITCH]
    gaps, steps = np.diff(onset), np.diff(pitch)
    phase = onset - np.floor(onset + 0.04)
    place = np.abs(phase[:, None] - np.append(_PLACES, 1.0)).argmin(axis=1) % len(_PLACES)
    off = place != 0
    next_beat = np.floor(onset + 0.04) + 1
    held = np.append(gaps, notes[-1, DURATION])
    over = off & (onset + np.minimum(notes[:, DURATION], held) > next_beat + 0.1)
    skipped = np.append(onset[1:] > next_beat[:-1] + 0.1, False)
    one = ~off & (np.round(onset) % beats_per_bar == 0)
    turns = steps[:-1] * steps[1:] < 0
    size = np.abs(steps)
    return np.concatenate(
        [
            np.histogram(gaps, _GAPS)[0] / len(gaps),
            np.bincount(place, minlength=len(_PLACES)) / len(notes),
            [np.mean(over), np.mean(off & skipped), np.mean(one)],
            np.histogram(size, _SIZES)[0] / len(size),
            [np.mean(turns), _foreign(pitch), _entropy(pitch) / 3.6],
            [min(max(ratio - 1, -0.5), 1.0), min(max(20 * delay, -1.0), 1.0)],
        ]
    )


def _foreign(pitch: Array) -> float:
    """Return the share of notes outside the best major scale of their surroundings."""
    scales = np.array(
        [[(tone - tonic) % 12 in _MAJOR for tone in range(12)] for tonic in range(12)]
    )
    found = [
        1 - scales[:, (pitch[at : at + _WINDOW] % 12).astype(int)].mean(axis=1).max()
        for at in range(0, max(len(pitch) - _WINDOW // 2, 1), _WINDOW)
    ]
    return float(np.mean(found))


def _entropy(pitch: Array) -> float:
    """Return the entropy of pitch classes in bits."""
    share = np.bincount((pitch % 12).astype(int), minlength=12) / len(pitch)
    return float(-(share[share > 0] * np.log2(share[share > 0])).sum())


NUM_FEATURES = (len(_GAPS) - 1) + len(_PLACES) + 3 + (len(_SIZES) - 1) + 3 + 2
