"""Play a drum machine: four on the floor that builds with the form, and rolls into new sections.

A quiet phrase has a hi-hat only, the next level the bass drum on all beats, then claps and open
hats, at the top running sixteenths; the bass drum drops out where a phrase ends.
"""

from __future__ import annotations

import numpy as np

from toolkit.style.band.drum_cues import BarCue
from toolkit.style.band.drum_kit import (
    CABASA,
    CLAP,
    HAT,
    HAT_OPEN,
    KICK,
    SNARE,
    TOM_LOW,
    TOM_MID,
    Strokes,
    humanly,
)
from toolkit.style.band.drum_part import drum_part
from toolkit.style.band.playing import Played, Scene

_FLOOR, _CLAPS, _TOP = 0.36, 0.45, 0.68
_MACHINE = 99


def play(scene: Scene) -> Played:
    """Return the part of a drum machine."""
    return drum_part(scene, _bar, fill=_roll, hands=_MACHINE, variant=_variant)


def _bar(cue: BarCue, strokes: Strokes, rng: np.random.Generator) -> None:
    for beat in range(cue.beats):
        start = cue.onset + beat
        if cue.energy >= _FLOOR:
            strokes.add(start, KICK, 0.8)
        if cue.energy >= _CLAPS and beat % 2:
            strokes.add(start, CLAP, humanly(0.6, rng, 0.02))
        _hats(cue, start, strokes, rng)
    if cue.energy > 0.5 and rng.random() < 0.5:  # something off the grid of four, every other bar
        place = (0.75, 1.75, 2.75)[int(rng.integers(3))] % cue.beats
        drum = (TOM_LOW, TOM_MID, SNARE)[int(rng.integers(3))]
        strokes.add(cue.onset + place, drum, humanly(0.34, rng))


def _hats(cue: BarCue, start: float, strokes: Strokes, rng: np.random.Generator) -> None:
    if cue.energy >= _CLAPS:
        strokes.add(start + 0.5, HAT_OPEN, humanly(0.46, rng, 0.03))
    elif rng.random() < 0.9:
        strokes.add(start + 0.5, HAT, humanly(0.36, rng, 0.03))
    for place in (0.25, 0.75):
        share = 0.95 if cue.energy >= _TOP else 0.3 * cue.energy
        if rng.random() < share:
            strokes.add(start + place, CABASA, humanly(0.26, rng))


def _roll(cue: BarCue, length: int, strokes: Strokes, rng: np.random.Generator) -> None:
    """Play a snare roll that gets louder, denser for a section; the bass drum stays away."""
    start = cue.offset - length
    parts = 4 if cue.section_end else 2
    count = parts * length
    for index in range(count):
        loud = 0.24 + (0.3 + 0.3 * cue.energy) * index / count
        strokes.add(start + index / parts, SNARE, humanly(loud, rng, 0.02))


def _variant(cue: BarCue, strokes: Strokes, rng: np.random.Generator) -> None:
    place = rng.integers(cue.beats) + (0.25, 0.75)[int(rng.integers(2))]
    strokes.add(cue.onset + float(place), CABASA, humanly(0.3, rng, 0.02))
