"""Name results so that every file system can store them and none takes two for one."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from pathlib import PurePath
from typing import TypeVar

# What file systems allow a name.
_MOST_BYTES = 255

LEVELS = 3
"""How many names `stem_at` knows."""

Source = TypeVar("Source", bound=Hashable)
Made = TypeVar("Made")


def stem_at(path: PurePath, source: str, level: int) -> str:
    """Return the stem of a result's name.

    Parameters
    ----------
    path : PurePath
        Of the recording.
    source : str
        What tells it from any other: that path as it was given.
    level : int
        0: the recording's stem; 1: with its own suffix; 2: with a digest of `source` too.
    """
    return (path.stem, path.name, f"{path.name}~{_digest(source)}")[level]


def told_apart(
    sources: Iterable[Source],
    make: Callable[[Source, int], Made],
    name_of: Callable[[Made], str] = str,
    is_taken: Callable[[Source, str], bool] = lambda source, name: False,
) -> dict[Source, Made]:
    """Return what is made of each source, the names all different, as `folded` counts.

    All that share a name go on to the next level. So the names depend on the set of sources and not
    on their order.

    Parameters
    ----------
    make : callable
        ``make(source, level)`` gives a result for a level of `stem_at`.
    name_of : callable
        Gives the result's name.
    is_taken : callable
        ``is_taken(source, name)`` says whether a name is another's already.
    """
    level = dict.fromkeys(sources, 0)
    made: dict[Source, Made] = {}
    moved = list(level)
    while moved:
        made.update((each, make(each, level[each])) for each in moved)
        names = {source: name_of(each) for source, each in made.items()}
        uses = Counter(map(folded, names.values()))
        moved = [
            source
            for source, name in names.items()
            if level[source] < LEVELS - 1 and (uses[folded(name)] > 1 or is_taken(source, name))
        ]
        for source in moved:
            level[source] += 1
    return made


def folded(name: str) -> str:
    """Return a form that is equal for names that some file systems take for the same.

    Those count neither case nor whether an accent is a letter's own (NFC) or a sign after it (NFD).
    """
    return unicodedata.normalize("NFC", name).casefold()


def shortened(stem: str, added: str) -> str:
    """Return a stem that the file system can store with something added, cut only if it must be.

    One that is cut ends in a digest of the whole.
    """
    num_bytes = _MOST_BYTES - len(os.fsencode(added))
    if len(os.fsencode(stem)) <= num_bytes:
        return stem
    mark = f"~{_digest(stem)}"
    kept = stem
    while len(os.fsencode(kept + mark)) > num_bytes:
        kept = kept[:-1]
    return kept + mark


def _digest(text: str) -> str:
    # The same on every system, and of the very bytes where a name is no UTF-8.
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:8]
