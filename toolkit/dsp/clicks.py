"""Find clicks: samples that neither their past nor their future explains.

Places that stand out of the whitened signal are candidates. Each is fitted as a click
(`toolkit.dsp.click_fit`) and kept if what it added is far above the noise. Then the models and
levels are taken again from the signal without its clicks, and everything is decided once more: a
click spoils the model that should find it.

An onset of music stands out, too, but is measured against the level that it starts; and how far
clean music's own outliers reach is read from the swing of its level (see
`toolkit.dsp.whitening.unrest`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.dsp.ar import Spans, merge_spans, runs
from toolkit.dsp.click_fit import Click, Fitter
from toolkit.dsp.linear_prediction import Array, model_order
from toolkit.dsp.low_band import decimate
from toolkit.dsp.whitening import Whitened, hop_samples, local_scale, unrest, whiten

_NONE: Spans = np.zeros((0, 2), np.int64)
# A click in one channel makes one at the same place in another this much more likely, in sigmas.
_SHARED = 0.6
# However unruly the music is, what stands this far out of it is no music; chance alone makes less
# than one of this height in a million samples.
_HIGHEST_SIGMAS, _LOWEST_SIGMAS = 22.0, 5.0
# Where so many clicks a second are beyond doubt, the next one needs that share of the height.
_RARE_FREQUENT, _RELIEF = (3.0, 20.0), (1.0, 0.6)
# Clicks a second from which on a side is full of them, and the lowest threshold there.
_FREQUENT, _EASIEST_SIGMAS = 10.0, 3.0
# Above this rate there is more noise than click; detection hears nothing above half of it.
_SEARCH_RATE = 32000
# Good samples inside one click, where there are so many candidates a second.
_SPARSE_DENSE, _PATIENCE = (40.0, 120.0), (100.0, 20.0)
# Share of the squared threshold that every sample of a click has to contribute on average.
_DENSITY, _HIGHEST_DENSITY = 0.06, 20.0


@dataclass(frozen=True)
class Sensitivity:
    """Say what counts as a click.

    Parameters
    ----------
    threshold : float
        Height above the local level in standard deviations, where that level is even.
    longest : float
        Longest click, in seconds.
    rounds : int
        Times the decision is made at most, >= 1.
    """

    threshold: float = 8.0
    longest: float = 0.006
    rounds: int = 3


def search_factor(sample_rate: int) -> int:
    """Return how many samples there are to one that clicks are searched in, >= 1."""
    return max(sample_rate // _SEARCH_RATE, 1)


def context_samples(sample_rate: int) -> int:
    """Return how many samples on each side a decision depends on: whole stretches of `unrest`."""
    factor = search_factor(sample_rate)
    return factor * 3 * 16 * hop_samples(sample_rate // factor)


def find_clicks(
    samples: npt.NDArray[np.floating], sample_rate: int, sensitivity: Sensitivity | None = None
) -> list[Spans]:
    """Find the clicks of every channel.

    Parameters
    ----------
    samples : np.ndarray, shape (channels, samples)
    sample_rate : int
        In Hz.
    sensitivity : Sensitivity, optional

    Returns
    -------
    list of np.ndarray, shape (clicks, 2)
        First sample and one past the last, one array a channel. A click found in one channel
        lowers the threshold at the same place of the others.
    """
    factor = search_factor(sample_rate)
    if samples.shape[1] < 8 * factor:
        return [_NONE] * len(samples)
    how = sensitivity or Sensitivity()
    rate = sample_rate // factor
    searches = [_Search(decimate(channel, factor), rate, how) for channel in samples]
    for _ in range(how.rounds):
        for search in searches:
            hints = [other.spans for other in searches if other is not search]
            search.step(np.concatenate([_NONE, *hints]))
    total = samples.shape[1]
    # Sample j of a search stands for whatever lies nearer to it than its neighbors do.
    edge = np.array([1 - factor, 0])
    return [
        merge_spans(search.spans * factor + edge, total, factor * search.order // 4)
        for search in searches
    ]


class _Search:
    """Hold how far the search through one channel has come."""

    def __init__(self, signal: Array, sample_rate: int, how: Sensitivity) -> None:
        self.signal = signal
        self.reference = signal
        self.rate = sample_rate
        self.how = how
        self.order = model_order(sample_rate)
        self.hop = hop_samples(sample_rate)
        self.window = max(int(how.longest * sample_rate), 1)
        self.clicks: list[Click] = []
        self.spans: Spans = _NONE
        self.hints: Spans = _NONE
        self.white: Whitened | None = None
        self.alive = np.ones(-(-len(signal) // self.hop), bool)

    def step(self, hints: Spans) -> None:
        """Decide once more, given where the other channels have clicks.

        Only frames in which something has changed since the last time are looked at.
        """
        hints = merge_spans(hints + np.array([-4, 4]), len(self.signal))
        self.alive |= self._frames(hints, self.hints)
        self.hints = hints
        if not self.alive.any():
            return
        white = whiten(self.reference, self.order, self.hop, self.white, self.alive)
        self.white = white
        scale = local_scale(white.matched, white.block)
        sigma = local_scale(white.forward, white.block)
        needed = self._needed(scale, white.block)
        candidates = self._candidates(white.matched, scale, needed, white.block)
        groups = merge_spans(np.concatenate([candidates, self.spans]), len(self.signal), self.order)
        before = self.spans
        fitter = Fitter(white.models, self.hop, self.window, self.rate)
        self._decide(groups, fitter, sigma, needed)
        self.alive = self._frames(before, self.spans)

    def _frames(self, before: Spans, after: Spans) -> npt.NDArray[np.bool_]:
        """Return the frames that hear of a difference between two sets of spans."""
        frames = np.zeros(len(self.alive) + 2, bool)
        old, new = set(map(tuple, before.tolist())), set(map(tuple, after.tolist()))
        for start, stop in old ^ new:
            # A frame reaches half a hop to each side.
            first, last = start - self.hop // 2, stop + self.hop // 2
            frames[max(first // self.hop, 0) : last // self.hop + 1] = True
        return frames[: len(self.alive)]

    def _needed(self, scale: Array, block: int) -> Array:
        """Return the height in sigmas that makes a click, block by block."""
        highest = max(self.how.threshold, _HIGHEST_SIGMAS)
        needed = np.minimum(self.how.threshold * unrest(scale), highest)
        middle = np.arange(len(scale)) * block + block // 2
        near = self.rate // 2
        starts = self.spans[:, 0]
        frequent = np.searchsorted(starts, middle + near) - np.searchsorted(starts, middle - near)
        needed = needed * np.interp(frequent * self.rate / (2 * near), _RARE_FREQUENT, _RELIEF)
        return np.asarray(np.maximum(needed, min(self.how.threshold, _LOWEST_SIGMAS)))

    def _candidates(self, matched: Array, scale: Array, needed: Array, block: int) -> Spans:
        total = len(matched)
        height = np.clip(0.6 * needed, 4.0, 10) * scale
        limit = np.repeat(height, block)[:total]
        for start, stop in self.hints:
            limit[start:stop] *= _SHARED
        loud = merge_spans(runs(np.abs(matched) > limit), total, self.order)
        return np.asarray(np.maximum(loud - np.array([2, 0]), 0))

    def _decide(self, groups: Spans, fitter: Fitter, sigma: Array, needed: Array) -> None:
        """Walk through the living groups, taking click after click away from the reference."""
        patience = self._patience(groups)
        ahead = np.concatenate([[0], np.cumsum(self.alive)])
        frame = np.minimum(groups // self.hop + np.array([0, 1]), len(self.alive))
        living = ahead[frame[:, 1]] > ahead[frame[:, 0]]
        kept = self._outside(groups[living])
        reference = self.signal.copy()
        for click in kept:
            reference[click.start : click.stop] -= click.waveform
        found: list[Click] = []
        block = self.hop // 16
        for each in np.flatnonzero(living).tolist():
            start, stop = groups[each].tolist()
            start = max(start, found[-1].stop) if found else start
            while start < stop:
                at = min((start + stop) // 2 // block, len(sigma) - 1)
                new = fitter.fit(reference, start, stop, float(sigma[at]), patience[each])
                if new is None or not self._convinces(new, float(needed[at])):
                    break
                reference[new.start : new.stop] -= new.waveform
                found.append(new)
                start = new.stop
        self.reference = reference
        self.clicks = sorted(kept + found, key=lambda click: click.start)
        self.spans = np.array(
            [part for click in self.clicks for part in click.parts], np.int64
        ).reshape(-1, 2)

    def _outside(self, groups: Spans) -> list[Click]:
        """Return the clicks that none of the groups decides about."""
        if not len(self.clicks):
            return []
        starts = np.array([click.start for click in self.clicks])
        group = np.searchsorted(groups[:, 1], starts, side="right")
        inside = np.append(groups[:, 0], len(self.signal))[group] <= starts
        return [click for click, gone in zip(self.clicks, inside, strict=True) if not gone]

    def _patience(self, groups: Spans) -> list[float]:
        """Return how many good samples may lie inside one click: few where clicks lie dense."""
        near = self.rate // 4
        first = np.searchsorted(groups[:, 0], groups[:, 0] - near)
        last = np.searchsorted(groups[:, 0], groups[:, 0] + near)
        allowed = np.interp(2 * (last - first), _SPARSE_DENSE, _PATIENCE)
        return [float(each) for each in allowed]

    def _convinces(self, click: Click, needed: float) -> bool:
        if len(self.hints):
            near = np.searchsorted(self.hints[:, 1], click.start, side="right")
            if near < len(self.hints) and self.hints[near, 0] < click.stop:
                needed *= _SHARED
        density = min(_DENSITY * needed**2, _HIGHEST_DENSITY)
        size = sum(stop - start for start, stop in click.parts)
        return bool(click.evidence > max(needed**2, density * size))


def easier(threshold: float, clicks_per_second: float, rare: float) -> float:
    """Return the threshold for a side with that many clicks, which falls to half from `rare` on.

    On a side with many clicks, what looks like one is one.
    """
    rates = np.log10((rare, _FREQUENT))
    ease = float(np.interp(np.log10(clicks_per_second), rates, (1.0, 0.5)))
    return round(max(threshold * ease, _EASIEST_SIGMAS), 2)


def count_clicks(samples: npt.NDArray[np.float32], sample_rate: int) -> float:
    """Return clicks a second in an excerpt, all channels merged.

    Parameters
    ----------
    samples : np.ndarray, shape (channels, samples)
    sample_rate : int
        In Hz.

    Returns
    -------
    float
        A click that several channels share counts once; 0 for an empty excerpt.
    """
    total = samples.shape[1]
    if total == 0:
        return 0.0
    found = find_clicks(samples, sample_rate, Sensitivity(rounds=2))
    merged = merge_spans(np.concatenate([_NONE, *found]), total, 1)
    return float(len(merged) / (total / sample_rate))
