"""Make a bass part from the rhythm of each bar: wishes at each note, then pitches, then tones."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from toolkit.style.arrangement import Tone
from toolkit.style.band.bass_lines import Wish, find_pitches
from toolkit.style.band.form import held_from
from toolkit.style.band.phrase_bars import PhraseBar, phrase_bars
from toolkit.style.band.playing import Played, Scene
from toolkit.style.band.subdivision import placed
from toolkit.style.lead_sheet import ChordSpan

_EPSILON = 1e-6
_SHORTEST = 0.2
_NEAR = 0.3
_WANDER = 2.5


@dataclass(frozen=True)
class Beat:
    """Hold a note of a bar's rhythm: where in the bar, how long, and what it wishes to be.

    Parameters
    ----------
    position, duration : float
        In beats; the duration ends at the next note at the latest.
    kind : str
        One of `toolkit.style.band.bass_lines.KINDS`.
    weight : float
        Added to the velocity.
    ahead : bool
        Whether it already belongs to what comes half a beat later.
    """

    position: float
    duration: float
    kind: str
    weight: float = 0.0
    ahead: bool = False


@dataclass(frozen=True)
class BassBar(PhraseBar):
    """Hold what a bassist knows of a bar.

    Parameters
    ----------
    index, onset, beats, energy, phrase_bar
        As in `PhraseBar`.
    last_of_phrase, new_chord_next : bool
        Whether the phrase ends with it, and whether the next bar begins with another chord.
    """

    last_of_phrase: bool
    new_chord_next: bool


Rhythm = Callable[[BassBar, np.random.Generator], Sequence[Beat]]


def bass_bars(scene: Scene) -> Iterator[BassBar]:
    """Yield what a bassist knows of each bar, held last chord excluded."""
    sheet = scene.sheet
    for bar in phrase_bars(scene):
        here, after = sheet.chord_at(bar.offset - 0.5), sheet.chord_at(bar.offset)
        yield BassBar(
            **vars(bar),
            last_of_phrase=bar.offset >= sheet.phrase_at(bar.onset).offset - _EPSILON,
            new_chord_next=after is not None and (here is None or after.chord != here.chord),
        )


def wishes(scene: Scene, rhythm: Rhythm, *, velocity: float = 0.7) -> list[Wish]:
    """Return the notes of a whole part, without pitches.

    Every chord gets its root where it begins, whatever the rhythm: a note is put there if there is
    none near. Where no chord is, nothing is played. The held last chord gets a long root.

    Parameters
    ----------
    scene : Scene
        Of the bassist.
    rhythm : callable
        From a bar to its notes.
    velocity : float
        Of a note of no weight at middling energy.
    """
    result: list[Wish] = []
    lift = 0.0
    for bar in bass_bars(scene):
        if bar.phrase_bar % 4 == 0:  # a player wanders over the neck
            lift = float(scene.rng.normal(0.0, _WANDER))
        beats = [replace(each, position=placed(each.position, scene.sheet, scene.style))
                 for each in rhythm(bar, scene.rng)]  # fmt: skip
        base = velocity + 0.14 * (bar.energy - 0.5)
        for each in _following_chords(scene, bar, beats):
            span = _chord_of(scene, bar, each)
            if span is not None:
                result.append(
                    Wish(
                        onset=bar.onset + each.position,
                        duration=each.duration,
                        chord=span.chord,
                        key=scene.sheet.key_at(bar.onset + each.position),
                        kind=each.kind,
                        velocity=float(np.clip(base + each.weight, 0.05, 1.0)),
                        center=_center(scene, bar.energy) + lift,
                    )
                )
    return [*result, *_held(scene, velocity)]


def tones(scene: Scene, line: Sequence[Wish], *, freedom: float = 0.35) -> list[Tone]:
    """Return the tones of a line: pitches found in the seat's range, never two at a time."""
    pitches = find_pitches(line, scene.seat.low, scene.seat.high, scene.rng, freedom=freedom)
    result = [
        Tone(wish.onset, wish.duration, pitch, wish.velocity)
        for wish, pitch in zip(line, pitches, strict=True)
    ]
    return one_at_a_time(result, scene.sheet.length)


def groove(scene: Scene, rhythm: Rhythm, *, velocity: float = 0.7) -> Played:
    """Return what a bassist plays who follows a rhythm, bar by bar."""
    return Played(tuple(tones(scene, wishes(scene, rhythm, velocity=velocity))))


def one_at_a_time(notes: Sequence[Tone], end: float) -> list[Tone]:
    """Return tones cut where the next one begins, and at the end of the piece."""
    ordered = sorted(notes, key=lambda tone: tone.onset)
    nexts = [*(tone.onset for tone in ordered), end][1:]
    return [
        replace(tone, duration=min(tone.duration, after - tone.onset))
        for tone, after in zip(ordered, nexts, strict=True)
        if after - tone.onset > _EPSILON
    ]


def _following_chords(scene: Scene, bar: BassBar, beats: Sequence[Beat]) -> list[Beat]:
    """Return a bar's rhythm with a root where each chord begins."""
    result = sorted(beats, key=lambda each: each.position)
    for span in _beginning_in(scene, bar):
        begin = span.onset - bar.onset
        near = [each for each in result if abs(each.position - begin) < _NEAR]
        if near:
            chosen = replace(near[0], kind="root", ahead=near[0].position < begin - _EPSILON)
            result[result.index(near[0])] = chosen
            result = [_announcing(each, begin) for each in result]
        else:
            result.append(Beat(begin, span.duration, "root"))
    result.sort(key=lambda each: each.position)
    return [
        replace(each, duration=max(min(each.duration, after - each.position), _SHORTEST))
        for each, after in zip(result, [*(b.position for b in result[1:]), float(bar.beats)],
                               strict=True)
        if after - each.position > _EPSILON
    ]  # fmt: skip


def _announcing(beat: Beat, begin: float) -> Beat:
    """Return a note with the root as its wish if it announces the chord that begins there."""
    announces = beat.ahead and 0 < begin - beat.position <= 0.5
    return replace(beat, kind="root") if announces else beat


def _beginning_in(scene: Scene, bar: BassBar) -> tuple[ChordSpan, ...]:
    """Return the chords that begin within a bar, after its first moment and before its end."""
    chords = scene.sheet.chords
    edges = (bar.onset + _EPSILON, bar.offset - _EPSILON)
    first, last = (bisect_left(chords, edge, key=lambda span: span.onset) for edge in edges)
    return chords[first:last]


def _chord_of(scene: Scene, bar: BassBar, beat: Beat) -> ChordSpan | None:
    onset = bar.onset + beat.position
    if beat.ahead:
        return scene.sheet.chord_at(onset + 0.5) or scene.sheet.chord_at(onset)
    return scene.sheet.chord_at(onset)


def _center(scene: Scene, energy: float) -> float:
    """Return the middle of the register, which rises with the energy."""
    low, high = scene.seat.low, scene.seat.high
    return low + (0.34 + 0.26 * energy) * (high - low)


def _held(scene: Scene, velocity: float) -> list[Wish]:
    """Return the long root of the last chord, where there is one."""
    start = held_from(scene.sheet)
    span = scene.sheet.chord_at(start)
    if span is None or start >= scene.sheet.length - _EPSILON:
        return []
    low = scene.seat.low + 0.2 * (scene.seat.high - scene.seat.low)
    key = scene.sheet.key_at(start)
    duration = min(scene.sheet.length, span.offset) - start
    return [Wish(start, duration, span.chord, key, "root", velocity, low)]
