"""Describe what a band answers to in each bar: place in the phrase, chords, energy, the tune.

The same numbers describe the bars of a reference and those of the piece that is to be accompanied,
whatever their keys: roots count from the tonic, and from each other.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from toolkit.style.band.energy import energy
from toolkit.style.band.tune import Tune
from toolkit.style.chord import QUALITIES
from toolkit.style.key import tonic_and_mode
from toolkit.style.lead_sheet import Bar, ChordSpan, LeadSheet
from toolkit.style.scales import is_dominant

Array = npt.NDArray[np.float64]

_QUARTERS = 4
_MOTIONS = ({0}, {5}, {7}, {1, 2, 10, 11}, {3, 4, 8, 9}, {6})
_EPSILON = 1e-6

NAMES = (
    *(f"bar {place} of four" for place in range(1, 5)),
    "first of phrase", "last of phrase", "first of piece", "last of piece", "phrase heard before",
    "share of piece", "energy",
    "no chord", "minor", "dominant", "diminished", "extended",
    "root on circle, cosine", "root on circle, sine", "tonic",
    "chords", "change at half", "chord from before", "chord goes on",
    *(f"root moves by {name}" for name in ("none", "fourth", "fifth", "step", "third", "tritone")),
    *(f"tune in quarter {number}" for number in range(1, _QUARTERS + 1)),
    "tune", "tune before", "tune after", "tune rests at start", "tune rests at end", "long notes",
)  # fmt: skip
"""What each number of a situation says."""


def situations(sheet: LeadSheet) -> Array:
    """Return the situation of every bar, shape (bars, `len(NAMES)`), all within -1..1."""
    tune = Tune.of(sheet)
    first_heard: dict[str, float] = {}
    for phrase in sheet.phrases:
        first_heard.setdefault(phrase.label, phrase.onset)
    rows = []
    for index, bar in enumerate(sheet.bars):
        phrase = sheet.phrase_at(bar.onset)
        place = sum(1 for each in sheet.bars[:index] if each.onset >= phrase.onset - _EPSILON)
        four = [float(place % 4 == each) for each in range(4)]
        rows.append(
            [
                *four,
                float(place == 0),
                float(bar.offset >= phrase.offset - _EPSILON),
                float(index == 0),
                float(index == len(sheet.bars) - 1),
                float(first_heard.get(phrase.label, phrase.onset) < phrase.onset - _EPSILON),
                index / max(len(sheet.bars) - 1, 1),
                energy(sheet, bar.onset),
                *_harmony(sheet, bar),
                *_tune(tune, bar),
            ]
        )
    return np.array(rows, float)


def _harmony(sheet: LeadSheet, bar: Bar) -> list[float]:
    inside = chords_in(sheet, bar.onset, bar.offset)
    after = sheet.chord_at(bar.offset)
    if not inside:
        return [1.0] + [0.0] * (11 + len(_MOTIONS))
    span = inside[0]
    chord = span.chord
    tonic, _ = tonic_and_mode(sheet.key_at(bar.onset))
    # Fifths around the circle are seven semitones apart.
    angle = 2 * np.pi * ((chord.root - tonic) * 7 % 12) / 12
    starts = [each.onset for each in inside[1:]]
    half = bar.onset + bar.beats / 2
    last = inside[-1].chord
    moves = (after.chord.root - last.root) % 12 if after is not None else -1
    third = QUALITIES[chord.quality][1]
    return [
        0.0,
        float(third == 3),
        float(is_dominant(chord)),
        float("dim" in chord.quality or chord.quality == "m7b5"),
        float(chord.is_extended),
        float(np.cos(angle)),
        float(np.sin(angle)),
        float(chord.root == tonic),
        min(len(inside), 4) / 4,
        float(any(abs(start - half) < 0.5 for start in starts)),
        float(span.onset < bar.onset - _EPSILON),
        float(after is inside[-1]),
        *(float(moves in motion) for motion in _MOTIONS),
    ]


def _tune(tune: Tune, bar: Bar) -> list[float]:
    edges = np.linspace(bar.onset, bar.offset, _QUARTERS + 1)
    sounding = tune.sounding(bar.onset, bar.offset)
    longest = max((min(note.duration, bar.beats) for note in sounding), default=0.0)
    return [
        *(tune.busy(begin, end) for begin, end in pairwise(edges.tolist())),
        tune.busy(bar.onset, bar.offset),
        tune.busy(bar.onset - bar.beats, bar.onset),
        tune.busy(bar.offset, bar.offset + bar.beats),
        float(tune.rests(bar.onset, bar.onset + bar.beats / 4)),
        float(tune.rests(bar.offset - bar.beats / 4, bar.offset)),
        longest / bar.beats,
    ]


def chords_in(sheet: LeadSheet, start: float, end: float) -> list[ChordSpan]:
    """Return the chords that sound anywhere between two beats, ascending."""
    return [
        span
        for span in sheet.chords
        if span.offset > start + _EPSILON and span.onset < end - _EPSILON
    ]
