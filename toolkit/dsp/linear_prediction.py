"""Estimate autoregressive (linear prediction) models of many frames at once.

A model of order p says that ``e[n] = x[n] + a[1] x[n-1] + ... + a[p] x[n-p]`` is white. Models are
stored as rows ``[1, a[1], ..., a[p]]``, the impulse response of the whitening filter.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

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


def covariance_models(segments: Array, weights: Array, order: int) -> Array:
    """Fit models by weighted least squares over forward and backward prediction.

    The modified covariance method (Ulrych & Clayton 1976) uses no window, so that the model of a
    short stretch is as sharp as the stretch allows; both directions share one model because the
    reversed signal has the same spectrum.

    Parameters
    ----------
    segments : np.ndarray, shape (segments, samples)
        More than `order` samples each.
    weights : np.ndarray, shape (segments, samples - order)
        How far the prediction equation over samples n..n+order is trusted, 0..1.
    order : int

    Returns
    -------
    np.ndarray, shape (segments, order + 1)
        Models; ``[1, 0, ..., 0]`` where no equation is trusted.
    """
    windows = np.lib.stride_tricks.sliding_window_view(segments, order + 1, axis=-1)
    rows = windows * np.sqrt(weights)[..., None]
    moments = rows.swapaxes(-1, -2) @ rows
    moments = moments + moments[:, ::-1, ::-1]
    normal, right = moments[:, 1:, 1:].copy(), moments[:, 1:, 0]
    diagonal = np.arange(order)
    mean_power = np.trace(normal, axis1=-2, axis2=-1) / order
    normal[:, diagonal, diagonal] += (mean_power * _WHITE_FLOOR + 1e-30)[:, None]
    models = np.ones((len(segments), order + 1))
    models[:, 1:] = -np.linalg.solve(normal, right[..., None])[..., 0]
    return models
