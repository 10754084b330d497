"""Play strings: guide tones in long lines behind the tune, which move where it rests.

Options: ``voices`` (1 to 4, 2 unless given), ``texture`` (``sustained`` or ``pulsing`` eighths),
``when`` (``always`` or ``loud``).
"""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.style.arrangement import Tone
from toolkit.style.band.comp_rhythms import last_chord
from toolkit.style.band.hands import fastest_repeat, without_restrikes
from toolkit.style.band.players.comp import is_rich
from toolkit.style.band.playing import Played, Scene
from toolkit.style.band.subdivision import placed
from toolkit.style.band.tune import Tune
from toolkit.style.band.voice_leading import Slot, Taste, Voicing, choose, slots
from toolkit.style.band.voicings import degrees, is_clear
from toolkit.style.scales import avoid_notes, chord_scale

_LOUD = 0.5
_PULSE = 0.5
_MOVING = 2.0


def play(scene: Scene) -> Played:
    """Return a section's lines: common tones tied, steps between chords where there is time."""
    tune = Tune.of(scene.sheet)
    places = slots(scene.sheet, tune, 4.0)
    if scene.seat.options.get("when", "always") == "loud":
        places = tuple(each for each in places if scene.energy(each.onset) >= _LOUD)
    voices = int(scene.seat.options.get("voices", 2))
    ways = [_ways(scene, place, voices) for place in places]
    center = (scene.seat.low + scene.seat.high) / 2
    taste = Taste(center=center, repeat=-0.3, below_melody=1.0, fullness=0.0)
    chosen = choose(places, ways, taste, scene.rng)
    texture, held = scene.seat.options.get("texture", "sustained"), last_chord(scene.sheet)
    tones: list[Tone] = []
    for index, (place, tones_here) in enumerate(zip(places, chosen, strict=True)):
        after = chosen[index + 1] if index + 1 < len(chosen) else ()
        if texture == "pulsing" and place.onset < held:
            tones += _pulses(scene, place, tones_here)
        else:
            tones += _lines(scene, tune, place, tones_here, after)
    return Played(without_restrikes(tones, fastest_repeat(scene.tempo)))


def _ways(scene: Scene, place: Slot, voices: int) -> list[Voicing]:
    """Return all placements of the chord's most telling tones in the section's range."""
    named = degrees(place.chord, place.key, is_rich(scene), place.long_held)
    order = [named[name] for name in ("3", "7", "5", "1", "9") if name in named]
    wanted = order[: max(1, min(voices, len(order)))]
    low, high = scene.seat.low, scene.seat.high
    found: list[Voicing] = [()]
    for tone in wanted:
        places = range(low + (tone - low) % 12, high + 1, 12)
        found = [(*before, pitch) for before in found for pitch in places]
    ordered = [tuple(sorted(each)) for each in found if each]
    near = [each for each in ordered if each[-1] - each[0] <= 24 and is_clear(each)]
    return near or ordered or [(low,)]


def _pulses(scene: Scene, place: Slot, pitches: Sequence[int]) -> list[Tone]:
    found: list[Tone] = []
    for index in range(max(1, int((place.offset - place.onset) / _PULSE))):
        onset = placed(place.onset + index * _PULSE, scene.sheet, scene.style)
        velocity = 0.4 + 0.2 * scene.energy(onset) + 0.06 * (index % 2 == 0)
        found += [Tone(onset, _PULSE * 0.7, pitch, velocity) for pitch in pitches]
    return found


def _lines(scene: Scene, tune: Tune, place: Slot, pitches: Voicing, after: Voicing) -> list[Tone]:
    """Return long tones; the top one steps toward the next chord where the tune lies still."""
    velocity = 0.38 + 0.25 * scene.energy(place.onset)
    length = place.offset - place.onset
    tones = [Tone(place.onset, length, pitch, velocity) for pitch in pitches]
    between = _passing(place, pitches, after)
    last = place.offset - 1.0
    still = tune.busy(last, place.offset) < 0.5
    if between is None or length < _MOVING or not still:
        return tones
    top = Tone(place.onset, length - 1.0, pitches[-1], velocity)
    return [*tones[:-1], top, Tone(last, 1.0, between, velocity)]


def _passing(place: Slot, pitches: Voicing, after: Voicing) -> int | None:
    """Return a scale tone between this top tone and the next one, if they are a third apart."""
    if not after or not 3 <= abs(after[-1] - pitches[-1]) <= 4:
        return None
    lower, upper = sorted((after[-1], pitches[-1]))
    scale = set(chord_scale(place.chord, place.key)) - avoid_notes(place.chord)
    fits = [pitch for pitch in range(lower + 1, upper) if pitch % 12 in scale]
    return fits[0] if fits else None
