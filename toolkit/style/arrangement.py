"""The arrangement: which instrument plays what, in beats, before anybody plays it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from toolkit.style.lead_sheet import LeadSheet

ROLES = ("melody", "chords", "bass", "drums", "counter")
"""What a part is to the others; a performer's timing depends on it."""


@dataclass(frozen=True)
class Tone:
    """Hold what a player is to play.

    Parameters
    ----------
    onset, duration : float
        In beats from the beginning of the arrangement. Swing is not in it: the second of two even
        eighths is at .5, and how late it comes is the performer's business. Triplets are at thirds.
    pitch : int
        MIDI number; for drums the General MIDI instrument.
    velocity : float
        0..1, the composer's accent; the performer shapes it further.
    anchor : bool
        Whether it is a structural note of the source's melody, which has to stay where it is.
    """

    onset: float
    duration: float
    pitch: int
    velocity: float = 0.7
    anchor: bool = False

    @property
    def offset(self) -> float:
        """Return where it ends, in beats."""
        return self.onset + self.duration


@dataclass(frozen=True)
class Part:
    """Hold the part of one player.

    Parameters
    ----------
    name : str
        Also the name of its stem: ``melody``, ``piano``, ``bass``, ``drums``.
    role : str
        One of `ROLES`.
    program : int
        General MIDI program, or `toolkit.values.DRUMS`.
    tones : tuple[Tone, ...]
        Sorted by (onset, pitch) on construction.
    pedal : tuple[tuple[float, float], ...]
        Spans (down, up) in beats during which the sustain pedal is held.
    kit : int
        Which drum kit, by its program number in the percussion bank: 0 standard, 32 jazz, 40 brush.
    gain_db, pan, room : float
        Level beside the others, place from -1 (left) to 1 (right), share of the common room.
    """

    name: str
    role: str
    program: int
    tones: tuple[Tone, ...] = ()
    pedal: tuple[tuple[float, float], ...] = ()
    kit: int = 0
    gain_db: float = 0.0
    pan: float = 0.0
    room: float = 0.15

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise ValueError(f"role={self.role!r} is none of {', '.join(ROLES)}")
        tones = sorted(self.tones, key=lambda tone: (tone.onset, tone.pitch))
        object.__setattr__(self, "tones", tuple(tones))


@dataclass(frozen=True)
class Arrangement:
    """Hold all parts of a piece in one style.

    Parameters
    ----------
    sheet : LeadSheet
        What is played, introduction and ending included: its beat 0 is the arrangement's beginning,
        and nothing lies before it.
    style : str
        The style's name, or its file's path.
    parts : tuple[Part, ...]
        Names are unique.
    tempo : tuple[tuple[float, float], ...]
        (beat, beats a minute), ascending from beat 0, each holding until the next.
    body : tuple[float, float]
        From which beat to which one the source's music lies: without introduction and ending.
    feel : str
        One of `toolkit.style.style.FEELS`, where it is not the style's own.
    """

    sheet: LeadSheet
    style: str
    parts: tuple[Part, ...]
    tempo: tuple[tuple[float, float], ...]
    body: tuple[float, float]
    feel: str = ""

    def stretch(self, source: LeadSheet) -> float:
        """Return how many of its beats a beat of its source lasts, measured over the body."""
        return (self.body[1] - self.body[0]) / max(source.length, 1e-9)

    def part(self, name: str) -> Part:
        """Return a part by name.

        Raises
        ------
        KeyError
            If there is none.
        """
        return {part.name: part for part in self.parts}[name]

    def counts(self) -> dict[str, Any]:
        """Return how many tones each part has."""
        return {part.name: len(part.tones) for part in self.parts}
