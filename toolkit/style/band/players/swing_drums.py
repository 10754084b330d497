"""Play the drums of a jazz combo: the ride cymbal keeps time, snare and bass drum talk to the tune.

The ride plays every beat and the skip notes after 2 and 4 most of the time; the pedal closes the
hi-hat on 2 and 4; the bass drum is feathered (J. Riley, "The Art of Bop Drumming", 1994).
"""

from __future__ import annotations

import numpy as np

from toolkit.style.band.drum_cues import BarCue
from toolkit.style.band.drum_kit import BELL, HAT_FOOT, KICK, RIDE, Strokes, humanly
from toolkit.style.band.drum_part import SWUNG_CELLS, answer, around_the_kit, drum_part
from toolkit.style.band.playing import Played, Scene

_FAST = 230.0
_COMPING = 0.38


def play(scene: Scene) -> Played:
    """Return a drummer's part."""
    sparse = 0.6 if scene.tempo > _FAST else 1.0

    def bar(cue: BarCue, strokes: Strokes, rng: np.random.Generator) -> None:
        ride(cue, strokes, rng, skip=0.88 * sparse)
        for beat in range(1, cue.beats, 2):
            strokes.add(cue.onset + beat, HAT_FOOT, humanly(0.42, rng))
        _feathered(cue, strokes, rng)
        if not cue.frame:
            answer(cue, strokes, rng, share=_COMPING * sparse)

    return drum_part(scene, bar, fill=around_the_kit(SWUNG_CELLS, loud=0.36))


def ride(
    cue: BarCue, strokes: Strokes, rng: np.random.Generator, *, skip: float, loud: float = 0.44
) -> None:
    """Keep time on the ride cymbal.

    Parameters
    ----------
    cue : BarCue
        Of the bar.
    strokes : Strokes
        Takes the result.
    rng : np.random.Generator
        The drummer's.
    skip : float
        Probability of the skip note after the second beat and the fourth.
    loud : float
        Velocity at middling energy.
    """
    level = loud + 0.2 * (cue.energy - 0.5)
    for beat in range(cue.beats):
        drum = BELL if cue.energy > 0.75 and beat == 0 and rng.random() < 0.15 else RIDE
        strokes.add(cue.onset + beat, drum, humanly(level + 0.06 * (beat % 2), rng, 0.03))
        if rng.random() < _skip(cue, beat, skip):
            strokes.add(cue.onset + beat + 0.5, RIDE, humanly(level - 0.1, rng, 0.03))


def _skip(cue: BarCue, beat: int, skip: float) -> float:
    """Return how likely the note after a beat is; a bar of three has it after the second."""
    if cue.beats == 3:
        return (0.08, skip, 0.35 * skip)[beat]
    return skip if beat % 2 else 0.06 + 0.16 * cue.energy


def _feathered(cue: BarCue, strokes: Strokes, rng: np.random.Generator) -> None:
    """Touch the bass drum on the beats, felt rather than heard."""
    for beat in range(cue.beats):
        if beat == 0 or rng.random() < 0.35 + 0.5 * cue.energy:
            strokes.add(cue.onset + beat, KICK, humanly(0.15 + 0.05 * (beat == 0), rng, 0.02))
