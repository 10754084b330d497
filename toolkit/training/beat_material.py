"""Gather performances whose beats are known: scores played by rule, and songs that people played.

Scores are those of `toolkit.training.score_books`; excerpts begin at several places, and of some
only part of the voices play, since a melody without its bass is harder. Tunes also come with
accompaniments that are invented (`toolkit.training.textures`). The songs are those of POP909, with
the beats that its authors found. Some composers, tunes and songs are for development: nothing that
is trained on has a melody of theirs, nor of what suites measure beats on.
"""

from __future__ import annotations

import tomllib
import zlib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.adapters import pop909
from toolkit.adapters.annotated_scores import Score
from toolkit.evaluation import works
from toolkit.evaluation.performance import MANNERS, perform, score_beats
from toolkit.io import midi
from toolkit.training import score_books, varied_playing
from toolkit.training.beat_values import Played
from toolkit.training.textures import MELODY, accompanied
from toolkit.values import Notes

Array = npt.NDArray[np.float64]

GROUPS = ("works", "chorales", "tunes", "bands", "songs")

_HUMAN = "human"
_EXCERPT_BARS = 24
_THIN_SHARE = 0.3
_VARIED_SHARE = 0.5
_SONG_BEATS = 120
_FEWEST_NOTES = 40
_DEVELOPMENT = 10  # every so many tunes and chorales, in an order by hash
_DEVELOPMENT_AUTHORS = frozenset({"haydn", "schumann_clara", "joplin", "handel", "corelli"})
_COMPOUND = (6, 9, 12)


