"""Say how sure a mean is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def bootstrap_interval(
    values: Sequence[float] | np.ndarray, *, seed: int = 0, draws: int = 2000
) -> tuple[float, float]:
    """Return the 95 % confidence interval of the mean by the percentile bootstrap.

    Parameters
    ----------
    values : sequence of float
        One figure a file (for a comparison: the paired differences).
    seed : int
        Of the resampling (B. Efron, "Bootstrap methods: another look at the jackknife", 1979).
    draws : int
        Number of resamples.

    Raises
    ------
    ValueError
        If there is no value.
    """
    data = np.asarray(values, np.float64)
    if data.size == 0:
        raise ValueError("no values to take a mean of")
    rng = np.random.default_rng(seed)
    means = data[rng.integers(0, data.size, (draws, data.size))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)
