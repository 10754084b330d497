"""Filters given by their loss over frequency, which move nothing in time.

A real, even frequency response G(f) belongs to an impulse response that is even in time: every
frequency keeps its phase, so that damaged and clean sound stay aligned sample by sample. The taps
are the inverse transform of G, cut to ±0.1 s by a Hann window; that smooths G over 10 Hz, finer
than a medium's response changes anywhere.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import fft, signal

from toolkit import chunks
from toolkit.values import Samples

Curve = Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]
"""Maps frequencies in Hz, > 0, to gains in dB."""

_SECONDS = 0.1
_BLOCK = 2**17


def taps(gain_db: Curve, sample_rate: int) -> npt.NDArray[np.float64]:
    """Return the impulse response of a curve of gains.

    Parameters
    ----------
    gain_db : callable
        Gain in dB by frequency in Hz; -inf is allowed.
    sample_rate : int
        In Hz.

    Returns
    -------
    np.ndarray, shape (2 · half + 1,)
        Symmetric about its middle, ±0.1 s long.
    """
    half = max(1, round(_SECONDS * sample_rate))
    n_fft = fft.next_fast_len(4 * half, real=True)
    frequency = fft.rfftfreq(n_fft, 1 / sample_rate)
    # What the curve says of 0 Hz is its value just above: logarithms have no other.
    frequency[0] = 0.01 * frequency[1]
    response = fft.irfft(10 ** (gain_db(frequency) / 20), n_fft)
    middle = np.concatenate([response[-half:], response[: half + 1]])
    return np.asarray(middle * signal.windows.hann(2 * half + 3)[1:-1])


def filter_by(
    samples: Samples,
    gain_db: Curve,
    sample_rate: int,
    *,
    out: Samples,
    progress: Callable[[float, float], None] | None = None,
) -> Samples:
    """Filter a signal of any length by a curve of gains, with zero phase.

    Parameters
    ----------
    samples : np.ndarray, shape (channels, samples)
        May be a memory map. Zero outside.
    gain_db : callable
        As in `taps`.
    sample_rate : int
        In Hz.
    out : np.ndarray
        Like `samples`, zeroed; takes the result and is returned.
    progress : callable, optional
        ``progress(samples done, samples in all)``.
    """
    kernel = taps(gain_db, sample_rate)

    def apply(block: Samples, start: int) -> Samples:
        # One channel at a time: the transforms of 32 of them would not fit.
        return np.stack(
            [
                signal.fftconvolve(channel, kernel, mode="same").astype(np.float32)
                for channel in block
            ]
        )

    return chunks.overlap_add(
        apply, samples, size=_BLOCK, context=len(kernel) // 2, out=out, progress=progress
    )
