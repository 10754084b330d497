"""Describe beats for the bar network: those that are tracked, and such as they may be taken for.

Of each beat is kept what the network reads and what it is to say: whether a bar begins on it, and
how many beats the bar has. They are tracked as in any piece, since exact beats, and such as begin
with the piece, would tell too much: a network that learned from true beats found 98 % of the
downbeats of chorales on such, and on tracked ones 75 %.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from toolkit.adapters import mir_scores
from toolkit.style.listening import attacks, bar_features
from toolkit.style.listening import beats as beat_tracking
from toolkit.style.listening.attack_features import LENGTHS
from toolkit.style.listening.bar_features import NUM_FEATURES
from toolkit.training.beat_lessons import Lessons
from toolkit.training.beat_material import GROUPS, Piece
from toolkit.training.beat_values import Played

Array = npt.NDArray[np.float64]
Table = npt.NDArray[np.float32]

DOWNBEAT, LENGTH, COUNTS = range(3)
"""Columns of targets; `LENGTH` is an index into LENGTHS, -1 for others or where none is asked for,
`COUNTS` is 1 where a downbeat is asked for."""

_NEAR_SECONDS = 0.07
_FEWEST_BEATS, _FEWEST_BARS = 12, 3
_RIGHT, _WRONG = 0.9, 0.6  # F-measures of beats from and up to which they count as that
_MOST_LEFT_OUT = 8


def lesson(played: Played, beats: Array, *, right: bool) -> tuple[Table, Table]:
    """Return the features of beats and their targets.

    Parameters
    ----------
    played : Played
        A performance.
    beats : np.ndarray
        In seconds.
    right : bool
        Whether they are its own. Of others only those that are near downbeats are asked about.
    """
    away = np.abs(beats[:, None] - played.downbeats)
    near = np.zeros(len(beats), bool)
    near[away.argmin(axis=0)[away.min(axis=0) < _NEAR_SECONDS]] = True
    lengths = _lengths(np.flatnonzero(near), len(beats)) if right else np.full(len(beats), -1)
    asked = right or 2 * near.sum() > len(played.downbeats)
    columns = (near, lengths, np.full(len(beats), asked))
    targets = np.column_stack(columns).astype(np.float32)
    return bar_features.describe(played.notes, beats), targets


def _lengths(first: npt.NDArray[np.intp], count: int) -> npt.NDArray[np.intp]:
    """Return of each beat's bar which of LENGTHS it has beats, -1 outside of whole bars."""
    found = np.full(count, -1)
    for begin, end in pairwise(first):
        if end - begin in LENGTHS:
            found[begin:end] = LENGTHS.index(end - begin)
    return found


def others(beats: Array) -> Mapping[str, Array]:
    """Return by name what beats are taken for: those between, every other one, and both."""
    between = (beats[:-1] + beats[1:]) / 2
    return {
        "off": between,
        "half": beats[::2],
        "other half": beats[1::2],
        "double": np.sort(np.concatenate([beats, between])),
    }


def choices(played: Played) -> list[tuple[Array, bool]]:
    """Return beats as tracked, and others, each with whether they are the right ones.

    What is neither right nor wrong, since the tracker lost its way for a while, is left out.
    """
    tracked = beat_tracking.track(attacks.attacks(played.notes))
    found = []
    for beats in (tracked, *others(tracked).values()):
        reached = mir_scores.beat_f_measure(played.beats, beats)
        if len(beats) >= _FEWEST_BEATS and not _WRONG < reached < _RIGHT:
            found.append((beats, reached >= _RIGHT))
    return found


def describe(pieces: Sequence[Piece]) -> Lessons:
    """Return lessons of performances: right beats of each, and wrong ones.

    Where within the piece they begin is drawn, so that nothing is told by that.
    """
    features, targets, groups = [np.zeros((0, NUM_FEATURES), np.float16)], [], []
    for piece in pieces:
        played = piece.play()
        if len(played.beats) < _FEWEST_BEATS or len(played.downbeats) < _FEWEST_BARS:
            continue
        rng = np.random.default_rng([zlib.crc32(piece.work.encode()), piece.take, piece.number])
        found = choices(played)
        for wanted in (True, False):
            able = [beats for beats, right in found if right is wanted]
            if not able:
                continue
            beats = able[int(rng.integers(len(able)))]
            most = min(_MOST_LEFT_OUT, len(beats) - _FEWEST_BEATS)
            beats = beats[int(rng.integers(most + 1)) :]
            mine, told = lesson(played, beats, right=wanted)
            features.append(mine.astype(np.float16))
            targets.append(told)
            groups.append(GROUPS.index(piece.group))
    return Lessons(
        np.concatenate(features),
        np.concatenate(targets),
        np.cumsum([len(each) for each in targets]).astype(np.intp),
        np.array(groups, np.intp),
    )
