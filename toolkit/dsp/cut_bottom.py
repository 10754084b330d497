"""Put a bottom under noise that a rumble filter has cut off, for whoever listens by a mask.

The noise of records grows or stays level toward the lowest frequencies, and a network that learned
masks from such noise takes what has no bottom for music, at all frequencies: with the noise below
40 Hz gone, an octave or a whole band of hiss is let through. Transfers often come through a rumble
filter, and so does what an earlier stage has taken rumble from. So the *power that a mask is
estimated from* is filled up where the noise falls away; the signal itself is not touched.

How loud the noise is at a frequency is read from its quiet moments, the lowest tenth. For power
with an exponential distribution, that of noise in one cell, the quantile q lies at ``-ln(1 - q)``
of the mean, and that of 0.1 is 0.295 of that of 0.3. A steady partial has them nearly equal, notes
that come and go have them far apart, and neither is noise that something could be missing of. The
cell at 0 Hz is a real number, its power the square of one normal variable, and its quantiles are
others.

What is put in has the same distribution and belongs to the frames of the recording, so that a
block gets the same however the recording is cut.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.ndimage import median_filter

from toolkit.dsp.stft import Power

# With bins of 10.8 Hz: up to 170 Hz is filled, to the level of what lies below 260 Hz.
_FILLED, _HEARD = 16, 24
# A partial is three bins wide; the median of nine is the noise between them.
_BETWEEN = 9
# Quantiles of the exponential distribution, and of the square of a normal variable, of mean 1.
_TENTH, _THREE_TENTHS = 0.10536, 0.35667
_TENTH_AT_0, _THREE_TENTHS_AT_0 = 0.01579, 0.14847
# Both estimates of the mean agree for noise.
_LEAST_RATIO, _MOST_RATIO = 0.67, 2.0
_TINY = 1e-30
# The noise falls away where less than a fifth is left, and is put back 3 dB below its neighbors. A
# tenth, and no 3 dB, gain the same over the tuning mixtures within 0.03 dB.
_HOLE, _SHARE = 0.2, 0.5
_PERIOD = 4096


def with_bottom(power: Power, first_frame: int) -> Power:
    """Return a spectrogram whose noise goes on down to 0 Hz.

    Parameters
    ----------
    power : np.ndarray, shape (frames, bins)
        Bins of 10.8 Hz from 0 Hz on; some seconds. Not modified.
    first_frame : int
        Index of the first frame in the recording.

    Returns
    -------
    np.ndarray, shape (frames, bins)
        The very same array where nothing is missing.
    """
    if not len(power):
        return power
    heard = power[:, : _HEARD + _BETWEEN // 2]
    lowest, low = np.quantile(heard, (0.1, 0.3), axis=0)
    lowest, low = lowest / _TENTH, low / _THREE_TENTHS
    lowest[:1] *= _TENTH / _TENTH_AT_0
    low[:1] *= _THREE_TENTHS / _THREE_TENTHS_AT_0
    level = median_filter(lowest, _BETWEEN, mode="nearest")[:_HEARD]
    ratio = median_filter(lowest / (low + _TINY), _BETWEEN, mode="nearest")[:_HEARD]
    sure = np.where((ratio > _LEAST_RATIO) & (ratio < _MOST_RATIO), level, 0.0)
    above = np.maximum.accumulate(sure[::-1])[::-1][:_FILLED]
    count = len(above)
    wanted = np.maximum(_SHARE * above - lowest[:count], 0)
    wanted[level[:count] >= _HOLE * above] = 0
    if not wanted.any():
        return power
    filled = power.copy()
    frames = (first_frame + np.arange(len(power))) % _PERIOD
    filled[:, :count] += _grains()[frames, :count] * wanted.astype(np.float32)
    return filled


@cache
def _grains() -> npt.NDArray[np.float32]:
    """Return powers of noise, mean 1, shape (period, filled bins)."""
    rng = np.random.default_rng(0)
    grains = rng.standard_exponential((_PERIOD, _FILLED))
    grains[:, 0] = rng.standard_normal(_PERIOD) ** 2
    return grains.astype(np.float32)
