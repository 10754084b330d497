"""Measure how much bars differ in what is played, part by part, whatever the chords."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.style.borrowed.pattern_bars import PatternBar

Array = npt.NDArray[np.float64]
Pattern = frozenset[tuple[str, int, int]]

FACTS = ("typical", "busier than usual", "players", "like the bar before", "like the bar after")
"""What `facts` says of each bar of a reference."""

_STEPS = 12
_CONSTANT = 1e-6


def patterns_of(bars: Sequence[PatternBar]) -> tuple[Pattern, ...]:
    """Return each bar as a set of (part, place in twelfths of a beat, degree or drum)."""
    return tuple(
        frozenset(
            (name, round(tone.onset * _STEPS), tone.degree)
            for name, tones in bar.parts.items()
            for tone in tones
        )
        for bar in bars
    )


def distances(patterns: Sequence[Pattern]) -> Array:
    """Return how far patterns are apart, 0 the same to 1 nothing in common, shape (bars, bars).

    Half of it is the rhythm, half which degree or drum comes when, each as one less the F1 of what
    is common; a mean over the parts that play in either bar. Two silent bars are the same.
    """
    parts = sorted({name for pattern in patterns for name, _, _ in pattern})
    total = np.zeros((len(patterns), len(patterns)))
    count = np.zeros_like(total)
    for part in parts:
        own = [{(at, degree) for name, at, degree in each if name == part} for each in patterns]
        rhythm, apart = _f1([{at for at, _ in each} for each in own])
        exact, _ = _f1(own)
        total += np.where(apart, 1 - 0.5 * (rhythm + exact), 0.0)
        count += apart
    return np.divide(total, count, out=np.zeros_like(total), where=count > 0)


def facts(patterns: Sequence[Pattern]) -> Array:
    """Return what bars of a reference are to each other, shape (bars, `len(FACTS)`)."""
    sizes = np.array([len(each) for each in patterns], float)
    players = np.array([len({name for name, _, _ in each}) for each in patterns], float)
    unknown = np.zeros(len(patterns))
    counted = np.stack([unknown, np.log(sizes + 1), players, unknown, unknown], axis=1)
    return relative_facts(counted, distances(patterns))


def relative_facts(counted: Array, apart: Array) -> Array:
    """Return the facts of some bars of a song that by themselves are a reference.

    Parameters
    ----------
    counted : np.ndarray, shape (bars, `len(FACTS)`)
        Facts of these bars in whatever context: how busy they are and how many play is taken from
        it, up to what all of them share.
    apart : np.ndarray, shape (bars, bars)
        Their distances.
    """
    typical = 1 - apart.sum(axis=1) / max(len(apart) - 1, 1)
    busy = counted[:, 1] - np.log(np.mean(np.exp(counted[:, 1])))
    players = counted[:, 2] / max(float(counted[:, 2].max(initial=0.0)), 1e-6)
    before = np.append(0.5, 1 - np.diagonal(apart, 1))
    after = np.append(1 - np.diagonal(apart, 1), 0.5)
    return np.stack([4 * (typical - typical.mean()), busy, players, before, after], axis=1)


def bearings(about: Array, apart: Array) -> Array:
    """Return how what is played depends on each feature of the situation, shape (features,).

    Parameters
    ----------
    about : np.ndarray, shape (bars, features)
        Situations of the reference.
    apart : np.ndarray, shape (bars, bars)
        Distances of what is played there.

    Returns
    -------
    np.ndarray
        Correlation, over all pairs of bars, of the squared difference of a feature with the
        distance; 0 where a feature does not vary.
    """
    first, second = np.triu_indices(len(about), 1)
    if not len(first):
        return np.zeros(about.shape[1])
    differ = (about[first] - about[second]) ** 2
    differ = differ - differ.mean(axis=0)
    far = apart[first, second] - apart[first, second].mean()
    scale = np.sqrt((differ**2).mean(axis=0)) * np.sqrt((far**2).mean())
    shared = (differ * far[:, None]).mean(axis=0)
    found: Array = np.divide(shared, scale, out=np.zeros_like(shared), where=scale > _CONSTANT)
    return found


def _f1(sets: Sequence[set[Any]]) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Return the F1 of all pairs of sets, and where either has a member."""
    members = {each: number for number, each in enumerate(sorted(set().union(*sets), key=repr))}
    table = np.zeros((len(sets), len(members)))
    for row, each in enumerate(sets):
        table[row, [members[one] for one in each]] = 1
    sizes = table.sum(axis=1)
    both = sizes[:, None] + sizes[None, :]
    return np.divide(2 * table @ table.T, both, out=np.ones_like(both), where=both > 0), both > 0
