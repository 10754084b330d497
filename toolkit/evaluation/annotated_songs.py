"""Read songs of POP909 with the beats, chords and keys that its authors found in them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from toolkit.adapters import pop909
from toolkit.io.pitch_names import pitch_class
from toolkit.values import Notes

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class AnnotatedSong:
    """Hold a song and what was annotated.

    Parameters
    ----------
    notes : Notes
        Of all tracks, for a piano.
    beats, downbeats : np.ndarray
        In seconds, ascending.
    spans : tuple of (begin, end, symbol)
        The chords in seconds, in Harte's notation.
    key : tuple[int, bool], optional
        Tonic and whether it is minor; None where the key changes.
    """

    notes: Notes
    beats: Array
    downbeats: Array
    spans: tuple[tuple[float, float, str], ...]
    key: tuple[int, bool] | None


def annotated_song(number: int) -> AnnotatedSong:
    """Return a song by its number, 1..909.

    Raises
    ------
    ToolkitError
        If the collection is not unpacked.
    """
    read = pop909.song(number)
    every = (*read.melody, *read.bridge, *read.piano)
    folder = pop909.path_of(number).parent
    table = np.loadtxt(folder / "beat_midi.txt")
    keys = _rows(folder / "key_audio.txt")
    tonic, _, mode = keys[0][2].partition(":")
    chords = _rows(folder / "chord_midi.txt")
    return AnnotatedSong(
        Notes(tuple(replace(note, program=0) for note in every)),
        table[:, 0],
        table[table[:, 2] > 0.5, 0],
        tuple((float(begin), float(end), name) for begin, end, name in chords),
        (pitch_class(tonic), mode == "min") if len(keys) == 1 else None,
    )


def _rows(path: Path) -> list[tuple[str, str, str]]:
    lines = (line.split() for line in path.read_text(encoding="utf-8").splitlines())
    return [(row[0], row[1], row[2]) for row in lines if len(row) == 3]
