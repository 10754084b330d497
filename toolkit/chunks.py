"""Walk through a long signal in blocks; overlap-add, once for everybody.

A block is `size` new samples with up to `context` real neighbours on each side; at the ends of
the signal the context is simply shorter. With `overlap` > 0 consecutive blocks also share samples
and are cross-faded: over an overlap of n samples the weights are u and 1 - u with u = (i + ½)/n, so
that they sum to one and a function that returns its input gives the input back.

A block that is too long for the memory of a device may be halved, again and again. Each half has
real neighbours of its own, as many as the whole had, so that a function which depends on no more
than them gives the same result.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from toolkit.values import Samples

_LEAST_SAMPLES = 1024

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
        yield _block(samples, begin, end, context)
        release(samples)


def _block(samples: Samples, begin: int, end: int, context: int) -> Block:
    """Return the block whose own samples are those from `begin` to `end`."""
    start, stop = max(begin - context, 0), min(end + context, samples.shape[1])
    return Block(np.array(samples[:, start:stop]), start, slice(begin - start, end - start))


def overlap_add(
    function: Function,
    samples: Samples,
    *,
    size: int,
    out: Samples,
    context: int = 0,
    overlap: int = 0,
    progress: Callable[[float, float], None] | None = None,
    halved: Callable[[int], None] | None = None,
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
    halved : callable, optional
        With it, a block over which the function runs out of memory is halved until it fits; called
        as ``halved(samples)`` with the length that blocks are held to from then on. For functions
        without a memory of their own: one that fails has to leave nothing behind.

    Raises
    ------
    MemoryError, torch.OutOfMemoryError
        As the function, once a block is as short as its context, two overlaps, or 1024 samples.
    """
    total = samples.shape[1]
    rising = _rising(overlap)
    patient = _Halving(function, samples, context, overlap, size, halved)
    for block in blocks(samples, size=size, context=context, overlap=overlap):
        result = patient(block)
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


@dataclass
class _Halving:
    """Apply a function to blocks, to shorter ones once it has run out of memory."""

    function: Function
    samples: Samples
    context: int
    overlap: int
    longest: int
    halved: Callable[[int], None] | None

    def __call__(self, block: Block) -> Samples:
        """Return the function's result for the samples that are the block's own."""
        length = block.keep.stop - block.keep.start
        # A block longer than one that did not fit is not tried: it would not either.
        if length <= self.longest:
            try:
                return self.function(block.samples, block.start)[:, block.keep]
            except Exception as error:
                if self.halved is None or length <= self._least or not is_out_of_memory(error):
                    raise
        # Not inside the handler: the frames of the error hold what has filled the memory.
        begin, end = block.span.start, block.span.stop
        shared = min(self.overlap, length // 4)
        middle = begin + (length - shared) // 2
        if self.halved is not None and length <= self.longest:
            self.longest = end - middle
            self.halved(self.longest)
        left = self(_block(self.samples, begin, middle + shared, self.context))
        right = self(_block(self.samples, middle, end, self.context))
        return _joined(left, right, shared)

    @property
    def _least(self) -> int:
        # Of a shorter block the context, which halving leaves as it is, would be most.
        return max(self.context, 2 * self.overlap, _LEAST_SAMPLES)


def _joined(left: Samples, right: Samples, shared: int) -> Samples:
    """Return two results one after the other, cross-faded over what they share."""
    if not shared:
        return np.concatenate((left, right), axis=1)
    rising = _rising(shared)
    meeting = left[:, -shared:] * rising[::-1] + right[:, :shared] * rising
    return np.concatenate((left[:, :-shared], meeting, right[:, shared:]), axis=1)


def _rising(length: int) -> Samples:
    weights: Samples = ((np.arange(length) + 0.5) / max(length, 1)).astype(np.float32)
    return weights


def is_out_of_memory(error: BaseException | None) -> bool:
    """Return whether an error, or what caused it, is a lack of memory on a processor or device."""
    while error is not None:
        # By name, as torch's would have to be imported to be named otherwise.
        if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
            return True
        error = error.__cause__
    return False


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
