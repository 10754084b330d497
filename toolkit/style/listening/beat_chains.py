"""Find the best chain of beats near each of many tempi.

A hidden semi-Markov model of the kind of N. Whiteley et al. ("Bayesian modelling of temporal
structure in musical audio", 2006) and F. Krebs et al. ("An efficient state-space model for joint
tempo and meter tracking", 2015), with attacks as a point process: a state is one whole beat, of a
period p that ends at time t and with a pattern k of what fills it. Within the beat, attacks of
accent class c come as a Poisson process of rate λ(φ) = Σ_i r_kci N(φ; place_i, σ) per beat, whence

    log P(beat) = Σ_attacks log(λ(φ)/p) − Σ_ci r_kci.

Each such sum is a filter of the attack train, so that all (t, p, k) come out of one matrix product.
From beat to beat log p makes a random walk whose variance grows with time, and is drawn to the
tempo of the chain; patterns follow one another as they do in scores. The best chain of each tempo
is found by dynamic programming, for all tempi at once. No beat is shorter than the shortest period,
so that all ends t within that span are worked out at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from toolkit.style.listening.attacks import Attacks
from toolkit.style.listening.beat_patterns import CHANGES, CLASS_EDGES, PLACES, RATES, SHARES

Array = npt.NDArray[np.float64]
Table = npt.NDArray[np.float32]
Places = npt.NDArray[np.intp]

STEP_RATE = 50.0
"""Instants a second at which a beat may fall before it is moved to the attacks near it."""

TEMPI = np.geomspace(0.36, 1.2, 11)
"""Beat periods, in seconds, near each of which the best chain is sought."""

_SHORTEST, _LONGEST = 13, 90  # steps: 231 to 33 beats a minute
_PERIOD_RATIO = 1.055
_ATTACK_SECONDS = 0.017
_ATTACK_BEATS = 0.02
_STRAY = 0.02
_RAREST_CHANGE = 1e-4
_PULL_SPREAD = 0.2
_WALK_PERIOD = 30.0
_WALK_REACH = 2.2  # standard deviations
_LOWEST = np.float32(-1e9)


@dataclass(frozen=True)
class Manner:
    """Describe how far a tempo strays.

    Parameters
    ----------
    walk : float
        Standard deviation of the change of log period over a beat of 0.6 seconds.
    reach : float
        How far log period may be from the tempo's.
    pull : float
        How strongly it is drawn back, in nats a second one spread away.
    every : int
        Chains are sought near every so many of `TEMPI`: those that stray far need no close ones.
    """

    walk: float
    reach: float
    pull: float
    every: int = 1


STEADY = Manner(0.025, 0.16, 0.5)
FREE = Manner(0.12, 0.42, 0.4, every=2)


@dataclass(frozen=True, eq=False)
class _Model:
    """Hold what depends neither on the music nor on the manner.

    ``periods`` in steps, shape (P,); ``filters``, shape (P·patterns, classes·longest), log rates a
    second at each step of a window that ends with the beat; ``bias``, shape (patterns,).
    """

    periods: Places
    filters: Table
    bias: Table
    changes: Table
    starts: Table


@dataclass(frozen=True, eq=False)
class _Search:
    """Hold what depends on the manner.

    ``columns``, shape (tempi, W), the periods' numbers near each tempo; ``pull``, of that shape,
    log odds; ``walk``, shape (2·reach + 1, tempi, W), log probability that the period
    ``offset − reach`` places above comes before.
    """

    columns: Places
    pull: Table
    walk: Table

    @property
    def reach(self) -> int:
        return len(self.walk) // 2


@cache
def _model() -> _Model:
    periods = [_SHORTEST]
    while periods[-1] < _LONGEST:
        periods.append(max(periods[-1] + 1, round(periods[-1] * _PERIOD_RATIO)))
    longest, patterns = periods[-1], len(SHARES)
    places = np.append(PLACES, 1.0)
    # An attack a little early belongs to the beat before by the clock: place 0 is also place 1.
    rates = np.concatenate([RATES, RATES[..., :1]], axis=-1)
    expected = RATES.sum(axis=(1, 2))
    filters = np.zeros((len(periods), patterns, RATES.shape[1], longest), np.float32)
    for index, period in enumerate(periods):
        spread = np.hypot(_ATTACK_SECONDS * STEP_RATE, _ATTACK_BEATS * period)
        away = (np.arange(period)[:, None] - places * period) / spread
        bells = np.exp(-0.5 * away**2) / (spread * np.sqrt(2 * np.pi))
        stray = _STRAY * expected[:, None, None] / (RATES.shape[1] * period) + 1e-4
        density = np.einsum("jx,kcx->kcj", bells, rates) + stray
        filters[index, :, :, longest - period :] = np.log(density * STEP_RATE)
    return _Model(
        np.array(periods),
        filters.reshape(len(periods) * patterns, -1),
        (-expected * (1 + _STRAY)).astype(np.float32),
        np.log(np.maximum(CHANGES, _RAREST_CHANGE)).astype(np.float32),
        (np.log(SHARES) - np.log(len(periods))).astype(np.float32),
    )


@cache
def _search(manner: Manner) -> _Search:
    periods = _model().periods
    logs, wanted = np.log(periods), np.log(TEMPI[:: manner.every] * STEP_RATE)
    count = int(np.ceil(2 * manner.reach / np.log(_PERIOD_RATIO))) + 1
    nearest = np.abs(logs[:, None] - wanted).argmin(axis=0)
    columns = np.clip(nearest - count // 2, 0, len(periods) - count)[:, None] + np.arange(count)
    away = (logs[columns] - wanted[:, None]) / _PULL_SPREAD
    pull = -0.5 * manner.pull * away**2 * periods[columns] / STEP_RATE
    spreads = manner.walk * np.sqrt(periods / _WALK_PERIOD)  # of the period that comes before
    odds = -0.5 * ((logs[:, None] - logs) / spreads) ** 2
    odds -= np.logaddexp.reduce(odds, axis=0)
    reach = int(np.ceil(_WALK_REACH * manner.walk / np.log(_PERIOD_RATIO)))
    walk = np.full((2 * reach + 1, *columns.shape), _LOWEST)
    for offset in range(2 * reach + 1):
        before = np.arange(count) + offset - reach
        inside = np.flatnonzero((before >= 0) & (before < count))
        walk[offset, :, inside] = odds[columns[:, inside], columns[:, before[inside]]].T
    return _Search(columns, pull.astype(np.float32), walk.astype(np.float32))


def chains(attacks: Attacks, manners: tuple[Manner, ...] = (STEADY, FREE)) -> list[Array]:
    """Return the beats, in seconds, of the best chain near each of `TEMPI` in each manner.

    Parameters
    ----------
    attacks : Attacks
        Not empty. Time and memory are proportional to how long they last, about 1.2 MB a second:
        hand in no more than a few minutes.
    """
    # The first beat may precede a pickup by as much as a beat is long.
    begin = attacks.times[0] - _LONGEST / STEP_RATE
    densities = _log_densities(attacks.times - begin, attacks.accents)
    last = max(int((attacks.times[-1] - begin) * STEP_RATE) - 2, 0)
    return [
        steps / STEP_RATE + begin
        for manner in manners
        for steps in _best_chains(densities, last, _search(manner))
    ]


def log_likelihood(beats: Array, attacks: Attacks) -> float:
    """Return log P of the attacks given the beats, with the best sequence of patterns.

    Parameters
    ----------
    beats : np.ndarray
        Two or more, in seconds.
    attacks : Attacks
        Of which those before the first and after the last beat count to the nearest beat.
    """
    model = _model()
    periods = np.diff(beats)
    at = np.clip(np.searchsorted(beats, attacks.times, side="right") - 1, 0, len(periods) - 1)
    spread = np.hypot(_ATTACK_SECONDS / periods[at], _ATTACK_BEATS)[:, None]
    phase = (attacks.times - beats[at]) / periods[at]
    bells = np.exp(-0.5 * ((phase[:, None] - np.append(PLACES, 1.0)) / spread) ** 2) / spread
    rates = np.concatenate([RATES, RATES[..., :1]], axis=-1).transpose(1, 0, 2)
    classes = np.digitize(attacks.accents, CLASS_EDGES)
    expected = RATES.sum(axis=(1, 2))
    density = np.matmul(rates[classes], bells[..., None])[..., 0] / np.sqrt(2 * np.pi)
    density += _STRAY * expected / RATES.shape[1] + 1e-4
    logs = np.zeros((len(periods), len(SHARES)))
    np.add.at(logs, at, np.log(density / periods[at][:, None]))
    best = model.starts
    for row in logs + model.bias:
        best = (best[:, None] + model.changes).max(axis=0) + row
    return float(best.max())


def _log_densities(times: Array, accents: Array) -> Table:
    """Return log P of the attacks within a beat that ends at t, shape (steps, P, patterns)."""
    model = _model()
    longest, num_classes = int(model.periods[-1]), RATES.shape[1]
    steps = int(np.ceil(times[-1] * STEP_RATE)) + longest + 2
    train = np.zeros((num_classes, steps + longest), np.float32)
    place = times * STEP_RATE + longest
    low = place.astype(int)
    classes = np.digitize(accents, CLASS_EDGES)
    np.add.at(train, (classes, low), low + 1 - place)
    np.add.at(train, (classes, low + 1), place - low)
    windows = np.lib.stride_tricks.sliding_window_view(train, longest, axis=1)[:, :steps]
    product = windows.transpose(1, 0, 2).reshape(steps, -1) @ model.filters.T
    return product.reshape(steps, len(model.periods), -1) + model.bias


def _best_chains(densities: Table, final: int, search: _Search) -> list[Places]:
    """Return the steps of the best beats near each tempo, the last not before step `final`."""
    total = _totals(densities, search)
    return [_traced(total[:, tempo], tempo, final, search) for tempo in range(total.shape[1])]


def _totals(densities: Table, search: _Search) -> Table:
    """Return log P of the best chain that ends in each beat, shape (steps, tempi, W, patterns)."""
    model = _model()
    tempi, count = search.columns.shape
    shape = (len(densities), tempi, count, densities.shape[2])
    total, best = np.empty(shape, np.float32), np.empty(shape, np.float32)
    best[0] = _LOWEST  # stands for what would be before the first step, and is masked
    pull, periods = search.pull[..., None], model.periods[search.columns]
    tempo, column = np.arange(tempi)[:, None], np.arange(count)
    for begin in range(0, len(densities), _SHORTEST):
        now = np.arange(begin, min(begin + _SHORTEST, len(densities)))
        before = now[:, None, None] - periods
        here = densities[now][:, search.columns]
        here += pull
        here += best[np.maximum(before, 0), tempo, column]
        here[before < 0] = _LOWEST
        total[now] = here
        best[now] = _follow(here, search, model.changes)
        may_start = now[now <= _LONGEST + 1]
        best[may_start] = np.maximum(best[may_start], model.starts)
    return total


def _follow(total: Table, search: _Search, changes: Table) -> Table:
    """Return the best score of a beat that is to follow, by its period and pattern."""
    count, reach = total.shape[2], search.reach
    # Long inner loops are quick: patterns, of which there are few, are not the last axis here.
    ahead = total.transpose(0, 3, 1, 2)
    padded = np.full((*ahead.shape[:3], count + 2 * reach), _LOWEST)
    padded[..., reach : reach + count] = ahead
    walked = padded[..., :count] + search.walk[0]
    candidate = np.empty_like(walked)
    for offset in range(1, len(search.walk)):
        np.add(padded[..., offset : offset + count], search.walk[offset], out=candidate)
        np.maximum(walked, candidate, out=walked)
    best = walked[:, :1] + changes[0][:, None, None]
    for pattern in range(1, len(changes)):
        np.add(walked[:, pattern : pattern + 1], changes[pattern][:, None, None], out=candidate)
        np.maximum(best, candidate, out=best)
    return np.asarray(best.transpose(0, 2, 3, 1))


def _traced(total: Table, tempo: int, final: int, search: _Search) -> Places:
    """Follow a chain back: what came before a beat is searched anew rather than kept for all."""
    model = _model()
    patterns, reach = total.shape[2], search.reach
    end = np.unravel_index(int(total[final:].argmax()), total[final:].shape)
    step, column, pattern = int(end[0]) + final, int(end[1]), int(end[2])
    beats = [step]
    while True:
        step -= int(model.periods[search.columns[tempo, column]])
        beats.append(step)
        low, high = max(column - reach, 0), min(column + reach + 1, total.shape[1])
        odds = search.walk[np.arange(low, high) - column + reach, tempo, column]
        before = total[step, low:high] + odds[:, None] + model.changes[:, pattern]
        place = int(before.argmax())
        # Nothing is before the first beat that could explain it better than that it is the first.
        if step <= _LONGEST + 1 and model.starts[pattern] >= before.flat[place]:
            return np.array(beats[::-1])
        column, pattern = low + place // patterns, place % patterns
