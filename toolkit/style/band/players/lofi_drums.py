"""Play the drums of lo-fi: few and soft strokes, a snare that comes late, hats that come and go."""

from __future__ import annotations

import numpy as np

from toolkit.style.band.drum_cues import BarCue
from toolkit.style.band.drum_kit import HAT, HAT_OPEN, KICK, RIM, SNARE, Strokes, humanly
from toolkit.style.band.drum_part import drum_part
from toolkit.style.band.playing import Played, Scene

_LATE = 0.03
"""Beats that the snare drags behind: 22 ms at 80 beats a minute."""

_KICKS = ((0.0, 2.5), (0.0, 1.75, 2.5), (0.0, 0.75, 2.5), (0.0, 2.75), (0.0, 1.5, 2.25), (0.0, 3.5))


def play(scene: Scene) -> Played:
    """Return a drummer's part."""
    return drum_part(scene, _bar, fill=_fill, crash=HAT_OPEN, force=0.7)


def _bar(cue: BarCue, strokes: Strokes, rng: np.random.Generator) -> None:
    if cue.frame == "intro" and cue.phrase_bar < 2:
        _hats(cue, strokes, rng, 0.5)
        return
    _hats(cue, strokes, rng, 0.8)
    for beat in range(1, cue.beats, 2) if cue.beats != 3 else (1,):
        drum = RIM if cue.energy < 0.4 else SNARE
        strokes.add(cue.onset + beat, drum, humanly(0.5, rng, 0.03), late=_LATE)
    for place in _KICKS[int(rng.integers(len(_KICKS)))]:
        if place < cue.beats:
            strokes.add(cue.onset + place, KICK, humanly(0.52 if place else 0.58, rng, 0.03))
    if cue.in_gap(cue.beats - 1.0) and rng.random() < 0.3:
        strokes.add(cue.offset - 0.25, SNARE, humanly(0.2, rng, 0.03), late=_LATE)


def _hats(cue: BarCue, strokes: Strokes, rng: np.random.Generator, share: float) -> None:
    for half in range(2 * cue.beats):
        on_beat = half % 2 == 0
        if rng.random() < (share + 0.15 if on_beat else share):
            strokes.add(cue.onset + half / 2, HAT, humanly(0.3 if on_beat else 0.22, rng))
        if not on_beat and rng.random() < 0.08:
            strokes.add(cue.onset + half / 2 + 0.25, HAT, humanly(0.16, rng, 0.03))


def _fill(cue: BarCue, length: int, strokes: Strokes, rng: np.random.Generator) -> None:
    """Leave a hole: a bass drum, a hat, and a snare just before the next phrase."""
    start = cue.offset - min(length, 2)
    strokes.add(start, KICK, humanly(0.5, rng))
    strokes.add(start + 0.5, HAT_OPEN, humanly(0.24, rng))
    strokes.add(cue.offset - 0.5, SNARE, humanly(0.36, rng), late=_LATE)
    if rng.random() < cue.energy:
        strokes.add(cue.offset - 0.25, SNARE, humanly(0.28, rng), late=_LATE)
