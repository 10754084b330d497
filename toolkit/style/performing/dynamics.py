"""Say how loud each tone is: by role, by phrase, by place in the bar."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from toolkit.style.arrangement import Tone
from toolkit.style.band.energy import energy
from toolkit.style.lead_sheet import LeadSheet
from toolkit.style.performing.wander import wander

Array = npt.NDArray[np.float64]

ROLE_VELOCITY = {"melody": 0.70, "counter": 0.58, "chords": 0.54, "bass": 0.66, "drums": 0.66}
"""Velocity of a tone of 0.7 in the middle of a phrase."""

_USUAL = 0.7
_ENERGY_DB = 5.0
_ARC_DB = 1.6
_PEAK_DB = 1.0
_LOUDEST_DB, _SOFTEST = 8.0, 0.06
_SLOW_DB, _QUICK_DB = 0.8, 0.8
_DB_PER_VELOCITY = 40.0  # SoundFonts play a velocity v at 40·lg v dB

# On the beat, on the bar's half, on other beats, between beats.
_ACCENTS = {
    "swing": {
        "melody": (0.0, 0.0, 0.0, 0.6),
        "counter": (0.0, 0.0, 0.0, 0.5),
        "chords": (-0.4, -0.4, 0.0, 0.7),
        "bass": (0.2, 0.0, 0.7, -0.8),
        "drums": (0.0, 0.0, 0.0, 0.0),
    },
    "straight": {
        "melody": (1.2, 0.6, 0.2, -0.5),
        "counter": (0.8, 0.4, 0.0, -0.4),
        "chords": (0.9, 0.4, 0.0, -0.6),
        "bass": (0.9, 0.4, 0.0, -0.5),
        "drums": (0.0, 0.0, 0.0, 0.0),
    },
}


def shape(sheet: LeadSheet, beats: Array) -> Array:
    """Return the loudness of the music at positions, in dB: its energy, and each phrase's arc.

    An arc is highest at two thirds of the phrase.
    """
    levels = np.zeros(len(beats))
    known: dict[float, float] = {}
    for index, beat in enumerate(np.floor(beats)):
        if beat not in known:
            phrase = sheet.phrase_at(beat)
            through = np.clip((beat - phrase.onset) / max(phrase.duration, 1e-9), 0, 1)
            arc = np.sin(np.pi * through**1.7) - 0.6
            known[beat] = _ENERGY_DB * (energy(sheet, beat) - 0.5) + _ARC_DB * float(arc)
        levels[index] = known[beat]
    return levels


def accents(sheet: LeadSheet, beats: Array, role: str, feel: str) -> Array:
    """Return what the place in the bar adds, in dB."""
    table = _ACCENTS["straight" if feel == "straight" else "swing"][role]
    bars = [sheet.bars[sheet.bar_at(beat)] for beat in beats]
    place = beats - np.array([bar.onset for bar in bars])
    half = np.array([bar.beats // 2 if bar.beats % 2 == 0 else 0 for bar in bars])
    on_beat = np.abs(place - np.round(place)) < 0.05
    first, middle = np.round(place) == 0, np.round(place) == half
    choices = [on_beat & first, on_beat & middle, on_beat]
    return np.asarray(np.select(choices, table[:3], table[3]))


def rule_levels(
    sheet: LeadSheet, tones: Sequence[Tone], role: str, feel: str, rng: np.random.Generator
) -> Array:
    """Return the loudness of tones without a network, in dB, the phrase's shape left out.

    Places in the bar, turns of the contour, and a wander that is each player's own.
    """
    beats = np.array([tone.onset for tone in tones])
    if not len(beats):
        return beats
    levels = accents(sheet, beats, role, feel) + wander(beats, rng, _SLOW_DB, _QUICK_DB)
    if role in ("melody", "counter"):
        step = np.sign(np.diff([tone.pitch for tone in tones]))
        peaks = np.concatenate([[False], (step[:-1] > 0) & (step[1:] < 0), [False]])
        levels += _PEAK_DB * peaks[: len(levels)]
    return np.asarray(levels)


def velocities(tones: Sequence[Tone], role: str, levels: Array) -> Array:
    """Return velocities 0..1 of tones that are so many dB louder than usual for their role."""
    own = np.array([tone.velocity for tone in tones]) / _USUAL
    gain = 10 ** (np.minimum(levels, _LOUDEST_DB) / _DB_PER_VELOCITY)
    return np.asarray(np.clip(ROLE_VELOCITY[role] * own * gain, _SOFTEST, 1.0))
