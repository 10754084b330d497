"""Find the pitches of a bass line: the cheapest path through what each note wishes to be.

Each note wishes for something (a root, a fifth, a chord tone, to lead to the next one); moving from
one to the next costs what is rare in jazz. Viterbi's algorithm (1967) finds the best line, and
Gumbel noise on its costs (G. Papandreou and A. Yuille, "Perturb-and-MAP random fields", 2011) makes
each line another one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from toolkit.style.chord import QUALITIES, Chord
from toolkit.style.scales import chord_scale

Array = npt.NDArray[np.float64]

KINDS = ("root", "fifth", "third", "sixth", "seventh", "chord", "passing", "approach")
"""What a note of a bass line may wish to be."""

INTERVAL_SHARES = (
    0.227, 0.209, 0.127, 0.075, 0.064, 0.081, 0.048, 0.059, 0.025, 0.016, 0.018, 0.018, 0.020,
)  # fmt: skip
"""How often 0..12 semitones follow each other from beat to beat.

Of 120,134 pairs in the 437 bass tracks of the Weimar Jazz Database (`toolkit.training.basses`).
"""

_STEP_GOES_ON, _LEAP_GOES_ON = 0.571, 0.292
"""Share of steps, and of leaps, after which the next interval has the same direction; likewise."""

_REPEAT = 3.2  # walking means going on: the database's repeats are mostly long notes
_RETURN = 0.6  # so does a step back: the trackers that made the database waver by a semitone
_FIXED = ("root", "fifth", "third", "sixth", "seventh")
_TOO_FAR = 9.0
_ROOTED = 3.0
_REGISTER = 0.012
_NEVER = 1e6
_OUTSIDE = 3.0
_APPROACH = {1: 0.0, 2: 0.5, 5: 0.9, 7: 0.9}
_MOTIONS = ((0, False), (1, False), (-1, False), (1, True), (-1, True))


@dataclass(frozen=True)
class Wish:
    """Hold a note of a bass line before its pitch is known.

    Parameters
    ----------
    onset, duration : float
        In beats.
    chord : Chord
        That it plays under.
    key : str
        Such as ``F# minor``.
    kind : str
        One of `KINDS`.
    velocity : float
        0..1.
    center : float
        Around which MIDI number the line lies here.
    """

    onset: float
    duration: float
    chord: Chord
    key: str
    kind: str
    velocity: float = 0.7
    center: float = 40.0


def find_pitches(
    wishes: Sequence[Wish], low: int, high: int, rng: np.random.Generator, *, freedom: float = 0.35
) -> list[int]:
    """Return the MIDI number of each note of a line.

    Parameters
    ----------
    wishes : sequence of Wish
        In order.
    low, high : int
        Range, both ends included; at least an octave.
    rng : np.random.Generator
        Makes one line out of the many good ones.
    freedom : float
        Scale of the noise; 0 gives the best line.

    Raises
    ------
    ValueError
        If the range is below an octave.
    """
    if high - low < 11:
        raise ValueError(f"a bass needs an octave: {low}..{high}")
    if not wishes:
        return []
    pitches = np.arange(low, high + 1)
    total = np.full((len(_MOTIONS), len(pitches)), _NEVER)
    total[0] = _own(wishes[0], pitches) + freedom * _gumbel(rng, len(pitches))
    came = []
    for before, wish in pairwise(wishes):
        reached, origin = _advance(total, _moves(before, wish, pitches))
        noise = freedom * _gumbel(rng, len(pitches))
        total = reached + _own(wish, pitches) + noise
        came.append(origin)
    return [int(pitches[index]) for index in _traced(total, came)]


@lru_cache(maxsize=4096)
def pitch_class_costs(chord: Chord, key: str, kind: str) -> Array:
    """Return what each pitch class costs a note, shape (12,); 0 is what it wishes for.

    Parameters
    ----------
    chord : Chord
        Under which the note is.
    key : str
        Such as ``F# minor``.
    kind : str
        One of `KINDS`.
    """
    costs = np.full(12, 8.0)
    for each in chord_scale(chord, key):
        costs[each] = 3.0
    if kind in ("passing", "approach"):
        return _free_costs(chord, key, kind, costs)
    for each in chord.pitch_classes:
        costs[each] = min(costs[each], 2.5)
    bass = chord.root if chord.bass is None else chord.bass
    fifth, third = _degree(chord, (7, 6, 8)), _degree(chord, (4, 3, 5, 2))
    wanted = {
        "root": ((bass, 0.0), (fifth, 2.5)),
        "fifth": ((fifth, 0.0), (bass, 0.8), (third, 2.0)),
        "third": ((third, 0.0),),
        "sixth": ((_sixth(chord), 0.0),),
        "seventh": ((_seventh(chord), 0.0),),
        "chord": ((third, 0.0), (fifth, 0.1), (bass, 0.4), (_seventh(chord), 0.7)),
    }[kind]
    for each, cost in wanted:
        costs[each] = min(costs[each], cost)
    if kind == "root":
        costs[np.arange(12) != bass] += _ROOTED if chord.bass is None else 2 * _ROOTED
    return costs


def _free_costs(chord: Chord, key: str, kind: str, costs: Array) -> Array:
    """Return the costs of a note between others: any of the scale, chromatic ones sparingly."""
    inside = {*chord_scale(chord, key), *chord.pitch_classes}
    outside = 0.6 if kind == "approach" else 2.5
    free = np.where([each in inside for each in range(12)], 0.3, outside)
    tones = [(chord.root + step) % 12 for step in QUALITIES[chord.quality]]
    free[tones] = 0.2
    return np.minimum(free, costs)


def _degree(chord: Chord, steps: tuple[int, ...]) -> int:
    """Return the first of some steps that the chord has, as a pitch class; else the root."""
    own = QUALITIES[chord.quality]
    return (chord.root + next((step for step in steps if step in own), 0)) % 12


def _sixth(chord: Chord) -> int:
    """Return the major sixth, in a diminished or half-diminished chord the seventh it has."""
    return (chord.root + (10 if chord.quality == "m7b5" else 9)) % 12


def _seventh(chord: Chord) -> int:
    """Return the chord's seventh, the sixth of sixth chords, and the fifth of triads."""
    return _degree(chord, (10, 11, 9, 7, 6, 8))


