"""Name the drums of General MIDI, and collect strokes that two hands and two feet can play."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from toolkit.style.arrangement import Tone
from toolkit.style.band.subdivision import placed
from toolkit.style.lead_sheet import LeadSheet
from toolkit.style.style import Style

KICK, RIM, SNARE, CLAP, SNARE_2 = 36, 37, 38, 39, 40
TOM_FLOOR, TOM_LOW, TOM_MID, TOM_HIGH = 43, 45, 47, 50
HAT, HAT_FOOT, HAT_OPEN = 42, 44, 46
CRASH, RIDE, BELL, CRASH_2 = 49, 51, 53, 57
TAMBOURINE, CABASA, MARACAS, TRIANGLE = 54, 69, 70, 81
CONCERT_BASS = 35

BRUSH_TAP, BRUSH_SWIRL = 38, 40
"""What 38 and 40 are in the brush kit (program 40); 39 is a slap in one font, a clap in another."""

FEET = frozenset({CONCERT_BASS, KICK, HAT_FOOT})
"""Strokes that need no hand."""

_LOUDEST_FIRST = (
    CRASH, CRASH_2, SNARE, SNARE_2, RIM, CLAP, TOM_FLOOR, TOM_LOW, TOM_MID, TOM_HIGH, RIDE, BELL,
    HAT_OPEN, HAT, TAMBOURINE, CABASA, MARACAS, TRIANGLE,
)  # fmt: skip
_HANDS = 2
_LENGTH = 0.25
_TICKS = 480


class Strokes:
    """Collect strokes in beats; of two at one time on one drum the louder stays.

    Parameters
    ----------
    sheet : LeadSheet
        Strokes outside it are not taken.
    style : Style
        Whose subdivision applies, see `toolkit.style.band.subdivision.placed`.
    """

    def __init__(self, sheet: LeadSheet, style: Style) -> None:
        self._sheet = sheet
        self._style = style
        self._found: dict[tuple[int, int], tuple[float, float]] = {}

    def add(
        self, beat: float, drum: int, velocity: float, *, length: float = _LENGTH, late: float = 0.0
    ) -> None:
        """Add a stroke.

        Parameters
        ----------
        beat : float
            Position in the sheet.
        drum : int
            General MIDI instrument.
        velocity : float
            0..1, clipped; a stroke below 0.02 is none.
        length : float
            In beats, for swirls and rolls.
        late : float
            How much later than written, in beats, on purpose.
        """
        onset = placed(beat, self._sheet, self._style) + late
        if velocity < 0.02 or not 0 <= onset < self._sheet.length:
            return
        place = (round(onset * _TICKS), drum)
        loud = min(velocity, 1.0)
        if loud > self._found.get(place, (0.0, 0.0))[0]:
            self._found[place] = (loud, min(length, self._sheet.length - onset))

    def extend(self, strokes: Iterable[tuple[float, int, float]], start: float) -> None:
        """Add strokes (beat, drum, velocity) that are counted from a bar's beginning."""
        for beat, drum, velocity in strokes:
            self.add(start + beat, drum, velocity)

    def clear(self, begin: float, end: float, *, keep: frozenset[int] = frozenset()) -> None:
        """Take away the strokes of a span, to make room for a fill."""
        first, last = round(begin * _TICKS), round(end * _TICKS)
        self._found = {
            place: stroke
            for place, stroke in self._found.items()
            if not first <= place[0] < last or place[1] in keep
        }

    def absorb(self, other: Strokes) -> None:
        """Add all strokes of another collection."""
        for place, stroke in other._found.items():
            if stroke[0] > self._found.get(place, (0.0, 0.0))[0]:
                self._found[place] = stroke

    def pattern(self, start: float) -> frozenset[tuple[int, int]]:
        """Return which drums are struck when, (ticks from a bar's beginning, drum)."""
        first = round(start * _TICKS)
        return frozenset((tick - first, drum) for tick, drum in self._found)

    def tones(self, *, hands: int = _HANDS) -> tuple[Tone, ...]:
        """Return all strokes as tones.

        Parameters
        ----------
        hands : int
            How many drums that are no pedals sound at one time; the important ones stay. 99 for
            a machine.
        """
        by_tick: dict[int, list[int]] = {}
        for tick, drum in self._found:
            by_tick.setdefault(tick, []).append(drum)
        result = []
        for tick, drums in sorted(by_tick.items()):
            handed = sorted((d for d in drums if d not in FEET), key=_importance)[:hands]
            for drum in [d for d in drums if d in FEET] + handed:
                velocity, length = self._found[tick, drum]
                result.append(Tone(tick / _TICKS, length, drum, velocity))
        return tuple(result)


def humanly(velocity: float, rng: np.random.Generator, spread: float = 0.05) -> float:
    """Return a velocity as a hand would vary it, 0.04..1."""
    return float(np.clip(velocity + spread * rng.normal(), 0.04, 1.0))


def _importance(drum: int) -> int:
    return _LOUDEST_FIRST.index(drum) if drum in _LOUDEST_FIRST else len(_LOUDEST_FIRST)
