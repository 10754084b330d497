"""Correlate two rows of figures, of which either may say nothing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def pearson(first: Array, second: Array) -> float:
    """Return Pearson's correlation, nan for fewer than three values or constant ones."""
    if len(first) < 3 or first.std() == 0 or second.std() == 0:
        return np.nan
    return float(np.corrcoef(first, second)[0, 1])
