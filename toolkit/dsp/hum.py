"""Find mains hum and rebuild it sample by sample, so that it can be subtracted.

The signal is walked through in overlapping stretches of about a minute. Each is decimated to some
5.5 kHz, where the fundamental is tracked and its harmonics are estimated; what remains of a
stretch is a phase and a few complex amplitudes. The hum of a block of samples is the sum of those
sinusoids at the full rate, cross-faded where stretches overlap. Nothing is filtered: whatever is
not hum stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from toolkit.dsp import hum_lines, hum_rate, hum_track
from toolkit.values import Samples

Array = npt.NDArray[np.float64]
Complex = npt.NDArray[np.complex128]

_STRETCH = 60.0  # s
_OVERLAP = 5.0  # s
_SHORTEST = 4.0  # s; below that a note cannot be told from a hum
_SCREEN_RATE = 1370.0  # Hz, where it is decided whether there is a hum
_SCREENED = 8  # harmonics that decide it
_PROMINENT = 6.0  # dB
_PRESENT = 0.3
_ANCHOR = 12.0  # dB
_STEADY = 0.6  # share of the time that an anchor is present
_SILENT = 1e-7
_MAINS = (50.0, 60.0)


@dataclass(frozen=True)
class HumStretch:
    """Hold the hum of one stretch of a signal.

    Parameters
    ----------
    start, stop : int
        Samples of the full-rate signal that it covers.
    fade_in, fade_out : int
        Samples over which it is cross-faded with its neighbors; 0 at the ends of the signal.
    sample_rate : int
        Of the full-rate signal.
    times, phase : np.ndarray, shape (frames,)
        Phase of the fundamental in radians, times in seconds from `start`.
    knots : np.ndarray, shape (knots,)
        Times of the amplitudes.
    amplitudes : np.ndarray, shape (channels, harmonics, knots), complex
        Zero for lines that are no hum.
    prominence_db : float
        Median over the lines that are.
    """

    start: int
    stop: int
    fade_in: int
    fade_out: int
    sample_rate: int
    times: Array
    phase: Array
    knots: Array
    amplitudes: Complex
    prominence_db: float

    @property
    def harmonics(self) -> tuple[int, ...]:
        """Return the numbers of the harmonics that are hum in some channel, 1 the fundamental."""
        return tuple(int(k) + 1 for k in np.flatnonzero(np.abs(self.amplitudes).sum((0, 2))))

    @property
    def frequencies(self) -> Array:
        """Return the fundamental over time in Hz, smoothed over a second."""
        step = round(hum_lines.FRAME_RATE)
        if len(self.phase) <= step:
            step = len(self.phase) - 1
        change = self.phase[step:] - self.phase[:-step]
        result: Array = change / (2 * np.pi * (self.times[step:] - self.times[:-step]))
        return result

    @property
    def power(self) -> float:
        """Return the mean square of the hum, all channels averaged."""
        return float((np.abs(self.amplitudes) ** 2).mean(2).sum(1).mean() / 2)

    def synthesize(self, start: int, stop: int) -> Samples:
        """Return the hum of samples `start` to `stop` (of the whole signal), faded at its ends."""
        first, last = max(start, self.start), min(stop, self.stop)
        out = np.zeros((len(self.amplitudes), stop - start), np.float32)
        if first >= last:
            return out
        factor = hum_rate.choose_factor(self.sample_rate)
        margin = hum_rate.margin(factor, self.sample_rate)
        begin = (first - self.start) // factor
        end = -(-(last - self.start) // factor)
        time: Array = np.arange(begin - margin, end + margin) * np.float64(
            factor / self.sample_rate
        )
        turn = np.exp(1j * self._phase_at(time)).astype(np.complex64)
        skip = first - self.start - begin * factor
        part = out[:, first - start : last - start]
        for row, amplitudes in zip(part, self.amplitudes, strict=True):
            low = self._sum(amplitudes, time, turn)
            whole = hum_rate.interpolate(low, factor, self.sample_rate)
            row[:] = whole[skip : skip + len(row)]
        self._fade(part, first, last)
        return out

    def _phase_at(self, time: Array) -> Array:
        """Return the phase at any time; beyond the first and last frame it goes on as there."""
        before, after = self.times[0] - 1.0, self.times[-1] + 1.0
        slopes = self.frequencies[[0, -1]] * 2 * np.pi
        times = np.r_[before, self.times, after]
        phase = np.r_[self.phase[0] - slopes[0], self.phase, self.phase[-1] + slopes[1]]
        result: Array = np.interp(time, times, phase)
        return result

    def _sum(
        self, amplitudes: Complex, time: Array, turn: npt.NDArray[np.complex64]
    ) -> npt.NDArray[np.float32]:
        """Return Re Σ A_k turn^k by Horner's rule, from the highest line down."""
        total = np.zeros(len(time), np.complex64)
        lines = np.flatnonzero(np.abs(amplitudes).sum(-1))
        for k in range(lines[-1] if len(lines) else -1, -1, -1):
            if k in lines:
                total += np.interp(time, self.knots, amplitudes[k].real)
                total += 1j * np.interp(time, self.knots, amplitudes[k].imag)
            total *= turn
        return total.real

    def _fade(self, part: Samples, first: int, last: int) -> None:
        rising = self.start + self.fade_in - first
        if rising > 0:
            at = np.arange(first, min(first + rising, last)) - self.start
            part[:, :rising] *= ((at + 0.5) / self.fade_in).astype(np.float32)
        falling = last - (self.stop - self.fade_out)
        if falling > 0:
            at = self.stop - np.arange(max(last - falling, first), last)
            part[:, -falling:] *= ((at - 0.5) / self.fade_out).astype(np.float32)


