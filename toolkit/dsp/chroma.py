"""Listen for pitch classes: spectral peaks folded into one octave, span by span.

Each note's third and fifth partials sound like other pitch classes. What a lower peak explains of
them is taken off first, as in harmonic pitch class profiles (E. Gómez, "Tonal description of
polyphonic audio for music content processing", 2006).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from toolkit import chunks
from toolkit.dsp.stft import Grid
from toolkit.values import Audio

Array = npt.NDArray[np.float64]

_WINDOW_SECONDS = 0.19
_LOWEST, _HIGHEST, _BASS_HIGHEST = 33, 96, 52  # MIDI pitches
_PARTIALS = {12: 0.5, 19: 0.4, 24: 0.3, 28: 0.25, 31: 0.2, 36: 0.15}  # semitones above: share
_CHORD_LOWEST, _CHORD_HIGHEST = 40, 79  # tunes lie above, and bins are too wide below
_LEAKAGE = 0.15
_BLOCK_SECONDS = 20.0


def salience(audio: Audio, edges: Array, tuning_cents: float = 0.0) -> Array:
    """Return how strongly each pitch sounds in each span, shape (spans, 64), from MIDI pitch 33.

    Parameters
    ----------
    audio : Audio
        Any rate and length; channels are averaged.
    edges : np.ndarray, shape (spans + 1,)
        In seconds, ascending.
    tuning_cents : float
        Where the recording's scale lies relative to A = 440 Hz.
    """
    grid = Grid(max(round(_WINDOW_SECONDS * audio.sample_rate / 4), 1))
    bank = _pitch_bank(grid.n_fft, audio.sample_rate, tuning_cents)
    total = np.zeros((len(edges) - 1, bank.shape[1]))
    count = np.zeros(len(edges) - 1)
    size = max(round(_BLOCK_SECONDS * audio.sample_rate / grid.hop_length), 1) * grid.hop_length
    for block in chunks.blocks(audio.samples, size=size, context=grid.n_fft):
        mono = block.samples.mean(axis=0, keepdims=True)
        frames = np.array(grid.frame_range(block.start, mono.shape[1])) * grid.hop_length
        own = (frames >= block.span.start) & (frames < block.span.stop)
        pitches = np.abs(grid.analyze(mono, block.start)[0, own]) @ bank
        span = np.searchsorted(edges, frames[own] / audio.sample_rate, side="right") - 1
        inside = (span >= 0) & (span < len(total))
        np.add.at(total, span[inside], _without_partials(pitches[inside]))
        np.add.at(count, span[inside], 1)
    return total / np.maximum(count, 1)[:, None]


def fold(salient: Array) -> tuple[Array, Array]:
    """Return pitch classes and those of the bass, shape (spans, 12) each, from `salience`.

    What is softer than a share of the loudest class of its span is taken for noise and leakage.
    """
    pitches = np.arange(salient.shape[1]) + _LOWEST
    classes = np.eye(12)[pitches % 12]
    middle = classes * ((pitches >= _CHORD_LOWEST) & (pitches <= _CHORD_HIGHEST))[:, None]
    low = classes * (pitches <= _BASS_HIGHEST)[:, None]
    tones = salient @ middle
    tones = np.maximum(tones - _LEAKAGE * tones.max(axis=1, keepdims=True, initial=0), 0)
    return tones, salient @ low


def _without_partials(pitches: Array) -> Array:
    left = np.asarray(pitches, float).copy()
    for pitch in range(left.shape[1]):
        for above, share in _PARTIALS.items():
            if pitch + above < left.shape[1]:
                left[:, pitch + above] -= share * left[:, pitch]
        np.maximum(left, 0, out=left)
    return left


def _pitch_bank(n_fft: int, sample_rate: int, tuning_cents: float) -> npt.NDArray[np.float32]:
    """Return the weight of each bin in each pitch: a bell of 25 cents, or of a bin where wider."""
    frequency = np.fft.rfftfreq(n_fft, 1 / sample_rate)
    pitch = np.full(len(frequency), -1e3)
    pitch[1:] = 69 + 12 * np.log2(frequency[1:] / 440) - tuning_cents / 100
    width = np.maximum(0.25, 17.3 * frequency[1] / np.maximum(frequency, frequency[1]) * 0.5)
    away = (pitch[:, None] - np.arange(_LOWEST, _HIGHEST + 1)) / width[:, None]
    bank: npt.NDArray[np.float32] = np.exp(-0.5 * away**2).astype(np.float32)
    return bank
