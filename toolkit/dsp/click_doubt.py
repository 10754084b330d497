"""Look once more at what may be a click, after the clicks beyond doubt have been mended.

A loud click spoils what is heard around it: the model that should predict the music also predicts
the click, and the level that errors are measured against rises. So the clicks that nobody doubts
are taken out first, and the others are judged by what then is heard, in three ways:

- by the log odds of the first look;
- by those of the mended signal upside down: clicks push the needle up as often as down, which a
  trained network knows only roughly, and its errors for a signal and for its mirror are not the
  same ones, so that the mean of both errs less;
- by how far the prediction errors stand out: with the same odds, what stands out further is a
  click more often.

Of the clicks in doubt over the families of C1 on the development pieces, crackle apart, as many are
found on the mended signal as on the one that is heard, at a quarter of the false alarms, and by
their height half as many again.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from toolkit.dsp.ar import Spans, interpolate, merge_spans
from toolkit.dsp.click_features import HOP, features
from toolkit.dsp.linear_prediction import Array

Ask = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]

# What the network has to hear around a click, and the grid on which its pieces begin.
_LISTEN, _GRID = 1024, 16
# Samples that the network is asked about come in multiples of so many. For every length it has not
# met a CPU prepares convolutions anew and keeps them: 2 MB and 10 ms each time.
_LENGTHS = 8192
# Nothing but the network hears what is mended here, and its models have 32 coefficients.
_ORDER = 48
# Log odds for each e-fold of the height above 4.2 sigmas, and the most that they come to: logistic
# regression over the development pieces, rounded.
_PER_FOLD, _EVEN_HEIGHT, MOST = 4.0, 4.2, 2.0


def judge(
    wave: Array,
    heard: npt.NDArray[np.float32],
    odds: npt.NDArray[np.float32],
    doubted: Spans,
    sure: Spans,
    ask: Ask,
) -> npt.NDArray[np.float32]:
    """Return the highest log odds of each click in doubt, after a second look.

    Parameters
    ----------
    wave : np.ndarray, shape (samples,)
        One channel, finite.
    heard : np.ndarray, shape (4, samples)
        Its features, from `toolkit.dsp.click_features.features`.
    odds : np.ndarray, shape (samples,)
        What the first look made of them.
    doubted : np.ndarray, shape (clicks, 2)
        First sample and one past the last of each click in doubt, sorted, not touching.
    sure : np.ndarray, shape (others, 2)
        What is mended first, sorted, not touching; none of it in doubt.
    ask : callable
        Maps features [4, samples] to log odds [samples].

    Returns
    -------
    np.ndarray, shape (clicks,), float32
    """
    heard = _without(wave, heard, doubted, sure)
    mirrored = _mirrored(heard, doubted, ask)
    judged = np.empty(len(doubted), np.float32)
    for number, (start, stop) in enumerate(doubted.tolist()):
        mean = (odds[start:stop] + mirrored[start:stop]).max() / 2
        # Features are inverse hyperbolic sines: logarithms of heights, where these are large.
        height = np.abs(heard[1:, start:stop]).max() - np.arcsinh(_EVEN_HEIGHT)
        judged[number] = mean + np.clip(_PER_FOLD * height, -MOST, MOST)
    return judged


def _without(
    wave: Array, heard: npt.NDArray[np.float32], doubted: Spans, sure: Spans
) -> npt.NDArray[np.float32]:
    """Return the features as the mended signal has them, where somebody is going to listen."""
    # One frame more on each side: the outermost hear what in truth lies elsewhere.
    frames = doubted + np.array([-_LISTEN, _LISTEN + HOP - 1])
    near = merge_spans((frames // HOP + np.array([-1, 1])) * HOP, len(wave))
    near, sure = near[_touching(near, sure)], sure[_touching(sure, near)]
    if not len(sure):
        return heard
    index = _all_of(near)
    result = heard.copy()
    result[:, index], _ = features(interpolate(wave, sure, _ORDER, context=4 * _ORDER)[index])
    return result


def _touching(these: Spans, those: Spans) -> npt.NDArray[np.bool_]:
    """Return which of the first, sorted spans share a sample with any of the others."""
    begun = np.searchsorted(those[:, 0], these[:, 1], "left")
    return np.asarray(begun > np.searchsorted(those[:, 1], these[:, 0], "right"))


def _all_of(spans: Spans) -> npt.NDArray[np.int64]:
    return np.concatenate([np.arange(*each) for each in spans.tolist()])


def _mirrored(heard: npt.NDArray[np.float32], doubted: Spans, ask: Ask) -> npt.NDArray[np.float32]:
    """Return the log odds of the signal upside down, zero where there is no doubt."""
    around = doubted + np.array([-_LISTEN, _LISTEN])
    around += np.stack([-around[:, 0] % _GRID - _GRID, -around[:, 1] % _GRID], axis=1)
    # All at once, one after the other: none hears across what lies around the next.
    index = _all_of(merge_spans(around, heard.shape[1]))
    whole = np.zeros((len(heard), -(-len(index) // _LENGTHS) * _LENGTHS), np.float32)
    np.negative(heard[:, index], out=whole[:, : len(index)])
    mirrored = np.zeros(heard.shape[1], np.float32)
    mirrored[index] = ask(whole)[: len(index)]
    return mirrored