def find_hum(samples: Samples, sample_rate: int) -> tuple[float, float, float]:
    """Measure the mains hum of a recording.

    Parameters
    ----------
    samples : np.ndarray, shape (channels, samples)
        Finite; may be a memory map of any length.
    sample_rate : int
        In Hz.

    Returns
    -------
    hum_hz : float
        Mean fundamental, 40..70 Hz; 0.0 when there is no hum.
    hum_db : float
        RMS level of all its harmonics together, dB re full scale; -inf when there is none.
    prominence_db : float
        Median height of the harmonics above their spectral surroundings; 0.0 when there is none.
    """
    return summarize(trace_hum(samples, sample_rate), samples.shape[1])


def summarize(stretches: list[HumStretch], num_samples: int) -> tuple[float, float, float]:
    """Return the fundamental in Hz, level in dB and prominence in dB over the whole signal."""
    if not stretches:
        return 0.0, -np.inf, 0.0
    lengths = np.array([each.stop - each.start for each in stretches], float)
    hum_hz = np.average([each.frequencies.mean() for each in stretches], weights=lengths)
    energy = sum(each.power * length for each, length in zip(stretches, lengths, strict=True))
    prominence = np.average([each.prominence_db for each in stretches], weights=lengths)
    hum_db = 10 * np.log10(energy / max(num_samples, 1) + 1e-30)
    return float(hum_hz), float(hum_db), float(prominence)


