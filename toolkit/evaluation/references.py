"""What to hold results against: denoisers that are told the truth, and a declipper as published."""

from __future__ import annotations

import numpy as np
from scipy import signal, special

from toolkit.dsp import sparsity
from toolkit.values import Samples

_N_FFT = 2048
_HOP_LENGTH = 512

# The frame of the survey: a Hann window of 8192 samples every 2048, in spectra of 16384 bins.
_PEW_WINDOW, _PEW_N_FFT, _PEW_HOP = 8192, 16384, 2048
_PEW_THRESHOLDS = np.logspace(-1, -4, 20)
_PEW_STILL = 1e-4


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


def pew_declip(clipped: Samples, *, iterations: int = 500) -> Samples:
    """Declip by persistent empirical Wiener shrinkage, as published.

    K. Siedenburg, M. Kowalski and M. Dörfler, "Audio declipping with social sparsity" (2014): with
    coefficients c of a tight Gabor frame, ½·|reliable samples missed|² + ½·|shortfall of clipped
    ones below the clip level|² + a penalty λ is made small by accelerated iterative shrinkage,
    where a coefficient is multiplied by (1 - λ²/E)₊, E the mean of |c|² over its neighbors. The
    parameters are those of P. Záviška, P. Rajmic, A. Ozerov and L. Rencker, "A survey and an
    extensive evaluation of popular audio declipping methods" (2021), for which this was best: 20
    thresholds from 0.1 to 0.0001, each begun from the last one's solution, neighborhoods of 3 bins
    by 7 frames, momentum (k - 1)/(k + 5) in iteration k of a threshold.

    Parameters
    ----------
    clipped : np.ndarray, shape (channels, samples)
        Every sample at its highest or lowest value counts as clipped.
    iterations : int
        At most, at each threshold; 500 in the survey. It ends sooner where the signal changes by
        less than 1e-4 in the Euclidean norm.

    Returns
    -------
    np.ndarray, shape (channels, samples), float32
        Reliable samples are not put back, as they were not in the survey.
    """
    return np.stack([_pew(channel, iterations) for channel in clipped])


def _pew(clipped: Samples, iterations: int) -> Samples:
    """Return one channel [samples]; the gradient is the signal less its nearest consistent one."""
    window = np.zeros(_PEW_N_FFT, np.float32)
    edge = (_PEW_N_FFT - _PEW_WINDOW) // 2
    window[edge : edge + _PEW_WINDOW] = sparsity.tight_window(_PEW_WINDOW)
    overlap = _PEW_N_FFT // _PEW_HOP
    length = len(clipped) + 2 * _PEW_N_FFT
    inside = slice(_PEW_N_FFT, _PEW_N_FFT + len(clipped))
    lower, upper = np.zeros((2, length + -length % _PEW_HOP), np.float32)
    lower[inside] = np.where(clipped == clipped.min(), -np.inf, clipped)
    upper[inside] = np.where(clipped == clipped.max(), np.inf, clipped)
    coefficients = sparsity.analyze(np.zeros_like(lower), window, overlap)
    found, ahead = np.zeros_like(lower), np.zeros_like(lower)
    moved = coefficients.copy()
    for threshold in _PEW_THRESHOLDS:
        for turn in range(iterations):
            moved += sparsity.analyze(np.clip(ahead, lower, upper) - ahead, window, overlap)
            energy = sparsity.neighborhood(moved.real**2 + moved.imag**2, frames=7, bins=3)
            moved *= np.maximum(1 - np.float32(threshold**2) / np.maximum(energy, 1e-30), 0)
            before, found = found, sparsity.synthesize(moved, window, overlap)
            momentum = np.float32(turn / (turn + 6))
            coefficients, moved = moved, moved + momentum * (moved - coefficients)
            ahead = found + momentum * (found - before)
            if np.linalg.norm(found - before) < _PEW_STILL:
                break
    return found[inside]


def _stft(samples: Samples) -> np.ndarray:
    overlap = _N_FFT - _HOP_LENGTH
    return np.asarray(signal.stft(samples, nperseg=_N_FFT, noverlap=overlap)[2])


def _istft(spectrum: np.ndarray, num_samples: int) -> Samples:
    overlap = _N_FFT - _HOP_LENGTH
    samples = signal.istft(spectrum, nperseg=_N_FFT, noverlap=overlap)[1]
    return np.asarray(samples[:, :num_samples], np.float32)
