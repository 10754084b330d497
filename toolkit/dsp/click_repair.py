"""Repair the clicks of a long signal, block by block, and count what was done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.chunks import Block, blocks, release
from toolkit.dsp.ar import interpolate
from toolkit.dsp.clicks import Sensitivity, context_samples, find_clicks
from toolkit.dsp.linear_prediction import Array, model_order
from toolkit.values import Samples

# Own samples of a block, all channels together, and the most stretches of a level one block has.
_BLOCK_SAMPLES = 2**21
_MOST_STRETCHES = 64


@dataclass(frozen=True)
class Repaired:
    """Count clicks, and samples that were replaced, in all channels."""

    clicks: int
    samples: int


def repair_clicks(
    samples: Samples,
    sample_rate: int,
    sensitivity: Sensitivity,
    out: Samples,
    *,
    steps: int = 1,
    progress: Callable[[float, float], None] | None = None,
) -> Repaired:
    """Copy a signal to `out` with its clicks interpolated; all other samples stay as they are.

    Parameters
    ----------
    samples, out : np.ndarray, shape (channels, samples)
        May be memory maps.
    sample_rate : int
        In Hz.
    sensitivity : Sensitivity
        What counts as a click.
    steps : int
        Times that clicks are looked for and repaired, >= 1; every step sees the result of the one
        before.
    progress : callable, optional
        ``progress(samples done, samples in all)``.
    """
    context = context_samples(sample_rate)
    # Blocks begin at multiples of a stretch, so that frames fall alike however long a block is.
    stretch = context // 3
    fitting = _BLOCK_SAMPLES // (stretch * max(samples.shape[0], 1))
    size = stretch * int(np.clip(fitting, 4, _MOST_STRETCHES))
    num_clicks = num_samples = 0
    for block in blocks(samples, size=size, context=context):
        repaired, wrong, starts = _repair_block(block, sample_rate, sensitivity, steps)
        own = block.samples[:, block.keep]
        out[:, block.span] = np.where(wrong, repaired.astype(np.float32), own)
        release(out)
        num_clicks += starts
        num_samples += int(np.count_nonzero(wrong))
        if progress is not None:
            progress(block.span.stop, samples.shape[1])
    return Repaired(num_clicks, num_samples)


def _repair_block(
    block: Block, sample_rate: int, sensitivity: Sensitivity, steps: int
) -> tuple[Array, npt.NDArray[np.bool_], int]:
    """Return the block's own samples repaired, where they are, and the clicks that begin in it."""
    signal = np.nan_to_num(block.samples.astype(np.float64), posinf=0.0, neginf=0.0)
    wrong = np.zeros(signal.shape, bool)
    order = model_order(sample_rate) * 3 // 2
    starts = 0
    for _ in range(steps):
        found = find_clicks(signal, sample_rate, sensitivity)
        for channel, spans in enumerate(found):
            signal[channel] = interpolate(signal[channel], spans, order)
            for start, stop in spans.tolist():
                wrong[channel, start:stop] = True
            first = spans[:, 0]
            starts += int(np.sum((first >= block.keep.start) & (first < block.keep.stop)))
    return signal[:, block.keep], wrong[:, block.keep], starts
