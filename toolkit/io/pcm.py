"""Turn stored samples into float32 and back, exactly where they were not touched.

An integer of b bits, x, stands for x / 2^(b-1). Up to 24 bits that is a float32 without loss, so
decoding is exact and a sample that nobody changed is found on the integer grid again. Changed ones
are rounded with triangular (TPDF) dither of ±1 LSB, which makes mean and variance of the error
independent of the signal (Lipshitz, Wannamaker, Vanderkooy: "Quantization and dither", 1992).

float32 cannot hold 32-bit integers nor float64. There the original is read again and only the
change is added: y = o + (p - float32(o)), which is o, bit for bit, where p was left alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.errors import ToolkitError
from toolkit.io.format import Format
from toolkit.values import Samples

Stored = npt.NDArray[Any]
"""Samples [channels, n] as numbers of the file: signed integers at its depth, or floats."""

_DITHERED_BITS = 24


def is_wider_than_float32(format: Format) -> bool:
    """Return whether float32 may lose something of this format's samples."""
    return format.encoding == "float64" or (
        format.encoding == "pcm_s32" and format.bits > _DITHERED_BITS
    )


def decode(raw: bytes, format: Format) -> Stored:
    """Return stored samples as the numbers they are.

    Parameters
    ----------
    raw : bytes
        Interleaved little-endian samples; a multiple of ``format.block_align`` bytes.

    Returns
    -------
    np.ndarray, shape (channels, n)
        int32 for integers (8-bit ones made signed), else float32 or float64.
    """
    if format.encoding == "pcm_u8":
        flat = np.frombuffer(raw, np.uint8).astype(np.int32) - 128
    elif format.encoding == "pcm_s24":
        wide = np.zeros((len(raw) // 3, 4), np.uint8)
        wide[:, 1:] = np.frombuffer(raw, np.uint8).reshape(-1, 3)
        flat = wide.view("<i4")[:, 0] >> 8
    else:
        kinds = {"pcm_s16": "<i2", "pcm_s32": "<i4", "float32": "<f4", "float64": "<f8"}
        flat = np.frombuffer(raw, kinds[format.encoding])
    return flat.reshape(-1, format.num_channels).T


def to_float32(stored: Stored, format: Format) -> Samples:
    """Return stored samples [channels, n] as float32, full scale ±1.

    Rounds only what `is_wider_than_float32`; float64 beyond the range of float32 becomes infinite.
    """
    if format.is_float:
        with np.errstate(over="ignore"):
            return stored.astype(np.float32)
    scale = np.float32(2.0 ** (1 - 8 * format.sample_size))
    return stored.astype(np.float32) * scale


@dataclass
class Encoder:
    """Quantize blocks of float32 to a format, in order.

    Parameters
    ----------
    format : Format
        A linear one.
    rng : np.random.Generator
        Its seed decides the dither, its state does not: two encoders given generators of one seed
        make the same bits.
    clipped : int
        Samples so far that had to be cut at full scale.
    """

    format: Format
    rng: np.random.Generator
    clipped: int = 0
    _dither: np.random.Generator = field(init=False, repr=False)

    def __post_init__(self) -> None:
        words = self.rng.bit_generator.seed_seq.generate_state(4)
        self._dither = np.random.default_rng(words)

    def quantize(self, block: Samples, original: Stored | None = None) -> Stored:
        """Return a block [channels, n] as numbers of the format.

        Parameters
        ----------
        original : np.ndarray, optional
            The same samples as the source holds them, in this very format; wanted where
            `is_wider_than_float32`.

        Raises
        ------
        ToolkitError
            If a sample is not finite.
        """
        if not np.isfinite(block).all():
            raise ToolkitError(
                "the result holds NaN or infinite samples (E_NONFINITE): nothing was written",
                "a stage is at fault: leave stages out one by one to find it",
            )
        if self.format.encoding == "float32":
            return block
        if original is None:
            fresh: npt.NDArray[np.float64] = block.astype(np.float64)
            return fresh if self.format.is_float else self._on_grid(fresh)
        change = block.astype(np.float64) - to_float32(original, self.format)
        if self.format.is_float:
            return original + change
        full_scale = 2.0 ** (8 * self.format.sample_size - 1)
        return self._saturated(original + np.rint(change * full_scale))

    def _on_grid(self, samples: npt.NDArray[np.float64]) -> Stored:
        # With 20 bits in 24 the grid is that of the 20; the bits below stay zero.
        unused = 8 * self.format.sample_size - self.format.bits
        scaled = samples * 2.0 ** (self.format.bits - 1)
        rounded = np.rint(scaled)
        changed = rounded != scaled
        if self.format.bits <= _DITHERED_BITS and changed.any():
            # Drawn for the whole block, so that the noise at one sample hangs on no other sample.
            noise = self._dither.random((2, *samples.shape), np.float32)
            np.rint(scaled + (noise[0] - noise[1]), out=rounded, where=changed)
        return self._saturated(rounded * 2**unused)

    def _saturated(self, values: npt.NDArray[np.float64]) -> Stored:
        top = 2.0 ** (8 * self.format.sample_size - 1)
        step = 2 ** (8 * self.format.sample_size - self.format.bits)
        cut = np.clip(values, -top, top - step)
        self.clipped += int(np.count_nonzero(cut != values))
        return cut.astype(np.int64)


def pack(stored: Stored, format: Format) -> bytes:
    """Return numbers [channels, n] as interleaved little-endian bytes; the reverse of `decode`."""
    flat = np.ascontiguousarray(stored.T)
    if format.encoding == "pcm_u8":
        return (flat + 128).astype(np.uint8).tobytes()
    if format.encoding == "pcm_s24":
        return flat.astype("<i4").reshape(-1, 1).view(np.uint8)[:, :3].tobytes()
    kinds = {"pcm_s16": "<i2", "pcm_s32": "<i4", "float32": "<f4", "float64": "<f8"}
    return flat.astype(kinds[format.encoding]).tobytes()
