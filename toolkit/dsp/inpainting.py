"""Fill gaps of up to a tenth of a second with what the sound around them foretells.

Unknown samples are set to what makes the prediction errors of an autoregressive model smallest,
the model is fitted again to the completed stretch, and so on (Janssen, Veldhuis and Vries 1986),
for each gap on its own with its surroundings rather than in fixed frames (Mokrý, Balušík and Rajmic
2025). The order must be high: a model of few coefficients has forgotten both sides long before the
middle of the gap.

With e = a * x, the sum of e² is quadratic in x with the matrix b[|i - j|], where b is the
autocorrelation of the coefficients a. For one contiguous gap that matrix is Toeplitz, like the one
of the Yule-Walker equations that give a, so both steps are Levinson recursions: milliseconds even
for thousands of unknowns. Gaps within one order of each other depend on each other and are solved
together.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.fft
from scipy.linalg import solve_toeplitz

from toolkit.dsp.gap_equations import complete
from toolkit.dsp.predictor import Array, Predictor, fit_predictor
from toolkit.values import Samples

Span = tuple[int, int]

_ORDER = 1536
_CONTEXT = 4  # samples on each side of a gap, in orders
# The model learns from its own guess, so that more rounds make long gaps worse.
_ITERATIONS = 3
_WHITE_FLOOR = 1e-7
_STEPS = 60  # of conjugate gradients, where gaps are solved together


def reach(longest: int) -> int:
    """Return how many samples on each side decide on the filling of a gap of that length."""
    return _CONTEXT * _order(longest)


def fill(samples: Samples, gaps: Sequence[Span]) -> Samples:
    """Return a signal whose gaps are filled; all other samples keep their bits.

    Parameters
    ----------
    samples : np.ndarray, shape (channels, samples), float32
        Finite; what it holds inside the gaps does not matter.
    gaps : sequence of (int, int)
        First sample and one past the last of each gap, the same for all channels, in any order.
        What lies outside the signal is ignored.

    Returns
    -------
    np.ndarray, shape (channels, samples), float32
        A gap that reaches an end of the signal fades toward it; one without any surroundings
        becomes silence.
    """
    out = samples.copy()
    spans = _joined(gaps, samples.shape[1])
    groups = _grouped(spans)
    for channel in out:
        completed = channel.astype(np.float64)
        for start, stop in spans:
            completed[start:stop] = 0
        for _ in range(_ITERATIONS):
            for group in groups:
                _fill_group(completed, group)
        for start, stop in spans:
            channel[start:stop] = completed[start:stop]
    return out


def interpolate_gap(x: Array, start: int, stop: int, predictor: Predictor) -> Array:
    """Return the samples for x[start:stop] with the least prediction error.

    Parameters
    ----------
    x : np.ndarray, shape (samples,), float64
        The gap and its surroundings; it counts as zero beyond its ends.
    start, stop : int
        0 <= start < stop <= samples.
    predictor : Predictor
        Holds throughout.

    Returns
    -------
    np.ndarray, shape (stop - start,), float64
    """
    order, size = predictor.order, stop - start
    lags = predictor.lags()
    around = np.zeros(size + 2 * order)
    first, last = max(start - order, 0), min(stop + order, len(x))
    around[first - start + order : last - start + order] = x[first:last]
    around[order : order + size] = 0
    kernel = np.concatenate([lags[:0:-1], lags])
    length = scipy.fft.next_fast_len(len(around) + 2 * order, real=True)
    spectrum = scipy.fft.rfft(around, length) * scipy.fft.rfft(kernel, length)
    pull = scipy.fft.irfft(spectrum, length)[2 * order : 2 * order + size]
    column = np.zeros(size)
    shared = min(size, order + 1)
    column[:shared] = lags[:shared]
    column[0] *= 1 + 1e-10
    solution: Array = solve_toeplitz(column, -pull)
    return solution


def _fill_group(x: Array, group: list[Span]) -> None:
    """Put into the gaps what a model of them and their surroundings finds most likely."""
    longest = max(stop - start for start, stop in group)
    begin = max(group[0][0] - reach(longest), 0)
    part = x[begin : group[-1][1] + reach(longest)]
    order = min(_order(longest), len(part) // 4)
    if order < 1 or not part.any():
        return
    predictor = fit_predictor(part, order, _WHITE_FLOOR)
    if len(group) == 1:
        start, stop = group[0]
        x[start:stop] = interpolate_gap(part, start - begin, stop - begin, predictor)
        return
    unknown = np.zeros(len(part), bool)
    for start, stop in group:
        unknown[start - begin : stop - begin] = True
    part[:] = complete(part, unknown, predictor, iterations=_STEPS)


def _order(length: int) -> int:
    return max(_ORDER, length // 2)


def _joined(gaps: Sequence[Span], num_samples: int) -> list[Span]:
    """Return the gaps in order, cut to the signal, those that touch made one."""
    out: list[Span] = []
    for start, stop in sorted(gaps):
        first, last = max(int(start), 0), min(int(stop), num_samples)
        if first >= last:
            continue
        if out and first <= out[-1][1]:
            out[-1] = (out[-1][0], max(last, out[-1][1]))
        else:
            out.append((first, last))
    return out


def _grouped(spans: list[Span]) -> list[list[Span]]:
    """Return the gaps, those together that depend on each other."""
    groups: list[list[Span]] = []
    for span in spans:
        if groups and span[0] - groups[-1][-1][1] < _ORDER:
            groups[-1].append(span)
        else:
            groups.append([span])
    return groups
