"""Find bars in beats: where a bar begins, how many beats it has, and of how many parts they are.

A beat sounds like a downbeat when long notes, a low bass, many notes and a new harmony begin on it
(D. Temperley, "The Cognition of Basic Musical Structures", 2001). A logistic regression weighs
these and what `toolkit.style.listening.beat_network` says; its score z has another mean at each
place of each meter, and the bars are the best path through places of meters by dynamic programming.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from toolkit.style.listening.attacks import Attacks, attacks
from toolkit.style.listening.fitted_beats import FITTED
from toolkit.values import DRUMS, Notes

Array = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]

_WEIGHTS = np.array(FITTED["bar weights"])
_MEANS = {int(length): tuple(means) for length, means in FITTED["bar means"].items()}
_SPREAD = float(FITTED["bar spread"])
_METER_CHANGE = 14.0
_ON_BEAT = 0.15
_UNHEARD_ODDS = -5.0
_LONGEST_BEATS = 4.0
_CONTEXT_BEATS = 9
_NEAR_PART = 0.08
_FIRST_THIRD_SHARE = 0.2


def places(notes: Notes, beats: Array, heard: Attacks | None = None) -> tuple[Places, Places]:
    """Return each beat's place in its bar, from 0, and how many beats its bar has.

    Parameters
    ----------
    notes : Notes
        What is played.
    beats : np.ndarray
        In seconds, ascending.
    heard : Attacks, optional
        Those of the notes, if they are at hand.
    """
    if len(beats) < 3 or not len(notes):
        return np.arange(len(beats)) % 4, np.full(len(beats), 4)
    score = features(notes, beats, heard or attacks(notes)) @ _WEIGHTS
    states = [(length, place) for length in _MEANS for place in range(length)]
    means = np.array([_MEANS[length][place] for length, place in states])
    odds = -0.5 * ((score[:, None] - means) / _SPREAD) ** 2
    path = _best_path(odds, states)
    chosen = np.array(states)[path]
    return chosen[:, 1], chosen[:, 0]


def features(notes: Notes, beats: Array, heard: Attacks) -> Array:
    """Return what begins on each beat, relative to the beats around it, shape (beats, 9)."""
    count = len(beats)
    index = np.arange(count)
    onset = np.interp([note.onset for note in notes], beats, index)
    duration = np.interp([note.offset for note in notes], beats, index) - onset
    duration = np.clip(duration, 0.05, _LONGEST_BEATS)
    pitch = np.array([note.pitch if note.program != DRUMS else 60 for note in notes], float)
    nearest = np.rint(onset).astype(int)
    on_beat = np.abs(onset - nearest) < _ON_BEAT
    at, long = nearest[on_beat], duration[on_beat]
    number = np.bincount(at, minlength=count)
    longest, lowest = np.zeros(count), np.full(count, 127.0)
    np.maximum.at(longest, at, long)
    np.minimum.at(lowest, at, pitch[on_beat])
    lowest[lowest == 127] = np.median(pitch)
    is_bass = on_beat & (pitch <= lowest[nearest] + 0.5)
    bass = np.zeros(count)
    np.maximum.at(bass, nearest[is_bass], duration[is_bass])
    columns = np.stack(
        [
            np.log1p(number),
            np.log1p(np.bincount(at, long, count)),
            np.log(longest + 0.1),
            np.log(bass + 0.1),
            -lowest / 12,
            *_sameness(notes, onset, duration, count),
            np.append(0.0, np.diff(lowest) != 0),
            _downbeat_odds(beats, heard),
        ]
    )
    ones = np.ones(_CONTEXT_BEATS)
    around = [np.convolve(column, ones, "same")[:count] for column in columns]
    shares = np.convolve(np.ones(count), ones, "same")[:count]
    if count < _CONTEXT_BEATS:
        around = [np.full(count, column.sum()) for column in columns]
        shares = np.full(count, float(count))
    return np.asarray((columns - np.stack(around) / shares).T)


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


def _downbeat_odds(beats: Array, heard: Attacks) -> Array:
    """Return the log odds, which the network gives, that a downbeat is on each beat."""
    odds = np.full(len(beats), _UNHEARD_ODDS)
    if heard.said is not None:
        place = np.interp(heard.times, beats, np.arange(len(beats)))
        nearest = np.rint(place).astype(int)
        near = np.abs(place - nearest) < _ON_BEAT
        np.maximum.at(odds, nearest[near], np.maximum(heard.said[near, 1], _UNHEARD_ODDS))
    return odds


def _sameness(notes: Notes, onset: Array, duration: Array, count: int) -> tuple[Array, Array]:
    """Return, negated, how like the harmony of one and of two beats is to what went before."""
    tones = np.zeros((count, 12))
    beat = np.clip(np.floor(onset + 0.1).astype(int), 0, count - 1)
    pitched = [note.program != DRUMS for note in notes]
    names = np.array([note.pitch % 12 for note in notes])
    np.add.at(tones, (beat[pitched], names[pitched]), np.minimum(duration[pitched], 1))
    pairs = tones + np.concatenate([tones[1:], np.zeros((1, 12))])
    return tuple(-_likeness(each, lag) for each, lag in ((tones, 1), (pairs, 2)))  # type: ignore[return-value]


def _likeness(tones: Array, lag: int) -> Array:
    before = np.concatenate([np.zeros((lag, 12)), tones[:-lag]])
    lengths = np.linalg.norm(tones, axis=1) * np.linalg.norm(before, axis=1)
    return np.asarray((tones * before).sum(axis=1) / (lengths + 1e-9))


def _best_path(odds: Array, states: list[tuple[int, int]]) -> Places:
    """Return the best states: the next place of the bar, at its end any meter's first."""
    number = {state: index for index, state in enumerate(states)}
    sources = []
    for length, place in states:
        if place:
            sources.append([(number[length, place - 1], 0.0)])
        else:
            sources.append(
                [
                    (number[other, other - 1], 0.0 if other == length else -_METER_CHANGE)
                    for other in _MEANS
                ]
            )
    total = odds[0].copy()
    came = np.zeros(odds.shape, np.intp)
    for step in range(1, len(odds)):
        choices = [max((total[at] + cost, at) for at, cost in source) for source in sources]
        came[step] = [at for _, at in choices]
        total = np.array([value for value, _ in choices]) + odds[step]
    path = [int(total.argmax())]
    for step in range(len(odds) - 1, 0, -1):
        path.append(int(came[step, path[-1]]))
    return np.array(path[::-1])
