"""Lay the beats and bars of a lead sheet over the seconds of a performance.

What a beat is follows the meter: a quarter note in simple meters, three eighths in compound ones,
an eighth in 4/8, 5/8 and 7/8 and in a slow 3/8, a half note in a fast 2/2. Bars of two beats are
joined in pairs, so that 2/4, cut time and 6/8 come out in the four beats that players think in.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from toolkit.style import timeline
from toolkit.style.lead_sheet import Bar
from toolkit.style.listening import bars as bar_tracking
from toolkit.style.listening import structure
from toolkit.style.sheet import snapping
from toolkit.values import DRUMS, Notes

Array = npt.NDArray[np.float64]

_STEADY_TEMPO = 120.0
_FEW_NOTES = 16
_FEWEST_ON_GRID = 0.62
_NEAR_EIGHTH, _MOST_OFF_BEAT = 0.1, 0.62
_SLOWEST_BEAT_EIGHTHS = 280.0  # eighths a minute from which 3/8 is felt in one
_CUT_QUARTERS = 160.0  # quarters a minute from which 2/2 is felt in halves
_LATE_START = 0.5


@dataclass(frozen=True, eq=False)
class Grid:
    """Hold where beats and bars lie.

    Parameters
    ----------
    seconds, beats : np.ndarray
        Ascending pairs between which both run evenly; beat 0 is the first downbeat.
    bars : tuple[Bar, ...]
        From beat 0, without gaps, to the end of the notes.
    parts : int
        2, or 3 where a beat has three parts.
    """

    seconds: Array
    beats: Array
    bars: tuple[Bar, ...]
    parts: int = 2

    def at(self, seconds: npt.ArrayLike) -> Array:
        """Return times as beats; before the first and after the last pair the tempo goes on."""
        return _along(np.asarray(seconds, float), self.seconds, self.beats)

    def time(self, beats: npt.ArrayLike) -> Array:
        """Return beats as times in seconds, the inverse of `at`."""
        return _along(np.asarray(beats, float), self.beats, self.seconds)

    @property
    def tempo(self) -> float:
        """Return the median tempo in beats a minute."""
        edges = self.time(np.arange(0, max(self.bars[-1].offset, 1) + 1))
        return float(60 / max(np.median(np.diff(edges)), 1e-3))


def grid(notes: Notes) -> Grid:
    """Return beats and bars of notes: those of their own tempo map if they keep to it.

    Parameters
    ----------
    notes : Notes
        With a pitched note at least.
    """
    pitched = replace(notes, notes=tuple(note for note in notes if note.program != DRUMS))
    found = _written(pitched) if _keeps_to_its_map(notes) else _tracked(notes)
    return _from_first_note(found, pitched)


def _keeps_to_its_map(notes: Notes) -> bool:
    """Return whether the tempo map is the notes', and no default that a recorder wrote."""
    if not notes.tempo_map:
        return False
    at = timeline.quarters(notes.tempo_map, [note.onset for note in notes])
    if len(at) < _FEW_NOTES:
        return True
    # A map may have the tempo and yet begin between two beats: then most notes are off its beats.
    off_beat = float(np.mean(np.abs((2 * at + 0.5) % 1 - 0.5) > 2 * _NEAR_EIGHTH))
    if off_beat > _MOST_OFF_BEAT:
        return False
    return len(notes.tempo_map) > 2 or snapping.on_grid_share(at) >= _FEWEST_ON_GRID


def _tracked(notes: Notes) -> Grid:
    """Return beats and bars as they are heard."""
    pulse = structure.pulse(notes)
    if len(pulse.beats) < 2:
        beats = notes.notes[0].onset + np.arange(2) * 60 / _STEADY_TEMPO
        return _numbered(beats, np.array([0, 4]), 2)
    downbeats = np.flatnonzero(pulse.places == 0)
    if not len(downbeats):
        downbeats = np.arange(0, len(pulse.beats), 4)
    return _numbered(pulse.beats, downbeats, 3 if pulse.compound else 2)


def _numbered(beats: Array, downbeats: npt.NDArray[np.intp], parts: int) -> Grid:
    """Return the grid of beats in seconds of which some begin bars, by their index."""
    lengths = [int(each) for each in np.diff(downbeats)] or [4]
    bars = _bars([*lengths, max(set(lengths), key=lengths.count)])
    numbers = np.arange(len(beats), dtype=float) - float(downbeats[0])
    return Grid(beats.astype(float), numbers, bars, parts)


def _written(notes: Notes) -> Grid:
    """Return beats and bars of tempo map and meters; without meters the bars are found.

    Bars of one beat are what programs write that know of none.
    """
    if all(numerator == 1 for _, numerator, _ in notes.meters):
        beats = timeline.beats(notes.tempo_map, (), notes.duration)
        if len(beats) < 2:
            beats = timeline.seconds(notes.tempo_map, [0.0, 1.0])
        places, _ = bar_tracking.places(notes, beats)
        downbeats = np.flatnonzero(places == 0)
        known = _numbered(beats, downbeats if len(downbeats) else np.array([0]), 2)
        return _dense(known, notes)
    starts = timeline.quarters(notes.tempo_map, [start for start, _, _ in notes.meters])
    end = float(timeline.quarters(notes.tempo_map, notes.duration))
    ends = [*starts[1:].tolist(), max(end, float(starts[-1]))]
    quarters, beats_at, lengths, compound = [float(starts[0])], [0.0], [], 0.0
    for (_, numerator, denominator), start, stop in zip(notes.meters, starts, ends, strict=True):
        unit, per_bar = _unit(numerator, denominator, _tempo(notes, start))
        count = max((stop - float(start)) / unit, 0.0)
        quarters.append(quarters[-1] + count * unit)
        beats_at.append(beats_at[-1] + count)
        compound += (stop - float(start)) * (unit in (1.5, 0.75))
        lengths.append((count, per_bar))
    quarters.append(quarters[-1] + unit)
    beats_at.append(beats_at[-1] + 1)
    lead, bars = _laid(lengths)
    parts = 3 if compound > 0.5 * (ends[-1] - float(starts[0])) else 2
    at = np.array(beats_at) - lead
    return _dense(Grid(timeline.seconds(notes.tempo_map, quarters), at, bars, parts), notes)


