"""Turn transcribed solos into the steps and the notes that the line networks learn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from toolkit.adapters import wjazzd
from toolkit.style.melody import line_steps
from toolkit.style.melody.line_steps import SLOTS, Steps
from toolkit.style.melody.line_traits import traits

Array = npt.NDArray[np.float32]
Integers = npt.NDArray[np.intp]

_FEWEST_NOTES = 16
_SHARES = (0.12, 0.5)
_LOOSE = 0.5
_LONGEST_BEATS = 2.0
_STRETCH_BEATS, _FEWEST_IN_STRETCH = 16, 8
_SKELETON = 0.35


@dataclass(frozen=True, eq=False)
class Line:
    """Hold a solo as it would be written: one note a slot of a twelfth of a beat.

    Parameters
    ----------
    solo : wjazzd.Solo
        Where it comes from.
    kept : np.ndarray of int
        Which of the solo's notes are in it: those that share a slot with an earlier one are not.
    slots, pitches : np.ndarray of int, shape (notes,)
        Ascending slots, MIDI numbers.
    """

    solo: wjazzd.Solo
    kept: Integers
    slots: Integers
    pitches: Integers

    @cached_property
    def chromas(self) -> Array:
        """Return the chord of each beat, shape (beats, 12)."""
        return np.stack([line_steps.chroma(each) for each in self.solo.chords])

    @cached_property
    def roots(self) -> Integers:
        """Return the root of each beat, -1 for none."""
        return np.array([-1 if each is None else each.root for each in self.solo.chords])

    @cached_property
    def weights(self) -> Array:
        """Return how structural each note is: its place, its length, and turns of the contour."""
        beat = self.slots // SLOTS
        on_beat = self.slots % SLOTS == 0
        place, bar = self.solo.places[beat], self.solo.lengths[beat]
        half = (place == 0) | ((bar % 2 == 0) & (place == bar // 2))
        gaps = np.append(np.diff(self.slots), SLOTS) / SLOTS
        steps = np.sign(np.diff(self.pitches))
        turns = np.concatenate([[1], steps[1:] * steps[:-1] < 0, [1]]) if len(steps) else [1]
        weights = 0.3 * on_beat + 0.3 * (on_beat & half) + 0.25 * np.asarray(turns)
        weights += 0.5 * np.minimum(gaps, _LONGEST_BEATS) + 0.2 * self.solo.begins[self.kept]
        return np.asarray(weights, np.float32)

    def steps(self, rng: np.random.Generator, first: int, count: int) -> tuple[Steps, Integers]:
        """Return so many steps from a note on, between structural notes chosen at random.

        Returns
        -------
        steps : Steps
            Of `count` steps.
        inside : np.ndarray of int
            Indices of the `count` + 1 notes.
        """
        inside = np.arange(first, first + count + 1)
        noisy = self.weights[inside] + _LOOSE * rng.gumbel(size=len(inside))
        share = rng.uniform(*_SHARES)
        anchors = np.zeros(len(inside), bool)
        anchors[np.argsort(noisy)[-max(round(share * len(inside)), 2) :]] = True
        anchors[[0, -1]] = True
        places = np.flatnonzero(anchors)
        goal = inside[places[np.searchsorted(places, np.arange(count), side="right")]]
        now, before = inside[:-1], np.maximum(inside[:-1] - 1, 0)
        beat, goal_beat = self.slots[now] // SLOTS, self.slots[goal] // SLOTS
        middle = float(np.median(self.pitches))
        steps = Steps(
            slot=self.slots[now],
            place=self.solo.places[beat],
            bar=self.solo.lengths[beat],
            last_gap=self.slots[now] - self.slots[before],
            last_interval=self.pitches[now] - self.pitches[before],
            gap=self.slots[goal] - self.slots[now],
            leap=self.pitches[goal] - self.pitches[now],
            left=goal - now - 1,
            pitch=self.pitches[now],
            register=np.asarray((self.pitches[now] - middle) / 12, np.float32),
            now=self.chromas[beat],
            then=self.chromas[goal_beat],
            root=self.roots[beat],
            tempo=np.full(count, self.solo.tempo, np.float32),
        )
        return steps, inside


def lines(split: str) -> tuple[Line, ...]:
    """Return the solos of a split as lines; those of too few notes are left out.

    Raises
    ------
    ToolkitError
        If the database is not unpacked.
    """
    found = (line(solo) for solo in wjazzd.solos(split))
    return tuple(each for each in found if len(each.slots) >= _FEWEST_NOTES)


def line(solo: wjazzd.Solo) -> Line:
    """Return a solo as it would be written."""
    slots = np.round(wjazzd.written(solo) * SLOTS).astype(int)
    kept = np.flatnonzero(np.append(True, np.diff(np.maximum.accumulate(slots)) > 0))
    slots = np.minimum(slots[kept], len(solo.beats) * SLOTS - 1)
    return Line(solo, kept, slots, solo.pitches[kept])


def usual_traits(solos: Sequence[Line]) -> tuple[tuple[float, float], ...]:
    """Return mean and spread of each of the traits of a line over stretches of sixteen beats.

    `toolkit.style.melody.line_traits.USUAL` holds them for the split ``train``. Stretches of fewer
    than eight notes, and those without chords, are left out.
    """
    rows = []
    for each in solos:
        beat = each.slots // SLOTS
        on_one = (each.slots % SLOTS == 0) & (each.solo.places[beat] == 0)
        chordal = each.chromas[beat, each.pitches % 12] > 0
        for begin in range(0, int(beat[-1]), _STRETCH_BEATS):
            inside = (beat >= begin) & (beat < begin + _STRETCH_BEATS)
            if inside.sum() < _FEWEST_IN_STRETCH or not each.chromas[beat[inside]].any():
                continue
            onsets = each.slots[inside] / SLOTS
            pitches = each.pitches[inside].astype(float)
            rows.append(traits(onsets, pitches, on_one[inside], chordal[inside]))
    table = np.array(rows)
    return tuple(zip(table.mean(axis=0).tolist(), table.std(axis=0).tolist(), strict=True))


def spacing(solos: Sequence[Line], beats: float) -> tuple[float, float]:
    """Return how often nothing lies between structural notes so far apart, and how much does else.

    `toolkit.style.melody.filling` goes by this for the split ``train``. The structural notes are
    the 35 % of most weight.

    Parameters
    ----------
    solos : sequence of Line
    beats : float
        From one structural note to the next, within a quarter of a beat.

    Returns
    -------
    empty : float
        Share of such pairs with nothing between.
    notes : float
        Mean number of notes between the others; nan if there are none.
    """
    counts: list[int] = []
    for each in solos:
        size = max(round(_SKELETON * len(each.slots)), 2)
        chosen = np.sort(np.argsort(each.weights, kind="stable")[-size:])
        gaps = np.diff(each.slots[chosen]) / SLOTS
        near = np.abs(gaps - beats) <= 0.25
        counts += (np.diff(chosen)[near] - 1).tolist()
    between = np.array(counts, int)
    empty = between == 0
    filled = between[~empty]
    return float(np.mean(empty)), float(np.mean(filled)) if len(filled) else float("nan")
