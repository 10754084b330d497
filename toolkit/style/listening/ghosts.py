"""Tell which heard notes nobody played, from the notes around them.

Most ghosts are overtones of what is struck with them or sounds on, or a tone that is heard to begin
again. How likely a note is one is a logistic regression on how sure the transcriber was of it, and
of what lies an overtone's interval below or above; fitted by `toolkit.training.fitting_ghosts`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from toolkit.dsp.layers import sigmoid
from toolkit.values import DRUMS, Note, Notes

Array = npt.NDArray[np.float64]

PATH = Path(__file__).with_name("fitted_ghosts.json")
"""Where the fitted constants are kept."""

INTERVALS = (-28, -24, -19, -12, -7, -5, -4, -3, 12, 19, 24)
"""Semitones from a note to the others that are looked for."""

NUM_FEATURES = 12 + 3 * len(INTERVALS)

_ONSET, _OFFSET, _PITCH, _VELOCITY, _SURENESS = range(5)
_TOGETHER = 0.04
_GHOST = 0.5
_BLOCK = 256
_BEFORE, _AFTER = 6.0, 1.0  # seconds that are looked at
_AROUND = 1.5
_RANGE = 4.0  # standard deviations beyond which nothing counts


def without_ghosts(notes: Notes) -> Notes:
    """Return the notes without those that were probably not played.

    Notes that are sure, as written ones are, and drums stay.
    """
    doubtful = [note for note in notes if note.program != DRUMS]
    if all(note.confidence >= 1 for note in doubtful):
        return notes
    likely = dict(zip(map(id, doubtful), odds(doubtful) > _GHOST, strict=True))
    kept = (note for note in notes if note.confidence >= 1 or not likely.get(id(note), False))
    return replace(notes, notes=tuple(kept))


def odds(notes: Sequence[Note]) -> Array:
    """Return the probability of each note, ascending in onset, that nobody played it."""
    fitted = json.loads(PATH.read_text(encoding="utf-8"))
    center, spread, weights = (np.array(fitted[name]) for name in ("center", "spread", "weights"))
    scaled = np.clip((describe(notes) - center) / spread, -_RANGE, _RANGE)
    return sigmoid(scaled @ weights + fitted["bias"])


def describe(notes: Sequence[Note]) -> Array:
    """Return what is looked at in each note, shape (notes, NUM_FEATURES).

    Parameters
    ----------
    notes : sequence of Note
        Ascending in onset.
    """
    rows = [(n.onset, n.offset, n.pitch, n.velocity, n.confidence) for n in notes]
    table = np.array(rows, float).reshape(-1, 5)
    found = [np.zeros((0, NUM_FEATURES))]
    # In blocks, so that the comparison of all with all needs little memory.
    for begin in range(0, len(table), _BLOCK):
        mine = table[begin : begin + _BLOCK]
        low = np.searchsorted(table[:, _ONSET], mine[0, _ONSET] - _BEFORE)
        high = np.searchsorted(table[:, _ONSET], mine[-1, _ONSET] + _AFTER)
        found.append(np.stack(list(_columns(mine, table[low:high])), axis=1))
    return np.concatenate(found)


def _columns(mine: Array, near: Array) -> Iterator[Array]:
    """Yield the features of some notes, each compared with those near it."""
    later = near[None, :, _ONSET] - mine[:, None, _ONSET]
    higher = near[None, :, _PITCH] - mine[:, None, _PITCH]
    together = np.abs(later) < _TOGETHER
    held = (later < -_TOGETHER) & (near[None, :, _OFFSET] > mine[:, None, _ONSET] + 0.03)
    sure, of_near = _logit(mine[:, _SURENESS]), _logit(near[:, _SURENESS])
    height = (mine[:, _PITCH] - 60) / 24
    weight = np.exp(-np.abs(later) / _AROUND)
    before = (higher == 0) & (later < -0.01)
    ended = np.where(before, near[None, :, _OFFSET] - mine[:, None, _ONSET], -9.0)
    since = np.where(before, later, -9.0).max(axis=1, initial=-9.0)
    highest = np.where(np.abs(later) < 0.5, near[None, :, _PITCH], 0).max(axis=1)
    yield sure
    yield sure - (weight * of_near).sum(axis=1) / weight.sum(axis=1)
    yield mine[:, _VELOCITY]
    yield np.log(mine[:, _OFFSET] - mine[:, _ONSET] + 0.02)
    yield height
    yield height**2
    yield together.sum(axis=1) / 5
    yield held.sum(axis=1) / 5
    yield (ended.max(axis=1, initial=-9.0) > -0.06).astype(float)
    yield (ended.max(axis=1, initial=-9.0) > -0.25).astype(float)
    yield np.exp(since / 0.3)
    yield (mine[:, _PITCH] >= highest).astype(float)
    for interval in INTERVALS:
        there = together & (higher == interval)
        surer = np.where(there, near[None, :, _SURENESS], 0.0).max(axis=1)
        yield there.any(axis=1).astype(float)
        yield np.where(there.any(axis=1), surer - mine[:, _SURENESS], 0.0)
        yield (held & (higher == interval)).any(axis=1).astype(float)


def _logit(shares: Array) -> Array:
    inside = np.clip(shares, 1e-3, 1 - 1e-3)
    return np.log(inside / (1 - inside))
