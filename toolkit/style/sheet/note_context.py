"""Describe each note by what sounds around it, for a network that tells voices apart.

The features are what the skyline algorithm (A. Uitdenbogerd and J. Zobel, "Manipulation of music
for melody matching", 1998) and its trained successors (A. Friberg and S. Ahlbäck, "Recognition of
the main melody in a polyphonic symbolic score using perceptual knowledge", 2009) decide by:
register, neighbors above and below, lengths, loudness, and how smoothly a line goes on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

NUM_FEATURES = 32
"""How many numbers describe a note."""

SAME_ONSET = 0.07
"""Beats within which notes count as struck together."""

_REACH = 28  # neighbors to each side, in order of onset
_WINDOW_BEATS = 4.0
_LINE_BEATS = 2.5
_FAR = 24.0


@dataclass(frozen=True, eq=False)
class NoteTable:
    """Hold notes as columns, in order of group and then pitch.

    Parameters
    ----------
    onset, offset : np.ndarray, shape (notes,)
        In beats.
    pitch : np.ndarray, shape (notes,)
        MIDI numbers.
    velocity : np.ndarray, shape (notes,)
        0..1.
    program : np.ndarray of int, shape (notes,)
        Which instrument; any numbers that tell instruments apart.
    group : np.ndarray of int, shape (notes,)
        Number of the attack that the note belongs to, ascending.
    """

    onset: Array
    offset: Array
    pitch: Array
    velocity: Array
    program: Index
    group: Index

    def __len__(self) -> int:
        return len(self.onset)


def note_table(
    onset: npt.ArrayLike,
    offset: npt.ArrayLike,
    pitch: npt.ArrayLike,
    velocity: npt.ArrayLike,
    program: npt.ArrayLike,
) -> tuple[NoteTable, Index]:
    """Return notes as a table, and the order that puts any column beside it into the table's.

    Parameters
    ----------
    onset, offset, pitch, velocity, program : array-like, shape (notes,)
        As in `NoteTable`, in any order.
    """
    begin = np.asarray(onset, float)
    by_time = np.argsort(begin, kind="stable")
    group = np.zeros(len(begin), np.intp)
    first, number = -np.inf, -1
    for index in by_time:
        if begin[index] - first > SAME_ONSET:
            first, number = begin[index], number + 1
        group[index] = number
    high = np.asarray(pitch, float)
    order = np.lexsort((high, group))
    table = NoteTable(
        begin[order],
        np.maximum(np.asarray(offset, float), begin + 1e-3)[order],
        high[order],
        np.asarray(velocity, float)[order],
        np.asarray(program, np.intp)[order],
        group[order],
    )
    return table, order


def features(table: NoteTable) -> npt.NDArray[np.float32]:
    """Return what describes each note, shape (notes, `NUM_FEATURES`), all of the order of 1."""
    if not len(table):
        return np.zeros((0, NUM_FEATURES), np.float32)
    around = _Neighbors(table)
    columns = [
        (table.pitch - 60) / 24,
        _log(table.offset - table.onset),
        *_attack(table),
        *around.chord(),
        *around.register(),
        *around.line(),
        *_instrument(table),
    ]
    return np.clip(np.stack(columns, axis=1), -3, 3).astype(np.float32)


class _Neighbors:
    """Compare each note with those near it in the order, shape (notes, 2 * _REACH)."""

    def __init__(self, table: NoteTable) -> None:
        count = len(table)
        steps = np.concatenate([np.arange(-_REACH, 0), np.arange(1, _REACH + 1)])
        index = np.arange(count)[:, None] + steps
        self.inside = (index >= 0) & (index < count)
        index = np.clip(index, 0, count - 1)
        self.table = table
        self.onset, self.offset = table.onset[index], table.offset[index]
        self.rise = table.pitch[index] - table.pitch[:, None]
        self.velocity = table.velocity[index]
        self.later = table.group[index] - table.group[:, None]
        self.away = np.abs(self.onset - table.onset[:, None])

    def chord(self) -> list[Array]:
        """Return what sounds with the note: how many above, below, how near, how long over it."""
        table = self.table
        begin, end = table.onset[:, None], table.offset[:, None]
        together = self.inside & (self.later == 0)
        held = self.inside & (self.onset <= begin + SAME_ONSET) & (self.offset > begin + 0.02)
        during = self.inside & (self.onset < end) & (self.offset > begin + 0.02)
        overlap = np.minimum(self.offset, end) - np.maximum(self.onset, begin)
        covered = np.where(during & (self.rise > 0), overlap, 0.0).sum(axis=1)
        under = np.where(during & (self.rise < 0), overlap, 0.0).sum(axis=1)
        length = table.offset - table.onset
        octave = held & (np.abs(self.rise) == 12)
        return [
            (together & (self.rise > 0)).sum(axis=1) / 3,
            (together & (self.rise < 0)).sum(axis=1) / 3,
            np.minimum((held & (self.rise > 0)).sum(axis=1), 4) / 3,
            np.minimum((held & (self.rise < 0)).sum(axis=1), 4) / 3,
            _nearest(self.rise, held & (self.rise > 0)) / 12,
            _nearest(-self.rise, held & (self.rise < 0)) / 12,
            np.minimum(covered / length, 2.0),
            np.minimum(under / length, 2.0),
            (octave & (self.rise > 0)).any(axis=1).astype(float),
            (octave & (self.rise < 0)).any(axis=1).astype(float),
        ]

    def register(self) -> list[Array]:
        """Return where the note lies among those of the beats around it, and how loud it is."""
        near = self.inside & (self.away < _WINDOW_BEATS)
        number = near.sum(axis=1)
        rises = np.where(near, self.rise, 0.0)
        mean = rises.sum(axis=1) / np.maximum(number, 1)
        spread = np.sqrt((rises**2).sum(axis=1) / np.maximum(number, 1) - mean**2 + 1e-9)
        loud = np.where(near, self.velocity, 0.0).sum(axis=1) / np.maximum(number, 1)
        louder = np.where(number > 0, self.table.velocity - loud, 0.0)
        return [
            -mean / 12,
            spread / 12,
            -rises.max(axis=1) / 12,
            -rises.min(axis=1) / 12,
            (near & (self.rise > 0)).sum(axis=1) / np.maximum(number, 1),
            np.clip(louder * 5, -2, 2),
            np.log2(1 + number) / 4,
        ]

    def line(self) -> list[Array]:
        """Return how the note joins the attacks before and after it."""
        out: list[Array] = []
        for side in (-1, 1):
            near = self.inside & (self.later * side > 0) & (self.away < _LINE_BEATS)
            beside = self.inside & (self.later == side)
            leap = _nearest(np.abs(self.rise), near)
            same = near & (self.rise == 0)
            out += [
                leap / 12,
                (same & (self.away < 1.05)).any(axis=1).astype(float),
                np.where(beside, self.rise, -_FAR).max(axis=1) / 12,
                np.where(beside, self.rise, _FAR).min(axis=1) / 12,
            ]
        return out


def _attack(table: NoteTable) -> list[Array]:
    """Return how long it is since the last attack and until the next one."""
    starts = np.flatnonzero(np.append(True, np.diff(table.group) > 0))
    apart = _log(np.diff(table.onset[starts]))
    before, after = np.append(2.0, apart), np.append(apart, 2.0)
    return [before[table.group - table.group[0]], after[table.group - table.group[0]]]


def _instrument(table: NoteTable) -> list[Array]:
    """Return of each note's instrument its place among all: alone, how thick, how high."""
    names, member = np.unique(table.program, return_inverse=True)
    count = np.bincount(member)
    attacks = np.array([len(np.unique(table.group[member == each])) for each in range(len(names))])
    height = np.bincount(member, table.pitch) / count - table.pitch.mean()
    alone = float(len(names) > 1)
    values = (count / len(table), count / attacks - 1, height / 12 * alone)
    return [each[member] for each in values]


def _nearest(distance: Array, counted: npt.NDArray[np.bool_]) -> Array:
    return np.asarray(np.where(counted, distance, _FAR).min(axis=1))


def _log(beats: Array) -> Array:
    return np.asarray(np.clip(np.log2(np.maximum(beats, 1e-3)), -5, 4) / 2)
