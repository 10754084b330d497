"""Find and take away thumps, rumble and an offset below the music.

A thump is what groove damage does to arm and cartridge: a decaying oscillation of 15 to 60 Hz that
lasts 20 to 150 ms. In the deep band it stands far above what is around it for that long and no
longer, and unlike a kick drum or a bass note it has next to nothing an octave or two higher.

The deep band alone is interpolated across it by an autoregressive model (the low-pass split of
Esquef, Biscainho & Välimäki 2003, with Janssen's interpolation in the place of their template), so
that hum and bass notes go on underneath and nothing above 100 Hz is touched.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import maximum_filter1d, median_filter, uniform_filter1d

from toolkit.dsp.ar import Spans, interpolate, merge_spans, runs
from toolkit.dsp.linear_prediction import Array
from toolkit.dsp.low_band import decimate, expand, lowpass

# The band that shows what is music has 4 samples for each one of the deep band.
_DEEP_RATE = 400
_MIDDLE_RATIO = 4
_DEEP_HZ = 75.0
# Steeper than a bass note's partials, shallower than the onset of a 15 Hz swing.
_MIDDLE_LOW_HZ = 110.0
# Of a kick drum 0.05 to 0.3 of the swing lies below 35 Hz, of a thump 0.45 to 0.9.
_DEEPEST_HZ, _DEEPEST_SHARE = 35.0, 0.4
_LONGEST = 0.3
_AR_ORDER = 24
# -80 dBFS: a knock below that is none that anyone has heard.
_SILENT = 1e-4


@dataclass(frozen=True)
class Deep:
    """Hold the deep band of one channel at a low rate, and where thumps are in it.

    Parameters
    ----------
    signal : np.ndarray, shape (low samples,)
        Everything below about 75 Hz.
    thumps : np.ndarray, shape (thumps, 2)
        First low sample and one past the last.
    rate : float
        Low samples a second.
    """

    signal: Array
    thumps: Spans
    rate: float


def low_factor(sample_rate: int) -> int:
    """Return how many samples there are to one of the deep band, a multiple of 4."""
    return _MIDDLE_RATIO * max(sample_rate // (_DEEP_RATE * _MIDDLE_RATIO), 1)


def listen_deep(signal: npt.NDArray[np.floating], sample_rate: int, threshold: float = 4.0) -> Deep:
    """Split off the deep band of one channel and find its thumps.

    Parameters
    ----------
    signal : np.ndarray, shape (samples,)
    sample_rate : int
        In Hz.
    threshold : float
        How many times higher than the level of the two seconds around a thump swings.
    """
    factor = low_factor(sample_rate)
    middle_rate = sample_rate / (factor // _MIDDLE_RATIO)
    rate = sample_rate / factor
    middle = decimate(signal, factor // _MIDDLE_RATIO)
    deep = lowpass(middle, _DEEP_HZ, middle_rate, 0.06)[::_MIDDLE_RATIO]
    upper = middle - lowpass(middle, _MIDDLE_LOW_HZ, middle_rate, 0.04)
    squares = uniform_filter1d(upper**2, max(int(0.02 * middle_rate), 1))
    music = np.sqrt(2 * np.maximum(squares, 0))[::_MIDDLE_RATIO]
    slow = uniform_filter1d(deep, max(int(0.2 * rate), 1))
    deepest = np.abs(lowpass(deep, _DEEPEST_HZ, rate, 0.1) - slow)
    return Deep(deep, _thumps(np.abs(deep - slow), deepest, music, rate, threshold), rate)


def _thumps(swing: Array, deepest: Array, music: Array, rate: float, threshold: float) -> Spans:
    hold = max(int(0.03 * rate), 1)
    swing, deepest = maximum_filter1d(swing, hold), maximum_filter1d(deepest, hold)
    around = max(int(2 * rate) | 1, 3)
    floor = _SILENT / threshold
    rise = deepest / (median_filter(deepest, around, mode="nearest") + floor)
    music_rise = music / (median_filter(music, around, mode="nearest") + floor)
    near = max(int(0.5 * rate), 1)
    tall = deepest > 0.1 * maximum_filter1d(deepest, near)
    # The mean that is taken off each swing leaves faint ghosts beside a loud note that ends.
    tall &= swing > 0.1 * maximum_filter1d(swing, near)
    spans = merge_spans(runs((rise > 1.5) & tall), len(swing), int(0.02 * rate))
    peaks = [
        [float(each[start:stop].max()) for each in (swing, deepest, music, rise, music_rise)]
        for start, stop in spans.tolist()
    ]
    kept = [
        span
        for span, peak in zip(spans.tolist(), peaks, strict=True)
        if span[1] - span[0] <= _LONGEST * rate and _is_thump(*peak, threshold=threshold)
    ]
    # The filters smear an onset over some 10 ms to the front, and a tail goes on below the level.
    wide = np.array(kept, np.int64).reshape(-1, 2) + np.array([-0.01, 0.03]) * rate
    return merge_spans(np.round(wide).astype(np.int64), len(swing))


def _is_thump(
    swing: float, deepest: float, music: float, rise: float, music_rise: float, *, threshold: float
) -> bool:
    """Return whether a peak of the deep band is deeper than a drum and rises alone."""
    alone = swing > 0.5 * music and rise > 2 * music_rise
    return rise > threshold and deepest > _DEEPEST_SHARE * swing and alone


def correction(deep: Deep, cutoff_hz: float) -> Array:
    """Return what is wrong in the deep band: thumps, and everything below `cutoff_hz`.

    Parameters
    ----------
    deep : Deep
    cutoff_hz : float
        Half the amplitude passes there; 0 leaves rumble and offset alone.

    Returns
    -------
    np.ndarray, shape (low samples,)
        To be taken away from the signal, after `low_band.expand`.
    """
    repaired = interpolate(
        deep.signal, deep.thumps, _AR_ORDER, context=int(0.75 * deep.rate), iterations=2
    )
    for start, stop in deep.thumps:
        # An interpolation that swings wider than the thump would be damage of its own.
        before = np.abs(deep.signal[start:stop])
        limit = before.max()
        repaired[start:stop] = np.clip(repaired[start:stop], -limit, limit)
    if cutoff_hz > 0:
        repaired = repaired - lowpass(repaired, cutoff_hz, deep.rate, 6 / cutoff_hz)
    return np.asarray(deep.signal - repaired)


def take_away(
    signal: npt.NDArray[np.floating], sample_rate: int, wrong: Array, amount: float
) -> Array:
    """Return one channel less `amount` times what is wrong in its deep band, at the low rate."""
    return np.asarray(signal - amount * expand(wrong, low_factor(sample_rate), len(signal)))


def count_thumps(samples: npt.NDArray[np.float32], sample_rate: int) -> float:
    """Return thumps a minute in an excerpt, all channels merged.

    Parameters
    ----------
    samples : np.ndarray, shape (channels, samples)
    sample_rate : int
        In Hz.

    Returns
    -------
    float
        0 for an empty excerpt.
    """
    total = samples.shape[1]
    if total == 0:
        return 0.0
    found = [listen_deep(channel, sample_rate).thumps for channel in samples]
    low_total = -(-total // low_factor(sample_rate))
    merged = merge_spans(np.concatenate([np.zeros((0, 2), np.int64), *found]), low_total)
    return float(60 * len(merged) / (total / sample_rate))
