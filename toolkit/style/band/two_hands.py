"""Put a pianist's two hands together, with the pedal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from toolkit.style.arrangement import Tone
from toolkit.style.band.comp_rhythms import last_chord
from toolkit.style.band.hands import (
    fastest_repeat,
    played_by_one,
    within_reach,
    without_collisions,
    without_restrikes,
)
from toolkit.style.band.left_hands import WAYS, low_bass
from toolkit.style.band.players.lead import line
from toolkit.style.band.playing import Played, Scene
from toolkit.style.band.right_hand import MANNERS, right_hand
from toolkit.style.band.subdivision import placed
from toolkit.style.band.tune import Tune
from toolkit.style.band.voice_leading import slots
from toolkit.style.band.voicings import degrees
from toolkit.style.lead_sheet import LineNote

_RIGHT_LOW = 58
_RIGHT_CENTER = 71
_LIFT = 0.04
PEDALED = frozenset({"ballad", "arpeggio", "waltz"})
"""Left hands whose tones are meant to ring together."""


def solo(scene: Scene, *, left: str, right: str) -> Played:
    """Return the tune in the right hand over a way of the left.

    Parameters
    ----------
    scene : Scene
        Of a pianist who plays alone, or beside a singer or soloist who has the tune.
    left : str
        Of `toolkit.style.band.left_hands.WAYS`.
    right : str
        Of `toolkit.style.band.right_hand.MANNERS`.

    Returns
    -------
    Played
        No more than five notes and a tenth in each hand, the hands apart.
    """
    seat = scene.seat
    notes: tuple[LineNote, ...] = ()
    if has_tune(scene):
        low = min(max(seat.low, _RIGHT_LOW), seat.high - 24)
        notes = line(scene.sheet, low, seat.high, scene.tempo, _RIGHT_CENTER)
    upper = right_hand(scene, notes, MANNERS[right]) if notes else []
    lower = WAYS[left](scene, Tune(notes))
    pedal = pedaling(scene) if left in PEDALED else ()
    return together(scene, upper, lower, pedal)


def has_tune(scene: Scene) -> bool:
    """Return whether the tune is this player's: its role, or nobody else's."""
    return scene.seat.role == "melody" or "melody" not in scene.band


def together(
    scene: Scene,
    upper: Iterable[Tone],
    lower: Iterable[Tone],
    pedal: tuple[tuple[float, float], ...] = (),
) -> Played:
    """Return two hands' tones as one playable part within the seat's range and the sheet."""
    right = played_by_one(ready(scene, upper))
    left = played_by_one(without_collisions(right, ready(scene, ending(scene, lower))))
    return Played(without_restrikes([*right, *left], fastest_repeat(scene.tempo)), pedal)


def ending(scene: Scene, lower: Iterable[Tone]) -> list[Tone]:
    """Return the left hand's tones with its last chord held: root, fifth and tenth."""
    held, length = last_chord(scene.sheet), scene.sheet.length
    span = scene.sheet.chord_at(held)
    if span is None or held >= length:
        return list(lower)
    before = [
        replace(tone, duration=min(tone.duration, held - tone.onset))
        for tone in lower
        if tone.onset < held - 0.1
    ]
    named = degrees(span.chord, scene.sheet.key_at(held), False)
    root = low_bass(scene, span.chord.root if span.chord.bass is None else span.chord.bass)
    fifth = root + ((named["5"] - root) % 12 or 12)
    tenth = fifth + ((named["3"] - fifth) % 12 or 12)
    chord = within_reach((root, fifth, tenth), root)
    return [*before, *(Tone(held, length - held, pitch, 0.5) for pitch in chord)]


def ready(scene: Scene, tones: Iterable[Tone]) -> list[Tone]:
    """Return tones on the sheet's parts of a beat, in the seat's range, none beyond the end."""
    seat, length = scene.seat, scene.sheet.length
    found = []
    for tone in tones:
        onset = tone.onset
        if not tone.anchor:
            onset = placed(onset, scene.sheet, scene.style)
        end = min(tone.offset, max(length, tone.onset + 0.1))
        if seat.low <= tone.pitch <= seat.high and end - onset > 0.02:
            found.append(replace(tone, onset=onset, duration=end - onset))
    return found


def pedaling(scene: Scene, longest: float = 4.0) -> tuple[tuple[float, float], ...]:
    """Return the pedal held through each chord, lifted for a moment at every change."""
    places: Sequence[tuple[float, float]] = [
        (place.onset, place.offset) for place in slots(scene.sheet, Tune(()), longest)
    ]
    return tuple(
        (onset + _LIFT, offset - _LIFT) for onset, offset in places if offset - onset > 4 * _LIFT
    )
