"""Play the bass of electronic music: off-beats, running sixteenths or a long tone under a pad.

The phrase decides which: long tones while little happens, off-beats against the bass drum as it
builds, a running figure at the top.
"""

from __future__ import annotations

import numpy as np

from toolkit.style.band.bass_part import BassBar, Beat, groove
from toolkit.style.band.playing import Played, Scene

_BUILDS, _TOP = 0.42, 0.68
_RUNNING = ((0.25, 0.5, 0.75), (0.5, 0.75), (0.5,), (0.25, 0.75))


def play(scene: Scene) -> Played:
    """Return a bass player's part."""
    return groove(scene, _rhythm, velocity=0.74)


def _rhythm(bar: BassBar, rng: np.random.Generator) -> list[Beat]:
    if bar.energy < _BUILDS:
        return [Beat(0.0, float(bar.beats), "root")]
    beats = []
    for beat in range(bar.beats):
        places = (0.5,) if bar.energy < _TOP else _RUNNING[int(rng.integers(len(_RUNNING)))]
        for place in places:
            last = bar.last_of_phrase and beat == bar.beats - 1 and place == places[-1]
            kind = "approach" if last else _kind(beat, place, rng)
            beats.append(Beat(beat + place, 0.25 if bar.energy >= _TOP else 0.45, kind))
    return beats


def _kind(beat: int, place: float, rng: np.random.Generator) -> str:
    """Return the root nearly always, a fifth now and then late in the bar."""
    return "fifth" if beat >= 2 and place == 0.75 and rng.random() < 0.4 else "root"
