"""Fit how music fills a beat: `toolkit.style.listening.beat_patterns` by expectation maximization.

A hidden Markov model (L. E. Baum et al., 1970), whose states are patterns: attacks of each class of
accent come at each place of a beat as a Poisson process of the pattern's rate. Performances of
known beats are what it is fitted to; all count alike, however long they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.style.listening.beat_patterns import PLACES

Array = npt.NDArray[np.float64]

NUM_PATTERNS = 8

_ROUNDS = 40
_LEAST, _MOST = 2e-3, 0.98
_STAY = 0.7
_TYPICAL_BEATS = 40.0


@dataclass(frozen=True, eq=False)
class Patterns:
    """Hold what was fitted, the most frequent pattern first.

    Parameters
    ----------
    shares : np.ndarray, shape (patterns,)
        How often each occurs.
    rates : np.ndarray, shape (patterns, classes, places)
        Attacks expected.
    changes : np.ndarray, shape (patterns, patterns)
        Probability that one (row) is followed by another (column).
    """

    shares: Array
    rates: Array
    changes: Array


def counts(times: Array, classes: npt.NDArray[np.intp], beats: Array, num_classes: int) -> Array:
    """Return which attacks each beat has, shape (beats, classes · places), 0 or 1."""
    inside = (times >= beats[0] - 0.05) & (times < beats[-1] - 0.05)
    place = np.interp(times[inside], beats, np.arange(len(beats)))
    beat = np.floor(place).astype(int)
    nearest = np.abs((place - beat)[:, None] - np.append(PLACES, 1.0)).argmin(axis=1)
    # What is played a little early belongs to the beat that it announces.
    beat, nearest = beat + (nearest == len(PLACES)), nearest % len(PLACES)
    table = np.zeros((len(beats), num_classes, len(PLACES)))
    table[beat, classes[inside], nearest] = 1
    return table[:-1].reshape(len(beats) - 1, -1)


def fit(performances: Sequence[Array], num_classes: int, seed: int = 0) -> Patterns:
    """Return the patterns that make the performances likely.

    Parameters
    ----------
    performances : sequence of np.ndarray
        Of each, what `counts` gives.
    num_classes : int
        Of accents.
    seed : int
        Of the beats from which the search begins.
    """
    lengths = np.array([len(each) for each in performances])
    seen = np.zeros((len(lengths), lengths.max(), performances[0].shape[1]))
    for row, each in enumerate(performances):
        seen[row, : len(each)] = each
    real = np.arange(lengths.max()) < lengths[:, None]
    weight = np.where(real, _TYPICAL_BEATS / lengths[:, None], 0.0)
    every = seen[real]
    rng = np.random.default_rng(seed)
    rates = every[rng.choice(len(every), NUM_PATTERNS, replace=False)] * _STAY
    rates += every.mean(axis=0) / 2 + 0.01
    shares = np.full(NUM_PATTERNS, 1 / NUM_PATTERNS)
    changes = np.full((NUM_PATTERNS,) * 2, (1 - _STAY) / NUM_PATTERNS) + _STAY * np.eye(
        NUM_PATTERNS
    )
    for _ in range(_ROUNDS):
        rates = np.clip(rates, _LEAST, _MOST)
        logs = seen @ np.log(rates).T - rates.sum(axis=1)
        belief, moves = _posterior(logs, real, weight, shares, changes)
        share = belief.sum(axis=(0, 1))
        rates = np.einsum("stk,stc->kc", belief, seen) / (share[:, None] + 0.1)
        changes = (moves + 0.05) / (moves + 0.05).sum(axis=1, keepdims=True)
        shares = (share + 0.02) / (share + 0.02).sum()
    order = np.argsort(-shares)
    shaped = np.clip(rates[order], _LEAST, _MOST).reshape(NUM_PATTERNS, num_classes, -1)
    return Patterns(shares[order], shaped, changes[np.ix_(order, order)])


def _posterior(
    logs: Array, real: npt.NDArray[np.bool_], weight: Array, shares: Array, changes: Array
) -> tuple[Array, Array]:
    """Return the weighted probability of each pattern in each beat, and of each change in sum."""
    likely = np.exp(logs - logs.max(axis=2, keepdims=True))
    likely[~real] = 1.0
    ahead, scale = np.zeros(likely.shape), np.zeros((*likely.shape[:2], 1))
    before = shares
    for beat in range(likely.shape[1]):
        here = before * likely[:, beat]
        scale[:, beat] = here.sum(axis=1, keepdims=True)
        ahead[:, beat] = here / scale[:, beat]
        before = ahead[:, beat] @ changes
    behind = np.ones(likely.shape)
    moves = np.zeros(changes.shape)
    for beat in range(likely.shape[1] - 2, -1, -1):
        follow = likely[:, beat + 1] * behind[:, beat + 1] / scale[:, beat + 1]
        # Beyond the end of a shorter performance everything is certain, and nothing is counted.
        follow[~real[:, beat + 1]] = 1.0
        behind[:, beat] = np.where(real[:, beat + 1, None], follow @ changes.T, 1.0)
        counted = weight[:, beat + 1, None] * ahead[:, beat]
        moves += changes * (counted.T @ follow)
    return ahead * behind * weight[..., None], moves
