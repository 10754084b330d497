"""Play the low strings: long roots under a quiet phrase, moving ones under a loud one.

The option ``octave`` (-1) makes the double basses of the cellos: both read the same line, whose
dice depend on the piece alone.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from toolkit.style.arrangement import Tone
from toolkit.style.band.bass_part import BassBar, Beat, tones, wishes
from toolkit.style.band.playing import Played, Scene
from toolkit.style.band.subdivision import groups

_CELLO = (36, 57)
_MOVES, _MARCHES = 0.5, 0.75


def play(scene: Scene) -> Played:
    """Return the part of the cellos, or of the double basses with them."""
    octave = int(scene.seat.options.get("octave", 0))
    dice = np.random.default_rng(len(scene.sheet.bars) * 1009 + len(scene.sheet.chords))
    seat = replace(scene.seat, low=_CELLO[0], high=_CELLO[1])
    common = replace(scene, seat=seat, rng=dice)
    line = tones(common, wishes(common, _rhythm, velocity=0.62))
    return Played(tuple(_within(scene, tone, 12 * octave) for tone in line))


def _rhythm(bar: BassBar, rng: np.random.Generator) -> list[Beat]:
    if bar.energy < _MOVES:
        return [Beat(0.0, float(bar.beats), "root")]
    if bar.energy < _MARCHES or rng.random() < 0.4:
        starts = np.cumsum([0, *groups(bar.beats)[:-1]])
        beats = [Beat(float(start), float(bar.beats), "chord" if index else "root")
                 for index, start in enumerate(starts)]  # fmt: skip
    else:
        beats = [Beat(float(beat), 1.0, "passing" if beat else "root") for beat in range(bar.beats)]
    if bar.new_chord_next and bar.beats > 2:
        beats = [beat for beat in beats if beat.position < bar.beats - 1]
        beats.append(Beat(bar.beats - 1.0, 1.0, "approach"))
    return beats


def _within(scene: Scene, tone: Tone, shift: int) -> Tone:
    """Return the tone an octave or more away, moved by octaves into the seat's range."""
    pitch = tone.pitch + shift
    while pitch < scene.seat.low:
        pitch += 12
    while pitch > scene.seat.high:
        pitch -= 12
    return replace(tone, pitch=pitch)
