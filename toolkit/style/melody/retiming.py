"""Move the notes of a tune in time, as singers and players of jazz do: early, late, or left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from toolkit.style.lead_sheet import LeadSheet, LineNote
from toolkit.style.melody.anchors import Flags, droppable, strength

Spans = Sequence[tuple[float, float]]

_EARLY, _EARLY_WEAK, _LATE = 0.9, 0.45, 0.2
_MOST_MOVED = 0.8
_JOIN = 1.2
_ROOM = 0.9
_STRONG = 0.75
_SHORT = 0.51
_FARTHEST = 3.0
"""Beats from one note that stays to where the next one begins; lines need something to go to."""

_EPSILON = 1e-6


def is_locked(locked: Spans, begin: float, end: float) -> bool:
    """Return whether something between two beats has to stay as it is."""
    return any(begin < last - _EPSILON and end > first + _EPSILON for first, last in locked)


@dataclass(frozen=True, eq=False)
class Phrasing:
    """Re-time the notes of one melody.

    Notes on strong beats come half a beat early, on the "and" of the beat before (a third of a beat
    in compound meters), where that is free; notes on any beat come as much late where they are long
    enough, and leave their beat to an approach; a repeat between beats is joined to the note before
    it, and what is least structural is left out.

    Parameters
    ----------
    sheet : LeadSheet
        With the melody.
    amount : float
        0..1, how much of it.
    locked : sequence of (begin, end)
        Spans in beats that stay as they are.
    """

    sheet: LeadSheet
    amount: float
    locked: Spans = ()

    @cached_property
    def _free(self) -> Flags:
        return droppable(self.sheet, self.amount)

    @property
    def step(self) -> float:
        """Return by how many beats notes are moved."""
        return 1 / 3 if self.sheet.parts == 3 else 0.5

    def notes(
        self, first: int, last: int, before: LineNote | None, rng: np.random.Generator
    ) -> tuple[LineNote, ...]:
        """Return some notes of the melody in time, one at a time.

        Parameters
        ----------
        first, last : int
            Of the melody's notes, from one to before another.
        before : LineNote, optional
            What was played of the note before the first; it may come back longer or shorter, and is
            the first of the result.
        rng : np.random.Generator
            Decides which notes are moved.
        """
        kept = [] if before is None else [before]
        for index in range(first, last):
            note = self.sheet.melody[index]
            dropped, moved = rng.random(2)
            if is_locked(self.locked, note.onset, note.offset):
                kept.append(note)
            elif kept and self._is_left_out(index, kept[-1], dropped):
                if not is_locked(self.locked, kept[-1].onset, kept[-1].offset):
                    kept[-1] = replace(kept[-1], duration=note.offset - kept[-1].onset)
            else:
                free_from = kept[-1].onset if kept else -np.inf
                other = self._moved(note, free_from, moved)
                stays = is_locked(self.locked, other.onset, other.offset)
                kept.append(note if stays else other)
        return one_at_a_time(kept)

    def _is_left_out(self, index: int, before: LineNote, dice: float) -> bool:
        note = self.sheet.melody[index]
        repeats = before.pitch == note.pitch and note.duration <= _SHORT
        if repeats and strength(self.sheet, note.onset) == 0:
            return dice < _JOIN * self.amount
        bears = note.offset - before.onset <= _FARTHEST + _EPSILON
        return bears and bool(self._free[index]) and dice < 2 * self.amount

    def _moved(self, note: LineNote, free_from: float, dice: float) -> LineNote:
        """Return a note early, late, or where it is."""
        place = strength(self.sheet, note.onset)
        if place == 0:
            return note
        early, step = note.onset - self.step, self.step
        often = min((_EARLY if place >= _STRONG else _EARLY_WEAK) * self.amount, _MOST_MOVED)
        has_room = early - free_from >= step - _EPSILON and early >= 0
        if has_room and note.duration >= _ROOM - step and dice < often:
            return replace(note, onset=early, duration=note.duration + step)
        if note.duration >= _ROOM and dice > 1 - min(_LATE * self.amount, _MOST_MOVED):
            return replace(note, onset=note.onset + step, duration=note.duration - step)
        return note


def one_at_a_time(notes: Sequence[LineNote]) -> tuple[LineNote, ...]:
    """Return notes, ascending, each cut where the next one begins."""
    ends = [*(note.onset for note in notes[1:]), np.inf]
    return tuple(
        replace(note, duration=min(note.duration, end - note.onset))
        for note, end in zip(notes, ends, strict=True)
    )
