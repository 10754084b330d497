"""Harmonize a tune that comes without chords, plainly.

In each span the triads of the key compete, dominant sevenths included, by how much of the tune they
hold, accents counting more; which chord follows which is weighed by how usual it is in hymns and
folk songs (the root progressions of W. Piston, "Harmony", 1941), and the tune closes with dominant
and tonic. The best sequence is found by dynamic programming (I. Simon et al., "MySong", 2008).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from toolkit.dsp.cheapest_path import cheapest_path
from toolkit.style.chord import QUALITIES, Chord
from toolkit.style.key import tonic_and_mode
from toolkit.style.lead_sheet import Bar, LineNote
from toolkit.style.sheet.tune_line import accents

Array = npt.NDArray[np.float64]

_MAJOR = ((0, ""), (2, "m"), (4, "m"), (5, ""), (7, ""), (7, "7"), (9, "m"))
_MINOR = ((0, "m"), (3, ""), (5, "m"), (7, ""), (7, "7"), (8, ""), (10, ""))
_COMMON = {
    "major": (0.0, 0.9, 1.5, 0.4, 0.5, 0.5, 0.9),
    "minor": (0.0, 0.9, 0.6, 0.4, 0.5, 0.9, 0.8),
}
_UP = {0: 0.3, 5: 0.0, 7: 0.4, 2: 0.4, 9: 0.5, 8: 0.5, 4: 1.0, 3: 1.0, 10: 1.2}
_RARE = 1.6
_FOREIGN, _EVIDENCE = 0.16, 3.5
_HALF_BAR = 0.7  # more than this for a chord that changes within a bar
_CLOSE = 2.5


def tune_chords(
    melody: Sequence[LineNote], bars: Sequence[Bar], key: str, parts: int = 2
) -> tuple[tuple[float, Chord], ...]:
    """Return chords under a tune, each with the beat from which it holds.

    Parameters
    ----------
    melody : sequence of LineNote
        One note at a time.
    bars : sequence of Bar
        Chords change at bar lines and in the middle of bars of four beats.
    key : str
        Of the whole tune.
    parts : int
        Of a beat.
    """
    if not melody:
        return ()
    tonic, mode = tonic_and_mode(key)
    kinds = _MAJOR if mode == "major" else _MINOR
    choices = [Chord((tonic + above) % 12, quality) for above, quality in kinds]
    starts, whole = _spans(bars)
    odds = _odds(melody, bars, starts, choices, parts) - np.array(_COMMON[mode])
    odds[-1] -= _CLOSE * (np.arange(len(choices)) > 0)
    path = _best_path(odds, choices, whole)
    found: list[tuple[float, Chord]] = []
    for start, index in zip(starts, path, strict=True):
        if not found or found[-1][1] != choices[index]:
            found.append((float(start), choices[index]))
    return tuple(found)


def _spans(bars: Sequence[Bar]) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Return where chords may change, and which of these places are bar lines."""
    places = []
    for bar in bars:
        places.append((bar.onset, True))
        if bar.beats == 4:
            places.append((bar.onset + 2, False))
    return np.array([at for at, _ in places]), np.array([line for _, line in places])


def _odds(
    melody: Sequence[LineNote],
    bars: Sequence[Bar],
    starts: Array,
    choices: Sequence[Chord],
    parts: int,
) -> Array:
    """Return the log likelihood of the tune in each span under each chord, (spans, chords)."""
    heard = np.zeros((len(starts), 12))
    weight = 0.4 + accents(np.array([note.onset for note in melody]), bars, parts)
    edges = np.append(starts, bars[-1].offset)
    for note, accent in zip(melody, weight, strict=True):
        first = max(int(np.searchsorted(starts, note.onset + 1e-6, side="right")) - 1, 0)
        stop = min(int(np.searchsorted(edges, note.offset - 1e-6)), len(starts))
        for span in range(first, stop):
            held = min(note.offset, edges[span + 1]) - max(note.onset, edges[span])
            heard[span, note.pitch % 12] += max(held, 0.0) * accent
    logs = np.full((len(choices), 12), np.log(_FOREIGN / 8))
    for row, chord in zip(logs, choices, strict=True):
        tones = [(chord.root + step) % 12 for step in QUALITIES[chord.quality]]
        row[tones] = np.log((1 - _FOREIGN) / len(tones))
    shares = heard / np.maximum(heard.sum(axis=1, keepdims=True), 1e-9)
    return np.asarray(_EVIDENCE * shares @ logs.T)


def _best_path(odds: Array, choices: Sequence[Chord], whole: npt.NDArray[np.bool_]) -> list[int]:
    on_line = np.array([[_step(one, other) for other in choices] for one in choices])
    within = on_line + _HALF_BAR * (1 - np.eye(len(choices)))
    return cheapest_path(-odds, lambda span: on_line if whole[span] else within)


def _step(one: Chord, other: Chord) -> float:
    """Return what it costs that one chord follows another; a seventh has to fall by a fifth."""
    up = (other.root - one.root) % 12
    if one.quality == "7" and up not in (0, 5):
        return 2.0
    return _UP.get(up, _RARE)
