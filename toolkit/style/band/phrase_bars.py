"""Count the bars of each phrase, as those do who keep time: bass and drums."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from toolkit.style.band.form import held_from
from toolkit.style.band.playing import Scene

_EPSILON = 1e-6


@dataclass(frozen=True)
class PhraseBar:
    """Hold what every player knows of a bar.

    Parameters
    ----------
    index : int
        Of the bar in the sheet.
    onset : float
        In beats.
    beats : int
        Of the bar.
    energy : float
        0..1.
    phrase_bar : int
        How many bars of its phrase came before.
    """

    index: int
    onset: float
    beats: int
    energy: float
    phrase_bar: int

    @property
    def offset(self) -> float:
        """Return where it ends, in beats."""
        return self.onset + self.beats


def phrase_bars(scene: Scene) -> Iterator[PhraseBar]:
    """Yield each bar before the held last chord."""
    sheet = scene.sheet
    held = held_from(sheet)
    count, former = 0, None
    for index, bar in enumerate(sheet.bars):
        if bar.onset >= held - _EPSILON:
            return
        phrase = sheet.phrase_at(bar.onset)
        count = count + 1 if phrase is former else 0
        former = phrase
        yield PhraseBar(index, bar.onset, bar.beats, scene.energy(bar.onset), count)
