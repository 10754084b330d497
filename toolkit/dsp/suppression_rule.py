"""From the two signal-to-noise ratios of a cell of a spectrogram to its gain."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
from scipy import special

from toolkit.dsp.stft import Power

Rule = Literal["wiener", "log-spectral"]

# Below, E₁ grows as -ln(v) and a gain with so small a ξ does not matter; above, it is nothing.
_RANGE = np.float32(2.0**-40), np.float32(2.0**5)


def gains_of(prior: Power, ratio: Power, rule: Rule) -> Power:
    """Return the gain for an a-priori ratio ξ and an a-posteriori ratio γ.

    Parameters
    ----------
    prior, ratio : np.ndarray, shape (frames, bins)
        ξ >= 0 and γ >= 0.
    rule : {'wiener', 'log-spectral'}
        ξ/(1 + ξ), which minimizes the error of the waveform, or that times exp(½·E₁(v)) with
        v = γ·ξ/(1 + ξ), which minimizes that of the logarithm of the magnitude (Ephraim & Malah
        1985); never above 1.
    """
    wiener: Power = prior / (1 + prior)
    if rule == "wiener":
        return wiener
    gains: Power = np.minimum(wiener * _half_integral(wiener * ratio), np.float32(1))
    return gains


def _half_integral(values: Power) -> Power:
    """Return exp(½·E₁(v)) from a table of 128 steps an octave, which is within 0.4 %.

    The bits of a float32 are its exponent and then its mantissa, so its upper bits count such steps
    without a logarithm.
    """
    clipped = np.clip(values, *_RANGE)
    lowest, table = _integral_table()
    found: Power = table[(clipped.view(np.int32) >> 16) - lowest]
    return found


@lru_cache(maxsize=1)
def _integral_table() -> tuple[int, Power]:
    lowest, highest = np.array(_RANGE).view(np.int32) >> 16
    steps = (np.arange(lowest, highest + 1, dtype=np.int32) << 16) + (1 << 15)
    middles = steps.view(np.float32).astype(np.float64)
    return int(lowest), np.exp(0.5 * special.exp1(middles)).astype(np.float32)
