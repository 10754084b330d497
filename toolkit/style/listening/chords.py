"""Recognize chords, beat by beat, and what they do in their key.

What the network says (`toolkit.style.listening.chord_network`) and how well the tones of each chord
fit what sounds (`toolkit.style.listening.chord_rules`) are added up; the best path through the
chords pays for every change, less where the network expects one. Audio that nobody transcribed is
recognized by the rules alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.style.listening import chord_features, chord_network, chord_rules
from toolkit.style.listening.chord_symbols import NO_CHORD, QUALITIES, SYMBOLS
from toolkit.style.switching import best_path, starts
from toolkit.style.tones import lowest, sounding
from toolkit.values import Notes

__all__ = [
    "NO_CHORD", "QUALITIES", "SYMBOLS", "Heard", "beat_edges", "by_rule", "chords", "heard",
    "recognize",
]  # fmt: skip

Array = npt.NDArray[np.float64]

FUNCTIONS = "TSD"

# Fitted to songs 801 to 850 of POP909 and to what the transcriber hears in renders of them.
_FITS = 0.25
_EXPECTED, _PRICE = 0.5, 0.5
_CHEAPEST, _STILL = 0.2, 6.0


@dataclass(frozen=True)
class Heard:
    """Hold a chord that was heard.

    Parameters
    ----------
    time : float
        In seconds; it holds until the next.
    symbol : str
        One of `SYMBOLS`.
    bass : int
        Pitch class of its lowest tone, -1 for no chord.
    function : str
        ``T``, ``S`` or ``D`` in the key around it; empty for no chord.
    """

    time: float
    symbol: str
    bass: int
    function: str


def chords(
    notes: Notes, beats: Array, places: npt.NDArray[np.intp] | None = None
) -> tuple[tuple[float, str], ...]:
    """Return the chords as (time in seconds, symbol), the first at time 0.

    Parameters
    ----------
    notes : Notes
        What is played.
    beats : np.ndarray
        In seconds, ascending: where a chord may change.
    places : np.ndarray of int, optional
        Each beat's place in its bar: a change on a downbeat needs less evidence.
    """
    return tuple((each.time, each.symbol) for each in heard(notes, beats, places))


def heard(
    notes: Notes, beats: Array, places: npt.NDArray[np.intp] | None = None
) -> tuple[Heard, ...]:
    """Return the chords with bass and function; parameters as of `chords`."""
    edges = beat_edges(beats, notes.duration)
    if len(edges) < 2:
        return ()
    bar_lines = None if places is None else beats[places == 0]
    features = chord_features.describe(notes, edges, bar_lines)
    said = chord_network.said(features)
    fits = chord_rules.odds(sounding(notes, edges), lowest(notes, edges), np.diff(edges))
    # Where nothing is struck nothing new is said, and no chord begins, whatever dies away.
    still = features[:, :, chord_features.STRUCK].sum(axis=1) == 0
    odds = np.where(still[:, None], 0.0, said.chords)
    odds += _FITS * (fits - fits.max(axis=1, keepdims=True))
    price = _PRICE * chord_rules.prices(edges[:-1], bar_lines) - _EXPECTED * said.change
    path = best_path(odds, np.maximum(price, _CHEAPEST) + _STILL * still)
    first = starts(path)
    found = []
    for begin, end in zip(first, [*first[1:], len(path)], strict=True):
        symbol = SYMBOLS[path[begin]]
        none = symbol == NO_CHORD
        bass = int(said.bass[begin:end].sum(axis=0).argmax())
        function = FUNCTIONS[int(said.functions[begin:end].sum(axis=0).argmax())]
        found.append(
            Heard(float(edges[begin]), symbol, -1 if none else bass, "" if none else function)
        )
    return tuple(found)


def by_rule(
    notes: Notes, beats: Array, bar_lines: Array | None = None
) -> tuple[tuple[float, str], ...]:
    """Return the chords as `chords` does, by the rules alone.

    Parameters
    ----------
    notes : Notes
        What is played.
    beats, bar_lines : np.ndarray
        In seconds, ascending.
    """
    edges = beat_edges(beats, notes.duration)
    if len(edges) < 2:
        return ()
    return recognize(sounding(notes, edges), lowest(notes, edges), edges, bar_lines)


def beat_edges(beats: Array, duration: float) -> Array:
    """Return the beats with the beginning and the end of the recording, in seconds."""
    inside = beats[(beats > 0) & (beats < duration)]
    return np.concatenate([[0.0], inside, [duration]]) if duration > 0 else np.zeros(0)


def recognize(
    tones: Array, bass: Array, edges: Array, bar_lines: Array | None = None
) -> tuple[tuple[float, str], ...]:
    """Return the most probable chords by rule as (time in seconds, symbol).

    Parameters
    ----------
    tones, bass : np.ndarray, shape (spans, 12)
        How much of each pitch class sounds in each span, and of the bass; a silent span is zero.
    edges : np.ndarray, shape (spans + 1,)
        In seconds.
    bar_lines : np.ndarray, optional
        In seconds: where chords change more readily.
    """
    likely = chord_rules.odds(tones, bass, np.diff(edges))
    path = best_path(likely, chord_rules.prices(edges[:-1], bar_lines))
    return tuple((float(edges[index]), SYMBOLS[path[index]]) for index in starts(path))
