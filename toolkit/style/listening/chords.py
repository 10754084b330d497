"""Recognize chords from how long each pitch class sounds in each beat.

A hidden Markov model over chord symbols (A. Sheh and D. Ellis, "Chord segmentation and recognition
using EM-trained hidden Markov models", 2003) whose emissions are not trained but follow from the
symbols: sounding tones are drawn from the chord's tones, or with a small probability from the
others, and the bass is the root more often than not. Symbols follow C. Harte et al., "Symbolic
representation of musical chords" (2005).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from toolkit.io.pitch_names import PITCH_CLASSES
from toolkit.style.switching import best_path, starts
from toolkit.style.tones import lowest, sounding
from toolkit.values import Notes

Array = npt.NDArray[np.float64]

QUALITIES: dict[str, tuple[int, ...]] = {
    "maj": (0, 4, 7),
    "min": (0, 3, 7),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "min7": (0, 3, 7, 10),
    "dim": (0, 3, 6),
    "hdim7": (0, 3, 6, 10),
    "sus4": (0, 5, 7),
    "aug": (0, 4, 8),
}
NO_CHORD = "N"
SYMBOLS = (
    *(f"{name}:{quality}" for quality in QUALITIES for name in PITCH_CLASSES),
    NO_CHORD,
)
"""Every symbol that can be found, such as ``C:maj``, ``F#:hdim7`` or ``N``."""

# How common each quality is, in nats: what is rare needs more evidence.
_RARITY = {"maj": 0.0, "min": 0.0, "7": 0.25, "maj7": 0.4, "min7": 0.3}
_RARE = 0.7
_ROOT_SHARE, _TOP_SHARE = 1.25, 0.8  # of a chord's tones, the others being 1
_FOREIGN = 0.12
_BASS_ROOT, _BASS_TONE, _BASS_OTHER = 0.62, 0.12, 0.02
_EVIDENCE, _BASS_EVIDENCE = 6.0, 1.2
_CHANGE, _DOWNBEAT_CHANGE = 4.5, 2.5
_SILENT_SHARE = 0.05


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
    edges = beat_edges(beats, notes.duration)
    if len(edges) < 2:
        return ()
    bar_lines = None if places is None else beats[places == 0]
    return recognize(sounding(notes, edges), lowest(notes, edges), edges, bar_lines)


def beat_edges(beats: Array, duration: float) -> Array:
    """Return the beats with the beginning and the end of the recording, in seconds."""
    inside = beats[(beats > 0) & (beats < duration)]
    return np.concatenate([[0.0], inside, [duration]]) if duration > 0 else np.zeros(0)


def recognize(
    tones: Array, bass: Array, edges: Array, bar_lines: Array | None = None
) -> tuple[tuple[float, str], ...]:
    """Return the most probable chords as (time in seconds, symbol).

    Parameters
    ----------
    tones, bass : np.ndarray, shape (spans, 12)
        How much of each pitch class sounds in each span, and of the bass; a silent span is zero.
    edges : np.ndarray, shape (spans + 1,)
        In seconds.
    bar_lines : np.ndarray, optional
        In seconds: where chords change more readily.
    """
    change = np.full(len(tones), _CHANGE)
    if bar_lines is not None and len(bar_lines):
        nearest = np.abs(edges[:-1, None] - bar_lines[None]).min(axis=1)
        change[nearest < 1e-6] = _DOWNBEAT_CHANGE
    path = best_path(_odds(tones, bass, np.diff(edges)), change)
    return tuple((float(edges[index]), SYMBOLS[path[index]]) for index in starts(path))


def _odds(tones: Array, bass: Array, lengths: Array) -> Array:
    """Return the log likelihood of each symbol in each span, shape (spans, symbols)."""
    tone_logs, bass_logs, rarity = _templates()
    heard = tones.sum(axis=1, keepdims=True)
    # What sounds for part of a beat says less, but not in proportion.
    evidence = np.divide(np.sqrt(tones), np.sqrt(tones).sum(axis=1, keepdims=True) + 1e-12)
    low = bass / (bass.sum(axis=1, keepdims=True) + 1e-12)
    odds = _EVIDENCE * evidence @ tone_logs.T + _BASS_EVIDENCE * low @ bass_logs.T - rarity
    silent = heard[:, 0] < _SILENT_SHARE * lengths
    none = np.where(silent, 0.0, odds.max(axis=1) - 8.0)
    odds[silent] = -6.0
    return np.column_stack([odds, none])


def _templates() -> tuple[Array, Array, Array]:
    tone_logs, bass_logs, rarity = [], [], []
    for quality, intervals in QUALITIES.items():
        tones = np.full(12, _FOREIGN / (12 - len(intervals)))
        weights = np.ones(len(intervals))
        weights[0] = _ROOT_SHARE
        if len(intervals) > 3:
            weights[3] = _TOP_SHARE
        tones[list(intervals)] = (1 - _FOREIGN) * weights / weights.sum()
        bass = np.full(12, _BASS_OTHER)
        bass[list(intervals)] = _BASS_TONE
        bass[0] = _BASS_ROOT
        tone_logs += [np.roll(np.log(tones), root) for root in range(12)]
        bass_logs += [np.roll(np.log(bass / bass.sum()), root) for root in range(12)]
        rarity += [_RARITY.get(quality, _RARE)] * 12
    return np.array(tone_logs), np.array(bass_logs), np.array(rarity)
