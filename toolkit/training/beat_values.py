"""Hold performances whose beats are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.values import Notes

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Played:
    """Hold a performance whose beats are known.

    Parameters
    ----------
    notes : Notes
        What is played.
    beats, downbeats : np.ndarray
        In seconds, ascending.
    """

    notes: Notes
    beats: Array
    downbeats: Array
