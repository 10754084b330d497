"""Describe the notes of a line to the network that plays lines, and decode what it answers.

Of each note it says when it comes, how loud it is and how much of its length sounds, as chances of
classes: any distribution can be learned so, also the skewed ones that timing has.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Integers = npt.NDArray[np.intp]

CLASSES = 40
VALUES = 3
RANGES = ((-0.1, 0.1), (-12.0, 12.0), (0.0, 1.2))
"""Seconds later than written, dB above the line's median, share of the length that sounds."""

SCALES = (0.03, 4.0, 0.5)
"""By what the values are divided before the network hears of them."""

PHASES = (0.0, 1 / 2, 1 / 3, 2 / 3, 1 / 4, 3 / 4)
WIDTH = len(PHASES) + 22

_NEAR = 0.03
_REST = 0.75
_LOW, _HIGH = (np.array(each) for each in zip(*RANGES, strict=True))


@dataclass(frozen=True, eq=False)
class Written:
    """Hold a line as written; all arrays have shape (notes,), one note at a time.

    Parameters
    ----------
    onsets : np.ndarray
        In beats, ascending, the second of even eighths at .5.
    lengths : np.ndarray
        In beats, up to the next onset at most.
    pitches : np.ndarray of int
        MIDI numbers.
    places, bars : np.ndarray of int
        Which beat of its bar each lies in, and how many beats that bar has.
    tempo : np.ndarray
        Beats a minute.
    """

    onsets: Array
    lengths: Array
    pitches: Integers
    places: Integers
    bars: Integers
    tempo: Array

    def __len__(self) -> int:
        return len(self.onsets)

    @property
    def gaps(self) -> Array:
        """Return how long it is to the next onset, in beats; its length for the last."""
        return np.append(np.diff(self.onsets), self.lengths[-1:])

    @property
    def rests(self) -> npt.NDArray[np.bool_]:
        """Return whether silence follows."""
        rests = self.lengths < _REST * self.gaps
        if len(rests):
            rests[-1] = True
        return rests


def features(line: Written, character: tuple[float, float, float]) -> Singles:
    """Return what the network is told of each note, shape (notes, `WIDTH`).

    Parameters
    ----------
    line : Written
        One note at least.
    character : tuple of three floats
        What is this player's own, beyond what is usual at the tempo: seconds on the beat, beats off
        the beat, share of lengths.
    """
    count = len(line)
    phase = line.onsets - np.floor(line.onsets + 1e-6)
    gaps, rests = line.gaps, line.rests
    before = np.append(2.0, gaps[:-1])
    step = np.diff(line.pitches) / 12
    coming, gone = np.append(step, 0.0), np.append(0.0, step)
    begins = np.append(True, rests[:-1])
    half = (line.places == 0) | ((line.bars % 2 == 0) & (line.places == line.bars // 2))
    since, left = _runs(begins), _runs(rests[::-1])[::-1]
    columns = [np.abs(phase - each) < _NEAR for each in PHASES] + [
        line.tempo / 100 - 1.7,
        np.log2(line.tempo / 160),
        line.places == 0,
        half,
        line.bars == 3,
        _log(before),
        _log(gaps),
        _log(gaps * 60 / line.tempo * 2),
        _log(line.lengths),
        np.clip(gone, -1, 1),
        np.clip(coming, -1, 1),
        (gone > 0) & (coming < 0),
        (gone < 0) & (coming > 0),
        np.clip((line.pitches - np.median(line.pitches)) / 12, -2, 2),
        begins,
        rests,
        np.log1p(since) / 2,
        np.log1p(left) / 2,
        np.append(rests[1:], True),
        np.full(count, character[0] / SCALES[0]),
        np.full(count, character[1] * 10),
        np.full(count, character[2] * 4),
    ]
    return np.stack(columns, axis=1).astype(np.float32)


def classes(values: Array) -> Integers:
    """Return the classes of values, shape (notes, 3); what lies outside is in the outermost."""
    share = (values - _LOW) / (_HIGH - _LOW)
    return np.asarray(np.clip(np.floor(share * CLASSES), 0, CLASSES - 1), np.intp)


def drawn(chances: Array, rng: np.random.Generator) -> Array:
    """Return a value of each kind, drawn from chances, shape (3, CLASSES), evenly within a class.

    Examples
    --------
    >>> sure = np.eye(CLASSES)[[20, 20, 39]]
    >>> drawn(sure, np.random.default_rng(0)).shape
    (3,)
    """
    up_to = np.cumsum(chances, axis=1)
    place = rng.random(VALUES)[:, None] * up_to[:, -1:]
    chosen = (up_to < place).sum(axis=1)
    return np.asarray(_LOW + (chosen + rng.random(VALUES)) / CLASSES * (_HIGH - _LOW))


def _runs(starts: npt.NDArray[np.bool_]) -> Integers:
    """Return how many notes ago the last start was."""
    index = np.arange(len(starts))
    return index - np.maximum.accumulate(np.where(starts, index, 0))


def _log(beats: Array) -> Array:
    return np.asarray(np.log2(np.clip(beats, 1 / 16, 8)) / 2)
