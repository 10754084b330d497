"""The noise of a groove: one revolution's texture that comes round again, and fresh hiss.

The wall of a groove is rough in one way at each place, so its noise repeats with the disc, while
wear, dust and electronics add noise that does not. Both have the same color here and the mix is a
parameter. After E. Moliner and V. Välimäki, "A two-stage U-Net for high-fidelity denoising of
historical recordings" (2022), who loop real noise at whole revolutions, and V. Välimäki et al.,
"Digital audio antiquing" (2008).

Every sample can be had on its own, whatever was asked before: the texture is one array and the
hiss is a `toolkit.dsp.colored_noise.ColoredNoise`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toolkit.dsp.colored_noise import N_FFT, ColoredNoise, circular, unit_response
from toolkit.values import Samples

RPM = 78.26
"""Turns a minute of a record cut with 60 Hz mains."""


@dataclass(frozen=True, eq=False)
class SurfaceNoise:
    """Hold what decides the noise of one side; `draw` makes one.

    Parameters
    ----------
    texture : np.ndarray, shape (channels, samples of one revolution)
        Of unit variance.
    response : np.ndarray, shape (HOP_LENGTH + 1,)
        Amplitude of the hiss by frequency, 0 Hz to Nyquist; white noise through it keeps its
        variance.
    repeating : float
        Share of the power that repeats each revolution, 0..1.
    correlation : float
        Between any two channels, 0..1.
    modulation : tuple[float, float]
        Depth 0..1 of the level's swing over a revolution, and its phase in radians.
    seed : int
        Of the hiss.
    """

    texture: Samples
    response: np.ndarray
    repeating: float
    correlation: float
    modulation: tuple[float, float]
    seed: int

    def between(self, start: int, stop: int) -> Samples:
        """Return the noise from sample `start` up to `stop`; shape (channels, stop - start)."""
        period = self.texture.shape[1]
        turn = np.arange(start, stop) % period
        depth, phase = self.modulation
        swing = 1 + depth * np.sin(2 * np.pi * turn / period + phase)
        noise = np.sqrt(self.repeating) * self.texture[:, turn]
        noise += np.sqrt(1 - self.repeating) * self._hiss(start, stop)
        level = swing / np.sqrt(1 + depth**2 / 2)
        return np.asarray(noise * level, np.float32)

    def _hiss(self, start: int, stop: int) -> np.ndarray:
        hiss = ColoredNoise(self.texture.shape[0], self.response, self.correlation, self.seed)
        return hiss.between(start, stop)


def draw(
    rng: np.random.Generator,
    num_channels: int,
    sample_rate: int,
    *,
    rpm: float = RPM,
    repeating: float = 0.5,
    tilt_db: float = -3.0,
    rumble_db: float = 6.0,
    modulation: float = 0.15,
    correlation: float = 0.5,
) -> SurfaceNoise:
    """Draw the noise of one side, of unit variance.

    Parameters
    ----------
    rng : np.random.Generator
        Decides the texture, the hiss and the color's ripple.
    num_channels, sample_rate : int
        Of the noise.
    rpm : float
        Turns a minute; the revolution is rounded to whole samples.
    repeating, modulation, correlation : float
        As in `SurfaceNoise`.
    tilt_db : float
        Slope above 1 kHz in dB an octave.
    rumble_db : float
        Rise of the spectrum below 60 Hz.
    """
    period = max(2, round(60 * sample_rate / rpm))
    ripple = rng.normal(0, 1.5, 12)
    color = (ripple, tilt_db, rumble_db)
    texture = circular(
        rng,
        (num_channels, period),
        _response(np.fft.rfftfreq(period, 1 / sample_rate), period, *color),
        correlation,
    )
    texture /= np.maximum(texture.std(axis=1, keepdims=True), 1e-9)
    hiss = np.fft.rfftfreq(N_FFT, 1 / sample_rate)
    return SurfaceNoise(
        texture.astype(np.float32),
        _response(hiss, N_FFT, *color),
        repeating,
        correlation,
        (modulation, float(rng.uniform(0, 2 * np.pi))),
        int(rng.integers(2**31)),
    )


def _response(
    frequency: np.ndarray, n_fft: int, ripple: np.ndarray, tilt_db: float, rumble_db: float
) -> np.ndarray:
    """Return amplitudes whose mean square over the whole circle of frequencies is one."""
    octaves = np.log2(np.maximum(frequency, 1.0) / 1000)
    level_db = tilt_db * np.maximum(octaves, 0) + rumble_db / (1 + (frequency / 60) ** 2)
    level_db += np.interp(octaves, np.linspace(-6, 5, len(ripple)), ripple)
    return unit_response(level_db, n_fft)
