"""Measure swing: how much longer the first of two eighths is than the second."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from toolkit.values import Notes

Array = npt.NDArray[np.float64]

_LOW, _HIGH = 0.44, 0.80
_ON_BEAT = 0.12
_FEWEST = 4
_STEP, _SPREAD = 0.002, 0.025


def swing_ratio(notes: Notes, beats: Array) -> float:
    """Return the ratio of the two eighths of a beat: 1 straight, 2 triplet swing, 3 dotted.

    Only beats with one attack between them count: sixteenths and triplets have no swing. The
    off-beat's place is where most of them gather (the mode of a kernel density estimate), which
    strays do not move.

    Parameters
    ----------
    notes : Notes
        What is played.
    beats : np.ndarray
        In seconds, ascending.

    Returns
    -------
    float
        0.8 to 4; nan where fewer than four beats tell.
    """
    if len(beats) < 2 or not len(notes):
        return float("nan")
    onsets = np.array([note.onset for note in notes])
    place = np.interp(onsets, beats, np.arange(len(beats)))
    inside = (onsets > beats[0]) & (onsets < beats[-1])
    beat = np.floor(place[inside]).astype(int)
    phase = place[inside] - beat
    within = (phase > _ON_BEAT) & (phase < 1 - _ON_BEAT)
    beat, phase = beat[within], phase[within]
    alone = _alone(beat, phase)
    if len(alone) < _FEWEST:
        return float("nan")
    grid = np.arange(_LOW, _HIGH, _STEP)
    density = np.exp(-0.5 * ((grid[:, None] - alone) / _SPREAD) ** 2).sum(axis=1)
    peak = grid[density.argmax()]
    near = alone[np.abs(alone - peak) < 2 * _SPREAD]
    middle = float(near.mean()) if len(near) else float(peak)
    return middle / (1 - middle)


def _alone(beat: npt.NDArray[np.intp], phase: Array) -> Array:
    """Return the mean phase of each beat's attack, of beats in whose course there is only one."""
    if not len(beat):
        return np.zeros(0)
    count = np.bincount(beat)
    mean = np.bincount(beat, phase) / np.maximum(count, 1)
    spread = np.zeros(len(count))
    np.maximum.at(spread, beat, np.abs(phase - mean[beat]))
    mean = mean[(count > 0) & (spread < _ON_BEAT / 2)]
    return np.asarray(mean[(mean > _LOW) & (mean < _HIGH)])
