"""Find flat tops: where a converter ran out of numbers and cut the wave off.

A hard clipper maps everything beyond a level θ to θ itself, so it leaves three traces together:
runs of (nearly) equal samples, a spike of the amplitude histogram where the runs lie, and almost
nothing beyond. Each channel and polarity is searched on its own, since an offset before the
converter clips one side only, and θ may lie anywhere when the level was changed afterwards.

What else is flat is told apart by the rest of the signal. The peak of a smooth wave x = M(1 - u²)
spends a time proportional to √ε within ε of its top, so just below its top there is always more
than in it; with coarse quantization that holds from step to step. Square waves, pulses and other
synthetic plateaus are flat at every level, or have no samples between their levels at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit import chunks
from toolkit.values import Samples

_BLOCK = 2**20  # samples of all channels read at once
_QUIETEST = 0.01  # a level below -40 dB is no converter's limit
_TOP = 0.7  # the part of the amplitude range, below the peak, in which a level is looked for
_BINS = 3000
_SHOULDER = 0.03  # share of the level that the band just below it spans
_FLAT_RUN = 3
_FEWEST = 4  # samples in flat runs


@dataclass(frozen=True)
class ClipLevels:
    """Hold where a recording is clipped.

    Parameters
    ----------
    high, low : tuple[float, ...]
        Level of the flat tops (> 0) and flat bottoms (< 0) of each channel, ±inf where there are
        none, so that a sample is clipped when ``x >= high - tolerance`` or the like below.
    tolerance : tuple[float, ...]
        How far a sample may lie from its channel's level.
    plateaus : bool
        Whether something flat was found that is no clipping, such as a square wave.
    """

    high: tuple[float, ...]
    low: tuple[float, ...]
    tolerance: tuple[float, ...]
    plateaus: bool = False

    def __bool__(self) -> bool:
        return bool(np.isfinite(self.high).any() or np.isfinite(self.low).any())

    def mask(self, samples: Samples) -> npt.NDArray[np.int8]:
        """Return +1 on flat tops, -1 on flat bottoms, 0 elsewhere; the shape of `samples`."""
        marks = np.zeros(samples.shape, np.int8)
        for channel, x in enumerate(samples):
            tolerance = self.tolerance[channel]
            for sign, level in ((1, self.high[channel]), (-1, self.low[channel])):
                if np.isfinite(level):
                    marks[channel][np.abs(x - level) <= tolerance] = sign
        return marks


def find_clipping(samples: Samples, sample_rate: int) -> tuple[float, float]:
    """Measure how much of a signal is clipped.

    Parameters
    ----------
    samples : np.ndarray, shape (channels, samples)
        Finite; may be a memory map of any length.
    sample_rate : int
        In Hz; the criteria are those of single samples and do not depend on it.

    Returns
    -------
    clipped_ratio : float
        Share of all samples that sit on a flat top, 0..1; 0.0 when nothing is clipped.
    clip_level : float
        Level of the flat top that holds most of them, full scale 1; 0.0 when nothing is clipped.
    """
    levels = clip_levels(samples)
    if not levels:
        return 0.0, 0.0
    tally = np.zeros((samples.shape[0], 2), np.int64)
    for block in chunks.blocks(samples, size=_block_size(samples)):
        marks = levels.mask(block.samples)
        tally += np.stack([(marks > 0).sum(1), (marks < 0).sum(1)], axis=1)
    channel, side = np.unravel_index(int(np.argmax(tally)), tally.shape)
    level = (levels.low if side else levels.high)[int(channel)]
    return float(tally.sum() / samples.size), float(abs(level))


def clip_levels(samples: Samples) -> ClipLevels:
    """Return the level at which each channel and polarity of a signal is clipped.

    Parameters
    ----------
    samples : np.ndarray, shape (channels, samples)
        Finite; may be a memory map of any length. It is read twice, in blocks.
    """
    highest = np.zeros(samples.shape[0])
    lowest = np.zeros(samples.shape[0])
    for block in _read(samples):
        np.maximum(highest, block.max(1), out=highest)
        np.minimum(lowest, block.min(1), out=lowest)
    sides = [
        _Side(channel, peak * sign, sign)
        for channel in range(samples.shape[0])
        for sign, peak in ((1, highest[channel]), (-1, lowest[channel]))
        if peak * sign >= _QUIETEST
    ]
    for block in _read(samples):
        for side in sides:
            side.add(block[side.channel])
    high = [np.inf] * samples.shape[0]
    low = [-np.inf] * samples.shape[0]
    tolerance = [0.0] * samples.shape[0]
    plateaus = False
    for side in sides:
        level, synthetic = side.level()
        plateaus |= synthetic
        if level:
            (high if side.sign > 0 else low)[side.channel] = level * side.sign
            tolerance[side.channel] = max(tolerance[side.channel], side.width)
    return ClipLevels(tuple(high), tuple(low), tuple(tolerance), plateaus)


class _Side:
    """Gather the histograms of one polarity of one channel, block by block."""

    def __init__(self, channel: int, peak: float, sign: int) -> None:
        self.channel, self.peak, self.sign = channel, peak, sign
        # Triangular dither and rounding after clipping move a sample by up to 1.5 16-bit steps.
        self.width = max(1e-4 * peak, min(1.6 * 2.0**-15, 1e-3 * peak))
        self.floor = _TOP * peak
        self.all = np.zeros(_BINS + 1, np.int64)
        self.flat = np.zeros(_BINS + 1, np.int64)
        self.flat_sum = np.zeros(_BINS + 1)
        self.inside = 0
        self.inside_flat = 0

    def add(self, x: npt.NDArray[np.float32]) -> None:
        """Count the samples of one block."""
        at = np.flatnonzero(x > self.floor if self.sign > 0 else x < -self.floor)
        values = self.sign * x[at]
        bins = self._bins(values)
        self.all += np.bincount(bins, minlength=_BINS + 1)
        runs = _flat_runs(values, np.diff(at) == 1, 2 * self.width)
        self.flat += np.bincount(bins[runs], minlength=_BINS + 1)
        self.flat_sum += np.bincount(bins[runs], values[runs], minlength=_BINS + 1)
        # Every eighth sample says enough about the range below the tops.
        thin = x[:-1:8]
        inside = (np.abs(thin) > 0.05 * self.peak) & (np.abs(thin) < 0.95 * self.floor)
        self.inside += 8 * int(np.count_nonzero(inside))
        same = np.abs(thin - x[1::8]) <= 1e-6 * self.peak
        self.inside_flat += 8 * int(np.count_nonzero(inside & same))

    def _bins(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.intp]:
        scaled = (values - self.floor) * (_BINS / (self.peak - self.floor))
        return np.clip(scaled.astype(np.intp), 0, _BINS)

    def level(self) -> tuple[float, bool]:
        """Return the clip level, 0.0 when there is none, and whether it is a mere plateau."""
        bin_width = (self.peak - self.floor) / _BINS
        reach = int(self.width / bin_width) + 1
        window = np.ones(2 * reach + 1)
        best = int(np.argmax(np.convolve(self.flat, window, "same")))
        around = slice(max(best - reach, 0), best + reach + 1)
        tops = int(self.flat[around].sum())
        beyond = int(self.all[around.stop :].sum())
        if tops < _FEWEST or beyond > 0.1 * tops:
            return 0.0, False
        level = float(self.flat_sum[around].sum()) / tops
        if self._shoulder(around.start, int(_SHOULDER * level / bin_width)) > tops:
            return 0.0, False
        if self.inside < 0.02 * tops or self.inside_flat > 0.3 * self.inside:
            return 0.0, True
        return level, False

    def _shoulder(self, stop: int, span: int) -> int:
        """Count what lies just below the level: a band, or two steps of quantization if wider."""
        below = self.all[:stop]
        occupied = np.flatnonzero(below)
        begin = stop - span
        if len(occupied) >= 2:
            begin = min(begin, int(occupied[-2]))
        return int(below[max(begin, 0) :].sum())


def _flat_runs(
    values: npt.NDArray[np.float32], adjacent: npt.NDArray[np.bool_], width: float
) -> npt.NDArray[np.bool_]:
    """Return which values belong to a run of at least three neighbors that differ by `width`."""
    if len(values) < _FLAT_RUN:
        return np.zeros(len(values), np.bool_)
    same = adjacent & (np.abs(np.diff(values)) <= width)
    middle = same[:-1] & same[1:]
    runs = np.zeros(len(values), np.bool_)
    for shift in range(_FLAT_RUN):
        runs[shift : shift + len(middle)] |= middle
    return runs


def _block_size(samples: Samples) -> int:
    return max(_BLOCK // max(int(samples.shape[0]), 1), 1)


def _read(samples: Samples) -> Iterator[Samples]:
    for block in chunks.blocks(samples, size=_block_size(samples)):
        yield block.samples
