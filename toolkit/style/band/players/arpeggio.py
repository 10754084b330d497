"""Break chords: an Alberti bass, a harp's sweep, a sequencer's sixteenths.

Options: ``pattern`` (``up``, ``down``, ``updown``, ``alberti`` or ``broken``), ``rate`` (beats a
note, 0.5; a third in compound meters), ``gate`` (share of it that sounds, 0.9), ``octaves``
(over how many a chord is spread, 1), ``gaps`` (share of notes that rest at energy 0, 0).
"""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.style.arrangement import Tone
from toolkit.style.band.comp_rhythms import last_chord
from toolkit.style.band.hands import fastest_repeat, without_restrikes
from toolkit.style.band.players.pads import voiced
from toolkit.style.band.playing import Played, Scene
from toolkit.style.band.tune import Tune
from toolkit.style.band.two_hands import pedaling
from toolkit.style.band.voice_leading import Slot, Voicing, slots, without_clashes

_PEDALED = frozenset({*range(8), 46})
_FASTEST = 0.08


def play(scene: Scene) -> Played:
    """Return chords note by note, in a figure that changes with the phrases."""
    options = scene.seat.options
    tune = Tune.of(scene.sheet)
    places = slots(scene.sheet, tune, 4.0)
    rate = max(float(options.get("rate", 0.5)), _FASTEST * scene.tempo / 60)
    if scene.sheet.parts == 3 and scene.style.feel == "straight":
        rate = 1 / 3 if rate < 0.75 else 1.0
    tones: list[Tone] = []
    for place, voicing in zip(places, voiced(scene, places), strict=True):
        tones += _broken(scene, place, without_clashes(voicing, place.held), rate)
    piano = scene.seat.program in _PEDALED and bool(options.get("pedal", True))
    return Played(
        without_restrikes(tones, fastest_repeat(scene.tempo)), pedaling(scene) if piano else ()
    )


def _broken(scene: Scene, place: Slot, voicing: Voicing, rate: float) -> list[Tone]:
    options = scene.seat.options
    name = str(options.get("pattern", "updown"))
    pitches = _spread(voicing, int(options.get("octaves", 1)), scene.seat.high)
    order = _order(name, len(pitches), variant=_phrase_number(scene, place.onset))
    gate, gaps = float(options.get("gate", 0.9)), float(options.get("gaps", 0.0))
    count = max(1, int((place.offset - place.onset) / rate + 1e-6))
    held, length = last_chord(scene.sheet), scene.sheet.length
    if place.onset >= held:
        return [
            Tone(held + order * rate / 2, length - held - order * rate / 2, pitch, 0.45)
            for order, pitch in enumerate(voicing)
            if place.onset == held and order * rate / 2 < length - held
        ]
    found: list[Tone] = []
    for index in range(count):
        onset = place.onset + index * rate
        level = scene.energy(onset)
        if index and scene.rng.random() < gaps * (1 - level):
            continue
        accent = 0.1 if index == 0 else 0.04 * (index % 2 == 0)
        pitch = pitches[order[index % len(order)]]
        found.append(Tone(onset, rate * gate, pitch, 0.42 + 0.16 * level + accent))
    return found


def _phrase_number(scene: Scene, beat: float) -> int:
    """Return how often a phrase of this label was there before."""
    now = scene.sheet.phrase_at(beat)
    return sum(each.label == now.label and each.onset < now.onset for each in scene.sheet.phrases)


def _spread(voicing: Voicing, octaves: int, high: int) -> tuple[int, ...]:
    """Return a chord's tones over octaves, as far as the range goes."""
    every = [pitch + 12 * octave for octave in range(octaves) for pitch in voicing]
    return tuple(sorted({pitch for pitch in every if pitch <= high})) or voicing


def _order(name: str, count: int, variant: int) -> Sequence[int]:
    """Return the indices of a figure, turned around in the next phrase of the same kind."""
    up = list(range(count))
    figures = {
        "up": up,
        "down": up[::-1],
        "updown": [*up, *up[-2:0:-1]],
        "alberti": [0, count - 1, count // 2, count - 1],
        "broken": [up[(2 * index) % count] if count % 2 else index for index in up],
    }
    figure = figures[name]
    if variant % 2 and name != "alberti" and count > 2:
        return [figure[0], *figure[:0:-1]]
    return figure
