"""Move notes to the grid of their tempo map."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from toolkit.errors import UsageError
from toolkit.style import timeline
from toolkit.values import Notes

Array = npt.NDArray[np.float64]

# A finer grid is always nearer; it must be nearer by this much, in quarter notes RMS.
_FINER_COST = 0.02


def quantize(notes: Notes, *, subdivisions: tuple[int, ...] = (4, 3)) -> Notes:
    """Move onsets and offsets to the nearest place of a grid; times remain in seconds.

    Each beat takes the grid that its onsets fit best, such as sixteenths or triplets. No note
    becomes shorter than a step of its grid, and of two notes the one that began first does not
    begin later.

    Parameters
    ----------
    notes : Notes
        Needs a tempo map, which stays as it is.
    subdivisions : tuple of int
        Into how many steps a quarter note may be parted, each > 0.

    Raises
    ------
    UsageError
        If there is no tempo map.
    """
    if not notes.tempo_map:
        raise UsageError("notes without a tempo map have no grid", "track the beats first")
    if not len(notes):
        return notes
    begin = timeline.quarters(notes.tempo_map, [note.onset for note in notes])
    end = timeline.quarters(notes.tempo_map, [note.offset for note in notes])
    # An onset just before a beat belongs to that beat.
    beat = np.floor(begin + 0.5 / max(subdivisions)).astype(int)
    grids = _grids(begin - beat, beat, subdivisions)
    steps = grids[beat - beat.min()]
    snapped = np.maximum.accumulate(np.rint(begin * steps) / steps)
    length = np.maximum(np.rint((end - begin) * steps), 1) / steps
    onsets = timeline.seconds(notes.tempo_map, snapped)
    offsets = timeline.seconds(notes.tempo_map, snapped + length)
    moved = [
        replace(note, onset=max(float(onset), 0.0), offset=float(offset))
        for note, onset, offset in zip(notes, onsets, offsets, strict=True)
    ]
    return replace(notes, notes=tuple(moved))


def _grids(
    phase: Array, beat: npt.NDArray[np.intp], subdivisions: tuple[int, ...]
) -> npt.NDArray[np.intp]:
    """Return for each quarter note from the first the steps that its onsets fit best."""
    index = beat - beat.min()
    counts = np.maximum(np.bincount(index), 1)
    misfits = []
    for steps in subdivisions:
        away = phase - np.rint(phase * steps) / steps
        misfit = np.sqrt(np.bincount(index, away**2) / counts)
        misfits.append(misfit + _FINER_COST * steps / max(subdivisions))
    return np.asarray(np.array(subdivisions)[np.argmin(misfits, axis=0)])
