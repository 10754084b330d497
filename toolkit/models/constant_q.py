"""Analyze sound in logarithmic frequency, three bins to the semitone, at two sharpnesses.

A bank of windowed complex exponentials whose windows last

    L(f) = 1 / (f / Q + 1 / longest)

seconds: constant Q at high frequencies, a bounded length at low ones (C. Schörkhuber et al., "A
Matlab toolbox for efficient perfect reconstruction time-frequency transforms with log-frequency
resolution", 2014). With Q = 51 neighboring semitones are told apart; with Q = 17 a third as long
windows show when a note begins. Octave after octave is computed with the same few taps: each lower
octave reads the signal at half the sample rate (J. Brown and M. Puckette, "An efficient algorithm
for the calculation of a constant Q transform", 1992).
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn

SAMPLE_RATE = 22050
HOP_LENGTH = 512
BINS_PER_OCTAVE = 36
OCTAVES = 8
LOWEST_PITCH, NUM_PITCHES = 21, 88
FLOOR = 1e-4
"""Magnitudes well below this count as silence."""

_SHARPNESS = ((51.0, 0.6), (17.0, 0.15))
_TAPS = 320
_HALF_BAND_REACH = 15

# Half of the longest window, and what seven halvings of the rate reach beyond it.
_REACH = SAMPLE_RATE * _SHARPNESS[0][1] / 2 + (_HALF_BAND_REACH << (OCTAVES - 1))

CONTEXT_FRAMES = math.ceil(_REACH / HOP_LENGTH)
"""Frames to each side that lie in a frame's longest window in part."""


class ConstantQ(nn.Module):
    """Map samples [batch, samples] to levels [batch, 2, frames, 288].

    Frame t is centered on sample ``512 t``; there are ``ceil(samples / 512)`` of them. Bin b lies
    at 27.5 Hz · 2^((b - 1)/36), so that the middle one of the three bins of MIDI pitch p is number
    3 (p - 21) + 1. A level is (log10(magnitude + 1e-4) + 4) / 2: 0 for silence, 2 for full scale.
    """

    kernels: Tensor
    half_band: Tensor

    def __init__(self) -> None:
        super().__init__()
        banks = [_kernels(octave) for octave in range(OCTAVES)]
        kernels = torch.from_numpy(np.stack(banks).astype(np.float32))
        self.register_buffer("kernels", kernels, persistent=False)
        half_band = torch.from_numpy(_half_band().astype(np.float32))
        self.register_buffer("half_band", half_band, persistent=False)

    def forward(self, samples: Tensor) -> Tensor:
        """Return the levels; the signal is silent outside."""
        frames = -(-samples.shape[1] // HOP_LENGTH)
        if frames == 0:
            bins = OCTAVES * BINS_PER_OCTAVE
            return samples.new_zeros(len(samples), len(_SHARPNESS), 0, bins)
        padding = -samples.shape[1] % HOP_LENGTH
        signal = nn.functional.pad(samples, (0, padding))
        octaves = []
        for octave in range(OCTAVES - 1, -1, -1):
            octaves.append(self._octave(signal, octave, frames))
            if octave:
                signal = self._halved(signal)
        magnitude = torch.cat(octaves[::-1], dim=-1)
        levels: Tensor = (torch.log10(magnitude + FLOOR) - math.log10(FLOOR)) / 2
        return levels

    def _octave(self, signal: Tensor, octave: int, frames: int) -> Tensor:
        hop = HOP_LENGTH >> (OCTAVES - 1 - octave)
        reach = _TAPS // 2
        padded = nn.functional.pad(signal, (reach, reach + hop))
        windows = padded.unfold(1, _TAPS, hop)[:, :frames]
        parts = windows @ self.kernels[octave]
        real, imaginary = parts.chunk(2, dim=-1)
        magnitude = (real.square() + imaginary.square() + 1e-12).sqrt()
        batch = len(signal)
        return magnitude.reshape(batch, frames, len(_SHARPNESS), BINS_PER_OCTAVE).transpose(1, 2)

    def _halved(self, signal: Tensor) -> Tensor:
        padded = nn.functional.pad(signal, (_HALF_BAND_REACH, _HALF_BAND_REACH))
        return nn.functional.conv1d(padded[:, None], self.half_band[None, None], stride=2)[:, 0]


def _kernels(octave: int) -> np.ndarray:
    """Return the taps of one octave at its own rate, [taps, 2 (real, imaginary) · 2 · 36]."""
    rate = SAMPLE_RATE / 2 ** (OCTAVES - 1 - octave)
    bins = np.arange(BINS_PER_OCTAVE) + octave * BINS_PER_OCTAVE
    frequency = 27.5 * 2 ** ((bins - 1) / BINS_PER_OCTAVE)
    time = (np.arange(_TAPS) - _TAPS // 2) / rate
    banks = []
    for quality, longest in _SHARPNESS:
        length = 1 / (frequency / quality + 1 / longest)
        place = np.clip(time[:, None] / length, -0.5, 0.5)
        window = np.cos(np.pi * place) ** 2
        # A sine of amplitude 1 is to have magnitude 1: half of it lies at negative frequencies.
        window *= 2 / window.sum(axis=0)
        banks.append(window * np.exp(-2j * np.pi * frequency * time[:, None]))
    bank = np.concatenate(banks, axis=1)
    return np.concatenate((bank.real, bank.imag), axis=1)


def _half_band() -> np.ndarray:
    """Return a linear-phase low-pass at a quarter of the rate, by a Kaiser window of 70 dB."""
    index = np.arange(-_HALF_BAND_REACH, _HALF_BAND_REACH + 1)
    taps = np.sinc(index / 2) * np.kaiser(len(index), 6.8)
    return np.asarray(taps / taps.sum())
