"""Keep to what two hands can do: five notes each, no wider than a tenth, apart from each other.

A hand lets go of what it can no longer hold when it reaches for something new; with the pedal down
the tone goes on sounding all the same.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby

from toolkit.style.arrangement import Tone

MAX_NOTES = 5
"""Of one hand."""

MAX_SPAN = 16
"""Semitones of one hand, a major tenth."""

_EPSILON = 1e-6
_FASTEST_REPEAT = 0.075
_SHORTEST = 0.05


def fits_hand(pitches: Iterable[int]) -> bool:
    """Return whether one hand can hold all pitches at once."""
    held = set(pitches)
    return not held or (len(held) <= MAX_NOTES and max(held) - min(held) <= MAX_SPAN)


def fits_hands(pitches: Iterable[int]) -> bool:
    """Return whether two hands that do not cross can hold all pitches at once."""
    held = sorted(set(pitches))
    return any(fits_hand(held[:at]) and fits_hand(held[at:]) for at in range(len(held) + 1))


def fastest_repeat(tempo: float) -> float:
    """Return how many beats of a tempo a key needs at least before it is struck again."""
    return _FASTEST_REPEAT * tempo / 60


def within_reach(pitches: Sequence[int], keep: int) -> tuple[int, ...]:
    """Return those pitches, ascending, that one hand reaches together with one that it must play.

    Parameters
    ----------
    pitches : sequence of int
        To choose from; the nearest ones to `keep` are preferred.
    keep : int
        MIDI number that is part of the result in any case.
    """
    chosen = [keep]
    for pitch in sorted(set(pitches) - {keep}, key=lambda each: abs(each - keep)):
        if fits_hand([*chosen, pitch]):
            chosen.append(pitch)
    return tuple(sorted(chosen))


def played_by_one(tones: Iterable[Tone]) -> tuple[Tone, ...]:
    """Return a hand's tones, each let go when the hand has to move on to what comes next.

    Of tones that begin together those are left out that the highest one puts out of reach, and a
    tone that is struck again ends before.
    """
    ready = sorted(tones, key=lambda tone: (tone.onset, tone.pitch))
    done: list[Tone] = []
    held: list[Tone] = []
    for onset, group in groupby(ready, key=lambda tone: round(tone.onset, 6)):
        struck = {tone.pitch: tone for tone in group}
        reach = within_reach(tuple(struck), max(struck))
        fresh = [struck[pitch] for pitch in reach]
        held = _let_go(held, fresh, onset, done)
        held += fresh
    return tuple(_sorted([*done, *held]))


def _let_go(held: list[Tone], fresh: list[Tone], onset: float, done: list[Tone]) -> list[Tone]:
    """Return what goes on being held, the highest first; what ends is appended to `done`."""
    staying: list[Tone] = []
    pitches = {tone.pitch for tone in fresh}
    for tone in sorted(held, key=lambda each: -each.pitch):
        if tone.offset <= onset + _EPSILON:
            done.append(tone)
        elif tone.pitch not in pitches and fits_hand(
            pitches | {each.pitch for each in staying} | {tone.pitch}
        ):
            staying.append(tone)
        else:
            _cut(tone, onset, done)
    return staying


def _cut(tone: Tone, onset: float, done: list[Tone]) -> None:
    if onset - tone.onset >= _SHORTEST:
        done.append(replace(tone, duration=onset - tone.onset))


def without_collisions(upper: Sequence[Tone], lower: Sequence[Tone]) -> tuple[Tone, ...]:
    """Return the lower hand's tones without those at or above a tone the upper hand holds.

    A tone over which the upper hand comes down later ends when it does.
    """
    ready = _sorted(upper)
    onsets = [tone.onset for tone in ready]
    longest = max((tone.duration for tone in ready), default=0.0)
    kept = []
    for tone in lower:
        first = bisect_left(onsets, tone.onset - longest - _EPSILON)
        near = ready[first : bisect_left(onsets, tone.offset - _EPSILON)]
        below = [
            each.onset
            for each in near
            if each.pitch <= tone.pitch and each.offset > tone.onset + _EPSILON
        ]
        end = max(min(below, default=tone.offset), tone.onset)
        if end - tone.onset >= _SHORTEST:
            kept.append(replace(tone, duration=end - tone.onset))
    return tuple(kept)


def without_restrikes(tones: Iterable[Tone], fastest: float = _SHORTEST) -> tuple[Tone, ...]:
    """Return tones of which none overlaps another of its pitch or follows it too fast.

    Parameters
    ----------
    tones : iterable of Tone
        In any order.
    fastest : float
        Beats that have to lie between the beginnings of two tones of one pitch. The later of two
        that are nearer is left out, the earlier one if only the later one is an anchor.
    """
    done: list[Tone] = []
    last: dict[int, int] = {}
    for tone in _sorted(tones):
        before = last.get(tone.pitch)
        if before is not None:
            gap = tone.onset - done[before].onset
            if gap < fastest:
                if tone.anchor and not done[before].anchor:
                    done[before] = tone
                continue
            done[before] = replace(done[before], duration=min(done[before].duration, gap))
        last[tone.pitch] = len(done)
        done.append(tone)
    return tuple(_sorted(done))


def _sorted(tones: Iterable[Tone]) -> list[Tone]:
    return sorted(tones, key=lambda tone: (tone.onset, tone.pitch))
