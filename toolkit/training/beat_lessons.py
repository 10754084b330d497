"""Describe performances for the beat network and keep them, so that training does not wait.

Of each attack is kept what the network reads and what it is to say: whether it lies on a beat and
on a downbeat, how long the beat is there, how many beats the bar has, and where in the beat it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from toolkit.cache import keeping
from toolkit.style.listening import attack_features, attacks
from toolkit.style.listening.attack_features import LENGTHS, NUM_FEATURES, PHASES
from toolkit.training.beat_material import GROUPS, Piece
from toolkit.training.beat_values import Played

Array = npt.NDArray[np.float64]
Table = npt.NDArray[np.float32]

BEAT, DOWNBEAT, LOG_PERIOD, LENGTH, PHASE, COUNTS = range(6)
"""Columns of targets; `LENGTH` is an index into LENGTHS, -1 for others, `PHASE` into PHASES."""

_NEAR_SECONDS, _NEAR_BEATS = 0.05, 0.12


@dataclass(frozen=True, eq=False)
class Lessons:
    """Hold performances, one after the other.

    Parameters
    ----------
    features : np.ndarray of float16, shape (attacks, NUM_FEATURES)
        As `toolkit.style.listening.attack_features` describes them.
    targets : np.ndarray, shape (attacks, 6)
        See `BEAT` and what follows it.
    ends : np.ndarray of int, shape (performances,)
        Where each ends.
    groups : np.ndarray of int, shape (performances,)
        Of which of `GROUPS` each is.
    """

    features: npt.NDArray[np.float16]
    targets: Table
    ends: npt.NDArray[np.intp]
    groups: npt.NDArray[np.intp]

    def span(self, number: int) -> slice:
        """Return where a performance's attacks are."""
        return slice(int(self.ends[number - 1]) if number else 0, int(self.ends[number]))


def lesson(played: Played) -> tuple[Array, Table, Table]:
    """Return the times of the attacks of a performance, their features and targets."""
    labels, times = attacks.gather(np.array([note.onset for note in played.notes]))
    features = attack_features.describe(played.notes, labels, times)
    periods = np.gradient(played.beats)
    nearest = np.abs(times[:, None] - played.beats).argmin(axis=1)
    near = np.minimum(_NEAR_SECONDS, _NEAR_BEATS * periods[nearest])
    first = np.append(played.downbeats, np.inf)
    place = np.interp(times, played.beats, np.arange(len(played.beats))) % 1
    columns = (
        np.abs(times - played.beats[nearest]) < near,
        np.abs(times[:, None] - first).min(axis=1) < _NEAR_SECONDS,
        np.log(periods[nearest]),
        lengths(times, played),
        np.abs(place[:, None] - np.append(PHASES, 1.0)).argmin(axis=1) % len(PHASES),
        (times > played.beats[0] - 0.1) & (times < played.beats[-1] + 0.1),
    )
    return times, features, np.column_stack(columns).astype(np.float32)


def lengths(times: Array, played: Played) -> npt.NDArray[np.intp]:
    """Return of the bar at each time which of LENGTHS it has beats, -1 where it is none of them."""
    found = np.full(len(times), -1)
    for begin, end in pairwise(played.downbeats - 0.05):
        count = int(((played.beats >= begin) & (played.beats < end)).sum())
        if count in LENGTHS:
            found[(times >= begin) & (times < end)] = LENGTHS.index(count)
    return found


def describe(pieces: Sequence[Piece]) -> Lessons:
    """Return the lessons of performances."""
    features = [np.zeros((0, NUM_FEATURES), np.float16)]
    targets = [np.zeros((0, COUNTS + 1), np.float32)]
    for piece in pieces:
        _, mine, wanted = lesson(piece.play())
        features.append(mine.astype(np.float16))
        targets.append(wanted)
    return Lessons(
        np.concatenate(features),
        np.concatenate(targets),
        np.cumsum([len(each) for each in targets[1:]]).astype(np.intp),
        np.array([GROUPS.index(piece.group) for piece in pieces], np.intp),
    )


def keep(lessons: Lessons, path: Path) -> None:
    """Write lessons as a file."""
    with keeping(path) as partial, partial.open("wb") as file:
        np.savez(
            file,
            features=lessons.features,
            targets=lessons.targets,
            ends=lessons.ends,
            groups=lessons.groups,
        )


def read(paths: Sequence[Path]) -> Lessons:
    """Return the lessons of files, one after the other."""
    found = []
    for path in paths:
        with np.load(path) as kept:
            found.append(Lessons(*(kept[each.name] for each in fields(Lessons))))
    before = np.cumsum([0, *(len(each.targets) for each in found)])
    return Lessons(
        np.concatenate([each.features for each in found]),
        np.concatenate([each.targets for each in found]),
        np.concatenate([each.ends + at for each, at in zip(found, before, strict=False)]),
        np.concatenate([each.groups for each in found]),
    )
