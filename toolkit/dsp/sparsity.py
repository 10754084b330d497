"""Rebuild clipped peaks from what is left: consistent declipping by social sparsity.

Music is sparse in time and frequency, and its coefficients come in groups: partials last, attacks
spread. Of all signals that agree with the reliable samples and lie beyond the clip level at the
clipped ones, one whose grouped coefficients are sparse is sought. Each iteration

1. moves on a little in the direction the signal went (momentum);
2. puts back the reliable samples, and lifts clipped ones that lie within the clip level to it;
3. multiplies every coefficient of a tight Gabor frame by (1 - λ² / mean of |c|² over its
   neighbors)₊, with neighbors in time and frequency: the persistent empirical Wiener shrinkage of
   Siedenburg, Kowalski and Dörfler (2014, "Audio declipping with social sparsity").

λ falls from above the loudest partials to far below the softest, each level starting from the last
one's solution. Two things differ from the published method. The state is the signal rather than its
coefficients, so that every iteration may use another frame: the grid of frames moves on by a golden
ratio of its step, and its length may alternate. That averages out what a grid does to sounds that
fall between its points (cycle spinning, Coifman and Donoho 1995), at the price of one grid with two
frames over each sample. And the momentum falls with λ, from crossing distances to settling down.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.fft

from toolkit.dsp.peak_prediction import refine
from toolkit.values import Samples

Signal = npt.NDArray[np.float32]
Marks = npt.NDArray[np.int8]
Coefficients = npt.NDArray[np.complex64]

_OVERLAP = 2
_GOLDEN = 0.6180339887498949
_SMALLEST = np.float32(1e-20)
# Share of clipped samples up to which a stretch is clipped lightly, and from which on densely.
_LIGHT, _DENSE = 0.25, 0.6


@dataclass(frozen=True)
class Schedule:
    """Say how threshold and momentum fall and what the frames are.

    Parameters
    ----------
    first, last : float
        Thresholds λ, relative to the clip level times the root of the frame's length.
    levels : int
        Thresholds, both ends included, in geometric steps.
    iterations : int
        At each of them.
    momentum : tuple[float, float]
        Share of the last change that is added again, at the beginning and at the end, 0..1.
    sizes : tuple[float, ...]
        Lengths of frames relative to `n_fft` that take turns, powers of two.
    frames, bins : int
        Odd size of the neighborhood in time and in frequency.
    refined : bool
        Whether linear prediction refines what was found.
    """

    first: float = 1e-2
    last: float = 1e-5
    levels: int = 16
    iterations: int = 10
    momentum: tuple[float, float] = (0.98, 0.9)
    sizes: tuple[float, ...] = (1.0,)
    frames: int = 3
    bins: int = 3
    refined: bool = True


def choose_n_fft(sample_rate: int) -> int:
    """Return the power of two nearest to 0.186 s: 8192 samples at 44.1 kHz."""
    return int(2 ** round(np.log2(8192 * sample_rate / 44100)))


def choose_schedule(marks: Marks) -> Schedule:
    """Return the setting that gives most for its time.

    The more is clipped, the larger the error that remains: thresholds below it add nothing. Where
    most is clipped the peaks are several times as high as what is left of them, and only many
    iterations with lasting momentum get there; the samples between them are then too few for
    linear prediction to know better.
    """
    share = np.count_nonzero(marks) / max(marks.size, 1)
    if share < _LIGHT:
        return Schedule()
    if share < _DENSE:
        return Schedule(
            last=1e-4, levels=12, iterations=36, momentum=(0.98, 0.96), sizes=(0.5, 1, 2)
        )
    return Schedule(
        first=3e-2,
        last=1e-4,
        levels=12,
        iterations=60,
        momentum=(0.98, 0.98),
        sizes=(0.5, 1, 2),
        refined=False,
    )


def declip(samples: Samples, marks: Marks, n_fft: int, schedule: Schedule | None = None) -> Samples:
    """Return a signal whose clipped samples are rebuilt; all others keep their bits.

    What the sparse solution says is then refined by linear prediction.

    Parameters
    ----------
    samples : np.ndarray, shape (channels, samples), float32
        Clipped samples hold the clip level.
    marks : np.ndarray, shape (channels, samples), int8
        +1 where a sample is clipped from above, -1 from below, 0 where it is reliable.
    n_fft : int
        Length of a frame, a power of two; see `choose_n_fft`.
    schedule : Schedule, optional
        From `choose_schedule` by default.

    Returns
    -------
    np.ndarray, shape (channels, samples), float32
        Where marked +1 at least, where marked -1 at most, the input sample.
    """
    out = samples.copy()
    for x, mark, result in zip(samples, marks, out, strict=True):
        for start, stop in _regions(mark, n_fft):
            part = slice(start, stop)
            chosen = schedule or choose_schedule(mark[part])
            rebuilt = consistent(solve(x[part], mark[part], n_fft, chosen), x[part], mark[part])
            if chosen.refined:
                rebuilt = refine(x[part], mark[part], rebuilt, n_fft)
                rebuilt = consistent(rebuilt, x[part], mark[part])
            result[part] = rebuilt
    return out


def consistent(estimate: Signal, x: Signal, marks: Marks) -> Signal:
    """Return x with its clipped samples moved to the estimate where that lies beyond them."""
    beyond = marks * (estimate - x) > 0
    return np.where(beyond, estimate, x)


def solve(x: Signal, marks: Marks, n_fft: int, schedule: Schedule) -> Signal:
    """Return the sparse signal that was found, before it is made consistent.

    Parameters
    ----------
    x : np.ndarray, shape (samples,), float32
    marks : np.ndarray, shape (samples,), int8
        With at least one clipped sample that is not zero.
    n_fft, schedule
        As in `declip`.
    """
    windows = [tight_window(int(n_fft * size), _OVERLAP) for size in schedule.sizes]
    longest = max(len(window) for window in windows)
    # Half a frame on each side is free for what reaches out of the signal. Beyond it, a frame more
    # is held at zero: there not every grid has all its frames, and what is now complete and now
    # not would be driven up by the momentum.
    margin = longest + longest // 2
    inside = slice(margin, margin + len(x))
    scale = np.float32(np.abs(x[marks != 0]).max())
    lower, upper = (np.full(len(x) + 2 * margin, edge, np.float32) for edge in (-np.inf, np.inf))
    for bound in (lower, upper):
        bound[:longest] = bound[-longest:] = 0
    lower[inside] = np.where(marks >= 0, x / scale, -np.inf)
    upper[inside] = np.where(marks <= 0, x / scale, np.inf)
    now = np.zeros(len(lower), np.float32)
    now[inside] = x / scale
    before = now.copy()
    for turn, (threshold, momentum) in enumerate(_turns(schedule)):
        window = windows[turn % len(windows)]
        # Overwrites the signal before the last one, which is not needed any more.
        before -= now
        before *= -np.float32(momentum)
        before += now
        np.clip(before, lower, upper, out=before)
        hop_length = len(window) // _OVERLAP
        offset = int((turn // len(windows) + 1) * _GOLDEN % 1 * hop_length)
        coefficients = analyze(before[offset:], window, _OVERLAP)
        energy = neighborhood(_power(coefficients), schedule.frames, schedule.bins)
        coefficients *= _shrinkage(energy, np.float32(threshold**2 * len(window)))
        part = synthesize(coefficients, window, _OVERLAP)
        before[:offset] = 0
        before[offset : offset + len(part)] = part
        before[offset + len(part) :] = 0
        now, before = before, now
    result: Signal = now[inside] * scale
    return result


def _turns(schedule: Schedule) -> Iterator[tuple[float, float]]:
    """Yield threshold and momentum of each iteration."""
    thresholds = np.geomspace(schedule.first, schedule.last, schedule.levels)
    momenta = np.linspace(*schedule.momentum, schedule.levels * schedule.iterations)
    return zip(np.repeat(thresholds, schedule.iterations), momenta, strict=True)


def tight_window(n_fft: int, overlap: int = 4) -> Signal:
    """Return a Hann window scaled so that its squares, `overlap` at a time, sum to one."""
    hann = np.sin(np.pi * (np.arange(n_fft) + 0.5) / n_fft) ** 2
    total = (hann**2).reshape(overlap, -1).sum(0)
    window: Signal = (hann / np.sqrt(np.tile(total, overlap))).astype(np.float32)
    return window


def analyze(signal: Signal, window: Signal, overlap: int = 4) -> Coefficients:
    """Return the coefficients, shape (frames, bins), of the frames that lie within a signal."""
    n_fft = len(window)
    frames = np.lib.stride_tricks.sliding_window_view(signal, n_fft)[:: n_fft // overlap]
    result: Coefficients = scipy.fft.rfft(
        frames * window, axis=1, norm="ortho", overwrite_x=True, workers=1
    )
    return result


def synthesize(coefficients: Coefficients, window: Signal, overlap: int = 4) -> Signal:
    """Return the signal of coefficients; the adjoint of `analyze`."""
    n_fft = len(window)
    frames = scipy.fft.irfft(coefficients, n_fft, axis=1, norm="ortho", workers=1)
    frames *= window
    parts = frames.reshape(len(frames), overlap, -1)
    out = np.zeros((len(frames) + overlap - 1, n_fft // overlap), np.float32)
    for index in range(overlap):
        out[index : index + len(frames)] += parts[:, index]
    return out.ravel()


def neighborhood(power: Signal, frames: int, bins: int) -> Signal:
    """Return the mean over an odd number of frames and bins around each; zero beyond the edges."""
    total = power.copy()
    for shift in range(1, frames // 2 + 1):
        total[shift:] += power[:-shift]
        total[:-shift] += power[shift:]
    out = total.copy()
    for shift in range(1, bins // 2 + 1):
        out[:, shift:] += total[:, :-shift]
        out[:, :-shift] += total[:, shift:]
    out *= np.float32(1 / (frames * bins))
    return out


def _power(coefficients: Coefficients) -> Signal:
    parts = coefficients.view(np.float32)
    squares = parts * parts
    power: Signal = squares[:, ::2] + squares[:, 1::2]
    return power


def _shrinkage(energy: Signal, threshold: np.float32) -> Signal:
    np.maximum(energy, _SMALLEST, out=energy)
    np.divide(-threshold, energy, out=energy)
    energy += np.float32(1)
    np.maximum(energy, np.float32(0), out=energy)
    return energy


def _regions(marks: Marks, n_fft: int) -> list[tuple[int, int]]:
    """Return spans of a frame around the clipped samples, joined where they meet."""
    at = np.flatnonzero(marks)
    if not len(at):
        return []
    breaks = np.flatnonzero(np.diff(at) > 2 * n_fft)
    starts = np.maximum(at[np.r_[0, breaks + 1]] - n_fft, 0)
    stops = np.minimum(at[np.r_[breaks, len(at) - 1]] + n_fft, len(marks) - 1) + 1
    return [(int(a), int(b)) for a, b in zip(starts, stops, strict=True)]
