"""Write notes between two notes of a tune, with the network that learned from solos.

The network proposes; what may not be is ruled out before anything is drawn: lengths that leave the
grid or no room for what is to come, notes beyond the tune's range, and long notes that no harmony
bears. What leads to a note of the tune is favored: a semitone below or above it, notes on both
sides of it, chromatic notes between beats that resolve by step. Tunes are less chromatic than the
solos that the network learned from, and would keep its lines so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.checkpoints import shipped
from toolkit.style.chord import Chord
from toolkit.style.lead_sheet import LeadSheet
from toolkit.style.melody import line_steps
from toolkit.style.melody.line_steps import GAPS, SLOTS, WIDEST, Steps
from toolkit.style.scales import avoid_notes, chord_scale, key_scale

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

CHECKPOINT = "embellish-jazz"

_SHORTEST_SECONDS = 0.1
_LONGEST_OUTSIDE = 6
_MARGIN = 7
_NEVER = -1e9
_REPEATS, _LANDS_EARLY, _LEAPS, _AVOIDED_ON_BEAT = -1.5, -3.0, -2.0, -1.0
_APPROACH, _ENCLOSES, _CHROMATIC, _RESOLVES = 0.8, 0.5, 0.4, -1.5
_WIDE_LEAP = 9
_DUPLE, _TRIPLE = (0, 3, 4, 6, 8, 9), (0, 4, 8)
_GAPS = np.array(GAPS)
_INTERVALS = np.arange(-WIDEST, WIDEST + 1)

# Which phases may follow which within a beat: sixteenths and triplets do not mix.
_FOLLOWS = {
    0: {3, 4, 6, 8, 9}, 3: {6, 9}, 4: {8}, 6: {9}, 8: set(), 9: set(),
}  # fmt: skip


Row = dict[str, Any]
"""Fields of `toolkit.style.melody.line_steps.Steps` for one step."""


@dataclass(frozen=True)
class Point:
    """Hold a note of a line on the grid: slot in twelfths of a beat, and MIDI number."""

    slot: int
    pitch: int


@dataclass(frozen=True)
class Place:
    """Hold where a line is: the present note, the one before, and the network's memory.

    Steps of `unread` have been gone since, which the network is told of when it is asked next.
    """

    now: Point
    before: Point | None = None
    memory: Any = None
    unread: tuple[Row, ...] = ()


@dataclass(frozen=True, eq=False)
class LineWriter:
    """Write lines over one lead sheet.

    Parameters
    ----------
    sheet : LeadSheet
        Whose chords, bars and tempo hold.
    taste : np.ndarray, shape (12,)
        What is added to the logarithm of each pitch class's chance.
    repeats : bool
        Whether repeated notes are as welcome as others.
    model : nn.Module, optional
        `toolkit.models.line_stylist.Model`; the shipped one unless given.
    """

    sheet: LeadSheet
    taste: Array
    repeats: bool = False
    model: Any = None
    _known: dict[int, Flags] = field(default_factory=dict, repr=False)

    @cached_property
    def _network(self) -> Any:
        return shipped().load(CHECKPOINT) if self.model is None else self.model

    @cached_property
    def _range(self) -> tuple[int, int]:
        pitches = [note.pitch for note in self.sheet.melody]
        return min(pitches) - _MARGIN, max(pitches) + _MARGIN

    @cached_property
    def _middle(self) -> float:
        return float(np.median([note.pitch for note in self.sheet.melody]))

    @cached_property
    def shortest(self) -> int:
        """Return the fewest slots from one written note to the next that can be played."""
        slot = 60 / self.sheet.tempo / SLOTS
        return next((each for each in (3, 4, 6) if each * slot >= _SHORTEST_SECONDS), 12)

    def most(self, slots: int) -> int:
        """Return how many notes fit between two notes that are so many slots apart."""
        return max(slots // self.shortest - 1, 0)

    def follow(self, place: Place, goal: Point) -> Place:
        """Return where the line is after going straight on to a note."""
        step = self._step(place, goal, 0)
        return Place(goal, place.now, place.memory, (*place.unread, step))

    def write(
        self, place: Place, goal: Point, count: int, rng: np.random.Generator
    ) -> tuple[tuple[Point, ...], Place]:
        """Return notes that lead from the present note to the next structural one.

        Parameters
        ----------
        place : Place
            Where the line is.
        goal : Point
            The note that it is bound for.
        count : int
            How many notes are to come between; fewer come where they do not fit.
        rng : np.random.Generator
            Draws lengths and intervals.

        Returns
        -------
        points : tuple[Point, ...]
            The notes between.
        place : Place
            The line arrived at the goal.
        """
        import torch

        points: list[Point] = []
        passed: list[Place] = []
        left = min(count, self.most(goal.slot - place.now.slot))
        with torch.inference_mode():
            while left > 0:
                step = self._step(place, goal, left)
                unread = torch.from_numpy(_features((*place.unread, step)))
                lengths, hidden, memory = self._network.step(unread[None], place.memory)
                allowed = self._lengths(place, goal, left, inserted=bool(points))
                if not allowed.any():
                    points, place = self._without_held(points, place, goal, passed)
                    break
                number = _draw(lengths[0].numpy() + np.where(allowed, 0.0, _NEVER), rng)
                slot = place.now.slot + GAPS[number]
                arrival = self._arrival(slot, place.now.pitch)
                logits = self._network.intervals(hidden, torch.tensor([number]), arrival)
                tuned = logits[0].numpy() + self._pitches(place, goal, slot, left)
                interval = _draw(tuned, rng)
                passed.append(place)
                points.append(Point(slot, place.now.pitch + int(_INTERVALS[interval])))
                place = Place(points[-1], place.now, memory)
                left -= 1
        return tuple(points), self.follow(place, goal)

    def _without_held(
        self, points: list[Point], place: Place, goal: Point, passed: list[Place]
    ) -> tuple[list[Point], Place]:
        """Take back last notes that would be held against their harmony up to the goal."""
        while points and goal.slot - points[-1].slot > _LONGEST_OUTSIDE:
            if not self._outside(points[-1].slot)[points[-1].pitch % 12]:
                break
            points, place = points[:-1], passed[len(points) - 1]
        return points, place

    def _lengths(self, place: Place, goal: Point, left: int, *, inserted: bool) -> Any:
        """Return which lengths leave the grid whole and room for the notes to come."""
        slots = place.now.slot + _GAPS
        phases = _TRIPLE if self.sheet.parts == 3 else _DUPLE
        room = goal.slot - slots >= left * self.shortest
        allowed = (self.shortest <= _GAPS) & room & np.isin(slots % SLOTS, phases)
        beat, phase = divmod(place.now.slot, SLOTS)
        same_beat = slots // SLOTS == beat
        follows = _FOLLOWS.get(phase, set())
        allowed &= ~same_beat | np.isin(slots % SLOTS, list(follows))
        if inserted and self._outside(place.now.slot)[place.now.pitch % 12]:
            allowed &= max(_LONGEST_OUTSIDE, self.shortest) >= _GAPS
        return allowed

    def _pitches(self, place: Place, goal: Point, slot: int, left: int) -> Array:
        """Return what is added to the logarithms of the chances of intervals."""
        pitches = place.now.pitch + _INTERVALS
        low, high = self._range
        bias = self.taste[pitches % 12] + np.where((pitches < low) | (pitches > high), _NEVER, 0.0)
        bias = bias + _LEAPS * (np.abs(_INTERVALS) > _WIDE_LEAP)
        if not self.repeats:
            bias = bias + _REPEATS * (_INTERVALS == 0)
        outside = self._outside(slot)[pitches % 12]
        distance = np.abs(goal.pitch - pitches)
        if left == 2:
            bias = bias + _ENCLOSES * ((distance == 1) | (distance == 2))
        if place.now.pitch != goal.pitch and self._outside(place.now.slot)[place.now.pitch % 12]:
            bias = bias + _RESOLVES * (np.abs(_INTERVALS) > 2)
        if left == 1:
            bias = bias + _APPROACH * (distance == 1)
            bias = bias + _LANDS_EARLY * (pitches == goal.pitch) * (not self.repeats)
            bias = bias + _LEAPS * (distance > _WIDE_LEAP)
            bias = bias + _RESOLVES * (outside & (distance > 2))
            if goal.slot - slot > _LONGEST_OUTSIDE:
                bias = bias + np.where(outside, _NEVER, 0.0)
        bias = bias + (_CHROMATIC if slot % SLOTS else _AVOIDED_ON_BEAT) * outside
        return np.asarray(bias)

    def _outside(self, slot: int) -> Flags:
        """Return which pitch classes no harmony bears when they are held from a slot on."""
        if slot not in self._known:
            chord, key = self._chord(slot), self.sheet.key_at(slot / SLOTS)
            inside = key_scale(key) if chord is None else chord_scale(chord, key)
            avoided = frozenset() if chord is None else avoid_notes(chord)
            self._known[slot] = np.array(
                [name not in inside or name in avoided for name in range(12)]
            )
        return self._known[slot]

    def _chord(self, slot: int) -> Chord | None:
        span = self.sheet.chord_at(max(slot / SLOTS, 0.0))
        return None if span is None else span.chord

    def _step(self, place: Place, goal: Point, left: int) -> Row:
        now, before = place.now, place.before or place.now
        beat = now.slot // SLOTS
        bar = self.sheet.bars[self.sheet.bar_at(beat)]
        chord = self._chord(now.slot)
        return {
            "slot": now.slot,
            "place": (beat - round(bar.onset)) % bar.beats,
            "bar": bar.beats,
            "last_gap": now.slot - before.slot,
            "last_interval": now.pitch - before.pitch,
            "gap": goal.slot - now.slot,
            "leap": goal.pitch - now.pitch,
            "left": left,
            "pitch": now.pitch,
            "register": np.float32((now.pitch - self._middle) / 12),
            "now": line_steps.chroma(chord),
            "then": line_steps.chroma(self._chord(goal.slot)),
            "root": -1 if chord is None else chord.root,
            "tempo": np.float32(self.sheet.tempo),
        }

    def _arrival(self, slot: int, pitch: int) -> Any:
        import torch

        chord = self._chord(slot)
        root = np.array([-1 if chord is None else chord.root])
        rows = line_steps.arrival(
            np.array([slot]), line_steps.chroma(chord)[None], root, np.array([pitch])
        )
        return torch.from_numpy(rows)


def _features(rows: Sequence[Row]) -> npt.NDArray[np.float32]:
    """Return what the network is told of some steps, shape (steps, WIDTH)."""
    steps = Steps(**{name: np.stack([np.asarray(row[name]) for row in rows]) for name in rows[0]})
    return line_steps.features(steps)


def _draw(logits: Any, rng: np.random.Generator) -> int:
    """Return a class drawn from logits."""
    scaled = np.asarray(logits, float)
    chances = np.exp(scaled - scaled.max())
    chances /= chances.sum()
    return min(int(np.searchsorted(np.cumsum(chances), rng.random())), len(chances) - 1)
