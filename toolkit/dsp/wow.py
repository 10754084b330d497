"""Wow and flutter: a speed that wavers, as a map of time.

With the speed 1 + Σ d_k sin(2π f_k t + φ_k) the medium has reached the place

    p(t) = t + Σ d_k/(2π f_k) (cos φ_k - cos(2π f_k t + φ_k)),

exactly. A small constant part of the speed is then taken away so that the last sample is read where
it lies: the length stays what it was. A disc wavers once a revolution where its hole is off the
center and twice where it is warped; a tape at no rate in particular (S. Godsill and P. Rayner,
"Digital Audio Restoration", 1998, chapter 8). Here slow means below 4 Hz.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Wavering:
    """Hold the terms of a wavering speed.

    Parameters
    ----------
    frequency : np.ndarray, shape (terms,)
        In Hz, > 0.
    depth : np.ndarray, shape (terms,)
        Peak change of speed, relative; their sum is below 1.
    phase : np.ndarray, shape (terms,)
        In radians.
    """

    frequency: Floats
    depth: Floats
    phase: Floats

    @property
    def fastest(self) -> float:
        """Return a bound of the speed."""
        return 1 + 2 * float(self.depth.sum())

    def speed(self, time: Floats) -> Floats:
        """Return the speed at times in seconds, 1 is right."""
        angle = 2 * np.pi * np.outer(self.frequency, time) + self.phase[:, None]
        return np.asarray(1 + self.depth @ np.sin(angle))

    def positions(
        self, indices: npt.NDArray[np.int64], num_samples: int, sample_rate: int
    ) -> Floats:
        """Return which sample of the steady recording is heard at each of the given samples.

        Parameters
        ----------
        indices : np.ndarray of int
            Of output samples.
        num_samples, sample_rate : int
            Of the recording; its first and last sample stay where they are.
        """
        end = max(num_samples - 1, 1) / sample_rate
        excess = self._displacement(np.array([end]))[0] / end
        time = indices / sample_rate
        return np.asarray(indices + (self._displacement(time) - excess * time) * sample_rate)

    def _displacement(self, time: Floats) -> Floats:
        moved = np.zeros(len(time))
        for f, depth, phase in zip(self.frequency, self.depth, self.phase, strict=True):
            turn = np.cos(phase) - np.cos(2 * np.pi * f * time + phase)
            moved += depth / (2 * np.pi * f) * turn
        return moved


def draw_disc(
    rng: np.random.Generator, *, rpm: float, wow: float, flutter: float = 0.0
) -> Wavering:
    """Draw the wavering of a disc.

    Parameters
    ----------
    rng : np.random.Generator
        Decides how the depths are shared and the phases.
    rpm : float
        Turns a minute.
    wow : float
        Peak change of speed by the hole (60 to 100 % of it) and by warping (the rest), relative.
    flutter : float
        Peak change of speed by the drive, three rates of 4 to 30 Hz, relative.
    """
    hole = float(rng.uniform(0.6, 1.0))
    turns = rpm / 60
    return _with_flutter(
        rng, np.array([turns, 2 * turns]), wow * np.array([hole, 1 - hole]), flutter
    )


def draw_tape(rng: np.random.Generator, *, wow: float, flutter: float = 0.0) -> Wavering:
    """Draw the wavering of a tape: four rates of 0.3 to 4 Hz, three of 4 to 30 Hz.

    `wow` and `flutter` are the peak changes of speed by either, relative.
    """
    return _with_flutter(rng, _rates(rng, 0.3, 4, 4), wow * rng.dirichlet(np.ones(4)), flutter)


def _with_flutter(
    rng: np.random.Generator, frequency: Floats, depth: Floats, flutter: float
) -> Wavering:
    frequency = np.concatenate([frequency, _rates(rng, 4, 30, 3)])
    depth = np.concatenate([depth, flutter * rng.dirichlet(np.ones(3))])
    return Wavering(frequency, depth, rng.uniform(0, 2 * np.pi, len(frequency)))


def _rates(rng: np.random.Generator, low: float, high: float, count: int) -> Floats:
    return np.exp(rng.uniform(np.log(low), np.log(high), count))
