"""Vary like a person: a slow wander and a little of nothing but chance.

Deviations of players are correlated from note to note (H. Hennig et al., "The nature and perception
of fluctuations in human musical rhythms", 2011); white noise alone sounds like a faulty machine.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_MEMORY_BEATS = 4.0


def wander(
    onsets: Array,
    rng: np.random.Generator,
    slow: float,
    quick: float,
    memory: float = _MEMORY_BEATS,
) -> Array:
    """Return a deviation for each onset.

    Parameters
    ----------
    onsets : np.ndarray, shape (notes,)
        In beats, ascending; what begins together deviates together, but for chance.
    rng : np.random.Generator
        Draws both parts.
    slow, quick : float
        Standard deviations of the wander and of what is each note's own.
    memory : float
        Beats after which the wander has forgotten all but a third of where it was.
    """
    own = quick * rng.standard_normal(len(onsets))
    if not len(onsets):
        return own
    places = np.unique(onsets)
    kept = np.exp(-np.diff(places, prepend=places[0]) / memory)
    news = rng.standard_normal(len(places))
    # An autoregressive walk whose variance is 1 at each place.
    state, path = news[0], np.empty(len(places))
    for index, (keep, new) in enumerate(zip(kept, news, strict=True)):
        state = keep * state + np.sqrt(1 - keep**2) * new
        path[index] = state
    return np.asarray(slow * path[np.searchsorted(places, onsets)] + own)
