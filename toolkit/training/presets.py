"""Listen to every preset of a SoundFont before notes are written for it.

A General MIDI bank holds presets that sound an octave off, clang without a pitch, fall silent
outside their range or die away under a held key. What a transcriber is to answer must be what
sounds, so each preset plays a few lone notes and is kept at the pitches where the spectrum has its
lines at the multiples of the written pitch, with the time after which a held note is inaudible.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.adapters import debian, soundfont
from toolkit.training import sources
from toolkit.values import Note, Notes

PROGRAMS = tuple(program for program in range(112) if not 96 <= program <= 103)
"""Every melodic program of General MIDI but the sound effects."""

_RATE = 22050
_PITCHES = (33, 45, 57, 69, 81, 93)
_HELD, _EVERY = 2.0, 2.3
_BATCH = 12
_AUDIBLE_DB = 30.0
_LONGEST = 60.0
_SILENT = 1e-4
_HARMONIC, _OCTAVE_LOW, _OCTAVE_HIGH = 0.6, 0.15, 0.01

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Preset:
    """Hold what one program of a SoundFont can do.

    Parameters
    ----------
    program : int
        General MIDI program 0..127.
    seconds : tuple[float, ...]
        For each probed pitch, how long a held note is heard; 0 where it does not sound as written.
    """

    program: int
    seconds: tuple[float, ...]

    def audible_seconds(self, pitch: int) -> float:
        """Return how long a held note of a MIDI pitch is heard, 0 for a pitch not to be used."""
        nearest = int(np.argmin([abs(pitch - probed) for probed in _PITCHES]))
        return self.seconds[nearest] if 21 <= pitch <= 108 else 0.0

    @property
    def pitches(self) -> tuple[int, ...]:
        """Return the pitches that sound as written."""
        return tuple(pitch for pitch in range(21, 109) if self.audible_seconds(pitch) > 0)


def font_file(font: dict[str, Any]) -> Path:
    """Return the SoundFont file of a ledger's entry, fetching its package when it is not there."""
    return next(debian.fetch(font["package"]).rglob(font["file"]))


def presets(font: dict[str, Any]) -> tuple[Preset, ...]:
    """Return the usable presets of a SoundFont; each bank is listened to once."""
    path = sources.prepared() / "presets" / f"{font['name']}.json"
    if not path.is_file():
        found = {}
        for first in range(0, len(PROGRAMS), _BATCH):
            found.update(_probed(font, PROGRAMS[first : first + _BATCH]))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(found), encoding="utf-8")
    table = json.loads(path.read_text(encoding="utf-8"))
    listed = (Preset(int(program), tuple(seconds)) for program, seconds in table.items())
    return tuple(preset for preset in listed if preset.pitches)


def _probed(font: dict[str, Any], programs: tuple[int, ...]) -> dict[int, list[float]]:
    cases = [(program, pitch) for program in programs for pitch in _PITCHES]
    notes = Notes(
        tuple(
            Note(index * _EVERY, index * _EVERY + _HELD, pitch, 0.8, program)
            for index, (program, pitch) in enumerate(cases)
        )
    )
    audio = soundfont.play(notes, sample_rate=_RATE, soundfont=font_file(font))
    mono = audio.samples.mean(axis=0, dtype=np.float64)
    found: dict[int, list[float]] = {program: [] for program in programs}
    for index, (program, pitch) in enumerate(cases):
        first = round(index * _EVERY * _RATE)
        tone = mono[first : first + round(_HELD * _RATE)]
        usable = sounds_as_written(tone, _RATE, pitch)
        found[program].append(_heard_seconds(tone) if usable else 0.0)
    return found


def sounds_as_written(tone: Array, sample_rate: int, pitch: int) -> bool:
    """Say whether a lone tone has its spectral lines at the multiples of a MIDI pitch.

    Parameters
    ----------
    tone : np.ndarray, shape (samples,)
        From its onset, at least a second.
    sample_rate : int
        In Hz.
    pitch : int
        What was written.
    """
    part = tone[: int(1.2 * sample_rate)]
    power = np.abs(np.fft.rfft(part * np.hanning(len(part)), 1 << 16)) ** 2
    frequency = np.fft.rfftfreq(1 << 16, 1 / sample_rate)
    if np.sqrt(np.mean(part**2)) < _SILENT:
        return False
    f0 = 440 * 2 ** ((pitch - 69) / 12)
    order = frequency / f0
    halves = np.maximum(np.round(2 * order), 1)
    near = np.abs(order - halves / 2) * f0 <= np.maximum(0.03 * f0 * halves / 2, 3.0)
    total = power[frequency > 20].sum()
    whole = near & (halves % 2 == 0)
    half = near & (halves % 2 == 1) & (order < 4)
    odd = whole & (halves % 4 == 2)
    return bool(
        power[whole].sum() > _HARMONIC * total
        and power[half].sum() < _OCTAVE_LOW * total
        and power[odd].sum() > _OCTAVE_HIGH * power[whole].sum()
    )


def _heard_seconds(tone: Array) -> float:
    """Return when a held tone has fallen by 30 dB, from its slope where that is later."""
    step = _RATE // 20
    count = len(tone) // step
    level = 10 * np.log10(np.mean(tone[: count * step].reshape(count, step) ** 2, axis=1) + 1e-12)
    peak = int(np.argmax(level))
    below = np.flatnonzero(level[peak:] < level[peak] - _AUDIBLE_DB)
    if len(below):
        return round(float((peak + below[0]) * step / _RATE), 3)
    fall = level[peak] - level[-1]
    slope = fall / max((count - 1 - peak) * step / _RATE, 0.1)
    return round(min(float(_AUDIBLE_DB / max(slope, 0.5)), _LONGEST), 3)
