"""Keep peaks below a ceiling by a gain that sees them coming.

The gain a sample needs is g = min(1, ceiling / |peak|). Its minimum over ±W samples, averaged with
a Hann window of 2W + 1 samples, is smooth and never above g at any sample: each of the averaged
minima covers the sample in the middle. So the output is below the ceiling for certain, and the
gain depends on ±2W samples only, wherever blocks begin.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage, signal

from toolkit.values import Samples

SECONDS = 0.04
"""Half the time over which the gain moves, W."""


def limiting_gain(
    samples: Samples, sample_rate: int, *, ceiling_db: float
) -> npt.NDArray[np.float32]:
    """Return the gain that keeps all channels below a ceiling, shape (samples,).

    Parameters
    ----------
    samples : np.ndarray, shape (channels, samples)
        What is to be limited; within `context` samples of an edge the gain is only right if the
        signal begins or ends there.
    sample_rate : int
        In Hz.
    ceiling_db : float
        In dB below full scale. True peaks are higher than samples, by 1 dB at most in music.
    """
    if not samples.shape[1]:
        return np.ones(0, np.float32)
    reach = round(SECONDS * sample_rate)
    peak = np.abs(samples).max(axis=0, initial=0.0)
    needed = np.minimum(1.0, 10 ** (ceiling_db / 20) / np.maximum(peak, 1e-9))
    lowest = ndimage.minimum_filter1d(needed, 2 * reach + 1, mode="nearest")
    window = signal.windows.hann(2 * reach + 3)[1:-1]
    padded = np.pad(lowest, reach, mode="edge")
    gain = signal.oaconvolve(padded, window / window.sum(), mode="valid")
    return np.asarray(np.minimum(gain, needed), np.float32)


def context(sample_rate: int) -> int:
    """Return on how many samples to either side the gain of a sample depends."""
    return 2 * round(SECONDS * sample_rate)
