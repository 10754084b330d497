"""Count the beats of a sheet that have a chord, with what an accompanist has to know of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from toolkit.style.band.playing import Scene
from toolkit.style.band.subdivision import groups
from toolkit.style.chord import Chord
from toolkit.style.lead_sheet import Bar

_EPSILON = 1e-6


@dataclass(frozen=True)
class Beat:
    """Hold a beat that has a chord.

    Parameters
    ----------
    onset : float
        In beats.
    number : int
        Of the beat in its bar, from 0.
    bar : Bar
        Where it is.
    chord : Chord
        What sounds.
    key : str
        In which key.
    fresh, strong : bool
        Whether the chord begins here, and whether half of the bar does.
    """

    onset: float
    number: int
    bar: Bar
    chord: Chord
    key: str
    fresh: bool
    strong: bool

    @property
    def root(self) -> int:
        """Return the pitch class of the bass."""
        return self.chord.root if self.chord.bass is None else self.chord.bass


def beats(scene: Scene) -> Iterator[Beat]:
    """Yield every beat that has a chord."""
    for bar in scene.sheet.bars:
        strong = {sum(groups(bar.beats)[:index]) for index in range(len(groups(bar.beats)))}
        for number in range(bar.beats):
            onset = bar.onset + number
            span = scene.sheet.chord_at(onset)
            if span is None:
                continue
            yield Beat(
                onset,
                number,
                bar,
                span.chord,
                scene.sheet.key_at(onset),
                onset - span.onset < 1 - _EPSILON,
                number in strong,
            )
