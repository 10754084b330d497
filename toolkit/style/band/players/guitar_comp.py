"""Accompany on the guitar: four to the bar, bossa or stabs, on a few strings.

Options: ``feel`` (``four`` or an idiom of `toolkit.style.band.comp_idioms`; the style's own unless
given). Four to the bar is F. Green's way: three tones in the middle of the neck, short, the second
and fourth beat a little heavier.
"""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.style.arrangement import Tone
from toolkit.style.band.comp_idioms import IDIOMS
from toolkit.style.band.comp_rhythms import last_chord, strokes
from toolkit.style.band.hands import fastest_repeat, without_restrikes
from toolkit.style.band.players.comp import feel, is_rich, voicing_at
from toolkit.style.band.playing import Played, Scene
from toolkit.style.band.pulse import beats
from toolkit.style.band.tune import Tune
from toolkit.style.band.voice_leading import Slot, Taste, Voicing, choose, slots, without_clashes
from toolkit.style.band.voicings import candidates

_STRINGS = 4
_NECK = 19
_STRUM = 0.015
_OFTEN = 2.0


def play(scene: Scene) -> Played:
    """Return a guitarist's accompaniment, four tones at most."""
    tune = Tune.of(scene.sheet)
    name = str(scene.seat.options.get("feel", _own_feel(scene)))
    places = slots(scene.sheet, tune, _OFTEN if name == "four" else 2.0)
    chosen = _fretted(scene, places, four=name == "four")
    tones = _four(scene, places, chosen) if name == "four" else []
    if name != "four":
        for stroke in strokes(scene, tune, IDIOMS[name]):
            index = voicing_at(stroke.chord_beat, places, chosen)
            if index >= 0:
                held = tune.held(stroke.onset, stroke.onset + stroke.duration)
                pitches = without_clashes(chosen[index], held)
                tones += _strummed(stroke.onset, stroke.duration, pitches, stroke.velocity)
    return Played(without_restrikes(tones, fastest_repeat(scene.tempo)))


def _own_feel(scene: Scene) -> str:
    return "four" if scene.style.feel == "swing" and scene.tempo >= 100 else feel(scene)


def _fretted(scene: Scene, places: Sequence[Slot], *, four: bool) -> tuple[Voicing, ...]:
    rich = is_rich(scene)
    forms = ("shell", "spread") if four else ("drop2", "open", "spread")
    if not rich:
        forms = ("open", "close")
    seat = scene.seat
    ways = [
        candidates(
            place.chord, place.key, forms,
            low=max(seat.low, 40), high=min(seat.high, 76), rich=rich,
            held=place.long_held, span=_NECK,
        )
        for place in places
    ]  # fmt: skip
    few = [[each for each in way if len(each) <= _STRINGS] or way for way in ways]
    return choose(places, few, Taste(center=56, fullness=0.5, repeat=0.3), scene.rng)


def _four(scene: Scene, places: Sequence[Slot], chosen: Sequence[Voicing]) -> list[Tone]:
    found: list[Tone] = []
    held = last_chord(scene.sheet)
    for beat in beats(scene):
        if beat.onset > held:
            continue
        index = voicing_at(beat.onset, places, chosen)
        accent = 0.08 if beat.number % 2 else 0.0
        length = 0.55 - accent if beat.onset < held else scene.sheet.length - held
        found += _strummed(beat.onset, length, chosen[index][-3:], 0.48 + accent)
    return found


def _strummed(onset: float, duration: float, pitches: Sequence[int], velocity: float) -> list[Tone]:
    return [
        Tone(onset + _STRUM * order, duration - _STRUM * order, pitch, velocity)
        for order, pitch in enumerate(pitches)
    ]
