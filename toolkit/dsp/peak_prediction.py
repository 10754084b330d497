"""Refine rebuilt peaks by linear prediction from the reliable samples around them.

Sparsity in coarse frames finds the shape of a clipped peak to within a few per cent. A linear
predictor that is fitted to that finds what the reliable samples beside the peak demand of it: the
clipped samples x are moved to where

    (sum of the squared prediction errors) / σ² + ‖x - estimate‖² / τ²

is least, with σ² the variance of the errors and τ² the expected square of the estimate's own error,
a share of what it added beyond the clip level. Tones are predictable, so σ² is small and the peak
obeys the samples around it; drums are not, so they stay as they are. (The predictor alone, Janssen,
Veldhuis and Vries 1986, is the weakest of all declippers at low levels and one of the best at high
ones; Záviška, Rajmic, Ozerov and Rencker 2021.)

Predictors are fitted to frames under a Hann window, and the frames' solutions are cross-faded. No
length of frame suits every music, so the mean of two is taken.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from toolkit.dsp.gap_equations import complete
from toolkit.dsp.predictor import Array, fit_predictor

Signal = npt.NDArray[np.float32]
Marks = npt.NDArray[np.int8]

_LENGTHS = (1, 2)  # frames, relative to n_fft
_ORDER_SHARE = 16  # samples of a frame for each coefficient of its predictor
_HIGHEST_ORDER = 4096  # the equations take a time of its square
_ERROR_SHARE = 0.3  # τ² relative to the mean square of what the estimate added
_WHITE_FLOOR = 1e-7


def refine(x: Signal, marks: Marks, estimate: Signal, n_fft: int) -> Signal:
    """Return an estimate of a clipped signal that fits its reliable samples better.

    Parameters
    ----------
    x : np.ndarray, shape (samples,), float32
        Clipped samples hold the clip level.
    marks : np.ndarray, shape (samples,), int8
        Nonzero where a sample is clipped.
    estimate : np.ndarray, shape (samples,), float32
        Equals `x` where that is reliable.
    n_fft : int
        Even; frames have this length and twice it.

    Returns
    -------
    np.ndarray, shape (samples,), float32
        Reliable samples to within rounding.
    """
    total = np.zeros(len(x))
    for length in _LENGTHS:
        total += _in_frames(x, marks != 0, estimate, n_fft * length)
    return np.asarray(total / len(_LENGTHS), np.float32)


def _in_frames(x: Signal, clipped: npt.NDArray[np.bool_], estimate: Signal, n_fft: int) -> Array:
    """Return the cross-faded solutions of frames that overlap by half."""
    hop_length = n_fft // 2
    num_frames = -(-len(x) // hop_length) + 1
    padding = (hop_length, num_frames * hop_length - len(x))
    now = np.pad(estimate.astype(np.float64), padding)
    added = now - np.pad(x, padding)
    unknown = np.pad(clipped, padding)
    fade = np.sin(np.pi * (np.arange(n_fft) + 0.5) / n_fft) ** 2
    out = np.zeros(len(now))
    for start in range(0, num_frames * hop_length, hop_length):
        frame = slice(start, start + n_fft)
        out[frame] += fade * _one_frame(now[frame], unknown[frame], added[frame])
    return out[hop_length : hop_length + len(x)]


def _one_frame(x: Array, unknown: npt.NDArray[np.bool_], added: Array) -> Array:
    excess = float(added @ added)
    if excess == 0:
        return x
    order = min(max(len(x) // _ORDER_SHARE, 1), _HIGHEST_ORDER)
    predictor = fit_predictor(x, order, _WHITE_FLOOR)
    expected = _ERROR_SHARE * excess / np.count_nonzero(unknown)
    return complete(x, unknown, predictor, trust=predictor.variance / expected)
