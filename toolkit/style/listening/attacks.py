"""Gather notes that begin together, and say how much each such attack sounds like a beat.

A chord's notes do not begin at one instant: a pianist spreads them by tens of milliseconds. Notes
are therefore gathered into attacks, each with what tells strong places of a bar from weak ones
(F. Lerdahl and R. Jackendoff, "A Generative Theory of Tonal Music", 1983): many notes, long notes,
a low bass, a gap after it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.style.listening import attack_features, beat_network
from toolkit.style.listening.fitted_beats import FITTED
from toolkit.values import DRUMS, Notes

Array = npt.NDArray[np.float64]
Table = npt.NDArray[np.float32]

_GAP_SECONDS = 0.035
_REACH_SECONDS = 0.09
_LOCAL_SECONDS = 4.0
_LONGEST_SECONDS = 2.0

_WEIGHTS = np.array(FITTED["accent weights"])
_TYPICAL_SPREAD = float(FITTED["accent spread"])  # of the accents of performed notes


@dataclass(frozen=True, eq=False)
class Attacks:
    """Hold the moments at which something begins.

    Parameters
    ----------
    times : np.ndarray, shape (attacks,)
        In seconds, ascending.
    accents : np.ndarray, shape (attacks,)
        How much each sounds like a beat, about mean 0.
    said : np.ndarray, shape (attacks, attack_features.NUM_OUTPUTS), optional
        What `toolkit.style.listening.beat_network` says of them, where it heard notes.
    """

    times: Array
    accents: Array
    said: Table | None = None

    def within(self, begin: float, end: float) -> Attacks:
        """Return the attacks from one time, in seconds, to before another."""
        inside = (self.times >= begin) & (self.times < end)
        said = None if self.said is None else self.said[inside]
        return Attacks(self.times[inside], self.accents[inside], said)


def attacks(notes: Notes, *, ask: bool = True) -> Attacks:
    """Return the attacks of a performance.

    Parameters
    ----------
    notes : Notes
        May be empty.
    ask : bool
        Whether the network is to say something of them.
    """
    if not len(notes):
        return Attacks(np.zeros(0), np.zeros(0))
    labels, times = gather(np.array([note.onset for note in notes]))
    said = None
    if ask:
        described = attack_features.describe(notes, labels, times)
        said = beat_network.said(beat_network.ATTACKS, described)
    return Attacks(times, features(notes, labels, times) @ _WEIGHTS, said)


def gather(onsets: Array) -> tuple[npt.NDArray[np.intp], Array]:
    """Return which attack each onset belongs to, and the attacks' mean times.

    Parameters
    ----------
    onsets : np.ndarray, shape (notes,), not empty
        In seconds, ascending.
    """
    labels = np.zeros(len(onsets), np.intp)
    label, first = 0, onsets[0]
    for index in range(1, len(onsets)):
        if (
            onsets[index] - onsets[index - 1] > _GAP_SECONDS
            or onsets[index] - first > _REACH_SECONDS
        ):
            label, first = label + 1, onsets[index]
        labels[index] = label
    return labels, np.bincount(labels, onsets) / np.bincount(labels)


def features(notes: Notes, labels: npt.NDArray[np.intp], times: Array) -> Array:
    """Return what is heard at each attack, relative to its surroundings, shape (attacks, 6)."""
    count = len(times)
    duration = np.array([note.offset - note.onset for note in notes])
    pitch = np.array([note.pitch if note.program != DRUMS else 60 for note in notes], float)
    loudness = np.array([note.velocity for note in notes])
    longest = np.zeros(count)
    np.maximum.at(longest, labels, np.clip(duration, 0.03, _LONGEST_SECONDS))
    lowest = np.full(count, 127.0)
    np.minimum.at(lowest, labels, pitch)
    after = np.append(np.diff(times), longest[-1])
    columns = (
        np.log(np.bincount(labels)),
        np.log(np.bincount(labels, np.clip(duration, 0.03, _LONGEST_SECONDS))),
        np.log(longest),
        np.log(np.clip(after, 0.03, _LONGEST_SECONDS)),
        -lowest / 12,
        np.bincount(labels, loudness) / np.bincount(labels) * 5,
    )
    return np.stack([_relative(column, times) for column in columns], axis=1)


def _relative(values: Array, times: Array) -> Array:
    """Subtract the mean of the attacks within a few seconds."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    low = np.searchsorted(times, times - _LOCAL_SECONDS)
    high = np.searchsorted(times, times + _LOCAL_SECONDS, side="right")
    return np.asarray(values - (total[high] - total[low]) / (high - low))


def from_strengths(times: Array, strengths: Array) -> Attacks:
    """Return attacks of which only the strength is known, as in audio.

    Parameters
    ----------
    times : np.ndarray
        In seconds, ascending.
    strengths : np.ndarray
        Any positive scale; only what stands out from the surroundings counts.
    """
    if not len(times):
        return Attacks(np.zeros(0), np.zeros(0))
    relative = _relative(np.log(np.maximum(strengths, 1e-9)), times)
    return Attacks(times, relative * (_TYPICAL_SPREAD / max(float(relative.std()), 1e-9)))
