"""Say how well each bar of a reference suits each bar of a piece."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from toolkit.style.borrowed import pattern_network
from toolkit.style.borrowed.pattern_distances import Pattern, bearings, distances, facts
from toolkit.style.borrowed.situations import NAMES

Array = npt.NDArray[np.float64]

_SHARPNESS = 0.5
_GROUPS = ((0, 11, 1.0), (11, 29, 0.7), (29, len(NAMES), 0.7))


def odds(queries: Array, keys: Array, patterns: Sequence[Pattern]) -> Array:
    """Return log odds that a bar of a reference suits a bar of a piece, shape (bars, reference).

    Parameters
    ----------
    queries : np.ndarray, shape (bars, features)
        Situations of the piece.
    keys : np.ndarray, shape (reference bars, features)
        Situations of the reference.
    patterns : sequence
        What is played in each bar of the reference.
    """
    apart = distances(patterns)
    told = (queries, keys, facts(patterns), bearings(keys, apart))
    scores = pattern_network.logits(*(each.astype(np.float32) for each in told))
    highest = scores.max(axis=1, keepdims=True)
    total = highest + np.log(np.exp(scores - highest).sum(axis=1, keepdims=True))
    return np.asarray(scores - total, float)


def nearness(queries: Array, keys: Array) -> Array:
    """Return minus the distance of situations, the plain search for the nearest.

    Place in the phrase, energy and form weigh most; harmony and tune weigh the same.
    """
    weights = np.zeros(len(NAMES))
    for first, stop, weight in _GROUPS:
        weights[first:stop] = weight
    apart = queries[:, None, :] - keys[None, :, :]
    return np.asarray(-_SHARPNESS * (weights * apart**2).sum(axis=2))
