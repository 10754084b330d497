"""Follow the frequency of a hum through a stretch of signal, by all its harmonics at once.

The spectrum of each window of 1.5 s says how far every frequency stands out of its surroundings.
The salience of a fundamental f is the sum of that height, limited to 20 dB, over the multiples of
f: no single loud note can win, a weak comb of many lines can, and the fundamental itself may be
missing. Because notes come and go, the height is first replaced by a low percentile over the
neighboring windows. The best path through salience and time (Viterbi 1967) is the frequency.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.fft
from scipy import ndimage

Array = npt.NDArray[np.float64]

LOWEST, HIGHEST = 40.0, 70.0  # Hz; copies at a wrong speed lie beside the mains frequencies
_STEP = 0.05  # Hz between candidates
_WINDOW = 1.5  # s
_REACH = 7  # neighboring windows that the percentile looks at
_BANDS = (
    (40, 70),
    (48.6, 49.8),
    (49.4, 50.6),
    (50.2, 51.4),
    (58.6, 59.8),
    (59.4, 60.6),
    (60.2, 61.4),
)
_HOP = 0.5  # s
_HARMONICS = 8
_SLEW = 4  # candidates per window that the frequency may move
_SLEW_COST = 1.0  # dB for each of them
_LIMIT = 20.0  # dB
_SAME = 0.1  # Hz; paths nearer to each other are one


def track_frequencies(
    samples: npt.NDArray[np.float32], sample_rate: float
) -> tuple[Array, list[Array]]:
    """Return the most hum-like fundamental over time, for several bands to choose from.

    Music in the wrong key makes combs of its own, so the best path overall may be no hum while one
    closer to the mains frequencies is; which of them stands still is seen only at the lines.

    Parameters
    ----------
    samples : np.ndarray, shape (channels, samples)
        At a low rate, from about 4 kHz on; channels are heard together.
    sample_rate : float
        In Hz.

    Returns
    -------
    times : np.ndarray, shape (windows,)
        Centers of the windows in seconds.
    frequencies : list of np.ndarray, shape (windows,)
        Different paths in Hz, the first over all of `LOWEST` to `HIGHEST`.
    """
    heights, bin_hz, times = _heights(samples, sample_rate)
    candidates = np.arange(LOWEST, HIGHEST + _STEP / 2, _STEP)
    score = np.zeros((len(heights), len(candidates)))
    for k in range(1, _HARMONICS + 1):
        at = candidates * k / bin_hz
        low = at.astype(int)
        if low[-1] + 1 >= heights.shape[1]:
            break
        score += heights[:, low] * (1 - (at - low)) + heights[:, low + 1] * (at - low)
    paths: list[Array] = []
    for low_hz, high_hz in _BANDS:
        band = (candidates > low_hz - _STEP / 2) & (candidates < high_hz + _STEP / 2)
        inside = score[:, band]
        path = _refine(inside, _viterbi(inside), candidates[band])
        if all(np.abs(path - other).mean() > _SAME for other in paths):
            paths.append(path)
    return times, paths


def _heights(samples: npt.NDArray[np.float32], sample_rate: float) -> tuple[Array, float, Array]:
    """Return how many dB (0 to the limit) each bin of each window stands out, and the grids."""
    win_length = min(int(_WINDOW * sample_rate), samples.shape[1])
    hop_length = max(int(_HOP * sample_rate), 1)
    n_fft = scipy.fft.next_fast_len(2 * win_length, real=True)
    bin_hz = sample_rate / n_fft
    num_bins = min(int((_HARMONICS + 0.5) * HIGHEST / bin_hz), n_fft // 2)
    window = np.hanning(win_length + 2)[1:-1].astype(np.float32)
    starts = np.arange(0, samples.shape[1] - win_length + 1, hop_length)
    power = np.zeros((len(starts), num_bins), np.float32)
    for row, start in enumerate(starts):
        frame = samples[:, start : start + win_length] * window
        spectrum = scipy.fft.rfft(frame, n_fft, axis=1)[:, :num_bins]
        power[row] = (spectrum.real**2 + spectrum.imag**2).sum(0)
    level = 10 * np.log10(power + 1e-12)
    level = ndimage.percentile_filter(level, 30, size=(_REACH, 1), mode="nearest")
    # A spectral median over a third of the distance of two lines does not see the lines.
    around = int(18 / bin_hz) | 1
    surroundings = ndimage.uniform_filter1d(
        ndimage.median_filter(level[:, ::4], size=(1, around // 4 | 1), mode="nearest"), 5, axis=1
    )
    surroundings = np.repeat(surroundings, 4, axis=1)[:, :num_bins]
    heights = np.clip(level - surroundings, 0, _LIMIT)
    return heights, bin_hz, (starts + win_length / 2) / sample_rate


def _viterbi(score: Array) -> npt.NDArray[np.intp]:
    """Return the path of highest total score that moves a limited way per step."""
    num_steps, width = score.shape
    shifts = np.arange(-_SLEW, _SLEW + 1)
    best = score[0]
    came_from = np.zeros((num_steps, width), np.intp)
    for step in range(1, num_steps):
        padded = np.pad(best, _SLEW, constant_values=-np.inf)
        options = np.stack([padded[_SLEW + d : _SLEW + d + width] for d in shifts])
        options -= _SLEW_COST * np.abs(shifts)[:, None]
        choice = np.argmax(options, axis=0)
        came_from[step] = np.arange(width) + shifts[choice]
        best = options[choice, np.arange(width)] + score[step]
    path = np.zeros(num_steps, np.intp)
    path[-1] = int(np.argmax(best))
    for step in range(num_steps - 1, 0, -1):
        path[step - 1] = came_from[step, path[step]]
    return path


def _refine(score: Array, path: npt.NDArray[np.intp], candidates: Array) -> Array:
    """Return the path with the vertex of a parabola through three candidates, smoothed."""
    rows = np.arange(len(path))
    middle = np.clip(path, 1, score.shape[1] - 2)
    left, center, right = (score[rows, middle + d] for d in (-1, 0, 1))
    curvature = np.minimum(left - 2 * center + right, -1e-9)
    offset = np.clip((left - right) / (2 * curvature), -0.5, 0.5)
    refined = candidates[middle] + offset * _STEP
    result: Array = ndimage.gaussian_filter1d(refined, 1.0, mode="nearest")
    return result
