"""Play the drums of a waltz: a bass drum on the first beat, light strokes on the others.

In bars that are not of three, every group of beats begins with the bass drum.
"""

from __future__ import annotations

import numpy as np

from toolkit.style.band.drum_cues import BarCue
from toolkit.style.band.drum_kit import HAT_FOOT, KICK, SNARE, TRIANGLE, Strokes, humanly
from toolkit.style.band.drum_part import drum_part
from toolkit.style.band.playing import Played, Scene
from toolkit.style.band.subdivision import groups


def play(scene: Scene) -> Played:
    """Return a drummer's part."""
    return drum_part(scene, _bar, fill=_fill, force=0.7)


def _bar(cue: BarCue, strokes: Strokes, rng: np.random.Generator) -> None:
    starts = {int(start) for start in np.cumsum([0, *groups(cue.beats)])}
    for beat in range(cue.beats):
        at = cue.onset + beat
        if beat in starts:
            strokes.add(at, KICK, humanly(0.4 + 0.14 * (beat == 0) + 0.1 * cue.energy, rng, 0.03))
            continue
        strokes.add(at, HAT_FOOT, humanly(0.3, rng, 0.03))
        if rng.random() < 0.35 + 0.6 * cue.energy:
            strokes.add(at, SNARE, humanly(0.22 + 0.14 * cue.energy, rng, 0.03))
        if rng.random() < 0.2 * cue.energy + 0.12 * cue.in_gap(beat):
            strokes.add(at + 0.5, SNARE, humanly(0.18, rng, 0.03))
    if cue.phrase_start and cue.energy > 0.5:
        strokes.add(cue.onset, TRIANGLE, humanly(0.4, rng, 0.03))


def _fill(cue: BarCue, length: int, strokes: Strokes, rng: np.random.Generator) -> None:
    """Play a short roll on the snare that grows into the next phrase."""
    start = cue.offset - length
    parts = 4 if cue.section_end else 2
    for index in range(parts * length):
        loud = 0.18 + (0.15 + 0.25 * cue.energy) * index / (parts * length)
        strokes.add(start + index / parts, SNARE, humanly(loud, rng, 0.03))
