"""Find the frequency at which a recording's treble was cut off.

The mean spectrum of music falls by some decibels an octave; a filter makes it fall faster from one
frequency on. Each band is a candidate for the last one: the half octave above it is compared with
the half octave below it, and what the half octave before that leads to expect is subtracted. The
sharpest such edge is taken if nothing farther up comes near the level below it. Where exactly the
fall begins is read off a straight line through the octave below (the median of the slopes of all
pairs, which a loud partial does not turn; H. Theil, "A rank-invariant method of linear and
polynomial regression analysis", 1950).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from toolkit.dsp import band_levels
from toolkit.dsp.stft import Grid
from toolkit.values import Samples

Levels = npt.NDArray[np.float64]

LOWEST_HZ, HIGHEST_HZ = 2200.0, 13500.0

# Full-band renders of ten pieces reach 8 to 19 dB and one 23; a filter of 48 dB an octave gives 17
# at 11 kHz, where little music is left to fall, and 20 to 50 elsewhere.
_LEAST_EDGE_DB = 20.0
_MOST_EXPECTED_DB = 9.0
_COMES_BACK_DB = 12.0
_STEEPEST_MUSIC = -18.0
_HALF_OCTAVE = 6
# Levels this far below the line belong to the fall.
_KNEE_DB = 4.0
_SILENCE = 1e-14
# Of a spectrogram that is worked on at a time.
_CELLS = 1_000_000


def mean_powers(parts: list[Samples], grid: Grid, sample_rate: int) -> Levels:
    """Return the mean power of each band over excerpts [channels, n] and channels, (bands,)."""
    bands = band_levels.averages(grid.num_bins, sample_rate)
    total, count = np.zeros(len(bands)), 0
    pieces = max(_CELLS // grid.num_bins, 1) * grid.hop_length
    for part in parts:
        for channel in part:
            for begin in range(0, len(channel), pieces):
                power = grid.power(grid.analyze(channel[None, begin : begin + pieces]))[0]
                total += power.sum(axis=0, dtype=np.float64) @ bands.T
                count += len(power)
    return np.asarray(total / max(count, 1))


def find_cutoff(powers: Levels, sample_rate: int) -> float:
    """Return where the treble was cut off in Hz, or 0 if the band is full.

    Parameters
    ----------
    powers : np.ndarray, shape (bands,)
        As `mean_powers` gives them.
    sample_rate : int
        In Hz; bands next to the Nyquist frequency are left out, which a converter's filter takes.
    """
    inside = int(np.sum(band_levels.edges()[1:] < 0.48 * sample_rate))
    if not inside or powers.max() <= _SILENCE:
        return 0.0
    level = 10 * np.log10(np.maximum(powers[:inside], _SILENCE))
    upper = band_levels.edges()[1 : inside + 1]
    candidates = np.flatnonzero((upper >= LOWEST_HZ) & (upper <= HIGHEST_HZ))
    edges = [_edge(level, int(index) + 1) for index in candidates]
    if not edges or max(edges) < _LEAST_EDGE_DB:
        return 0.0
    end = int(candidates[int(np.argmax(edges))]) + 1
    return float(upper[_knee(level, end) - 1])


def _edge(level: Levels, end: int) -> float:
    """Return by how much more than expected levels fall after the first `end` bands, in dB."""
    above = level[end + 1 : end + 1 + _HALF_OCTAVE]
    if len(above) < _HALF_OCTAVE // 2:
        return 0.0
    below = float(np.median(level[end - _HALF_OCTAVE : end]))
    before = float(np.median(level[end - 2 * _HALF_OCTAVE : end - _HALF_OCTAVE]))
    expected = min(max(before - below, 0.0), _MOST_EXPECTED_DB)
    if level[end + _HALF_OCTAVE :].max(initial=-np.inf) > below - _COMES_BACK_DB:
        return 0.0
    return below - float(np.median(above)) - expected


def _knee(level: Levels, end: int) -> int:
    """Return how many bands lie before the fall; at most half an octave less than `end`."""
    first = end - _HALF_OCTAVE
    octave = np.arange(len(level)) / (2 * _HALF_OCTAVE)
    before = slice(first - 2 * _HALF_OCTAVE, first)
    one, other = np.triu_indices(2 * _HALF_OCTAVE, 1)
    x, y = octave[before], level[before]
    slope = float(np.median((y[other] - y[one]) / (x[other] - x[one])))
    slope = min(max(slope, _STEEPEST_MUSIC), 0.0)
    straight = float(np.median(y - slope * x)) + slope * octave[first : end + 2]
    whole = np.flatnonzero(straight - level[first : end + 2] < _KNEE_DB)
    return first + 1 + int(whole.max(initial=0))
