"""Speed over time from the mains hum that was recorded along with the music.

The mains frequency was constant to a few tenths of a percent while the recording was made, so the
hum's frequency in the transfer traces the speed of the medium (Czyżewski et al. 2007). Two steps:

1. **Coarse.** In spectra of 4 s every second, each candidate fundamental collects the heights of
   its harmonics above their surroundings, on a logarithmic scale and capped, so that a loud bass
   note counts no more than a clear hum line. The best continuous path through time is found by
   dynamic programming (Viterbi 1967).
2. **Fine.** Each harmonic h is demodulated along the path, z_h = lowpass(x e^(-jhφ)), φ' = 2π f.
   What its phase says about the fundamental, arg(z_h)/h, is an error of the path, good to a
   variance of 1/(2 h² r) at a signal-to-noise ratio r. The hum's amplitude A is steady, so r is
   known at every moment: A² over the mean square of z_h - A. The weighted mean of all harmonics is
   smoothed by penalized least squares (Whittaker 1923, fourth differences of phase), with the
   weight of the moment: a note's onset that covers the hum for a tenth of a second is bridged by
   the phase before and after it. Step 2 is repeated along the improved path.

Phase, not frequency, is what is smoothed: under a covered stretch the frequency is lost but its
integral is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import comb

import numpy as np
import numpy.typing as npt
from scipy import fft, interpolate, linalg, ndimage, signal, sparse

from toolkit.dsp.resample import resample
from toolkit.values import Samples

Curve = npt.NDArray[np.float64]
Lines = npt.NDArray[np.complex128]

LOWEST_HZ, HIGHEST_HZ = 20.0, 150.0
"""Where a hum's fundamental may be looked for."""

_RATE = 1000  # at which hum is looked for, in Hz
_HARMONICS = 8
_HIGHEST_HZ = 460.0

_WINDOW = 4 * _RATE
_HOP = _RATE
_CANDIDATE_STEP = 0.0005
_CAP = 4.0
_MOVE_COST = 0.02

_READING = 25  # samples from one reading of the phase to the next
_READINGS_PER_SECOND = _RATE / _READING
_PASSES = 2
# Wide, so that an onset disturbs no longer than it must; narrow where only the number of whole
# turns is wanted, because an onset's part in it shrinks with the band and the hum's does not.
_WIDE_HZ, _WIDE_TAPS = 12.0, 401
_NARROW_HZ, _NARROW_TAPS = 1.5, 801
_STEADY = 401  # readings over which amplitude and phase offset of a harmonic hold
_MOMENT = 5  # readings over which interference is averaged
_REWEIGHTINGS = 3
_UNSURE_RATIO = 5.0
_CLEAR_RATIO = 30.0
_INAUDIBLE = 1e-13  # power of a line that is rounding rather than hum
# The smoother's cut-off lies at 2.5 Hz where h² r is 250 and moves as its eighth root.
_CUTOFF_HZ, _CUTOFF_WEIGHT = 2.5, 250.0
_ORDER = 4
# Second differences count a little too, which keeps the ends from bending away.
_BEND_WEIGHT = 100.0
# Long recordings are refined in sections, which share some seconds and are cross-faded there.
_SECTION = 40 * 600
_SHARED = 40 * 20


@dataclass(frozen=True)
class SpeedCurve:
    """Hold the frequency of a reference tone over time.

    Parameters
    ----------
    frequency : np.ndarray, shape (readings,)
        In Hz; reading k is at (k + ½) · `interval` seconds.
    interval : float
        In seconds.
    snr_db : float
        How far the best harmonic stands above what else is within ±12 Hz of it, median over time.
    """

    frequency: Curve
    interval: float
    snr_db: float


