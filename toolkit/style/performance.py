"""The performance: what an arrangement sounds like when it is played, in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from toolkit.style.arrangement import Arrangement
from toolkit.values import Note, Notes


@dataclass(frozen=True, eq=False)
class Performance:
    """Hold the notes of every part of an arrangement.

    Parameters
    ----------
    arrangement : Arrangement
        What is played.
    parts : Mapping[str, Notes]
        By the part's name, in the arrangement's order; all carry the same tempo map and meters.
    """

    arrangement: Arrangement
    parts: Mapping[str, Notes]

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", MappingProxyType(dict(self.parts)))

    def notes(self) -> Notes:
        """Return all parts as one, with tempo map, meters, keys, chords and the pedal."""
        every: list[Note] = [note for part in self.parts.values() for note in part]
        first = next(iter(self.parts.values()), Notes())
        pedal = sorted(span for part in self.parts.values() for span in part.pedal)
        return replace(first, notes=tuple(every), pedal=tuple(pedal))
