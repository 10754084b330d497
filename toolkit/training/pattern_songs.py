"""Gather songs whose bars a chooser of patterns learns to find again: situations, and distances."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from toolkit.adapters import mma, pop909
from toolkit.cache import cache_dir, keeping
from toolkit.errors import InputError, ToolkitError
from toolkit.evaluation.pattern_finding import song_of_pop909
from toolkit.style.borrowed.hearing import hear
from toolkit.style.borrowed.pattern_distances import distances, facts, patterns_of
from toolkit.style.borrowed.taking import take
from toolkit.style.chord import parse
from toolkit.training import charts
from toolkit.values import Notes

Array = npt.NDArray[np.float32]

SONGS = tuple(pop909.TRAINING)[5::9]
HELD_SONGS = tuple(pop909.VALIDATION)[::5]
"""Numbers of POP909's songs that are read."""

_GROOVES_EVERY = 12
_VALIDATION_EVERY = 10
_BARS = 24
_FEWEST_BARS = 12
_TUNE_PROGRAM = 73


@dataclass(frozen=True, eq=False)
class Bars:
    """Hold the bars of a song.

    Parameters
    ----------
    about : np.ndarray, shape (bars, features)
        Situations.
    apart : np.ndarray, shape (bars, bars)
        Distances of what is played.
    facts : np.ndarray, shape (bars, facts)
        Of `toolkit.style.borrowed.pattern_distances.facts`, among all bars of the song.
    """

    about: Array
    apart: Array
    facts: Array


def prepare() -> Iterator[Path]:
    """Read what is not read yet, yielding each file written."""
    for number in (*SONGS, *HELD_SONGS):
        split = "train" if number in SONGS else "validation"
        yield from _kept(split, f"pop909-{number:03d}", number)
    for place, groove in enumerate(mma.grooves(held_out=False)[::_GROOVES_EVERY]):
        split = "validation" if place % _VALIDATION_EVERY == 0 else "train"
        yield from _kept(split, f"mma-{groove.replace(':', '-').replace('/', '-')}", groove)


def open_bars(split: str) -> tuple[Bars, ...]:
    """Return the songs of a split, ``train`` or ``validation``."""
    found = []
    for path in sorted((_folder() / split).glob("*.npz")):
        with np.load(path) as held:
            found.append(Bars(held["about"], held["apart"], held["facts"]))
    return tuple(found)


def groove_song(groove: str) -> Notes:
    """Return what MMA plays in a groove over a random chart, with a random tune on top.

    Raises
    ------
    ToolkitError
        If MMA does not know a chord in that groove.
    """
    rng = np.random.default_rng([31, zlib.crc32(groove.encode())])
    chart = charts.chart(rng, _BARS)
    tempo = float(rng.uniform(90, 160))
    band = mma.accompany(chart.spelled, groove, tempo, int(rng.integers(10**6)))
    beats = max(round(band.duration / _BARS * tempo / 60), 1)
    bar = beats * 60 / tempo
    tune = charts.melody(rng, chart, bar_seconds=bar, program=_TUNE_PROGRAM, beats=beats)
    return Notes(
        (*band.notes, *tune),
        ((0.0, tempo),),
        ((0.0, beats, 4),),
        chords=tuple((index * bar, parse(name).harte) for index, name in enumerate(chart.spelled)),
    )


def _folder() -> Path:
    return cache_dir() / "training" / "patterns"


def _kept(split: str, name: str, source: int | str) -> Iterator[Path]:
    target = _folder() / split / f"{name}.npz"
    if target.is_file():
        return
    try:
        notes = song_of_pop909(source) if isinstance(source, int) else groove_song(source)
        borrowed = take(hear(notes))
    except (InputError, ToolkitError):
        # A few grooves know no such chord, and a song may have nothing but a tune.
        return
    if len(borrowed.bars) < _FEWEST_BARS:
        return
    patterns = patterns_of(borrowed.bars)
    about = np.array([bar.about for bar in borrowed.bars], np.float32)
    with keeping(target) as partial:
        np.savez_compressed(
            partial, about=about, apart=distances(patterns).astype(np.float32),
            facts=facts(patterns).astype(np.float32),
        )  # fmt: skip
    yield target