def track_hum(
    samples: Samples, sample_rate: int, nominal_hz: float, tolerance: float = 0.03
) -> SpeedCurve:
    """Follow the mains hum of a recording through time.

    Parameters
    ----------
    samples : np.ndarray, shape (channels, samples)
        At least one second; the channels are averaged. May be a memory map.
    sample_rate : int
        In Hz, >= 4 kHz.
    nominal_hz : float
        Where to look for the hum's fundamental, `LOWEST_HZ` to `HIGHEST_HZ`.
    tolerance : float
        Largest departure from `nominal_hz`, relative, 0.001 to 0.1.

    Raises
    ------
    ValueError
        For less than a second of signal.
    """
    if samples.shape[1] < sample_rate:
        raise ValueError(f"{samples.shape[1]} samples are too short to follow a hum")
    low = resample(samples, sample_rate, _RATE).mean(axis=0)
    low -= low.mean()
    centers, coarse = _coarse(low, nominal_hz, tolerance)
    num_readings = len(low) // _READING
    path = np.interp((np.arange(num_readings) + 0.5) * _READING, centers, coarse)
    refined = np.zeros(num_readings)
    quality = []
    for first, last, fade in _sections(num_readings):
        own, snr_db = _refine(low, path[first:last], first, nominal_hz)
        refined[first:last] += own * fade
        quality.append(snr_db)
    refined = np.clip(refined, nominal_hz * (1 - 2 * tolerance), nominal_hz * (1 + 2 * tolerance))
    return SpeedCurve(refined, 1 / _READINGS_PER_SECOND, float(np.median(quality)))


def studio_time(
    frequency: Curve, interval: float, nominal_hz: float, duration: float
) -> tuple[float, Callable[[Curve], Curve]]:
    """Turn the frequency of a tone that was constant in the studio into a map of time.

    Parameters
    ----------
    frequency : np.ndarray, shape (readings,)
        In Hz, > 0, reading k at (k + ½) · `interval` seconds of the transfer.
    interval : float
        In seconds.
    nominal_hz : float
        What the frequency was in the studio.
    duration : float
        Of the transfer, in seconds.

    Returns
    -------
    studio_duration : float
        The integral of frequency/nominal_hz over the transfer, in seconds.
    transfer_time : callable
        Maps studio times to transfer times, both in seconds, by cubic Hermite interpolation.
    """
    ratio = frequency / nominal_hz
    edges = np.arange(len(ratio) + 1) * interval
    at_edges = np.concatenate([ratio[:1], (ratio[1:] + ratio[:-1]) / 2, ratio[-1:]])
    studio = np.concatenate([[0.0], np.cumsum(ratio) * interval])
    if duration > edges[-1]:
        # What is left over is less than one reading.
        studio = np.append(studio, studio[-1] + (duration - edges[-1]) * ratio[-1])
        edges, at_edges = np.append(edges, duration), np.append(at_edges, ratio[-1])
    return float(studio[-1]), interpolate.CubicHermiteSpline(studio, edges, 1 / at_edges)


