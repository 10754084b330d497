"""Play a blues shuffle: long and short on hi-hat or ride, a heavy backbeat, ghost notes."""

from __future__ import annotations

import numpy as np

from toolkit.style.band.drum_cues import BarCue
from toolkit.style.band.drum_kit import HAT, HAT_FOOT, KICK, RIDE, SNARE, Strokes, humanly
from toolkit.style.band.drum_part import SWUNG_CELLS, around_the_kit, drum_part
from toolkit.style.band.playing import Played, Scene

_RIDES = 0.55


def play(scene: Scene) -> Played:
    """Return a drummer's part."""
    return drum_part(scene, _bar, fill=around_the_kit(SWUNG_CELLS))


def _bar(cue: BarCue, strokes: Strokes, rng: np.random.Generator) -> None:
    rides = cue.energy > _RIDES
    for half in range(2 * cue.beats):
        on_beat = half % 2 == 0
        if on_beat or rng.random() < 0.93:
            loud = (0.46 if on_beat else 0.34) + 0.15 * (cue.energy - 0.5)
            strokes.add(cue.onset + half / 2, RIDE if rides else HAT, humanly(loud, rng, 0.03))
    backbeats = range(1, cue.beats, 2) if cue.beats != 3 else (2,)
    for beat in backbeats:
        strokes.add(cue.onset + beat, SNARE, humanly(0.62 + 0.15 * cue.energy, rng, 0.03))
        if rides:
            strokes.add(cue.onset + beat, HAT_FOOT, humanly(0.35, rng, 0.03))
    for beat in range(cue.beats):
        if rng.random() < 0.15 + 0.5 * cue.energy:  # the left hand shuffles along, hardly heard
            strokes.add(cue.onset + beat + 0.5, SNARE, humanly(0.17, rng, 0.03))
    _kick(cue, strokes, rng, frozenset(backbeats))


def _kick(
    cue: BarCue, strokes: Strokes, rng: np.random.Generator, backbeats: frozenset[int]
) -> None:
    for beat in range(cue.beats):
        loud = 0.5 + 0.1 * (beat == 0) + 0.1 * cue.energy
        if beat not in backbeats:
            strokes.add(cue.onset + beat, KICK, humanly(loud, rng, 0.03))
        elif rng.random() < 0.3 * cue.energy:
            strokes.add(cue.onset + beat + 0.5, KICK, humanly(loud - 0.12, rng, 0.03))
