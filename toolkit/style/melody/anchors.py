"""Rank the notes of a tune by how structural they are, and choose which have to stay."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from toolkit.style.lead_sheet import LeadSheet, LineNote

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_LONG_BEATS = 2.0
_LOSS, _FREEDOM = 0.06, 0.36
_RUN = 4
_EIGHTH = 0.51


def structure(sheet: LeadSheet) -> Array:
    """Return how structural each note of the melody is, 0..1, shape (notes,).

    The sheet's own weight counts most; beside it strong beats, long notes, the ends of phrases and
    the turns of the contour do (F. Lerdahl and R. Jackendoff, 1983).
    """
    notes = sheet.melody
    if not notes:
        return np.zeros(0)
    own = np.array([note.weight for note in notes])
    long = np.minimum([note.duration for note in notes], _LONG_BEATS) / _LONG_BEATS
    strong = np.array([strength(sheet, note.onset) for note in notes])
    heard = 0.4 * strong + 0.4 * long + 0.2 * (_turns(notes) | _ends(sheet))
    return np.asarray(0.6 * own + 0.4 * heard)


def strength(sheet: LeadSheet, beat: float) -> float:
    """Return how strong a place in its bar is: 1 for the first beat, 0 between beats."""
    bar = sheet.bars[sheet.bar_at(beat)]
    place = beat - bar.onset
    if abs(place - round(place)) > 0.05:
        return 0.0
    if round(place) % bar.beats == 0:
        return 1.0
    return 0.75 if bar.beats % 2 == 0 and 2 * round(place) == bar.beats else 0.4


def droppable(sheet: LeadSheet, amount: float) -> Flags:
    """Return which notes of the melody may be replaced, shape (notes,).

    The least structural ones, up to a share of the melody's weighted duration that grows faster
    than the amount: a tenth at 0.5, not quite a half at 1. First and last notes of phrases and even
    runs stay.
    """
    notes = sheet.melody
    free = np.zeros(len(notes), bool)
    ranks = structure(sheet)
    worth = np.array([note.weight * note.duration for note in notes])
    left = (_LOSS * amount + _FREEDOM * amount**3) * worth.sum()
    fixed = _ends(sheet) | runs(notes)
    for index in np.argsort(ranks, kind="stable"):
        if fixed[index]:
            continue
        if worth[index] > left:
            break
        left -= worth[index]
        free[index] = True
    return free


def runs(notes: Sequence[LineNote]) -> Flags:
    """Return which notes belong to four or more of one length, eighths or shorter, in a row."""
    member = np.zeros(len(notes), bool)
    gaps = np.round(np.diff([note.onset for note in notes]), 3)
    first = 0
    for index in range(1, len(gaps) + 1):
        if index < len(gaps) and gaps[index] == gaps[first]:
            continue
        if index - first + 1 >= _RUN and gaps[first] <= _EIGHTH:
            member[first : index + 1] = True
        first = index
    return member


def _turns(notes: Sequence[LineNote]) -> Flags:
    step = np.sign(np.diff([note.pitch for note in notes]))
    inside = step[:-1] * step[1:] < 0
    return np.asarray(np.concatenate([[True], inside, [True]])[: len(notes)], bool)


def _ends(sheet: LeadSheet) -> Flags:
    """Return which notes begin or end a phrase."""
    phrase = [sheet.phrase_at(note.onset).onset for note in sheet.melody]
    change = np.diff(phrase) != 0
    return np.asarray(np.append(True, change) | np.append(change, True), bool)
