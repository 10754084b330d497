"""Rebuild clipped peaks from what is left: consistent declipping by social sparsity.

Music is sparse in time and frequency, and its coefficients come in groups: partials last, attacks
spread. Of all signals that agree with the reliable samples and lie beyond the clip level at the
clipped ones, the one with the sparsest grouped coefficients c is sought (Siedenburg, Kowalski and
Dörfler 2014, "Audio declipping with social sparsity", persistent empirical Wiener shrinkage):

    minimize  ½ ‖reliable(y - Φc)‖² + ½ ‖clipped(θ - Φc)₊‖²  + λ-weighted sparsity of c

where Φ is a tight Gabor frame, so that ΦΦ* = 1 and a step of length one decreases the first two
terms. Each iteration takes that step and then multiplies every coefficient by

    (1 - λ² / mean of |c|² over its neighbors)₊

with neighbors in time and frequency, and moves on a little in the direction it went. λ falls from
above the loudest partials to far below the softest, each level starting from the last one's
solution. At the end reliable samples are put back exactly and clipped ones are held beyond θ.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.fft

from toolkit.values import Samples

Signal = npt.NDArray[np.float32]
Marks = npt.NDArray[np.int8]
Coefficients = npt.NDArray[np.complex64]

_DENSE = 0.35  # share of clipped samples from which a signal counts as densely clipped
_SMALLEST = np.float32(1e-20)


@dataclass(frozen=True)
class Schedule:
    """Say how the threshold falls and how far a coefficient's neighborhood reaches.

    Parameters
    ----------
    first, last : float
        Thresholds λ, relative to the clip level times the root of `n_fft`.
    levels : int
        Thresholds in between, both ends included, in geometric steps.
    iterations : int
        At each of them.
    momentum : float
        Share of the last change that is added again, 0..1.
    frames, bins : int
        Odd size of the neighborhood in time and in frequency.
    overlap : int
        Frames that cover each sample, 2 or more; divides `n_fft`.
    """

    first: float = 1e-2
    last: float = 1e-5
    levels: int = 20
    iterations: int = 26
    momentum: float = 0.98
    frames: int = 3
    bins: int = 3
    overlap: int = 2


def choose_n_fft(sample_rate: int) -> int:
    """Return the power of two nearest to 0.186 s: 8192 samples at 44.1 kHz."""
    return int(2 ** round(np.log2(8192 * sample_rate / 44100)))


def choose_schedule(marks: Marks) -> Schedule:
    """Return the setting that gives most for its time.

    Where a minority of the samples is clipped, two frames over each sample cost half of what four
    do and lose little on average, though more on a lone sustained tone. Where most are clipped, the
    finer frame matters, while thresholds below a hundredth of the first no longer do, as the error
    is larger than what they would add.
    """
    if np.count_nonzero(marks) > _DENSE * marks.size:
        return Schedule(last=1e-4, levels=12, iterations=20, frames=5, overlap=4)
    return Schedule()


def declip(samples: Samples, marks: Marks, n_fft: int, schedule: Schedule | None = None) -> Samples:
    """Return a signal whose clipped samples are rebuilt; all others keep their bits.

    Parameters
    ----------
    samples : np.ndarray, shape (channels, samples), float32
        Clipped samples hold the clip level.
    marks : np.ndarray, shape (channels, samples), int8
        +1 where a sample is clipped from above, -1 from below, 0 where it is reliable.
    n_fft : int
        Length of a frame, a multiple of four; see `choose_n_fft`.
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
            rebuilt = solve(x[part], mark[part], n_fft, chosen)
            beyond = mark[part] * (rebuilt - x[part]) > 0
            result[part][beyond] = rebuilt[beyond]
    return out


def solve(x: Signal, marks: Marks, n_fft: int, schedule: Schedule) -> Signal:
    """Return the signal of the sparsest coefficients found, before it is made consistent.

    Parameters
    ----------
    x : np.ndarray, shape (samples,), float32
    marks : np.ndarray, shape (samples,), int8
        With at least one clipped sample that is not zero.
    n_fft, schedule
        As in `declip`.
    """
    overlap = schedule.overlap
    hop_length = n_fft // overlap
    num_hops = -(-len(x) // hop_length) + 2 * (overlap - 1)
    inside = slice((overlap - 1) * hop_length, (overlap - 1) * hop_length + len(x))
    scale = float(np.abs(x[marks != 0]).max())
    target = np.zeros(num_hops * hop_length, np.float32)
    target[inside] = x / scale
    # Outside the signal nothing is known, so nothing pulls there: lower = -inf, upper = inf. A
    # residual is what is missing to [lower, upper], the target itself where the sample is reliable.
    lower, upper = (np.full(len(target), edge, np.float32) for edge in (-np.inf, np.inf))
    lower[inside] = np.where(marks >= 0, target[inside], -np.inf)
    upper[inside] = np.where(marks <= 0, target[inside], np.inf)
    window = tight_window(n_fft, overlap)
    now = analyze(target, window, overlap)
    ahead = now.copy()
    for level in np.geomspace(schedule.first, schedule.last, schedule.levels):
        threshold = np.float32((level * np.sqrt(n_fft)) ** 2)
        for _ in range(schedule.iterations):
            signal = synthesize(ahead, window, overlap)
            residual = np.clip(signal, lower, upper)
            residual -= signal
            ahead += analyze(residual, window, overlap)
            energy = neighborhood(_power(ahead), schedule.frames, schedule.bins)
            ahead *= _shrinkage(energy, threshold)
            # ahead = new + momentum * (new - now), without a temporary for the new one.
            new = ahead
            ahead = new - now
            ahead *= np.float32(schedule.momentum)
            ahead += new
            now = new
    result: Signal = synthesize(now, window, overlap)[inside] * np.float32(scale)
    return result


def tight_window(n_fft: int, overlap: int = 4) -> Signal:
    """Return a Hann window scaled so that its squares, `overlap` at a time, sum to one."""
    hann = np.sin(np.pi * (np.arange(n_fft) + 0.5) / n_fft) ** 2
    total = (hann**2).reshape(overlap, -1).sum(0)
    window: Signal = (hann / np.sqrt(np.tile(total, overlap))).astype(np.float32)
    return window


def analyze(signal: Signal, window: Signal, overlap: int = 4) -> Coefficients:
    """Return the coefficients, shape (frames, bins), of a signal of whole hops."""
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
