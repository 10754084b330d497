"""Write a chart as events that a language model reads: a chord, how long, where in bar and section.

A chord is its root above the key's tonic and one of twelve classes of quality. It is split at bar
lines, so that an event never lasts longer than a bar, and a chord that holds is said again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.style.chord import Chord
from toolkit.style.harmony.changes import Change, Changes

Integers = npt.NDArray[np.int64]

CLASSES = ("", "maj7", "6", "m", "m7", "m6", "7", "7b9", "7sus4", "m7b5", "dim7", "aug")
"""Classes of quality by their most usual member; ``7b9`` holds all altered dominants."""

NUM_CHORDS = 12 * len(CLASSES)
NUM_DURATIONS = 6
FIELDS = (6, 4, 8, 2)
"""How many values each field of a place has: beat of the bar, meter, bar of the section, mode."""

START = NUM_CHORDS
"""The chord before the first one."""

_OF_QUALITY = {
    "": 0, "m": 3, "dim": 10, "aug": 11, "sus2": 0, "sus4": 8, "6": 2, "m6": 5, "7": 6, "maj7": 1,
    "m7": 4, "mmaj7": 5, "m7b5": 9, "dim7": 10, "7sus4": 8, "aug7": 7, "maj7#5": 1,
}  # fmt: skip
_ALTERED = {"b9", "#9", "b13"}


@dataclass(frozen=True)
class Events:
    """Hold the events of one chart.

    Parameters
    ----------
    chords : np.ndarray of int, shape (events,)
        0..`NUM_CHORDS` - 1: twelve times the class, plus semitones above the tonic.
    durations : np.ndarray of int, shape (events,)
        In beats less one, 0..`NUM_DURATIONS` - 1.
    places : np.ndarray of int, shape (events, 4)
        Where each begins, see `FIELDS`.
    """

    chords: Integers
    durations: Integers
    places: Integers


def class_of(chord: Chord) -> int:
    """Return the index in `CLASSES` of a chord's quality.

    Examples
    --------
    >>> CLASSES[class_of(Chord(7, "7", ("b9",)))], CLASSES[class_of(Chord(7, "7", ("13",)))]
    ('7b9', '7')
    """
    if chord.quality == "7" and _ALTERED & set(chord.tensions):
        return CLASSES.index("7b9")
    return _OF_QUALITY[chord.quality]


def number_of(chord: Chord, tonic: int) -> int:
    """Return a chord as events have it."""
    return 12 * class_of(chord) + (chord.root - tonic) % 12


def place(beat: float, beats: int, bar: int, minor: bool) -> tuple[int, int, int, int]:
    """Return where an event begins.

    Parameters
    ----------
    beat : float
        From the beginning of its bar.
    beats : int
        In a bar.
    bar : int
        Counted from the beginning of the section.
    minor : bool
        Whether the key is a minor one.
    """
    meter = {2: 0, 3: 1, 4: 2}.get(beats, 3)
    return min(int(beat + 1e-6), FIELDS[0] - 1), meter, bar % FIELDS[2], int(minor)


def duration_class(beats: float) -> int:
    """Return how long an event is, as events have it."""
    return min(max(round(beats), 1), NUM_DURATIONS) - 1


def events(chart: Changes) -> Events:
    """Return a chart's events."""
    rows = list(_rows(chart))
    return Events(
        np.array([row[0] for row in rows], np.int64),
        np.array([row[1] for row in rows], np.int64),
        np.array([row[2] for row in rows], np.int64).reshape(-1, len(FIELDS)),
    )


def _rows(chart: Changes) -> Iterable[tuple[int, int, tuple[int, int, int, int]]]:
    section = 0.0
    for change in chart.chords:
        section = change.onset if change.opens else section
        chord = number_of(change.chord, chart.tonic)
        for onset, length in _pieces(change, chart.beats):
            bar = int((onset - section) / chart.beats + 1e-6)
            where = place(onset % chart.beats, chart.beats, bar, chart.minor)
            yield chord, duration_class(length), where


def _pieces(change: Change, beats: int) -> Iterable[tuple[float, float]]:
    """Return (onset, duration) of a change in each bar that it reaches into."""
    onset, end = change.onset, change.onset + change.duration
    while onset < end - 1e-6:
        stop = min((int(onset / beats + 1e-6) + 1) * beats, end)
        yield onset, stop - onset
        onset = stop
