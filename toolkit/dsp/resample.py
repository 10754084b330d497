"""Resampling: by a constant ratio, and along a curve of times.

**Constant ratio.** libsoxr at its best quality (linear phase, flat to 0.01 dB up to 0.91 of the
lower Nyquist frequency, about 140 dB), fed block by block; it compensates its own delay.

**Along a curve.** Output sample m is the input at the fractional position p_m, found by a windowed
sinc

    y_m = Σ_k x_k · c · sinc(c (p_m - k)) · w((p_m - k) / half),

whose Kaiser window of 128 taps has a transition band of 0.05 of the sample rate at 100 dB (Kaiser
1974: N ≈ (A - 8) / (2.285 Δω)); c ≤ 1 lowers the cut-off to the output's Nyquist frequency where
the signal is compressed, so that nothing folds back. The kernel is tabulated at 1024 phases and
linearly interpolated between them, which errs by (π/1024)²/8 = -118 dB at the Nyquist frequency
(Smith & Gossett 1984).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import soxr

from toolkit import chunks
from toolkit.values import Samples

_BLOCK = 1 << 16
# Few enough that they (half a megabyte each for taps, kernel and its change) stay in the cache.
_KERNELS = 1 << 10
_TAPS = 128
_PHASES = 1024
_ATTENUATION_DB = 105.0
_ROLLOFF = 0.95

_Table = npt.NDArray[np.float32]

Positions = Callable[[npt.NDArray[np.int64]], npt.NDArray[np.float64]]
"""Maps indices of output samples to ascending positions in the input, in samples."""


def resampled_length(num_samples: int, from_rate: float, to_rate: float) -> int:
    """Return how many samples a signal has after resampling."""
    return round(num_samples * to_rate / from_rate)


def resample(
    samples: Samples,
    from_rate: float,
    to_rate: float,
    *,
    out: Samples | None = None,
    progress: Callable[[float, float], None] | None = None,
) -> Samples:
    """Resample by a constant ratio.

    Parameters
    ----------
    samples : np.ndarray, shape (channels, samples)
        May be a memory map.
    from_rate, to_rate : float
        In Hz, not necessarily integer; only their ratio counts.
    out : np.ndarray, shape (channels, resampled_length(...)), optional
        Takes the result, such as a long signal's ``run.scratch(...)``; in memory when left out.
    progress : callable, optional
        ``progress(samples done, samples in all)``.

    Returns
    -------
    np.ndarray, shape (channels, resampled_length(...))
        In time with the input: sample m is at m/to_rate seconds.
    """
    length = resampled_length(samples.shape[1], from_rate, to_rate)
    if out is None:
        out = np.zeros((samples.shape[0], length), np.float32)
    position = 0
    for piece in resampled_blocks(samples, from_rate, to_rate):
        piece = piece[:, : length - position]
        out[:, position : position + piece.shape[1]] = piece
        position += piece.shape[1]
        chunks.release(out)
        if progress is not None:
            progress(position, length)
    return out


def resampled_blocks(samples: Samples, from_rate: float, to_rate: float) -> Iterator[Samples]:
    """Yield the resampled signal in consecutive pieces [channels, any number of samples]."""
    num_channels, total = samples.shape
    if total == 0:
        return
    stream = soxr.ResampleStream(from_rate, to_rate, num_channels, quality="VHQ")
    for block in chunks.blocks(samples, size=_BLOCK):
        last = block.span.stop == total
        yield stream.resample_chunk(np.ascontiguousarray(block.samples.T), last=last).T


def warp(
    samples: Samples,
    positions: Positions,
    *,
    out: Samples,
    fastest: float = 1.0,
    progress: Callable[[float, float], None] | None = None,
) -> Samples:
    """Read a signal along a curve of positions.

    Parameters
    ----------
    samples : np.ndarray, shape (channels, samples)
        May be a memory map. Zero outside.
    positions : callable
        ``positions(indices)`` returns where in the input each output sample lies.
    out : np.ndarray, shape (channels, any)
        Takes the result and is returned.
    fastest : float
        Largest step between two positions; above 1 it lowers the cut-off frequency by as much.
    progress : callable, optional
        ``progress(samples done, samples in all)``.
    """
    tables = _kernel(min(1.0, 1.0 / fastest) * _ROLLOFF)
    total = out.shape[1]
    for start in range(0, total, _BLOCK):
        stop = min(start + _BLOCK, total)
        where = positions(np.arange(start, stop))
        first = int(np.floor(where[0])) - _TAPS // 2 + 1
        part = _zero_padded(samples, first, int(np.floor(where[-1])) + _TAPS // 2 + 1)
        for low in range(0, stop - start, _KERNELS):
            part_of = slice(low, low + _KERNELS)
            out[:, start:stop][:, part_of] = _interpolate(part, where[part_of] - first, tables)
        chunks.release(samples)
        chunks.release(out)
        if progress is not None:
            progress(stop, total)
    return out


def _interpolate(
    samples: Samples, where: npt.NDArray[np.float64], tables: tuple[_Table, _Table]
) -> Samples:
    """Return the samples at fractional positions, all of them half a kernel from the ends."""
    whole = np.floor(where).astype(np.int64)
    phase = (where - whole) * _PHASES
    row = phase.astype(np.int64)
    between = (phase - row).astype(np.float32)
    kernel, change = (table.take(row, axis=0) for table in tables)
    windows = np.lib.stride_tricks.sliding_window_view(samples, _TAPS, axis=1)
    result = np.empty((samples.shape[0], len(where)), np.float32)
    for channel, own in enumerate(windows):
        near = own[whole - _TAPS // 2 + 1]
        result[channel] = np.vecdot(near, kernel) + between * np.vecdot(near, change)
    return result


def _kernel(cutoff: float) -> tuple[_Table, _Table]:
    """Return the taps at each phase and their difference to the next phase, [phases, taps]."""
    half = _TAPS // 2
    beta = 0.1102 * (_ATTENUATION_DB - 8.7)
    phase = np.arange(_PHASES + 1)[:, None] / _PHASES
    distance = phase - np.arange(1 - half, half + 1)[None, :]
    inside = np.clip(1 - (distance / half) ** 2, 0, None)
    taps = cutoff * np.sinc(cutoff * distance) * np.i0(beta * np.sqrt(inside)) / np.i0(beta)
    # Every phase passes DC alike; without this the ripple would modulate a constant.
    taps /= taps.sum(axis=1, keepdims=True)
    return taps[:-1].astype(np.float32), np.diff(taps, axis=0).astype(np.float32)


def _zero_padded(samples: Samples, start: int, stop: int) -> Samples:
    """Return samples[:, start:stop] with zeros where that reaches outside."""
    total = samples.shape[1]
    begin, end = min(max(start, 0), total), min(max(stop, 0), total)
    padded = np.zeros((samples.shape[0], stop - start), np.float32)
    if end > begin:
        padded[:, begin - start : end - start] = samples[:, begin:end]
    return padded
