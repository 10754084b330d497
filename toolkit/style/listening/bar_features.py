"""Describe each beat for the network that tells on which beats bars begin.

What is described is what is struck on a beat and in its quarters, compared with the beats around,
and how like it is to beats some beats before and after: meters show in likeness at their multiples
(J. C. Brown, "Determination of the meter of musical scores by autocorrelation", 1993), and chords
change where bars begin.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from toolkit.style.listening import chord_features
from toolkit.style.listening.attack_features import LENGTHS
from toolkit.values import DRUMS, Notes

Array = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]

BEFORE = (1, 2, 3, 4, 5, 6, 8, 9, 12, 16)
AFTER = (1, 2, 3, 4)
"""Distances in beats at which beats are compared."""

WINDOWS = (1, 2, 4)
"""Beats before and after a beat whose harmony is compared."""

PARTS = 4
"""Of a beat, in which attacks are counted."""

_STRUCK, _KINDS = 7, 5
NUM_FEATURES = 1 + _STRUCK + PARTS + 3 + _KINDS * (len(BEFORE) + len(AFTER)) + len(WINDOWS)

DOWNBEAT, LENGTH = 0, slice(1, 1 + len(LENGTHS))
"""Where in its outputs the log odds of a downbeat and the logits of the bar's length are."""

NUM_OUTPUTS = LENGTH.stop

_AROUND = 8
_SHORTEST, _LONGEST = 0.05, 4.0  # beats
_EARLY = 0.1
_MOST_AT_ONCE = 3
_HIGH = 60.0
_USUAL_SECONDS = 0.6


def describe(notes: Notes, beats: Array) -> npt.NDArray[np.float32]:
    """Return what is heard at each beat, shape (beats, NUM_FEATURES).

    Parameters
    ----------
    notes : Notes
        Not empty.
    beats : np.ndarray
        In seconds, ascending, three at least.
    """
    edges = np.append(beats, 2 * beats[-1] - beats[-2])
    lengths = np.maximum(np.diff(edges), 1e-3)
    onsets = np.array([note.onset for note in notes])
    outside = np.r_[beats[0] - lengths[0], edges]
    count = np.arange(-1, len(edges))
    begins = np.interp(onsets, outside, count, left=-9.0, right=-9.0)
    ends = np.interp([note.offset for note in notes], outside, count)
    parts = np.rint(begins * PARTS).astype(int)
    rhythm = np.zeros((len(beats), PARTS))
    inside = (parts >= 0) & (parts < PARTS * len(beats))
    np.add.at(rhythm, (parts[inside] // PARTS, parts[inside] % PARTS), 1.0)
    on = inside & (parts % PARTS == 0)
    sounding = np.clip(ends - begins, _SHORTEST, _LONGEST)
    struck = _struck(notes, parts // PARTS, on, sounding, begins, len(beats))
    longest = struck[:, 2]
    tempo = np.log(lengths / np.roll(lengths, 1)).clip(-0.5, 0.5)
    harmony = chord_features.describe(notes, edges).astype(float)
    sounds = harmony[:, :, chord_features.SOUNDS]
    kinds = (
        sounds,
        harmony[:, :, chord_features.STRUCK],
        harmony[:, :, chord_features.BASS],
        np.minimum(rhythm, _MOST_AT_ONCE),
        struck[:, [0, 1, 3]] * (1.0, 1.0, 3.0),
    )
    columns = [
        (rhythm[:, :1] > 0).astype(float),
        struck - _mean_around(struck),
        np.log1p(rhythm),
        np.stack([longest, tempo, np.log(lengths / _USUAL_SECONDS)], axis=1),
        *(_likeness(kind) for kind in kinds),
        np.stack([_novelty(sounds, window) for window in WINDOWS], axis=1),
    ]
    return np.concatenate(columns, axis=1).astype(np.float32)


def _struck(
    notes: Notes,
    beat: Places,
    on: npt.NDArray[np.bool_],
    sounding: Array,
    begins: Array,
    num_beats: int,
) -> Array:
    """Return of what is struck on each beat: how much, how long, how low and high, how loud."""
    pitch = np.array([_HIGH if note.program == DRUMS else note.pitch for note in notes])
    force = np.array([note.velocity for note in notes])
    at, kept = beat[on], np.bincount(beat[on], minlength=num_beats).astype(float)
    total = np.bincount(at, sounding[on], num_beats)
    longest, loudest = np.zeros(num_beats), np.zeros(num_beats)
    np.maximum.at(longest, at, sounding[on])
    np.maximum.at(loudest, at, force[on])
    lowest, highest = np.full(num_beats, np.inf), np.full(num_beats, -np.inf)
    np.minimum.at(lowest, at, pitch[on])
    np.maximum.at(highest, at, pitch[on])
    # Where nothing is struck, nothing is lower or higher than usual.
    within = np.clip(np.floor(begins + _EARLY).astype(int), 0, num_beats - 1)
    bottom = np.full(num_beats, np.inf)
    np.minimum.at(bottom, within, pitch)
    usual = float(np.median(bottom[np.isfinite(bottom)]))
    lowest = np.where(kept > 0, lowest, usual + 12)
    highest = np.where(kept > 0, highest, usual)
    mean = np.bincount(at, force[on], num_beats) / np.maximum(kept, 1)
    return np.stack(
        [
            np.log1p(kept),
            np.log(total + 0.1),
            np.log(longest + 0.1),
            -lowest / 12,
            highest / 12,
            4 * mean,
            4 * loudest,
        ],
        axis=1,
    )


def _mean_around(rows: Array) -> Array:
    total = np.concatenate([np.zeros((1, rows.shape[1])), np.cumsum(rows, axis=0)])
    low = np.maximum(np.arange(len(rows)) - _AROUND, 0)
    high = np.minimum(np.arange(len(rows)) + _AROUND + 1, len(rows))
    return np.asarray((total[high] - total[low]) / (high - low)[:, None])


def _likeness(rows: Array) -> Array:
    """Return the correlation of each beat's row with those before and after, 0 where is none."""
    away = rows - rows.mean(axis=0)
    away /= np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-6)
    found = np.zeros((len(rows), len(BEFORE) + len(AFTER)))
    for column, lag in enumerate(BEFORE):
        found[lag:, column] = (away[lag:] * away[:-lag]).sum(axis=1)
    for column, lag in enumerate(AFTER, len(BEFORE)):
        found[:-lag, column] = (away[lag:] * away[:-lag]).sum(axis=1)
    return found


def _novelty(sounds: Array, window: int) -> Array:
    """Return 1 minus the likeness of what sounds in some beats before and from each beat on."""
    total = np.concatenate([np.zeros((1, 12)), np.cumsum(sounds, axis=0)])
    here = np.arange(len(sounds))
    after = total[np.minimum(here + window, len(sounds))] - total[here]
    before = total[here] - total[np.maximum(here - window, 0)]
    size = np.linalg.norm(after, axis=1) * np.linalg.norm(before, axis=1)
    return np.asarray(1 - (after * before).sum(axis=1) / np.maximum(size, 1e-6))
