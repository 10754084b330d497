"""Hold the bars of a reference: what each of its players does, relative to the chords."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

_ROUNDING = 4


@dataclass(frozen=True)
class PatternTone:
    """Hold a tone of a pattern.

    Parameters
    ----------
    onset, duration : float
        In beats from the beginning of the bar.
    degree : int
        Of the chord's scale, 0 the root, 2 the third, 6 the seventh; for drums the General MIDI
        instrument.
    octave : int
        Above the root that is nearest to the middle of the part's register; 0 for drums.
    height : int
        Semitones above that middle; 0 for drums.
    velocity : float
        0..1; 0.7 is the part's mean.
    approach : int
        Semitones above the tone that follows, where it leads to another chord's root; else 0.
    """

    onset: float
    duration: float
    degree: int
    octave: int = 0
    height: int = 0
    velocity: float = 0.7
    approach: int = 0


@dataclass(frozen=True)
class PatternBar:
    """Hold what the players of a reference do in one bar, and what they answer to.

    Parameters
    ----------
    beats : int
        Of the bar.
    about : tuple[float, ...]
        The situation, of `toolkit.style.borrowed.situations`.
    parts : Mapping[str, tuple[PatternTone, ...]]
        By the part's name; who rests is left out.
    """

    beats: int
    about: tuple[float, ...]
    parts: Mapping[str, tuple[PatternTone, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", MappingProxyType(dict(self.parts)))


def table_of(bar: PatternBar) -> dict[str, Any]:
    """Return a bar as a table for a style's file; `bar_of` gives an equal one back."""
    return {
        "beats": bar.beats,
        "about": [_rounded(each) for each in bar.about],
        "parts": {name: [_row(tone) for tone in tones] for name, tones in bar.parts.items()},
    }


def bar_of(table: Mapping[str, Any]) -> PatternBar:
    """Return the bar that `table_of` wrote.

    Raises
    ------
    ValueError, KeyError, TypeError
        If something is missing or out of range.
    """
    found = PatternBar(
        int(table["beats"]),
        tuple(float(value) for value in table["about"]),
        {name: tuple(_tone(row) for row in rows) for name, rows in table["parts"].items()},
    )
    if found.beats < 1:
        raise ValueError("borrowed bars need a beat at least")
    return found


def rounded(tone: PatternTone) -> PatternTone:
    """Return a tone as exact as it is written to a file."""
    return _tone(_row(tone))


def _row(tone: PatternTone) -> list[float | int]:
    return [
        _rounded(tone.onset),
        _rounded(tone.duration),
        tone.degree,
        tone.octave,
        tone.height,
        round(tone.velocity, 2),
        tone.approach,
    ]


def _rounded(value: float) -> float:
    return round(float(value), _ROUNDING)


def _tone(row: list[float | int]) -> PatternTone:
    onset, duration, degree, octave, height, velocity, approach = row
    if not (onset >= 0 and duration > 0 and 0 <= degree <= 127 and 0 <= velocity <= 1):
        raise ValueError(f"no tone of a pattern: {row}")
    return PatternTone(
        float(onset),
        float(duration),
        int(degree),
        int(octave),
        int(height),
        float(velocity),
        int(approach),
    )
