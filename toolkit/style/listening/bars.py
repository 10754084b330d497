"""Find bars in beats: where a bar begins, how many beats it has, and of how many parts they are.

Two networks (`toolkit.style.listening.beat_network`) tell: one that reads beats, what bar each is
in and whether it begins one, and one that reads attacks, whether a bar begins on each. The bars are
the best path through places of meters by dynamic programming:

    Σ_beats [log P(downbeat, or none) + c log P(length of the bar)] − d · changes of meter,

where the log odds of a downbeat are a times those of the beat plus b times those of the attack on
it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.style.listening import attack_features, bar_features, beat_network
from toolkit.style.listening.attacks import Attacks, attacks
from toolkit.style.listening.fitted_beats import FITTED
from toolkit.values import Notes

LENGTHS = attack_features.LENGTHS
"""Beats that a bar may have."""

Array = npt.NDArray[np.float64]
Table = npt.NDArray[np.float32]
Places = npt.NDArray[np.intp]

_ON_BEAT = 0.15
_SILENT_SHARE = 0.1  # of beats without an attack are downbeats
_NEAR_PART = 0.08
_FIRST_THIRD_SHARE = 0.2


@dataclass(frozen=True)
class Trust:
    """Describe how steady bars are.

    Parameters
    ----------
    beats, attacks : float
        How far the networks that read beats and attacks are believed about downbeats: a and b.
    length : float
        How far the first is believed about the length of bars: c.
    change : float
        The cost d of a change of meter, in nats.
    """

    beats: float
    attacks: float
    length: float
    change: float


FITTED_TRUST = Trust(**FITTED["bar trust"])


def places(
    notes: Notes, beats: Array, heard: Attacks | None = None, trust: Trust = FITTED_TRUST
) -> tuple[Places, Places]:
    """Return each beat's place in its bar, from 0, and how many beats its bar has.

    Parameters
    ----------
    notes : Notes
        What is played.
    beats : np.ndarray
        In seconds, ascending.
    heard : Attacks, optional
        Those of the notes, with what the network says, if they are at hand.
    trust : Trust
        How steady bars are.
    """
    if len(beats) < 3 or not len(notes):
        return np.arange(len(beats)) % 4, np.full(len(beats), 4)
    heard = heard or attacks(notes)
    if heard.said is None:
        raise ValueError("the network was not asked about these attacks")
    said = beat_network.said(beat_network.BEATS, bar_features.describe(notes, beats)).astype(float)
    odds = trust.beats * said[:, bar_features.DOWNBEAT]
    odds += trust.attacks * attack_odds(beats, heard.times, heard.said)
    first, other = -np.logaddexp(0, -odds), -np.logaddexp(0, odds)
    lengths = said[:, bar_features.LENGTH]
    likely = trust.length * (lengths - np.logaddexp.reduce(lengths, axis=1)[:, None])
    states = [(length, place) for length in LENGTHS for place in range(length)]
    scores = np.stack([other if place else first for _, place in states], axis=1)
    scores += likely[:, [LENGTHS.index(length) for length, _ in states]]
    chosen = np.array(states)[_best_path(scores, states, trust.change)]
    return chosen[:, 1], chosen[:, 0]


def attack_odds(beats: Array, times: Array, said: Table) -> Array:
    """Return the log odds that each beat begins a bar, as the attacks on it have them.

    Parameters
    ----------
    beats : np.ndarray
        In seconds.
    times : np.ndarray, shape (attacks,)
        In seconds.
    said : np.ndarray, shape (attacks, toolkit.style.listening.attack_features.NUM_OUTPUTS)
        What the network says of each attack.
    """
    place = np.interp(times, beats, np.arange(len(beats)))
    nearest = np.rint(place).astype(int)
    near = np.abs(place - nearest) < _ON_BEAT
    odds = np.full(len(beats), -np.inf)
    np.maximum.at(odds, nearest[near], said[near, 1])
    odds[np.isinf(odds)] = np.log(_SILENT_SHARE / (1 - _SILENT_SHARE))
    return odds


def is_compound(notes: Notes, beats: Array) -> bool:
    """Say whether the beats are of three parts, as in 6/8, rather than of two or of swung two.

    Swing has the last third of a beat and no first one.
    """
    if len(beats) < 3 or not len(notes):
        return False
    place = np.interp([note.onset for note in notes], beats, np.arange(len(beats)))
    # A chord is one attack, however many notes it has.
    phase = np.unique(np.round(place * 24) / 24) % 1
    near = {
        part: int((np.abs(phase - part) < _NEAR_PART).sum())
        for part in (1 / 4, 1 / 3, 1 / 2, 2 / 3)
    }
    thirds = near[1 / 3] + near[2 / 3]
    return thirds > 1.2 * (near[1 / 2] + near[1 / 4]) and (
        near[1 / 3] > _FIRST_THIRD_SHARE * near[2 / 3]
    )


def _best_path(scores: Array, states: list[tuple[int, int]], change: float) -> Places:
    """Return the best states: the next place of the bar, at its end any meter's first."""
    number = {state: index for index, state in enumerate(states)}
    sources = []
    for length, place in states:
        if place:
            sources.append([(number[length, place - 1], 0.0)])
        else:
            sources.append(
                [
                    (number[other, other - 1], 0.0 if other == length else -change)
                    for other in LENGTHS
                ]
            )
    total = scores[0].copy()
    came = np.zeros(scores.shape, np.intp)
    for step in range(1, len(scores)):
        choices = [max((total[at] + cost, at) for at, cost in source) for source in sources]
        came[step] = [at for _, at in choices]
        total = np.array([value for value, _ in choices]) + scores[step]
    path = [int(total.argmax())]
    for step in range(len(scores) - 1, 0, -1):
        path.append(int(came[step, path[-1]]))
    return np.array(path[::-1])
