"""Suite Y3: which bar of a reference plays what fits, and does a piece come out in its style."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.adapters import debian, openmsx, pop909
from toolkit.errors import InputError
from toolkit.evaluation import facts, style_fit, table
from toolkit.evaluation.methods import choose
from toolkit.evaluation.songs import DEVELOPMENT
from toolkit.io import midi
from toolkit.style.borrowed import pattern_choice
from toolkit.style.borrowed.hearing import hear
from toolkit.style.borrowed.pattern_distances import Pattern, distances, patterns_of
from toolkit.style.borrowed.taking import take
from toolkit.values import Notes

Array = npt.NDArray[np.float64]
Method = Callable[["Task"], Array]

SONGS = tuple(pop909.TEST)[::3]
"""Songs of POP909 that no training reads."""

_TUNED_ON = frozenset(each.source for each in DEVELOPMENT if isinstance(each.source, str))
_TUNE, _SECOND = 73, 71
_SECONDS = 110.0
_FEWEST_BARS = 16
_AS_GOOD = 1e-4


@dataclass(frozen=True, eq=False)
class Task:
    """Hold what a method is to choose from: a half of a song, for the bars of the other half.

    Parameters
    ----------
    asked, about : np.ndarray, shape (bars, features)
        Situations of the hidden bars, and of those of the reference.
    patterns : tuple
        What is played in each bar of the reference.
    apart : np.ndarray, shape (hidden bars, bars)
        How far what each plays is from what was hidden.
    """

    asked: Array
    about: Array
    patterns: tuple[Pattern, ...]
    apart: Array


def pattern_finding(
    limit: int | None = None,
    seeds: int = 1,
    progress: Callable[[float, float], None] | None = None,
    methods: Sequence[str] = (),
) -> table.Report:
    """Let bars of half a song be found in the other half, and borrow styles for other pieces."""
    chosen = choose(METHODS, methods)
    held = [name for name in openmsx.songs() if name not in _TUNED_ON]
    by_turns = zip_longest([f"openmsx {name}" for name in held], [f"song {n}" for n in SONGS])
    kept = [item for pair in by_turns for item in pair if item is not None][:limit]
    jobs: list[Callable[[], list[dict[str, Any]]]] = [partial(_rows, item, chosen) for item in kept]
    jobs += [partial(style_fit.rows, seed, limit) for seed in range(seeds)]
    rows = table.collect(jobs, progress)
    return table.Report(
        suite="y3",
        title="Y3: bars of a reference for another music, and pieces in the style of a file",
        summary=tuple(_summary(rows)),
        rows=rows,
        notes=(
            "Each half of a song is asked for what suits the bars of the other half. The distance "
            "is 0 where a bar is played the same, 1 where nothing is in common: half rhythm, half "
            "which degree or drum comes when, part by part. Best is the share of bars for which "
            "nothing better was there.",
            "The compositions are OpenMSX's, the songs of POP909's test split; no training read "
            "either. The most typical bar is the same one all along, which no band plays: it says "
            "how much is won by choosing at all.",
            "Fit is the cosine of where in the bar each role and drum strikes, with the reference "
            "that was borrowed from and, as a control, with the other ones.",
        ),
        facts={"songs": len(kept), "seeds": seeds, **facts.versions(())},
    )


def song_of_pop909(number: int) -> Notes:
    """Return a song's beginning, its tune on an instrument of its own."""
    song = pop909.song(number)
    tracks = ((song.melody, _TUNE), (song.bridge, _SECOND), (song.piano, 0))
    notes = tuple(
        replace(note, program=program)
        for track, program in tracks
        for note in track
        if note.offset <= _SECONDS
    )
    return replace(song.piano, notes=notes)


def composition(name: str) -> Notes:
    """Return a song of OpenMSX with its tempo map."""
    return midi.read(_compositions()[name])


def _compositions() -> Mapping[str, Path]:
    folder = debian.fetch(openmsx.PACKAGE)
    return {path.stem: path for path in sorted(folder.rglob("*.mid"))}


def tasks(notes: Notes) -> tuple[Task, ...]:
    """Return a song's two tasks; none if it is short, or has nothing but a tune."""
    try:
        borrowed = take(hear(notes))
    except InputError:
        # A few songs have no accompaniment to choose from.
        return ()
    if len(borrowed.bars) < _FEWEST_BARS:
        return ()
    about = np.array([bar.about for bar in borrowed.bars])
    patterns = patterns_of(borrowed.bars)
    apart = distances(patterns)
    first, second = np.array_split(np.arange(len(patterns)), 2)
    return tuple(
        Task(
            about[asked],
            about[known],
            tuple(patterns[index] for index in known),
            apart[np.ix_(asked, known)],
        )
        for asked, known in ((first, second), (second, first))
    )


def nearest(task: Task) -> Array:
    """Return how well bars suit by the likeness of their situations alone."""
    return pattern_choice.nearness(task.asked, task.about)


def typical(task: Task) -> Array:
    """Return how near each bar of the reference is to all others, whatever is asked."""
    worth = -distances(task.patterns).sum(axis=1)
    return np.asarray(np.broadcast_to(worth, task.apart.shape))


def as_used(task: Task) -> Array:
    """Return how well bars suit as players judge it."""
    return pattern_choice.odds(task.asked, task.about, task.patterns)


def chance(task: Task) -> Array:
    """Return numbers that mean nothing."""
    return np.random.default_rng(task.apart.shape).random(task.apart.shape)


def _told(task: Task) -> Array:
    return -task.apart


METHODS: Mapping[str, Method] = {
    "by chance": chance,
    "nearest situation": nearest,
    "most typical bar": typical,
    "tonearm": as_used,
    "best there is*": _told,
}
"""Who chooses; the last one is told what was hidden."""


def _rows(item: str, methods: Mapping[str, Method]) -> list[dict[str, Any]]:
    kind, _, name = item.partition(" ")
    notes = composition(name) if kind == "openmsx" else song_of_pop909(int(name))
    found = []
    for number, task in enumerate(tasks(notes)):
        for method, choice in methods.items():
            at = choice(task).argmax(axis=1)
            far = task.apart[np.arange(len(at)), at]
            found.append(
                {
                    "item": f"{item}/{number}",
                    "music": {"openmsx": "compositions", "song": "songs"}[kind],
                    "method": method,
                    "distance": float(far.mean()),
                    "best": float((far <= task.apart.min(axis=1) + _AS_GOOD).mean()),
                    "bars": len(far),
                }
            )
    return found


def _summary(rows: Iterable[Mapping[str, Any]]) -> Iterable[dict[str, Any]]:
    every = list(rows)
    choosing = [row for row in every if "distance" in row]
    for (music, method), mine in table.group(choosing, "music", "method").items():
        yield {
            "what": music,
            "method": method,
            "halves": len(mine),
            "distance": round(table.mean(mine, "distance"), 3),
            "best": round(table.mean(mine, "best"), 3),
        }
    fitting = [row for row in every if "fit" in row]
    for (method,), mine in table.group(fitting, "method").items():
        yield {"what": "style of a file", "method": method} | style_fit.means(mine)
