"""Perform a score as a pianist would, so that every beat is known.

Tempo is exp of a smooth curve: white noise under a Hann window of eight beats, scaled to a
standard deviation, and a ritardando at the end of each phrase. Chords are spread, notes jitter, and
the velocities are drawn without regard to the meter, so that loudness gives no beat away.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from toolkit.adapters.annotated_scores import Bar, Score
from toolkit.values import Note, Notes

Array = npt.NDArray[np.float64]

MANNERS = ("steady", "rubato")

_JITTER_SECONDS = 0.010
_TEMPO_SD = 0.13
_SMOOTH_BEATS = 8
_PHRASE_BARS = (4, 8)
_RITARDANDO_BEATS = 3
_RITARDANDO = 0.7
_SPREAD_SECONDS = 0.03
_SPREAD_SHARE = 0.3
_TEMPI = (66.0, 132.0)
_FASTEST_ONSETS = 9.0
_STEPS = 8  # of the tempo curve to a beat
_COMPOUND = (6, 9, 12)


@dataclass(frozen=True, eq=False)
class Performance:
    """Hold played notes and where the beats of the score fell.

    Parameters
    ----------
    notes : Notes
        All played by the piano.
    beats, downbeats : np.ndarray
        Ascending, in seconds.
    numerator, denominator : int
        The most frequent time signature.
    """

    notes: Notes
    beats: Array
    downbeats: Array
    numerator: int
    denominator: int


def beat_length(bar: Bar) -> float:
    """Return the beat of a bar in quarter notes: what the meter's lower number says.

    In a compound meter, of 6, 9 or 12 eighths or shorter notes, it is three of them. A meter of
    three is a simple one: 3/8 is counted in eighths, as 3/4 is in quarters.

    Examples
    --------
    >>> beat_length(Bar(0.0, 3.0, 6, 8)), beat_length(Bar(0.0, 4.0, 4, 4))
    (1.5, 1.0)
    >>> beat_length(Bar(0.0, 1.5, 3, 8)), beat_length(Bar(0.0, 4.0, 2, 2))
    (0.5, 2.0)
    """
    compound = bar.numerator in _COMPOUND and bar.denominator >= 8
    return (3 if compound else 1) * 4.0 / bar.denominator


def score_beats(score: Score, end: float) -> tuple[Array, Array]:
    """Return the beats and the downbeats before `end`, all in quarter notes.

    A short first bar is a pickup: its beats are counted back from its end, and it has no downbeat.
    Two short bars that make up a whole one are one that a repeat sign parts, as before a pickup.
    """
    beats: list[float] = []
    downbeats: list[float] = []
    for number, bar in enumerate(_mended(score.bars)):
        if bar.start >= end:
            break
        step = beat_length(bar)
        whole = bar.numerator * 4.0 / bar.denominator
        pickup = number == 0 and bar.length < whole - 1e-6
        first = bar.length % step if pickup else 0.0
        beats += [bar.start + each for each in np.arange(first, bar.length - 1e-6, step)]
        downbeats += [] if pickup else [bar.start]
    kept = (np.unique(np.round(each, 6)) for each in (beats, downbeats))
    return tuple(each[each < end] for each in kept)  # type: ignore[return-value]


def _mended(bars: tuple[Bar, ...]) -> list[Bar]:
    """Join halves of a bar; a first bar is a pickup and never a half."""
    mended = list(bars[:1])
    for bar in bars[1:]:
        last = mended[-1]
        whole = bar.numerator * 4.0 / bar.denominator
        parted = len(mended) > 1 and max(last.length, bar.length) < whole - 1e-6
        if parted and abs(last.length + bar.length - whole) < 1e-6:
            mended[-1] = replace(last, length=whole)
        else:
            mended.append(bar)
    return mended


def perform(
    score: Score, rng: np.random.Generator, *, rubato: bool, max_beats: int = 96
) -> Performance:
    """Return a performance of a score's beginning.

    Parameters
    ----------
    score : Score
        Needs bars.
    rng : np.random.Generator
        Decides all.
    rubato : bool
        Whether the tempo breathes; steady otherwise.
    max_beats : int
        Where the excerpt ends.
    """
    grid, bar_lines = score_beats(score, float("inf"))
    end = float(grid[max_beats]) if len(grid) > max_beats else score.bars[-1].start
    notes = [each for each in score.notes if each[0] < end]
    first = notes[0][0]
    grid = grid[(grid >= first - 1e-6) & (grid < end)]
    bar_lines = bar_lines[(bar_lines >= first - 1e-6) & (bar_lines < end)]
    clock = _Clock.draw(rng, grid, bar_lines, _tempo(rng, notes, grid), rubato)
    meters = [(bar.numerator, bar.denominator) for bar in score.bars if bar.start < end]
    numerator, denominator = max(set(meters), key=meters.count)
    return Performance(
        _played(rng, notes, clock, end),
        clock.seconds(grid),
        clock.seconds(bar_lines),
        numerator,
        denominator,
    )


@dataclass(frozen=True, eq=False)
class _Clock:
    """Map quarter notes to seconds, piecewise linearly."""

    quarters: Array
    times: Array

    @classmethod
    def draw(
        cls, rng: np.random.Generator, grid: Array, bar_lines: Array, tempo: float, rubato: bool
    ) -> _Clock:
        places = np.interp(
            np.arange((len(grid) + 1) * _STEPS) / _STEPS,
            np.arange(len(grid) + 1),
            np.append(grid, grid[-1] + (grid[-1] - grid[-2])),
        )
        log_tempo = np.zeros(len(places))
        if rubato:
            window = np.hanning(_SMOOTH_BEATS * _STEPS)
            noise = np.convolve(rng.standard_normal(len(places) + len(window) - 1), window, "valid")
            log_tempo += noise * (_TEMPO_SD / noise.std())
            phrase = int(rng.choice(_PHRASE_BARS))
            ends = np.searchsorted(places, [*bar_lines[phrase::phrase], places[-1]])
            for stop in ends:
                count = min(_RITARDANDO_BEATS * _STEPS, stop)
                log_tempo[stop - count : stop] += np.log(_RITARDANDO) * np.linspace(0, 1, count)
        beat = 60.0 / tempo * np.exp(-log_tempo) / _STEPS
        times = rng.uniform(0.2, 1.5) + np.concatenate([[0.0], np.cumsum(beat)[:-1]])
        return cls(places, times)

    def seconds(self, quarters: Array) -> Array:
        return np.asarray(np.interp(quarters, self.quarters, self.times))


def _tempo(
    rng: np.random.Generator, notes: list[tuple[float, float, int, int]], grid: Array
) -> float:
    """Draw beats a minute, slower where a beat has many onsets: hands have a limit."""
    drawn = float(np.exp(rng.uniform(*np.log(_TEMPI))))
    onsets = np.unique([round(each[0], 3) for each in notes])
    busiest = np.percentile(np.histogram(onsets, grid)[0], 90)
    return min(drawn, 60 * _FASTEST_ONSETS / max(float(busiest), 1.0))


def _played(
    rng: np.random.Generator,
    notes: list[tuple[float, float, int, int]],
    clock: _Clock,
    end: float,
) -> Notes:
    begins = clock.seconds(np.array([each[0] for each in notes]))
    ends = clock.seconds(np.array([min(each[0] + each[1], end) for each in notes]))
    ends = begins + (ends - begins) * rng.uniform(0.6, 1.05, len(notes))
    spread = {
        onset: rng.uniform(0, _SPREAD_SECONDS) * (rng.uniform() < _SPREAD_SHARE)
        for onset in sorted({each[0] for each in notes})
    }
    played = []
    for number, (onset, _, pitch, _) in enumerate(notes):
        begin = begins[number] + _JITTER_SECONDS * rng.standard_normal()
        begin = max(begin + spread[onset] * (pitch - 60) / 24, 0.0)
        velocity = float(np.clip(rng.normal(0.6, 0.09), 0.1, 1.0))
        played.append(Note(begin, max(float(ends[number]), begin + 0.03), pitch, velocity, 0))
    return Notes(tuple(played))
