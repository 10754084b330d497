"""Gather performances whose beats are known: scores played by rule, and songs that people played.

Excerpts of scores begin at several places; of some only part of the voices play, since a melody
without its bass is harder. The songs are those of POP909, with the beats that its authors found.
"""

from __future__ import annotations

import tomllib
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.adapters.annotated_scores import Score
from toolkit.cache import cache_dir
from toolkit.errors import ToolkitError
from toolkit.evaluation import works
from toolkit.evaluation.performance import MANNERS, perform
from toolkit.io import midi
from toolkit.values import Notes

Array = npt.NDArray[np.float64]

FOLDS = 2

_HUMAN = "human"
_EXCERPT_BARS = 24
_THIN_SHARE = 0.3
_SONG_BEATS = 120
_FEWEST_NOTES = 40


@dataclass(frozen=True, eq=False)
class Played:
    """Hold a performance whose beats are known.

    Parameters
    ----------
    notes : Notes
        What is played.
    beats, downbeats : np.ndarray
        In seconds, ascending.
    """

    notes: Notes
    beats: Array
    downbeats: Array


@dataclass(frozen=True)
class Piece:
    """Name a performance.

    Parameters
    ----------
    work, group, manner : str
        What is played, of which kind, and how: 'steady', 'rubato' or 'human'.
    number, count : int
        Which of how many excerpts.
    """

    work: str
    group: str
    manner: str
    number: int = 0
    count: int = 1

    @property
    def fold(self) -> int:
        """Return the part, in 0..FOLDS−1, that the work belongs to, with all of its composer."""
        return zlib.crc32(self.author.encode()) % FOLDS

    @property
    def author(self) -> str:
        """Return the composer, or where none is known the work."""
        return self.work.split("/")[0] if self.group == "works" else self.work

    def play(self) -> Played:
        """Return the performance, the same each time."""
        if self.manner == _HUMAN:
            return _song(self.work)
        heard, rng = self._excerpt()
        played = perform(heard, rng, rubato=self.manner == "rubato")
        return Played(played.notes, played.beats, played.downbeats)

    @property
    def is_long(self) -> bool:
        """Return whether it has notes enough to tell anything."""
        return self.manner == _HUMAN or len(self._excerpt()[0].notes) >= _FEWEST_NOTES

    def _excerpt(self) -> tuple[Score, np.random.Generator]:
        score = works.score(self.work)
        part = excerpt(score, self.number * (len(score.bars) // self.count))
        salt = [self.number, zlib.crc32(self.work.encode()), MANNERS.index(self.manner), 1]
        rng = np.random.default_rng(salt)
        return thinned(part, rng) if rng.random() < _THIN_SHARE else part, rng


def material(path: Path) -> list[Piece]:
    """Return all performances that a recipe's ``[material]`` names."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))["material"]
    found: list[Piece] = []
    known = (*works.DEVELOPMENT, *works.HELD_OUT)
    for group, names in (("works", known), *table["scores"].items()):
        for name in names:
            most = table["excerpts"] if group == "works" else 1
            count = min(most, len(works.score(name).bars) // _EXCERPT_BARS + 1)
            numbered = ((number, manner) for number in range(count) for manner in MANNERS)
            found += [Piece(name, group, manner, number, count) for number, manner in numbered]
    songs = table["songs"]
    numbers = range(songs["first"], songs["last"] + 1, songs["step"])
    found += [Piece(f"pop909/{number:03d}", "songs", _HUMAN) for number in numbers]
    return [piece for piece in found if piece.is_long]


def excerpt(score: Score, bar: int) -> Score:
    """Return a score from a bar on."""
    start = score.bars[bar].start
    return replace(
        score,
        notes=tuple((at - start, *rest) for at, *rest in score.notes if at >= start - 1e-6),  # type: ignore[misc]
        bars=tuple(replace(each, start=each.start - start) for each in score.bars[bar:]),
    )


def thinned(score: Score, rng: np.random.Generator) -> Score:
    """Return a score without some of its parts."""
    parts = sorted({note[3] for note in score.notes})
    kept = set(rng.choice(parts, int(rng.integers(1, len(parts) + 1)), replace=False).tolist())
    return replace(score, notes=tuple(note for note in score.notes if note[3] in kept))


def _song(work: str) -> Played:
    home = cache_dir() / "unpacked" / "pop909" / "POP909"
    if not home.is_dir():
        raise ToolkitError("POP909 is not there", f"unpack it, so that {home} holds its songs")
    folder = home / work.split("/")[1]
    table: Any = np.loadtxt(folder / "beat_midi.txt")[:_SONG_BEATS]
    begin, end = float(table[0, 0]) - 0.05, float(table[-1, 0])
    played = midi.read(folder / f"{folder.name}.mid").notes
    notes = Notes(tuple(note for note in played if begin <= note.onset < end))
    return Played(notes, table[:, 0], table[table[:, 2] > 0.5, 0])
