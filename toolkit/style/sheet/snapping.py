"""Move played notes to the parts of a beat, by the cheapest explanation.

Each beat takes the division that explains its onsets with the fewest words: what a division costs
grows with how fine and how strange it is, and what it leaves unexplained is charged as Gaussian
error (the minimum description length view of A. T. Cemgil et al., "Rhythm quantization for
transcription", 2000). A third of a beat, or a sixteenth, is taken only where it fits much better.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Steps = npt.NDArray[np.intp]

_DUPLE = ((1, 0.0), (2, 0.6), (4, 1.6), (3, 2.6), (8, 6.0), (6, 6.5))
_TRIPLE = ((1, 0.0), (3, 0.6), (6, 1.8), (2, 2.6), (4, 5.0), (12, 6.5))
_TIGHTEST, _LOOSEST = 0.01, 0.05
_COLLISION = 3.0
_EARLY = 0.13  # of a beat; what comes so shortly before a beat belongs to it
_MANY = 3.0
_ON_GRID = 0.03


def snap(onset: Array, offset: Array, parts: int = 2) -> tuple[Array, Array]:
    """Return onsets and durations on the grid.

    Parameters
    ----------
    onset, offset : np.ndarray, shape (notes,)
        In beats, in any order; 0 is a downbeat.
    parts : int
        2, or 3 where a beat has three parts.

    Returns
    -------
    onset : np.ndarray
        At halves, quarters, thirds, eighths or sixths of a beat.
    duration : np.ndarray
        Multiples of the same part of a beat, one at least.
    """
    if not len(onset):
        return np.zeros(0), np.zeros(0)
    beat = np.floor(onset + _EARLY).astype(int)
    steps = divisions(onset - beat, beat - beat.min(), parts)[beat - beat.min()]
    snapped = np.rint(onset * steps) / steps
    # An end is heard less exactly than a beginning: no finer than a quarter of a beat, or a third.
    coarse = np.where(steps % 3 == 0, 3, np.where(steps > 2, 4, 2))
    length = np.rint((offset - snapped) * coarse) / coarse
    return snapped, np.maximum(length, 1 / np.maximum(steps, coarse))


def divisions(phase: Array, beat: Steps, parts: int = 2) -> Steps:
    """Return into how many steps each beat is parted, shape (beats,).

    Parameters
    ----------
    phase : np.ndarray, shape (notes,)
        Where in their beat the notes begin, about 0..1.
    beat : np.ndarray of int, shape (notes,)
        The number of each note's beat, from 0.
    parts : int
        2, or 3 in compound meters.
    """
    kinds = _TRIPLE if parts == 3 else _DUPLE
    spread = _spread(phase, parts)
    count = np.maximum(np.bincount(beat), 1)
    # What several fingers strike together is one attack: more notes are not more evidence.
    share = np.minimum(1.0, _MANY / count)
    costs = []
    for steps, price in kinds:
        error = (phase - np.rint(phase * steps) / steps) / spread
        misfit = np.bincount(beat, 0.5 * error**2) * share
        costs.append(misfit + price + _COLLISION * _collisions(phase, beat, steps, spread))
    return np.asarray(np.array([steps for steps, _ in kinds])[np.argmin(costs, axis=0)])


def unswung(onset: Array, ratio: float) -> Array:
    """Return onsets with their swing taken out: the off-beat is at a half again.

    Parameters
    ----------
    onset : np.ndarray
        In beats.
    ratio : float
        Of the first eighth to the second, as `toolkit.style.listening.swing.swing_ratio` gives it.

    Examples
    --------
    >>> unswung(np.array([1.0, 1 + 2 / 3]), 2.0).tolist()
    [1.0, 1.5]
    """
    beat = np.floor(onset)
    middle = ratio / (1 + ratio)
    return np.asarray(beat + np.interp(onset - beat, [0.0, middle, 1.0], [0.0, 0.5, 1.0]))


def is_swung(onset: Array, ratio: float) -> bool:
    """Say whether a ratio is swing: late off-beats, and hardly any first thirds or halves."""
    if not np.isfinite(ratio) or ratio < 1.35:
        return False
    phase = np.unique(np.round(onset * 48) / 48) % 1
    near = {
        at: int((np.abs(phase - at) < 0.06).sum()) for at in (0.25, 1 / 3, 0.5, ratio / (1 + ratio))
    }
    late = near[ratio / (1 + ratio)]
    return late > 4 * max(near[1 / 3], near[0.25]) and late > 2 * near[0.5]


def on_grid_share(onset: Array) -> float:
    """Return the share of onsets at parts of a beat; chance alone gives about two fifths."""
    if not len(onset):
        return 0.0
    phase = onset % 1
    places = np.array([0, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1])
    away = np.abs(phase[:, None] - places).min(axis=1)
    return float((away < _ON_GRID).mean())


def _spread(phase: Array, parts: int) -> float:
    """Return the typical distance of onsets from the nearest usual part of a beat."""
    steps = 6 if parts == 3 else 4
    away = np.abs(phase - np.rint(phase * steps) / steps)
    return float(np.clip(1.5 * np.median(away), _TIGHTEST, _LOOSEST))


def _collisions(phase: Array, beat: Steps, steps: int, spread: float) -> Array:
    """Return how many attacks of each beat fall on the place of an earlier one."""
    order = np.lexsort((phase, beat))
    apart = np.diff(phase[order]) > max(3 * spread, 0.07)
    same_beat = np.diff(beat[order]) == 0
    place = np.rint(phase[order] * steps)
    fallen = same_beat & apart & (np.diff(place) == 0)
    return np.bincount(beat[order][1:][fallen], minlength=int(beat.max()) + 1).astype(float)
