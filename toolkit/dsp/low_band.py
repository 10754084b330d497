"""Take the deep end of a signal to a low rate and bring a correction back, without phase shift.

The kernels are symmetric, so that sample j at the low rate lies exactly at sample j·factor of the
signal, and the same holds on the way back.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.signal import fftconvolve, firwin, upfirdn

from toolkit.dsp.linear_prediction import Array

_HALF_LENGTH = 4


@cache
def _kernel(factor: int) -> Array:
    # 4 low-rate samples to each side: flat to a quarter of the low rate, images 60 dB down at 3/4.
    return np.asarray(firwin(2 * _HALF_LENGTH * factor + 1, 1 / factor, window=("kaiser", 6.0)))


def decimate(signal: npt.NDArray[np.floating], factor: int) -> Array:
    """Return every `factor`-th sample of the low-passed signal, from the first on.

    Parameters
    ----------
    signal : np.ndarray, shape (samples,)
    factor : int

    Returns
    -------
    np.ndarray, shape (ceil(samples / factor),)
    """
    if factor == 1:
        return np.array(signal, np.float64)
    wanted = -(-len(signal) // factor)
    low = upfirdn(_kernel(factor), np.asarray(signal, np.float64), down=factor)
    low = np.pad(low, (0, max(_HALF_LENGTH + wanted - len(low), 0)))
    return np.asarray(low[_HALF_LENGTH : _HALF_LENGTH + wanted])


def expand(low: Array, factor: int, num_samples: int) -> Array:
    """Return a low-rate signal at the full rate, `num_samples` long; the inverse of `decimate`."""
    if factor == 1:
        return np.array(low[:num_samples])
    full = upfirdn(_kernel(factor) * factor, low, up=factor)
    full = full[_HALF_LENGTH * factor :][:num_samples]
    return np.asarray(np.pad(full, (0, num_samples - len(full))))


def lowpass(signal: Array, cutoff_hz: float, sample_rate: float, duration: float) -> Array:
    """Return the signal low-passed by a symmetric Hann-windowed sinc of gain 1 at 0 Hz.

    Parameters
    ----------
    cutoff_hz : float
        Where half the amplitude passes.
    duration : float
        Length of the kernel in seconds; the slope is about 4 / duration Hz wide.
    """
    half = max(int(duration / 2 * sample_rate), 1)
    time = np.arange(-half, half + 1) / sample_rate
    window = np.cos(np.pi * np.arange(-half, half + 1) / (2 * half + 2)) ** 2
    kernel = np.sinc(2 * cutoff_hz * time) * window
    return np.asarray(fftconvolve(signal, kernel / kernel.sum(), mode="same"))
