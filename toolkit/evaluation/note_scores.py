"""Score found notes by true ones, as the field does: with mir_eval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.values import Note, Notes

ONSET_TOLERANCE = 0.05
_FRAME_SECONDS = 0.01
_UNISON_SECONDS = 0.03

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class NoteScores:
    """Hold F1 figures, 0..1.

    Parameters
    ----------
    onset : float
        Pitch within 50 cents, onset within 50 ms.
    offset : float
        And the offset within a fifth of the duration, at least 50 ms.
    velocity : float
        Onset and pitch, and the velocity within 0.1 after a linear fit.
    frame : float
        Of the pitches that sound, every 10 ms.
    precision, recall : float
        Of the onsets.
    """

    onset: float
    offset: float
    velocity: float
    frame: float
    precision: float
    recall: float


def note_scores(truth: Notes, found: Notes) -> NoteScores:
    """Return how well found notes agree with the true ones.

    Notes of one pitch that begin within 30 ms are one note, as unisons of several instruments are
    to the ear. Drums are left out. Of C. Raffel et al., "mir_eval: a transparent implementation of
    common MIR metrics", 2014.
    """
    from mir_eval import transcription, transcription_velocity

    true, heard = merged(truth), merged(found)
    if not true or not heard:
        same = float(not true and not heard)
        return NoteScores(same, same, same, same, same, same)
    given = (*_arrays(true), *_arrays(heard))
    plain = (given[0], given[1], given[3], given[4])
    precision, recall, onset, _ = transcription.precision_recall_f1_overlap(
        *plain, onset_tolerance=ONSET_TOLERANCE, offset_ratio=None
    )
    offset = transcription.precision_recall_f1_overlap(*plain, onset_tolerance=ONSET_TOLERANCE)[2]
    velocity = transcription_velocity.precision_recall_f1_overlap(*given, offset_ratio=None)[2]
    return NoteScores(
        float(onset),
        float(offset),
        float(velocity),
        _frame_f1(true, heard),
        float(precision),
        float(recall),
    )


def merged(notes: Notes) -> list[Note]:
    """Return the pitched notes in order, unisons as the longest and loudest of them."""
    kept: list[Note] = []
    last: dict[int, int] = {}
    for note in notes:
        if note.program > 127:
            continue
        place = last.get(note.pitch)
        if place is not None and note.onset - kept[place].onset < _UNISON_SECONDS:
            first = kept[place]
            kept[place] = Note(
                first.onset,
                max(first.offset, note.offset),
                note.pitch,
                max(first.velocity, note.velocity),
            )
            continue
        last[note.pitch] = len(kept)
        kept.append(note)
    return kept


def _arrays(notes: list[Note]) -> tuple[Array, Array, Array]:
    """Return intervals [notes, 2], frequencies in Hz and velocities."""
    spans = np.array([(note.onset, max(note.offset, note.onset + 0.01)) for note in notes])
    pitches = np.array([440 * 2 ** ((note.pitch - 69) / 12) for note in notes])
    return spans, pitches, np.array([note.velocity for note in notes])


def _frame_f1(true: list[Note], heard: list[Note]) -> float:
    count = 1 + round(max(note.offset for note in (*true, *heard)) / _FRAME_SECONDS)
    one, other = _roll(true, count), _roll(heard, count)
    return float(2 * (one & other).sum() / max(one.sum() + other.sum(), 1))


def _roll(notes: list[Note], count: int) -> npt.NDArray[np.bool_]:
    out = np.zeros((count, 128), np.bool_)
    for note in notes:
        first, stop = (round(time / _FRAME_SECONDS) for time in (note.onset, note.offset))
        out[first:stop, note.pitch] = True
    return out
