"""Fit autoregressive models to many segments with holes, by the shifts of their equations.

Least squares over forward and backward prediction needs ``R[i, j] = Σ w[n] x[n + i] x[n + j]``,
where w is 1 for the equations that are trusted and 0 for those that touch a hole. Summing that up
costs order² for every equation. But one step down the diagonal only moves the equations on by one
sample, so the sums differ by what enters and leaves at the ends of each trusted run:

    R[i + 1, j + 1] = R[i, j] + Σ (w[n - 1] - w[n]) x[n + i] x[n + j],

and the first row is a correlation, for which there is the Fourier transform (the displacement
structure of the covariance method: Morf, Dickinson, Kailath & Vieira 1977). Two or three runs leave
a handful of terms in the place of hundreds of equations.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.fft import irfft, next_fast_len, rfft

from toolkit.dsp.linear_prediction import Array, solve_normal


def shift_models(segments: Array, trusted: npt.NDArray[np.bool_], order: int) -> Array:
    """Fit models by least squares over forward and backward prediction.

    The modified covariance method (Ulrych & Clayton 1976) uses no window, so that the model of a
    short stretch is as sharp as the stretch allows; both directions share one model because the
    reversed signal has the same spectrum. The fewer runs of trusted equations, the faster.

    Parameters
    ----------
    segments : np.ndarray, shape (segments, samples)
        More than `order` samples each.
    trusted : np.ndarray of bool, shape (segments, samples - order)
        Whether the prediction equation over samples n..n + order counts.
    order : int

    Returns
    -------
    np.ndarray, shape (segments, order + 1)
        Models; ``[1, 0, ..., 0]`` where no equation is trusted.
    """
    moments = _moments(segments, trusted, order)
    normal = moments[:, 1:, 1:] + moments[:, -2::-1, -2::-1]
    right = moments[:, 1:, 0] + moments[:, -2::-1, -1]
    return solve_normal(normal, right)


def _moments(segments: Array, trusted: npt.NDArray[np.bool_], order: int) -> Array:
    """Return R of every segment, shape (segments, order + 1, order + 1)."""
    moments = np.empty((len(segments), order + 1, order + 1))
    moments[:, 0] = _first_rows(segments, trusted, order)
    moments[:, 1:, 0] = moments[:, 0, 1:]
    change = _changes(segments, trusted, order)
    for row in range(order):
        np.add(moments[:, row, :-1], change[:, row, :-1], out=moments[:, row + 1, 1:])
    return moments


def _first_rows(segments: Array, trusted: npt.NDArray[np.bool_], order: int) -> Array:
    length = next_fast_len(segments.shape[1], real=True)
    ahead = rfft(np.where(trusted, segments[:, :-order], 0.0), length, axis=1)
    ahead = ahead.conj() * rfft(segments, length, axis=1)
    return np.asarray(irfft(ahead, length, axis=1)[:, : order + 1])


def _changes(segments: Array, trusted: npt.NDArray[np.bool_], order: int) -> Array:
    """Return ``Σ (w[n - 1] - w[n]) x[n + i] x[n + j]`` over the ends of the trusted runs."""
    step = np.diff(trusted.astype(np.int8), axis=1, prepend=0, append=0)
    row, at = np.nonzero(step)
    sign = -step[row, at].astype(np.float64)
    count = np.bincount(row, minlength=len(segments))
    # Every segment gets as many places as the one with most ends; those left over add nothing.
    place = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    ends = np.zeros((len(segments), max(int(count.max(initial=0)), 1), order + 1))
    # The equation after the last would need one sample more, which only its last row, unused, sees.
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(segments, ((0, 0), (0, 1))), order + 1, axis=1
    )
    ends[row, place] = windows[row, at]
    signed = np.zeros_like(ends)
    signed[row, place] = sign[:, None] * ends[row, place]
    return np.asarray(ends.swapaxes(1, 2) @ signed)
