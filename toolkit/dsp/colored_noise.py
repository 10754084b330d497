"""Endless colored noise of which every piece can be had on its own, whatever was asked before.

The noise is made of overlapping segments, each from a generator seeded by its number and weighted
by a sine window of two hops. The segments are independent, so variances add, and sin² + cos² = 1
keeps the level.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

HOP_LENGTH = 2**15
"""Samples from one segment to the next; a segment has two of them."""

N_FFT = 2 * HOP_LENGTH
"""Length of the transform in which a segment gets its color."""


@dataclass(frozen=True, eq=False)
class ColoredNoise:
    """Hold what decides a noise.

    Parameters
    ----------
    num_channels : int
        Channels.
    response : np.ndarray, shape (HOP_LENGTH + 1,)
        Amplitude by frequency, 0 Hz to Nyquist; of `unit_response` for a noise of unit variance.
    correlation : float
        Between any two channels, 0..1.
    seed : int
        Decides the noise.
    """

    num_channels: int
    response: np.ndarray
    correlation: float
    seed: int

    def between(self, start: int, stop: int) -> np.ndarray:
        """Return the noise from sample `start` up to `stop`; shape (channels, stop - start)."""
        noise = np.zeros((self.num_channels, stop - start))
        for number in range(start // HOP_LENGTH - 1, -(-stop // HOP_LENGTH)):
            begin = number * HOP_LENGTH
            low, high = max(begin, start), min(begin + N_FFT, stop)
            if low < high:
                segment = self._segment(number)
                noise[:, low - start : high - start] += segment[:, low - begin : high - begin]
        return noise

    def _segment(self, number: int) -> np.ndarray:
        rng = np.random.default_rng([self.seed, number + 1])
        shape = (self.num_channels, N_FFT)
        window = np.sin(np.pi * (np.arange(N_FFT) + 0.5) / N_FFT)
        return circular(rng, shape, self.response, self.correlation) * window


def unit_response(level_db: np.ndarray, n_fft: int) -> np.ndarray:
    """Return amplitudes whose mean square over the whole circle of frequencies is one.

    Parameters
    ----------
    level_db : np.ndarray, shape (n_fft // 2 + 1,)
        The color in dB, 0 Hz to Nyquist; what it says of 0 Hz is ignored, the noise has none.
    n_fft : int
        Length of the transform.
    """
    response = 10 ** (level_db / 20)
    response[0] = 0.0
    weights = np.full(len(level_db), 2.0)
    weights[0] = 1.0
    if n_fft % 2 == 0:
        weights[-1] = 1.0
    power = (weights * response**2).sum() / n_fft
    return np.asarray(response / np.sqrt(power))


def circular(
    rng: np.random.Generator, shape: tuple[int, int], response: np.ndarray, correlation: float
) -> np.ndarray:
    """Return circular colored noise whose channels share `correlation` of their power."""
    own = rng.standard_normal(shape)
    shared = rng.standard_normal(shape[1])
    white = np.sqrt(1 - correlation) * own + np.sqrt(correlation) * shared
    return np.fft.irfft(np.fft.rfft(white, axis=1) * response, shape[1], axis=1)
