"""Tell rumble and an offset from deep music: both are there all the time, and music is not.

An offset is a mean that is the same in every half second. Rumble, the noise of bearing and motor,
has a steady level below the cutoff and stands well above what lies between the partials of the
octave and a half that follow.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.signal import stft

from toolkit import chunks
from toolkit.dsp.linear_prediction import Array
from toolkit.dsp.low_band import decimate
from toolkit.values import Samples

_WINDOW_SECONDS = 0.5
_FEWEST_WINDOWS = 4
# -60 dBFS; less is no burden on anything that follows.
_SMALLEST_OFFSET = 1e-3
# Share of the offset by which most windows may differ from it.
_STEADY_SHARE = 0.25
_LOW_RATE = 400
_EXCERPTS, _EXCERPT_SECONDS = 12, 10.0
# Below this a window of a second cannot tell swings from a drift.
_LOWEST_HZ = 4.0
_STEADY, _ABOVE_NEIGHBORS, _SILENT = 0.25, 4.0, 1e-4


def constant_offset(samples: Samples, sample_rate: int) -> Array:
    """Return the offset of each channel, 0 where the mean wanders or is below -60 dBFS.

    Parameters
    ----------
    samples : np.ndarray, shape (channels, samples)
        May be a memory map; read once.
    sample_rate : int
        In Hz.

    Returns
    -------
    np.ndarray, shape (channels,)
        Full scale 1.
    """
    window = max(round(_WINDOW_SECONDS * sample_rate), 1)
    total = samples.shape[1] // window * window
    if total < _FEWEST_WINDOWS * window:
        return np.zeros(samples.shape[0])
    per_block = max(2**20 // (window * max(samples.shape[0], 1)), 1)
    parts = [
        np.mean(block.samples.reshape(len(samples), -1, window), axis=2, dtype=np.float64)
        for block in chunks.blocks(samples[:, :total], size=per_block * window)
    ]
    means = np.nan_to_num(np.concatenate(parts, axis=1), posinf=0.0, neginf=0.0)
    offset = np.mean(means, axis=1)
    low, high = np.percentile(means, [5, 95], axis=1)
    steady = high - low < _STEADY_SHARE * np.abs(offset)
    return np.asarray(np.where(steady & (np.abs(offset) > _SMALLEST_OFFSET), offset, 0.0))


def has_rumble(samples: Samples, sample_rate: int, cutoff_hz: float) -> bool:
    """Return whether there is steady noise below a cutoff that no music explains.

    Parameters
    ----------
    samples : np.ndarray, shape (channels, samples)
        May be a memory map; up to two minutes of it are heard.
    sample_rate : int
        In Hz.
    cutoff_hz : float
        Rumble lies between 4 Hz and this.
    """
    if samples.shape[1] < 3 * sample_rate or cutoff_hz <= _LOWEST_HZ:
        return False
    factor = max(sample_rate // _LOW_RATE, 1)
    powers = [
        _spectra(decimate(channel, factor), sample_rate / factor)
        for part in excerpts(samples, sample_rate)
        for channel in part
    ]
    power = np.concatenate(powers, axis=1)
    hertz = np.arange(len(power))
    # Bins are 1 Hz apart, and a window spreads a partial over three of them.
    band = power[(hertz >= _LOWEST_HZ) & (hertz <= cutoff_hz)]
    beyond = power[(hertz > 1.5 * cutoff_hz + 2) & (hertz < 4 * cutoff_hz)]
    level = band.sum(axis=0)
    quiet, mean = float(np.percentile(level, 20)), float(level.mean())
    neighbor = float(np.median(beyond)) * len(band) if len(beyond) else 0.0
    audible = quiet > _SILENT**2
    return audible and quiet > _STEADY * mean and quiet > _ABOVE_NEIGHBORS * neighbor


def excerpts(samples: Samples, sample_rate: int) -> Iterator[Samples]:
    """Yield up to twelve excerpts of 10 s, evenly spread, finite, shape (channels, n).

    Parameters
    ----------
    samples : np.ndarray, shape (channels, samples)
        At least one sample; may be a memory map.
    sample_rate : int
        In Hz.
    """
    length = min(round(_EXCERPT_SECONDS * sample_rate), samples.shape[1])
    last = samples.shape[1] - length
    count = min(-(-samples.shape[1] // length), _EXCERPTS)
    for start in np.unique(np.linspace(0, last, count).astype(np.int64)).tolist():
        part = np.nan_to_num(np.array(samples[:, start : start + length]), posinf=0.0, neginf=0.0)
        chunks.release(samples)
        yield part


def _spectra(low: Array, rate: float) -> Array:
    """Return the power of windows of a second, shape (bins 1 Hz apart, windows)."""
    # Without a fade at the ends and without its mean, nothing but swings is left in a window.
    spectra = stft(
        low, rate, nperseg=int(rate), noverlap=int(rate) // 2, boundary=None, padded=False,
        detrend="linear",
    )[2]  # fmt: skip
    return np.asarray(np.abs(spectra) ** 2)
