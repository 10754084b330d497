"""Play gospel piano: triads above, octaves in the left hand, plagal turns where the tune rests.

The turns are those of the style's teaching books (I, IV over I, I; a diminished chord on the way
up); where beats have two parts they are played in triplets against them, as 12/8 is felt.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from toolkit.style.arrangement import Tone
from toolkit.style.band.comp_idioms import GOSPEL
from toolkit.style.band.comp_rhythms import last_chord, strokes
from toolkit.style.band.hands import MAX_SPAN
from toolkit.style.band.left_hands import low_bass, shells
from toolkit.style.band.players.comp import voicing_at
from toolkit.style.band.players.lead import line
from toolkit.style.band.playing import Played, Scene
from toolkit.style.band.pulse import Beat, beats
from toolkit.style.band.right_hand import MANNERS, right_hand
from toolkit.style.band.tune import Tune
from toolkit.style.band.two_hands import has_tune, pedaling, together
from toolkit.style.band.voice_leading import Slot, Taste, Voicing, choose, slots
from toolkit.style.band.voicings import candidates
from toolkit.style.lead_sheet import LineNote

_RIGHT_LOW, _RIGHT_HIGH = 57, 79
_THIRD = 1 / 3
_MAJOR = frozenset({"", "6", "maj7", "7"})


def play(scene: Scene) -> Played:
    """Return a gospel pianist's part: with the tune, or under a singer who has it."""
    notes: tuple[LineNote, ...] = ()
    if has_tune(scene):
        low = min(max(scene.seat.low, _RIGHT_LOW), scene.seat.high - 24)
        notes = line(scene.sheet, low, scene.seat.high, scene.tempo, 71.0)
    own = Tune(notes)
    upper = right_hand(scene, notes, MANNERS["gospel"]) if notes else _triads(scene)
    upper += _turns(scene, own if notes else Tune.of(scene.sheet))
    lower = shells(scene, own) if "bass" in scene.band else _octaves(scene)
    return together(scene, upper, lower, pedaling(scene, 2.0))


def _octaves(scene: Scene) -> list[Tone]:
    """Return octaves on strong beats and where chords begin, walking up to the next one."""
    found: list[Tone] = []
    every = list(beats(scene))
    for beat, after in zip_longest(every, every[1:]):
        pitch = low_bass(scene, beat.root)
        if not (beat.strong or beat.fresh):
            if after is None or not after.fresh or scene.rng.random() > 0.6:
                continue
            # A semitone below the coming bass: the diminished chord's root on the way up.
            pitch = low_bass(scene, after.root) - 1
        level = 0.58 + 0.12 * scene.energy(beat.onset)
        found += _doubled(scene, beat, pitch, level)
    return found


def _doubled(scene: Scene, beat: Beat, pitch: int, velocity: float) -> list[Tone]:
    length = 0.9 if not (beat.strong or beat.fresh) else 1.9
    lower = [pitch - 12] if pitch - 12 >= max(scene.seat.low, 26) else []
    return [Tone(beat.onset, length, each, velocity) for each in (*lower, pitch)]


def _triads(scene: Scene) -> list[Tone]:
    """Return the right hand's chords where another one has the tune."""
    tune = Tune.of(scene.sheet)
    places = slots(scene.sheet, tune, 2.0)
    chosen = _close(scene, places)
    found: list[Tone] = []
    for stroke in strokes(scene, tune, GOSPEL):
        index = voicing_at(stroke.chord_beat, places, chosen)
        if index >= 0:
            found += [
                Tone(stroke.onset, stroke.duration, pitch, stroke.velocity)
                for pitch in chosen[index]
            ]
    return found


def _close(scene: Scene, places: Sequence[Slot]) -> tuple[Voicing, ...]:
    ways = [
        candidates(
            place.chord, place.key, ("close",),
            low=_RIGHT_LOW, high=min(_RIGHT_HIGH, scene.seat.high), rich=False,
            held=place.long_held, span=MAX_SPAN,
        )
        for place in places
    ]  # fmt: skip
    return choose(places, ways, Taste(center=66), scene.rng)


def _turns(scene: Scene, tune: Tune) -> list[Tone]:
    """Return I, IV and I in triplets in rests of two beats over major chords."""
    found: list[Tone] = []
    held = last_chord(scene.sheet)
    for bar in scene.sheet.bars:
        for start, end in tune.gaps(bar.onset, bar.offset, 1.5):
            at = float(int(start + 0.999))
            span = scene.sheet.chord_at(at)
            if (
                at >= held
                or span is None
                or min(end, span.offset) - at < 1
                or tune.sounding(at, at + 1)
            ):
                continue
            if span.chord.quality in _MAJOR and scene.rng.random() < 0.4 + scene.energy(at) / 2:
                found += _plagal(scene, at, span.chord.root)
    return found


def _plagal(scene: Scene, at: float, root: int) -> list[Tone]:
    """Return a triad, the one a fourth above over the same tone, and the triad again."""
    fifth = 60 + (root + 7 - 60) % 12
    triads = ((fifth, fifth + 5, fifth + 9), (fifth + 2, fifth + 5, fifth + 10))
    velocity = 0.5 + 0.15 * scene.energy(at)
    return [
        Tone(at + step * _THIRD, _THIRD * 0.95, pitch, velocity)
        for step, triad in enumerate((triads[0], triads[1], triads[0]))
        for pitch in triad
    ]
