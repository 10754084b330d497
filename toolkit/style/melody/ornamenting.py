"""Ornament a tune by rule, in the manner of an idiom."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.style.lead_sheet import LeadSheet, LineNote
from toolkit.style.melody import melody_moves as moves
from toolkit.style.melody.retiming import Spans, is_locked

_MOVES: dict[str, tuple[tuple[moves.Move, float], ...]] = {
    "plain": ((moves.passing, 0.5), (moves.neighbor, 0.4)),
    "baroque": (
        (moves.trill, 0.8),
        (moves.suspension, 0.35),
        (moves.passing, 0.8),
        (moves.mordent, 0.35),
        (moves.neighbor, 0.6),
    ),
    "jazz": ((moves.blue_third, 0.15),),
    "blues": ((moves.blue_third, 0.8), (moves.repetition, 0.35)),
}
"""Moves of each idiom in the order in which they are tried, and how often at amount 1."""

_CALL_BEATS = 2.5
_ANSWER_REST = 2.0
_ANSWERS = 0.9


def ornamented(
    sheet: LeadSheet,
    notes: Sequence[LineNote],
    idiom: str,
    amount: float,
    rng: np.random.Generator,
    locked: Spans = (),
) -> tuple[LineNote, ...]:
    """Return a line of which some notes are ornamented.

    Parameters
    ----------
    sheet : LeadSheet
        Whose chords, keys and bars hold.
    notes : sequence of LineNote
        One at a time, ascending.
    idiom : str
        One of `toolkit.style.style.IDIOMS`.
    amount : float
        0..1, how often.
    rng : np.random.Generator
        Decides where.
    locked : sequence of (begin, end)
        Spans in beats that stay as they are.
    """
    result: list[LineNote] = []
    dice = rng.random((len(notes), len(_MOVES[idiom])))
    for index, note in enumerate(notes):
        after = notes[index + 1] if index + 1 < len(notes) else None
        before = notes[index - 1] if index else None
        played: tuple[LineNote, ...] = ()
        if not is_locked(locked, note.onset, note.offset):
            for (move, often), drawn in zip(_MOVES[idiom], dice[index], strict=True):
                if drawn < often * amount and (played := move(sheet, note, before, after)):
                    break
        result += played or (note,)
    return tuple(result)


def answered(
    sheet: LeadSheet,
    notes: Sequence[LineNote],
    amount: float,
    rng: np.random.Generator,
    locked: Spans = (),
) -> tuple[LineNote, ...]:
    """Return a line in whose long rests its last notes are answered, as in a blues.

    Parameters are those of `ornamented`.
    """
    result: list[LineNote] = []
    for index, note in enumerate(notes):
        result.append(note)
        end = notes[index + 1].onset if index + 1 < len(notes) else note.offset
        wanted = rng.random() < _ANSWERS * amount
        if end - note.offset < _ANSWER_REST or not wanted or is_locked(locked, note.offset, end):
            continue
        call = [each for each in notes[: index + 1] if note.offset - each.onset <= _CALL_BEATS]
        result += moves.answer(sheet, call, note.offset, end - 0.5)
    return tuple(result)
