"""Say how sure a mean is, and how bad the bad cases are."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

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


def paired_differences(
    one: Mapping[Hashable, float], other: Mapping[Hashable, float]
) -> tuple[float, ...]:
    """Return by how much one method's figures exceed another's on the files that both have.

    Files differ far more from one another than methods do, so that only differences file by file
    tell two methods apart.

    Parameters
    ----------
    one, other : Mapping
        One figure a file, by the file's name.
    """
    return tuple(figure - other[name] for name, figure in one.items() if name in other)


def worst_decile(values: Sequence[float]) -> float:
    """Return the figure that nine tenths of the values exceed; nan for no value."""
    return float(np.percentile(values, 10)) if len(values) else float("nan")