@dataclass(frozen=True)
class Piece:
    """Name a performance.

    Parameters
    ----------
    work, group, manner : str
        What is played, of which of `GROUPS`, and how: 'steady', 'rubato' or 'human'.
    number, count : int
        Which of how many excerpts.
    take : int
        Which performance of that; from 1 on they vary in ways that those of suites do not.
    """

    work: str
    group: str
    manner: str
    number: int = 0
    count: int = 1
    take: int = 0

    @property
    def author(self) -> str:
        """Return the composer, or where none is known the work."""
        return self.work.split("/")[0] if self.group == "works" else self.work

    def play(self) -> Played:
        """Return the performance, the same each time."""
        salt = [self.number, zlib.crc32(self.work.encode()), self.take, GROUPS.index(self.group)]
        if self.manner == _HUMAN:
            rng = np.random.default_rng(salt)
            played = _song(self.work, self.number / self.count)
        else:
            rng = np.random.default_rng([*salt, MANNERS.index(self.manner)])
            heard = self._score(rng)
            found = perform(heard, rng, rubato=self.manner == "rubato")
            played = Played(found.notes, found.beats, found.downbeats)
        if self.take and rng.random() < _VARIED_SHARE:
            return varied_playing.varied(played, rng)
        return played

    def _score(self, rng: np.random.Generator) -> Score:
        score = score_books.score(self.work)
        if self.group == "bands":
            return banded(score, rng)
        parts = [score, excerpt(score, self.number * (len(score.bars) // self.count))]
        if rng.random() < _THIN_SHARE:
            parts.append(thinned(parts[-1], rng))
        return next(part for part in reversed(parts) if part is score or begins_at_once(part))


def material(path: Path, *, development: bool) -> list[Piece]:
    """Return all performances that a recipe's ``[material]`` names, of one side or the other."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))["material"]
    classic, chorales, tunes, folk = _scores(table, development)
    takes = {group: [0] if development else range(1, table["takes"][group] + 1) for group in GROUPS}
    found: list[Piece] = []
    for work in classic:
        most = 1 if development else table["excerpts"]
        count = min(most, len(score_books.score(work).bars) // _EXCERPT_BARS + 1)
        found += [
            Piece(work, "works", manner, number, count, take)
            for number in range(count)
            for manner in MANNERS
            for take in takes["works"]
        ]
    bands = [work for work in (*tunes, *folk) if is_regular(score_books.score(work))]
    found += [
        Piece(work, "bands", MANNERS[number % 2], 0, 1, take)
        for number, work in enumerate(bands)
        for take in takes["bands"]
    ]
    for group, names in (("chorales", chorales), ("tunes", tunes)):
        found += [
            Piece(work, group, manner, 0, 1, take)
            for work in names
            for manner in MANNERS
            for take in takes[group]
        ]
    numbers = pop909.VALIDATION if development else pop909.TRAINING
    found += [
        Piece(f"pop909/{number:03d}", "songs", _HUMAN, number % 2, 2, take)
        for number in numbers
        for take in takes["songs"]
    ]
    return found


@cache
def _all(folder: str) -> tuple[str, ...]:
    """Return the works of a folder that have notes and bars enough to tell anything."""
    found = score_books.names(folder)
    return tuple(each for each in found if is_long(score_books.score(each)))


def _scores(table: dict[str, Any], development: bool) -> tuple[list[str], ...]:
    """Return classical works, chorales, tunes and folk songs of one side."""
    known = [*works.DEVELOPMENT, *works.HELD_OUT]
    measured = set(works.HELD_OUT_BEATS)
    classic = [each for each in known if not each.startswith("bach/")]
    chosen = [each for each in classic if each.split("/")[0] in _DEVELOPMENT_AUTHORS]
    sides = []
    for folders in (table["chorales"], table["tunes"], table["folk"]):
        every = [each for folder in folders for each in _all(folder) if each not in measured]
        first = tuple(folders[:1])
        sides.append(
            (every, [each for each in every if each.startswith(first) and _is_kept_back(each)])
        )
    kept_back = [score_books.strangers(own, works.HELD_OUT_BEATS) for _, own in sides]
    if development:
        return chosen, *kept_back
    reserved = [*works.HELD_OUT_BEATS, *chosen, *(each for own in kept_back for each in own)]
    heard = [each for each in classic if each not in chosen]
    return heard, *(
        score_books.strangers([each for each in every if each not in own], reserved)
        for every, own in sides
    )


def _is_kept_back(work: str) -> bool:
    return zlib.crc32(work.encode()) % _DEVELOPMENT == 0


def is_long(score: Score) -> bool:
    """Return whether a score has notes enough and bars of meters that have beats."""
    usual = all(bar.denominator in (2, 4, 8) and bar.numerator < 13 for bar in score.bars)
    return usual and len(score.bars) > 5 and len(score.notes) >= _FEWEST_NOTES


def begins_at_once(score: Score) -> bool:
    """Return whether a part of a score has notes enough in its first beats, which are performed."""
    end = score.bars[min(_EXCERPT_BARS, len(score.bars)) - 1].start
    return sum(note[0] < end for note in score.notes) >= _FEWEST_NOTES


def is_regular(score: Score) -> bool:
    """Return whether a tune has one voice and whole bars of one meter, up to a pickup and its end.

    Only to such a one accompaniments are set.
    """
    meters = {(bar.numerator, bar.denominator) for bar in score.bars}
    onsets = [note[0] for note in score.notes]
    if len(meters) > 1 or len(set(onsets)) < len(onsets):
        return False
    whole = score.bars[0].numerator * 4.0 / score.bars[0].denominator
    lines = score_beats(score, float("inf"))[1]
    return bool(len(lines) > 4 and np.allclose(np.diff(lines[:-1]), whole))


def banded(score: Score, rng: np.random.Generator) -> Score:
    """Return a regular tune with an accompaniment, now and then without the tune itself."""
    bar = score.bars[0]
    compound = bar.numerator in _COMPOUND and bar.denominator >= 8
    # In compound meters figures are drawn for beats of three eighths, as for bars of three.
    unit, span = (0.5, 3.0) if compound else (1.0, bar.numerator * 4.0 / bar.denominator)
    first = float(score_beats(score, float("inf"))[1][0])
    tune = [
        ((at - first) / unit, length / unit, pitch, 0.7, MELODY)
        for at, length, pitch, _ in score.notes
    ]
    rows = accompanied(rng, tune, span)
    if rng.random() < _THIN_SHARE / 3:
        rows = [row for row in rows if row[4] != MELODY] or rows
    end = max(at + length for at, length, *_ in score.notes)
    notes = [
        (at * unit + first, length * unit, pitch, label)
        for at, length, pitch, _, label in rows
        if at * unit + first >= 0 and at * unit + first < end
    ]
    return replace(score, notes=tuple(sorted(notes)))


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


def _song(work: str, share: float) -> Played:
    """Return some beats of a song of POP909 from a share of its length on."""
    path = pop909.path_of(int(work.split("/")[1]))
    table: Any = np.loadtxt(path.parent / "beat_midi.txt")
    table = table[int(share * len(table)) :][:_SONG_BEATS]
    begin, end = float(table[0, 0]) - 0.05, float(table[-1, 0])
    played = midi.read(path).notes
    notes = (
        replace(note, onset=note.onset - begin, offset=note.offset - begin)
        for note in played
        if begin <= note.onset < end
    )
    times = table[:, 0] - begin
    return Played(Notes(tuple(notes)), times, times[table[:, 2] > 0.5])
