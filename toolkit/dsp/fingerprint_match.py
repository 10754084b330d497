"""Check whether two fingerprints are the same performance at another speed and offset.

One transfer at time t is the other at ``t / ratio + offset``, and its pitches are `ratio` times as
high: the two are tied, which a second take of the same piece does not obey. A turntable drifts, so
from one window of six seconds to the next the offset may move by 32 ms; which path of offsets
brings most peaks together is found by dynamic programming (Viterbi). The same is done with the
recordings displaced by seconds: what is found then is what music of this kind has in common by
chance, and the agreement is measured from there.

A take played again to nearly the same tempo agrees by a third. What gives it away is that players
never keep time to a hundredth of a second: of the peaks of a transfer 10 to 80 % come again within
16 ms of a straight line, of those of another take 3 to 25 %, and at most 16 % where the two have
more than twelve seconds in common.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.dsp.fingerprint import Fingerprint

Array = npt.NDArray[np.float64]

LARGEST_CHANGE = 0.075
"""Speeds may differ by this much, as a share."""

_WINDOW_SECONDS = 6.0
_STEP_SECONDS = 0.016
_NUM_STEPS = 51
_NEAR_STEPS = 2
_NEAR_CENTS = 30.0
_LARGEST_MOVE = 2
_LARGEST_SLOPE = 0.01
# Displacements in seconds that tell what chance gives, off any beat.
_DISPLACED = (-7.31, -5.17, -3.77, -2.63, -1.87, 1.61, 2.29, 3.47, 4.93, 6.71)
_LEAST_SECONDS = 6.0
_NEAR_SECONDS = 0.05
# Peaks on a straight line, those it is laid through, and those that chance alone puts there.
_STRETCH_SECONDS, _FEWEST_PEAKS = 16.0, 8
_ON_LINE, _AROUND_LINE, _FAR = 0.016, 0.03, (0.1, 0.3)

# At its limit a figure is as likely another take or a chance likeness as the same performance.
# Between other pieces the significance is 3.5 at most. How tight another take may be by chance
# grows as the overlap gets shorter; and of what agrees, takes have up to 0.49 that is tight,
# transfers from 0.69 on where they share more than twelve seconds.
_SIGNIFICANT, _COVERED, _PITCH_LIMIT = 4.0, 0.4, 6.0
_RELATED = 6.0
_TIGHT, _TIGHT_SHARE, _SHORT_SECONDS = 0.16, 0.5, 4.5


@dataclass(frozen=True)
class Alignment:
    """Say where and how fast one recording is in another.

    Parameters
    ----------
    offset : float
        Time in the other recording, in seconds, at which this one's beginning would be.
    ratio : float
        The other's speed as a multiple of this one's: `t` here is ``t / ratio + offset`` there.
    """

    offset: float
    ratio: float

    @property
    def inverse(self) -> Alignment:
        """Return the same as seen from the other recording."""
        return Alignment(-self.offset * self.ratio, 1 / self.ratio)


@dataclass(frozen=True)
class Match:
    """Hold how well two recordings agree.

    Parameters
    ----------
    alignment : Alignment
        Refined.
    agreement : float
        Share of the peaks of the overlap that come again, of what chance leaves: 0..1.
    significance : float
        By how many standard deviations of chance that share is above chance.
    coverage : float
        Share of the overlap's windows that agree, 0..1.
    overlap : float
        Seconds of the other recording that both have.
    pitch_cents : float
        By how much pitches differ from what times say; near 0 for the same performance.
    tightness : float
        Share of the peaks that come again within 16 ms of a straight line, 0..1.
    """

    alignment: Alignment
    agreement: float
    significance: float
    coverage: float
    overlap: float
    pitch_cents: float
    tightness: float

    @property
    def confidence(self) -> float:
        """Return how sure it is that both are one performance, 0..1; from 0.5 on they are joined.

        Tightness, significance and coverage, which should be high, count as x / (x + limit), the
        difference of pitch, which should be low, as limit / (x + limit); the least decides.
        """
        tight = max(_TIGHT * (1 + _SHORT_SECONDS / self.overlap), _TIGHT_SHARE * self.agreement)
        return min(
            self.tightness / (self.tightness + tight),
            self.significance / (self.significance + _SIGNIFICANT),
            self.coverage / (self.coverage + _COVERED),
            _PITCH_LIMIT / (abs(self.pitch_cents) + _PITCH_LIMIT),
        )

    @property
    def is_related(self) -> bool:
        """Return whether both are the same piece at least: another take, or too worn to tell.

        Between other pieces the significance stays below 4.1.
        """
        return self.significance >= _RELATED and self.coverage >= _COVERED


def match(one: Fingerprint, other: Fingerprint, guess: Alignment) -> Match | None:
    """Return how well two recordings agree near a guessed alignment, None without an overlap.

    Parameters
    ----------
    one, other : Fingerprint
        In either order; figures hardly differ.
    guess : Alignment
        Good to 0.3 s at some place of the overlap and to 0.5 % of speed.
    """
    for _ in range(2):
        facing = _facing(one, other, guess)
        if facing is None:
            return None
        guess = _refined(guess, facing, _path(facing.counts))
    facing = _facing(one, other, guess)
    if facing is None:
        return None
    return _judged(guess, facing, _path(facing.counts), _by_chance(one, other, guess))


@dataclass(frozen=True, eq=False)
class _Facing:
    """Hold what peaks lie near each other: counts [windows, steps] and what they are made of."""

    counts: npt.NDArray[np.int64]
    totals: npt.NDArray[np.int64]
    begin: float
    end: float
    at: Array
    window: npt.NDArray[np.int64]
    late: Array
    sharp: Array


def _facing(one: Fingerprint, other: Fingerprint, guess: Alignment) -> _Facing | None:
    """Return the facing peaks of the overlap, in windows of the other's time."""
    begin = max(guess.offset, 0.0)
    end = min(one.duration / guess.ratio + guess.offset, other.duration)
    num_windows = max(round((end - begin) / _WINDOW_SECONDS), 1)
    if end - begin < _LEAST_SECONDS:
        return None
    times = one.milliseconds / 1000 / guess.ratio + guess.offset
    cents = one.cents + 1200 * np.log2(guess.ratio)
    inside = (times >= begin) & (times < end) & (cents > 0) & (cents < 3700)
    times, cents = times[inside], cents[inside]
    there = other.milliseconds / 1000
    reach = _STEP_SECONDS * (_NUM_STEPS // 2)
    low, high = np.searchsorted(there, times - reach), np.searchsorted(there, times + reach)
    number = high - low
    mine = np.repeat(np.arange(len(times)), number)
    theirs = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number - low, number)
    sharp = other.cents[theirs] - cents[mine]
    near = np.abs(sharp) < _NEAR_CENTS
    mine, late, sharp = mine[near], (there[theirs] - times[mine])[near], sharp[near]
    place = ((times - begin) * (num_windows / (end - begin))).astype(np.int64)
    totals = np.bincount(place, minlength=num_windows)
    window = place[mine]
    step = np.clip(np.round(late / _STEP_SECONDS).astype(np.int64) + _NUM_STEPS // 2, 0, None)
    step = np.minimum(step, _NUM_STEPS - 1)
    counts = np.bincount(window * _NUM_STEPS + step, minlength=num_windows * _NUM_STEPS)
    return _Facing(
        counts=_summed(counts.reshape(num_windows, _NUM_STEPS)),
        totals=totals,
        begin=begin,
        end=end,
        at=times[mine],
        window=window,
        late=late,
        sharp=sharp,
    )


def _summed(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return sums over neighboring steps: peaks that lie within 40 ms of a step."""
    padded = np.pad(counts, ((0, 0), (_NEAR_STEPS, _NEAR_STEPS)))
    shifts = range(2 * _NEAR_STEPS + 1)
    return np.asarray(sum(padded[:, shift : shift + _NUM_STEPS] for shift in shifts))


def _path(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the step of each window on the path of most facing peaks."""
    best, came_from = counts[0].astype(np.float64), []
    moves = range(-_LARGEST_MOVE, _LARGEST_MOVE + 1)
    for row in counts[1:]:
        padded = np.pad(best, _LARGEST_MOVE, constant_values=-np.inf)
        # A move costs a little, so that windows without evidence keep still.
        reached = [padded[_LARGEST_MOVE + move :][:_NUM_STEPS] - 0.01 * abs(move) for move in moves]
        came_from.append(np.argmax(reached, axis=0) - _LARGEST_MOVE)
        best = np.max(reached, axis=0) + row
    path = [int(best.argmax())]
    for step in reversed(came_from):
        path.append(path[-1] + int(step[path[-1]]))
    return np.array(path[::-1])


def _on_path(counts: npt.NDArray[np.int64], path: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.asarray(counts[np.arange(len(path)), path])


def _refined(guess: Alignment, facing: _Facing, path: npt.NDArray[np.int64]) -> Alignment:
    """Return the alignment whose line goes through the facing peaks near the path."""
    near = _near(facing, path)
    if near.sum() < 8:
        return guess
    length = (facing.end - facing.begin) / len(path)
    at = facing.begin + (np.arange(len(path)) + 0.5) * length
    weights = np.bincount(facing.window[near], minlength=len(path)).astype(np.float64)
    late = np.bincount(facing.window[near], facing.late[near], len(path)) / np.maximum(weights, 1)
    pitch = float(np.median(facing.sharp[near])) / 1200 * np.log(2)
    ratio_pitch = guess.ratio * np.exp(pitch)
    middle = float((weights * at).sum() / weights.sum())
    spread = float((weights * (at - middle) ** 2).sum())
    # Times tell the ratio better than pitches as soon as the overlap is half a minute long.
    slope = float((weights * (at - middle) * late).sum()) / spread if spread > 0 else 0.0
    # Chance alone may put any slope through two windows.
    slope = float(np.clip(slope, -_LARGEST_SLOPE, _LARGEST_SLOPE))
    share = spread / (spread + weights.sum() * 4.0**2)
    ratio_time = guess.ratio / (1 + slope)
    ratio = float(np.exp(share * np.log(ratio_time) + (1 - share) * np.log(ratio_pitch)))
    moved = float((weights * late).sum() / weights.sum())
    # The line is turned about the middle of the evidence, where its place is known best.
    here = (middle - guess.offset) * guess.ratio
    return Alignment(middle + moved - here / ratio, ratio)


def _by_chance(one: Fingerprint, other: Fingerprint, guess: Alignment) -> Array:
    """Return the shares of peaks that come together when the recordings are displaced."""
    shares = []
    for seconds in _DISPLACED:
        facing = _facing(one, other, Alignment(guess.offset + seconds, guess.ratio))
        if facing is not None:
            hits = _on_path(facing.counts, _path(facing.counts)).sum()
            shares.append(hits / max(facing.totals.sum(), 1))
    return np.array(shares or [0.5])


def _judged(
    alignment: Alignment, facing: _Facing, path: npt.NDArray[np.int64], chance: Array
) -> Match:
    hits = _on_path(facing.counts, path)
    total = max(int(facing.totals.sum()), 1)
    share, usual = float(hits.sum() / total), float(chance.mean())
    noise = float(np.hypot(chance.std(), np.sqrt(usual * (1 - usual) / total)))
    each = hits / np.maximum(facing.totals, 1)
    near = _near(facing, path)
    return Match(
        alignment=alignment,
        agreement=float(np.clip((share - usual) / max(1 - usual, 1e-6), 0, 1)),
        significance=max((share - usual) / max(noise, 1e-3), 0.0),
        coverage=float(np.mean(each > usual + 0.4 * max(share - usual, 0.05))),
        overlap=facing.end - facing.begin,
        pitch_cents=_pitch_cents(facing, near),
        tightness=_tightness(facing, near),
    )


def _near(facing: _Facing, path: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return which facing peaks lie near the path."""
    steps = (path - _NUM_STEPS // 2) * _STEP_SECONDS
    return np.asarray(np.abs(facing.late - steps[facing.window]) < _NEAR_SECONDS)


def _pitch_cents(facing: _Facing, near: npt.NDArray[np.bool_]) -> float:
    """Return by how much pitches are higher than the times' own slope says."""
    if near.sum() < _FEWEST_PEAKS:
        return 0.0
    at, late = facing.at[near], facing.late[near]
    slope = float(np.polyfit(at - at.mean(), late, 1)[0])
    return float(np.median(facing.sharp[near])) + 1200 * float(np.log2(1 + slope))


def _tightness(facing: _Facing, near: npt.NDArray[np.bool_]) -> float:
    """Return the share of peaks that come again within 16 ms of straight lines, less chance.

    A line is laid through the peaks near the path of every sixteen seconds, and again through
    those near the line. What lies 0.1 to 0.3 s off it tells how many are near by chance.
    """
    stretch = ((facing.at - facing.begin) / _STRETCH_SECONDS).astype(np.int64)
    close = around = 0
    for number in np.unique(stretch):
        own = stretch == number
        at, late, chosen = facing.at[own], facing.late[own], near[own]
        rest = late
        for _ in range(4):
            if chosen.sum() < _FEWEST_PEAKS:
                break
            rest = late - np.polyval(np.polyfit(at[chosen], late[chosen], 1), at)
            chosen = np.abs(rest) < _AROUND_LINE
        else:
            close += int(np.sum(np.abs(rest) < _ON_LINE))
            around += int(np.sum((np.abs(rest) >= _FAR[0]) & (np.abs(rest) < _FAR[1])))
    by_chance = around * _ON_LINE / (_FAR[1] - _FAR[0])
    return max((close - by_chance) / max(int(facing.totals.sum()), 1), 0.0)
