"""Count for how long each pitch class sounds, and what sounds lowest."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from toolkit.values import DRUMS, Notes

Array = npt.NDArray[np.float64]


def sounding(notes: Notes, edges: Array) -> Array:
    """Return the seconds that each pitch class sounds between edges, shape (spans, 12).

    Parameters
    ----------
    notes : Notes
        Drums do not count.
    edges : np.ndarray, shape (spans + 1,)
        In seconds, ascending.
    """
    tones = np.zeros((len(edges) - 1, 12))
    for note in notes:
        if note.program != DRUMS:
            spans, seconds = _shares(note.onset, note.offset, edges)
            tones[spans, note.pitch % 12] += seconds
    return tones


def lowest(notes: Notes, edges: Array) -> Array:
    """Return which pitch classes are in the bass, in seconds, shape (spans, 12).

    In each span only the lowest pitch that sounds for a quarter of it or more counts.
    """
    bass = np.zeros((len(edges) - 1, 12))
    pitch = np.full(len(edges) - 1, 128)
    lengths = np.diff(edges)
    for note in notes:
        if note.program == DRUMS:
            continue
        spans, seconds = _shares(note.onset, note.offset, edges)
        low = (note.pitch < pitch[spans]) & (seconds >= lengths[spans] / 4)
        at = np.arange(spans.start, spans.stop)[low]
        pitch[at] = note.pitch
        bass[at] = 0
        bass[at, note.pitch % 12] = lengths[at]
    return bass


def _shares(onset: float, offset: float, edges: Array) -> tuple[slice, Array]:
    """Return the spans that a note touches and for how many seconds it sounds in each."""
    first = max(int(np.searchsorted(edges, onset, side="right")) - 1, 0)
    stop = min(int(np.searchsorted(edges, offset)), len(edges) - 1)
    stop = max(stop, first)
    begin = np.maximum(edges[first:stop], onset)
    end = np.minimum(edges[first + 1 : stop + 1], offset)
    return slice(first, stop), np.maximum(end - begin, 0.0)
