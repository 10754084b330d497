"""Make stems sum to their mixture.

A network's stems x_k miss the mixture m by r = m - Σ x_k. Of all stems that sum to m, those nearest
to x_k, an error of stem k counting as 1/w_k with Σ w_k = 1, are x_k + w_k r (Wisdom et al. 2019,
"Differentiable consistency constraints"). With w_k the stem's share of the local power, what was
missed goes where something sounds, and a silent stem stays silent.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter1d

from toolkit import chunks
from toolkit.values import Samples

WINDOW = 1024
"""Samples over which power is local."""

_BLOCK = 1 << 16
# Far below any audible power, so that weights are even where all stems are silent.
_TINY = np.float32(1e-20)


def consistent(stems: npt.NDArray[np.float32], mixture: Samples) -> npt.NDArray[np.float32]:
    """Return stems that sum to the mixture.

    Parameters
    ----------
    stems : np.ndarray, shape (stems, channels, samples)
    mixture : np.ndarray, shape (channels, samples)

    Returns
    -------
    np.ndarray, shape (stems, channels, samples)
        Sample n depends on `WINDOW`/2 samples on each side of it.
    """
    # A running sum in float32 would leave traces of loud samples behind them.
    power = uniform_filter1d(stems.astype(np.float64) ** 2, WINDOW, axis=-1, mode="constant")
    power = np.maximum(power, 0) + _TINY
    missing = mixture - stems.sum(axis=0, dtype=np.float64)
    result: npt.NDArray[np.float32] = (stems + power / power.sum(axis=0) * missing).astype("f4")
    return result


def make_consistent(stems: npt.NDArray[np.float32], mixture: Samples) -> float:
    """Change stems of any length, in place and block by block, so that they sum to the mixture.

    Parameters
    ----------
    stems : np.ndarray, shape (stems, channels, samples)
        May be (a view of) a memory map.
    mixture : np.ndarray, shape (channels, samples)

    Returns
    -------
    float
        Power of what was missing over that of the mixture, in dB, -200..200.
    """
    total = mixture.shape[1]
    half = WINDOW // 2
    missing = whole = 0.0
    # The left neighbors of a block have been changed when it is read; these are they as they were.
    before = np.zeros((*stems.shape[:2], 0), np.float32)
    for start in range(0, total, _BLOCK):
        stop = min(start + _BLOCK, total)
        own = np.concatenate([before, stems[..., start : stop + half]], axis=-1)
        first = start - before.shape[-1]
        given = np.array(mixture[:, first : first + own.shape[-1]])
        kept = slice(start - first, stop - first)
        stems[..., start:stop] = consistent(own, given)[..., kept]
        error = given[:, kept] - own[..., kept].sum(axis=0, dtype=np.float64)
        missing += float(np.vdot(error, error))
        whole += float(np.vdot(given[:, kept], given[:, kept].astype(np.float64)))
        before = own[..., kept][..., -half:]
        chunks.release(stems)
        chunks.release(mixture)
    return float(np.clip(10 * np.log10((missing + 1e-30) / (whole + 1e-30)), -200, 200))
