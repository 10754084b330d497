"""What a player of the band sees, and what it gives back."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from toolkit.style.arrangement import Part, Tone
from toolkit.style.band.energy import energy
from toolkit.style.lead_sheet import LeadSheet
from toolkit.style.style import Seat, Style


@dataclass(frozen=True, eq=False)
class Scene:
    """Hold what a player sees: the sheet on the stand, the seat, and dice of its own.

    Parameters
    ----------
    sheet : LeadSheet
        Final melody, chords and bars, introduction and ending included (phrases labelled ``intro``
        and ``ending``); nothing lies before beat 0.
    style : Style
        With `feel`, `harmony` and so on.
    seat : Seat
        Program, range and options of this player.
    band : tuple[str, ...]
        Roles of all who play, this one included: a pianist without a bassist plays roots.
    tempo : float
        Beats a minute at which it will be played.
    rng : np.random.Generator
        This player's own; the same seed gives the same notes.
    seed : int
        The same for all of a band, for what they decide together.
    """

    sheet: LeadSheet
    style: Style
    seat: Seat
    band: tuple[str, ...]
    tempo: float
    rng: np.random.Generator
    seed: int = 0

    def energy(self, beat: float) -> float:
        """Return how much is to happen at a beat, 0..1, following phrases and form."""
        return energy(self.sheet, beat)


@dataclass(frozen=True)
class Played:
    """Hold a player's tones, and the spans in beats in which the pedal is down."""

    tones: tuple[Tone, ...]
    pedal: tuple[tuple[float, float], ...] = ()


def play(scene: Scene) -> Part:
    """Return the part that the seat's player makes of the scene.

    Raises
    ------
    ModuleNotFoundError
        If no module of `toolkit.style.band.players` has the player's name.
    """
    seat = scene.seat
    player: Any = importlib.import_module(
        f"toolkit.style.band.players.{seat.player.replace('-', '_')}"
    )
    played: Played = player.play(scene)
    return Part(
        name=seat.name,
        role=seat.role,
        program=seat.program,
        tones=played.tones,
        pedal=played.pedal,
        kit=seat.kit,
        gain_db=seat.gain_db,
        pan=seat.pan,
        room=seat.room,
    )
