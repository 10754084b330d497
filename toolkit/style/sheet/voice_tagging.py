"""Find the melody and the bass among the notes of a piece.

A network, `toolkit.models.voice_tagger`, says of each note how likely it is melody or bass; the
melody is the best path through single notes: their log odds, less what leaps and notes that break
off a held one cost. `skyline` and `contour_line` are what evaluation compares it with.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.style.sheet import voice_network
from toolkit.style.sheet.note_context import NoteTable, features

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_NO_TUNE = 0.6
_FIGURED = 0.75  # attacks a note, in broken chords
_TOGETHER, _SINGING_LEAP = 0.08, 4.5
_BEAM = 10
_FORGET_BEATS = 16.0
_LEAP, _FREE_LEAP, _FAR_LEAP = 0.06, 5, 24
_BREAK = 0.4
_THRESHOLD, _UPPER = -1.0, 0.5
_BASS_LEAP = 0.02
_HEIGHT = 0.1


@dataclass(frozen=True, eq=False)
class Voices:
    """Hold which notes of a table are melody and which are bass; the others are inner voices.

    Parameters
    ----------
    melody, bass : np.ndarray of bool, shape (notes,)
        At most one note of each attack.
    confidence : float
        The F1 that the network expects of the melody, 0..1.
    source : str
        ``tune``; ``only voice`` where nothing else sounds; where no tune is found, ``top of
        figures`` or ``upper line``, which are what the ear takes for one.
    """

    melody: Mask
    bass: Mask
    confidence: float
    source: str = "tune"


def voices(table: NoteTable, spans: Array) -> Voices:
    """Return melody and bass: by the network, unless there is but one voice or no tune.

    Parameters
    ----------
    table : NoteTable
        In beats.
    spans : np.ndarray
        Where spans of one figure begin, such as half bars, in beats: where no tune is found, their
        highest notes are the upper voice of broken chords.
    """
    if is_one_voice(table):
        return Voices(np.ones(len(table), bool), np.zeros(len(table), bool), 1.0, "only voice")
    found = tagged(table)
    if found.confidence >= _NO_TUNE or not len(table):
        return found
    attacks = int(table.group[-1]) + 1
    broken = attacks > _FIGURED * len(table)
    melody = top_line(table, spans) if broken else contour_line(table)
    source = "top of figures" if broken else "upper line"
    return Voices(melody, found.bass & ~melody, found.confidence, source)


def is_one_voice(table: NoteTable) -> bool:
    """Return whether hardly any notes sound together, or leap as broken chords do."""
    if len(table) < 2:
        return len(table) == 1
    end = np.maximum.accumulate(table.offset)[:-1]
    together = (end - table.onset[1:] > 0.3 * (table.offset - table.onset)[1:]).mean()
    leaps = float(np.median(np.abs(np.diff(table.pitch))))
    return bool(together < _TOGETHER and leaps < _SINGING_LEAP)


def tagged(table: NoteTable) -> Voices:
    """Return melody and bass by the network.

    Parameters
    ----------
    table : NoteTable
        In beats.
    """
    chances = voice_network.chances(features(table))
    # Of two notes about equally likely the ear takes the upper one.
    upper = np.where(skyline(table), _UPPER, -_UPPER)
    melody = best_line(table, _log_odds(chances[:, 1]) + upper)
    # The bass is looked for in what is left, upside down.
    left = np.where(melody, -9.0, _log_odds(chances[:, 2]))
    bass = best_line(table, left, leap=_BASS_LEAP, falling=True)
    expected = 2 * float(chances[melody, 1].sum())
    total = int(melody.sum()) + float(chances[:, 1].sum())
    return Voices(melody, bass, expected / total if total > 0 else 0.0)


def best_line(table: NoteTable, gain: Array, *, leap: float = _LEAP, falling: bool = False) -> Mask:
    """Return the best sequence of single notes, at most one of each attack.

    Parameters
    ----------
    table : NoteTable
        What to choose from.
    gain : np.ndarray, shape (notes,)
        What choosing a note is worth, usually its log odds.
    leap : float
        Cost of each semitone beyond a fourth from the note chosen before.
    falling : bool
        Whether a lower note, rather than a higher one, may break off a held one at no cost.
    """
    chosen = np.zeros(len(table), bool)
    if not len(table):
        return chosen
    starts = np.flatnonzero(np.append(True, np.diff(table.group) > 0))
    edges = np.append(starts, len(table))
    # Each path is known by its last note, -1 for none yet; links lead back through the notes.
    last, total = np.array([-1]), np.zeros(1)
    came = np.full(len(table), -1)
    for first, stop in itertools.pairwise(edges):
        worth = first + np.flatnonzero(gain[first:stop] > -4)
        if not len(worth):
            continue
        cost = _transition(table, last, worth, leap, falling)
        through = total[:, None] - cost
        best = through.argmax(axis=0)
        came[worth] = last[best]
        last = np.concatenate([last, worth])
        total = np.concatenate([total, through.max(axis=0) + gain[worth]])
        keep = np.argsort(-total, kind="stable")[:_BEAM]
        fresh = (last[keep] < 0) | (table.onset[last[keep]] > table.onset[first] - _FORGET_BEATS)
        fresh[0] = True
        last, total = last[keep[fresh]], total[keep[fresh]]
    note = int(last[total.argmax()])
    while note >= 0:
        chosen[note] = True
        note = int(came[note])
    return chosen


def skyline(table: NoteTable) -> Mask:
    """Return the highest note of each attack, unless a higher one still sounds.

    The classic by which others are measured (A. Uitdenbogerd and J. Zobel, 1998).
    """
    chosen = np.zeros(len(table), bool)
    if not len(table):
        return chosen
    held_pitch, held_until = -1.0, -np.inf
    for index in np.flatnonzero(np.append(np.diff(table.group) > 0, True)):
        if table.pitch[index] >= held_pitch or table.onset[index] >= held_until - 0.05:
            chosen[index] = True
            held_pitch, held_until = table.pitch[index], table.offset[index]
    return chosen


def top_line(table: NoteTable, edges: Array) -> Mask:
    """Return the highest note of each span: the upper voice of figures that hold no tune.

    Parameters
    ----------
    table : NoteTable
        In beats.
    edges : np.ndarray
        Where spans begin, ascending, in beats; what precedes the first belongs to it.
    """
    chosen = np.zeros(len(table), bool)
    span = np.maximum(np.searchsorted(edges, table.onset + 1e-6, side="right") - 1, 0)
    # The first of equally high notes stands for them all.
    order = np.lexsort((table.onset, -table.pitch, span))
    chosen[order[np.append(True, np.diff(span[order]) > 0)[: len(order)]]] = True
    return chosen


def contour_line(table: NoteTable) -> Mask:
    """Return the smoothest high line: notes gain by height above the mean, and leaps cost."""
    if not len(table):
        return np.zeros(0, bool)
    height = _HEIGHT * (table.pitch - _local_mean(table))
    length = 0.5 * np.log2(np.clip(table.offset - table.onset, 0.125, 4.0))
    return best_line(table, height + length)


def _transition(
    table: NoteTable,
    last: npt.NDArray[np.intp],
    new: npt.NDArray[np.intp],
    leap: float,
    falling: bool,
) -> Array:
    """Return what going from each last note to each new one costs, shape (last, new)."""
    rise = table.pitch[new][None] - table.pitch[last][:, None]
    cost = leap * np.clip(np.abs(rise) - _FREE_LEAP, 0, _FAR_LEAP)
    over = np.minimum(table.offset[last][:, None] - table.onset[new][None], 2.0)
    inward = rise > 0 if falling else rise < 0
    cost = cost + _BREAK * np.where(inward, np.maximum(over - 0.1, 0.0), 0.0)
    return np.where(last[:, None] < 0, 0.0, cost)


def _log_odds(chance: Array) -> Array:
    safe = np.clip(chance, 1e-4, 1 - 1e-4)
    return np.asarray(np.log(safe / (1 - safe)) - _THRESHOLD)


def _local_mean(table: NoteTable) -> Array:
    """Return the mean pitch of the eight beats around each note."""
    sums = np.concatenate([[0.0], np.cumsum(table.pitch)])
    order = np.maximum.accumulate(table.onset)
    first = np.searchsorted(order, table.onset - 4)
    stop = np.maximum(np.searchsorted(order, table.onset + 4), first + 1)
    return np.asarray((sums[stop] - sums[first]) / (stop - first))