def _coarse(low: Samples, nominal_hz: float, tolerance: float) -> tuple[Curve, Curve]:
    """Return the centers of the hops in samples and the hum's frequency in each."""
    count = 1 + round(np.log((1 + tolerance) / (1 - tolerance)) / _CANDIDATE_STEP)
    candidates = nominal_hz * np.geomspace(1 - tolerance, 1 + tolerance, count)
    centers = np.arange(_HOP // 2, len(low), _HOP)
    window = signal.windows.hann(_WINDOW, sym=False)
    scores = np.stack(
        [
            _score(window * _padded(low, int(center) - _WINDOW // 2, _WINDOW), candidates)
            for center in centers
        ]
    )
    return centers.astype(float), candidates[_best_path(scores)]


def _score(segment: Curve, candidates: Curve) -> Curve:
    """Return how much each candidate fundamental's harmonics rise above their surroundings."""
    n_fft = 4 * _WINDOW
    # The floor, far below 24 bits, keeps silence finite.
    power = np.log(np.abs(fft.rfft(segment, n_fft)) ** 2 + 1e-12)
    bins_per_hz = n_fft / _RATE
    middle, reach = candidates.mean(), candidates[-1] - candidates[0]
    score = np.zeros(len(candidates))
    for h in _harmonics(middle):
        begin, end = h * middle - (h * reach / 2 + 8), h * middle + (h * reach / 2 + 8)
        around = np.median(power[round(begin * bins_per_hz) : round(end * bins_per_hz)])
        heights = power[np.round(h * candidates * bins_per_hz).astype(int)] - around
        score += np.clip(heights, 0, _CAP)
    return score


def _best_path(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return the state in each row that maximizes the total score less the cost of moving."""
    num_rows, num_states = scores.shape
    states = np.arange(num_states)
    cost = _MOVE_COST * np.abs(states[:, None] - states[None, :])
    total = scores[0]
    came_from = np.zeros((num_rows, num_states), np.int16)
    for row in range(1, num_rows):
        options = total[None, :] - cost
        came_from[row] = options.argmax(axis=1)
        total = options.max(axis=1) + scores[row]
    path = np.zeros(num_rows, np.int64)
    path[-1] = total.argmax()
    for row in range(num_rows - 1, 0, -1):
        path[row - 1] = came_from[row, path[row]]
    return path


def _sections(num_readings: int) -> Iterator[tuple[int, int, Curve]]:
    """Yield (first, last, weights) so that the weights sum to one everywhere."""
    ramp = (np.arange(_SHARED) + 0.5) / _SHARED
    for first in range(0, max(num_readings - _SHARED, 1), _SECTION - _SHARED):
        last = min(first + _SECTION, num_readings)
        fade = np.ones(last - first)
        if first > 0:
            fade[:_SHARED] = ramp
        if last < num_readings:
            fade[-_SHARED:] = ramp[::-1]
        yield first, last, fade


def _refine(low: Samples, path: Curve, first: int, nominal_hz: float) -> tuple[Curve, float]:
    """Return the path of one section, its first reading at `first`, improved; and its SNR in dB."""
    harmonics = _harmonics(nominal_hz)
    ratio = np.zeros((len(harmonics), 1))
    for _ in range(_PASSES):
        wide = _demodulate(low, path, first, harmonics, _WIDE_HZ, _WIDE_TAPS)
        anchor = _anchor(wide)
        narrow = _demodulate(low, path, first, harmonics[[anchor]], _NARROW_HZ, _NARROW_TAPS)[0]
        error = np.unwrap(np.angle(narrow)) / harmonics[anchor]
        turned = 2 * np.pi / _READINGS_PER_SECOND * np.concatenate([[0.0], np.cumsum(path)])
        ratio = _steadiness(np.abs(wide))
        for _ in range(_REWEIGHTINGS):
            said, ratio = _readings(wide, harmonics, error, ratio, anchor)
            weights = harmonics[:, None] ** 2 * ratio**2 / (ratio + _UNSURE_RATIO) + 1e-9
            mean = (weights * said).sum(axis=0) / weights.sum(axis=0)
            error = _smooth(turned + mean, weights.sum(axis=0)) - turned
        path = path + np.diff(error) * _READINGS_PER_SECOND / (2 * np.pi)
    return path, float(10 * np.log10(np.median(ratio, axis=1).max() + 1e-9))


def _demodulate(
    low: Samples,
    path: Curve,
    first: int,
    harmonics: npt.NDArray[np.int64],
    bandwidth: float,
    num_taps: int,
) -> Lines:
    """Return each harmonic's complex amplitude at the edges of the readings, [harmonics, n + 1]."""
    taps, half = signal.firwin(num_taps, bandwidth, fs=_RATE), num_taps // 2
    num_samples = len(path) * _READING + 1
    time = np.arange(-half, num_samples + half)
    nodes = (np.arange(len(path)) + 0.5) * _READING
    cycles = np.cumsum(np.interp(time, nodes, path)) / _RATE
    cycles -= cycles[half]
    segment = _padded(low, first * _READING - half, len(time))
    lines = np.empty((len(harmonics), len(path) + 1), complex)
    for row, h in enumerate(harmonics):
        turning = segment * np.exp(-2j * np.pi * h * cycles)
        # Whole readings of start-up, then one output a reading.
        filtered = signal.upfirdn(taps, turning, 1, _READING)
        lines[row] = filtered[2 * half // _READING :][: len(path) + 1]
    return lines


def _steadiness(magnitude: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return a first signal-to-noise ratio, from how much each line's magnitude wavers."""
    usual = ndimage.median_filter(magnitude, (1, 2 * _STEADY), mode="nearest")
    wavering = ndimage.uniform_filter1d((magnitude - usual) ** 2, 41, axis=1, mode="nearest")
    ratio = _ratio(usual, wavering)
    # The magnitude alone flatters lines of pure noise; they waver by about half of themselves.
    return ratio * (ratio / (ratio + 2 * _UNSURE_RATIO)) ** 2


def _anchor(lines: Lines) -> int:
    """Return the row of the lowest clear harmonic, the one whose phase turns least, or the best."""
    ratio = np.median(_steadiness(np.abs(lines)), axis=1)
    clear = np.flatnonzero(ratio > _CLEAR_RATIO)
    return int(clear[0] if len(clear) else ratio.argmax())


def _readings(
    lines: Lines,
    harmonics: npt.NDArray[np.int64],
    error: Curve,
    ratio: npt.NDArray[np.float64],
    anchor: int,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return what each harmonic says about the path's error in radians, and how reliably."""
    ratio = ratio + 1e-9
    still = lines * np.exp(-1j * harmonics[:, None] * error)
    level = _slow(ratio)
    offset = _slow(still.real * ratio) + 1j * _slow(still.imag * ratio)
    offset /= np.maximum(np.abs(offset), 1e-30)
    offset[anchor] = 1
    still = still * np.conj(offset)
    amplitude = np.maximum(_slow(still.real * ratio) / level, 0)
    interference = ndimage.uniform_filter1d(
        np.abs(still - amplitude) ** 2, _MOMENT, axis=1, mode="nearest"
    )
    return np.angle(still) / harmonics[:, None] + error, _ratio(amplitude, interference)


def _ratio(
    amplitude: npt.NDArray[np.float64], interference: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return a power ratio of at most 40 dB, 0 for silence."""
    power = amplitude**2
    ratio: npt.NDArray[np.float64] = power / (
        np.maximum(interference, 0) + 1e-4 * power + _INAUDIBLE
    )
    return ratio


def _slow(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    # The running sum's rounding may leave a tiny negative mean of positive numbers.
    mean: npt.NDArray[np.float64] = ndimage.uniform_filter1d(
        values, _STEADY, axis=1, mode="nearest"
    )
    return np.where(np.abs(mean) < 1e-15, 1e-15, mean)


def _smooth(values: Curve, weights: Curve) -> Curve:
    """Return the curve nearest to the values that has small fourth (and second) differences."""
    order, count = min(_ORDER, len(values) - 1), len(values)
    stencil = [(-1.0) ** (order - k) * comb(order, k) for k in range(order + 1)]
    differences = sparse.diags_array(
        stencil, offsets=list(range(order + 1)), shape=(count - order, count)
    )
    # At frequency f the fourth difference multiplies by (2 sin(π f Δt))⁴.
    per_step = 2 * np.sin(np.pi * _CUTOFF_HZ / _READINGS_PER_SECOND)
    stiff = (differences.T @ differences) * (_CUTOFF_WEIGHT / per_step ** (2 * order))
    bends = sparse.diags_array([1.0, -2.0, 1.0], offsets=[0, 1, 2], shape=(count - 2, count))
    stiff = stiff + _BEND_WEIGHT * (bends.T @ bends)
    bands = np.zeros((order + 1, count))
    for k in range(order + 1):
        bands[order - k, k:] = stiff.diagonal(k)
    bands[order] += weights
    smooth: Curve = linalg.solveh_banded(bands, weights * values)
    return smooth


def _harmonics(fundamental: float) -> npt.NDArray[np.int64]:
    return np.arange(1, max(min(_HARMONICS, int(_HIGHEST_HZ / fundamental)), 1) + 1)


def _padded(signal_: Samples, start: int, length: int) -> Curve:
    """Return signal_[start:start + length] as float64, zero outside."""
    part = np.zeros(length)
    begin, end = max(start, 0), min(start + length, len(signal_))
    if end > begin:
        part[begin - start : end - start] = signal_[begin:end]
    return part