def _own(wish: Wish, pitches: npt.NDArray[np.int_]) -> Array:
    """Return what each pitch costs a note by itself."""
    register = _REGISTER * (pitches - wish.center) ** 2
    costs = pitch_class_costs(wish.chord, wish.key, wish.kind)
    return np.asarray(costs[pitches % 12] + register, dtype=np.float64)


def _moves(before: Wish, after: Wish, pitches: npt.NDArray[np.int_]) -> Array:
    """Return what it costs to go from each pitch of a note to each of the next one, (P, P)."""
    same = (before.kind, before.chord) == (after.kind, after.chord) and before.kind in _FIXED
    low, high = int(pitches[0]), int(pitches[-1])
    return _move_costs(before.chord, before.key, before.kind, same, low, high)


@lru_cache(maxsize=1024)
def _move_costs(chord: Chord, key: str, kind: str, same: bool, low: int, high: int) -> Array:
    """Return the costs of `_moves` after a note of a kind on a chord.

    Parameters
    ----------
    same : bool
        Whether both notes wish for the same, so that one may be the other.
    """
    pitches = np.arange(low, high + 1)
    distance = np.abs(pitches[:, None] - pitches[None, :])
    if kind == "approach":
        costs = np.full(distance.shape, 4.0)
        for interval, cost in _APPROACH.items():
            costs[distance == interval] = cost
    else:
        table = -np.log(np.array(INTERVAL_SHARES) / max(INTERVAL_SHARES[1:]))
        table[0] = 0.0 if same else _REPEAT
        costs = np.where(distance <= 12, table[np.minimum(distance, 12)], _TOO_FAR)
    # a tone foreign to the scale makes sense only where a semitone resolves it
    inside = {*chord_scale(chord, key), *chord.pitch_classes}
    foreign = np.array([pitch % 12 not in inside for pitch in pitches])
    return np.asarray(costs + _OUTSIDE * (foreign[:, None] & (distance != 1)), dtype=np.float64)


def _direction_costs() -> Array:
    """Return what it costs to go on in direction 0, up, down after each of `_MOTIONS`, (5, 3)."""
    costs = np.zeros((len(_MOTIONS), 3))
    for row, (sign, leap) in enumerate(_MOTIONS):
        if sign:
            share = _LEAP_GOES_ON if leap else _STEP_GOES_ON
            costs[row, 1 if sign > 0 else 2] = -np.log(share)
            costs[row, 2 if sign > 0 else 1] = -np.log(1 - share) + (0.0 if leap else _RETURN)
    return costs


_TURNS = _direction_costs()
_DIRECTIONS = np.array([0 if sign == 0 else 1 if sign > 0 else 2 for sign, _ in _MOTIONS])


def _advance(total: Array, moves: Array) -> tuple[Array, npt.NDArray[np.int_]]:
    """Return the least total of each motion and next pitch, and from which state it came.

    Parameters
    ----------
    total : np.ndarray, shape (5, P)
        Of the last motion and the pitch.
    moves : np.ndarray, shape (P, P)
        From `_moves`.
    """
    count = moves.shape[0]
    turned = total[:, None, :] + _TURNS[:, :, None]  # last motion, next direction, pitch
    last = turned.argmin(axis=0)
    least = turned.min(axis=0)[_DIRECTIONS]
    costs = least[:, :, None] + moves + _motion_costs(count)
    source = costs.argmin(axis=1)
    origin = np.take_along_axis(last[_DIRECTIONS], source, axis=1) * count + source
    return costs.min(axis=1), origin


@lru_cache(maxsize=32)
def _motion_costs(count: int) -> Array:
    """Return 0 where going from pitch to pitch is a motion, else a prohibitive cost, (5, P, P)."""
    gap = np.arange(count)[None, :] - np.arange(count)[:, None]
    fits = [(np.sign(gap) == sign) & ((np.abs(gap) > 2) == leap) for sign, leap in _MOTIONS]
    return np.where(np.array(fits), 0.0, _NEVER)


def _traced(total: Array, came: list[npt.NDArray[np.int_]]) -> list[int]:
    """Return the pitch indices of the best path, first to last."""
    count = total.shape[1]
    state = int(total.argmin())
    path = [state % count]
    for origin in reversed(came):
        state = int(origin[state // count, state % count])
        path.append(state % count)
    return path[::-1]


def _gumbel(rng: np.random.Generator, count: int) -> Array:
    """Return Gumbel noise of mean 0, shape (count,)."""
    return np.asarray(-rng.gumbel(size=count) + np.euler_gamma, dtype=np.float64)
