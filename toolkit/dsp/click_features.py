"""Turn a channel into what the click detector hears: its waveform and its prediction errors.

An autoregressive model of every frame predicts each sample from the past and from the future. A
click begins where the forward error rises and ends where the backward error does, and a single
wrong sample stands highest in the matched output (Vaseghi 1988). The errors are scaled by medians
of the power around, which single clicks do not move, the waveform by its level.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.fft import irfft, rfft
from scipy.ndimage import median_filter

from toolkit.dsp.linear_prediction import Array, levinson

NUM_FEATURES = 4
HOP = 1024
"""Samples that a model is in force; blocks of a signal have to begin at multiples of it."""

_ORDER = 32
_BLOCK = 64
# Powers of this many blocks of 1.5 ms make a scale: 45 ms, a third of which may be clicks.
_SPREAD = 31
_LEVEL_SAMPLES = 4410
# Far below the last bit of 24-bit samples.
_TINY = 1e-8
_BATCH_FRAMES = 32


def features(
    signal: npt.NDArray[np.floating],
) -> tuple[npt.NDArray[np.float32], Array]:
    """Return waveform, forward, backward and matched errors, each scaled to its surroundings.

    Parameters
    ----------
    signal : np.ndarray, shape (samples,)
        Finite, at least one sample.

    Returns
    -------
    tuple of np.ndarray
        Features, shape (4, samples), float32, through an inverse hyperbolic sine, so that a pop of
        60 dB and a tick of 6 dB are numbers of one size; and the level of the forward error, shape
        (samples,).
    """
    wave = np.asarray(signal, np.float64)
    out = np.empty((NUM_FEATURES, len(wave)), np.float32)
    out[0] = np.arcsinh(wave / level(wave))
    errors = prediction_errors(wave)
    scale = error_scale(errors[0])
    out[1:] = np.arcsinh(errors / scale)
    return out, scale


def level(wave: Array) -> Array:
    """Return the RMS of the 100 ms around each sample, above zero."""
    half, total = _LEVEL_SAMPLES // 2, len(wave)
    power = np.cumsum(np.concatenate([np.zeros(half + 1), wave**2, np.zeros(half - 1)]))
    place = np.arange(total)
    count = np.minimum(place + half, total) - np.maximum(place - half, 0)
    around = np.maximum(power[2 * half :] - power[: -2 * half], 0)
    return np.asarray(np.sqrt(around / count) + _TINY)


def error_scale(error: Array) -> Array:
    """Return the median RMS of the blocks within 23 ms of each sample, above zero.

    Parameters
    ----------
    error : np.ndarray, shape (samples,)
    """
    num_blocks = -(-len(error) // _BLOCK)
    padded = np.pad(error, (0, num_blocks * _BLOCK - len(error)))
    powers = np.mean(padded.reshape(num_blocks, _BLOCK) ** 2, axis=1)
    scale = np.sqrt(median_filter(powers, _SPREAD, mode="nearest")) + _TINY
    middle = np.arange(num_blocks) * _BLOCK + _BLOCK / 2
    return np.asarray(np.interp(np.arange(len(error)), middle, scale))


def prediction_errors(wave: Array) -> Array:
    """Return forward, backward and matched errors under the model of every frame.

    Parameters
    ----------
    wave : np.ndarray, shape (samples,)

    Returns
    -------
    np.ndarray, shape (3, samples)
        The matched one is divided by the norm of the model, so that noise has one level in all.
    """
    total = len(wave)
    num_frames = -(-total // HOP)
    padded = np.pad(wave, (HOP // 2, num_frames * HOP - total + HOP))
    rows = np.lib.stride_tricks.sliding_window_view(padded, 2 * HOP)[::HOP][:num_frames]
    errors = np.empty((3, num_frames, HOP))
    for begin in range(0, num_frames, _BATCH_FRAMES):
        part = slice(begin, begin + _BATCH_FRAMES)
        errors[:, part] = _frame_errors(rows[part])
    return errors.reshape(3, -1)[:, :total]


def _frame_errors(rows: Array) -> Array:
    spectra = rfft(rows, axis=1)
    # A Hann window is three terms of the discrete Fourier transform: X/2 - (X[-1] + X[+1])/4.
    windowed = spectra / 2
    windowed[:, 1:-1] -= (spectra[:, 2:] + spectra[:, :-2]) / 4
    windowed[:, 0] -= spectra[:, 1].real / 2
    windowed[:, -1] -= spectra[:, -2].real / 2
    power = windowed.real**2 + windowed.imag**2
    models = levinson(irfft(power, axis=1)[:, : _ORDER + 1])
    filters = rfft(models, 2 * HOP, axis=1)
    norm = np.sqrt(np.sum(models**2, axis=1))[:, None]
    # The filters reach 32 samples each way, so the middle of a frame is free of wrapping.
    own = slice(HOP // 2, HOP // 2 + HOP)
    forward = filters * spectra
    backward = filters.conj() * spectra
    matched = filters.conj() * forward
    return np.stack(
        [
            irfft(forward, axis=1)[:, own],
            irfft(backward, axis=1)[:, own],
            irfft(matched, axis=1)[:, own] / norm,
        ]
    )
