"""Tell which played note each heard one is."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.values import Note

_NEAR = 0.08


def played_notes(played: Sequence[Note], heard: Sequence[Note]) -> list[Note | None]:
    """Return the played note of each heard one: of its pitch, the nearest within 80 ms.

    Each played note is that of one heard note at most; None is what nobody played.
    """
    free: dict[int, list[Note]] = {}
    for note in played:
        free.setdefault(note.pitch, []).append(note)
    found: list[Note | None] = []
    for note in heard:
        own = free.get(note.pitch, [])
        nearest = min(own, key=lambda each: abs(each.onset - note.onset), default=None)
        if nearest is None or abs(nearest.onset - note.onset) >= _NEAR:
            found.append(None)
            continue
        own.remove(nearest)
        found.append(nearest)
    return found
