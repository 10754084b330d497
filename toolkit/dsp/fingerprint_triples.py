"""Turn a fingerprint's peaks into keys that a change of speed leaves alone.

Three peaks that follow each other within a second and a half give two intervals in cents and one
ratio of times, none of which a change of speed moves (Six and Leman, "Panako", 2014). How high the
first peak lies and how long the three last is kept coarsely, so that speeds a few percent apart
still share most keys. Every such triple of near-by peaks is formed; of those only every nth key is
kept, the same ones in every recording, so that a side of three minutes has at most 6000.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.dsp.fingerprint import HIGHEST_HZ, LOWEST_HZ, Fingerprint

_NEAREST, _FARTHEST = 0.2, 1.5
_INTERVAL, _INTERVAL_STEP = 1200.0, 50.0
_TIME_STEPS = 12
_PITCH_STEP = 400.0
_SPAN_STEP = 0.6  # octaves
# Per second of recording; triples in all are some hundreds a second.
_DENSITY = 33.0
_FEWEST = 6000

_INTERVALS = round(2 * _INTERVAL / _INTERVAL_STEP)
_PITCHES = int(np.ceil(np.log2(HIGHEST_HZ / LOWEST_HZ) * 1200 / _PITCH_STEP))
_SPANS = int(np.ceil(np.log2(_FARTHEST / _NEAREST) / _SPAN_STEP)) + 1
NUM_KEYS = _INTERVALS**2 * _TIME_STEPS * _PITCHES * _SPANS
"""Keys are 0 .. NUM_KEYS - 1."""

# A prime: multiplying by it scatters neighboring keys before every nth is taken.
_SCATTER = 2_654_435_761


@dataclass(frozen=True, eq=False)
class Triples:
    """Hold triples of peaks; all arrays have the shape (triples,).

    Parameters
    ----------
    keys : np.ndarray, uint32
        What different speeds have in common.
    milliseconds : np.ndarray, uint32
        When the first peak is.
    cents : np.ndarray, uint16
        How high it is.
    spans : np.ndarray, uint16
        From the first to the last peak, in milliseconds.
    """

    keys: npt.NDArray[np.uint32]
    milliseconds: npt.NDArray[np.uint32]
    cents: npt.NDArray[np.uint16]
    spans: npt.NDArray[np.uint16]

    def __len__(self) -> int:
        return len(self.keys)


def triples(fingerprint: Fingerprint) -> Triples:
    """Return the triples of a recording; none for fewer than three peaks."""
    first, second, third = _triples_of(fingerprint)
    times = fingerprint.milliseconds.astype(np.int64)
    cents = fingerprint.cents.astype(np.int64)
    spans = times[third] - times[first]
    ratio = (times[second] - times[first]) / np.maximum(spans, 1)
    parts = (
        (_step(cents[second] - cents[first] + _INTERVAL, _INTERVAL_STEP), _INTERVALS),
        (_step(cents[third] - cents[first] + _INTERVAL, _INTERVAL_STEP), _INTERVALS),
        (_step(ratio, 1 / _TIME_STEPS), _TIME_STEPS),
        (_step(cents[first], _PITCH_STEP), _PITCHES),
        (_step(np.log2(np.maximum(spans, 1) / (1000 * _NEAREST)), _SPAN_STEP), _SPANS),
    )
    keys = np.zeros(len(first), np.int64)
    for value, count in parts:
        keys = keys * count + np.clip(value, 0, count - 1)
    kept = _sampled(keys, fingerprint.duration)
    return Triples(
        keys[kept].astype(np.uint32),
        times[first[kept]].astype(np.uint32),
        cents[first[kept]].astype(np.uint16),
        spans[kept].astype(np.uint16),
    )


def _triples_of(
    fingerprint: Fingerprint,
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return the indices of all triples whose later peaks lie in the first one's zone."""
    first, later = _pairs(fingerprint)
    counts = np.bincount(first, minlength=len(fingerprint))
    ends = np.cumsum(counts)[first]
    here = np.arange(len(first))
    # Each pair goes with every pair after it that has the same first peak.
    number = ends - here - 1
    one = np.repeat(here, number)
    starts = np.cumsum(number) - number
    other = np.arange(number.sum()) - np.repeat(starts, number) + one + 1
    apart = fingerprint.milliseconds[later[other]] > fingerprint.milliseconds[later[one]]
    one, other = one[apart], other[apart]
    return first[one], later[one], later[other]


def _pairs(fingerprint: Fingerprint) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return indices of peaks and of those in their zones, by first and then by time."""
    times = fingerprint.milliseconds.astype(np.int64)
    cents = fingerprint.cents.astype(np.int64)
    begin = np.searchsorted(times, times + round(1000 * _NEAREST))
    end = np.searchsorted(times, times + round(1000 * _FARTHEST))
    number = np.maximum(end - begin, 0)
    first = np.repeat(np.arange(len(times)), number)
    starts = np.cumsum(number) - number
    later = np.arange(number.sum()) - np.repeat(starts, number) + np.repeat(begin, number)
    near = np.abs(cents[later] - cents[first]) < _INTERVAL
    return first[near], later[near]


def _step(value: npt.NDArray[Any], step: float) -> npt.NDArray[np.int64]:
    return np.floor(value / step).astype(np.int64)


def _sampled(keys: npt.NDArray[np.int64], duration: float) -> npt.NDArray[np.intp]:
    """Return which triples are kept: every nth key, n being a power of two.

    What a long recording keeps is therefore part of what a short one keeps.
    """
    wanted = max(_FEWEST, _DENSITY * duration)
    scattered = (keys.astype(np.uint64) * np.uint64(_SCATTER)) >> np.uint64(8)
    every = 1
    while len(keys) > every * wanted:
        every *= 2
    return np.flatnonzero(scattered % np.uint64(every) == 0)
