"""Lay a line into an instrument's range by octaves, without breaking it in the midst of a phrase.

For every note the octave by dynamic programming: a change of octave costs least after a rest or
between phrases, and most within a run, so that a tune that fits is moved as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from toolkit.dsp.cheapest_path import cheapest_path
from toolkit.style.lead_sheet import LeadSheet, LineNote

_OUTSIDE = 100.0
_BREAK = 6.0
_BREAK_AT_REST = 2.0
_BREAK_AT_PHRASE = 1.0
_REST = 0.75
_FAR = 0.02
_MOVED = 0.15


def into_range(
    notes: Sequence[LineNote], sheet: LeadSheet, low: int, high: int, center: float | None = None
) -> tuple[LineNote, ...]:
    """Return the notes, transposed by octaves into a range.

    Parameters
    ----------
    notes : sequence of LineNote
        Ascending.
    sheet : LeadSheet
        For its phrases.
    low, high : int
        Lowest and highest MIDI number; with less than an octave between them a note may lie
        outside, as near as can be.
    center : float, optional
        Where the line is best, the middle of the range unless given.
    """
    if not notes:
        return ()
    middle = (low + high) / 2 if center is None else center
    shifts = np.arange(-10, 11) * 12
    pitches = np.array([note.pitch for note in notes])[:, None] + shifts[None]
    outside = np.maximum(low - pitches, 0) + np.maximum(pitches - high, 0)
    cost = _OUTSIDE * (outside > 0) + outside + _FAR * np.abs(pitches - middle)
    cost += _MOVED * np.abs(shifts) / 12
    starts = {round(phrase.onset, 6) for phrase in sheet.phrases}
    leaps = np.abs(shifts[:, None] - shifts[None]) / 12
    path = cheapest_path(
        cost, lambda at: _breaking(notes[at - 1], notes[at], sheet, starts) * leaps
    )
    return tuple(
        replace(note, pitch=note.pitch + int(shifts[index]))
        for note, index in zip(notes, path, strict=True)
    )


def _breaking(before: LineNote, after: LineNote, sheet: LeadSheet, starts: set[float]) -> float:
    """Return what an octave's change between two notes costs."""
    start = round(sheet.phrase_at(after.onset).onset, 6)
    if start in starts and start > before.onset:
        return _BREAK_AT_PHRASE
    return _BREAK_AT_REST if after.onset - before.offset >= _REST else _BREAK


def fold(pitch: int, low: int, high: int) -> int:
    """Return a pitch moved by octaves into a range, or just outside where it has no octave."""
    while pitch < low:
        pitch += 12
    while pitch > high:
        pitch -= 12
    return pitch
