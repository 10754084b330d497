"""Sing or play one voice of a chorale, or all four on a keyboard.

Options: ``voice`` (``soprano``, ``alto``, ``tenor``, ``bass`` or ``all``).
"""

from __future__ import annotations

from toolkit.style.arrangement import Tone
from toolkit.style.band.chorale_lines import line
from toolkit.style.band.four_voices import VOICES
from toolkit.style.band.hands import (
    fastest_repeat,
    played_by_one,
    without_collisions,
    without_restrikes,
)
from toolkit.style.band.octaves import fold
from toolkit.style.band.players.lead import ANCHOR_WEIGHT, breathing
from toolkit.style.band.playing import Played, Scene
from toolkit.style.lead_sheet import LineNote

_BREATH = 0.12


def play(scene: Scene) -> Played:
    """Return one voice of the sheet's four-part setting; those of all seats fit together."""
    voice = str(scene.seat.options.get("voice", "all"))
    if voice != "all":
        return Played(tuple(_part(scene, voice)))
    right = [*_part(scene, "soprano"), *_part(scene, "alto")]
    left = [*_part(scene, "tenor"), *_part(scene, "bass")]
    upper = played_by_one(without_restrikes(right))
    lower = played_by_one(without_collisions(upper, without_restrikes(left)))
    return Played(without_restrikes([*upper, *lower], fastest_repeat(scene.tempo)))


def _part(scene: Scene, voice: str) -> list[Tone]:
    """Return a voice's tones, in the seat's range, with breath between phrases."""
    notes = line(scene.sheet, voice)
    if voice == VOICES[-1]:
        notes = tuple(note for note in notes if note.offset > 0)
    found = []
    for note in breathing(notes, scene.sheet):
        end = _breath(scene, note)
        pitch = fold(note.pitch, scene.seat.low, scene.seat.high)
        anchor = voice == VOICES[-1] and note.weight >= ANCHOR_WEIGHT
        velocity = note.velocity * (0.8 + 0.3 * scene.energy(note.onset))
        found.append(Tone(note.onset, end - note.onset, pitch, min(velocity, 1.0), anchor))
    return found


def _breath(scene: Scene, note: LineNote) -> float:
    """Return where a note ends: a moment early at the end of a phrase."""
    phrase = scene.sheet.phrase_at(note.onset)
    last = abs(note.offset - phrase.offset) < 1e-6 and note.duration > 4 * _BREATH
    return note.offset - _BREATH if last else note.offset
