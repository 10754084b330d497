"""Make one voice of a lead sheet out of the notes that belong to it, and weigh them.

How structural a note is follows the preference rules of F. Lerdahl and R. Jackendoff ("A Generative
Theory of Tonal Music", 1983) for time-span reduction: strong beats, long notes, the ends of groups,
peaks of the contour and notes that are leapt to count; what is passed through counts little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from toolkit.style.lead_sheet import Bar, LineNote

Array = npt.NDArray[np.float64]

_ACCENT, _LENGTH, _END, _PEAK, _LEAPT = 0.34, 0.30, 0.16, 0.12, 0.08
_PASSED = 0.12
_PARTS = 48
_LONG_BREAK = 1.5
_NEIGHBORS = 4


def single_line(notes: Sequence[LineNote], *, highest: bool = True) -> tuple[LineNote, ...]:
    """Return a voice of one note at a time.

    Of notes at one place the longest stays, of equally long ones the highest (the lowest in a
    bass): a grace note, which falls on the place of what it leads to, goes. Each note lasts until
    its release or the next note.

    Parameters
    ----------
    notes : sequence of LineNote
        On the grid, in any order.
    highest : bool
        Whether the higher of two notes is the voice's.
    """
    sign = 1 if highest else -1
    by_place: dict[float, LineNote] = {}
    for note in notes:
        place = round(note.onset, 4)
        rival = by_place.get(place)
        if rival is None or _rank(note, sign) > _rank(rival, sign):
            by_place[place] = note
    line = [by_place[place] for place in sorted(by_place)]
    ends = [*(note.onset for note in line), np.inf][1:]
    return tuple(
        replace(note, duration=plain(max(min(note.duration, end - note.onset), 1 / _PARTS)))
        for note, end in zip(line, ends, strict=True)
    )


def weighed(line: Sequence[LineNote], bars: Sequence[Bar], parts: int = 2) -> tuple[LineNote, ...]:
    """Return the same voice with how structural each note is.

    Parameters
    ----------
    line : sequence of LineNote
        One note at a time, ascending.
    bars : sequence of Bar
        Say where accents are.
    parts : int
        Of a beat.
    """
    if not line:
        return ()
    onset = np.array([note.onset for note in line])
    pitch = np.array([note.pitch for note in line], float)
    until = np.append(np.diff(onset), max(line[-1].duration, 1.0))
    held = np.minimum(np.array([note.duration for note in line]), until)
    typical = float(np.median(until))
    length = np.clip(0.5 + 0.35 * np.log2(np.maximum(held, 0.1) / typical), 0, 1)
    weight = (
        _ACCENT * accents(onset, bars, parts)
        + _LENGTH * length
        + _END * ((until - held > 0.4) | (until > _LONG_BREAK * typical + 0.25))
        + _PEAK * _extremes(pitch)
        + _LEAPT * (np.abs(np.diff(pitch, prepend=pitch[0])) > 4)
        - _PASSED * _passing(pitch, held, typical)
    )
    return tuple(
        replace(note, weight=round(float(np.clip(each, 0.02, 1)), 2))
        for note, each in zip(line, weight, strict=True)
    )


def plain(beats: float) -> float:
    """Return a length without what sums of thirds are off by: the nearest 48th of a beat."""
    return round(beats * _PARTS) / _PARTS


def accents(onset: Array, bars: Sequence[Bar], parts: int = 2) -> Array:
    """Return how accented places are by the meter, 0..1.

    A downbeat has 1, the middle of an even bar 0.8, other beats 0.6, the middle of a beat 0.3, and
    other places less.

    Parameters
    ----------
    onset : np.ndarray
        In beats.
    bars : sequence of Bar
        Ascending from beat 0.
    parts : int
        Of a beat.
    """
    starts = np.array([bar.onset for bar in bars])
    lengths = np.array([bar.beats for bar in bars])
    index = np.clip(np.searchsorted(starts, onset + 1e-6, side="right") - 1, 0, None)
    place = (onset - starts[index]) % lengths[index]
    within = np.abs(place * parts - np.rint(place * parts)) < 1e-3
    on_beat = np.abs(place - np.rint(place)) < 1e-3
    middle = (lengths[index] % 2 == 0) & (lengths[index] > 2)
    middle &= np.abs(place - lengths[index] / 2) < 1e-3
    values = np.where(within, 0.3, 0.1)
    values = np.where(on_beat, 0.6, values)
    values = np.where(on_beat & middle, 0.8, values)
    return np.asarray(np.where(on_beat & (np.rint(place) % lengths[index] == 0), 1.0, values))


def _rank(note: LineNote, sign: int) -> tuple[float, int]:
    return round(note.duration, 3), sign * note.pitch


def _extremes(pitch: Array) -> Array:
    """Return 1 where a note is the highest, 0.6 where it is the lowest, of those around it."""
    padded = np.pad(pitch, _NEIGHBORS, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * _NEIGHBORS + 1)
    flat = windows.max(axis=1) == windows.min(axis=1)
    highest, lowest = pitch == windows.max(axis=1), pitch == windows.min(axis=1)
    return np.asarray(np.where(flat, 0.0, np.where(highest, 1.0, 0.6 * lowest)))


def _passing(pitch: Array, held: Array, typical: float) -> npt.NDArray[np.bool_]:
    """Return which notes are stepped through or around, and no longer than others."""
    before = np.diff(pitch, prepend=pitch[0])
    after = np.diff(pitch, append=pitch[-1])
    step = (np.abs(before) <= 2) & (np.abs(after) <= 2) & (before != 0) & (after != 0)
    return np.asarray(step & (held <= typical + 1e-6))