def _laid(lengths: Sequence[tuple[float, int]]) -> tuple[float, tuple[Bar, ...]]:
    """Return how many beats precede the first whole bar, and the bars from there on.

    Parameters
    ----------
    lengths : sequence of (beats, beats a bar)
        The spans of the meters in order.
    """
    counts: list[int] = []
    lead = 0.0
    for index, (beats, per_bar) in enumerate(lengths):
        # A first meter that lasts one bar, with another to follow, holds the pickup.
        if index == 0 and len(lengths) > 1 and beats <= per_bar + 1e-6 and per_bar != lengths[1][1]:
            lead = beats
            continue
        whole = round(beats / per_bar, 6)
        counts += [per_bar] * math.floor(whole)
        rest = round((whole - math.floor(whole)) * per_bar)
        if rest:
            counts.append(per_bar if index == len(lengths) - 1 else rest)
    return lead, _bars(counts or [lengths[-1][1]])


def _unit(numerator: int, denominator: int, quarters: float) -> tuple[float, int]:
    """Return a beat in quarter notes, and how many a bar has.

    Parameters
    ----------
    numerator, denominator : int
        The meter.
    quarters : float
        Tempo in quarter notes a minute.
    """
    note = 4 / denominator
    pulse = quarters / note
    if denominator >= 8 and numerator % 3 == 0 and (numerator > 3 or pulse > _SLOWEST_BEAT_EIGHTHS):
        return 3 * note, numerator // 3
    if denominator == 2 and quarters < _CUT_QUARTERS and numerator in (2, 4):
        return 1.0, 2 * numerator
    if denominator >= 16 and numerator % 2 == 0:
        return 2 * note, numerator // 2
    return note, numerator


def _tempo(notes: Notes, quarter: float) -> float:
    time = float(timeline.seconds(notes.tempo_map, quarter))
    known = [tempo for start, tempo in notes.tempo_map if start <= time + 1e-6]
    return known[-1] if known else notes.tempo_map[0][1]


def _dense(known: Grid, notes: Notes) -> Grid:
    """Return the grid with the changes of tempo between its pairs."""
    changes = np.array([start for start, _ in notes.tempo_map])
    quarters = timeline.quarters(notes.tempo_map, known.seconds)
    inside = (changes > known.seconds[0]) & (changes < known.seconds[-1])
    at = timeline.quarters(notes.tempo_map, changes[inside])
    seconds = np.concatenate([known.seconds, changes[inside]])
    beats = np.concatenate([known.beats, np.interp(at, quarters, known.beats)])
    seconds, first = np.unique(seconds, return_index=True)
    return replace(known, seconds=seconds, beats=beats[first])


def _bars(lengths: Sequence[int]) -> tuple[Bar, ...]:
    """Return bars from beat 0; runs of bars of two beats are joined in pairs."""
    joined: list[int] = []
    pending = False
    for length in lengths:
        if length == 2 and pending:
            joined[-1] = 4
        else:
            joined.append(length)
        pending = length == 2 and not pending
    if pending and len(joined) > 1 and joined[-2] == 4:
        joined[-1] = 4
    starts = np.concatenate([[0], np.cumsum(joined)])
    return tuple(Bar(float(start), beats) for start, beats in zip(starts, joined, strict=False))


def _from_first_note(found: Grid, notes: Notes) -> Grid:
    """Return the grid whose beat 0 is the downbeat at or after which the music begins.

    What begins in the second half of a bar is a pickup to the next one. Bars are added where the
    notes go beyond them.
    """
    first = float(found.at(notes.notes[0].onset))
    last = float(found.at(max(note.onset for note in notes)))
    lengths = [bar.beats for bar in found.bars]
    usual = max(set(lengths), key=lengths.count)
    while first < -usual + 1e-6 or (first < -_LATE_START * usual - 1e-6 and first < -2):
        lengths.insert(0, usual)
        found = replace(found, beats=found.beats + usual)
        first, last = first + usual, last + usual
    while len(lengths) > 1 and first >= _LATE_START * lengths[0] - 1e-6 and first > 0.5:
        gone = lengths.pop(0)
        found = replace(found, beats=found.beats - gone)
        first, last = first - gone, last - gone
    while sum(lengths) <= last + 0.01:
        lengths.append(usual)
    while len(lengths) > 1 and sum(lengths[:-1]) > last + 0.13:
        lengths.pop()
    starts = np.concatenate([[0], np.cumsum(lengths)])
    bars = tuple(Bar(float(start), beats) for start, beats in zip(starts, lengths, strict=False))
    return replace(found, bars=bars)


def _along(at: Array, known: Array, wanted: Array) -> Array:
    """Return linear interpolation that goes on beyond both ends."""
    inside = np.interp(at, known, wanted)
    first = (wanted[1] - wanted[0]) / (known[1] - known[0])
    last = (wanted[-1] - wanted[-2]) / (known[-1] - known[-2])
    before = wanted[0] + (at - known[0]) * first
    after = wanted[-1] + (at - known[-1]) * last
    return np.asarray(np.where(at < known[0], before, np.where(at > known[-1], after, inside)))
