"""Read collections of scores, and tell which of their works share a melody with others.

Books hold one work a file (fiddle tunes, chorales) or many (O'Neill, Aird, the Essen collection).
Each file is parsed once and then kept in the cache folder. Melodies are compared by the intervals
of their top part without regard to key, rhythm and repeated notes, so that a chorale is known again
in another harmony and a tune in another book.
"""

from __future__ import annotations

import json
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from itertools import groupby, pairwise
from pathlib import Path

from toolkit.adapters import music21_scores
from toolkit.adapters.annotated_scores import Bar, Score, of_parts
from toolkit.cache import cache_dir, keeping
from toolkit.evaluation import works

MANY = ("oneills1850", "airdsAirs", "essenFolksong")
"""Folders of music21's corpus whose files hold many works."""

_INTERVALS = 7
_MOST_SHARED = 0.2


def names(folder: str) -> list[str]:
    """Return the works of a folder of music21's corpus, or of one of its files, in order.

    A work of a file that holds many is its path, ``#`` and its number from 0.
    """
    root = Path(music21_scores.library().__file__).parent / "corpus"
    path = root / folder
    files = [path] if path.is_file() else sorted(path.iterdir())
    known = [each for each in files if each.suffix in (".abc", ".mxl")]
    if folder.split("/")[0] not in MANY:
        return [f"{folder}/{_bare(each)}" for each in known]
    books = [str(each.relative_to(root)) for each in known]
    return [f"{each}#{number}" for each in books for number in range(len(_book(each)))]


def _bare(path: Path) -> str:
    return path.name if path.suffix == ".abc" else path.stem


def score(work: str) -> Score:
    """Return a work by the name that `names` or `toolkit.evaluation.works` gives it."""
    book, found, number = work.partition("#")
    return _book(book)[int(number)] if found else works.score(work)


@cache
def _book(path: str) -> tuple[Score, ...]:
    kept = cache_dir() / "scores" / f"{path.replace('/', '-')}.all.json"
    if not kept.is_file():
        with music21_scores.quietly() as music21:
            found = music21.corpus.parse(path)
            each = found.scores if "Opus" in found.classes else [found]
            rows = [asdict(of_parts(one)) for one in each]
        with keeping(kept) as partial:
            partial.write_text(json.dumps(rows), encoding="utf-8")
    return tuple(
        Score(
            tuple(tuple(note) for note in row["notes"]),
            tuple(Bar(**bar) for bar in row["bars"]),
            tuple(tuple(sharp) for sharp in row["sharps"]),
        )
        for row in json.loads(kept.read_text(encoding="utf-8"))
    )


def melody(score: Score) -> list[int]:
    """Return the pitches of the top part, the highest of each moment, without repeated ones."""
    top = min((note[3] for note in score.notes), default=0)
    sung = sorted((note[0], -note[2]) for note in score.notes if note[3] == top)
    highest = [-next(notes)[1] for _, notes in groupby(sung, key=lambda note: note[0])]
    return [pitch for pitch, _ in groupby(highest)]


def traits(score: Score) -> frozenset[int]:
    """Return all successions of seven intervals of the melody, as hashes."""
    pitches = melody(score)
    steps = [after - before for before, after in pairwise(pitches)]
    runs = (steps[at : at + _INTERVALS] for at in range(len(steps) - _INTERVALS + 1))
    return frozenset(zlib.crc32(str(run).encode()) for run in runs)


def strangers(candidates: Iterable[str], reserved: Sequence[str]) -> list[str]:
    """Return the candidates that share no melody with any work that is reserved.

    Two share one if a fifth of the successions of the one that has fewer are the other's too.
    """
    known: Mapping[int, list[int]] = defaultdict(list)
    sizes = []
    for number, work in enumerate(reserved):
        mine = traits(score(work))
        sizes.append(len(mine))
        for each in mine:
            known[each].append(number)
    return [work for work in candidates if not _is_known(traits(score(work)), known, sizes)]


def _is_known(mine: frozenset[int], known: Mapping[int, list[int]], sizes: list[int]) -> bool:
    shared: dict[int, int] = defaultdict(int)
    for each in mine:
        for number in known.get(each, ()):
            shared[number] += 1
    return any(
        count > _MOST_SHARED * min(len(mine), sizes[number]) for number, count in shared.items()
    )
