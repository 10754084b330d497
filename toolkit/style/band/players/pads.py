"""Hold chords under everything, with a voice that moves inside.

Options: ``forms`` (of `toolkit.style.band.voicings`, ``open`` and ``close``, or drop-2 in rich
styles), ``motion`` (share of long chords in which an inner voice moves, 0.5).
"""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.style.arrangement import Tone
from toolkit.style.band.hands import MAX_SPAN, fastest_repeat, without_restrikes
from toolkit.style.band.players.comp import is_rich
from toolkit.style.band.playing import Played, Scene
from toolkit.style.band.tune import Tune
from toolkit.style.band.voice_leading import Slot, Taste, Voicing, choose, slots, without_clashes
from toolkit.style.band.voicings import candidates
from toolkit.style.scales import avoid_notes, chord_scale

_LONG = 3.0


def play(scene: Scene) -> Played:
    """Return held chords, tied over bar lines while they stay, one voice of them in motion."""
    tune = Tune.of(scene.sheet)
    places = slots(scene.sheet, tune, 8.0)
    tones: list[Tone] = []
    for place, voicing in zip(places, voiced(scene, places), strict=True):
        tones += _held(scene, place, without_clashes(voicing, place.held))
    return Played(without_restrikes(tones, fastest_repeat(scene.tempo)))


def voiced(scene: Scene, places: Sequence[Slot]) -> tuple[Voicing, ...]:
    """Return one voicing for each slot, led as smoothly as can be."""
    seat, rich = scene.seat, is_rich(scene)
    default = ("drop2", "rootless") if rich else ("open", "close")
    forms = tuple(seat.options.get("forms", default))
    ways = [
        candidates(
            place.chord, place.key, forms,
            low=seat.low, high=seat.high, rich=rich, held=place.long_held, span=MAX_SPAN,
        )
        for place in places
    ]  # fmt: skip
    center = (seat.low + seat.high) / 2
    return choose(places, ways, Taste(center=center, repeat=-0.4, below_melody=2.0), scene.rng)


def _held(scene: Scene, place: Slot, voicing: Voicing) -> list[Tone]:
    """Return a chord as one long tone a voice, except one that moves halfway."""
    length = place.offset - place.onset
    level = 0.36 + 0.22 * scene.energy(place.onset)
    tones = [Tone(place.onset, length, pitch, level) for pitch in voicing]
    moves = length >= _LONG and scene.rng.random() < float(scene.seat.options.get("motion", 0.5))
    if not moves or len(voicing) < 3:
        return tones
    inner = 1 + int(scene.rng.integers(len(voicing) - 2))
    neighbor = _neighbor(place, voicing, inner)
    if neighbor is None:
        return tones
    half = float(round(length / 2))
    still = tones[:inner] + tones[inner + 1 :]
    first = Tone(place.onset, half, voicing[inner], level)
    step = Tone(place.onset + half, length - half, neighbor, level)
    return [*still, first, step]


def _neighbor(place: Slot, voicing: Voicing, inner: int) -> int | None:
    """Return a step's distance from an inner voice that suits the chord and the tune."""
    fits = set(chord_scale(place.chord, place.key)) - avoid_notes(place.chord)
    held = place.long_held
    for step in (2, -2, 1, -1):
        pitch = voicing[inner] + step
        free = all(abs(pitch - other) > 1 for other in voicing if other != voicing[inner])
        if pitch % 12 in fits and free and (pitch + 1) % 12 not in held:
            return pitch
    return None
