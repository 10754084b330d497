"""Describe each beat for the chord network: what each pitch class does in it.

Every description is one of a pitch class, so that music a semitone higher has the same one, turned
by a place. What a transcriber gets wrong most, when notes end, is only one of them: beside how long
a pitch class sounds there is how strongly it was struck and how long ago.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from toolkit.values import DRUMS, Notes

Array = npt.NDArray[np.float64]
Table = npt.NDArray[np.float32]

NUM_FEATURES = 15
SOUNDS, BASS, STRUCK = 0, 3, 5
"""Features: which share of a span a pitch class sounds, whether it is the bass for long enough, and
how strongly it is struck."""

_LOW, _HIGH = 55, 70
_LONG_SHARE = 0.25  # of a span that a note has to sound to be its bass
_EARLY, _LATE = 0.15, 0.2  # of a span, around its beginning: struck on the beat
_FADES = (0.75, 0.5)  # what is left of a struck tone a span later
_SILENT = 0.05


def describe(notes: Notes, edges: Array, bar_lines: Array | None = None) -> Table:
    """Return what each pitch class does in each span, shape (spans, 12, NUM_FEATURES).

    Parameters
    ----------
    notes : Notes
        Drums do not count.
    edges : np.ndarray, shape (spans + 1,)
        In seconds, ascending.
    bar_lines : np.ndarray, optional
        In seconds; None where bars are not known.
    """
    count, lengths = len(edges) - 1, np.maximum(np.diff(edges), 1e-6)
    rows = [
        (n.onset, n.offset, n.pitch, n.velocity * n.confidence) for n in notes if n.program != DRUMS
    ]
    onset, offset, height, force = np.array(rows, float).reshape(-1, 4).T
    pitch = height.astype(int)
    first = np.clip(np.searchsorted(edges, onset, side="right") - 1, 0, count - 1)
    last = np.clip(np.searchsorted(edges, offset) - 1, first, count - 1)
    note, span = _spread(first, last)
    shared = np.minimum(offset[note], edges[span + 1]) - np.maximum(onset[note], edges[span])
    share = np.clip(shared / lengths[span], 0.0, 1.0)
    struck = _struck(onset, edges, lengths, first)
    columns = [
        _summed(span, pitch[note], share, count),
        _summed(span, pitch[note], share * (pitch[note] < _LOW), count),
        _summed(span, pitch[note], share * (pitch[note] >= _HIGH), count),
        _lowest(span, pitch[note], share >= _LONG_SHARE, count),
        _lowest(first, pitch, np.ones(len(pitch), bool), count),
        np.tanh(_summed(first, pitch, force, count)),
        np.tanh(_summed(struck, pitch, force, count, struck >= 0)),
        _lowest(struck, pitch, struck >= 0, count),
    ]
    root = np.sqrt(columns[0])
    columns.append(root / np.maximum(root.sum(axis=1, keepdims=True), 1e-9))
    columns += [_faded(np.maximum(columns[5], 0.5 * columns[6]), fade) for fade in _FADES]
    columns.append(_faded(columns[4], _FADES[0]))
    whole = columns[0].sum(axis=1)
    lines = np.zeros(count) if bar_lines is None else _near(edges[:-1], bar_lines, lengths)
    same = (lines, np.full(count, float(bar_lines is not None)), whole < _SILENT)
    columns += [np.repeat(np.asarray(each, float)[:, None], 12, axis=1) for each in same]
    return np.stack(columns, axis=2).astype(np.float32)


def _spread(
    first: npt.NDArray[np.intp], last: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return a row for each note and span that it touches: (notes, spans)."""
    counts = last - first + 1
    note = np.repeat(np.arange(len(first)), counts)
    begun = np.repeat(np.cumsum(counts) - counts, counts)
    return note, first[note] + np.arange(len(note)) - begun


def _struck(
    onset: Array, edges: Array, lengths: Array, first: npt.NDArray[np.intp]
) -> npt.NDArray[np.intp]:
    """Return the span on whose beginning each note is struck, -1 for none."""
    place = (onset - edges[first]) / lengths[first]
    following = np.where(first + 1 < len(lengths), first + 1, -1)
    return np.where(place < _LATE, first, np.where(place > 1 - _EARLY, following, -1))


def _summed(
    span: npt.NDArray[np.intp],
    pitch: npt.NDArray[np.intp],
    weight: Array,
    count: int,
    kept: npt.NDArray[np.bool_] | None = None,
) -> Array:
    table = np.zeros((count, 12))
    chosen = np.ones(len(span), bool) if kept is None else kept
    np.add.at(table, (span[chosen], pitch[chosen] % 12), weight[chosen])
    return table


def _lowest(
    span: npt.NDArray[np.intp],
    pitch: npt.NDArray[np.intp],
    kept: npt.NDArray[np.bool_],
    count: int,
) -> Array:
    """Return 1 at the pitch class of each span's lowest note, of those that count."""
    lowest = np.full(count, 128)
    np.minimum.at(lowest, span[kept], pitch[kept])
    table = np.zeros((count, 12))
    there = np.flatnonzero(lowest < 128)
    table[there, lowest[there] % 12] = 1.0
    return table


def _faded(struck: Array, fade: float) -> Array:
    """Return how much is left in each span of the strongest stroke so far."""
    left = struck.copy()
    for index in range(1, len(left)):
        np.maximum(left[index], fade * left[index - 1], out=left[index])
    return left


def _near(begins: Array, bar_lines: Array, lengths: Array) -> Array:
    """Return 1 where a span begins on a bar line."""
    if not len(bar_lines):
        return np.zeros(len(begins))
    at = np.searchsorted(bar_lines, begins)
    before, after = np.maximum(at - 1, 0), np.minimum(at, len(bar_lines) - 1)
    away = np.minimum(np.abs(begins - bar_lines[before]), np.abs(begins - bar_lines[after]))
    return np.asarray(away < 0.1 * lengths, float)
