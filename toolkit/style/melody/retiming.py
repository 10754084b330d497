"""Move the notes of a tune in time, as singers and players of jazz do: early, or left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from toolkit.style.lead_sheet import LeadSheet, LineNote
from toolkit.style.melody.anchors import droppable, strength

Spans = Sequence[tuple[float, float]]

_ANTICIPATE = 0.7
_DELAY = 0.4
_JOIN, _DROP = 0.9, 0.7
_ROOM = 0.9
_LONG = 0.9
_WEAK = 0.5
_SHORT = 0.51
_EPSILON = 1e-6


def is_locked(locked: Spans, begin: float, end: float) -> bool:
    """Return whether something between two beats has to stay as it is."""
    return any(begin < last - _EPSILON and end > first + _EPSILON for first, last in locked)


def retimed(
    sheet: LeadSheet, amount: float, rng: np.random.Generator, locked: Spans = ()
) -> tuple[LineNote, ...]:
    """Return the melody with weak notes left out or joined, and strong ones ahead of the beat.

    Long notes on strong beats come half a beat early, on the "and" of the beat before (a third of a
    beat in compound meters); weak ones come half a beat late where there is room; a weak repeat is
    joined to the note before.

    Parameters
    ----------
    sheet : LeadSheet
        With the melody.
    amount : float
        0..1, how much of it.
    rng : np.random.Generator
        Decides which.
    locked : sequence of (begin, end)
        Spans in beats that stay as they are.
    """
    free = droppable(sheet, amount)
    dice = rng.random((len(sheet.melody), 2))
    kept: list[LineNote] = []
    for note, drop, (dropped, moved) in zip(sheet.melody, free, dice, strict=True):
        if is_locked(locked, note.onset, note.offset):
            kept.append(note)
            continue
        before = (
            kept[-1] if kept and not is_locked(locked, kept[-1].onset, kept[-1].offset) else None
        )
        repeats = before is not None and before.pitch == note.pitch and note.duration <= _SHORT
        if drop and dropped < (_JOIN if repeats else 1.0) * amount:
            if before is not None:
                kept[-1] = replace(before, duration=note.offset - before.onset)
            continue
        other = _moved(sheet, note, kept, moved, amount)
        kept.append(note if is_locked(locked, other.onset, other.offset) else other)
    return _one_at_a_time(kept)


def _moved(
    sheet: LeadSheet, note: LineNote, before: list[LineNote], dice: float, amount: float
) -> LineNote:
    """Return a note early, late, or where it is."""
    step = 1 / 3 if sheet.parts == 3 else 0.5
    place = strength(sheet, note.onset)
    free_from = before[-1].onset if before else 0.0
    early = note.onset - step
    if place >= 0.75 and note.duration >= _LONG and early - free_from >= step - _EPSILON:
        if dice < _ANTICIPATE * amount and early >= 0:
            return replace(note, onset=early, duration=note.duration + step)
    elif note.weight < _WEAK and place > 0 and note.duration >= _ROOM and dice < _DELAY * amount:
        return replace(note, onset=note.onset + step, duration=note.duration - step)
    return note


def _one_at_a_time(notes: Sequence[LineNote]) -> tuple[LineNote, ...]:
    """Return notes cut where the next one begins."""
    ends = [*(note.onset for note in notes[1:]), np.inf]
    return tuple(
        replace(note, duration=min(note.duration, end - note.onset))
        for note, end in zip(notes, ends, strict=True)
    )
