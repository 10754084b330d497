"""Find the beats that agree best with what the network says of all attacks.

A beat lasts from one grid instant to another, and each attack within it has a place in it. The
network (`toolkit.style.listening.beat_network`) gives each attack a probability of every place φ
and of every length p of the beat around it; with log p making a random walk from beat to beat, the
most probable chain maximizes

    Σ_beats [log P(p | p before) + Σ_attacks in it (a log P(φ) + b log P(p))].

Every attack counts once in any chain, so that chains of all tempi may be compared, and dynamic
programming (a semi-Markov model as in `toolkit.style.listening.beat_chains`) finds the best one of
all at once.

Where notes are as well eighths of slow beats as quarters of fast ones, listeners tap the faster
(D. Moelants, "Preferred tempo reconsidered", 2002): slow beats are only believed if they are more
probable by some nats an attack than the best beats of a usual length.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from toolkit.style.listening.attack_features import PERIOD, PERIODS, PHASE, PHASES
from toolkit.style.listening.fitted_beats import FITTED

Array = npt.NDArray[np.float64]
Table = npt.NDArray[np.float32]
Steps = npt.NDArray[np.intp]

STEP_RATE = 50.0
"""Instants a second at which a beat may fall before it is moved to the attacks near it."""

_SHORTEST, _LONGEST = 13, 90  # steps: 231 to 33 beats a minute
_PERIOD_RATIO = 1.04
_PLACE_SPREAD = 0.035
_LEAP_SHARE, _LEAP = 0.05, 4.0  # how often, and how many times as far, tempo changes suddenly
_WALK_PERIOD = 30.0
_SLOW_SECONDS, _USUAL_SECONDS = 0.95, 0.8
_AT_ONCE = 2048
_LOWEST = np.float32(-1e9)


@dataclass(frozen=True)
class Trust:
    """Describe how much the network is believed.

    Parameters
    ----------
    phase, period : float
        The exponents a and b.
    walk : float
        Standard deviation of the change of log period over a beat of 0.6 seconds.
    slow : float
        Nats an attack by which slow beats must be more probable than usual ones.
    """

    phase: float
    period: float
    walk: float
    slow: float


FITTED_TRUST = Trust(**FITTED["path trust"])


def path(times: Array, said: Table, trust: Trust = FITTED_TRUST) -> Array:
    """Return the most probable beats in seconds, from before the first attack to the last or after.

    Parameters
    ----------
    times : np.ndarray, shape (attacks,)
        In seconds, ascending, not empty.
    said : np.ndarray, shape (attacks, toolkit.style.listening.attack_features.NUM_OUTPUTS)
        What the network says of each.
    trust : Trust
        How much that is believed.
    """
    begin = times[0] - _LONGEST / STEP_RATE
    odds = _odds((times - begin) * STEP_RATE, said, trust)
    last = max(int((times[-1] - begin) * STEP_RATE) - 2, 0)
    walk = _walk(trust.walk)
    found, likely = _best(odds, walk, last)
    if np.median(np.diff(found)) > _SLOW_SECONDS * STEP_RATE:
        usual = np.where(_periods() > _USUAL_SECONDS * STEP_RATE, _LOWEST, 0).astype(np.float32)
        other, less_likely = _best(odds + usual, walk, last)
        if likely - less_likely < trust.slow * len(times):
            found = other
    return np.asarray(found / STEP_RATE + begin)


@cache
def _periods() -> Steps:
    found = [_SHORTEST]
    while found[-1] < _LONGEST:
        found.append(max(found[-1] + 1, round(found[-1] * _PERIOD_RATIO)))
    return np.array(found)


@cache
def _shares() -> Table:
    """Return to which of `PHASES` each step of a window belongs that ends with a beat.

    Shape (longest, phases, periods): the window's last step is the one before the beat's end.
    """
    periods = _periods()
    longest = int(periods[-1])
    shares = np.zeros((longest, len(PHASES), len(periods)), np.float32)
    for index, period in enumerate(periods):
        away = (np.arange(period)[:, None] / period - np.append(PHASES, 1.0)) / _PLACE_SPREAD
        bells = np.exp(-0.5 * away**2) + 1e-9
        bells[:, 0] += bells[:, -1]
        shares[longest - period :, :, index] = bells[:, :-1] / bells[:, :-1].sum(axis=1)[:, None]
    return shares


@cache
def _walk(walk: float) -> Table:
    """Return the log probability that a period (row) is followed by another (column)."""
    logs = np.log(_periods())
    spread = walk * np.sqrt(_periods() / _WALK_PERIOD)[:, None]
    away = (logs - logs[:, None]) / spread
    near, far = np.exp(-0.5 * away**2), np.exp(-0.5 * (away / _LEAP) ** 2)
    near /= near.sum(axis=1, keepdims=True)
    far /= far.sum(axis=1, keepdims=True)
    return np.log((1 - _LEAP_SHARE) * near + _LEAP_SHARE * far + 1e-12).astype(np.float32)


def _odds(places: Array, said: Table, trust: Trust) -> Table:
    """Return what the attacks say of a beat that ends at a step, shape (steps, periods).

    Parameters
    ----------
    places : np.ndarray, shape (attacks,)
        In steps.
    said, trust
        As `path` takes them.
    """
    periods = _periods()
    longest = int(periods[-1])
    steps = int(np.ceil(places[-1])) + longest + 2
    phases = trust.phase * _log_softmax(said[:, PHASE])
    lengths = trust.period * _log_softmax(said[:, PERIOD])
    train = np.zeros((steps + longest, phases.shape[1]), np.float32)
    counted = np.zeros((steps + longest, lengths.shape[1]), np.float32)
    low = (places + longest).astype(int)
    share = (places + longest - low)[:, None]
    for row, weight in ((low, 1 - share), (low + 1, share)):
        np.add.at(train, row, weight * phases)
        np.add.at(counted, row, weight * lengths)
    windows = np.lib.stride_tricks.sliding_window_view(train, longest, axis=0)[:steps]
    shares = _shares().transpose(1, 0, 2).reshape(-1, len(periods))
    # Windows overlap in memory until they are multiplied: a few of them at a time.
    parts = (windows[at : at + _AT_ONCE] for at in range(0, steps, _AT_ONCE))
    odds = np.concatenate([part.reshape(len(part), -1) @ shares for part in parts])
    total = np.concatenate([np.zeros((1, counted.shape[1])), np.cumsum(counted, axis=0)])
    centers, ends = np.log(PERIODS), np.arange(steps) + longest
    bins = np.interp(np.log(periods / STEP_RATE), centers, np.arange(len(centers)))
    for index, period in enumerate(periods):
        at = int(np.rint(bins[index]))
        odds[:, index] += total[ends, at] - total[ends - period, at]
    return np.asarray(odds)


def _log_softmax(logits: Table) -> Table:
    return np.asarray(logits - np.logaddexp.reduce(logits, axis=1)[:, None])


def _best(odds: Table, walk: Table, final: int) -> tuple[Steps, float]:
    """Return the steps of the best beats, the last not before step `final`, and their log odds."""
    periods = _periods()
    total, best = np.empty_like(odds), np.empty_like(odds)
    best[0] = _LOWEST
    column = np.arange(len(periods))
    for begin in range(0, len(odds), _SHORTEST):
        now = np.arange(begin, min(begin + _SHORTEST, len(odds)))
        before = now[:, None] - periods
        here = odds[now] + best[np.maximum(before, 0), column]
        here[before < 0] = _LOWEST
        total[now] = here
        best[now] = (here[:, :, None] + walk).max(axis=1)
        may_start = now[now <= _LONGEST]
        best[may_start] = np.maximum(best[may_start], -np.log(len(periods)))
    end = np.unravel_index(int(total[final:].argmax()), total[final:].shape)
    step, place = int(end[0]) + final, int(end[1])
    likely = float(total[step, place])
    beats = [step]
    while True:
        step -= int(periods[place])
        beats.append(step)
        before_it = total[step] + walk[:, place]
        # Nothing is before the first beat that explains it better than that it is the first.
        if step <= _LONGEST and -np.log(len(periods)) >= before_it.max():
            return np.array(beats[::-1]), likely
        place = int(before_it.argmax())
