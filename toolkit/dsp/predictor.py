"""Fit linear predictors of a thousand coefficients and more to a stretch of sound.

A predictor says that e[n] = x[n] + a[1] x[n-1] + ... + a[p] x[n-p] is small and white. One of
order 32 knows the color of a sound; one of order 1000 resolves its partials, and so knows how it
goes on for as long as they last.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.fft
from scipy.linalg import solve_toeplitz

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Predictor:
    """Hold what the Yule-Walker equations give.

    Parameters
    ----------
    coefficients : np.ndarray, shape (order + 1,), float64
        The prediction error filter [1, a1, ..., ap].
    variance : float
        Mean square of the prediction error, > 0.
    """

    coefficients: Array
    variance: float

    @property
    def order(self) -> int:
        """Return p."""
        return len(self.coefficients) - 1

    def lags(self) -> Array:
        """Return the autocorrelation of the coefficients at lags 0..order.

        The sum of e² is quadratic in x, and b[|i - j|] are the elements of its matrix.
        """
        return autocorrelation(self.coefficients, self.order)


def fit_predictor(x: Array, order: int, white_floor: float) -> Predictor:
    """Fit a predictor to a stretch under a Hann window (autocorrelation method, Makhoul 1975).

    Parameters
    ----------
    x : np.ndarray, shape (samples,), float64
        Longer than `order`, not silent.
    order : int
        p >= 1.
    white_floor : float
        Power of the white noise that is assumed beneath the sound, relative to it. It keeps the
        equations solvable for pure tones, and keeps the model from trusting them blindly.
    """
    window = np.sin(np.pi * (np.arange(len(x)) + 0.5) / len(x)) ** 2
    lags = autocorrelation(x * window, order)
    lags[0] *= 1 + white_floor
    coefficients = np.concatenate([[1.0], -solve_toeplitz(lags[:-1], lags[1:])])
    error = max(float(lags @ coefficients), white_floor * lags[0])
    return Predictor(coefficients, error / float(window @ window))


def autocorrelation(x: Array, order: int) -> Array:
    """Return the sums of x[n] x[n + lag] for lags 0..order, zero beyond the ends."""
    length = scipy.fft.next_fast_len(len(x) + order, real=True)
    power = np.abs(scipy.fft.rfft(x, length)) ** 2
    lags: Array = scipy.fft.irfft(power, length)[: order + 1]
    return lags
