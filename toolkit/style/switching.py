"""Find the best path through states that stay as they are or switch to any other at one price.

Keys and chords are found so. Since all switches cost the same, only the best state of the step
before is worth coming from: a step takes time in proportion to the states, not to their square as
in the general algorithm (A. Viterbi, "Error bounds for convolutional codes and an asymptotically
optimum decoding algorithm", 1967).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]


def best_path(odds: Array, change: Array | float) -> Indices:
    """Return the states whose odds less the price of changes are largest in sum, shape (steps,).

    Parameters
    ----------
    odds : np.ndarray, shape (steps, states)
        Log likelihood of each state at each step; one step at least.
    change : np.ndarray, shape (steps,), or float
        What it costs to be in another state than at the step before; the first is not looked at.
    """
    prices = np.broadcast_to(change, len(odds))
    total = odds[0].copy()
    came = np.zeros(odds.shape, np.intp)
    for step in range(1, len(odds)):
        best = int(total.argmax())
        switched = total[best] - prices[step]
        switches = switched > total
        came[step] = np.where(switches, best, np.arange(len(total)))
        total = np.where(switches, switched, total) + odds[step]
    path = [int(total.argmax())]
    for step in range(len(odds) - 1, 0, -1):
        path.append(int(came[step, path[-1]]))
    return np.array(path[::-1])


def starts(path: Indices) -> Indices:
    """Return the steps at which a path is in another state than before, the first included."""
    return np.flatnonzero(np.append(True, np.diff(path) != 0))
