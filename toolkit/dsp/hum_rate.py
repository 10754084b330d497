"""Bring a signal to a low rate and what was made there back to the full one, flat and in phase.

Both ways use one Kaiser-windowed sinc of 80 dB (Kaiser 1974). Cut into rows of as many taps as the
rates differ by, it is a small matrix T: a polyphase filter bank (Bellanger 1976) whose branches are
all computed by one matrix product, which is several times faster than a convolution that skips.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
from scipy import signal

from toolkit import chunks
from toolkit.values import Samples

HIGHEST = 2000.0  # Hz, up to which the response is flat
_LOW_RATE = 5500.0  # Hz
_KAISER_BETA = 7.86
_ATTENUATION = 80.0  # dB
_BLOCK = 2**20


def choose_factor(sample_rate: float) -> int:
    """Return by how much a rate is divided so that it stays just above 5.5 kHz."""
    return max(int(sample_rate / _LOW_RATE), 1)


@functools.lru_cache(maxsize=8)
def kernel(factor: int, sample_rate: float, highest: float = HIGHEST) -> npt.NDArray[np.float32]:
    """Return the low-pass as rows of `factor` taps, shape (2 * reach + 1, factor).

    Parameters
    ----------
    factor : int
        Ratio of the rates, at least 2.
    sample_rate : float
        The full rate in Hz.
    highest : float
        End of the flat band in Hz, below half the low rate. What folds onto it is stopped.
    """
    rate = sample_rate / factor
    transition = 2 * np.pi * (rate - 2 * highest) / sample_rate
    reach = int(np.ceil((_ATTENUATION - 8) / (2.285 * transition) / 2 / factor))
    taps = signal.firwin(
        2 * reach * factor + 1, rate / 2, window=("kaiser", _KAISER_BETA), fs=sample_rate
    )
    return np.pad(taps, (0, factor - 1)).reshape(-1, factor).astype(np.float32)


def decimate(
    samples: Samples,
    begin: int,
    end: int,
    sample_rate: float,
    factor: int | None = None,
    highest: float = HIGHEST,
) -> tuple[npt.NDArray[np.float32], float]:
    """Return samples `begin` to `end` at a low rate, and that rate in Hz.

    Parameters
    ----------
    samples : np.ndarray, shape (channels, samples)
        May be a memory map.
    begin, end : int
        Sample m of the result lies at sample ``begin + m * factor``.
    sample_rate : float
        In Hz.
    factor : int, optional
        Ratio of the rates, `choose_factor` by default.
    highest : float
        Response is flat up to this frequency in Hz.
    """
    factor = factor or choose_factor(sample_rate)
    part = samples[:, begin:end]
    if factor == 1:
        return np.array(part, np.float32), sample_rate
    rows = kernel(factor, sample_rate, highest)
    reach = len(rows) // 2
    out = np.zeros((part.shape[0], -(-part.shape[1] // factor)), np.float32)
    size = max(_BLOCK // part.shape[0] // factor, 1) * factor
    for block in chunks.blocks(part, size=size, context=reach * factor):
        at = block.span.start // factor
        count = -(-(block.keep.stop - block.keep.start) // factor)
        front = reach * factor - block.keep.start
        back = (count + 2 * reach) * factor - front - block.samples.shape[1]
        x = np.pad(block.samples, ((0, 0), (front, max(back, 0))))
        for channel, each in enumerate(x[:, : (count + 2 * reach) * factor]):
            branches = each.reshape(-1, factor) @ rows.T
            for shift in range(len(rows)):
                out[channel, at : at + count] += branches[shift : shift + count, shift]
    return out, sample_rate / factor


def interpolate(low: npt.NDArray[np.float32], factor: int, sample_rate: float) -> Samples:
    """Return a signal at the full rate, without the samples at its ends that lack neighbors.

    Parameters
    ----------
    low : np.ndarray, shape (samples,)
        With `margin` samples before and behind those that are wanted.
    factor : int
        Ratio of the rates.
    sample_rate : float
        The full rate in Hz.
    """
    if factor == 1:
        return low
    rows = kernel(factor, sample_rate)
    windows = np.lib.stride_tricks.sliding_window_view(low, len(rows))
    result: Samples = (windows @ (np.float32(factor) * rows[::-1])).ravel()
    return result


def margin(factor: int, sample_rate: float) -> int:
    """Return how many low-rate samples `interpolate` needs on each side."""
    return 0 if factor == 1 else len(kernel(factor, sample_rate)) // 2
