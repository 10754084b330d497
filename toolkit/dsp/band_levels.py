"""Average spectra over bands that the ear would tell apart: 90 Hz wide, a twelfth higher up.

A band's row of the matrix holds the overlap of each bin with the band, divided by their sum, so
that a row is an average of powers and a flat spectrum gives the same number in every band. Edges
are in Hz: the same bands come out at any sample rate.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

TOP_HZ = 20000.0

_NARROWEST_HZ = 90.0
_WIDTH = 1 / 12


@cache
def edges() -> npt.NDArray[np.float64]:
    """Return where bands begin and the last one ends, in Hz, shape (bands + 1,)."""
    found = [0.0]
    while found[-1] < TOP_HZ:
        found.append(found[-1] + max(_NARROWEST_HZ, found[-1] * _WIDTH))
    # What is left over of the last band goes to the one before it.
    return np.array([*found[:-2], TOP_HZ] if len(found) > 2 else found)


def num_bands() -> int:
    """Return how many bands there are."""
    return len(edges()) - 1


def centers() -> npt.NDArray[np.float64]:
    """Return the middle of each band in Hz, shape (bands,)."""
    return (edges()[1:] + edges()[:-1]) / 2


def widths() -> npt.NDArray[np.float64]:
    """Return how wide each band is in Hz, shape (bands,)."""
    return np.diff(edges())


def averages(num_bins: int, sample_rate: float) -> npt.NDArray[np.float32]:
    """Return the matrix that turns powers of bins into mean powers of bands.

    Parameters
    ----------
    num_bins : int
        Bins from 0 to the Nyquist frequency, both included, > 1.
    sample_rate : float
        In Hz.

    Returns
    -------
    np.ndarray, shape (bands, bins), float32
        Rows add up to 1, or are 0 where a band lies above the Nyquist frequency.
    """
    spacing = sample_rate / 2 / (num_bins - 1)
    middle = np.arange(num_bins) * spacing
    upper = np.minimum(edges()[1:, None], middle + spacing / 2)
    lower = np.maximum(edges()[:-1, None], middle - spacing / 2)
    overlap = np.maximum(upper - lower, 0)
    return np.asarray(overlap / np.maximum(overlap.sum(axis=1, keepdims=True), 1e-9), np.float32)


def along_bins(num_bins: int, sample_rate: float, bands: range) -> npt.NDArray[np.float32]:
    """Return the matrix that draws a straight line from band to band, shape (all bands, bins).

    Parameters
    ----------
    num_bins, sample_rate
        As in `averages`.
    bands : range
        Those that the line goes through; the others' rows are 0. The first and the last one's value
        go on beyond their middles. It may be empty.
    """
    frequency = np.arange(num_bins) * (sample_rate / 2 / (num_bins - 1))
    rows = np.zeros((num_bands(), num_bins), np.float32)
    chosen = np.asarray(bands, np.intp)
    for index in bands:
        unit = (chosen == index).astype(np.float64)
        rows[index] = np.interp(frequency, centers()[chosen], unit)
    return rows
