"""What turntable and mains add: a thump each time a crack passes the needle, and hum.

A thump is the resonance of arm and cartridge, excited by the step in the groove: a decaying sine
of falling frequency (S. Godsill and P. Rayner, "Digital Audio Restoration", 1998, chapter 7).
Both are functions of absolute time, so any piece of them can be had on its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toolkit.dsp.damage import Recording
from toolkit.dsp.surface_noise import RPM
from toolkit.values import Samples


@dataclass(frozen=True, eq=False)
class Thumps:
    """Hold what a crack does each time it passes: times in seconds and the shape in numbers.

    Parameters
    ----------
    time : np.ndarray
        When each begins, in seconds.
    tail : float
        Time in seconds after which it is over.
    high_hz, low_hz : float
        The resonance of arm and cartridge falls from one to the other.
    gains : np.ndarray, shape (channels,)
        Side by side.
    """

    time: np.ndarray
    tail: float
    high_hz: float
    low_hz: float
    gains: np.ndarray

    def between(self, start: int, stop: int, sample_rate: int) -> Samples:
        """Return the thumps from sample `start` up to `stop`, their peak near 1."""
        total = np.zeros(stop - start)
        begin = np.ceil(self.time * sample_rate).astype(np.int64)
        length = int(self.tail * sample_rate) + 1
        first, last = np.searchsorted(begin, [start - length, stop])
        for event in range(first, last):
            low, high = max(begin[event], start), min(begin[event] + length, stop)
            wave = self._shape(np.arange(low, high) / sample_rate - self.time[event])
            total[low - start : max(high - start, 0)] += wave
        return (self.gains[:, None] * total).astype(np.float32)

    def _shape(self, time: np.ndarray) -> np.ndarray:
        # The frequency is low + (high - low) exp(-t/fall); the angle is its integral.
        fall = self.tail / 3
        sweep = (self.high_hz - self.low_hz) * fall * (1 - np.exp(-time / fall))
        angle = 2 * np.pi * (self.low_hz * time + sweep)
        attack = 1 - np.exp(-time / 0.002)
        ending = np.clip((self.tail - time) / (0.1 * self.tail), 0, 1)
        return np.asarray(np.sin(angle) * np.exp(-4 * time / self.tail) * attack * ending)


def draw_thumps(rng: np.random.Generator, recording: Recording, *, rpm: float = RPM) -> Thumps:
    """Draw a crack that passes the needle once a revolution, a little early or late each time."""
    period = 60 / rpm
    time = np.arange(rng.uniform(0, period), recording.num_samples / recording.sample_rate, period)
    time += rng.normal(0, 0.001, len(time))
    return Thumps(
        time=np.sort(np.maximum(time, 0)),
        tail=2 * float(rng.uniform(0.03, 0.15)),
        high_hz=float(rng.uniform(35, 60)),
        low_hz=float(rng.uniform(15, 30)),
        gains=rng.uniform(0.4, 1, recording.num_channels),
    )


@dataclass(frozen=True, eq=False)
class Hum:
    """Hold a mains hum: fundamental, drift and harmonics; unit variance.

    Parameters
    ----------
    frequency : float
        In Hz.
    drift : tuple[float, float, float]
        Depth in Hz, rate in Hz and phase of the fundamental's slow swing.
    amplitude, phase : np.ndarray, shape (harmonics,)
        From the fundamental upward.
    """

    frequency: float
    drift: tuple[float, float, float]
    amplitude: np.ndarray
    phase: np.ndarray

    def between(self, start: int, stop: int, sample_rate: int) -> np.ndarray:
        """Return the hum from sample `start` up to `stop`, shape (1, stop - start)."""
        time = np.arange(start, stop) / sample_rate
        depth, rate, offset = self.drift
        # The integral of f + depth·sin(2π·rate·t + offset).
        swing = depth / (2 * np.pi * rate) * (1 - np.cos(2 * np.pi * rate * time + offset))
        turns = self.frequency * time + swing
        hum = np.zeros(len(time))
        for number, (amplitude, phase) in enumerate(zip(self.amplitude, self.phase, strict=True)):
            if (number + 1) * (self.frequency + depth) < 0.5 * sample_rate:
                hum += amplitude * np.sin(2 * np.pi * (number + 1) * turns + phase)
        return hum[None]


def draw_hum(rng: np.random.Generator, *, mains_hz: float = 50.0, harmonics: int = 8) -> Hum:
    """Draw a hum within 1 Hz of the mains, its harmonics falling by about 5 dB each."""
    fall_db = np.arange(harmonics) * 5.0 + rng.uniform(-6, 6, harmonics)
    amplitude = 10 ** (-fall_db / 20)
    return Hum(
        frequency=mains_hz + float(rng.uniform(-1, 1)),
        drift=(0.05, float(rng.uniform(0.02, 0.1)), float(rng.uniform(0, 2 * np.pi))),
        amplitude=amplitude * np.sqrt(2 / np.sum(amplitude**2)),
        phase=rng.uniform(0, 2 * np.pi, harmonics),
    )
