"""Say how many notes come between two notes of a tune, and how long they last.

How often players go straight on to the next structural note, and how many notes they put in
otherwise, are those of the training solos (M. Pfleiderer et al., "Inside the Jazzomat", 2017):
`toolkit.training.solos.spacing` counts them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.style.lead_sheet import LeadSheet, LineNote
from toolkit.style.melody.line_steps import SLOTS
from toolkit.style.melody.line_writing import Point

_SHORTEST_GAP = 0.7
_EMPTY = (0.32, 0.15)
"""How often nothing comes between notes that are one beat and two or more apart."""

_BETWEEN, _GROWTH = 1.9, 0.72
"""Notes that come otherwise within a beat, and the power of beats by which they grow."""

_TOUCHED = (0.05, 0.7)
_UNEVEN = (0.7, 1.35)
_FASTEST_SECOND = 5.5
_MOST = 5
"""Longer rows are rarely made anew: they are scales and figures that somebody played before."""

_REST_BEATS, _BREATH = 1.0, 1.0
_FILLS = 1.1
_LONGEST = 1.0
_SOFTER = 0.88
ORNAMENT = 0.2
"""Weight of what is put in."""


def how_many(
    sheet: LeadSheet, note: LineNote, after: LineNote, amount: float, rng: np.random.Generator
) -> int:
    """Draw how many notes to put between two: none in most short gaps and breaths.

    Parameters
    ----------
    sheet : LeadSheet
        Its tempo says how many notes can be played.
    note, after : LineNote
        Of the tune.
    amount : float
        0..1; at 1 as often as soloists do.
    rng : np.random.Generator
    """
    touch, uneven, up = rng.random(), rng.uniform(*_UNEVEN), rng.random()
    gap, rest = after.onset - note.onset, after.onset - note.offset
    if gap < _SHORTEST_GAP:
        return 0
    wanted = min(_TOUCHED[0] + _TOUCHED[1] * amount, 1.0) * (1 - _EMPTY[gap >= 1.5])
    if rest >= _REST_BEATS:
        # A phrase has ended: it is answered, or one breathes; an answer takes a breath first.
        wanted = _FILLS * amount
        gap -= _BREATH
    if touch > wanted:
        return 0
    mean = min(_BETWEEN * max(gap, 0.5) ** _GROWTH, _FASTEST_SECOND * gap * 60 / sheet.tempo)
    return min(max(int(np.floor(mean * uneven + up)), 0), _MOST)


def as_notes(points: Sequence[Point], note: LineNote, after: LineNote) -> tuple[LineNote, ...]:
    """Return points as notes that sound up to the next one, a beat at most."""
    ends = [*(point.slot / SLOTS for point in points[1:]), after.onset][: len(points)]
    velocity = round(_SOFTER * (note.velocity + after.velocity) / 2, 2)
    return tuple(
        LineNote(
            point.slot / SLOTS,
            min(end - point.slot / SLOTS, _LONGEST),
            point.pitch,
            ORNAMENT,
            velocity,
        )
        for point, end in zip(points, ends, strict=True)
    )
