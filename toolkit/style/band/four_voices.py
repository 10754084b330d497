"""Set a tune for four voices, by the rules of the chorale.

For every change of tune or chord all ways to put its tones into soprano, alto, tenor and bass are
listed; the best path through them, by dynamic programming, keeps what textbooks ask (E. Aldwell and
C. Schachter, "Harmony and Voice Leading", 1978): no parallel fifths or octaves, no crossing or
overlap, no gap above an octave between the upper voices, leading tones that rise, sevenths that
fall, doublings of roots rather than of thirds, small steps in the middle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, product

import numpy as np
import numpy.typing as npt

from toolkit.dsp.cheapest_path import cheapest_path
from toolkit.style.band.octaves import into_range
from toolkit.style.band.tune import Tune
from toolkit.style.chord import QUALITIES, Chord
from toolkit.style.key import tonic_and_mode
from toolkit.style.lead_sheet import LeadSheet, LineNote

Array = npt.NDArray[np.float64]
Voices = tuple[int, int, int, int]

VOICES = ("bass", "tenor", "alto", "soprano")
"""From the lowest to the highest, the order of all tuples here."""

RANGES = {"bass": (40, 62), "tenor": (48, 69), "alto": (55, 74), "soprano": (60, 81)}
"""MIDI numbers of the voices."""

_EPSILON = 1e-6
_PARALLEL, _DIRECT, _OVERLAP, _SEVENTH, _LEADING = 60.0, 4.0, 12.0, 8.0, 8.0
_LOW_SPAN = 16
_SOPRANO_CENTER = 70.0


@dataclass(frozen=True)
class Station:
    """Hold a span in which all four voices stay.

    Parameters
    ----------
    onset, offset : float
        In beats.
    chord : Chord
        What they sing.
    key : str
        In which key.
    soprano : int, optional
        The tune's pitch, None where it rests.
    cadence : bool
        Whether a phrase ends with it.
    """

    onset: float
    offset: float
    chord: Chord
    key: str
    soprano: int | None
    cadence: bool


@lru_cache(maxsize=8)
def realize(sheet: LeadSheet) -> tuple[tuple[Station, Voices], ...]:
    """Return a sheet's four-part setting; the same sheet has always the same one.

    Parameters
    ----------
    sheet : LeadSheet
        Its tune goes to the soprano, by octaves into its range.
    """
    places = stations(sheet)
    if not places:
        return ()
    ways = [tuple(_ways(place)) for place in places]
    path = cheapest_path(
        [_alone(place, way) for place, way in zip(places, ways, strict=True)],
        lambda at: _moves(places[at - 1], places[at], ways[at - 1], ways[at]),
    )
    chosen = [way[index] for way, index in zip(ways, path, strict=True)]
    return tuple(zip(places, chosen, strict=True))


def stations(sheet: LeadSheet) -> tuple[Station, ...]:
    """Return the spans between changes of the chord or, on beats, of the tune.

    Notes of the tune that begin between beats are passing, and have no station of their own unless
    nothing else begins in their beat.
    """
    tune = Tune(tune_line(sheet))
    found: list[Station] = []
    ends = {round(phrase.offset, 6) for phrase in sheet.phrases} | {round(sheet.length, 6)}
    for span in sheet.chords:
        edges = _edges(tune, span.onset, span.offset)
        for start, end in pairwise(edges):
            note = next(iter(tune.sounding(start, start + 0.05)), None)
            found.append(
                Station(
                    start,
                    end,
                    span.chord,
                    sheet.key_at(start),
                    None if note is None else note.pitch,
                    any(abs(each - end) < 0.5 for each in ends),
                )
            )
    return tuple(found)


def tune_line(sheet: LeadSheet) -> tuple[LineNote, ...]:
    """Return a sheet's melody, by octaves in the soprano's range."""
    low, high = RANGES["soprano"]
    return into_range(sheet.melody, sheet, low, high, _SOPRANO_CENTER)


def _edges(tune: Tune, start: float, end: float) -> list[float]:
    """Return where stations of a chord begin, and its end: where the tune moves on a beat."""
    on_beats = [
        note.onset
        for note in tune.beginning(start, end)
        if abs(note.onset - round(note.onset)) < _EPSILON and note.onset > start + 0.4
    ]
    return [start, *(each for each in on_beats if each < end - 0.4), end]


def _ways(place: Station) -> list[Voices]:
    """Return all settings of a station in range and order, the complete ones if there are any."""
    tones = _tones(place)
    basses = _basses(place)
    choices = {
        name: [pitch for pitch in range(low, high + 1) if pitch % 12 in tones]
        for name, (low, high) in RANGES.items()
    }
    choices["bass"] = [pitch for pitch in range(*RANGES["bass"]) if pitch % 12 in basses]
    if place.soprano is not None:
        choices["soprano"] = [place.soprano]
    found = [
        (bass, tenor, alto, soprano)
        for soprano, alto in product(choices["soprano"], choices["alto"])
        if 0 <= soprano - alto <= 12
        for tenor in choices["tenor"]
        if 0 <= alto - tenor <= 12
        for bass in choices["bass"]
        if 0 <= tenor - bass <= _LOW_SPAN
    ]
    needed = _needed(place)
    complete = [way for way in found if needed <= {pitch % 12 for pitch in way}]
    return complete or found or [_closest(place, choices)]


def _tones(place: Station) -> set[int]:
    """Return a chord's pitch classes, sung: tensions and what clashes with a held tune apart."""
    return {(place.chord.root + step) % 12 for step in QUALITIES[place.chord.quality]}


