"""The separators that are compared: each takes a mixture and its true stems, returns stems."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy import signal

from toolkit.adapters import librosa_separation
from toolkit.evaluation.tools import fresh_run
from toolkit.registry import stage_class
from toolkit.stage import build
from toolkit.values import Audio, Samples, Stems

Separator = Callable[[Audio, Stems], Mapping[str, Samples]]
"""Maps a mixture to the stems it finds, by name; only those marked * look at the true ones."""

MIXTURE = "mixture"

# The best of 200, 250, 300 and 400 Hz on development songs, by the sum of the gains.
_CROSSOVER_HZ = 300.0
_CROSSOVER_ORDER = 4
_N_FFT, _HOP_LENGTH = 2048, 512
_TINY = 1e-20


def untouched(mixture: Audio, true: Stems) -> dict[str, Samples]:
    """Take the mixture for each stem."""
    return dict.fromkeys(true, mixture.samples)


def tonearm_band(mixture: Audio, true: Stems) -> dict[str, Samples]:
    """Run the stage `separate` with the separator that ships."""
    stage: Any = build(stage_class("separate"), {"model": "band"})
    found: Stems = stage(mixture, fresh_run("separate"))
    return {name: audio.samples for name, audio in found.items()}


def hpss_crossover(mixture: Audio, true: Stems) -> dict[str, Samples]:
    """Take strokes for drums, low tones for bass, and half the other tones each for the others.

    It is told whether there is noise; half of the strokes are noise then.
    """
    tones, strokes = librosa_separation.harmonic_percussive(mixture)
    low = _below(tones, mixture.sample_rate)
    half = (tones - low) / 2
    noise = strokes / 2 if true["noise"].samples.any() else 0 * strokes
    parts = {"piano": half, "bass": low, "drums": strokes - noise, "other": half, "noise": noise}
    return {name: np.asarray(part, np.float32) for name, part in parts.items()}


def oracle_mask(mixture: Audio, true: Stems) -> dict[str, Samples]:
    """Give each stem the share that it truly has of the power in every bin of the STFT.

    The ideal ratio mask for powers, which is the Wiener filter of known spectra. It is not the best
    mask there is, nor a bound for methods that find phases.
    """
    spectra = {name: _spectrum(audio) for name, audio in true.items()}
    total = sum(np.abs(each) ** 2 for each in spectra.values()) + _TINY
    mixed = _spectrum(mixture)
    return {
        name: _waveform(mixed * (np.abs(each) ** 2 / total), mixture)
        for name, each in spectra.items()
    }


METHODS: Mapping[str, Separator] = {
    MIXTURE: untouched,
    "HPSS + crossover": hpss_crossover,
    "tonearm separate, band": tonearm_band,
    "oracle ratio mask *": oracle_mask,
}


def _below(samples: Samples, sample_rate: int) -> Samples:
    """Return what lies below the crossover, without delay; what it leaves is the rest."""
    sections = signal.butter(_CROSSOVER_ORDER, _CROSSOVER_HZ, fs=sample_rate, output="sos")
    return np.asarray(signal.sosfiltfilt(sections, samples), np.float32)


def _spectrum(audio: Audio) -> np.ndarray:
    return np.asarray(signal.stft(audio.samples, nperseg=_N_FFT, noverlap=_N_FFT - _HOP_LENGTH)[2])


def _waveform(spectrum: np.ndarray, like: Audio) -> Samples:
    samples = signal.istft(spectrum, nperseg=_N_FFT, noverlap=_N_FFT - _HOP_LENGTH)[1]
    return np.asarray(samples[:, : like.num_samples], np.float32)
