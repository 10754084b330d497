"""Write for bands what was composed for them: excerpts of game music, their instruments exchanged.

What a program plays over charts has one pianist's, one bassist's and one drummer's habits. Here
composers decided who plays when, how high and how loud.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from toolkit.adapters import game_music
from toolkit.errors import ToolkitError
from toolkit.evaluation.songs import stem_of
from toolkit.training.arrangements import BASSES, OTHERS, PIANOS
from toolkit.values import DRUMS, Note, Notes

SECONDS = 40.0

_EXCHANGED_SHARE = {"piano": 0.5, "bass": 0.6, "other": 0.4}
_MOST_SEMITONES = 5
_FASTER_OCTAVES = 0.3
_LATE_SECONDS, _LOOSE_SECONDS = 0.012, 0.004
# Programs from 119 on are noises: reversed cymbals, birds, applause.
_FIRST_NOISE = 119
_LOWEST, _HIGHEST = 12, 115


def listed(sources: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield (package, piece) of the ledger's sources, each piece as often as ``excerpts`` says.

    All first excerpts come before the second ones, so that stopping early leaves variety. What
    cannot be read is left out.
    """
    most = max((int(source["excerpts"]) for source in sources), default=0)
    readable = {
        source["package"]: [
            name for name in game_music.pieces(source["package"]) if _band(source, name)
        ]
        for source in sources
    }
    for turn in range(most):
        for source in sources:
            if turn < int(source["excerpts"]):
                for name in readable[source["package"]]:
                    yield source["package"], name


def excerpt(rng: np.random.Generator, package: str, name: str) -> Notes:
    """Return 40 s of a piece, transposed, faster or slower, partly on other instruments."""
    piece = game_music.read(package, name)
    first = float(rng.uniform(0, max(piece.duration - SECONDS, 0)))
    faster = 2 ** float(rng.uniform(-_FASTER_OCTAVES, _FASTER_OCTAVES))
    up = int(rng.integers(-_MOST_SEMITONES, _MOST_SEMITONES + 1))
    programs = sorted({note.program for note in piece})
    given = {program: _exchanged(rng, program) for program in programs}
    late = {program: float(rng.uniform(0, _LATE_SECONDS)) for program in programs}
    found = []
    for note in piece:
        onset = (note.onset - first) / faster
        if not 0 <= onset < SECONDS or note.program in range(_FIRST_NOISE, DRUMS):
            continue
        shift = late[note.program] + abs(float(rng.normal(0, _LOOSE_SECONDS)))
        length = min((note.offset - note.onset) / faster, SECONDS + 2 - onset)
        moved = note.pitch if note.program == DRUMS else note.pitch + up
        found.append(
            replace(
                note,
                onset=onset + shift,
                offset=onset + shift + length,
                pitch=int(np.clip(moved, _LOWEST, _HIGHEST)),
                velocity=float(np.clip(note.velocity * rng.uniform(0.8, 1.2), 0.02, 1.0)),
                program=given[note.program],
            )
        )
    return Notes(tuple(found))


def _exchanged(rng: np.random.Generator, program: int) -> int:
    kind = stem_of(program)
    if kind == "drums" or rng.random() >= _EXCHANGED_SHARE[kind]:
        return program
    choice = {"piano": PIANOS, "bass": BASSES, "other": OTHERS}[kind]
    return int(choice[int(rng.integers(len(choice)))])


def _band(source: dict[str, Any], name: str) -> bool:
    """Return whether a piece can be read and has two classes of instruments."""
    try:
        piece: tuple[Note, ...] = tuple(game_music.read(source["package"], name))
    except ToolkitError:
        return False
    return len({stem_of(note.program) for note in piece}) > 1
