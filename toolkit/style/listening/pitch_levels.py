"""Say how loud each pitch of the keyboard is from moment to moment, in dB."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit import chunks
from toolkit.dsp.stft import Grid
from toolkit.values import Audio

Table = npt.NDArray[np.float16]

LOWEST, HIGHEST = 21, 127
"""MIDI pitches of the first and the last column."""

FLOOR_DB = -90.0
"""What is softer than this, the loudest moment having 0, counts as this."""

_WINDOW_SECONDS = 0.16
_BLOCK_SECONDS = 20.0
_TINY = 1e-20
_SILENT_DB = -100.0  # nothing is loud in a recording whose loudest moment is softer


@dataclass(frozen=True, eq=False)
class PitchLevels:
    """Hold how loud each pitch is.

    Parameters
    ----------
    levels : np.ndarray, shape (frames, HIGHEST - LOWEST + 1), float16
        In dB below the loudest of all; at least one frame.
    rate : float
        Frames a second; the first is at time 0.
    """

    levels: Table
    rate: float


def pitch_levels(audio: Audio) -> PitchLevels:
    """Return the strongest bin within half a semitone of each pitch, over time.

    Parameters
    ----------
    audio : Audio
        Any rate and length, not empty; channels are averaged.
    """
    grid = Grid(max(round(_WINDOW_SECONDS * audio.sample_rate / 4), 1))
    first, width = _bins(grid.n_fft, audio.sample_rate)
    size = max(round(_BLOCK_SECONDS * audio.sample_rate / grid.hop_length), 1) * grid.hop_length
    found = []
    for block in chunks.blocks(audio.samples, size=size, context=grid.n_fft):
        mono = block.samples.mean(axis=0, keepdims=True)
        places = np.array(grid.frame_range(block.start, mono.shape[1])) * grid.hop_length
        own = (places >= block.span.start) & (places < block.span.stop)
        power = grid.power(grid.analyze(mono, block.start))[0, own]
        # Levels of half precision are exact to a sixteenth of a dB; powers would not be.
        found.append((10 * np.log10(_strongest(power, first, width) + _TINY)).astype(np.float32))
    every = np.concatenate(found)
    below = np.maximum(every - max(float(every.max()), _SILENT_DB), FLOOR_DB)
    return PitchLevels(below.astype(np.float16), audio.sample_rate / grid.hop_length)


def _bins(n_fft: int, sample_rate: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return the first bin of each pitch and how many it has, one at least."""
    center = 440 * 2 ** ((np.arange(LOWEST, HIGHEST + 1) - 69) / 12) * n_fft / sample_rate
    first = np.floor(center * 2 ** (-0.5 / 12)).astype(np.intp)
    last = np.ceil(center * 2 ** (0.5 / 12)).astype(np.intp)
    # Pitches beyond the Nyquist frequency have its bin.
    first = np.minimum(first, n_fft // 2)
    return first, np.maximum(np.minimum(last, n_fft // 2) - first + 1, 1)


def _strongest(
    power: npt.NDArray[np.float32],
    first: npt.NDArray[np.intp],
    width: npt.NDArray[np.intp],
) -> npt.NDArray[np.float32]:
    columns = [
        power[:, begin : begin + count].max(axis=1)
        for begin, count in zip(first, width, strict=True)
    ]
    return np.stack(columns, axis=1)
