"""Set any unknown samples of a stretch so that the errors of a linear predictor become least.

With e = a * x, the unknown samples u satisfy T u = -(what the known ones contribute), where T is
the autocorrelation matrix b[|i - j|] of the coefficients a, restricted to unknown i and j (Janssen,
Veldhuis and Vries 1986). For thousands of unknowns in hundreds of runs that is neither banded nor
Toeplitz, but T times a vector is two short FFTs, so it is solved by conjugate gradients.

Within a run of missing samples the equations are ill-conditioned, for a smooth wave hardly tells
neighbors apart; between runs they are not. So the inverses of the runs' own blocks make the
preconditioner. Every block is the leading part of the longest run's Toeplitz matrix, and the
leading part of a Cholesky factor is the factor of the leading part: one factorization serves all.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.fft
from scipy.linalg import solve_triangular, toeplitz

from toolkit.dsp.predictor import Array, Predictor

_LONGEST_BLOCK = 400  # samples; longer runs are cut into several blocks
_RIDGE = 1e-10  # lifts what rounding could have made negative


def complete(
    x: Array,
    unknown: npt.NDArray[np.bool_],
    predictor: Predictor,
    *,
    trust: float = 0.0,
    iterations: int = 10,
    tolerance: float = 1e-10,
) -> Array:
    """Return the stretch with its unknown samples moved toward the least prediction error.

    Parameters
    ----------
    x : np.ndarray, shape (samples,), float64
        Holds a first guess at the unknown samples; counts as zero beyond its ends.
    unknown : np.ndarray, shape (samples,), bool
        At least one.
    predictor : Predictor
    trust : float
        Weight of the squared distance from the first guess against the squared errors, >= 0.
    iterations : int
        At most so many steps of conjugate gradients (Hestenes and Stiefel 1952).
    tolerance : float
        Stops when the preconditioned residual has fallen by this factor, squared norms.

    Returns
    -------
    np.ndarray, shape (samples,), float64
        Known samples are the very same numbers.
    """
    length = scipy.fft.next_fast_len(len(x) + 2 * predictor.order, real=True)
    power = np.abs(scipy.fft.rfft(predictor.coefficients, length)) ** 2

    def errors_of(v: Array) -> Array:
        product: Array = scipy.fft.irfft(scipy.fft.rfft(v, length) * power, length)[: len(x)]
        return product

    blocks = _Blocks(unknown, predictor, trust)
    residual = -errors_of(x) * unknown
    ahead = blocks.solve(residual)
    direction = ahead
    size = first = float(residual @ ahead)
    out = x.copy()
    for _ in range(iterations):
        if not size > tolerance * first:
            break
        image = errors_of(direction) * unknown + trust * direction
        step = size / float(direction @ image)
        out += step * direction
        residual = residual - step * image
        ahead = blocks.solve(residual)
        previous, size = size, float(residual @ ahead)
        direction = ahead + (size / previous) * direction
    return out


class _Blocks:
    """Invert the equations of each run of unknown samples as if the others were known."""

    def __init__(self, unknown: npt.NDArray[np.bool_], predictor: Predictor, trust: float) -> None:
        edges = np.diff(np.concatenate([[False], unknown, [False]]).astype(np.int8))
        starts, stops = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
        pieces = -(-(stops - starts) // _LONGEST_BLOCK)
        part = np.arange(pieces.sum()) - np.repeat(np.cumsum(pieces) - pieces, pieces)
        starts = np.repeat(starts, pieces) + part * _LONGEST_BLOCK
        lengths = np.minimum(np.repeat(stops, pieces) - starts, _LONGEST_BLOCK)
        longest = int(lengths.max())
        lags = np.zeros(longest)
        shared = min(longest, predictor.order + 1)
        lags[:shared] = predictor.lags()[:shared]
        lags[0] = lags[0] * (1 + _RIDGE) + trust
        factor = np.linalg.cholesky(toeplitz(lags))
        self.inverse = solve_triangular(factor, np.eye(longest), lower=True)
        self.inside = np.arange(longest) < lengths[:, None]
        self.index = (starts[:, None] + np.arange(longest))[self.inside]

    def solve(self, right: Array) -> Array:
        """Return the solution of all blocks; zero where samples are known."""
        rows = np.zeros(self.inside.shape)
        rows[self.inside] = right[self.index]
        rows = rows @ self.inverse.T
        rows *= self.inside
        rows = rows @ self.inverse
        out = np.zeros_like(right)
        out[self.index] = rows[self.inside]
        return out
