"""Play the double bass of jazz: two notes a bar in quiet phrases, a walking line in the others.

The line puts roots where chords begin, chord and scale tones between and something that leads on a
chord's last beat (after R. Carter, "Building Jazz Bass Lines", 1966); skips, dropped triplets and
runs into the next phrase come with energy.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from toolkit.style.arrangement import Tone
from toolkit.style.band.bass_part import BassBar, Beat, Rhythm, one_at_a_time, tones, wishes
from toolkit.style.band.playing import Played, Scene
from toolkit.style.band.subdivision import groups
from toolkit.style.lead_sheet import LeadSheet
from toolkit.style.scales import chord_scale

_WALKS = {"auto": 0.42, "two": 0.78, "four": 0.0}
"""From which energy of a phrase on the bass walks, by the option ``feel``."""

_BACKBEAT = 0.03
_GHOST = 0.42
_BUSY_TEMPO = 150.0


def play(scene: Scene) -> Played:
    """Return a bassist's part.

    Options of the seat: ``feel``, one of ``auto``, ``two`` (a ballad's) and ``four``.
    """
    line = wishes(scene, _rhythm(scene), velocity=0.68)
    plain = tones(scene, line)
    ornamented = [each for tone in zip(plain, [*plain, None][1:], strict=True)
                  for each in _ornamented(scene, *tone)]  # fmt: skip
    return Played(tuple(one_at_a_time(ornamented, scene.sheet.length)))


def _rhythm(scene: Scene) -> Rhythm:
    threshold = _WALKS[str(scene.seat.options.get("feel", "auto"))]

    def rhythm(bar: BassBar, rng: np.random.Generator) -> list[Beat]:
        phrase = scene.sheet.phrase_at(bar.onset)
        walks = scene.energy(phrase.onset + phrase.duration / 2) >= threshold
        return _walk(scene.sheet, bar) if walks else _two(scene.sheet, bar, rng)

    return rhythm


def _walk(sheet: LeadSheet, bar: BassBar) -> list[Beat]:
    """Return a note on every beat."""
    strong = set(np.cumsum([0, *groups(bar.beats)]).tolist())
    beats = []
    for beat in range(bar.beats):
        kind = "passing"
        if _changes(sheet, bar.onset + beat):
            kind = "root"
        elif _changes(sheet, bar.onset + beat + 1):
            kind = "approach"
        elif beat in strong:
            kind = "chord"
        beats.append(Beat(float(beat), 1.0, kind, _BACKBEAT * (beat % 2)))
    return beats


def _two(sheet: LeadSheet, bar: BassBar, rng: np.random.Generator) -> list[Beat]:
    """Return a root and a fifth, now and then with a note that leads into the next bar."""
    beats = []
    position = 0
    for index, length in enumerate(groups(bar.beats)):
        starts = index == 0 or _changes(sheet, bar.onset + position)
        beats.append(Beat(float(position), float(length), "root" if starts else "fifth"))
        position += length
    leads = 0.15 + 0.5 * bar.energy * bar.new_chord_next
    if bar.beats > 2 and rng.random() < leads:
        beats.append(Beat(bar.beats - 1.0, 1.0, "approach", -0.05))
    elif bar.beats > 1 and rng.random() < 0.25:
        beats.append(Beat(bar.beats - 0.5, 0.5, "fifth", -0.12))
    return beats


def _changes(sheet: LeadSheet, beat: float) -> bool:
    """Return whether another chord begins at a beat, or just before it."""
    here, before = sheet.chord_at(beat), sheet.chord_at(beat - 0.75)
    return here is not None and (before is None or here.chord != before.chord)


def _ornamented(scene: Scene, tone: Tone, after: Tone | None) -> Iterator[Tone]:
    """Yield a tone with what may fill it: a skip, a dropped triplet, a passing tone of a run."""
    yield tone
    if after is None or not 0.9 < tone.duration < 1.1:
        return
    level = scene.energy(tone.onset) * min(_BUSY_TEMPO / scene.tempo, 1.0)
    chance = scene.rng.random()
    middle = _between(scene, tone, after)
    if _in_run(scene.sheet, tone.onset) and level > 0.5 and middle is not None and chance < 0.5:
        yield Tone(tone.onset + 0.5, 0.5, middle, tone.velocity - 0.06)
    elif chance < 0.03 * level and scene.style.feel != "straight":
        yield Tone(tone.onset + 1 / 3, 1 / 3, tone.pitch, _GHOST - 0.05)
        yield Tone(tone.onset + 2 / 3, 1 / 3, _below(scene, tone), _GHOST)
    elif chance < 0.16 * level:
        yield replace(tone, onset=tone.onset + 0.5, duration=0.5, velocity=_GHOST)


def _in_run(sheet: LeadSheet, beat: float) -> bool:
    """Return whether a beat is one of the last two before a new phrase."""
    phrase = sheet.phrase_at(beat)
    return phrase.offset - 2.01 < beat < phrase.offset < sheet.length


def _between(scene: Scene, tone: Tone, after: Tone) -> int | None:
    """Return a tone of the scale between two that are a third or a fourth apart."""
    span = scene.sheet.chord_at(tone.onset)
    if span is None or not 3 <= abs(after.pitch - tone.pitch) <= 5:
        return None
    scale = chord_scale(span.chord, scene.sheet.key_at(tone.onset))
    low, high = sorted((tone.pitch, after.pitch))
    inside = [pitch for pitch in range(low + 1, high) if pitch % 12 in scale]
    return inside[len(inside) // 2] if inside else None


def _below(scene: Scene, tone: Tone) -> int:
    """Return the fifth or the octave below that the range still has: a string plucked in passing.

    The root's fifth is in every scale but the diminished ones, where the same tone stays.
    """
    span = scene.sheet.chord_at(tone.onset)
    tones_of = () if span is None else span.chord.pitch_classes
    lower = [pitch for pitch in range(max(scene.seat.low, tone.pitch - 12), tone.pitch)
             if pitch % 12 in tones_of]  # fmt: skip
    return lower[-1] if lower else tone.pitch