def trace_hum(
    samples: Samples, sample_rate: int, progress: Callable[[float, float], None] | None = None
) -> list[HumStretch]:
    """Return the stretches of a signal that hum, in order.

    Parameters
    ----------
    samples : np.ndarray, shape (channels, samples)
        Finite; may be a memory map. Read once, a stretch at a time.
    sample_rate : int
        In Hz.
    progress : callable, optional
        ``progress(samples done, samples in all)``.
    """
    total = samples.shape[1]
    found: list[HumStretch] = []
    if total < _SHORTEST * sample_rate:
        return found
    overlap = round(_OVERLAP * sample_rate)
    count = max(round((total - overlap) / (_STRETCH * sample_rate - overlap)), 1)
    size = -(-(total + (count - 1) * overlap) // count)
    begin = 0
    while begin < total:
        end = min(begin + size, total)
        low, rate = hum_rate.decimate(samples, begin, end, sample_rate)
        best = _best(low, rate)
        if best is not None:
            lines, keep = best
            found.append(
                HumStretch(
                    begin,
                    end,
                    overlap if begin > 0 else 0,
                    overlap if end < total else 0,
                    sample_rate,
                    lines.times,
                    lines.phase,
                    lines.knots,
                    lines.amplitudes * keep[..., None],
                    float(np.median(lines.prominence_db[keep])),
                )
            )
        if progress is not None:
            progress(end, total)
        if end == total:
            break
        begin = end - overlap
    return found


def _best(
    low: npt.NDArray[np.float32], rate: float
) -> tuple[hum_lines.Lines, npt.NDArray[np.bool_]] | None:
    """Return the lines of the hum in a stretch and which to keep, None if there is no hum.

    The first harmonics, at a lower rate still, decide which path is the hum if any.
    """
    low = low - low.mean(axis=1, keepdims=True)
    level = float(low.std())
    if level < _SILENT:
        return None
    low /= level
    factor = max(int(rate / _SCREEN_RATE), 1)
    highest = _SCREENED * hum_track.HIGHEST
    screen, screen_rate = hum_rate.decimate(low, 0, low.shape[1], rate, factor, highest)
    times, paths = hum_track.track_frequencies(screen, screen_rate)
    screened = [_estimate(screen, screen_rate, times, path, _SCREENED) for path in paths]
    best = max(screened, key=_evidence)
    if not _is_hum(best):
        return None
    # A note may have led the path astray for a while; carried across that time it starts better.
    lines = _estimate(low, rate, best.times, best.trusted_path())
    if not _is_hum(lines):
        return None
    return replace(lines, amplitudes=level * lines.amplitudes), lines.belongs


def _evidence(lines: hum_lines.Lines) -> float:
    """Return how far and for how much of the time lines stand out, summed over the lines."""
    height = np.clip(lines.prominence_db - _PROMINENT, 0, 15) * lines.presence
    return float(height.max(0).sum())


def _estimate(
    low: npt.NDArray[np.float32], rate: float, times: Array, path: Array, most: int | None = None
) -> hum_lines.Lines:
    """Return the lines, at most so many, of the comb along a path of frequencies."""
    at = np.arange(low.shape[1]) / rate
    step = 2 * np.pi * np.interp(at, times, path) / rate
    phase = np.cumsum(step) - step
    highest = min(hum_rate.HIGHEST, 0.45 * rate)
    num_harmonics = min(int(highest / path.mean()), most or 1000)
    baseband = hum_lines.demodulate(low, rate, phase, num_harmonics)
    hop = round(rate / hum_lines.FRAME_RATE)
    centers = (np.arange(1, baseband.shape[2] + 1) * hop - 0.5) / rate
    at_centers = np.interp(centers, at, phase)
    return hum_lines.estimate_lines(baseband, centers, at_centers)


def _is_hum(lines: hum_lines.Lines) -> bool:
    """Return whether lines make a hum together.

    What no music does is to keep a line clear of its surroundings even in the quietest quarter of
    the time, at one amplitude and phase, through onsets and rests: such a line is an anchor. At the
    mains frequencies one is enough if it stands out very far or others join it; beside them, where
    a copy's speed may have moved the hum, it takes two anchors and four lines in all.
    """
    sure = (lines.prominence_db > _PROMINENT) & (lines.presence > _PRESENT)
    anchor = (lines.prominence_db > _ANCHOR) & (lines.presence > _STEADY)
    count, anchors = int(sure.any(0).sum()), int(anchor.any(0).sum())
    pure = bool((anchor & (lines.prominence_db > 15) & (lines.presence > 0.85))[:, :3].any())
    mean_hz = (lines.phase[-1] - lines.phase[0]) / (2 * np.pi * (lines.times[-1] - lines.times[0]))
    if min(abs(mean_hz - mains) for mains in _MAINS) <= 1.4:
        return pure or (anchors >= 1 and count >= 3)
    return anchors >= 2 and count >= 4
