"""Compare separated stems with true ones. Arrays are (channels, samples); levels are in dB."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from toolkit.evaluation import metrics
from toolkit.values import Samples

LOWEST_SI_SDR = -30.0
"""Lower figures count as this one: whether nothing or next to nothing was found does not matter."""

_REGULARIZER = 1e-7
_QUIETEST_DB = -160.0


def si_sdr(reference: Samples, estimate: Samples) -> float:
    """Return the scale-invariant SDR in dB, no lower than `LOWEST_SI_SDR`.

    No filters, no mean taken away, all channels as one signal. An estimate of digital silence has
    found nothing and gets the lowest figure.
    """
    if not estimate.any():
        return LOWEST_SI_SDR
    return max(metrics.si_sdr(reference, estimate), LOWEST_SI_SDR)


def usdr(reference: Samples, estimate: Samples) -> float:
    """Return the SDR of the Music Demixing Challenge 2021, which counts a wrong level as an error.

    The utterance-level SDR 10 log10((Σ s² + δ) / (Σ (s - e)² + δ)) with δ = 1e-7, over the whole
    song and all channels (Y. Mitsufuji et al., "Music demixing challenge 2021", 2022).
    """
    if reference.shape != estimate.shape:
        raise ValueError(f"need the same shape, not {reference.shape} and {estimate.shape}")
    true = reference.astype(np.float64)
    above = float(np.sum(true**2)) + _REGULARIZER
    below = float(np.sum((true - estimate) ** 2)) + _REGULARIZER
    return 10 * float(np.log10(above / below))


def level_dbfs(samples: npt.NDArray[np.floating]) -> float:
    """Return the RMS in dB re full scale, -160 at the least."""
    power = float(np.mean(np.square(samples, dtype=np.float64))) if samples.size else 0.0
    return max(10 * float(np.log10(max(power, 1e-30))), _QUIETEST_DB)


def inconsistency_db(mixture: Samples, stems: Sequence[Samples]) -> float:
    """Return the energy of what stems lack of their mixture, relative to the mixture, in dB.

    -160 at the least, as for a sum that is exact.
    """
    apart = mixture.astype(np.float64)
    for stem in stems:
        apart = apart - stem
    return max(level_dbfs(apart) - level_dbfs(mixture), _QUIETEST_DB)
