"""The resonances of a recording horn and its diaphragm, a few broad peaks in the middle.

Until 1925 sound reached the cutter through a horn without any electronics, and the horn colored it
(P. Copeland, "Manual of analogue sound restoration techniques", 2008). Its response was different
in every session and measured in none: two to four peaks of 3 to 10 dB between 300 and 2500 Hz are
an estimate. A peak of gain g, frequency f₀ and quality Q is the magnitude of an analog resonance,

    |H|² = (1 + g² v) / (1 + v),   v = 1 / (Q (f/f₀ - f₀/f))²,

which is g at f₀, 1 far from it, and half of g - 1 in power where v = 1: f₀/Q apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Horn:
    """Hold a horn's peaks, one entry of each tuple a peak.

    Parameters
    ----------
    frequency : tuple of float
        In Hz, ascending.
    height_db : tuple of float
        Above the response around it.
    quality : tuple of float
        Frequency over width.
    """

    frequency: tuple[float, ...]
    height_db: tuple[float, ...]
    quality: tuple[float, ...]

    def gain_db(self, frequency: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the gain in dB at frequencies in Hz, > 0."""
        gain = np.zeros(len(frequency))
        for center, height, quality in zip(
            self.frequency, self.height_db, self.quality, strict=True
        ):
            distance = (quality * (frequency / center - center / frequency)) ** 2
            gain += 10 * np.log10((distance + 10 ** (height / 10)) / (distance + 1))
        return gain


def draw_horn(
    rng: np.random.Generator,
    *,
    peaks: tuple[int, int] = (2, 4),
    height_db: tuple[float, float] = (3.0, 10.0),
    quality: tuple[float, float] = (2.0, 6.0),
    band_hz: tuple[float, float] = (300.0, 2500.0),
) -> Horn:
    """Draw a horn.

    Parameters
    ----------
    rng : np.random.Generator
        Decides the peaks.
    peaks : tuple[int, int]
        Smallest and largest number of peaks.
    height_db, quality : tuple[float, float]
        Ranges, uniform.
    band_hz : tuple[float, float]
        Range of the frequencies, uniform in octaves; each peak has an equal part of it to itself.
    """
    count = int(rng.integers(peaks[0], peaks[1] + 1))
    low, high = np.log(band_hz)
    place = (np.arange(count) + rng.random(count)) / max(count, 1)
    return Horn(
        tuple(float(each) for each in np.exp(low + place * (high - low))),
        tuple(float(each) for each in rng.uniform(*height_db, count)),
        tuple(float(each) for each in rng.uniform(*quality, count)),
    )
