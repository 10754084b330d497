"""Fit long, low clicks: the decaying swing of arm and cartridge after a shock.

Sample by sample such a click hardly differs from a note that begins, so a fit that pays for every
sample (`toolkit.dsp.click_fit`) stops soon after its onset. But it is smooth: a few cosines below
2 kHz over the time that it lasts hold all of it, and a fit that pays for those alone can afford the
whole length (low-frequency pulses: Godsill & Rayner 1998, chapter 7).

With the click ``c = B t`` the normal equations of the prediction error are ``B'G B t = B'b``, where
G is Toeplitz: ``B'G B`` is a sum over the lags of the model with matrices that no signal changes.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from toolkit.dsp.linear_prediction import Array

_HIGHEST_HZ = 2000.0
# The onset need not be hit to the sample: its first samples are free.
_FREE = 3
_LENGTHS = (0.25, 0.42, 0.67, 1.0)
# Clicks that are shorter need no cosines.
_SHORTEST_SECONDS = 0.002


class Smooth(NamedTuple):
    """Hold what no signal changes, for clicks of several lengths, short ones padded with zeros.

    Parameters
    ----------
    lengths : np.ndarray of int, shape (lengths,)
        In samples.
    sizes : np.ndarray of int, shape (lengths,)
        Free parameters of each length.
    basis : np.ndarray, shape (lengths, size, window)
    products : np.ndarray, shape (order + 1, lengths · size · size)
        Products of the basis with itself, shifted by each lag, both ways.
    unused : np.ndarray, shape (lengths, size, size)
        1 on the diagonal of parameters that a length does not have.
    """

    lengths: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int64]
    basis: Array
    products: Array
    unused: Array


@cache
def smooth_basis(window: int, sample_rate: int, order: int) -> Smooth | None:
    """Return the cosines of clicks up to `window` samples long, None if those are short anyway."""
    if window < _SHORTEST_SECONDS * sample_rate:
        return None
    lengths = np.unique(np.round(np.array(_LENGTHS) * window).astype(np.int64))
    sizes = np.ceil(2 * _HIGHEST_HZ * lengths / sample_rate).astype(np.int64) + 1 + _FREE
    sizes = np.minimum(sizes, lengths)
    size = int(sizes.max())
    basis = np.zeros((len(lengths), size, window))
    for row, (length, count) in enumerate(zip(lengths, sizes, strict=True)):
        time = (np.arange(length) + 0.5) / length
        wave = np.cos(np.pi * np.arange(count - _FREE)[:, None] * time) * np.sqrt(2 / length)
        basis[row, : count - _FREE, :length] = wave
        basis[row, np.arange(count - _FREE, count), np.arange(_FREE)] = 1
    products = np.zeros((order + 1, len(lengths), size, size))
    for lag in range(order + 1):
        shifted = basis[:, :, lag:] @ basis[:, :, : window - lag].swapaxes(1, 2)
        products[lag] = shifted if lag == 0 else shifted + shifted.swapaxes(1, 2)
    unused = np.stack([np.diag((np.arange(size) >= count).astype(np.float64)) for count in sizes])
    return Smooth(lengths, sizes, basis, products.reshape(order + 1, -1), unused)


def fit_smooth(
    smooth: Smooth, lags: Array, right: Array, penalty: float
) -> tuple[int, Array, float]:
    """Return length, waveform and evidence of the smooth click that explains the error best.

    Parameters
    ----------
    smooth : Smooth
    lags : np.ndarray, shape (order + 1,)
        Autocorrelation of the model's coefficients.
    right : np.ndarray, shape (window,)
        The prediction error from the onset on, in sigmas, correlated with the model.
    penalty : float
        Evidence that each free parameter costs.
    """
    shape = smooth.unused.shape
    normal = (lags @ smooth.products).reshape(shape) + lags[0] * smooth.unused
    normal[:, np.arange(shape[1]), np.arange(shape[1])] += 1e-6 * lags[0]
    wanted = smooth.basis @ right
    values = np.linalg.solve(normal, wanted[..., None])[..., 0]
    evidence = np.einsum("lk,lk->l", values, wanted) - penalty * smooth.sizes
    best = int(np.argmax(evidence))
    length = int(smooth.lengths[best])
    return length, values[best] @ smooth.basis[best, :, :length], float(evidence[best])
