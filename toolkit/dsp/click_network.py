"""Find clicks by the log odds that a trained detector gives every sample.

A span begins and ends where the odds fall below a low bar, and counts if they exceed a high one
somewhere in between (hysteresis: Canny 1986). How high that one is depends on the recording itself,
as in empirical Bayes (Robbins 1956): the clicks around that are beyond doubt say how many there are
to be expected, and where there are none, what looks like a click is rather a stroke of the music.

Where the network is in doubt there is a second look, see `toolkit.dsp.click_doubt`.

What makes the odds is handed in as a function, so that nothing here knows of networks. Stretches
whose music is missing (`toolkit.dsp.click_losses`) are found without it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.dsp import click_features
from toolkit.dsp.ar import Spans, merge_spans, runs
from toolkit.dsp.click_doubt import MOST, judge
from toolkit.dsp.click_losses import find_losses
from toolkit.dsp.linear_prediction import Array
from toolkit.dsp.low_band import decimate

Odds = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]
"""Maps features [features, samples] to log odds of a click [samples]."""

_RATE = 44100
_NONE: Spans = np.zeros((0, 2), np.int64)
# Good samples between two spans that are too few to hold an interpolation.
_DISTANCE = 4
# The same clicks in another channel make one here more likely, in log odds.
_SHARED = 1.5
# A threshold at which the bars stay, and how far they move when it doubles.
_EVEN_THRESHOLD, _PER_OCTAVE = 8.0, 2.0
# A click that is taken one sample short leaves that sample to the interpolation as a truth.
_MARGIN = np.array([-3, 2])
# How far around clicks are counted, and how far below the bar of a lonely click is beyond doubt.
_NEAR_SECONDS, _BEYOND_DOUBT = 1.0, 1.0
# How much lower the bar is where ten times as many are around, from 0.1 to 100 a second. As prior
# odds they would lower it by ln 10 = 2.3; but the network hears some neighbors, too. Over C1's
# families on the development pieces this gave the best F1.
_RELIEF, _RAREST, _MOST_DECADES = 1.5, 0.1, 3.0
# How near to the bar a click is in doubt, in log odds: as far as its height may move it.
_DOUBT = MOST
# Losses last longer than clicks: for the usual 6 ms, 20.
_LOSS_LENGTH = 10 / 3
_EDGE = 32
# Fewer samples than this have neither model nor level.
_FEWEST = 64


@dataclass(frozen=True)
class Detector:
    """Hold what finds clicks, and how sure it has to be.

    Parameters
    ----------
    odds : callable
    certain : float
        Log odds that a click has to reach where there are no others.
    doubtful : float
        Log odds at which it begins and ends.
    longest : float
        In seconds; what goes on for longer is no click. Losses may be 3.3 times as long.
    ease : float
        How far losses have to stand out, relative to the usual height.
    """

    odds: Odds
    certain: float = 4.25
    doubtful: float = -1.0
    longest: float = 0.006
    ease: float = 1.0


def network_factor(sample_rate: int) -> int:
    """Return how many samples make one that the detector hears: near 44.1 kHz, >= 1."""
    return max(round(sample_rate / _RATE), 1)


def context_samples(sample_rate: int) -> int:
    """Return more samples than a decision hears on each side: whole stretches, 1.49 s."""
    return 4 * stretch_samples(sample_rate)


def stretch_samples(sample_rate: int) -> int:
    """Return a number of samples at whose multiples blocks may begin: whole frames, 0.37 s."""
    return 16 * click_features.HOP * network_factor(sample_rate)


def network_clicks(
    samples: npt.NDArray[np.floating], sample_rate: int, detector: Detector
) -> list[Spans]:
    """Find the clicks of every channel.

    Parameters
    ----------
    samples : np.ndarray, shape (channels, samples)
        Finite.
    sample_rate : int
        In Hz. The detector hears a decimated copy where it is above 66 kHz.
    detector : Detector

    Returns
    -------
    list of np.ndarray, shape (clicks, 2)
        First sample and one past the last, one array a channel.
    """
    factor = network_factor(sample_rate)
    total, rate = samples.shape[1], sample_rate / factor
    if total < _FEWEST * factor:
        return [_NONE] * len(samples)
    odds, losses = [], []
    for channel in samples:
        wave = decimate(channel, factor)
        heard, _ = click_features.features(wave)
        longest = _LOSS_LENGTH * detector.longest
        losses.append(find_losses(wave, heard, rate, longest, detector.ease))
        odds.append(_settled(wave, heard, losses[-1], detector, rate))
    alone = [spans_of(each, detector, rate) for each in odds]
    found = []
    for number, own in enumerate(odds):
        spans = alone[number]
        others = np.concatenate([_NONE, *alone[:number], *alone[number + 1 :]])
        if len(others):
            raised = own.copy()
            for start, stop in merge_spans(others, len(own)).tolist():
                raised[start:stop] += _SHARED
            spans = spans_of(raised, detector, rate)
        spans = np.concatenate([spans, losses[number]])
        # Sample j of the copy stands for whatever lies nearer to it than its neighbors do.
        wide = (spans + _MARGIN) * factor + np.array([1 - factor, 0])
        found.append(merge_spans(wide, total, _DISTANCE * factor))
    return found


def _settled(
    wave: Array,
    heard: npt.NDArray[np.float32],
    losses: Spans,
    detector: Detector,
    sample_rate: float,
) -> npt.NDArray[np.float32]:
    """Return the log odds, those of doubtful clicks as a second look leaves them."""
    odds = detector.odds(heard)
    # There is no past for the first samples, no future for the last.
    odds[:_EDGE] = odds[-_EDGE:] = detector.doubtful
    spans = runs(odds > detector.doubtful)
    if not len(spans):
        return odds
    peaks = _peaks(odds, spans)
    above = peaks - _bars(spans, peaks, detector, sample_rate)
    doubtful = np.abs(above) < _DOUBT
    if not doubtful.any():
        return odds
    short = spans[:, 1] - spans[:, 0] <= detector.longest * sample_rate
    sure = np.concatenate([spans[(above >= _DOUBT) & short], losses]) + _MARGIN
    doubted = spans[doubtful]
    sure = merge_spans(sure, len(odds), _DISTANCE)
    judged = judge(wave, heard, odds, doubted, sure, detector.odds)
    # The odds of a click rise and fall together: where it begins and ends is not in question.
    least = np.nextafter(np.float32(detector.doubtful), np.float32(np.inf))
    for (start, stop), peak, new in zip(doubted.tolist(), peaks[doubtful], judged, strict=True):
        odds[start:stop] = np.maximum(odds[start:stop] + (new - peak), least)
    return odds


def spans_of(odds: npt.NDArray[np.float32], detector: Detector, sample_rate: float) -> Spans:
    """Return the clicks in one channel's log odds.

    Where many are beyond doubt, what looks like another probably is one, and the bar is lower.
    """
    spans = runs(odds > detector.doubtful)
    if not len(spans):
        return spans
    peaks = _peaks(odds, spans)
    short = spans[:, 1] - spans[:, 0] <= detector.longest * sample_rate
    return spans[short & (peaks > _bars(spans, peaks, detector, sample_rate))]


def _bars(
    spans: Spans, peaks: npt.NDArray[np.float32], detector: Detector, sample_rate: float
) -> Array:
    """Return the log odds that each span has to reach, given the others."""
    beyond = peaks > detector.certain - _BEYOND_DOUBT
    starts, sure = spans[:, 0], spans[beyond, 0]
    near = int(_NEAR_SECONDS * sample_rate)
    around = np.searchsorted(sure, starts + near, "right") - np.searchsorted(sure, starts - near)
    rate = (around - beyond) / (2 * _NEAR_SECONDS)
    decades = np.log10(np.maximum(rate, _RAREST) / _RAREST)
    return np.asarray(detector.certain - _RELIEF * np.minimum(decades, _MOST_DECADES))


def _peaks(odds: npt.NDArray[np.float32], spans: Spans) -> npt.NDArray[np.float32]:
    # A value behind the end keeps the last boundary inside the array.
    return np.maximum.reduceat(np.append(odds, np.float32(-np.inf)), spans.ravel())[::2]


def detector(odds: Odds, threshold: float, longest: float) -> Detector:
    """Return a detector as sure as a height in sigmas would make a whitened signal.

    Parameters
    ----------
    odds : callable
    threshold : float
        8 leaves the bars as they were chosen; twice as much, or half, moves the high one by 2 in
        log odds.
    longest : float
        In seconds.
    """
    shift = _PER_OCTAVE * float(np.log2(threshold / _EVEN_THRESHOLD))
    ease = threshold / _EVEN_THRESHOLD
    return Detector(odds, Detector.certain + shift, Detector.doubtful + shift / 2, longest, ease)
