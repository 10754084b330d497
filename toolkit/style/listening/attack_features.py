"""Describe each attack for the network that tells which attacks lie on beats.

What is described is how an attack differs from those around it, and whether others stand before and
after it at each of many distances: an autocorrelation seen from one place, in which a network can
read tempo and meter.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from toolkit.values import DRUMS, Notes

Array = npt.NDArray[np.float64]
Labels = npt.NDArray[np.intp]

LAGS = np.geomspace(0.14, 2.4, 18)
"""Distances in seconds at which other attacks are looked for."""

ECHO_LAGS = np.geomspace(0.4, 5.0, 16)
"""Distances in seconds at which the same pitch classes are looked for."""

NUM_FEATURES = 25 + 6 * len(LAGS) + 2 * len(ECHO_LAGS)

PERIODS = 0.3 * (1.4 / 0.3) ** ((np.arange(24) + 0.5) / 24)
"""Beat periods in seconds that the network chooses among."""

LENGTHS = (2, 3, 4)
"""Beats of a bar that it chooses among."""

PHASES = np.array([0, 1 / 8, 1 / 6, 1 / 4, 1 / 3, 3 / 8, 1 / 2, 5 / 8, 2 / 3, 3 / 4, 5 / 6, 7 / 8])
"""Places in a beat that it chooses among."""

PERIOD = slice(2, 2 + len(PERIODS))
LENGTH = slice(PERIOD.stop, PERIOD.stop + len(LENGTHS))
PHASE = slice(LENGTH.stop, LENGTH.stop + len(PHASES))
"""Where in its outputs the logits of these are; log odds of beat and downbeat come first."""

NUM_OUTPUTS = PHASE.stop

_LOCAL_SECONDS, _WIDE_SECONDS = 4.0, 12.0
_SHORTEST, _LONGEST = 0.03, 2.0
_DRUM_PITCH = 60.0
_RATE = 50.0
_BLUR_SECONDS, _BLUR_SHARE = 0.02, 0.04
_HARMONY_SECONDS = (0.4, 1.0, 2.0)


def describe(notes: Notes, labels: Labels, times: Array) -> npt.NDArray[np.float32]:
    """Return what is heard at each attack, shape (attacks, NUM_FEATURES).

    Parameters
    ----------
    notes : Notes
        Not empty.
    labels : np.ndarray of int, shape (notes,)
        Which attack each note belongs to.
    times : np.ndarray, shape (attacks,)
        In seconds, ascending.
    """
    count = len(times)
    duration = np.array([note.offset - note.onset for note in notes]).clip(_SHORTEST, _LONGEST)
    pitch = np.array([_DRUM_PITCH if note.program == DRUMS else note.pitch for note in notes])
    loudness = np.array([note.velocity for note in notes])
    number = np.bincount(labels, minlength=count)
    longest = _extreme(np.maximum, labels, duration, count, 0.0)
    lowest = _extreme(np.minimum, labels, pitch, count, 127.0) / 12
    highest = _extreme(np.maximum, labels, pitch, count, 0.0) / 12
    gaps = np.log(np.diff(times).clip(_SHORTEST, _LONGEST) / 0.3)
    after, before = np.append(gaps, 0.0), np.insert(gaps, 0, 0.0)
    weight = np.log(np.bincount(labels, duration, count))
    step = np.insert(np.diff(lowest), 0, 0.0)
    relative = (
        np.log(number),
        weight,
        np.log(longest),
        after,
        before,
        -lowest,
        highest,
        np.bincount(labels, loudness, count) / number * 5,
    )
    strength = np.exp((_relative(weight, times) - _relative(lowest, times)) / 2).clip(0.1, 5)
    columns = [_relative(column, times) for column in relative]
    columns += [after, before, np.log(longest), np.log(number), step != 0, step.clip(-1, 1)]
    columns += [_novelty(notes, times, seconds) for seconds in _HARMONY_SECONDS]
    columns += [np.full(count, np.log(count / max(times[-1] - times[0], 1.0)))]
    columns += [after - before, lowest - 5]
    tune = np.insert(np.diff(highest), 0, 0.0)
    columns += [tune.clip(-1, 1), (12 * tune).clip(-2.5, 2.5), np.append(tune[1:], 0.0).clip(-1, 1)]
    columns += [np.abs(12 * tune).clip(0, 12) / 4, np.append(np.diff(longest), 0.0)]
    columns += [*_lattice(times, np.ones(count)), *_lattice(times, strength)]
    columns += _echoes(notes, labels, times)
    return np.stack(columns, axis=1).astype(np.float32)


def _extreme(choose: np.ufunc, labels: Labels, values: Array, count: int, worst: float) -> Array:
    found = np.full(count, worst)
    choose.at(found, labels, values)
    return found


def _relative(values: Array, times: Array, seconds: float = _LOCAL_SECONDS) -> Array:
    """Subtract the mean of the attacks within some seconds."""
    return np.asarray(values - _around(values, times, seconds))


def _around(values: Array, times: Array, seconds: float) -> Array:
    total = np.concatenate([[0.0], np.cumsum(values)])
    low = np.searchsorted(times, times - seconds)
    high = np.searchsorted(times, times + seconds, side="right")
    return np.asarray((total[high] - total[low]) / (high - low))


def _novelty(notes: Notes, times: Array, seconds: float) -> Array:
    """Return 1 minus the likeness of the pitch classes that sound before and after each attack."""
    names = np.array([-1 if note.program == DRUMS else note.pitch % 12 for note in notes])
    onsets = np.array([note.onset for note in notes])
    offsets = np.array([min(note.offset, note.onset + _LONGEST) for note in notes])
    before, after = np.zeros((2, len(times), 12))
    for name in range(12):
        mine = names == name
        begun, ended = (_Ramp(np.sort(each[mine])) for each in (onsets, offsets))
        sounded = [
            begun(at) - ended(at) for at in (times - seconds, times - 0.01, times + seconds - 0.01)
        ]
        before[:, name], after[:, name] = np.diff(sounded, axis=0)
    norms = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    return np.asarray(1 - (before * after).sum(axis=1) / (norms + 1e-6))


class _Ramp:
    """Sum max(t − s, 0) over sorted times s."""

    def __init__(self, starts: Array) -> None:
        self.starts = starts
        self.total = np.concatenate([[0.0], np.cumsum(starts)])

    def __call__(self, at: Array) -> Array:
        passed = np.searchsorted(self.starts, at)
        return np.asarray(passed * at - self.total[passed])


def _lattice(times: Array, weights: Array) -> list[Array]:
    """Return how much stands each lag after, before and, on average around, after an attack."""
    begin = times[0] - LAGS[-1] - 0.5
    length = int((times[-1] - begin + LAGS[-1] + 0.5) * _RATE) + 2
    place = (times - begin) * _RATE
    low = place.astype(int)
    train = np.bincount(low, weights * (1 - place + low), length)
    train += np.bincount(low + 1, weights * (place - low), length)
    grid = np.arange(length)
    after, before, around = [], [], []
    for lag in LAGS:
        spread = np.hypot(_BLUR_SECONDS, _BLUR_SHARE * lag) * _RATE
        reach = np.arange(-int(3 * spread) - 1, int(3 * spread) + 2)
        blurred = np.convolve(train, np.exp(-0.5 * (reach / spread) ** 2), "same")
        after.append(np.interp(place + lag * _RATE, grid, blurred))
        before.append(np.interp(place - lag * _RATE, grid, blurred))
        around.append(_around(after[-1] * weights, times, _WIDE_SECONDS))
    return [*after, *before, *around]


def _echoes(notes: Notes, labels: Labels, times: Array) -> list[Array]:
    """Return how much of an attack's pitch classes stood each lag before, here and around here.

    Where music repeats after a bar, that is high at the lag of a bar.
    """
    pitched = np.array([note.program != DRUMS for note in notes])
    names = np.array([note.pitch % 12 for note in notes])
    tones = np.zeros((len(times), 12))
    tones[labels[pitched], names[pitched]] = 1
    tones /= np.maximum(np.sqrt(tones.sum(axis=1, keepdims=True)), 1)
    here, around = np.zeros((2, len(ECHO_LAGS), len(times)))
    for number, lag in enumerate(ECHO_LAGS):
        spread = np.hypot(_BLUR_SECONDS, _BLUR_SHARE * lag)
        low = np.searchsorted(times, times - lag - 2 * spread)
        high = np.searchsorted(times, times - lag + 2 * spread)
        for step in range(int((high - low).max(initial=0))):
            other = np.minimum(low + step, len(times) - 1)
            near = np.exp(-0.5 * ((times - times[other] - lag) / spread) ** 2) * (low + step < high)
            here[number] += near * (tones * tones[other]).sum(axis=1)
        around[number] = _around(here[number], times, _LOCAL_SECONDS)
    return [*here, *around]
