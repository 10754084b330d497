"""Tell whether a stereo transfer has its music in the sum alone.

A mono groove moves the stylus sideways only. A stereo pickup then gives music in the sum of its
channels and, in their difference, dirt and a trace of the sum where the channels are not
alike. So the power that the difference gains while the sum is loud, as a share of the sum's, is the
stereo width of the music, whatever the noise.
"""

from __future__ import annotations

import numpy as np

from toolkit.dsp import mmse
from toolkit.dsp.condition import Groove
from toolkit.values import Samples

# Below this share of the sum the difference is an imbalance of the channels (-20 dB are 1.7 dB of
# imbalance), and below the other it is nothing at all.
_WIDTH = 10 ** (-20 / 10)
_IDENTICAL = 10 ** (-80 / 10)
_BAND_HZ = (200.0, 6000.0)


def find_groove(excerpts: list[Samples], sample_rate: int) -> Groove:
    """Return how the music of a recording lies in its channels.

    Parameters
    ----------
    excerpts : list of np.ndarray, shape (channels, n)
        Parts of the recording.
    sample_rate : int
        In Hz.

    Returns
    -------
    {'mono', 'stereo', 'mono in stereo'}
        ``mono`` for one channel or identical ones; ``stereo`` for more than two.
    """
    if not excerpts or excerpts[0].shape[0] == 1:
        return "mono"
    if excerpts[0].shape[0] > 2:
        return "stereo"
    total = np.zeros(2)
    for each in excerpts:
        total += _sum_and_difference_power(each)
    if total[1] <= _IDENTICAL * total[0]:
        return "mono"
    loud = [_loud_power(each, sample_rate) for each in excerpts]
    sides, mids = np.sum(loud, axis=0)
    return "mono in stereo" if mids > 0 and sides < _WIDTH * mids else "stereo"


def _sum_and_difference_power(samples: Samples) -> np.ndarray:
    left, right = samples.astype(np.float64)
    return np.array([np.sum((left + right) ** 2), np.sum((left - right) ** 2)])


def _loud_power(samples: Samples, sample_rate: int) -> tuple[float, float]:
    """Return the power of difference and sum in loud cells of the sum, less that in quiet ones."""
    grid = mmse.long_grid(sample_rate)
    both = np.stack([samples[0] + samples[1], samples[0] - samples[1]])
    mid, side = grid.power(grid.analyze(both))[:, ::2]
    low, high = (round(edge * grid.n_fft / sample_rate) for edge in _BAND_HZ)
    mid, side = mid[:, low:high], side[:, low:high]
    if not mid.size:
        return 0.0, 0.0
    loud = mid >= np.quantile(mid, 0.9)
    quiet = side[mid <= np.median(mid)].mean()
    return max(float((side[loud] - quiet).sum()), 0.0), float(mid[loud].sum())