def _needed(place: Station) -> set[int]:
    """Return the tones that a setting may not lack: all but the fifth."""
    chord = place.chord
    steps = QUALITIES[chord.quality]
    return {(chord.root + step) % 12 for step in steps if step != 7}


def _basses(place: Station) -> set[int]:
    """Return the bass's pitch classes: the given one, else root and, within phrases, third."""
    chord = place.chord
    if chord.bass is not None:
        return {chord.bass}
    third = (chord.root + QUALITIES[chord.quality][1]) % 12
    return {chord.root} if place.cadence else {chord.root, third}


def _closest(place: Station, choices: dict[str, list[int]]) -> Voices:
    """Return a setting by the nearest tone below each voice, for a tune that leaves no room."""
    soprano = choices["soprano"][0] if choices["soprano"] else 67
    below = [soprano]
    for name in ("alto", "tenor", "bass"):
        fits = [pitch for pitch in choices[name] if pitch <= below[-1]]
        below.append(max(fits) if fits else min(choices[name] or [below[-1]]))
    bass = [pitch for pitch in choices["bass"] if pitch <= below[2] and below[2] - pitch <= 16]
    return (min(bass or [below[3]]), below[2], below[1], soprano)


def _alone(place: Station, ways: Sequence[Voices]) -> Array:
    """Return what each setting costs by itself: its doublings, its spread, its inversion."""
    tonic, _ = tonic_and_mode(place.key)
    chord = place.chord
    third = (chord.root + QUALITIES[chord.quality][1]) % 12
    leading = (tonic + 11) % 12
    table = np.array(ways)
    classes = table % 12
    cost = 1.2 * ((classes == third).sum(axis=1) > 1)
    cost += 9.0 * ((classes == leading).sum(axis=1) > 1) * (leading in _tones(place))
    if len(QUALITIES[chord.quality]) > 3:
        seventh = (chord.root + QUALITIES[chord.quality][3]) % 12
        cost += 8.0 * ((classes == seventh).sum(axis=1) > 1)
    cost += 0.8 * (classes[:, 0] != chord.root) * (chord.bass is None)
    cost += 0.03 * np.abs(table - np.array([50, 57, 64, 70])).sum(axis=1)
    return np.asarray(cost + 1.5 * (np.diff(table, axis=1) == 0).sum(axis=1))


def _moves(
    before: Station, after: Station, first: Sequence[Voices], second: Sequence[Voices]
) -> Array:
    """Return what it costs to go from each setting to each other, shape (first, second)."""
    one, two = np.array(first)[:, None], np.array(second)[None]
    steps = two - one
    sizes = np.abs(steps)
    cost = 0.1 * sizes[..., 0] + 0.22 * sizes[..., 1] + 0.22 * sizes[..., 2]
    cost = cost + 1.5 * (sizes[..., 1:3] > 5).sum(axis=-1) + 2.0 * (sizes[..., 0] > 9)
    cost += 3.0 * np.isin(sizes[..., 0], (6, 10, 11))
    cost += _perfect(one, two, steps)
    for lower in range(3):
        cost += _OVERLAP * (two[..., lower] > one[..., lower + 1])
        cost += _OVERLAP * (two[..., lower + 1] < one[..., lower])
    return np.asarray(cost + _tendencies(before, after, one, steps))


def _perfect(one: Array, two: Array, steps: Array) -> Array:
    """Return the cost of parallel fifths and octaves, and of direct ones in the outer voices."""
    cost = np.zeros(np.broadcast_shapes(one.shape, two.shape)[:2])
    for lower in range(4):
        for upper in range(lower + 1, 4):
            was = (one[..., upper] - one[..., lower]) % 12
            comes = (two[..., upper] - two[..., lower]) % 12
            moving = (steps[..., upper] != 0) & (steps[..., lower] != 0)
            same = (was == comes) & ((comes == 7) | (comes == 0)) & moving
            cost += _PARALLEL * same
            if (lower, upper) == (0, 3):
                together = steps[..., upper] * steps[..., lower] > 0
                leaps = np.abs(steps[..., upper]) > 2
                cost += _DIRECT * together * leaps * ((comes == 7) | (comes == 0))
    return cost


def _tendencies(before: Station, after: Station, one: Array, steps: Array) -> Array:
    """Return the cost of leading tones that do not rise and sevenths that do not fall."""
    tonic, _ = tonic_and_mode(before.key)
    cost = np.zeros(np.broadcast_shapes(one.shape[:2], steps.shape[:2]))
    resolves = before.chord.root != after.chord.root
    if not resolves:
        return cost
    leads = (tonic + 11) % 12 in _tones(before) and tonic in _tones(after)
    sevenths = QUALITIES[before.chord.quality][3:4]
    for voice in range(4):
        step = steps[..., voice]
        if leads and before.chord.root != tonic:
            inner = 0.5 if voice in (1, 2) else 1.0
            rises = (step == 1) | (step == 0)
            cost += _LEADING * inner * (one[..., voice] % 12 == (tonic + 11) % 12) * ~rises
        for seventh in sevenths:
            falls = (step <= 0) & (step >= -2)
            held = one[..., voice] % 12 == (before.chord.root + seventh) % 12
            cost += _SEVENTH * held * ~falls * (seventh != 9)
    return cost
