"""Vary performances beyond what suites play: other tempi, a tempo that strays more, wrong notes.

What a transcriber hears lacks soft and short notes, and has some that nobody played: overtones an
octave or a twelfth above, and repetitions. Half of the varied performances are heard that way.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from toolkit.training.beat_values import Played
from toolkit.values import Note, Notes

Array = npt.NDArray[np.float64]

_TEMPO_SD, _STRAY_SD = 0.15, 0.1
_STEP_SECONDS, _SMOOTH_STEPS = 0.25, 24
_MISSING, _ADDED = 0.15, 0.08  # the most of all notes
_OVERTONES = (12, 19, 24)
_FEWEST = 20


def varied(played: Played, rng: np.random.Generator) -> Played:
    """Return a performance in another tempo, transposed, and perhaps as a transcriber hears it."""
    other = warped(played, rng)
    shift = int(rng.integers(-6, 7))
    inside = (note for note in other.notes if 12 < note.pitch < 115)
    notes = [replace(note, pitch=note.pitch + shift) for note in inside]
    if rng.random() < 0.5:
        notes = misheard(notes, rng)
    if len(notes) < _FEWEST:
        return played
    return replace(other, notes=Notes(tuple(notes)))


def warped(played: Played, rng: np.random.Generator) -> Played:
    """Return a performance whose clock runs otherwise.

    Time t becomes ∫₀ᵗ exp(g), g being a mean plus white noise under a Hann window of six seconds.
    """
    end = max(float(played.beats[-1]), played.notes.duration) + 1.0
    count = int(np.ceil(end / _STEP_SECONDS)) + 1
    window = np.hanning(_SMOOTH_STEPS)
    noise = np.convolve(rng.standard_normal(count + _SMOOTH_STEPS - 1), window, "valid")
    spread = abs(rng.normal(0, _STRAY_SD)) / np.linalg.norm(window)
    slowness = np.exp(rng.normal(0, _TEMPO_SD) + spread * noise)
    clock = np.arange(count) * _STEP_SECONDS
    times = np.concatenate([[0.0], np.cumsum(slowness[:-1]) * _STEP_SECONDS])

    def at(seconds: Array) -> Array:
        return np.asarray(np.interp(seconds, clock, times))

    begins = at(np.array([note.onset for note in played.notes]))
    ends = at(np.array([note.offset for note in played.notes]))
    notes = (
        replace(note, onset=float(begin), offset=max(float(stop), float(begin) + 0.02))
        for note, begin, stop in zip(played.notes, begins, ends, strict=True)
    )
    return Played(Notes(tuple(notes)), at(played.beats), at(played.downbeats))


def misheard(notes: list[Note], rng: np.random.Generator) -> list[Note]:
    """Return notes of which some are missing and others were never played."""
    missing, added = rng.uniform(0, _MISSING), rng.uniform(0, _ADDED)
    heard = []
    for note in notes:
        if rng.random() >= missing:
            begin = min(max(note.onset + float(rng.normal(0, 0.006)), 0.0), note.offset)
            heard.append(replace(note, onset=begin))
        if rng.random() < added:
            late = float(rng.choice([0.0, rng.uniform(0, note.offset - note.onset)]))
            begin = note.onset + late
            pitch = min(note.pitch + int(rng.choice((0, *_OVERTONES))), 127)
            heard.append(Note(begin, begin + 0.08, pitch, 0.6 * note.velocity, note.program))
    return [each for each in heard if each.offset > each.onset + 0.01]
