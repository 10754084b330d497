"""Spread notes over MIDI channels: a lane is what one track plays on one channel of one port."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from toolkit.io.instruments import instrument_name
from toolkit.io.timeline import Timeline
from toolkit.values import DRUMS, Note, Notes

_DRUM_CHANNEL = 9
_CHANNELS = tuple(channel for channel in range(16) if channel != _DRUM_CHANNEL)
_PIANOS = range(8)

Timed = tuple[int, int, Note]
"""First tick, last tick, note."""


@dataclass(frozen=True)
class Lane:
    """Hold what one track plays.

    Parameters
    ----------
    name : str
        Of the track.
    program, port, channel : int
        Where it is played; the channel is 0..15.
    notes : tuple[Timed, ...]
        In order; no two of one pitch overlap.
    pedal : tuple[tuple[int, int], ...]
        Ticks (down, up), ascending, apart or touching.
    """

    name: str
    program: int
    port: int
    channel: int
    notes: tuple[Timed, ...]
    pedal: tuple[tuple[int, int], ...] = ()

    @property
    def has_bends(self) -> bool:
        """Return whether any of the notes is bent."""
        return any(note.bends for _, _, note in self.notes)


def lanes(notes: Notes, line: Timeline, *, bends: bool) -> list[Lane]:
    """Return the lanes of a performance, melodic programs in order, drums last.

    The pedal goes to the pianos, or to all melodic lanes where there is no piano.
    """
    by_program: dict[int, list[Note]] = defaultdict(list)
    for note in notes:
        by_program[note.program].append(note)
    if notes.pedal and not set(by_program) - {DRUMS}:
        by_program[0] = []
    pedal = _joined(notes.pedal, line)
    has_piano = any(program in _PIANOS for program in by_program)
    found: list[Lane] = []
    for program in sorted(by_program):
        timed = _apart(by_program[program], line)
        split = bends and program != DRUMS and any(note.bends for note in by_program[program])
        voices = _voices(timed) if split else [timed]
        held = pedal if program in _PIANOS or not (has_piano or program == DRUMS) else ()
        for voice, own in enumerate(voices):
            name = instrument_name(program) + (f" {voice + 1}" if voice else "")
            number = len(found)
            port, place = divmod(number, len(_CHANNELS))
            where = (0, _DRUM_CHANNEL) if program == DRUMS else (port, _CHANNELS[place])
            found.append(Lane(name, program, *where, tuple(own), held))
    return found


def _apart(notes: list[Note], line: Timeline) -> list[Timed]:
    """Return notes with their ticks, each ending at the latest where its pitch begins again."""
    ends: dict[int, int] = {}
    timed: list[Timed] = []
    for note in sorted(notes, key=lambda each: (each.onset, each.offset), reverse=True):
        on = line.tick(note.onset)
        off = max(line.tick(note.offset), on + 1)
        follower = ends.get(note.pitch)
        if follower == on:
            continue
        timed.append((on, off if follower is None else min(off, follower), note))
        ends[note.pitch] = on
    return timed[::-1]


def _voices(timed: list[Timed]) -> list[list[Timed]]:
    """Return the notes in as few groups as possible in each of which no two sound together."""
    voices: list[list[Timed]] = []
    for each in timed:
        free = next((voice for voice in voices if voice[-1][1] <= each[0]), None)
        if free is None:
            voices.append([each])
        else:
            free.append(each)
    return voices


def _joined(spans: tuple[tuple[float, float], ...], line: Timeline) -> tuple[tuple[int, int], ...]:
    """Return the pedal's spans in ticks, those that overlap made one, empty ones left out."""
    joined: list[tuple[int, int]] = []
    for down, up in sorted((line.tick(down), line.tick(up)) for down, up in spans):
        if joined and down < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(up, joined[-1][1]))
        elif up > down:
            joined.append((down, up))
    return tuple(joined)
