"""Walk through a long signal in blocks; overlap-add, once for everybody.

A block is `size` new samples with up to `context` real neighbours on each side; at the ends of
the signal the context is simply shorter. With `overlap` > 0 consecutive blocks also share samples
and are cross-faded: over an overlap of n samples the weights are u and 1 - u with u = (i + ½)/n, so
that they sum to one and a function that returns its input gives the input back.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from toolkit.values import Samples

Function = Callable[[Samples, int], Samples]
"""Maps a block [channels, n] and the index of its first sample to a block of the same length."""


@dataclass(frozen=True)
class Block:
    """Hold one block: ``samples`` begin at ``start``; ``keep`` are the ones that are its own."""

    samples: Samples
    start: int
    keep: slice

    @property
    def span(self) -> slice:
        """Return where the kept samples lie in the whole signal."""
        return slice(self.start + self.keep.start, self.start + self.keep.stop)


def blocks(samples: Samples, *, size: int, context: int = 0, overlap: int = 0) -> Iterator[Block]:
    """Yield the blocks of a signal [channels, samples] in order, releasing memory behind them.

    Parameters
    ----------
    size : int
        Samples that are a block's own, > 0; the last block may have fewer.
    context : int
        Real neighbours on each side, >= 0.
    overlap : int
        Own samples shared with the next block, 0 <= overlap <= size/2.
    """
    if not 0 <= 2 * overlap <= size or size < 1 or context < 0:
        raise ValueError(
            f"need 0 <= overlap <= size/2 and context >= 0, not {overlap=} {size=} {context=}"
        )
    total = samples.shape[1]
    for begin in range(0, max(total - overlap, min(total, 1)), size - overlap):
        end = min(begin + size, total)
        start, stop = max(begin - context, 0), min(end + context, total)
        yield Block(np.array(samples[:, start:stop]), start, slice(begin - start, end - start))
        release(samples)


def overlap_add(
    function: Function,
    samples: Samples,
    *,
    size: int,
    out: Samples,
    context: int = 0,
    overlap: int = 0,
    progress: Callable[[float, float], None] | None = None,
) -> Samples:
    """Apply a function block by block and return `out`, of exactly the input's length.

    Parameters
    ----------
    function : callable
        ``function(block, start)``; returns [channels of `out`, the same number of samples].
    samples : np.ndarray, shape (channels, samples)
        Not modified; may be a memory map.
    size, context, overlap : int
        As in `blocks`. The context comes from the function's receptive field, not from the user.
    out : np.ndarray, shape (any, samples)
        Zeroed; takes the result. Usually ``run.scratch(samples.shape)``.
    progress : callable, optional
        ``progress(samples done, samples in all)``.
    """
    total = samples.shape[1]
    rising = ((np.arange(overlap) + 0.5) / max(overlap, 1)).astype(np.float32)
    for block in blocks(samples, size=size, context=context, overlap=overlap):
        result = function(block.samples, block.start)[:, block.keep]
        span = block.span
        if overlap:
            result = result.copy()
            if span.start > 0:
                result[:, :overlap] *= rising
            if span.stop < total:
                result[:, -overlap:] *= rising[::-1]
            out[:, span] += result
        else:
            out[:, span] = result
        release(out)
        if progress is not None:
            progress(span.stop, total)
    return out


def release(samples: Samples) -> None:
    """Let the system take back the memory of a memory-mapped array; its contents stay."""
    base: object = samples
    while isinstance(base, np.ndarray):
        # What was written into a copy-on-write map is nowhere but in that memory.
        if isinstance(base, np.memmap) and base.mode == "c":
            return
        base = base.base
    if isinstance(base, mmap.mmap) and hasattr(base, "madvise"):
        base.madvise(mmap.MADV_DONTNEED)
