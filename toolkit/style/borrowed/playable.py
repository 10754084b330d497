"""Keep borrowed parts to what their instruments can play."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from toolkit.style.arrangement import Tone
from toolkit.style.band.bass_part import one_at_a_time
from toolkit.style.band.hands import (
    fastest_repeat,
    played_by_one,
    without_collisions,
    without_restrikes,
)
from toolkit.style.band.octaves import fold
from toolkit.style.band.playability import is_monophonic

_KEYBOARDS = frozenset({*range(24), 46})
_GUITARS = frozenset(range(24, 32))
_STRINGS = 6
_SPLIT = 59
_SHORTEST = 0.1


def playable(
    tones: Iterable[Tone], program: int, low: int, high: int, tempo: float, end: float
) -> tuple[Tone, ...]:
    """Return tones as an instrument can play them.

    Parameters
    ----------
    tones : iterable of Tone
        Of one part, in any order.
    program : int
        General MIDI; keyboards have two hands, guitars six strings, winds one breath.
    low, high : int
        Range; what is outside is moved by octaves.
    tempo : float
        In beats a minute, for how fast a key can be struck again.
    end : float
        Where the piece ends, in beats.
    """
    inside = [
        replace(
            tone, pitch=fold(tone.pitch, low, high), duration=min(tone.duration, end - tone.onset)
        )
        for tone in tones
        if tone.onset < end - _SHORTEST
    ]
    inside = [tone for tone in inside if low <= tone.pitch <= high]
    fastest = fastest_repeat(tempo)
    if is_monophonic(program):
        return tuple(without_restrikes(one_at_a_time(_lone(inside, program), end), fastest))
    if program in _KEYBOARDS:
        upper = played_by_one(without_restrikes(t for t in inside if t.pitch > _SPLIT))
        lower = without_restrikes(t for t in inside if t.pitch <= _SPLIT)
        hand = played_by_one(without_collisions(upper, lower))
        return without_restrikes([*upper, *hand], fastest)
    if program in _GUITARS:
        return without_restrikes(_at_most(without_restrikes(inside, fastest), _STRINGS), fastest)
    return without_restrikes(inside, fastest)


def _lone(tones: Sequence[Tone], program: int) -> list[Tone]:
    """Return one tone at each onset: the lowest of a bass, the highest of a wind."""
    lowest = program in range(32, 40)
    best: dict[float, Tone] = {}
    for tone in tones:
        place = round(tone.onset, 3)
        known = best.get(place)
        if known is None or (tone.pitch < known.pitch) == lowest:
            best[place] = tone
    return [best[place] for place in sorted(best)]


def _at_most(tones: Iterable[Tone], strings: int) -> list[Tone]:
    """Return tones of which no more sound at a time than there are strings; older ones end."""
    done: list[Tone] = []
    held: list[Tone] = []
    for tone in sorted(tones, key=lambda each: (each.onset, -each.pitch)):
        done += [each for each in held if each.offset <= tone.onset]
        held = [each for each in held if each.offset > tone.onset]
        fresh = [each for each in held if each.onset >= tone.onset - 1e-3]
        if len(fresh) >= strings:
            continue
        if len(held) >= strings:
            oldest = min(held, key=lambda each: each.onset)
            held.remove(oldest)
            done.append(replace(oldest, duration=tone.onset - oldest.onset))
        held.append(tone)
    return [*done, *held]
