"""Measure an error of speed against the clean recording, from the delay between the two.

A recording that plays at speed 1 + ε against the truth is behind it by a delay D that changes by
D' = 1/(1 + ε) - 1. The delay is followed in whole samples along the path of highest correlation
whose steps a speed within 1.5 % can explain, found by dynamic programming: the correlation of one
window of a steady tone repeats with its period, that of a whole recording does not. What remains is
read from the phase of the cross-spectrum.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from toolkit.values import Samples

_WINDOW = 2048
_HOP = 256
_REACH = 1024
_STEP = 4  # samples of delay a hop, 1.5 %
_HIGHEST_HZ = 4000.0
_QUIETEST_DB = -30.0
_SMOOTHING_SECONDS = 0.012

Array = npt.NDArray[np.float64]


def speed_error(clean: Samples, output: Samples, sample_rate: int) -> tuple[Array, Array]:
    """Return by how many cents a recording runs fast against the truth, over time, and weights.

    Parameters
    ----------
    clean, output : np.ndarray, shape (channels, samples)
        The lengths may differ, and the delay may be up to 1024 samples at any time.
    sample_rate : int
        In Hz.

    Returns
    -------
    cents, weights : np.ndarray, shape (frames,)
        One every 256 samples. The weight is 1 where the music is within 30 dB of its mean, else 0.
    """
    true, found = clean.sum(axis=0, dtype=np.float64), output.sum(axis=0, dtype=np.float64)
    found = np.pad(found, _REACH)[: len(true) + 2 * _REACH]
    found = np.pad(found, (0, len(true) + 2 * _REACH - len(found)))
    starts = np.arange(0, max(len(true) - _WINDOW + 1, 0), _HOP)
    if len(starts) < 2:
        return np.zeros(len(starts)), np.zeros(len(starts))
    energy = np.array([np.sum(true[start : start + _WINDOW] ** 2) for start in starts.tolist()])
    loud = energy > energy.mean() * 10 ** (_QUIETEST_DB / 10)
    scores = np.stack([_correlation(true, found, start) for start in starts.tolist()])
    whole = _best_path(scores * loud[:, None])
    rest = [
        _rest(true, found, start, lag, sample_rate)
        for start, lag in zip(starts.tolist(), whole.tolist(), strict=True)
    ]
    slope = np.gradient(whole + np.array(rest)) / _HOP
    length = max(round(_SMOOTHING_SECONDS * sample_rate / _HOP), 1)
    smooth = np.convolve(slope, np.full(length, 1 / length), "same")
    return -1200 * np.log2(1 + smooth), loud.astype(np.float64)


def residual_cents(clean: Samples, output: Samples, sample_rate: int) -> float:
    """Return the RMS of the error of speed about its mean, in cents; nan for silence."""
    cents, weights = speed_error(clean, output, sample_rate)
    if not weights.any():
        return float("nan")
    mean = np.average(cents, weights=weights)
    return float(np.sqrt(np.average((cents - mean) ** 2, weights=weights)))


def _correlation(true: Array, found: Array, start: int) -> Array:
    """Return the normalized correlation of a window for each lag from -1024 to 1024."""
    size = _WINDOW + 2 * _REACH
    window = np.hanning(_WINDOW)
    one = window * true[start : start + _WINDOW]
    other = found[start : start + size]
    # The lags that wrap around in a transform of this size are those that are cut off.
    spectrum = np.fft.rfft(other) * np.fft.rfft(one, size).conj()
    products = np.fft.irfft(spectrum)[: 2 * _REACH + 1]
    total = np.concatenate([[0.0], np.cumsum(other**2)])
    energy = total[_WINDOW:] - total[:-_WINDOW]
    scale = np.sqrt(np.maximum(energy * np.sum(one**2), 1e-20))
    return np.asarray(products / scale)


def _best_path(scores: Array) -> npt.NDArray[np.int64]:
    """Return the lags with the highest total score of all paths of small steps."""
    total = scores.copy()
    size = 2 * _STEP + 1
    for row in range(1, len(total)):
        total[row] += ndimage.maximum_filter1d(total[row - 1], size, mode="nearest")
    path = np.zeros(len(total), np.int64)
    path[-1] = total[-1].argmax()
    for row in range(len(total) - 2, -1, -1):
        low = max(path[row + 1] - _STEP, 0)
        path[row] = low + total[row, low : path[row + 1] + _STEP + 1].argmax()
    return path - _REACH


def _rest(true: Array, found: Array, start: int, lag: int, sample_rate: int) -> float:
    """Return the delay beyond a whole lag, in samples.

    A delay d turns the cross-spectrum C by the phase φ = 2π d k/N at bin k; with ω = 2π k/N its
    weighted least-squares estimate is d = Σ |C| ω φ / Σ |C| ω².
    """
    window = np.hanning(_WINDOW)
    bins = slice(1, int(min(_HIGHEST_HZ / sample_rate, 0.5) * _WINDOW) + 1)
    omega = 2 * np.pi * np.arange(_WINDOW // 2 + 1)[bins] / _WINDOW
    at = start + lag + _REACH
    one = np.fft.rfft(window * true[start : start + _WINDOW])[bins]
    other = np.fft.rfft(window * found[at : at + _WINDOW])[bins]
    cross = one * other.conj()
    weight = np.abs(cross)
    scale = float((weight * omega**2).sum())
    return float((weight * omega * np.angle(cross)).sum()) / scale if scale else 0.0
