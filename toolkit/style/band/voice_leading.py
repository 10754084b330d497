"""Lead voices: of all ways to voice each chord, take those that follow each other smoothly.

The best path by dynamic programming over the voicings of successive chords; what a step costs is
how far its tones have to move, as in D. Tymoczko ("A Geometry of Music", 2011), but with the mean
distance to the nearest tone, since voicings may have different numbers of tones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from toolkit.dsp.cheapest_path import cheapest_path
from toolkit.style.band.tune import Tune
from toolkit.style.chord import Chord
from toolkit.style.lead_sheet import LeadSheet

Array = npt.NDArray[np.float64]
Voicing = tuple[int, ...]

_EPSILON = 1e-6
_TOP_LEAP = 5


@dataclass(frozen=True)
class Slot:
    """Hold a span of one chord, to be voiced once.

    Parameters
    ----------
    onset, offset : float
        In beats.
    chord : Chord
        What to voice.
    key : str
        In which key.
    held : tuple[tuple[int, float], ...]
        Pitches of the melody in it, each with for how many beats.
    fresh : bool
        Whether its chord begins here.
    """

    onset: float
    offset: float
    chord: Chord
    key: str
    held: tuple[tuple[int, float], ...] = ()
    fresh: bool = True

    @property
    def long_held(self) -> frozenset[int]:
        """Return the pitch classes that the melody holds for half a beat or more."""
        return frozenset(pitch % 12 for pitch, beats in self.held if beats >= 0.5)


@dataclass(frozen=True)
class Taste:
    """Hold what a player likes.

    Parameters
    ----------
    center : float
        MIDI number around which to stay.
    below_melody : float
        Cost of a top tone at or above the melody.
    repeat : float
        Cost of the same tones twice where the chord stays.
    dice : float
        Standard deviation of chance in the cost of a voicing.
    fullness : float
        Reward of each tone.
    """

    center: float = 60.0
    below_melody: float = 4.0
    repeat: float = 0.8
    dice: float = 0.3
    fullness: float = 0.35


def slots(sheet: LeadSheet, tune: Tune, longest: float = float("inf")) -> tuple[Slot, ...]:
    """Return a sheet's chords, cut at bar lines and into pieces of at most so many beats."""
    found: list[Slot] = []
    for span in sheet.chords:
        for start, end in pieces(sheet, span.onset, span.offset, longest):
            held = tune.held(start, end)
            key = sheet.key_at(start)
            fresh = start <= span.onset + _EPSILON
            found.append(Slot(start, end, span.chord, key, held, fresh))
    return tuple(found)


def pieces(
    sheet: LeadSheet, start: float, end: float, longest: float
) -> tuple[tuple[float, float], ...]:
    """Return a span cut at bar lines, and from those on into pieces of at most so many beats."""
    edges = [start]
    while edges[-1] < end - _EPSILON:
        bar = sheet.bars[sheet.bar_at(edges[-1])]
        line = bar.offset if bar.offset > edges[-1] + _EPSILON else end
        edges.append(min(line, end, edges[-1] + longest))
    return tuple(pairwise(edges))


def choose(
    slots: Sequence[Slot],
    voicings: Sequence[Sequence[Voicing]],
    taste: Taste,
    rng: np.random.Generator,
) -> tuple[Voicing, ...]:
    """Return one voicing a slot, the smoothest sequence that suits the melody and the taste.

    Parameters
    ----------
    slots : sequence of Slot
        Ascending.
    voicings : sequence of sequences of tuple[int, ...]
        Of each slot, at least one.
    taste : Taste
        Weights.
    rng : np.random.Generator
        Of the dice.
    """
    if not slots:
        return ()

    def moves(at: int) -> Array:
        steps = distance(voicings[at - 1], voicings[at])
        if not slots[at].fresh:
            steps += taste.repeat * same(voicings[at - 1], voicings[at])
        return steps

    own = [_alone(slot, each, taste, rng) for slot, each in zip(slots, voicings, strict=True)]
    path = cheapest_path(own, moves)
    return tuple(each[index] for each, index in zip(voicings, path, strict=True))


def distance(before: Sequence[Voicing], after: Sequence[Voicing]) -> Array:
    """Return the cost of going from each voicing to each other, shape (len(before), len(after)).

    It is the mean over all tones of both of the semitones to the nearest tone of the other, and
    more where the top tone leaps.
    """
    first, second = _padded(before), _padded(after)
    gaps = np.abs(first[:, None, :, None] - second[None, :, None, :])
    forth, back = gaps.min(axis=3).mean(axis=2), gaps.min(axis=2).mean(axis=2)
    tops = np.abs(first[:, -1][:, None] - second[:, -1][None])
    return np.asarray((forth + back) / 2 + 0.3 * np.maximum(tops - _TOP_LEAP, 0))


def same(before: Sequence[Voicing], after: Sequence[Voicing]) -> Array:
    """Return 1 where two voicings are equal, shape (len(before), len(after))."""
    numbers = {voicing: number for number, voicing in enumerate((*before, *after))}
    first = np.array([numbers[each] for each in before])
    second = np.array([numbers[each] for each in after])
    return np.asarray(first[:, None] == second[None], float)


def clash(voicing: Voicing, pitch: int) -> float:
    """Return how badly a voicing sits with a note of the melody, 0 for well.

    A tone a semitone below the melody's pitch class makes a minor ninth or a minor second; one a
    semitone above a major seventh; the same tone in the same place takes the melody's key away.
    """
    cost = 0.0
    for tone in voicing:
        interval = (pitch - tone) % 12
        if interval == 1:
            cost += 3.0
        elif interval == 11 and abs(pitch - tone) < 3:
            cost += 2.0
        if tone == pitch:
            cost += 0.6
    return cost


def _alone(
    slot: Slot, voicings: Sequence[Voicing], taste: Taste, rng: np.random.Generator
) -> Array:
    """Return what each voicing costs by itself."""
    dice = rng.standard_normal(len(voicings)) * taste.dice
    costs = [_suits(slot, each, taste) for each in voicings]
    return np.array(costs) + dice


def _suits(slot: Slot, voicing: Voicing, taste: Taste) -> float:
    cost = 0.12 * abs(sum(voicing) / len(voicing) - taste.center)
    cost -= taste.fullness * len(voicing)
    for pitch, beats in slot.held:
        share = min(beats, 2.0) / 2
        cost += share * clash(voicing, pitch)
        if voicing[-1] >= pitch - 1:
            cost += share * taste.below_melody
    return cost


def _padded(voicings: Sequence[Voicing]) -> Array:
    """Return voicings as a table, the top tone again where one has fewer tones."""
    most = max(len(each) for each in voicings)
    rows = [(*each, *(each[-1:] * (most - len(each)))) for each in voicings]
    return np.array(rows, dtype=float)


def without_clashes(voicing: Voicing, held: Sequence[tuple[int, float]]) -> Voicing:
    """Return a voicing without the tones that clash with what the melody holds, two at least.

    Parameters
    ----------
    voicing : tuple[int, ...]
        Ascending.
    held : sequence of (int, float)
        Pitches of the melody with beats; those of half a beat and more count.
    """
    notes = [pitch for pitch, beats in held if beats >= 0.5]
    kept = [tone for tone in voicing if not any((note - tone) % 12 == 1 for note in notes)]
    return tuple(kept) if len(kept) >= 2 else voicing
