"""Turn music into noise by autoregressive models, frame by frame, and measure how even it is.

What a model cannot predict from the past is its forward error, from the future its backward error.
The matched output ``m = a ⋆ (a * x) / |a|`` correlates the forward error with what one wrong sample
would leave in it, so that a click stands highest in it (Vaseghi 1988; Godsill & Rayner 1998).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.fft import irfft, rfft
from scipy.ndimage import median_filter

from toolkit.dsp.linear_prediction import Array, levinson

# Frames are whitened in batches of about this many samples, to stay in the processor's cache.
_BATCH_SAMPLES = 65536
# Far below the last bit of 24-bit samples: silence has a scale, and nothing in it exceeds it.
_TINY = 1e-8


@dataclass(frozen=True)
class Whitened:
    """Hold the models of one channel's frames and its prediction errors.

    Parameters
    ----------
    models : np.ndarray, shape (frames, order + 1)
    forward, matched : np.ndarray, shape (samples,)
    hop : int
        Frame k is in force for samples k·hop .. (k + 1)·hop - 1.
    """

    models: Array
    forward: Array
    matched: Array
    hop: int

    @property
    def block(self) -> int:
        """Return the samples of one block of the local scales, about 1.5 ms."""
        return self.hop // 16


def hop_samples(sample_rate: int) -> int:
    """Return the hop of the models, a power of two near 23 ms; frames are twice as long.

    Never below 512, so that there are samples enough for a model and its level at any rate.
    """
    return int(max(2 ** round(np.log2(sample_rate * 0.0232)), 512))


def whiten(
    signal: Array,
    order: int,
    hop: int,
    before: Whitened | None = None,
    renew: npt.NDArray[np.bool_] | None = None,
) -> Whitened:
    """Fit models frame by frame and filter the signal by them.

    Parameters
    ----------
    signal : np.ndarray, shape (samples,)
        At least one sample.
    order, hop : int
        Order of the models, at most hop / 2, and distance of the frames in samples.
    before : Whitened, optional
        What this function returned for an earlier state of the signal.
    renew : np.ndarray of bool, shape (frames,), optional
        The frames that changed since then; the others are taken over.
    """
    total = len(signal)
    num_frames = -(-total // hop)
    padded = np.pad(signal, (hop // 2, num_frames * hop - total + hop))
    rows = np.lib.stride_tricks.sliding_window_view(padded, 2 * hop)[::hop][:num_frames]
    errors = np.zeros((2, num_frames, hop))
    models = np.empty((num_frames, order + 1))
    chosen = np.arange(num_frames)
    if before is not None and renew is not None:
        errors.reshape(2, -1)[:, :total] = before.forward, before.matched
        models[:] = before.models
        chosen = np.flatnonzero(renew)
    step = max(_BATCH_SAMPLES // (2 * hop), 1)
    for begin in range(0, len(chosen), step):
        part = chosen[begin : begin + step]
        models[part], errors[:, part] = _whiten_frames(rows[part], order, hop)
    forward, matched = errors.reshape(2, -1)[:, :total]
    return Whitened(models, forward, matched, hop)


def _whiten_frames(rows: Array, order: int, hop: int) -> tuple[Array, Array]:
    spectra = rfft(rows, axis=1)
    # A Hann window is three terms of the discrete Fourier transform: X/2 - (X[-1] + X[+1])/4.
    windowed = spectra / 2
    windowed[:, 1:-1] -= (spectra[:, 2:] + spectra[:, :-2]) / 4
    windowed[:, 0] -= spectra[:, 1].real / 2
    windowed[:, -1] -= spectra[:, -2].real / 2
    models = levinson(irfft(_power(windowed), axis=1)[:, : order + 1])
    filters = rfft(models, 2 * hop, axis=1)
    gain = np.sqrt(np.sum(models**2, axis=1))[:, None]
    # The filters reach `order` <= hop/2 samples each way, so the middle hop is free of wrapping.
    own = slice(hop // 2, hop // 2 + hop)
    forward = irfft(filters * spectra, axis=1)[:, own]
    matched = irfft(_power(filters) * spectra, axis=1)[:, own] / gain
    return models, np.stack([forward, matched])


def _power(spectra: Array) -> Array:
    return np.asarray(spectra.real**2 + spectra.imag**2)


def local_scale(error: Array, block: int) -> Array:
    """Return the standard deviation around each block, the block itself left out.

    Medians over blocks do not see single clicks. The louder of the level before and after counts,
    so that an onset is measured against what it starts.

    Parameters
    ----------
    error : np.ndarray, shape (samples,)
    block : int
        Samples a block; the levels reach from 2 to 8 blocks away.

    Returns
    -------
    np.ndarray, shape (blocks,)
    """
    num_blocks = -(-len(error) // block)
    padded = np.pad(error, (0, num_blocks * block - len(error)))
    powers = np.mean(padded.reshape(num_blocks, block) ** 2, axis=1)
    level = median_filter(powers, 7, mode="nearest")
    index = np.arange(num_blocks)
    before = level[np.maximum(index - 5, 0)]
    after = level[np.minimum(index + 5, num_blocks - 1)]
    return np.asarray(np.sqrt(np.maximum(before, after)) + _TINY)


def unrest(scale: Array, size: int = 256) -> Array:
    """Return how far the local scale swings in the third of a second around each block, >= 1.

    Surface noise is even, and what stands 6 sigmas out of it is a click. The whitened sound of
    clean music swings with every attack, and its outliers are music.

    Parameters
    ----------
    scale : np.ndarray, shape (blocks,)
        From `local_scale`.
    size : int
        Blocks that share one value: the largest of their own and their two neighbors' ratio of
        the 95th to the 20th percentile.
    """
    rows = np.pad(scale, (0, -len(scale) % size), mode="edge").reshape(-1, size)
    low, high = np.percentile(rows, [20, 95], axis=1)
    ratio = np.pad(high / low, 1, mode="edge")
    widest = np.maximum(np.maximum(ratio[2:], ratio[:-2]), ratio[1:-1])
    return np.asarray(np.repeat(widest, size)[: len(scale)])
