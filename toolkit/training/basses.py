"""Count how jazz basses move: ``python -m toolkit.training.basses FOLDER``.

Its figures are in the costs of `toolkit.style.band.bass_lines`; the folder is ``mcsv_beat``.
The Weimar Jazz Database's tables of beats carry the bass's pitch at each beat. It was found by a
tracker and is wrong often enough that roots on first beats are rare in it; the shape of its
intervals is what is used.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

_WIDEST = 14
_OCTAVE = 12
_STEP = 2


@dataclass(frozen=True)
class BassMotion:
    """Hold how basses move from beat to beat.

    Parameters
    ----------
    count : int
        Of pairs of beats.
    shares : tuple[float, ...]
        Of 0..12 semitones between the two, among those up to 14.
    step_goes_on, leap_goes_on : float
        Share of steps (up to 2 semitones), and of leaps, that are followed by an interval in the
        same direction, among those followed by any interval within an octave.
    """

    count: int
    shares: tuple[float, ...]
    step_goes_on: float
    leap_goes_on: float


def bass_motion(folder: Path) -> BassMotion:
    """Return the statistics of all tables of beats in a folder.

    Parameters
    ----------
    folder : pathlib.Path
        The database's ``mcsv_beat``.

    Raises
    ------
    ValueError
        If no table there has a bass.
    """
    sizes: Counter[int] = Counter()
    turns: Counter[tuple[bool, bool]] = Counter()
    for path in sorted(folder.glob("*.csv")):
        for line in _lines(path):
            moves = [int(move) for move in np.diff(line)]
            sizes.update(abs(move) for move in moves if abs(move) <= _WIDEST)
            for before, after in pairwise(moves):
                if before and after and abs(after) <= _OCTAVE:
                    turns[abs(before) <= _STEP, before * after > 0] += 1
    total = sum(sizes.values())
    if not total:
        raise ValueError(f"no table of {folder} has a bass")
    return BassMotion(
        count=total,
        shares=tuple(sizes[size] / total for size in range(_OCTAVE + 1)),
        step_goes_on=_share(turns, step=True),
        leap_goes_on=_share(turns, step=False),
    )


def main(folder: Path) -> None:
    """Write the statistics of a folder to standard output, as JSON."""
    sys.stdout.write(json.dumps(asdict(bass_motion(folder)), indent=1) + "\n")


def _share(turns: Counter[tuple[bool, bool]], *, step: bool) -> float:
    return turns[step, True] / max(turns[step, True] + turns[step, False], 1)


def _lines(path: Path) -> Iterator[list[int]]:
    """Yield the runs of beats that have a bass, as MIDI numbers."""
    line: list[int] = []
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            text = row.get("bass") or ""
            if text.isdigit() and int(text) > 0:
                line.append(int(text))
            elif line:
                yield line
                line = []
    if line:
        yield line


if __name__ == "__main__":
    main(Path(sys.argv[1]))
