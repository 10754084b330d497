"""Hear where notes begin: spectral flux that a vibrato does not trigger.

S. Böck and G. Widmer, "Maximum filter vibrato suppression for onset detection" (2013): the log
magnitudes of a filterbank of 24 bands an octave are compared with the maximum over neighboring
bands a few frames before, so that a tone that moves to the next band and back is not new.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from toolkit import chunks
from toolkit.dsp.stft import Grid
from toolkit.values import Audio

Array = npt.NDArray[np.float64]

FRAME_RATE = 100.0
"""Values a second of `strength`."""

_LOWEST_HZ, _HIGHEST_HZ, _BANDS_AN_OCTAVE = 30.0, 17000.0, 24
_WINDOW_HOPS = 4
_LAG_FRAMES = 2
_COMPRESSION = 10.0
_BLOCK_SECONDS = 20.0
_PEAK_SECONDS, _MEAN_SECONDS, _ABOVE_MEAN = 0.03, 0.1, 0.35
_APART_SECONDS = 0.04


def strength(audio: Audio, progress: Callable[[float, float], None] | None = None) -> Array:
    """Return how much new energy begins at each frame, shape (frames,), `FRAME_RATE` a second.

    Parameters
    ----------
    audio : Audio
        Any rate and length; channels are averaged.
    progress : callable, optional
        ``progress(samples done, samples in all)``.
    """
    hop_length = max(round(audio.sample_rate / FRAME_RATE), 1)
    grid = Grid(hop_length)
    total = audio.num_samples
    flux = np.zeros(-(-total // hop_length))
    if not total:
        return flux
    bank = _filterbank(grid.n_fft, audio.sample_rate)
    size = max(int(_BLOCK_SECONDS * FRAME_RATE), 1) * hop_length
    context = hop_length * (_LAG_FRAMES + _WINDOW_HOPS + 1)
    for block in chunks.blocks(audio.samples, size=size, context=context):
        mono = block.samples.mean(axis=0, keepdims=True)
        spectra = np.abs(grid.analyze(mono, block.start)[0]) * (2 / grid.n_fft)
        rises = _rises(np.log1p(_COMPRESSION * 100 * (spectra @ bank)))
        # Frames lie at multiples of the hop; those outside the block's own samples are context.
        frames = np.array(grid.frame_range(block.start, mono.shape[1]))
        own = (frames * hop_length >= block.span.start) & (frames * hop_length < block.span.stop)
        flux[frames[own]] = rises[own]
        if progress is not None:
            progress(block.span.stop, total)
    return flux


def onsets(audio: Audio) -> tuple[Array, Array]:
    """Return the times at which something begins, in seconds, and how strongly.

    A peak counts that is the highest within 30 ms and stands out from the mean of 200 ms around it
    by a share of the recording's own spread.
    """
    flux = strength(audio)
    if not flux.any():
        return np.zeros(0), np.zeros(0)
    rate = FRAME_RATE
    mean = ndimage.uniform_filter1d(flux, round(2 * _MEAN_SECONDS * rate) + 1, mode="nearest")
    highest = ndimage.maximum_filter1d(flux, 2 * round(_PEAK_SECONDS * rate) + 1, mode="nearest")
    threshold = mean + _ABOVE_MEAN * float(np.sqrt(np.mean(flux**2)))
    peaks = np.flatnonzero((flux >= highest) & (flux > threshold))
    kept = peaks[np.append(True, np.diff(peaks) > _APART_SECONDS * rate)] if len(peaks) else peaks
    hop_length = max(round(audio.sample_rate / FRAME_RATE), 1)
    return kept * hop_length / audio.sample_rate, flux[kept] - mean[kept]


def _rises(levels: npt.NDArray[np.float32]) -> Array:
    before = ndimage.maximum_filter1d(levels, 3, axis=1)
    risen = np.zeros(len(levels))
    risen[_LAG_FRAMES:] = np.maximum(levels[_LAG_FRAMES:] - before[:-_LAG_FRAMES], 0).sum(axis=1)
    # The rise over the lag is centered half the lag earlier.
    return np.append(risen[_LAG_FRAMES // 2 :], np.zeros(_LAG_FRAMES // 2))


def _filterbank(n_fft: int, sample_rate: int) -> npt.NDArray[np.float32]:
    """Return triangular bands of equal width in log frequency, shape (bins, bands).

    Where bands are narrower than a bin they share one, and only one of them is kept.
    """
    top = min(_HIGHEST_HZ, sample_rate / 2)
    count = int(np.log2(max(top / _LOWEST_HZ, 2.0)) * _BANDS_AN_OCTAVE)
    centers = _LOWEST_HZ * 2 ** (np.arange(count + 1) / _BANDS_AN_OCTAVE)
    bins = np.unique(np.rint(centers * n_fft / sample_rate).astype(int))
    bins = bins[bins <= n_fft // 2]
    bank = np.zeros((n_fft // 2 + 1, max(len(bins) - 2, 1)), np.float32)
    for band, (low, middle, high) in enumerate(zip(bins, bins[1:], bins[2:], strict=False)):
        rise = (np.arange(low, middle) - low) / (middle - low)
        fall = (high - np.arange(middle, high)) / (high - middle)
        bank[low:high, band] = np.concatenate([rise, fall])
    return bank
