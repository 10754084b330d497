"""Mix noise into a signal at a stated ratio, however long the signal is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from toolkit import chunks
from toolkit.values import Samples

_BLOCK = 2**18


def power(samples: Samples) -> float:
    """Return the mean square of a signal of any length, its channels together; 0 when empty."""
    total = sum(
        float(np.square(block.samples, dtype=np.float64).sum())
        for block in chunks.blocks(samples, size=_BLOCK)
    )
    return total / max(samples.size, 1)


def add_at_snr(
    samples: Samples,
    noise: Callable[[int, int], np.ndarray],
    snr_db: float,
    *,
    out: Samples,
    progress: Callable[[float, float], None] | None = None,
) -> float:
    """Write signal plus noise to `out`, at a ratio of their variances over the whole file.

    Parameters
    ----------
    samples : np.ndarray, shape (channels, samples)
        The signal. Silence stays silent: no level of noise has a ratio to it.
    noise : callable
        ``noise(start, stop)`` returns that part of the noise; channels are broadcast.
    snr_db : float
        Signal over noise.
    out : np.ndarray
        Like `samples`, zeroed.

    Returns
    -------
    float
        The factor by which the noise was multiplied.
    """

    def fill(block: Samples, start: int) -> Samples:
        part = noise(start, start + block.shape[1])
        return np.broadcast_to(part, block.shape).astype(np.float32)

    chunks.overlap_add(fill, samples, size=_BLOCK, out=out)
    noise_power = power(out)
    gain = float(np.sqrt(power(samples) / noise_power * 10 ** (-snr_db / 10))) if noise_power else 0
    for block in chunks.blocks(samples, size=_BLOCK):
        out[:, block.span] = block.samples + np.float32(gain) * out[:, block.span]
        chunks.release(out)
        if progress is not None:
            progress(block.span.stop, samples.shape[1])
    return gain
