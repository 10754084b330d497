"""Tell the lines of a hum from notes on the same frequencies, and estimate them.

Multiplied by exp(-ikφ), with φ the phase of the fundamental, harmonic k of a hum becomes a
constant h_k that changes slowly over many seconds. A note on the same frequency comes and goes,
and unless it is exactly k·f it turns around. So the samples s_k(t) of that product cluster around
h_k whenever no note sounds, which a robust location estimate (Welsch weights, iteratively) finds
even if notes sound most of the time. What a line must show to count as hum:

- prominence: a low percentile of ``|s_k|`` over time lies above that of its surroundings;
- presence: a good share of the time s_k is near h_k, in magnitude and in phase.

The phase itself is corrected by what all lines together say, Σ w k·arg(s_k conj h_k) / Σ w k².
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Array = npt.NDArray[np.float64]
Complex = npt.NDArray[np.complex128]

FRAME_RATE = 20.0  # baseband samples a second
_KNOT = 4.0  # s between the points at which the amplitudes are estimated
_REACH = 10.0  # s on each side of such a point that the estimate listens to
_BESIDE = 4.0  # Hz from a line at which its surroundings are measured
_LOW_PERCENTILE = 25
_PROMINENT = 6.0  # dB
_CARRY = 1.0  # s over which a path is averaged to bridge what is not trusted
_FLOOR = 1e-4  # amplitude, of a signal of RMS 1, below which no line can be prominent
_CLEAR = 30.0  # power of a line over the variance of its estimate
_REWEIGHTINGS = 15
_CLOSE = 0.4  # how near to h, relative to it, counts as present
_HOPELESS = 0.15  # presence below which more precision cannot make a line of it
# Harmonics heard, and baseband samples across which frequency is read from their phase: the longer
# the lag the finer the reading, but the error before it must stay below half a turn.
_FREQUENCY_STEPS = ((6, 8), (12, 8), (1000, 20), (1000, 40))


@dataclass(frozen=True)
class Lines:
    """Hold the harmonics of a stretch of hum, relative to the phase of its fundamental.

    Parameters
    ----------
    times : np.ndarray, shape (frames,)
        In seconds, `FRAME_RATE` a second.
    phase : np.ndarray, shape (frames,)
        Of the fundamental, in radians, unwrapped.
    knots : np.ndarray, shape (knots,)
        Times of the amplitudes.
    amplitudes : np.ndarray, shape (channels, harmonics, knots), complex
        The hum is Σ_k Re(A_k exp(ikφ)).
    prominence_db, presence : np.ndarray, shape (channels, harmonics)
        In dB, and as a share 0..1 of the time.
    belongs : np.ndarray, shape (channels, harmonics), bool
        Whether a line is part of the hum, once there is one.
    steady : np.ndarray, shape (frames,)
        Share 0..1 of the prominent lines that are present in each frame.
    """

    times: Array
    phase: Array
    knots: Array
    amplitudes: Complex
    prominence_db: Array
    presence: Array
    belongs: npt.NDArray[np.bool_]
    steady: Array

    def trusted_path(self) -> Array:
        """Return the fundamental in Hz at each frame, carried across the times of few lines."""
        path = np.gradient(self.phase, self.times) / (2 * np.pi)
        weight = self.steady**2 + 1e-6
        top = ndimage.gaussian_filter1d(path * weight, _CARRY * FRAME_RATE, mode="nearest")
        bottom = ndimage.gaussian_filter1d(weight, _CARRY * FRAME_RATE, mode="nearest")
        result: Array = top / bottom
        return result


def demodulate(
    samples: npt.NDArray[np.float32], sample_rate: float, phase: Array, num_harmonics: int
) -> Complex:
    """Return the harmonics' basebands, shape (channels, harmonics, frames).

    Each frame is the average over two blocks of 1/`FRAME_RATE` s with triangular weights, whose
    zeros lie on the frequencies that fold onto the line.

    Parameters
    ----------
    samples : np.ndarray, shape (channels, samples)
        Of RMS 1 or so.
    sample_rate : float
        A multiple of `FRAME_RATE`, give or take a sample.
    phase : np.ndarray, shape (samples,)
        Of the fundamental.
    num_harmonics : int
        Lines 1 to this.
    """
    hop = round(sample_rate / FRAME_RATE)
    num_blocks = samples.shape[1] // hop
    length = num_blocks * hop
    rising = ((np.arange(hop) + 0.5) / hop**2).astype(np.float32)
    weights = np.stack([rising, rising[::-1]])
    # (blocks, channels × two weights, hop) times (blocks, hop, real and imaginary part)
    parts = samples[:, :length].reshape(len(samples), num_blocks, 1, hop) * weights
    weighted = np.ascontiguousarray(parts.transpose(1, 0, 2, 3)).reshape(num_blocks, -1, hop)
    turn = np.exp(-1j * phase[:length]).astype(np.complex64)
    power = turn.copy()
    out = np.zeros((samples.shape[0], num_harmonics, max(num_blocks - 1, 0)), np.complex128)
    for k in range(num_harmonics):
        sums = weighted @ power.view(np.float32).reshape(num_blocks, hop, 2)
        sums = sums.view(np.complex64).reshape(num_blocks, len(samples), 2)
        out[:, k] = (sums[:-1, :, 0] + sums[1:, :, 1]).T
        power *= turn
    return out


def estimate_lines(baseband: Complex, times: Array, phase: Array, *, fine: bool = True) -> Lines:
    """Return the lines of a stretch, its phase corrected.

    Parameters
    ----------
    baseband : np.ndarray, shape (channels, harmonics, frames)
        From `demodulate`.
    times, phase : np.ndarray, shape (frames,)
        Centers of the frames, and the phase at them that the demodulation used.
    """
    order = np.arange(1, baseband.shape[1] + 1)[:, None]
    weight = _trust(baseband)
    correction = np.zeros(len(times))
    for lines, lag in _FREQUENCY_STEPS:
        turned = _smooth(baseband * np.exp(-1j * order * correction), 1.0)
        correction += _frequency_step(turned[:, :lines], weight[:, :lines], lag)
    knots = _knots(times)
    for seconds in (2.0, 1.0):
        turned = _smooth(baseband * np.exp(-1j * order * correction), seconds)
        location = _location(turned, times, knots)
        reference = _at(location, knots, times)
        if _near(turned, reference).mean(-1).max() < _HOPELESS:
            break
        correction += _phase_step(turned, reference, weight, seconds)
    turned = baseband * np.exp(-1j * order * correction)
    location, near, prominence = _measure(turned, times, knots, 1.0, _BESIDE)
    presence = near.mean(-1)
    sure = (prominence > _PROMINENT)[..., None]
    steady = (near & sure).sum((0, 1)) / max(int(sure.sum()), 1)
    belongs = (prominence > 3) & (presence > 0.2)
    densest, clear = _densest(turned, location, times, knots)
    # The mean of hits that repeat in phase stands still too, but hum is all there is between hits.
    away = np.median(np.abs(densest - location) / (np.abs(location) + 1e-12), axis=-1)
    presence = np.where(away < _CLOSE, presence, 0)
    location = np.where((belongs & ~clear)[..., None], location, densest)
    belongs |= clear
    return Lines(
        times, phase + correction, knots, 2 * location, prominence, presence, belongs, steady
    )


def _measure(
    turned: Complex, times: Array, knots: Array, seconds: float, beside: float
) -> tuple[Complex, npt.NDArray[np.bool_], Array]:
    """Return location, nearness and prominence of lines averaged over some seconds."""
    smoothed = _smooth(turned, seconds)
    location = _location(smoothed, times, knots)
    near = _near(smoothed, _at(location, knots, times))
    return location, near, _prominence(turned, seconds, beside)


def _densest(
    turned: Complex, start: Complex, times: Array, knots: Array
) -> tuple[Complex, npt.NDArray[np.bool_]]:
    """Return where each line is densest around each knot, and which lines are sure of it.

    Averages over a fifth of a second see the hum bare in the short rests and quiet ends of notes,
    if only for a few per cent of the time. The weights 1/(d² + s²) of the Cauchy distribution, s a
    third of the distance of the nearest samples, let those moments decide (iterated as in Holland
    and Welsch 1977). The variance of such a weighted mean, Σw²d²/(Σw)², says how sure it is.
    """
    at = _windows(times, knots)[:, ::2]
    samples = _smooth(turned, 0.2).astype(np.complex64)[..., at]
    center = start.astype(np.complex64)[..., None]
    for _ in range(_REWEIGHTINGS):
        distance = samples - center
        squares = distance.real**2 + distance.imag**2
        nearest = np.partition(squares, squares.shape[-1] * 3 // 10, axis=-1)
        scale = 0.1 * nearest[..., squares.shape[-1] * 3 // 10, None] + np.float32(1e-12)
        weight = 1 / (squares + scale)
        total = weight.sum(-1, keepdims=True)
        center = (weight * samples).sum(-1, keepdims=True) / total
    variance = (weight**2 * squares).sum(-1) / total[..., 0] ** 2
    power = center.real[..., 0] ** 2 + center.imag[..., 0] ** 2
    clear = np.median(power / (variance + np.float32(_FLOOR**2)), axis=-1) > _CLEAR
    return center[..., 0].astype(np.complex128), clear


def _near(turned: Complex, reference: Complex) -> npt.NDArray[np.bool_]:
    result: npt.NDArray[np.bool_] = np.abs(turned - reference) < _CLOSE * np.abs(reference)
    return result


def _trust(baseband: Complex) -> Array:
    """Return the weight of each line, (channels, harmonics, 1): its height above the noise."""
    height = _prominence(baseband, 0.5)
    return np.clip((10 ** (height / 20))[..., None] - 1, 0, 10) ** 2


def _prominence(baseband: Complex, seconds: float, distance: float = _BESIDE) -> Array:
    """Return how far a low percentile of each line lies above that of its surroundings, in dB."""
    time = np.arange(baseband.shape[-1]) / FRAME_RATE
    line = np.percentile(np.abs(_smooth(baseband, seconds)), _LOW_PERCENTILE, axis=-1)
    beside = [
        np.percentile(
            np.abs(_smooth(baseband * np.exp(2j * np.pi * offset * time), seconds)),
            _LOW_PERCENTILE,
            axis=-1,
        )
        for offset in (-distance, -0.7 * distance, 0.7 * distance, distance)
    ]
    around = np.mean(beside, axis=0)
    result: Array = 20 * np.log10((line + _FLOOR) / (around + _FLOOR))
    return result


def _frequency_step(turned: Complex, weight: Array, lag: int) -> Array:
    """Return the phase that undoes the common frequency error of the lines, by least squares."""
    order = np.arange(1, turned.shape[1] + 1)[:, None]
    change = turned[..., lag:] * np.conj(turned[..., :-lag])
    size = np.abs(change)
    usual = np.percentile(size, 40, axis=-1, keepdims=True) + 1e-18
    calm = weight / (1 + (np.maximum(size / usual - 1, 0) / 0.5) ** 2)
    top = _smooth((calm * order * np.angle(change)).sum((0, 1)), 3.0).real
    bottom = _smooth((calm * order**2).sum((0, 1)), 3.0).real
    slope = top / (bottom + 1e-12) / lag
    slope = np.pad(slope, (lag // 2, lag - lag // 2), mode="edge")
    result: Array = np.cumsum(slope) - slope / 2
    return result


def _phase_step(turned: Complex, reference: Complex, weight: Array, seconds: float) -> Array:
    order = np.arange(1, turned.shape[1] + 1)[:, None]
    away = np.abs(turned - reference) / (np.abs(reference) + 1e-12)
    calm = weight * np.exp(-((away / 0.7) ** 2))
    top = (calm * order * np.angle(turned * np.conj(reference))).sum((0, 1))
    bottom = (calm * order**2).sum((0, 1))
    # Where notes cover all lines nothing is known: the small constant then leaves the phase alone.
    top, bottom = (_smooth(each, seconds).real for each in (top, bottom))
    result: Array = top / (bottom + 1e-3 * bottom.max() + 1e-12)
    return result


def _location(turned: Complex, times: Array, knots: Array) -> Complex:
    """Return where the samples of each line cluster around each knot."""
    at = _windows(times, knots)
    # Neighbors in time are averages over the same second: every fourth or so says as much.
    return _cluster(turned[..., at[:, :: max(at.shape[1] // 100, 1)]])


def _windows(times: Array, knots: Array) -> npt.NDArray[np.intp]:
    """Return which frames lie around each knot, shape (knots, frames); inside at the ends."""
    length = min(int(2 * _REACH * FRAME_RATE), len(times))
    first = np.clip(np.searchsorted(times, knots) - length // 2, 0, len(times) - length)
    return first[:, None] + np.arange(length)


def _cluster(samples: Complex) -> Complex:
    """Return a robust location of complex samples along the last axis.

    The start is the median of the quieter half, where notes are rarest; the Welsch weights
    exp(-d²/2c²) then shrink to c = 0.3 of the location, and more while the noise needs it.
    """
    size = np.abs(samples)
    quiet = size <= np.median(size, axis=-1, keepdims=True)
    count = np.maximum(quiet.sum(-1), 1)
    center = np.where(quiet, samples, 0).sum(-1) / count
    near = samples.shape[-1] * 3 // 10
    for _ in range(12):
        distance = np.abs(samples - center[..., None])
        nearest = np.partition(distance, near, axis=-1)[..., near]
        scale = np.maximum(0.3 * np.abs(center), nearest) + 1e-12
        weight = np.exp(-0.5 * (distance / scale[..., None]) ** 2)
        center = (weight * samples).sum(-1) / weight.sum(-1)
    result: Complex = center
    return result


def _at(values: Complex, knots: Array, times: Array) -> Complex:
    """Return values at knots, interpolated to other times."""
    if len(knots) == 1:
        return np.repeat(values, len(times), axis=-1)
    position = np.interp(times, knots, np.arange(len(knots)))
    low = np.minimum(position.astype(int), len(knots) - 2)
    share = position - low
    result: Complex = values[..., low] * (1 - share) + values[..., low + 1] * share
    return result


def _knots(times: Array) -> Array:
    count = max(round((times[-1] - times[0]) / _KNOT), 1)
    edges: Array = np.linspace(times[0], times[-1], count + 1)
    return (edges[1:] + edges[:-1]) / 2


def _smooth(values: npt.NDArray[np.number], seconds: float) -> Complex:
    """Return a centered Hann average over about `seconds` along the last axis."""
    half = max(round(seconds * FRAME_RATE / 2), 1)
    window = np.hanning(2 * half + 1)
    window /= window.sum()
    result: Complex = ndimage.convolve1d(values, window, axis=-1, mode="nearest")
    return result
