"""The uneven tone and the narrow band of old recordings, as curves of gain over frequency.

Both laws and all numbers are those of S. Cho et al., "End-to-end historical music restoration in
latent space" (2026), whose chain is: tone, saturation, a second tone, band, surface noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

NODES_HZ = 40.0 * 2.0 ** np.arange(10)
"""Where a tone is given; between the nodes decibels are interpolated over log-frequency."""

MEAN_DB = np.array([-9.0, -4.9, -4.9, 0.0, 0.0, -3.1, -1.1, -8.6, -2.1, 0.0])
"""Mean of the gain at each node before it is limited; the chain's second tone has -3 first."""

LOWEST_DB = -80.0

# Deviations and limits of the band, as shares of the published means 100 and 3200 Hz, 18 and 30 dB.
_LAWS = {
    "low_hz": (0.5, 0.4, 2.5),
    "high_hz": (0.266, 0.625, 1.72),
    "low_slope": (0.444, 0.333, 2.67),
    "high_slope": (0.333, 0.4, 2.0),
}


@dataclass(frozen=True)
class Tone:
    """Hold a tone by its gains in dB at `NODES_HZ`, 0 or below."""

    nodes_db: tuple[float, ...]

    def gain_db(self, frequency: Floats) -> Floats:
        """Return the gain in dB at frequencies in Hz, > 0; level outside the nodes."""
        octaves = np.log2(frequency / NODES_HZ[0])
        return np.asarray(np.interp(octaves, np.arange(len(NODES_HZ)), self.nodes_db))


@dataclass(frozen=True)
class Band:
    """Hold a band by its edges (-3 dB) in Hz and the slopes beyond them in dB an octave."""

    low_hz: float
    high_hz: float
    low_slope: float
    high_slope: float

    def gain_db(self, frequency: Floats) -> Floats:
        """Return the gain in dB at frequencies in Hz, > 0.

        The magnitude of a Butterworth filter (1930) of any real order n, 1/√(1 + (f/f_c)^(2n)),
        falls by 6.02 n dB an octave.
        """
        per_octave = 20 * np.log10(2)
        below = np.log(self.low_hz / frequency) * 2 * self.low_slope / per_octave
        above = np.log(frequency / self.high_hz) * 2 * self.high_slope / per_octave
        # log(1 + e^x) without overflow.
        loss = np.logaddexp(0, below) + np.logaddexp(0, above)
        return np.asarray(-10 / np.log(10) * loss)


def draw_tone(
    rng: np.random.Generator, *, spread_db: float = 14.7, lowest_mean_db: float = -9.0
) -> Tone:
    """Draw a tone: normal about `MEAN_DB` at each node, limited to -80..0 dB.

    Parameters
    ----------
    rng : np.random.Generator
        Decides the gains.
    spread_db : float
        Deviation at each node; 0 gives the mean itself.
    lowest_mean_db : float
        Mean of the node at 40 Hz.
    """
    mean = np.append(lowest_mean_db, MEAN_DB[1:])
    nodes = np.clip(rng.normal(mean, spread_db), LOWEST_DB, 0.0)
    return Tone(tuple(float(gain) for gain in nodes))


def draw_band(rng: np.random.Generator, mean: Band, *, spread: float = 1.0) -> Band:
    """Draw a band about a mean one.

    Parameters
    ----------
    rng : np.random.Generator
        Decides edges and slopes.
    mean : Band
        Edges and slopes about which they are drawn; those of the source are 100 and 3200 Hz, 18 and
        30 dB an octave.
    spread : float
        Multiplies the published deviations, as shares of the means; 0 gives the mean itself.
    """
    drawn = {
        name: getattr(mean, name) * float(np.clip(rng.normal(1, spread * deviation), low, high))
        for name, (deviation, low, high) in _LAWS.items()
    }
    return Band(**drawn)
