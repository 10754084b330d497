"""The hiss of a tape: bright, steady but for slow swings, and riding on the music as well.

Bias noise is nearly white on the tape and comes out brighter, because replay raises the treble
that gap and spacing lose; it rises towards some 10 kHz and stays level beyond. Where the tape is
magnetized its grain shows more: noise proportional to the music, gathered closely about it
(J. Mallinson, "The foundations of magnetic recording", 1987). The level swings slowly
with the pressure of the tape on the head.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toolkit.dsp.colored_noise import N_FFT, ColoredNoise, unit_response

_SWINGS = 3
_LEVEL_HZ = 10_000.0
# Width of the noise about a tone; wider than a note's own modulation, narrower than the hiss.
_RIDING_HZ = 500.0


@dataclass(frozen=True, eq=False)
class TapeHiss:
    """Hold what decides the hiss of one tape.

    Parameters
    ----------
    hiss, riding : ColoredNoise
        The noise without music, and what multiplies the music; both of unit variance.
    period : np.ndarray, shape (swings,)
        Of the level's swings, in seconds.
    depth_db : np.ndarray, shape (swings,)
        Their depths.
    phase : np.ndarray, shape (swings,)
        In radians.
    """

    hiss: ColoredNoise
    riding: ColoredNoise
    period: np.ndarray
    depth_db: np.ndarray
    phase: np.ndarray

    def between(self, start: int, stop: int, sample_rate: int) -> np.ndarray:
        """Return the hiss from sample `start` up to `stop`; shape (channels, stop - start)."""
        level = 10 ** (self.level_db(np.arange(start, stop) / sample_rate) / 20)
        return np.asarray(level * self.hiss.between(start, stop))

    def level_db(self, time: np.ndarray) -> np.ndarray:
        """Return how far the level is from its mean in dB, at times in seconds."""
        swing = np.zeros(len(time))
        for period, depth, phase in zip(self.period, self.depth_db, self.phase, strict=True):
            swing += depth * np.sin(2 * np.pi * time / period + phase)
        return swing


def draw_hiss(
    rng: np.random.Generator,
    num_channels: int,
    sample_rate: int,
    *,
    tilt_db: float = 3.0,
    swing_db: float = 1.0,
) -> TapeHiss:
    """Draw the hiss of a tape; each channel has its own.

    Parameters
    ----------
    rng : np.random.Generator
        Decides everything random.
    num_channels, sample_rate : int
        Of the recording.
    tilt_db : float
        Slope in dB an octave from 1 to 10 kHz.
    swing_db : float
        Largest swing of the level to either side, shared by three sines of 3 to 60 s.
    """
    frequency = np.fft.rfftfreq(N_FFT, 1 / sample_rate)
    octaves = np.log2(np.clip(frequency, 1.0, _LEVEL_HZ) / 1000)
    ripple = np.interp(octaves, np.linspace(-6, 4, 8), rng.normal(0, 0.7, 8))
    hiss_db = tilt_db * np.maximum(octaves, 0) + ripple
    riding_db = -10 * np.log10(1 + (frequency / _RIDING_HZ) ** 2)
    seeds = rng.integers(2**31, size=2)
    return TapeHiss(
        ColoredNoise(num_channels, unit_response(hiss_db, N_FFT), 0.0, int(seeds[0])),
        ColoredNoise(num_channels, unit_response(riding_db, N_FFT), 0.0, int(seeds[1])),
        np.exp(rng.uniform(np.log(3), np.log(60), _SWINGS)),
        swing_db * rng.dirichlet(np.ones(_SWINGS)),
        rng.uniform(0, 2 * np.pi, _SWINGS),
    )
