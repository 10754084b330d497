"""Judge what a denoiser leaves between the notes, without a clean reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from toolkit.values import Samples

_N_FFT_SECONDS = 0.046
_FRAME_SECONDS = 0.025
_BATCH = 512
_LOW_HZ = 200.0
_QUIET_SHARE = 0.2
_FLOOR_SHARE = 0.1
_SILENCE = 1e-18

Array = npt.NDArray[np.float64]


def kurtosis_ratio(before: Samples, after: Samples, sample_rate: int) -> float:
    """Return by how much a denoiser made the remaining noise peakier; 1 is musical-noise free.

    The ratio of the kurtoses of the power spectra of the frames that hold mostly noise, after to
    before (Uemura, Takahashi, Saruwatari, Shikano & Kondo 2008, who report log(ratio)). Isolated
    leftovers of noise ("musical noise") have many small powers and a few large ones, that is a high
    kurtosis. It is taken of each frequency over time, so that the color of the noise does not
    count; the result is the median over frequency.

    Parameters
    ----------
    before, after : np.ndarray, shape (n,) or (channels, n)
        The same recording; channels are averaged. Needs half a second or more.
    sample_rate : int
        In Hz.

    Returns
    -------
    float
        Above 1 for musical noise, near 1 for an even residue; 1 where nothing can be said (no
        noise before, silence after, or a recording too short).

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    if before.shape != after.shape:
        raise ValueError(f"need equal shapes, not {before.shape} and {after.shape}")
    old, new = _power(before, sample_rate), _power(after, sample_rate)
    if len(old) < 20:
        return 1.0
    # The geometric mean over frequency ranks frames by their noise rather than by a loud partial.
    loudness = np.log(old + _SILENCE).mean(axis=1)
    alive = (old.max(axis=1) > _SILENCE) & (new.max(axis=1) > _SILENCE)
    if alive.sum() < 20:
        return 1.0
    quiet = alive & (loudness <= np.quantile(loudness[alive], _QUIET_SHARE))
    was, now = _kurtosis(old[quiet]), _kurtosis(new[quiet])
    measurable = (was > 0) & (now > 0)
    return float(np.median(now[measurable] / was[measurable])) if measurable.any() else 1.0


def quiet_floor_db(samples: Samples, sample_rate: int) -> float:
    """Return the level between the notes: the quietest tenth of 25 ms frames, above 200 Hz.

    Parameters
    ----------
    samples : np.ndarray, shape (n,) or (channels, n)
        Channels are averaged in power.
    sample_rate : int
        In Hz.

    Returns
    -------
    float
        RMS in dB re full scale; -inf for silence or less than a frame.
    """
    length = max(round(_FRAME_SECONDS * sample_rate), 8)
    power = _spectra(samples, length, length)
    if not len(power):
        return -np.inf
    first = int(np.ceil(_LOW_HZ * length / sample_rate))
    # Hann-windowed white noise of variance v has v·(3/8)·length in each bin of |X|², and half as
    # many bins as samples stand for both signs of the frequency.
    levels = power[:, first:].sum(axis=1) / (0.375 * length) / (length / 2)
    floor = float(np.quantile(levels, _FLOOR_SHARE))
    return float(10 * np.log10(floor)) if floor > 1e-20 else -np.inf


def _power(samples: Samples, sample_rate: int) -> Array:
    length = max(round(_N_FFT_SECONDS * sample_rate), 8)
    power = _spectra(samples, length, length // 2)
    first = int(np.ceil(_LOW_HZ * length / sample_rate))
    last = int(min(16000 * length / sample_rate, length // 2))
    return power[:, first:last]


def _kurtosis(power: Array) -> Array:
    """Return the kurtosis of each column (9 for the power of Gaussian noise), 0 for a constant."""
    relative = power / np.maximum(power.mean(axis=0), 1e-300)
    centered = relative - relative.mean(axis=0)
    variance = (centered**2).mean(axis=0)
    safe = np.where(variance > 1e-9, variance, np.inf)
    return np.asarray((centered**4).mean(axis=0) / safe**2)


def _spectra(samples: Samples, length: int, hop_length: int) -> Array:
    """Return power spectra [frames, bins], the mean over channels, of whole frames only."""
    channels = np.atleast_2d(samples)
    if channels.shape[1] < length:
        return np.empty((0, length // 2 + 1))
    window = np.hanning(length)
    views = np.lib.stride_tricks.sliding_window_view(channels, length, axis=1)[:, ::hop_length]
    power = np.zeros((views.shape[1], length // 2 + 1))
    for begin in range(0, len(power), _BATCH):
        batch = np.fft.rfft(views[:, begin : begin + _BATCH] * window)
        power[begin : begin + _BATCH] = (np.abs(batch) ** 2).mean(axis=0)
    return power
