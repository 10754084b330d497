"""Integrated loudness alone, for who has to measure it again and again.

It is the number of `toolkit.dsp.loudness` without the others, of which the true peak costs most: a
fader or a limiter that is set by trial needs the level after each attempt, and nothing else.
"""

from __future__ import annotations

import numpy as np
import pyebur128 as r128

from toolkit import chunks
from toolkit.values import Samples

_BLOCK = 2**16


def integrated_loudness(samples: Samples, sample_rate: int) -> float:
    """Return the gated loudness of a whole signal by ITU-R BS.1770-4, in LUFS.

    Parameters
    ----------
    samples : np.ndarray, shape (1 or 2, samples)
        Mono, or left and right. May be a memory map.
    sample_rate : int
        In Hz, 4 kHz to 768 kHz.

    Returns
    -------
    float
        -inf for silence (below -70 LUFS) or less than 0.4 s.

    Raises
    ------
    ValueError
        For more than two channels or none: those have layouts, which only
        `toolkit.dsp.loudness.measure_loudness` knows.
    """
    num_channels = samples.shape[0]
    if num_channels not in (1, 2):
        raise ValueError(f"only mono and stereo are measured here, not {num_channels} channels")
    state = r128.R128State(num_channels, sample_rate, r128.MeasurementMode.MODE_I)
    for block in chunks.blocks(samples, size=_BLOCK):
        interleaved = np.ascontiguousarray(block.samples.T).reshape(-1)
        state.add_frames(interleaved, block.samples.shape[1])
    return float(r128.get_loudness_global(state))
