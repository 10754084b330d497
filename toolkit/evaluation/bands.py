"""Bands for the bench: a chord chart played by MMA, and a simple tune over it.

Tunes are made by rule from the chart, so that no song anybody knows is in them: a chord tone on
each strong beat, and a step of the scale between.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from toolkit.adapters import mma
from toolkit.values import Note, Notes

_CHORD = re.compile(r"([A-G])([#b]?)(.*)")
_NATURALS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_TONES = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "6": (0, 4, 7, 9),
    "7": (0, 4, 7, 10),
    "m7": (0, 3, 7, 10),
    "M7": (0, 4, 7, 11),
    "dim7": (0, 3, 6, 9),
}
_MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11)
_RHYTHMS: tuple[tuple[float, ...], ...] = (
    (0, 0.25, 0.5, 0.75),
    (0, 0.5, 0.75),
    (0, 0.25, 0.375, 0.5, 0.75, 0.875),
    (0, 0.5),
)
_LEAP = 7


@dataclass(frozen=True)
class Band:
    """Describe a chart and who plays it.

    Parameters
    ----------
    groove : str
        One of `toolkit.adapters.mma.grooves(held_out=True)`.
    chords : tuple[str, ...]
        One a bar, repeated as long as needed; the first one's root is the tonic of a major key.
    tempo : float
        Beats a minute.
    beats : int
        Of a bar.
    tune : tuple[int, int], optional
        Program and middle pitch of the instrument that plays a tune.
    seed : int
        Of band and tune.
    """

    groove: str
    chords: tuple[str, ...]
    tempo: float
    beats: int = 4
    tune: tuple[int, int] | None = None
    seed: int = 0


def play(band: Band, seconds: float) -> Notes:
    """Return at least some seconds of what a band plays.

    Raises
    ------
    ToolkitError
        If MMA cannot be had or does not know the groove.
    """
    bar = band.beats * 60 / band.tempo
    count = ceil(seconds / bar)
    chords = [band.chords[number % len(band.chords)] for number in range(count)]
    found = mma.accompany(chords, band.groove, band.tempo, band.seed)
    if band.tune is None:
        return found
    program, middle = band.tune
    line = melody(chords, bar, middle=middle, rng=np.random.default_rng(band.seed))
    tune = (Note(at, until, pitch, 0.75, program) for at, until, pitch in line)
    return Notes((*found, *tune))


def melody(
    chords: Sequence[str], bar: float, *, middle: int, rng: np.random.Generator
) -> list[tuple[float, float, int]]:
    """Return a tune as (onset, offset, pitch): chord tones on the beat, scale tones between.

    Parameters
    ----------
    chords : sequence of str
        One a bar; the root of the first is the tonic.
    bar : float
        Seconds of a bar.
    middle : int
        MIDI number around which the tune stays, within a fifth.
    rng : np.random.Generator
        Draws each bar's rhythm, and whether the tune rises or falls.

    Raises
    ------
    ValueError
        For a chord that is not known.
    """
    tonic = chord_tones(chords[0])[0]
    scale = {(tonic + step) % 12 for step in _MAJOR_SCALE}
    pitch, found = middle, []
    for number, chord in enumerate(chords):
        tones = set(chord_tones(chord))
        rhythm = _RHYTHMS[int(rng.integers(len(_RHYTHMS)))]
        for at, until in zip(rhythm, (*rhythm[1:], 1.0), strict=True):
            allowed = tones if at in (0, 0.5) else tones | scale
            pitch = _step(pitch, allowed, middle, rng)
            onset = (number + at) * bar
            found.append((onset, onset + 0.9 * (until - at) * bar, pitch))
    return found


def chord_tones(chord: str) -> tuple[int, ...]:
    """Return a chord's pitch classes, the root first.

    Raises
    ------
    ValueError
        For a chord that is not known.

    Examples
    --------
    >>> chord_tones("Bb7")
    (10, 2, 5, 8)
    """
    match = _CHORD.fullmatch(chord)
    if match is None or match[3] not in _TONES:
        raise ValueError(f"{chord!r} is none of the chords that tunes are made over")
    root = _NATURALS[match[1]] + {"": 0, "#": 1, "b": -1}[match[2]]
    return tuple((root + step) % 12 for step in _TONES[match[3]])


def _step(pitch: int, allowed: set[int], middle: int, rng: np.random.Generator) -> int:
    """Return the next allowed pitch above or below, turning back toward the middle."""
    up = bool(rng.integers(2)) if abs(pitch - middle) < _LEAP else pitch < middle
    step = 1 if up else -1
    pitch += step
    while pitch % 12 not in allowed:
        pitch += step
    return pitch
