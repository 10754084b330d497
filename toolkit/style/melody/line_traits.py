"""Describe how a stretch of a line moves, and say how like the training solos that is.

Eight shares: notes on a beat, notes on the first beat of a bar, notes off the beat that are held
over the next one, steps of a semitone, steps of a third, repeats, chord tones on a beat, and how
many different pitch classes there are. Their means and spreads over stretches of four bars of the
training solos are those that `toolkit.training.solos.usual_traits` finds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from toolkit.style.lead_sheet import LeadSheet, LineNote

Array = npt.NDArray[np.float64]

TRAITS = (
    "on a beat", "on the one", "held over", "semitones", "thirds", "repeats", "chord tones",
    "pitch classes",
)  # fmt: skip

USUAL = (
    (0.356, 0.097, 0.176, 0.257, 0.265, 0.059, 0.529, 0.74),
    (0.137, 0.064, 0.126, 0.158, 0.141, 0.104, 0.223, 0.178),
)
"""Means and spreads of `TRAITS` in the training solos."""

_FEWEST = 5
_NEAR = 0.05
_FULL = 12


def traits(
    onsets: Array, pitches: Array, on_one: npt.NDArray[np.bool_], chordal: npt.NDArray[np.bool_]
) -> Array:
    """Return `TRAITS` of a stretch, shape (8,).

    Parameters
    ----------
    onsets, pitches : np.ndarray, shape (notes,)
        In beats, ascending, and MIDI numbers; two notes at least.
    on_one, chordal : np.ndarray of bool, shape (notes,)
        Which notes begin a bar, and which are tones of their chord.
    """
    on_beat = np.abs(onsets - np.round(onsets)) < _NEAR
    steps = np.abs(np.diff(pitches))
    over = ~on_beat[:-1] & (onsets[1:] > np.floor(onsets[:-1]) + 1 + _NEAR)
    names = len(np.unique(pitches % 12))
    return np.array(
        [
            on_beat.mean(),
            on_one.mean(),
            over.mean(),
            np.mean(steps == 1),
            np.mean((steps == 3) | (steps == 4)),
            np.mean(steps == 0),
            (chordal & on_beat).sum() / max(on_beat.sum(), 1),
            names / min(len(pitches), _FULL),
        ]
    )


def likeness(sheet: LeadSheet, notes: Sequence[LineNote]) -> float:
    """Return how like solos a stretch is: 0 for the most usual, below for others; 0 for few notes.

    The mean square of how many spreads the traits lie off, negative.
    """
    if len(notes) < _FEWEST:
        return 0.0
    bars = [sheet.bars[sheet.bar_at(note.onset)].onset for note in notes]
    spans = [sheet.chord_at(max(note.onset, 0.0)) for note in notes]
    found = traits(
        np.array([note.onset for note in notes]),
        np.array([note.pitch for note in notes]),
        np.array([abs(note.onset - bar) < _NEAR for note, bar in zip(notes, bars, strict=True)]),
        np.array(
            [
                span is not None and note.pitch % 12 in span.chord.pitch_classes
                for note, span in zip(notes, spans, strict=True)
            ]
        ),
    )
    means, spreads = (np.array(row) for row in USUAL)
    return -float(np.mean(((found - means) / spreads) ** 2))
