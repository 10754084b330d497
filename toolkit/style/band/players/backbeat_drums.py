"""Play a backbeat: hi-hat, snare on 2 and 4, a bass drum that varies around the bar's first half.

The option ``grid`` is ``eighths`` or ``triplets``, which makes a slow 12/8 of it.
"""

from __future__ import annotations

import numpy as np

from toolkit.style.band.drum_cues import BarCue
from toolkit.style.band.drum_kit import HAT, HAT_OPEN, KICK, RIDE, RIM, SNARE, Strokes, humanly
from toolkit.style.band.drum_part import STRAIGHT_CELLS, SWUNG_CELLS, around_the_kit, drum_part
from toolkit.style.band.playing import Played, Scene

_SIDE_STICK, _RIDES = 0.42, 0.7


def play(scene: Scene) -> Played:
    """Return a drummer's part."""
    triplets = scene.seat.options.get("grid", "eighths") == "triplets"
    parts = 3 if triplets else 2

    def bar(cue: BarCue, strokes: Strokes, rng: np.random.Generator) -> None:
        _hat(cue, strokes, rng, parts)
        drum = RIM if cue.energy < _SIDE_STICK else SNARE
        for beat in range(1, cue.beats, 2) if cue.beats != 3 else (2,):
            strokes.add(cue.onset + beat, drum, humanly(0.58 + 0.16 * cue.energy, rng, 0.03))
            if drum == SNARE and rng.random() < 0.35 * cue.energy:
                ghost = beat + (parts - 1) / parts
                strokes.add(cue.onset + ghost, SNARE, humanly(0.2, rng, 0.03))
        _kick(cue, strokes, rng, (parts - 1) / parts)

    return drum_part(
        scene, bar, fill=around_the_kit(SWUNG_CELLS if triplets else STRAIGHT_CELLS, loud=0.45)
    )


def _hat(cue: BarCue, strokes: Strokes, rng: np.random.Generator, parts: int) -> None:
    drum = RIDE if cue.energy > _RIDES else HAT
    for index in range(parts * cue.beats):
        on_beat = index % parts == 0
        loud = (0.42 if on_beat else 0.3) + 0.15 * (cue.energy - 0.5)
        last = index == parts * cue.beats - 1
        opened = drum == HAT and last and rng.random() < 0.2 * cue.energy
        if on_beat or rng.random() < 0.94:
            strokes.add(
                cue.onset + index / parts, HAT_OPEN if opened else drum, humanly(loud, rng, 0.03)
            )


def _kick(cue: BarCue, strokes: Strokes, rng: np.random.Generator, late: float) -> None:
    """Strike on the first beat, and where the tune or chance suggests; never on the backbeat."""
    strokes.add(cue.onset, KICK, humanly(0.6 + 0.1 * cue.energy, rng, 0.03))
    for beat in range(cue.beats):
        chance = 0.55 * cue.energy + 0.1 if beat % 2 else 0.15 * cue.energy
        if rng.random() < chance:
            strokes.add(cue.onset + beat + late, KICK, humanly(0.48, rng))
        if beat and beat % 2 == 0 and cue.beats > 3 and rng.random() < 0.5 + 0.4 * cue.energy:
            strokes.add(cue.onset + beat, KICK, humanly(0.54, rng))
    for place in cue.accents:
        if rng.random() < cue.energy:
            strokes.add(cue.onset + place, KICK, humanly(0.5, rng))
