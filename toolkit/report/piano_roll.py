"""A picture of notes over the spectrogram of the recording they were heard in.

The spectrogram is drawn on the scale of pitches: each semitone p shows the strongest of the
frequencies nearer to 440·2^((p-69)/12) Hz than to its neighbors, so that a note lies on what it was
heard from.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from toolkit.io.instruments import instrument_name
from toolkit.values import DRUMS, Audio, Notes

_N_FFT = 8192
_COLUMNS = 1200
_RANGE_DB = 70
_LOWEST, _HIGHEST = 21, 108
_COLORS = ("#4fc3f7", "#ffb74d", "#aed581", "#f06292", "#ba68c8", "#fff176", "#80cbc4", "#ff8a65")


def pitch_levels(audio: Audio) -> npt.NDArray[np.float32]:
    """Return the level at each piano key over time in dB, shape (88, columns).

    A long recording is looked at in at most 1200 places, so the cost does not grow with length.
    Keys above the Nyquist frequency are as silent as the rest of the picture can be.
    """
    n_fft = 1 << max(int(np.ceil(np.log2(_N_FFT * audio.sample_rate / 44100))), 8)
    hop = max(-(-(audio.num_samples - n_fft) // (_COLUMNS - 1)), n_fft // 8, 1)
    starts = range(0, max(audio.num_samples - n_fft, 0) + 1, hop)
    window = np.hanning(n_fft).astype(np.float32)
    edges = 440 * 2 ** ((np.arange(_LOWEST, _HIGHEST + 2) - 69.5) / 12)
    bins = np.minimum(np.round(edges * n_fft / audio.sample_rate).astype(int), n_fft // 2)
    picture = np.zeros((_HIGHEST - _LOWEST + 1, len(starts)), np.float32)
    for column, start in enumerate(starts):
        piece = np.array(audio.samples[:, start : start + n_fft]).mean(axis=0)
        piece = np.pad(piece, (0, n_fft - len(piece)))
        power = np.abs(np.fft.rfft(piece * window)) ** 2
        for key, (low, high) in enumerate(pairwise(bins)):
            picture[key, column] = power[low : max(high, low + 1)].max()
    decibels: npt.NDArray[np.float32] = (10 * np.log10(picture + 1e-12)).astype(np.float32)
    return decibels


def draw(notes: Notes, audio: Audio, path: Path, title: str = "") -> None:
    """Write a PNG of the notes over the recording, one color a program, drums along the bottom."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.collections import PatchCollection
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch, Rectangle

    picture = pitch_levels(audio)
    top = float(picture.max())
    figure = Figure(figsize=(12, 6), layout="constrained")
    FigureCanvasAgg(figure)
    axis = figure.subplots()
    duration = max(audio.duration, notes.duration, 1 / audio.sample_rate)
    axis.imshow(
        picture,
        origin="lower",
        aspect="auto",
        extent=(0, audio.duration or duration, _LOWEST - 0.5, _HIGHEST + 0.5),
        vmin=top - _RANGE_DB,
        vmax=top,
        cmap="gray_r",
        interpolation="nearest",
    )
    programs = sorted({note.program for note in notes})
    handles = []
    for number, program in enumerate(programs):
        color = _COLORS[number % len(_COLORS)]
        boxes = [
            Rectangle((note.onset, _row(note.pitch, program) - 0.4), note.offset - note.onset, 0.8)
            for note in notes
            if note.program == program
        ]
        axis.add_collection(
            PatchCollection(boxes, facecolor=color, edgecolor="black", linewidth=0.3, alpha=0.7)
        )
        handles.append(Patch(color=color, label=instrument_name(program)))
    axis.set_xlim(0, duration)
    axis.set_ylim(_LOWEST - 0.5, _HIGHEST + 0.5)
    octaves = range(24, _HIGHEST + 1, 12)
    axis.set_yticks(list(octaves), [f"C{pitch // 12 - 1}" for pitch in octaves])
    axis.set_xlabel("s")
    axis.set_title(title or f"{len(notes)} notes", loc="left", fontsize=10, parse_math=False)
    if handles:
        axis.legend(handles=handles, loc="upper right", fontsize=8)
    figure.savefig(path, dpi=110)


def _row(pitch: int, program: int) -> float:
    """Return the height a note is drawn at; drums have no pitch and share the lowest rows."""
    return _LOWEST + (pitch - 35) % 12 if program == DRUMS else float(pitch)
