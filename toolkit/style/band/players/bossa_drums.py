"""Play the drums of bossa nova: even eighths, a cross-stick in clave, the surdo's bass drum.

The clave is varied, since players vary it: a stroke comes half a beat earlier, or stays away.
"""

from __future__ import annotations

import numpy as np

from toolkit.style.band.drum_cues import BarCue
from toolkit.style.band.drum_kit import (
    CABASA,
    HAT,
    HAT_FOOT,
    HAT_OPEN,
    KICK,
    RIDE,
    RIM,
    Strokes,
    humanly,
)
from toolkit.style.band.drum_part import STRAIGHT_CELLS, around_the_kit, drum_part
from toolkit.style.band.playing import Played, Scene
from toolkit.style.band.subdivision import groups

_CLAVE = ((0.0, 1.5, 3.0, 4.5), (1.0, 2.5, 4.0))
_SOFT, _LIVELY = 0.42, 0.72


def play(scene: Scene) -> Played:
    """Return a drummer's part."""
    return drum_part(scene, _bar, fill=around_the_kit(STRAIGHT_CELLS, loud=0.28), force=0.75)


def _bar(cue: BarCue, strokes: Strokes, rng: np.random.Generator) -> None:
    drum = CABASA if cue.energy < _SOFT else RIDE if cue.energy > _LIVELY else HAT
    for half in range(2 * cue.beats):
        loud = (0.34 if half % 4 == 2 else 0.28 if half % 2 == 0 else 0.2) + 0.12 * cue.energy
        opened = drum == HAT and half == 2 * cue.beats - 1 and rng.random() < 0.12
        strokes.add(cue.onset + half / 2, HAT_OPEN if opened else drum, humanly(loud, rng, 0.03))
    for place in _clave(cue, rng):
        strokes.add(cue.onset + place, RIM, humanly(0.46 + 0.12 * cue.energy, rng))
    _surdo(cue, strokes, rng)
    for beat in range(1, cue.beats, 2):
        strokes.add(cue.onset + beat, HAT_FOOT, humanly(0.3, rng, 0.03))


def _clave(cue: BarCue, rng: np.random.Generator) -> list[float]:
    """Return where the cross-stick strikes in this bar of the clave."""
    places = []
    for place in _CLAVE[cue.phrase_bar % 2]:
        dice = rng.random()
        if place >= cue.beats or dice < 0.06:
            continue
        places.append(place - 0.5 if dice > 0.9 and place >= 1 else place)
    return places


def _surdo(cue: BarCue, strokes: Strokes, rng: np.random.Generator) -> None:
    """Play a bass drum on each half of the bar, the second one heavier, and before the next."""
    position = 0
    for index, length in enumerate(groups(cue.beats)):
        loud = 0.32 + 0.1 * (index % 2) + 0.1 * cue.energy
        strokes.add(cue.onset + position, KICK, humanly(loud, rng, 0.03))
        position += length
        if length > 1 and rng.random() < 0.8:
            strokes.add(cue.onset + position - 0.5, KICK, humanly(loud - 0.12, rng, 0.03))
