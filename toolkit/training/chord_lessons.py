"""Turn music whose chords are known into what the chord network reads and is to say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from toolkit.style.harmony.functions import function
from toolkit.style.key import KEYS
from toolkit.style.listening import chord_features, chords, structure
from toolkit.style.listening.chord_symbols import QUALITIES, plainer
from toolkit.training.chord_material import Lesson, known

Array = npt.NDArray[np.float64]
Table = npt.NDArray[np.float32]

UNKNOWN = -1
FUNCTIONS = "TSD"

_NAMES = tuple(QUALITIES)
_NONE = len(QUALITIES) * 12
_COVERED = 0.5
_SHIFT = 0.12  # beats by which a tracker's beats may all be early or late
_GRIDS = ("true", "halves", "tracked", "shifted", "double", "half")


@dataclass(frozen=True, eq=False)
class Sheet:
    """Hold a lesson on a grid of beats.

    Parameters
    ----------
    group : str
        Of the lesson, with ``heard`` after it where a transcriber wrote it down.
    features : np.ndarray, shape (beats, 12, features)
        By `toolkit.style.listening.chord_features`.
    allowed : np.ndarray of bool, shape (beats, 109)
        Which chords are right: pitch class by pitch class each quality, no chord last. All of them
        where nothing is known.
    bass, key, function, change : np.ndarray of int, shape (beats,)
        Pitch class; index in tonic × mode; index in `FUNCTIONS`; whether another chord begins.
        `UNKNOWN` where that is not known.
    """

    group: str
    features: Table
    allowed: npt.NDArray[np.bool_]
    bass: npt.NDArray[np.int64]
    key: npt.NDArray[np.int64]
    function: npt.NDArray[np.int64]
    change: npt.NDArray[np.int64]


def grid(lesson: Lesson, manner: str, rng: np.random.Generator) -> tuple[Array, Array | None]:
    """Return the beats and the bar lines that are told, of which not all need be right.

    Parameters
    ----------
    lesson : Lesson
        Whose beats they are.
    manner : str
        Of `_GRIDS`: as they are, with the halves of bars, as the toolkit tracks them, shifted,
        every other one, or twice as many.
    rng : np.random.Generator
        Draws.
    """
    beats, lines = lesson.beats, lesson.downbeats
    if manner == "tracked":
        pulse = structure.pulse(lesson.notes)
        return pulse.beats, pulse.downbeats
    if manner == "halves" and len(lines) > 1 and len(beats):
        middles = (lines[:-1] + lines[1:]) / 2
        nearest = np.abs(beats[:, None] - middles).min(axis=0) < 0.05
        return beats, np.sort(np.concatenate([lines, middles[nearest]]))
    if manner == "shifted" and len(beats) > 1:
        late = float(rng.uniform(-_SHIFT, _SHIFT)) * float(np.median(np.diff(beats)))
        moved = beats + late + 0.03 * np.median(np.diff(beats)) * rng.standard_normal(len(beats))
        return np.sort(moved), None
    if manner == "half":
        return beats[int(rng.integers(2)) :: 2], None
    if manner == "double" and len(beats) > 1:
        return np.sort(np.concatenate([beats, (beats[:-1] + beats[1:]) / 2])), lines
    return beats, lines


def sheet(lesson: Lesson, beats: Array, bar_lines: Array | None, *, heard: bool = False) -> Sheet:
    """Return what is learned from a lesson on some beats."""
    edges = chords.beat_edges(beats, lesson.notes.duration)
    features = chord_features.describe(lesson.notes, edges, bar_lines)
    index = _in_force(lesson, edges)
    allowed = np.ones((len(index), _NONE + 1), bool)
    bass, functions = (np.full(len(index), UNKNOWN) for _ in range(2))
    named = _functions(lesson)
    for beat, at in enumerate(index):
        if at < 0:
            continue
        chord = known(lesson.spans[at][2])
        allowed[beat] = False
        if chord is None:
            allowed[beat, _NONE] = True
            continue
        for name in plainer(chord):
            allowed[beat, chord.root * len(_NAMES) + _NAMES.index(name)] = True
        bass[beat] = chord.root if chord.bass is None else chord.bass
        functions[beat] = named[at]
    same = (allowed[1:] == allowed[:-1]).all(axis=1)
    change = np.append(UNKNOWN, np.where((index[1:] < 0) | (index[:-1] < 0), UNKNOWN, ~same))
    key = UNKNOWN if lesson.key is None else lesson.key[0] * 2 + lesson.key[1]
    return Sheet(
        lesson.group + (" heard" if heard else ""),
        features,
        allowed,
        bass,
        np.full(len(index), key),
        functions,
        change,
    )


def _in_force(lesson: Lesson, edges: Array) -> npt.NDArray[np.intp]:
    """Return the chord that holds for most of each beat, by its index; -1 where none is told."""
    index = np.full(len(edges) - 1, UNKNOWN)
    held = np.zeros(len(edges) - 1)
    for number, (start, stop, _) in enumerate(lesson.spans):
        first = max(int(np.searchsorted(edges, start, side="right")) - 1, 0)
        last = int(np.searchsorted(edges, stop))
        for beat in range(first, min(last, len(index))):
            share = min(stop, edges[beat + 1]) - max(start, edges[beat])
            if share > held[beat]:
                index[beat], held[beat] = number, share
    index[held < _COVERED * np.diff(edges)] = UNKNOWN
    return index


def _functions(lesson: Lesson) -> list[int]:
    """Return each chord's place in `FUNCTIONS`, `UNKNOWN` where the key is not known."""
    if lesson.key is None:
        return [UNKNOWN] * len(lesson.spans)
    tonic, minor = lesson.key
    key = KEYS[tonic + 12 * minor]
    every = [known(name) for _, _, name in lesson.spans]
    found = []
    for number, chord in enumerate(every):
        after = every[number + 1] if number + 1 < len(every) else None
        found.append(UNKNOWN if chord is None else FUNCTIONS.index(function(chord, key, after)))
    return found
