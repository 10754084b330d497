"""Fill the gaps that clicks leave: the sparser they lie, the sharper the model of each.

An autoregressive model of high order follows the partials of music across a gap of some
milliseconds, where one of low order dies away before its middle (Kauppinen & Roth 2002). A model of
order p costs p³ a gap, and where there are many gaps the clean samples between them support no more
than a low order anyway, so the order falls with the cube root of their rate.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from toolkit.dsp.ar import Spans, interpolate
from toolkit.dsp.linear_prediction import Array

ORDERS = (48, 64, 96, 128, 160)
# Gaps a second up to which the highest order is used.
_SPARSE = 16.0
_NEAR_SECONDS = 0.25
# Samples on each side that a model is fitted to, for each of its order.
_CONTEXT = 4


def fill_order(gaps_per_second: float) -> int:
    """Return the order of a gap's model, one of `ORDERS`, by how many gaps there are.

    Examples
    --------
    >>> [fill_order(rate) for rate in (1, 16, 30, 100, 1000)]
    [160, 160, 128, 64, 48]
    """
    wanted = ORDERS[-1] * (_SPARSE / max(gaps_per_second, _SPARSE)) ** (1 / 3)
    return max((order for order in ORDERS if order <= wanted + 1e-9), default=ORDERS[0])


def fill(signal: npt.NDArray[np.floating], spans: Spans, sample_rate: int) -> Array:
    """Replace the spans of one channel.

    Parameters
    ----------
    signal : np.ndarray, shape (samples,)
        Finite; what it holds inside the spans does not matter.
    spans : np.ndarray, shape (spans, 2)
        First sample and one past the last of each gap, sorted, not touching.
    sample_rate : int
        In Hz.

    Returns
    -------
    np.ndarray, shape (samples,), float64
        A copy; samples outside the spans are the very same numbers.
    """
    filled = np.array(signal, np.float64)
    if not len(spans):
        return filled
    bridge(filled, spans)
    middle = spans.mean(axis=1)
    near = _NEAR_SECONDS * sample_rate
    count = np.searchsorted(middle, middle + near) - np.searchsorted(middle, middle - near)
    orders = np.array([fill_order(each) for each in count / (2 * _NEAR_SECONDS)])
    for order in np.unique(orders).tolist():
        filled = interpolate(filled, spans[orders == order], order, context=_CONTEXT * order)
    return filled


def bridge(signal: Array, spans: Spans) -> None:
    """Draw a straight line over every gap, in place; silence where nothing is left.

    Gaps are sorted and do not touch. The models of one gap's surroundings hear no other's click
    then, whichever is filled first.
    """
    first, stop = spans.T
    if np.sum(stop - first) == len(signal):
        signal[:] = 0.0
        return
    # At an end of the signal there is only one side to hold on to.
    left = signal[np.where(first > 0, first - 1, stop)]
    right = signal[np.where(stop < len(signal), stop, first - 1)]
    lengths = stop - first
    step = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    slope = np.repeat((right - left) / (lengths + 1), lengths)
    signal[np.repeat(first, lengths) + step] = np.repeat(left, lengths) + (step + 1) * slope
