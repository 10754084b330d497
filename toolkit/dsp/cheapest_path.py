"""Find the cheapest way through choices that follow each other, by dynamic programming.

A. Viterbi ("Error bounds for convolutional codes and an asymptotically optimum decoding algorithm",
1967): what is cheapest up to a choice does not depend on what follows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def cheapest_path(own: Sequence[Array] | Array, moves: Callable[[int], Array]) -> list[int]:
    """Return which choice is taken at each step, the first of several that cost the same.

    Parameters
    ----------
    own : sequence of np.ndarray, shape (choices,)
        What each choice costs by itself, one array a step; one step at least. Their numbers may
        differ.
    moves : callable
        ``moves(step)`` returns what it costs to come from each choice of the step before to each of
        this one, shape (choices before, choices); asked in order, from step 1 on.
    """
    total: Array = own[0]
    came: list[npt.NDArray[np.intp]] = []
    for step in range(1, len(own)):
        through = total[:, None] + moves(step)
        came.append(through.argmin(axis=0))
        total = through.min(axis=0) + own[step]
    path = [int(total.argmin())]
    for back in reversed(came):
        path.append(int(back[path[-1]]))
    return path[::-1]
