"""Pictures of recordings: spectrograms under one another, on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from toolkit.values import Audio

_N_FFT = 2048
_COLUMNS = 1200
_RANGE_DB = 90


def levels(audio: Audio) -> npt.NDArray[np.float32]:
    """Return the power of all channels together in dB, shape (n_fft/2 + 1, columns).

    A long recording is looked at in at most 1200 places, so the cost does not grow with length.
    """
    hop = max(-(-(audio.num_samples - _N_FFT) // (_COLUMNS - 1)), _N_FFT // 8)
    starts = range(0, max(audio.num_samples - _N_FFT, 0) + 1, hop)
    window = np.hanning(_N_FFT).astype(np.float32)
    columns = np.zeros((_N_FFT // 2 + 1, len(starts)), np.float32)
    for column, start in enumerate(starts):
        piece = np.array(audio.samples[:, start : start + _N_FFT])
        piece = np.pad(piece, ((0, 0), (0, _N_FFT - piece.shape[1])))
        power = np.abs(np.fft.rfft(piece * window)) ** 2
        columns[:, column] = power.sum(axis=0)
    decibels: npt.NDArray[np.float32] = 10 * np.log10(columns + 1e-12)
    return decibels


def draw(recordings: Sequence[tuple[str, Audio]], path: Path) -> None:
    """Write a PNG with one spectrogram for each (title, audio), all on one color scale."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    pictures = [levels(audio) for _, audio in recordings]
    top = max(float(picture.max()) for picture in pictures)
    figure = Figure(figsize=(10, 3.2 * len(pictures)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(pictures), 1, squeeze=False, sharex=True)[:, 0]
    for axis, (title, audio), picture in zip(axes, recordings, pictures, strict=True):
        image = axis.imshow(
            picture,
            origin="lower",
            aspect="auto",
            extent=(0, audio.duration or 1 / audio.sample_rate, 0, audio.sample_rate / 2000),
            vmin=top - _RANGE_DB,
            vmax=top,
            cmap="magma",
        )
        axis.set_title(title, loc="left", fontsize=10, parse_math=False)
        axis.set_ylabel("kHz")
    axes[-1].set_xlabel("s")
    figure.colorbar(image, ax=list(axes), label="dB")
    figure.savefig(path, dpi=110)
