"""Repair the clicks of a long signal, block by block, and count what was done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.chunks import Block, blocks, release
from toolkit.dsp import click_network, clicks
from toolkit.dsp.ar import Spans, merge_spans
from toolkit.dsp.click_fill import fill
from toolkit.dsp.click_network import Detector
from toolkit.dsp.click_weigh import weigh
from toolkit.dsp.clicks import Sensitivity
from toolkit.dsp.linear_prediction import Array
from toolkit.values import Samples

# Own samples of a block, all channels together, and the most stretches of a level one block has.
_BLOCK_SAMPLES = 2**21
_MOST_STRETCHES = 64
# Samples that a span grows on each side when it proves too short.
_WIDER = 6


@dataclass(frozen=True)
class Repaired:
    """Count clicks, and samples that were replaced, in all channels."""

    clicks: int
    samples: int


def repair_clicks(
    samples: Samples,
    sample_rate: int,
    sensitivity: Sensitivity | Detector,
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
    sensitivity : Sensitivity or Detector
        What counts as a click: height above what is predicted, or the odds of a trained detector.
    steps : int
        Times that clicks are looked for and repaired, >= 1; every step sees the result of the one
        before.
    progress : callable, optional
        ``progress(samples done, samples in all)``.
    """
    # Blocks begin at multiples of a stretch, so that frames fall alike however long a block is.
    if isinstance(sensitivity, Detector):
        context = click_network.context_samples(sample_rate)
        stretch = click_network.stretch_samples(sample_rate)
    else:
        context = clicks.context_samples(sample_rate)
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
    block: Block, sample_rate: int, sensitivity: Sensitivity | Detector, steps: int
) -> tuple[Array, npt.NDArray[np.bool_], int]:
    """Return the block's own samples repaired, where they are, and the clicks that begin in it."""
    signal = np.nan_to_num(block.samples.astype(np.float64), posinf=0.0, neginf=0.0)
    wrong = np.zeros(signal.shape, bool)
    starts = 0
    for _ in range(steps):
        found = _find(signal, sample_rate, sensitivity)
        for channel, spans in enumerate(found):
            filled = fill(signal[channel], spans, sample_rate)
            wider = _overshot(signal[channel], filled, spans)
            if len(wider):
                before = spans
                spans = merge_spans(np.concatenate([spans, wider]), signal.shape[1])
                filled = fill(filled, _new(spans, before), sample_rate)
            signal[channel] = weigh(signal[channel], filled, spans)
            for start, stop in spans.tolist():
                wrong[channel, start:stop] = True
            first = spans[:, 0]
            starts += int(np.sum((first >= block.keep.start) & (first < block.keep.stop)))
    return signal[:, block.keep], wrong[:, block.keep], starts


def _new(spans: Spans, before: Spans) -> Spans:
    """Return the spans that were not there before; both are sorted and touch nowhere."""
    at = np.minimum(np.searchsorted(before[:, 0], spans[:, 0]), len(before) - 1)
    return np.asarray(spans[(before[at] != spans).any(axis=1)])


def _find(signal: Array, sample_rate: int, sensitivity: Sensitivity | Detector) -> list[Spans]:
    if isinstance(sensitivity, Detector):
        return click_network.network_clicks(signal, sample_rate, sensitivity)
    return clicks.find_clicks(signal, sample_rate, sensitivity)


def _overshot(signal: Array, filled: Array, spans: Spans) -> Spans:
    """Return the spans whose filling is louder than what it replaces, wider on both sides.

    A span that leaves out a sample of its click passes that on to the interpolation as a truth.
    """
    if not len(spans):
        return spans
    inside = np.concatenate([[0], spans.ravel() + 1])
    before, after = (
        np.add.reduceat(np.concatenate([[0.0], each**2, [0.0]]), inside)[1::2]
        for each in (signal, filled)
    )
    return np.asarray(spans[after > before] + np.array([-_WIDER, _WIDER]))
