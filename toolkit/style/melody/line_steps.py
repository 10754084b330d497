"""Describe each step of a line to the network that writes lines.

A step goes from one note to the next on a grid of twelfths of a beat. What the network is told is
free of key and register: chords are chromas counted from the present pitch, intervals are relative.
It knows the structural note that the line is bound for: how far away it is in time and in pitch,
and how many notes are to come before it, which is how dense the line gets.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.style.chord import Chord

Array = npt.NDArray[np.float32]
Integers = npt.NDArray[np.intp]

SLOTS = 12
"""Of a beat: it holds sixteenths and triplets."""

GAPS = (1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 14, 15, 16, 18, 20, 21, 24, 30, 36, 48)
"""Slots from one onset to the next that there are classes for."""

WIDEST = 14
"""Semitones up or down that there are classes for."""

INTERVALS = 2 * WIDEST + 1
MOST_LEFT = 12
PHASES = (0, 3, 4, 6, 8, 9)
"""Slots of a beat at which notes are written."""

_GAPS = np.array(GAPS)
_LEAP = 12

WIDTH = SLOTS + 5 + len(GAPS) + INTERVALS + MOST_LEFT + (2 * _LEAP + 1) + 3 * 12 + 6
"""Numbers that describe a step before its length is known."""

ARRIVAL_WIDTH = 12 + 12 + SLOTS
"""Numbers that describe where it arrives in time: chord and slot."""


@dataclass(frozen=True, eq=False)
class Steps:
    """Hold where steps begin and what they are bound for; all arrays have shape (steps,).

    Parameters
    ----------
    slot : np.ndarray of int
        Of the present note, in twelfths of a beat from the first beat.
    place, bar : np.ndarray of int
        Which beat of its bar it lies in, and how many beats that bar has.
    last_gap, last_interval : np.ndarray of int
        Slots and semitones from the note before.
    gap, leap, left : np.ndarray of int
        Slots and semitones to the next structural note, and notes to come before it.
    pitch : np.ndarray of int
        MIDI number.
    register : np.ndarray
        Octaves above the middle of the line.
    now, then : np.ndarray, shape (steps, 12)
        Pitch classes of the present chord and of the one at the structural note; zeros for none.
    root : np.ndarray of int
        Pitch class of the present root, -1 for none.
    tempo : np.ndarray
        Beats a minute.
    """

    slot: Integers
    place: Integers
    bar: Integers
    last_gap: Integers
    last_interval: Integers
    gap: Integers
    leap: Integers
    left: Integers
    pitch: Integers
    register: Array
    now: Array
    then: Array
    root: Integers
    tempo: Array


def chroma(chord: Chord | None) -> Array:
    """Return the pitch classes of a chord as ones, shape (12,)."""
    row = np.zeros(12, np.float32)
    if chord is not None:
        row[list(chord.pitch_classes)] = 1
    return row


def features(steps: Steps) -> Array:
    """Return what the network is told of each step, shape (steps, `WIDTH`)."""
    mean_gap = steps.gap / np.maximum(steps.left + 1, 1)
    scalars = [
        _log(steps.last_gap),
        _log(steps.gap),
        _log(mean_gap),
        steps.register,
        np.log2(steps.tempo / 160),
        steps.leap / 12,
    ]
    strong = (steps.bar % 2 == 0) & (steps.place == steps.bar // 2)
    bar = [steps.place == 0, strong, steps.bar == 3, steps.bar == 4, steps.place == steps.bar - 1]
    root = np.where(steps.root < 0, -1, (steps.root - steps.pitch) % 12)
    columns = [
        _one_hot(steps.slot % SLOTS, SLOTS),
        np.stack(bar, axis=1),
        _one_hot(gap_class(steps.last_gap), len(GAPS)),
        _one_hot(interval_class(steps.last_interval), INTERVALS),
        _one_hot(np.clip(steps.left, 1, MOST_LEFT) - 1, MOST_LEFT),
        _one_hot(np.clip(steps.leap, -_LEAP, _LEAP) + _LEAP, 2 * _LEAP + 1),
        relative(steps.now, steps.pitch),
        relative(steps.then, steps.pitch),
        _one_hot(root, 12),
        np.stack(scalars, axis=1),
    ]
    return np.concatenate(columns, axis=1, dtype=np.float32, casting="unsafe")


def arrival(slot: Integers, chords: Array, root: Integers, pitch: Integers) -> Array:
    """Return what is known of where a step arrives, shape (steps, `ARRIVAL_WIDTH`).

    Parameters
    ----------
    slot : np.ndarray of int
        Of the next note.
    chords, root
        Chroma and root that sound there, as in `Steps`.
    pitch : np.ndarray of int
        Of the present note, from which the chord is counted.
    """
    above = np.where(root < 0, -1, (root - pitch) % 12)
    columns = [relative(chords, pitch), _one_hot(above, 12), _one_hot(slot % SLOTS, SLOTS)]
    return np.concatenate(columns, axis=1, dtype=np.float32, casting="unsafe")


def gap_class(gaps: Integers) -> Integers:
    """Return the nearest class of `GAPS` for lengths in slots."""
    distance = np.abs(np.log(np.maximum(np.asarray(gaps), 1))[:, None] - np.log(_GAPS))
    return np.asarray(distance.argmin(axis=1))


def interval_class(intervals: Integers) -> Integers:
    """Return the class of intervals in semitones; wider ones are the widest."""
    return np.asarray(np.clip(intervals, -WIDEST, WIDEST) + WIDEST)


def relative(chords: Array, pitch: Integers) -> Array:
    """Return chromas counted from pitches, both of as many rows."""
    columns = (np.arange(12) + np.asarray(pitch)[:, None]) % 12
    return np.take_along_axis(chords, columns, axis=1)


def _log(gaps: npt.ArrayLike) -> Array:
    return np.asarray(np.log2(np.maximum(np.asarray(gaps), 1) / SLOTS), np.float32)


def _one_hot(values: npt.ArrayLike, count: int) -> Array:
    """Return rows with a one each; a negative value gives none."""
    return np.asarray(np.asarray(values)[:, None] == np.arange(count), np.float32)
