"""Play the orchestra's percussion: swells into phrases, bass drum and cymbals on arrival.

It is silent most of the time, as in an orchestra. In the orchestral kit (program 48) the cymbals
are on 57, and the keys between 41 and 53 are timpani, which have a seat of their own.
"""

from __future__ import annotations

from toolkit.style.band.drum_cues import BarCue, bar_cues
from toolkit.style.band.drum_kit import CONCERT_BASS, SNARE, TRIANGLE, Strokes, humanly
from toolkit.style.band.form import held_from
from toolkit.style.band.playing import Played, Scene

_CYMBALS = 57
_ARRIVES, _MARCHES = 0.5, 0.72


def play(scene: Scene) -> Played:
    """Return a percussionist's part."""
    strokes = Strokes(scene.sheet, scene.style)
    for cue in bar_cues(scene):
        if cue.phrase_start and cue.index and cue.energy > _ARRIVES:
            _arrive(scene, cue, strokes)
        if cue.phrase_end and not cue.frame and cue.energy > _ARRIVES - 0.1:
            _swell(scene, cue, strokes)
        if cue.energy > _MARCHES and not cue.phrase_end:
            _march(scene, cue, strokes)
    held = held_from(scene.sheet)
    if held < scene.sheet.length:
        strokes.add(held, CONCERT_BASS, 0.5)
        strokes.add(held, _CYMBALS, 0.45, length=scene.sheet.length - held)
    return Played(strokes.tones())


def _arrive(scene: Scene, cue: BarCue, strokes: Strokes) -> None:
    strokes.add(cue.onset, CONCERT_BASS, humanly(0.45 + 0.3 * cue.energy, scene.rng, 0.03))
    if cue.section_start:
        strokes.add(cue.onset, _CYMBALS, humanly(0.35 + 0.3 * cue.energy, scene.rng, 0.03))
    elif scene.rng.random() < 0.5:
        strokes.add(cue.onset, TRIANGLE, humanly(0.4, scene.rng, 0.03))


def _swell(scene: Scene, cue: BarCue, strokes: Strokes) -> None:
    """Roll on a suspended cymbal over the last two beats, from nothing."""
    length = min(2, cue.beats)
    start = cue.offset - length
    for index in range(4 * length):
        loud = 0.06 + (0.1 + 0.3 * cue.energy) * index / (4 * length)
        strokes.add(start + index / 4, _CYMBALS, loud, length=0.5)


def _march(scene: Scene, cue: BarCue, strokes: Strokes) -> None:
    """Let a soft side drum mark some beats where the music is at its height."""
    if scene.rng.random() < 0.4:
        return
    for beat in range(cue.beats):
        strokes.add(cue.onset + beat, SNARE, humanly(0.2, scene.rng, 0.03))
        if beat % 2 and scene.rng.random() < 0.5:
            strokes.add(cue.onset + beat + 0.5, SNARE, humanly(0.16, scene.rng, 0.03))
