"""Play the timpani: root and fifth where phrases arrive, and rolls that lead there.

Two drums are tuned to the tonic and the dominant of the key at hand, as from Haydn's time; only
what fits the chord is struck.
"""

from __future__ import annotations

from toolkit.style.arrangement import Tone
from toolkit.style.band.drum_cues import BarCue, bar_cues
from toolkit.style.band.drum_kit import humanly
from toolkit.style.band.form import held_from
from toolkit.style.band.playing import Played, Scene
from toolkit.style.key import tonic_and_mode

_LOUD, _BEATS = 0.5, 0.74
_PARTS = 8


def play(scene: Scene) -> Played:
    """Return a timpanist's part."""
    tones: list[Tone] = []
    for cue in bar_cues(scene):
        if cue.phrase_start and cue.index and cue.energy > _LOUD:
            tones += _stroke(scene, cue.onset, 0.45 + 0.3 * cue.energy)
        if cue.phrase_end and not cue.frame and cue.energy > _LOUD - 0.08:
            tones += _roll(scene, cue)
        elif cue.energy > _BEATS:
            for beat in range(0, cue.beats, 2):
                tones += _stroke(scene, cue.onset + beat, 0.3 + 0.2 * cue.energy)
    held = held_from(scene.sheet)
    if held < scene.sheet.length:
        tones += _stroke(scene, held, 0.55)
    return Played(tuple({(tone.onset, tone.pitch): tone for tone in tones}.values()))


def _stroke(scene: Scene, beat: float, velocity: float) -> list[Tone]:
    pitch = _pitch(scene, beat)
    length = min(1.0, scene.sheet.length - beat)
    return [] if pitch is None else [Tone(beat, length, pitch, humanly(velocity, scene.rng, 0.03))]


def _roll(scene: Scene, cue: BarCue) -> list[Tone]:
    """Return a roll over the last beat or two of a phrase, growing."""
    length = min(2 if cue.section_end else 1, cue.beats)
    start = cue.offset - length
    pitch = _pitch(scene, start)
    end = _pitch(scene, cue.offset - 1e-3)
    if pitch is None or pitch != end:
        return []
    count = _PARTS * length
    return [
        Tone(start + index / _PARTS, 1 / _PARTS, pitch, 0.15 + 0.45 * cue.energy * index / count)
        for index in range(count)
    ]


def _pitch(scene: Scene, beat: float) -> int | None:
    """Return the drum that fits the chord, tonic first; None where neither does."""
    span = scene.sheet.chord_at(beat)
    if span is None:
        return None
    tonic, _ = tonic_and_mode(scene.sheet.key_at(beat))
    for pitch_class in (tonic, (tonic + 7) % 12):
        if pitch_class in span.chord.pitch_classes:
            low = scene.seat.low
            return low + (pitch_class - low) % 12
    return None
