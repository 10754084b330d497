"""Join the notes that were found in overlapping pieces of a long recording.

Two pieces see the notes around their border with different context, so a note right on it may be
found a few milliseconds before the border by one piece and after it by the other. Each piece
therefore answers for notes up to a tolerance beyond its own borders, and of two notes of the same
pitch that begin within twice the tolerance of each other at a border one is kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from toolkit.values import Note

TOLERANCE = 0.05
"""In seconds."""


def join(
    pieces: Iterable[tuple[float, float, Iterable[Note]]], tolerance: float = TOLERANCE
) -> tuple[Note, ...]:
    """Return the notes of consecutive pieces (start, stop, notes), times from the beginning.

    Parameters
    ----------
    pieces : iterable of (float, float, iterable of Note)
        The span in seconds that is a piece's own, and all it found, in its context too. A note that
        began in a former piece is cut where the next note of its pitch begins.
    tolerance : float
        In seconds.
    """
    kept: list[Note] = []
    for start, stop, notes in pieces:
        border: list[Note] = []
        for note in notes:
            if not start - tolerance <= note.onset < stop + tolerance:
                continue
            if start > 0 and note.onset < start + tolerance and _has(kept, note, 2 * tolerance):
                continue
            border.append(note)
        kept = [_cut(note, border) if note.offset > start else note for note in kept] + border
    return tuple(kept)


def _has(notes: list[Note], wanted: Note, within: float) -> bool:
    return any(
        note.pitch == wanted.pitch and abs(note.onset - wanted.onset) <= within for note in notes
    )


def _cut(note: Note, followers: list[Note]) -> Note:
    begins = [
        each.onset
        for each in followers
        if each.pitch == note.pitch and note.onset < each.onset < note.offset
    ]
    return replace(note, offset=min(begins)) if begins else note
