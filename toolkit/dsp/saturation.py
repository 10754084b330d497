"""Soft saturation: loud passages are rounded off, soft ones pass.

    y = (1 - w) x + w · tanh(a x) / a

with the numbers of S. Cho et al., "End-to-end historical music restoration in latent space" (2026).
The slope at 0 is 1, so a soft signal keeps its level.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toolkit.values import Samples


@dataclass(frozen=True)
class Saturation:
    """Hold a curve by its drive a and the share w of the rounded signal, 0..1."""

    drive: float
    share: float

    def apply(self, samples: Samples, peak: float) -> Samples:
        """Return the saturated signal.

        Parameters
        ----------
        samples : np.ndarray, shape (channels, samples)
            Any part of the recording.
        peak : float
            Of the whole recording; it is what full scale is in the formula. 0 for silence.
        """
        if peak == 0:
            return samples
        scale = self.drive / peak
        rounded = np.tanh(scale * samples.astype(np.float64)) / scale
        return np.asarray(samples + self.share * (rounded - samples), np.float32)


def draw_saturation(
    rng: np.random.Generator, *, drive: float = 2.2, share: float = 0.18, spread: float = 1.0
) -> Saturation:
    """Draw a curve.

    Parameters
    ----------
    rng : np.random.Generator
        Decides both numbers.
    drive, share : float
        Means, > 0; the published ones are the defaults.
    spread : float
        Multiplies the published deviations (41 % and 50 % of the mean); limits are 0.34 to 2.05 and
        0.17 to 2.2 times the mean, the share never above 1. 0 gives the means.
    """
    drive *= float(np.clip(rng.normal(1, 0.41 * spread), 0.34, 2.05))
    share *= float(np.clip(rng.normal(1, 0.5 * spread), 0.17, 2.2))
    return Saturation(drive, min(share, 1.0))
