"""Measure how far a recording lies from concert pitch.

Each spectral peak deviates from the nearest step of the equal-tempered scale by d cents, −50..50.
Deviations lie on a circle of 100 cents, so their mean is the angle of Σ w exp(2πi d/100) (after
K. Dressler and S. Streich, "Tuning frequency estimation using circular statistics", 2007). Of the
partials of a tone only those near a step count: the seventh lies a third of a semitone away, and
weights that fall with frequency keep the stretched partials of a piano from raising the mean.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from toolkit import chunks
from toolkit.dsp.stft import Grid
from toolkit.values import Audio

Array = npt.NDArray[np.float64]

_WINDOW_SECONDS = 0.4
_BLOCK_SECONDS = 20.0
_LOWEST_HZ, _HIGHEST_HZ = 110.0, 1800.0
_LOUDEST_PEAKS = 12
_FLOOR_DB = -35.0
_NEAR_CENTS = 15.0
_ROUNDS = 4


def tuning_cents(audio: Audio) -> float:
    """Return the deviation from A = 440 Hz in cents, −50 to 50; nan where no tone is heard.

    Parameters
    ----------
    audio : Audio
        Any rate and length; channels are averaged.
    """
    frequency, weight = peaks(audio)
    if not len(frequency):
        return float("nan")
    cents = 1200 * np.log2(frequency / 440)
    middle = _circular_mean(cents, weight)
    # Strays pull; what lies far from the mean is left out of the next one.
    for _ in range(_ROUNDS):
        away = (cents - middle + 50) % 100 - 50
        near = np.exp(-0.5 * (away / _NEAR_CENTS) ** 2)
        middle += float((near * weight * away).sum() / (near * weight).sum())
    return (middle + 50) % 100 - 50


def peaks(audio: Audio) -> tuple[Array, Array]:
    """Return the frequencies in Hz and weights of the loudest spectral peaks of all frames."""
    grid = Grid(max(round(_WINDOW_SECONDS * audio.sample_rate / 4), 1))
    size = max(round(_BLOCK_SECONDS * audio.sample_rate), grid.n_fft)
    bins = np.fft.rfftfreq(grid.n_fft, 1 / audio.sample_rate)
    low, high = np.searchsorted(bins, (_LOWEST_HZ, min(_HIGHEST_HZ, 0.45 * audio.sample_rate)))
    found: list[tuple[Array, Array]] = []
    if audio.num_samples < grid.n_fft or high - low < 3:
        return np.zeros(0), np.zeros(0)
    for block in chunks.blocks(audio.samples, size=size):
        mono = block.samples.mean(axis=0, keepdims=True)
        if mono.shape[1] < grid.n_fft:
            continue
        # Mirrored edges are no tones: only frames that lie wholly inside count.
        magnitude = np.abs(grid.analyze(mono)[0, 2:-2, max(low, 1) - 1 : high + 1])
        found += [_frame_peaks(frame, bins[1], max(low, 1)) for frame in magnitude]
    if not found:
        return np.zeros(0), np.zeros(0)
    return np.concatenate([each for each, _ in found]), np.concatenate([each for _, each in found])


def _frame_peaks(
    magnitude: npt.NDArray[np.float32], step_hz: float, first: int
) -> tuple[Array, Array]:
    """Return interpolated peaks; a parabola through log magnitudes fits the window's main lobe."""
    inner = magnitude[1:-1]
    top = float(inner.max(initial=0))
    is_peak = (inner > magnitude[:-2]) & (inner >= magnitude[2:])
    is_peak &= inner > max(top * 10 ** (_FLOOR_DB / 20), 1e-7)
    at = np.flatnonzero(is_peak)
    at = at[np.argsort(inner[at])[::-1][:_LOUDEST_PEAKS]]
    before, here, after = (np.log(magnitude[at + k] + 1e-12).astype(float) for k in (0, 1, 2))
    shift = 0.5 * (before - after) / (before - 2 * here + after)
    frequency = (at + first + np.clip(shift, -0.5, 0.5)) * step_hz
    return frequency, np.sqrt(inner[at].astype(float)) / frequency


def _circular_mean(cents: Array, weight: Array) -> float:
    turn = np.exp(2j * np.pi * cents / 100)
    return float(np.angle((weight * turn).sum()) * 100 / (2 * np.pi))
