"""Compare a signal with the truth. Arrays are (channels, samples); levels are in dB."""

from __future__ import annotations

import numpy as np
from scipy import signal

from toolkit.values import Samples

_TINY = 1e-20


def snr(reference: Samples, estimate: Samples) -> float:
    """Return the power of the reference over that of the difference, in dB.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    _check(reference, estimate)
    error = reference.astype(np.float64) - estimate
    return _ratio_db(_power(reference), _power(error))


def si_sdr(reference: Samples, estimate: Samples) -> float:
    """Return the scale-invariant signal-to-distortion ratio in dB.

    The estimate is split into a multiple of the reference and the rest (J. Le Roux et al., "SDR:
    half-baked or well done?", 2019), so a wrong level costs nothing.
    """
    _check(reference, estimate)
    true = reference.astype(np.float64).ravel()
    found = estimate.astype(np.float64).ravel()
    target = (found @ true) / max(float(true @ true), _TINY) * true
    return _ratio_db(_power(target), _power(found - target))


def log_spectral_distance(
    reference: Samples, estimate: Samples, *, n_fft: int = 2048, hop_length: int = 512
) -> float:
    """Return the distance of log10 power spectra: RMS over frequency, then mean over frames.

    Powers are floored 80 dB below the reference's mean, so that digital silence does not decide.
    Never report it alone: it rewards a tool that leaves little noise and less music (A. Gray and
    J. Markel, "Distance measures for speech processing", 1976).
    """
    _check(reference, estimate)
    true = _power_spectrum(reference, n_fft, hop_length)
    found = _power_spectrum(estimate, n_fft, hop_length)
    floor = max(float(true.mean()) * 1e-8, _TINY)
    difference = np.log10(true + floor) - np.log10(found + floor)
    return float(np.sqrt(np.mean(difference**2, axis=-2)).mean())


def energy_removed_db(before: Samples, after: Samples) -> float:
    """Return the energy of what was taken away, relative to what was there, in dB."""
    _check(before, after)
    removed = _power(before.astype(np.float64) - after)
    return _ratio_db(removed, _power(before)) if removed else -np.inf


def touched_per_minute(before: Samples, after: Samples, sample_rate: int) -> float:
    """Return how many samples a minute and channel differ at all."""
    _check(before, after)
    return float(np.count_nonzero(before != after) / max(before.size, 1) * 60 * sample_rate)


def align(reference: Samples, estimate: Samples, *, most: int = 8192) -> tuple[Samples, int]:
    """Return the estimate with its delay taken out, as long as the reference, and the delay.

    Parameters
    ----------
    reference, estimate : np.ndarray, shape (channels, samples)
        The lengths may differ. The cross-correlation of the channels' sum decides.
    most : int
        The largest delay in samples, either way, that is looked for.
    """
    correlation = signal.correlate(estimate.sum(axis=0), reference.sum(axis=0), method="fft")
    lags = signal.correlation_lags(estimate.shape[1], reference.shape[1])
    near = np.abs(lags) <= most
    delay = int(lags[near][np.argmax(correlation[near])])
    shifted = np.zeros_like(reference)
    source = np.arange(reference.shape[1]) + delay
    inside = (source >= 0) & (source < estimate.shape[1])
    shifted[:, inside] = estimate[:, source[inside]]
    return shifted, delay


def _power_spectrum(samples: Samples, n_fft: int, hop_length: int) -> np.ndarray:
    short = max(n_fft - samples.shape[1], 0)
    padded = np.pad(samples, ((0, 0), (0, short)))
    _, _, spectrum = signal.stft(padded, nperseg=n_fft, noverlap=n_fft - hop_length)
    return np.asarray(np.abs(spectrum) ** 2)


def _power(samples: np.ndarray) -> float:
    return float(np.mean(np.square(samples, dtype=np.float64))) if samples.size else 0.0


def _ratio_db(above: float, below: float) -> float:
    return 10 * float(np.log10(max(above, _TINY) / max(below, _TINY)))


def _check(one: Samples, other: Samples) -> None:
    if one.shape != other.shape:
        raise ValueError(f"signals must have the same shape, not {one.shape} and {other.shape}")
