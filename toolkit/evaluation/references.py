"""Denoisers that are told the truth: a classical floor and a ceiling to hold results against."""

from __future__ import annotations

import numpy as np
from scipy import signal, special

from toolkit.values import Samples

_N_FFT = 2048
_HOP_LENGTH = 512


def oracle_wiener(clean: Samples, noise: Samples) -> Samples:
    """Return clean + noise through the mask S/(S + N) of their true power spectra.

    No real mask does much better, so it is the ceiling of every denoiser that only turns bins down.
    """
    music, dirt = _stft(clean), _stft(noise)
    mask = np.abs(music) ** 2 / np.maximum(np.abs(music) ** 2 + np.abs(dirt) ** 2, 1e-30)
    return _istft((music + dirt) * mask, clean.shape[1])


def mmse_lsa(noisy: Samples, noise: Samples, *, smoothing: float = 0.98) -> Samples:
    """Return the log-spectral amplitude estimate for a known, stationary noise profile.

    Y. Ephraim and D. Malah (1985): with the a posteriori SNR γ = |Y|²/N and the a priori SNR ξ by
    the decision-directed rule ξ = a·|Ŝ₋₁|²/N + (1 − a)·max(γ − 1, 0), the gain is
    ξ/(1 + ξ) · exp(½·E₁(v)) with v = γ·ξ/(1 + ξ).

    Parameters
    ----------
    noisy : np.ndarray, shape (channels, samples)
        Music and noise.
    noise : np.ndarray, shape (channels, any)
        A stretch of the noise alone, from which the profile is taken.
    smoothing : float
        The rule's a, 0..1.
    """
    spectrum = _stft(noisy)
    profile = np.maximum((np.abs(_stft(noise)) ** 2).mean(axis=-1, keepdims=True), 1e-20)
    posterior = np.minimum(np.abs(spectrum) ** 2 / profile, 1e6)
    gain = np.empty_like(posterior)
    before = np.ones_like(posterior[..., 0])
    for frame in range(posterior.shape[-1]):
        now = posterior[..., frame]
        prior = smoothing * before + (1 - smoothing) * np.maximum(now - 1, 0)
        share = np.maximum(prior, 10**-2.5) / (1 + np.maximum(prior, 10**-2.5))
        gain[..., frame] = share * np.exp(0.5 * special.exp1(np.maximum(now * share, 1e-10)))
        before = gain[..., frame] ** 2 * now
    return _istft(spectrum * np.minimum(gain, 1), noisy.shape[1])


def _stft(samples: Samples) -> np.ndarray:
    overlap = _N_FFT - _HOP_LENGTH
    return np.asarray(signal.stft(samples, nperseg=_N_FFT, noverlap=overlap)[2])


def _istft(spectrum: np.ndarray, num_samples: int) -> Samples:
    overlap = _N_FFT - _HOP_LENGTH
    samples = signal.istft(spectrum, nperseg=_N_FFT, noverlap=overlap)[1]
    return np.asarray(samples[:, :num_samples], np.float32)
