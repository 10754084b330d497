"""Accompany with chords: voicings led smoothly, struck where the tune leaves room.

Options: ``feel`` (an idiom of `toolkit.style.band.comp_idioms`, the style's own unless given),
``forms`` (of `toolkit.style.band.voicings`), ``hands`` (1 or 2), ``spread`` (beats between the
tones of a rolled chord).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from toolkit.style.arrangement import Tone
from toolkit.style.band.comp_idioms import IDIOMS
from toolkit.style.band.comp_rhythms import Stroke, strokes
from toolkit.style.band.hands import MAX_SPAN, fastest_repeat, without_restrikes
from toolkit.style.band.playing import Played, Scene
from toolkit.style.band.tune import Tune
from toolkit.style.band.voice_leading import Slot, Taste, Voicing, choose, slots, without_clashes
from toolkit.style.band.voicings import candidates

_EPSILON = 1e-6
_JAZZ = ("rootless", "drop2", "shell", "quartal")
_TWO_HANDED = ("two-hand", "rootless", "quartal")
_PLAIN = ("close", "open")
_RICH_PALETTES = frozenset({"jazz", "bossa", "gospel", "blues"})
_TENDER = 84.0
"""Tempo in beats a minute below which swing is accompanied as a ballad."""


def play(scene: Scene) -> Played:
    """Return the accompaniment of a scene.

    Chords lie below the tune, their tensions agree with it, and no bar is played thrice in a row.
    """
    tune = Tune.of(scene.sheet)
    idiom = IDIOMS[str(scene.seat.options.get("feel", feel(scene)))]
    places = slots(scene.sheet, tune, 2.0)
    chosen = voiced(scene, places)
    tones: list[Tone] = []
    for stroke in strokes(scene, tune, idiom):
        tones += _struck(scene, tune, stroke, places, chosen)
    return Played(without_restrikes(tones, fastest_repeat(scene.tempo)))


def feel(scene: Scene) -> str:
    """Return the idiom that a style asks for by its feel, palette and tempo."""
    style = scene.style
    if style.harmony.palette in ("bossa", "gospel"):
        return style.harmony.palette
    if style.feel == "shuffle":
        return "shuffle"
    if scene.tempo < _TENDER:
        return "ballad"
    return "swing" if style.feel == "swing" else "lofi"


def is_rich(scene: Scene) -> bool:
    """Return whether a style adds tensions that its chords do not spell."""
    return scene.style.harmony.palette in _RICH_PALETTES


def voiced(scene: Scene, places: Sequence[Slot]) -> tuple[Voicing, ...]:
    """Return one voicing for each slot, within the seat's range and below the tune."""
    seat, rich = scene.seat, is_rich(scene)
    two = int(seat.options.get("hands", 1)) == 2
    default = (_TWO_HANDED if two else _JAZZ) if rich else _PLAIN
    if scene.style.harmony.palette == "blues":
        default = ("rootless", "shell")
    forms = tuple(seat.options.get("forms", default))
    if "bass" not in scene.band:
        forms = ("spread", "open")
    ways = [
        candidates(
            place.chord,
            place.key,
            forms,
            low=seat.low,
            high=seat.high,
            rich=rich,
            held=place.long_held,
            span=24 if two else MAX_SPAN,
        )
        for place in places
    ]
    center = (seat.low + seat.high) / 2 + (2 if two else 0)
    return choose(places, ways, Taste(center=center), scene.rng)


def voicing_at(beat: float, places: Sequence[Slot], chosen: Sequence[Voicing]) -> int:
    """Return the index of the slot that a beat lies in, -1 where no chord is."""
    index = bisect_right([place.onset for place in places], beat + _EPSILON) - 1
    if index < 0 or places[index].offset <= beat + _EPSILON:
        return -1
    return index


def _struck(
    scene: Scene, tune: Tune, stroke: Stroke, places: Sequence[Slot], chosen: Sequence[Voicing]
) -> list[Tone]:
    index = voicing_at(stroke.chord_beat, places, chosen)
    if index < 0:
        return []
    held = tune.held(stroke.onset, stroke.onset + stroke.duration)
    voicing = without_clashes(chosen[index], held)
    roll = float(scene.seat.options.get("spread", 0.0))
    top = len(voicing) - 1
    return [
        Tone(
            stroke.onset + roll * order,
            max(stroke.duration - roll * order, 0.1),
            pitch,
            min(stroke.velocity + (0.04 if order == top else 0.0), 1.0),
        )
        for order, pitch in enumerate(voicing)
    ]
