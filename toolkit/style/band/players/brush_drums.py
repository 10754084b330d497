"""Play brushes: one hand sweeps the snare, the other taps time, the pedal closes the hi-hat.

In the brush kit the snare's keys are a tap (38) and a swirl (40).
"""

from __future__ import annotations

import numpy as np

from toolkit.style.band.drum_cues import BarCue
from toolkit.style.band.drum_kit import (
    BRUSH_SWIRL,
    BRUSH_TAP,
    CRASH,
    HAT_FOOT,
    KICK,
    RIDE,
    Strokes,
    humanly,
)
from toolkit.style.band.drum_part import Fill, drum_part
from toolkit.style.band.playing import Played, Scene
from toolkit.style.band.subdivision import groups

_CYMBAL = 0.7


def play(scene: Scene) -> Played:
    """Return a drummer's part."""
    parts = 2 if scene.style.feel == "straight" else 3
    return drum_part(scene, _bar, fill=_fill(parts), crash=CRASH, variant=_variant, force=0.6)


def _bar(cue: BarCue, strokes: Strokes, rng: np.random.Generator) -> None:
    position = 0
    for length in groups(cue.beats):  # a circle of the left hand takes half a bar
        strokes.add(
            cue.onset + position, BRUSH_SWIRL, humanly(0.24, rng, 0.03), length=float(length)
        )
        position += length
    _time(cue, strokes, rng)
    for beat in range(1, cue.beats, 2):
        strokes.add(cue.onset + beat, HAT_FOOT, humanly(0.34, rng, 0.03))
    if rng.random() < 0.6 + 0.4 * cue.energy:
        strokes.add(cue.onset, KICK, humanly(0.2, rng, 0.03))
    if cue.in_gap(cue.beats - 1.0) and rng.random() < 0.4:
        strokes.add(cue.offset - 0.5, BRUSH_TAP, humanly(0.26, rng))


def _time(cue: BarCue, strokes: Strokes, rng: np.random.Generator) -> None:
    """Tap the beats and some skip notes; loud phrases move to the ride cymbal."""
    drum = RIDE if cue.energy > _CYMBAL else BRUSH_TAP
    for beat in range(cue.beats):
        accented = beat % 2 == 1
        loud = 0.26 + 0.1 * accented + 0.16 * (cue.energy - 0.5)
        strokes.add(cue.onset + beat, drum, humanly(loud, rng, 0.03))
        if rng.random() < (0.6 if accented else 0.15):
            strokes.add(cue.onset + beat + 0.5, drum, humanly(loud - 0.08, rng, 0.03))
        if accented and rng.random() < 0.15:  # a slap
            strokes.add(cue.onset + beat, BRUSH_TAP, humanly(loud + 0.16, rng, 0.03))


def _fill(parts: int) -> Fill:
    """Return a fill of taps that swell a little into the next phrase."""

    def fill(cue: BarCue, length: int, strokes: Strokes, rng: np.random.Generator) -> None:
        start = cue.offset - length
        strokes.add(start, BRUSH_SWIRL, humanly(0.26, rng, 0.03), length=float(length))
        for index in range(parts * length):
            if index % parts == 0 or rng.random() < 0.3 + 0.5 * cue.energy:
                loud = 0.22 + 0.16 * index / (parts * length)
                strokes.add(start + index / parts, BRUSH_TAP, humanly(loud, rng, 0.03))

    return fill


def _variant(cue: BarCue, strokes: Strokes, rng: np.random.Generator) -> None:
    place = rng.integers(cue.beats) + 0.5
    strokes.add(cue.onset + float(place), BRUSH_TAP, humanly(0.18, rng, 0.02))
    strokes.add(cue.onset + float(rng.integers(cue.beats)) + 0.25, BRUSH_TAP, 0.14)
