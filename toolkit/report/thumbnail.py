"""A small picture of a recording before and after: two spectrograms side by side, on one scale.

It is drawn for every file of a batch, so it costs milliseconds whatever the recording's length: it
looks at a fixed number of places, in order, and reads nothing between them.
"""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt

from toolkit import chunks
from toolkit.values import Audio

WIDTH, HEIGHT = 480, 140
"""Size of the picture in pixels."""
MAX_BYTES = 25_000
"""What a picture may take."""

_GAP = 8
_COLUMNS = (WIDTH - _GAP) // 2
# What old recordings hold lies below; the noise above looks the same up to the end.
_TOP_HZ = 16_000.0
_RANGE_DB = 80.0
_SILENCE_DB = -150.0
# About 46 ms: hum stands apart from the bass, and a note from the next.
_WINDOW_SECONDS = 0.046
_BATCH = 59
_GAP_COLOR = (128, 128, 128)
# The color map "magma" (S. van der Walt and N. Smith, 2015, CC0) at nine equal steps: it gets
# lighter evenly, so that it also reads in gray.
_COLORS = np.array(
    [
        (0, 0, 4),
        (28, 16, 68),
        (79, 18, 123),
        (129, 37, 129),
        (181, 54, 122),
        (229, 80, 100),
        (251, 135, 97),
        (254, 194, 135),
        (252, 253, 191),
    ],
    np.float64,
)

_Levels = npt.NDArray[np.float32]


def thumbnail(before: Audio, after: Audio) -> bytes:
    """Return a PNG of two spectrograms, left before and right after.

    Time, frequency (linear, up to 16 kHz or the higher Nyquist frequency) and level (80 dB below
    the louder one's maximum) are on one scale.

    Parameters
    ----------
    before, after : Audio
        Any length, none at all included, and any rates; may be memory maps.

    Returns
    -------
    bytes
        480 × 140 pixels, `MAX_BYTES` at most.
    """
    top_hz = min(_TOP_HZ, max(before.sample_rate, after.sample_rate) / 2)
    longest = max(before.duration, after.duration)
    left, right = (_picture(audio, longest, top_hz) for audio in (before, after))
    top = max(float(left.max()), float(right.max()), _SILENCE_DB + _RANGE_DB)
    height = np.clip((np.hstack((left, right)) - top) / _RANGE_DB + 1, 0, 1)
    # Fewer shades where noise would make the file large; the last fit whatever the picture.
    for shades in (32, 16, 8):
        png = _png(np.round(height * (shades - 1)).astype(np.uint8), shades)
        if len(png) <= MAX_BYTES:
            break
    return png


def _picture(audio: Audio, longest: float, top_hz: float) -> _Levels:
    """Return levels in dB, shape (HEIGHT, _COLUMNS), the highest frequency first."""
    picture = np.full((HEIGHT, _COLUMNS), _SILENCE_DB, np.float32)
    if not audio.num_samples:
        return picture
    columns = max(round(_COLUMNS * audio.duration / longest), 1)
    power, n_fft = _spectra(audio, columns)
    edges = np.arange(HEIGHT + 1) * (top_hz / HEIGHT)
    bins = np.round(edges * n_fft / audio.sample_rate).astype(np.intp)
    rows = int(np.count_nonzero(edges[:-1] < audio.sample_rate / 2))
    starts = np.minimum(bins[:rows], power.shape[1] - 1)
    stops = np.minimum(np.maximum(bins[1 : rows + 1], starts + 1), power.shape[1])
    sums = np.pad(np.cumsum(power, axis=1, dtype=np.float64), ((0, 0), (1, 0)))
    means = (sums[:, stops] - sums[:, starts]) / (stops - starts)
    levels = 10 * np.log10(np.maximum(means, 10 ** (_SILENCE_DB / 10)))
    picture[HEIGHT - rows :, :columns] = levels.T[::-1]
    return picture


def _spectra(audio: Audio, columns: int) -> tuple[npt.NDArray[np.float32], int]:
    """Return the power of all channels in evenly spread windows, shape (columns, bins), and n_fft.

    A recording that is shorter than a window is padded with zeros.
    """
    n_fft = 1 << max(round(np.log2(_WINDOW_SECONDS * audio.sample_rate)), 4)
    last = max(audio.num_samples - n_fft, 0)
    starts = np.round(np.linspace(0, last, columns)).astype(np.int64)
    window = np.hanning(n_fft).astype(np.float32) * np.float32(2 / n_fft)
    power = np.zeros((columns, n_fft // 2 + 1), np.float32)
    pieces = np.zeros((_BATCH, audio.num_channels, n_fft), np.float32)
    for first in range(0, columns, _BATCH):
        places = starts[first : first + _BATCH]
        for index, start in enumerate(places):
            piece = audio.samples[:, start : start + n_fft]
            pieces[index, :, : piece.shape[1]] = piece
        found = np.fft.rfft(pieces[: len(places)] * window)
        power[first : first + len(places)] = np.sum(found.real**2 + found.imag**2, axis=1)
        chunks.release(audio.samples)
    return power, n_fft


def _png(indices: npt.NDArray[np.uint8], shades: int) -> bytes:
    """Return a PNG of both pictures with a gray line between them."""
    from PIL import Image

    pixels = np.full((HEIGHT, WIDTH), shades, np.uint8)
    pixels[:, :_COLUMNS] = indices[:, :_COLUMNS]
    pixels[:, WIDTH - _COLUMNS :] = indices[:, _COLUMNS:]
    image = Image.fromarray(pixels, "P")
    image.putpalette(_palette(shades))
    sink = io.BytesIO()
    image.save(sink, "PNG", bits=8 if shades > 15 else 4, compress_level=6)
    return sink.getvalue()


def _palette(shades: int) -> bytes:
    steps = np.linspace(0, 1, len(_COLORS))
    places = np.linspace(0, 1, shades)
    colors = [np.interp(places, steps, channel) for channel in _COLORS.T]
    return np.round(np.stack(colors, axis=1)).astype(np.uint8).tobytes() + bytes(_GAP_COLOR)
