"""Estimate autoregressive (linear prediction) models of many frames at once.

A model of order p says that ``e[n] = x[n] + a[1] x[n-1] + ... + a[p] x[n-p]`` is white. Models are
stored as rows ``[1, a[1], ..., a[p]]``, the impulse response of the whitening filter.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.linalg.lapack import dposv

Array = npt.NDArray[np.float64]

# A white floor 70 dB under the signal keeps the equations solvable for pure tones and silence.
_WHITE_FLOOR = 1e-7


def model_order(sample_rate: int) -> int:
    """Return an order for music: 32 at 44.1 kHz, growing slowly with the rate, 16..64.

    The partials that a model must follow lie in the audible band whatever the rate, so the order
    grows with the square root of the rate only.
    """
    return int(np.clip(round(32 * (sample_rate / 44100) ** 0.5 / 4) * 4, 16, 64))


def levinson(correlation: Array) -> Array:
    """Solve the Yule-Walker equations of many frames by the Levinson-Durbin recursion (1947, 1960).

    Parameters
    ----------
    correlation : np.ndarray, shape (frames, order + 1)
        Autocorrelation at lags 0..order.

    Returns
    -------
    np.ndarray, shape (frames, order + 1)
        Minimum-phase models; ``[1, 0, ..., 0]`` for silence.
    """
    num_frames, size = correlation.shape
    # The recursion runs down contiguous rows, so the frames are the last axis meanwhile.
    lags = np.ascontiguousarray(correlation.T, dtype=np.float64)
    lags[0] = lags[0] * (1 + _WHITE_FLOOR) + np.finfo(np.float64).tiny
    model = np.zeros((size, num_frames))
    model[0] = 1.0
    error = lags[0].copy()
    for order in range(1, size):
        reach = np.einsum("kf,kf->f", model[:order], lags[order:0:-1])
        reflection = np.clip(-reach / error, -0.999999, 0.999999)
        model[1 : order + 1] += reflection * model[order - 1 :: -1][:order]
        error *= 1.0 - reflection**2
    return np.ascontiguousarray(model.T)


def solve_normal(normal: Array, right: Array) -> Array:
    """Return the models that solve normal equations, by Cholesky factorization.

    Parameters
    ----------
    normal : np.ndarray, shape (segments, order, order)
        Symmetric, positive semidefinite but for rounding; overwritten.
    right : np.ndarray, shape (segments, order)

    Returns
    -------
    np.ndarray, shape (segments, order + 1)
        Models; ``[1, 0, ..., 0]`` where both sides are zero.
    """
    order = normal.shape[-1]
    diagonal = np.arange(order)
    mean_power = np.trace(normal, axis1=-2, axis2=-1) / order
    normal[:, diagonal, diagonal] += (mean_power * _WHITE_FLOOR + 1e-30)[:, None]
    models = np.ones((len(normal), order + 1))
    for model, matrix, wanted in zip(models, normal, right, strict=True):
        _, solution, failed = dposv(matrix.T, wanted, lower=1)
        # Rounding can make equations indefinite; then elimination has to do.
        model[1:] = -(np.linalg.solve(matrix, wanted) if failed else solution)
    return models
