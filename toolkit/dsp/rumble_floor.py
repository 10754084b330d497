"""Turn down broad rumble: the steady noise of bearing, motor and pressing below the music.

A high-pass takes what lies below all music. Most rumble reaches higher, up to where kick drums and
double basses play, so it is taken there like hiss: a floor is learned for every frequency from the
recording's quiet moments, and cells of a spectrogram with bins of 1 Hz that do not rise above it
are turned down (spectral subtraction: Boll 1979; a Wiener gain with a lower limit).

Deep music is told from rumble in four ways. Rumble is noise: its power in one cell has an
exponential distribution, whose quantiles at 0.1 and 0.3 are as 0.295 to 1; a drone has them nearly
equal, and notes that come and go far apart. It is broad: the median over 9 Hz does not see a
partial. It falls with frequency, so from 25 Hz on the floor may not rise again, whatever kick drum
sounds in every second. And it weighs: below a share of everything that is heard, it is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import median_filter

from toolkit.dsp.linear_prediction import Array
from toolkit.dsp.low_band import decimate
from toolkit.dsp.rumble import excerpts
from toolkit.dsp.stft import Grid, Power, hann_weights, smooth
from toolkit.values import Samples

_HOP_SECONDS = 0.25
_SHORTEST_SECONDS = 5.0
_QUIET = 0.2
_BROAD_HZ = 9.0
_FALLS_FROM_HZ, _LOWEST_HZ, _HIGHEST_HZ = 25.0, 4.0, 45.0
# Where the distribution is looked at, and the ratio of its quantiles 0.1 and 0.3: over 60 noisy
# mixtures 0.26 to 0.41, over ten clean pieces 0.01 to 0.24.
_KIND_HZ = (5.0, 30.0)
_LEAST_RATIO, _MOST_RATIO = 0.25, 0.6
# Share of the power of everything that is heard.
_WEIGHS = 10 ** (-17 / 10)
_SILENT = 1e-10
_OVER_TIME, _OVER_FREQUENCY = hann_weights(5), hann_weights(3)
# Power over the floor that chance alone leaves after smoothing.
_CHANCE = 2.0


@dataclass(frozen=True)
class RumbleFloor:
    """Hold the rumble of one channel.

    Parameters
    ----------
    power : np.ndarray, shape (bins,)
        Mean power of its cells as `Grid.power` gives it, 0 above 45 Hz.
    grid : Grid
        Frames of a second at the low rate.
    """

    power: Array
    grid: Grid

    def excess(self, low: Array, start: int, least_gain: float) -> Array:
        """Return what to take away from a stretch of the low-rate signal.

        Parameters
        ----------
        low : np.ndarray, shape (low samples,)
            With 1.5 s of context on each side.
        start : int
            Index of its first sample in the whole low-rate signal.
        least_gain : float
            Gain of a cell that holds nothing but rumble.
        """
        spectra = self.grid.analyze(low[None].astype(np.float32), start)
        power = self.grid.power(spectra)[0]
        even = smooth(smooth(power, _OVER_TIME, axis=0), _OVER_FREQUENCY, axis=1)
        here = self.power > 0
        above = np.maximum(even[:, here] / self.power[here] - _CHANCE, 0)
        taken = np.zeros_like(power)
        taken[:, here] = 1 - np.maximum(above / (1 + above), least_gain)
        return np.asarray(self.grid.synthesize(spectra * taken, start, len(low))[0], np.float64)


def learn(samples: Samples, sample_rate: int, factor: int) -> list[RumbleFloor | None]:
    """Return the rumble of each channel, None where there is none that weighs.

    Parameters
    ----------
    samples : np.ndarray, shape (channels, samples)
        May be a memory map; up to two minutes of it are heard.
    sample_rate : int
        In Hz.
    factor : int
        Samples to one of the low-rate signal.
    """
    rate = sample_rate / factor
    grid = Grid(max(round(_HOP_SECONDS * rate), 1))
    if samples.shape[1] < _SHORTEST_SECONDS * sample_rate or rate < 4 * _HIGHEST_HZ:
        return [None] * len(samples)
    powers: list[list[Power]] = [[] for _ in samples]
    heard = np.zeros(len(samples))
    for part in excerpts(samples, sample_rate):
        for channel, signal in enumerate(part):
            low = decimate(signal, factor).astype(np.float32)
            # The outermost frames hear a mirror.
            powers[channel].append(grid.power(grid.analyze(low[None]))[0, 2:-2])
            heard[channel] += float(np.mean(signal**2, dtype=np.float64))
    return [
        _floor(np.concatenate(each), total / len(each), rate, grid)
        for each, total in zip(powers, heard.tolist(), strict=True)
    ]


def _floor(power: Power, heard: float, rate: float, grid: Grid) -> RumbleFloor | None:
    """Return the rumble of a channel, given its cells and the power of all that is heard."""
    hertz = np.arange(grid.num_bins) * rate / grid.n_fft
    low, quiet, high = np.quantile(power, (0.1, _QUIET, 0.3), axis=0)
    floor = median_filter(quiet / -np.log1p(-_QUIET), int(_BROAD_HZ) | 1, mode="nearest")
    falls = hertz >= _FALLS_FROM_HZ
    floor[falls] = np.minimum.accumulate(floor[falls])
    floor[(hertz < _LOWEST_HZ) | (hertz > _HIGHEST_HZ)] = 0
    kind = (hertz >= _KIND_HZ[0]) & (hertz <= _KIND_HZ[1])
    ratio = float(np.median(low[kind] / (high[kind] + 1e-30)))
    # Noise of variance v has a power of v in every bin from 0 to half the rate.
    level = float(floor.sum()) * 2 / grid.n_fft
    rumbles = _LEAST_RATIO <= ratio <= _MOST_RATIO and level > max(_WEIGHS * heard, _SILENT)
    return RumbleFloor(floor, grid) if rumbles else None
