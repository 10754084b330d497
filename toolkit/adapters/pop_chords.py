"""Read the chord annotations of POP909 as charts in beats."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from toolkit.adapters import pop909
from toolkit.io.pitch_names import pitch_class
from toolkit.style.chord import Chord, parse
from toolkit.style.harmony.changes import Changes, joined

Array = npt.NDArray[np.float64]

_SHORTEST = 8


@cache
def charts(first: int, last: int) -> tuple[Changes, ...]:
    """Return the charts of songs by number, both ends included.

    A song counts in the key that holds longest; bars are the most frequent ones.

    Raises
    ------
    ToolkitError
        If the collection is not unpacked.
    """
    found = [_chart(number) for number in range(first, last + 1)]
    return tuple(chart for chart in found if chart is not None)


def _chart(number: int) -> Changes | None:
    folder = pop909.path_of(number).parent
    beats = np.array([row[:3] for row in _rows(folder / "beat_midi.txt")], float)
    downbeats = np.flatnonzero(beats[:, 2] > 0.5)
    lengths = np.diff(downbeats)
    if len(lengths) < _SHORTEST:
        return None
    per_bar = int(np.bincount(lengths).argmax())
    if per_bar not in (2, 3, 4):
        return None
    path = folder / "chord_midi.txt"
    chords = _chords(path, from_first_bar(path, beats[:, 0], per_bar))
    if len(chords) < _SHORTEST:
        return None
    return joined(f"pop909 {number:03d}", _key(folder / "key_audio.txt"), per_bar, chords)


def from_first_bar(path: Path, beats: Array, per_bar: int) -> Array:
    """Return the beats from the first bar line with a chord on.

    Where bars begin is not said reliably: it is taken to be the beat on which most chords do.
    """
    rows = [row for row in _rows(path) if row[2] != "N"]
    starts = np.array([_nearest(beats, start) for start, _, _ in rows])
    phase = int(np.bincount(starts % per_bar, minlength=per_bar).argmax())
    return beats[int(starts.min()) + (phase - int(starts.min())) % per_bar :]


def _chords(path: Path, beats: Array) -> list[tuple[float, Chord, bool]]:
    """Return (beats, chord, whether it is the first)."""
    found: list[tuple[float, Chord, bool]] = []
    for start, end, name in _rows(path):
        first, last = (_nearest(beats, at) for at in (start, end))
        if last <= first:
            continue
        if name != "N":
            found.append((float(last - first), parse(name), not found))
        elif found:
            found.append((float(last - first), found[-1][1], False))
    return found


def _nearest(beats: Array, at: str) -> int:
    return int(np.abs(beats - float(at)).argmin())


def _key(path: Path) -> tuple[int, bool]:
    spans = [(float(end) - float(start), name) for start, end, name in _rows(path)]
    tonic, _, mode = max(spans)[1].partition(":")
    return pitch_class(tonic), mode == "min"


def _rows(path: Path) -> list[list[str]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.split() for line in lines if len(line.split()) == 3]
