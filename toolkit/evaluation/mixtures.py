"""Music and noise at a known ratio."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from toolkit.values import Audio, Samples

NoiseMaker = Callable[[int, int, int, np.random.Generator], Samples]
"""Called with channels, samples, sample rate and a generator; returns noise of any level."""


@dataclass(frozen=True)
class Mixture:
    """Hold one case: what is true, what is heard, and their difference."""

    clean: Audio
    noise: Samples

    @property
    def noisy(self) -> Audio:
        """Return the sum."""
        return self.clean.with_samples(self.clean.samples + self.noise)


def mix(clean: Audio, snr_db: float, make: NoiseMaker, rng: np.random.Generator) -> Mixture:
    """Return music with noise scaled to a ratio of the variances over the whole file.

    That is how the ratios 2, 6 and 12 dB of E. Moliner and V. Välimäki, "A two-stage U-Net for
    high-fidelity denoising of historical recordings", 2022, are meant.
    """
    noise = make(clean.num_channels, clean.num_samples, clean.sample_rate, rng)
    wanted = np.var(clean.samples, dtype=np.float64) * 10 ** (-snr_db / 10)
    scaled = noise * np.sqrt(wanted / np.var(noise, dtype=np.float64))
    return Mixture(clean, scaled.astype(np.float32))
