"""Bring a recording to what most models listen to: one channel at a rate of their own."""

from __future__ import annotations

import numpy as np

from toolkit import chunks
from toolkit.dsp.resample import resampled_blocks, resampled_length
from toolkit.run import Run
from toolkit.values import Audio, Samples

# At -100 dB re full scale there is less than in the quietest passage of a 16-bit recording; a
# network that scales what it hears would hear its own rounding there.
_SILENCE = 1e-5
_BLOCK = 1 << 20


def mono(audio: Audio, sample_rate: int, run: Run) -> Samples:
    """Return the mean of all channels, resampled, shape (1, samples), in scratch space of the run.

    Parameters
    ----------
    audio : Audio
        May be a memory map of hours.
    sample_rate : int
        Of the result, in Hz.
    run : Run
        Gives the space.
    """
    length = resampled_length(audio.num_samples, audio.sample_rate, sample_rate)
    out = run.scratch((1, length))
    position = 0
    for piece in resampled_blocks(audio.samples, audio.sample_rate, sample_rate):
        mixed = piece.mean(axis=0, dtype=np.float32)[: length - position]
        out[0, position : position + len(mixed)] = mixed
        position += len(mixed)
        chunks.release(out)
    return out


def is_silent(samples: Samples) -> bool:
    """Return whether nothing reaches -100 dB re full scale, as where there is nothing.

    Parameters
    ----------
    samples : np.ndarray, shape (channels, samples)
        May be a memory map.
    """
    blocks = chunks.blocks(samples, size=_BLOCK)
    return all(np.abs(block.samples).max(initial=0) < _SILENCE for block in blocks)
